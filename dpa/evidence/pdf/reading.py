"""Reading a document of ours back: the record it was made from, and how many pages it has."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from dpa.evidence.pdf.document import RECORD_NAME


@dataclass(frozen=True, slots=True)
class Reread:
    """What a finished file says of itself; nothing of it is checked."""

    record: str
    """The attached canonical JSON, as text."""
    pages: int


def reread(content: bytes) -> Reread | None:
    """Return what a PDF carries; none when it is no PDF that can be read, or has no record of ours."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            attached = pdf.attachments.get(RECORD_NAME)
            return Reread(bytes(attached.get_file().read_bytes()).decode(), len(pdf.pages)) if attached else None
    except (pikepdf.PdfError, UnicodeDecodeError):
        return None
