"""The slices the house is made of, lowest first. Importing this module loads every table and installs the trail."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from dpa.evidence.trail import registry
from dpa.slice import Slice

NAMES = ("evidence", "people", "alerts", "docket", "parties", "agreements", "breaches")
SLICES: tuple[Slice, ...] = tuple(
    import_module(f"dpa.{name}.slice").SLICE for name in NAMES if find_spec(f"dpa.{name}") and find_spec(f"dpa.{name}.slice")
)
registry.install(SLICES)
if find_spec("dpa.docket"):
    from dpa.docket import kinds

    for part in SLICES:
        kinds.register(*part.deadline_kinds)
