"""Files and pasted text from people, read as text or refused with one sentence. Pure."""

from __future__ import annotations

from dpa.problems import Invalid

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "an Excel workbook or another archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")
BOM = "\ufeff"


def as_text(data: bytes, *, field: str, what: str) -> str:
    """Return the text of an uploaded file, without a byte order mark.

    `what` names what was wanted, such as "a CSV file". Raises `Invalid` for empty, binary and wrongly encoded files.
    """
    if not data.strip():
        raise Invalid(f"The file is empty; choose {what}.", field=field)
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            raise Invalid(f"This is {kind}, not {what}; save it as UTF-8 text first.", field=field)
    if data.startswith(UTF16):
        raise Invalid("The file is saved as UTF-16; save it as UTF-8 and upload it again.", field=field)
    if b"\x00" in data:
        raise Invalid(f"The file holds binary data; choose {what}, saved as UTF-8 text.", field=field)
    try:
        return data.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid(f"Line {line} is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”) and upload it again.", field=field) from None


def either(data: bytes, pasted: str, *, file_field: str, text_field: str, what: str) -> str:
    """Return the one text a person gave, as a file or pasted; raises `Invalid` for none, for both, and for unreadable ones."""
    if data and pasted.strip():
        raise Invalid("Choose a file or paste text, not both.", field=file_field)
    if data:
        return as_text(data, field=file_field, what=what)
    if not pasted.strip():
        raise Invalid(f"Choose {what} or paste its text.", field=file_field)
    if "\x00" in pasted:
        raise Invalid("The text holds a NUL character; remove it.", field=text_field)
    return pasted.removeprefix(BOM)
