"""Adding the time-stamp that a document should have and lacks, because the authority did not answer when it was issued.

The stamped file is a further file of the same document (the seal permits it); the file that was issued first stays in the register and
stays valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select, text

from dpa.evidence import trail
from dpa.evidence.events import Event
from dpa.evidence.register import proofs, store
from dpa.evidence.register.models import STAMP_WANTED, DocumentFile, FileRole, IssuedDocument
from dpa.evidence.seal.models import SealIdentity
from dpa.slice import Tick

if TYPE_CHECKING:
    from dpa.evidence.seal.held import Held
    from dpa.evidence.seal.sealing import Sealed
    from dpa.evidence.seal.stamping import Stamper

ACTOR = "system:evidence"
MOST = 20
"""Documents stamped per run; each costs a conversation with the authority."""
log = structlog.get_logger()


def add_stamps(tick: Tick) -> str:
    """Ask the authority for the stamps that are missing, the oldest first; stops at its first refusal, to try again at the next run.

    A document that cannot be stamped for a reason of its own, such as a file that is gone, does not keep the others waiting.
    """
    wanted = select(IssuedDocument.id).where(text(STAMP_WANTED)).order_by(IssuedDocument.stamp_wanted_since).limit(MOST)
    numbers = list(tick.session.scalars(wanted))
    if not numbers:
        return ""
    from dpa.evidence.seal.stamping import StampUnavailable, stamper_for

    stamper = stamper_for(tick.settings)
    done = 0
    for number in numbers if stamper else ():
        assert stamper is not None
        try:
            done += _stamp(tick, number, stamper)
        except StampUnavailable as problem:
            log.warning("stamp_missing", document=number, kind=type(problem).__name__)
            break
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this document is told by its age, and logged without its words
            log.error("document_not_stamped", document=number, kind=type(error).__name__)  # noqa: TRY400
            tick.session.rollback()
    return f"{done} of {len(numbers)} time-stamps added" if done else ""


def _stamp(tick: Tick, number: int, stamper: Stamper) -> bool:
    """Stamp one document; false when another worker was quicker. The authority is asked outside any transaction."""
    from dpa.evidence.seal.held import held
    from dpa.evidence.seal.sealers import material_for_stamp
    from dpa.evidence.seal.sealing import add_stamp

    row = tick.session.get_one(IssuedDocument, number, populate_existing=True)
    if row.sha256 is None or row.stamp_wanted_since is None:
        return False
    before, material = store.get(tick.settings.document_store, row.sha256), material_for_stamp(tick.session.get_one(SealIdentity, row.seal_id), tick.settings)
    tick.session.rollback()
    stamped = add_stamp(before, stamper, material)
    return _keep(tick, number, store.put(tick.settings.document_store, stamped.content), stamped, held(stamped.content))


def _keep(tick: Tick, number: int, sha256: str, stamped: Sealed, found: Held) -> bool:
    with tick.begin(ACTOR) as unit:
        row = unit.session.get_one(IssuedDocument, number, with_for_update=True, populate_existing=True)
        if row.stamp_wanted_since is None:
            return False
        row.stamp_wanted_since, row.level = None, stamped.level
        file = DocumentFile(sha256=sha256, document_id=number, role=FileRole.STAMPED, level=stamped.level, size=len(stamped.content), at=unit.now)
        unit.session.add(file)
        unit.session.flush()
        proofs.keep(unit.session, number, sha256, found, unit.now)
        trail.record(
            unit, Event.DOCUMENT_STAMPED, subject=("document", number), organisation_id=row.organisation_id, covers=[row, file],
            data={"number": row.reference, "sha256": sha256, "level": stamped.level},
        )  # fmt: skip
    return True
