"""What every act on a case checks first."""

from __future__ import annotations

from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.problems import Conflict


def must_be_open(breach: Breach) -> None:
    """Raise `Conflict` when the case is closed: reopen it first, with a reason."""
    if breach.state is not CaseState.OPEN:
        raise Conflict("The case is closed. Reopen it first if something must be added; the reason is kept.")
