"""How often a long-lived process looks for garbage."""

from __future__ import annotations

import gc

OBJECTS, ROUNDS = 20_000, 20
"""Objects made until the youngest are looked through, and rounds of a generation until the next older one is."""


def collect_rarely() -> None:
    """Have this process look for garbage less often, and never in what stays to its end: libraries, mappings, templates.

    Python's own intervals are made for small programs; a release of thousands of notices, and each large page, would spend a tenth of
    their time on them. Called once everything is loaded, before a server forks: what is frozen stays shared.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, ROUNDS, ROUNDS)
