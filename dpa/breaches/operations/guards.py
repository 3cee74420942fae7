"""What every act on a case checks first."""

from __future__ import annotations

from sqlalchemy import select

from dpa.breaches.closing import CaseState
from dpa.breaches.models import Breach
from dpa.problems import Conflict
from dpa.unit import Unit


def must_be_open(breach: Breach) -> None:
    """Raise `Conflict` when the case is closed: reopen it first, with a reason."""
    if breach.state is not CaseState.OPEN:
        raise Conflict("The case is closed. Reopen it first if something must be added; the reason is kept.")


def one_at_a_time(unit: Unit, breach: Breach) -> None:
    """Have acts that give customers something wait for one another, so that each sees what the one before gave; SQLite does so for every act.

    PostgreSQL would let two of them read the same newest delivery and refuse the second one's row. What was loaded before the wait is read again.
    """
    unit.session.flush()
    unit.session.execute(select(Breach.id).where(Breach.id == breach.id).with_for_update())
    unit.session.expire_all()
