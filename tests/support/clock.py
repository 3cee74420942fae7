"""A clock for tests that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dpa.clock import FixedClock

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday morning without a holiday nearby in the countries of the examples."""


@pytest.fixture
def clock() -> FixedClock:
    """A clock at `START`; move it with `advance` or `set`."""
    return FixedClock(START)
