"""The one error of the deadline engine: an input a person can put right."""

from __future__ import annotations

from dpa.problems import Invalid


class DeadlineProblem(Invalid, ValueError):
    """A period, date, zone, calendar or option that cannot be used; the message is one plain sentence."""
