"""What evidence declares. Importing this module installs the trail: from then on nothing is committed past it."""

from __future__ import annotations

from dpa import unit
from dpa.evidence.events import SENTENCES
from dpa.evidence.trail import append, guard
from dpa.slice import Slice

guard.install()
unit.before_commit(append.close)

SLICE = Slice(name="evidence", events=SENTENCES)
