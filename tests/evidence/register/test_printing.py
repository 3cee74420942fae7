"""What no typeface has is said before anything is printed, in the words of the document's own last page."""

from __future__ import annotations

import json

import pytest

from dpa.evidence.pdf.cleaning import REPLACEMENT, Cleaning, unprintable
from dpa.evidence.register import printing

PRINTABLE = ("Académie de Lille", "Αθήνα", "Київ", "Đà Nẵng", "Łódź, Ősz, Ğ", "“quotes” – dashes — …", "€ § ‰ →", "e\u0301 and \u0301", "tab\tand\nline", "zero\u200bwidth")


@pytest.mark.parametrize("text", PRINTABLE)
def test_nothing_is_said_of_what_can_be_printed(text: str) -> None:
    assert unprintable(text) == ()
    assert printing.warning(text) == ""


@pytest.mark.parametrize(
    ("text", "lacking"), [("中文 and 中", "中文"), ("שלום", "שלום"), ("عرب", "عرب"), ("smile 😀!", "😀"), ("नमस्ते", "नमस्ते"), ("\ue000 private", "\ue000")]
)
def test_each_character_is_named_once_and_is_what_printing_replaces(text: str, lacking: str) -> None:
    assert unprintable(text) == tuple(dict.fromkeys(lacking))
    cleaning = Cleaning()
    printed = cleaning.clean(text)
    assert set(cleaning.replaced) == set(lacking)
    assert printed.count(REPLACEMENT) == cleaning.replaced.total()


def test_the_sentence_names_them_and_says_what_to_do() -> None:
    words = printing.warning("北京 Ltd", "Lille", "北海道")
    assert words.startswith("4 characters of the text cannot be printed in the PDF, which shows □ instead: 北 (U+5317), 京 (U+4EAC), 海 (U+6D77), 道 (U+9053).")
    assert "write a name in Latin letters beside it" in words
    assert printing.warning("中").startswith("1 character of the text cannot")
    many = printing.warning("".join(chr(0x4E00 + at) for at in range(20)))
    assert (many.startswith("20 characters"), many.count("(U+"), "and 12 more" in many) == (True, printing.SHOWN, True)


def test_an_order_is_looked_at_wherever_its_texts_stand() -> None:
    content = json.dumps({"title": "Lille", "content": {"lines": [{"said": "to 中"}, 7, None, True], "name": "文"}})
    assert "中 (U+4E2D), 文 (U+6587)" in printing.warning_of(content)
    assert printing.warning_of(json.dumps({"title": "Łódź"})) == ""


def test_common_letters_load_no_typeface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dpa.evidence.pdf.cleaning.fate_of", lambda _: pytest.fail("a typeface was asked"))
    assert printing.warning("Ça coûte 5 £, Łódź", "Straße") == ""
