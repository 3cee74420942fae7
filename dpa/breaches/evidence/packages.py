"""The facts for all controllers of a case in one archive, made while it is handed out: memory holds one part of the customers at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.breaches.evidence import package
from dpa.breaches.evidence.case_file import case_file
from dpa.breaches.evidence.customer_file import customer_files
from dpa.breaches.models import Affected, Breach

PART = 250
"""Customers whose files are made at a time: small enough that a download is seen to grow."""


class _Pipe:
    """What the archive is written to: it gives away what it holds, and cannot go back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, content: bytes, /) -> int:
        """Hold content until it is taken."""
        self._held += content
        return len(content)

    def flush(self) -> None:
        """Do nothing: `taken` hands on what was written."""

    def close(self) -> None:
        """Do nothing: the archive ends, not the download."""

    def taken(self) -> bytes:
        """Return what was written since."""
        found, self._held = bytes(self._held), bytearray()
        return found


def archive(session: Session, breach_id: int, as_of: datetime, processor: str, *, demonstration: bool) -> Iterator[bytes]:
    """Yield a ZIP of each customer's file as of an instant, in the order of naming; the same instant gives the same bytes.

    Each part of the customers is read in a transaction of its own, so that a slow download holds none open: as of an instant, all of them say the same.
    The caller has checked the scope.
    """
    pipe, names, last = _Pipe(), set[str](), 0
    with ZipFile(pipe, "w", ZIP_DEFLATED) as target:
        while True:
            breach = session.get_one(Breach, breach_id)
            rows = _after(session, breach_id, as_of, last)
            if not rows:
                break
            last, case = rows[-1].id, case_file(session, breach, as_of)
            for customer in customer_files(session, case, rows):
                content = package.text(package.package(case, customer, processor, demonstration=demonstration))
                name = _unused(package.file_name(case, customer), customer.row.id, names)
                target.writestr(_entry(name, as_of), content)
            session.rollback()
            yield pipe.taken()
    yield pipe.taken()


def _after(session: Session, breach_id: int, as_of: datetime, last: int) -> Sequence[Affected]:
    query = select(Affected).where(Affected.breach_id == breach_id, Affected.id > last, Affected.added_at <= as_of)
    return session.scalars(query.order_by(Affected.id).limit(PART)).all()


def _unused(name: str, number: int, names: set[str]) -> str:
    """Return a name that no file system takes for one that is in the archive: references may differ in case alone, or in signs a name does not keep."""
    if name.lower() in names:
        name = name.replace("-edpb", f"-{number}-edpb")
    names.add(name.lower())
    return name


def _entry(name: str, as_of: datetime) -> ZipInfo:
    found = ZipInfo(name, as_of.astimezone(UTC).timetuple()[:6])
    found.compress_type, found.external_attr = ZIP_DEFLATED, 0o600 << 16
    return found
