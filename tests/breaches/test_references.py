"""References out of pasted text and files, friendly and hostile."""

from __future__ import annotations

import pytest

from dpa.breaches.references import MOST, Listed, listed, unknown_sentence
from dpa.problems import Invalid


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A1\nA2", [("A1", 1), ("A2", 2)]),
        ("A1, A2; A3\tA4 A1", [("A1", 1), ("A2", 1), ("A3", 1), ("A4", 1)]),
        ("\n\n  A1\r\nA2\r", [("A1", 3), ("A2", 4)]),
        ("\"A1\"\n'A2'", [("A1", 1), ("A2", 2)]),
        ("reference\nA1\n\nA2\n", [("A1", 2), ("A2", 4)]),
        ("Customer;Reference;Since\nAcadémie;A1;2024\nBanque;A2;2025", [("A1", 2), ("A2", 3)]),
        ('name,agreement\n"Rivoire, Banque",A1\n"two\nlines",A2', [("A1", 2), ("A2", 4)]),
        ("\ufeffreference\nA1".removeprefix("\ufeff"), [("A1", 2)]),
        ("", []),
        (" ;, \n\t", []),
    ],
)
def test_references_are_read_with_their_lines(text: str, wanted: list[tuple[str, int]]) -> None:
    assert [(one.reference, one.line) for one in listed(text)] == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x" * 1_000_001, "longer than 1,000,000 characters"),
        ("\n".join(f"A{n}" for n in range(MOST + 1)), "at most 20,000"),
        ("reference;name\n;Banque", "Line 2 has no reference"),
        ("reference,name\n" + "x" * 200_000, "cannot be read as CSV"),
    ],
    ids=["long", "many", "empty cell", "huge cell"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        listed(text)


def test_unknown_references_are_named_with_their_lines_and_never_whole_files() -> None:
    found = [Listed("A1", 1), Listed("B9", 1), Listed("B8", 1), Listed("=cmd|'/c calc'!A1", 3), Listed("x" * 500, 4), Listed("\u202eevil\x07", 5)]
    sentence = unknown_sentence(found, {"A1"})
    assert sentence is not None
    assert "not on file: B9, B8 (line 1); =cmd|'/c calc'!A1 (line 3); " + "x" * 40 + "… (line 4)" in sentence
    assert "\u202e" not in sentence
    assert "\x07" not in sentence
    many = unknown_sentence([Listed(f"B{n}", n) for n in range(1000)], set())
    assert many is not None
    assert "and 990 more" in many
    assert len(many) < 400
    assert unknown_sentence(found[:1], {"A1"}) is None
