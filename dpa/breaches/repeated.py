"""Whether a later phase says anything new: a supplement or a correction that repeats the notice before word for word tells customers nothing."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches import phases
from dpa.breaches.models import Affected, Breach, BreachFacts, BreachShare, Notice, NoticeText
from dpa.breaches.rules import FIELDS


def errors(session: Session, breach: Breach, notice: Notice) -> Mapping[str, str]:
    """Return what keeps a phase from being approved and released because it repeats the one before, by field of its text; nothing for a released one."""
    before = breach.newest_released
    if notice.released_at is not None or before is None or not phases.must_say_something(notice.phase, withdraws=notice.withdraws):
        return {}
    return {} if _differs(notice, before) or _known_since(session, breach, before) else phases.repeats(notice.phase)


def _differs(notice: Notice, before: Notice) -> bool:
    """Tell whether the text in any language or the severity told is another one, or the next word is promised for another time.

    Other blanks and lines, a translation that is left out, and a promise that is not made again are no news.
    """
    told = _texts(before)
    if notice.severity != before.severity:
        return True
    return any(told.get(language) != words for language, words in _texts(notice).items()) or notice.next_word_at not in {None, before.next_word_at}


def _texts(notice: Notice) -> Mapping[str, tuple[list[str], ...]]:
    rows: list[Notice | NoticeText] = [notice, *notice.texts]
    return {row.language: tuple(getattr(row, name).split() for name in FIELDS) for row in rows}


def _known_since(session: Session, breach: Breach, before: Notice) -> bool:
    """Tell whether the fact sheet says something else than when the phase before was released, or a customer's own part was saved since."""
    sheets = select(BreachFacts.sheet).where(BreachFacts.breach_id == breach.id).order_by(BreachFacts.number.desc()).limit(1)
    if session.scalar(sheets) != session.scalar(sheets.where(BreachFacts.at <= before.released_at)):
        return True
    parts = select(BreachShare.id).join(Affected, Affected.id == BreachShare.affected_id).where(Affected.breach_id == breach.id, BreachShare.at > before.released_at)
    return session.scalar(parts.limit(1)) is not None
