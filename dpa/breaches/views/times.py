"""Times that people type: what to say when an hour occurs twice."""

from __future__ import annotations

from collections.abc import Iterable

from flask import flash

from dpa.web.forms import ZonedDateTimeField


def say_repeated_hours(fields: Iterable[ZonedDateTimeField]) -> None:
    """Tell the person when a time they typed occurs twice, in the autumn night in which clocks are put back: the earlier one was taken."""
    repeated = [field.label.text for field in fields if field.ambiguous]
    if repeated:
        names = " and ".join(f"“{name}”" for name in repeated)
        flash(f"{names} lies in the hour that occurs twice that night; the first pass was taken, which leaves less time. Correct awareness if the second was meant.", "warning")
