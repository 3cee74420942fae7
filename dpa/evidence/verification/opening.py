"""Opening a PDF strictly, and the checks that need no cryptography: fields, form, borders of the signatures, attached record."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from asn1crypto import parser
from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from dpa.evidence.verification.values import (
    MOST_BYTES,
    RECORD_NAME,
    SEAL_FIELD,
    STAMP_FIELD,
    Check,
    CheckName,
)

for _library in ("pyhanko", "pyhanko_certvalidator"):
    # What these say of a stranger's file may quote it; the checks say what matters, and nothing of a document is logged.
    logging.getLogger(_library).addHandler(logging.NullHandler())
    logging.getLogger(_library).propagate = False


class UnreadableError(Exception):
    """The file cannot be examined; the argument is the sentence that says why."""


@dataclass(frozen=True)
class Opened:
    """A PDF and its signatures."""

    data: bytes
    reader: PdfFileReader
    filled: tuple[str, ...]
    """Names of all signed fields, in the form's order."""
    seal: EmbeddedPdfSignature | None
    """The signature in the seal's field, if it is one that can be examined."""
    stamps: tuple[EmbeddedPdfSignature, ...]
    """The archive time-stamps, oldest first."""
    strangers: tuple[str, ...]
    """Signed fields that no document of ours has, or that hold what does not belong there."""

    @property
    def ours(self) -> Iterator[EmbeddedPdfSignature]:
        """Seal and archive time-stamps, oldest first."""
        if self.seal is not None:
            yield self.seal
        yield from self.stamps


def opened(data: bytes) -> Opened:
    """Read the file strictly. Raises whatever the library raises for a malformed file, and `UnreadableError`."""
    reader = PdfFileReader(BytesIO(data), strict=True)
    if reader.encrypted:
        raise UnreadableError("The file is encrypted; documents of this house never are.")
    filled = tuple(str(name) for name, _, _ in enumerate_sig_fields(reader, filled_status=True))
    signatures = reader.embedded_signatures
    seal = next((s for s in signatures if s.fq_name == SEAL_FIELD and s.sig_object_type == "/Sig"), None)
    names = {f"{STAMP_FIELD}{number + 1}" for number in range(len(filled))}
    stamps = tuple(s for s in signatures if s.fq_name in names and s.sig_object_type == "/DocTimeStamp")
    ours = {SEAL_FIELD, *(s.fq_name for s in stamps)}
    strangers = tuple(name for name in filled if name not in ours or filled.count(name) > 1)
    return Opened(data, reader, filled, seal, stamps, strangers)


def fields(pdf: Opened) -> Check:
    """Tell whether exactly the fields of our documents are signed, in their order."""
    if SEAL_FIELD not in pdf.filled:
        other = f" It carries a signature of somebody else in the field “{printable(pdf.filled[0])}”." if pdf.filled else ""
        return Check(CheckName.FIELDS, False, f"The file carries no seal of ours, so nothing in it shows who issued it.{other}")
    if pdf.strangers:
        return Check(CheckName.FIELDS, False, f"The file carries a signature in the field “{printable(pdf.strangers[0])}”, which none of our documents has.")
    expected = [SEAL_FIELD, *(f"{STAMP_FIELD}{number + 1}" for number in range(len(pdf.stamps)))]
    if pdf.seal is not None and [s.fq_name for s in pdf.ours] != expected:
        return Check(CheckName.FIELDS, False, "The seal and the time-stamps are not in the order in which our documents receive them.")
    stamps = {0: "", 1: " and one archive time-stamp"}.get(len(pdf.stamps), f" and {len(pdf.stamps)} archive time-stamps")
    return Check(CheckName.FIELDS, True, f"The file carries the seal{stamps}, and no other signature.")


def seal_format(pdf: Opened) -> Check:
    """Tell whether the seal has the PAdES form (ETSI EN 319 142-1, 6.3: SubFilter ETSI.CAdES.detached)."""
    if pdf.seal is not None and pdf.seal.sig_object.get("/SubFilter") == SigSeedSubFilter.PADES.value:
        return Check(CheckName.FORMAT, True, "The seal has the European format for signatures in PDF files (PAdES, ETSI EN 319 142-1).")
    return Check(CheckName.FORMAT, False, "The signature in the seal's place is not in the format of our seals (PAdES, ETSI EN 319 142-1).")


def certification(seal: EmbeddedPdfSignature) -> Check:
    """Tell whether the seal certifies the document and permits no change (DocMDP, ISO 32000-2, 12.8.2.2)."""
    permission = _certified(seal)
    if permission is MDPPerm.NO_CHANGES:
        return Check(CheckName.CERTIFICATION, True, "The seal certifies the document and permits no change to it.")
    if permission is None:
        return Check(CheckName.CERTIFICATION, False, "The seal is a plain signature: it does not forbid changes, which every seal of ours does.")
    return Check(CheckName.CERTIFICATION, False, "The seal permits changes to the document, which no seal of ours does.")


def _certified(seal: EmbeddedPdfSignature) -> MDPPerm | None:
    """Return what the signature itself permits if it is the document's certification; the field's lock does not count."""
    perms = seal.reader.get_historical_root(seal.signed_revision).get("/Perms")
    named = perms.raw_get("/DocMDP") if perms is not None and "/DocMDP" in perms else None
    held = seal.sig_field.raw_get("/V")
    if not isinstance(named, IndirectObject) or not isinstance(held, IndirectObject):
        return None
    if (named.idnum, named.generation) != (held.idnum, held.generation):
        return None
    levels = [
        MDPPerm(int(reference.get_object()["/TransformParams"]["/P"]))
        for reference in seal.sig_object.get("/Reference", ())
        if reference.get_object().get("/TransformMethod") == "/DocMDP"
    ]
    return levels[0] if len(levels) == 1 else None


def coverage(pdf: Opened) -> Check:
    """Tell whether the newest of our signatures covers the file to its last byte."""
    newest = list(pdf.ours)[-1]
    if newest.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE and _spans(pdf.data, newest):
        return Check(CheckName.COVERAGE, True, "The newest signature covers the whole file, to its last byte.")
    return Check(CheckName.COVERAGE, False, "The file contains bytes that neither the seal nor a time-stamp covers: something was appended or moved.")


def _spans(data: bytes, signature: EmbeddedPdfSignature) -> bool:
    start, first, second, last = (int(number) for number in signature.byte_range)
    return start == 0 and second == first + 2 * len(signature.pkcs7_content) + 2 and second + last == len(data)


def container(pdf: Opened) -> Check:
    """Tell whether the hole in each signed range holds the signature, zeros, and nothing else."""
    for signature in pdf.ours:
        if not _is_clean(pdf.data, signature):
            return Check(
                CheckName.CONTAINER, False,
                f"The space reserved for the signature in “{signature.fq_name}” holds something else beside the signature.",
            )
    return Check(CheckName.CONTAINER, True, "The space reserved for each signature holds the signature and nothing else.")


def _is_clean(data: bytes, signature: EmbeddedPdfSignature) -> bool:
    if len(signature.byte_range) != 4:
        return False
    start, first, second, _ = (int(number) for number in signature.byte_range)
    hole = data[first:second]
    if start != 0 or hole[:1] != b"<" or hole[-1:] != b">":
        return False
    try:
        held = bytes.fromhex(hole[1:-1].decode("ascii"))
    except ValueError:
        return False
    # bytes.fromhex skips white space, in which something could be hidden.
    if len(held) * 2 + 2 != len(hole) or held != signature.pkcs7_content:
        return False
    _, _, _, header, content, trailer = parser.parse(held)
    return not trailer and not any(held[len(header) + len(content) :])


def attached(seal: EmbeddedPdfSignature) -> tuple[Check, bytes | None]:
    """Return the record attached to the revision that was sealed, byte for byte."""
    specifications = [entry.get_object() for entry in seal.reader.get_historical_root(seal.signed_revision).get("/AF", ())]
    if len(specifications) != 1 or specifications[0].get("/UF", specifications[0].get("/F")) != RECORD_NAME:
        return Check(CheckName.ATTACHED, False, f"The sealed content does not have exactly one attached record “{RECORD_NAME}”, which every document of ours has."), None
    try:
        record: bytes = specifications[0]["/EF"]["/F"].data
    except Exception:  # noqa: BLE001  whatever makes it undecodable, what the rest of the file shows is still to be told
        record = b""
    if len(record) > MOST_BYTES or not _is_object(record):
        return Check(CheckName.ATTACHED, False, "The record attached to the sealed content cannot be read."), None
    return Check(CheckName.ATTACHED, True, "The record that the document was made from is attached to it, under the seal."), record


def _is_object(record: bytes) -> bool:
    try:
        value: Any = json.loads(record.decode("utf-8"))
    except ValueError:
        return False
    return isinstance(value, dict)


def printable(text: str) -> str:
    """Return a stranger's text fit for a sentence: no control or direction characters, at most 60 characters."""
    return "".join(char if char.isprintable() else "·" for char in text)[:60]
