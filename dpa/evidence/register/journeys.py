"""Where a document went: told by the packages that send, shown on its page."""

from __future__ import annotations

from sqlalchemy.orm import Session

from dpa.slice import Journey, JourneySource

_sources: list[JourneySource] = []


def register(*sources: JourneySource) -> None:
    """Make sources known; twice registered counts once."""
    _sources.extend(source for source in sources if source not in _sources)


def of(session: Session, document_id: int) -> list[Journey]:
    """Return every way a document took, those that wait first, then the newest first."""
    found = [journey for source in _sources for journey in source(session, document_id)]
    waiting = [journey for journey in found if journey.at is None]
    gone = sorted((journey for journey in found if journey.at is not None), key=lambda journey: (journey.at, journey.path), reverse=True)
    return [*waiting, *gone]
