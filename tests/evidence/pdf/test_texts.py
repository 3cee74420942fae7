"""Cleaning and setting of text: what is removed, what is replaced, where lines break."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpa.evidence.pdf import look
from dpa.evidence.pdf.cleaning import Cleaning, code_points, plain
from dpa.evidence.pdf.fonts import WIDTHS, has
from dpa.evidence.pdf.setting import CONTINUED, Line, Setter


def shown(line: Line) -> str:
    return "".join(text for _, text in line.runs)


@pytest.mark.parametrize(
    ("text", "printed", "replaced", "removed"),
    [
        ("Plain text, 100 %.", "Plain text, 100 %.", 0, 0),
        ("Académie, Ωμέγα, Ж, Huế", "Académie, Ωμέγα, Ж, Huế", 0, 0),
        ("e\u0301 e\u0302\u0301", "é ế", 0, 0),
        ("a\tb\r\nc\rd\u2028e\x0bf", "a b\nc\nd\ne\nf", 0, 0),
        ("1\u202e000,1\u202c", "1000,1", 0, 2),
        ("\u2066abc\u2069\u200e\u200f\u061c", "abc", 0, 5),
        ("pay\u200bpal\ufeff\u00ad\u2060\u200d", "paypal", 0, 5),
        ("a\x00b\x07c\x1b[31md\x7f\x9f", "abc[31md", 0, 5),
        ("star\ufe0f \U000e0041", "star ", 0, 2),
        ("中文 and 日", "□□ and □", 3, 0),
        ("😀 \U0001d400", "□ □", 2, 0),
        ("שלום مرحبا", "□□□□ □□□□□", 9, 0),
        ("नमस्ते ไทย", "□□□□□□ □□□", 9, 0),
        ("\ue000\ud800\uffff", "□□□", 3, 0),
        ("thin\u2009space, nb\u00a0space, ideographic\u3000space", "thin\u2009space, nb\u00a0space, ideographic space", 0, 0),
        ("□ stays and is not counted", "□ stays and is not counted", 0, 0),
        ("<b>&amp;</b> <img src=\"/etc/hostname\">", "<b>&amp;</b> <img src=\"/etc/hostname\">", 0, 0),
    ],
)
def test_cleaning(text: str, printed: str, replaced: int, removed: int) -> None:
    cleaning = Cleaning()
    assert cleaning.clean(text) == printed
    assert (cleaning.replaced.total(), cleaning.removed.total()) == (replaced, removed)
    again = Cleaning()
    assert again.clean(printed) == printed, "cleaning what is clean changes nothing"
    assert not again.replaced
    assert not again.removed


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_comes_in_can_be_set_and_is_accounted_for(text: str) -> None:
    cleaning = Cleaning()
    printed = cleaning.clean(text)
    assert all(char == "\n" or has(char) for char in printed)
    assert not any(char in printed for char in "\u202e\u2066\u200b\x00\x1b")
    assert printed.count("□") >= cleaning.replaced.total() - cleaning.removed.total()
    Setter().lines(text, look.BODY, 100)


def test_properties_of_the_file_are_one_valid_line() -> None:
    assert plain("  a\nb\t\x00<&>\u202e c\ud800 ") == "a b <&> c\ufffd"


def test_code_points_are_listed_by_frequency() -> None:
    cleaning = Cleaning()
    cleaning.clean("文中中")
    assert code_points(cleaning.replaced) == "U+4E2D, U+6587"
    cleaning.clean("".join(map(chr, range(0x4E00, 0x4E20))))
    assert code_points(cleaning.replaced, most=2) == "U+4E2D, U+4E00 and 32 more"


@given(st.lists(st.text("abcdefghij.-/@ÄЖệ", min_size=1, max_size=40), max_size=30), st.floats(30, 400))
@settings(max_examples=200, deadline=None)
def test_no_line_is_too_wide_and_no_character_is_lost(words: list[str], width: float) -> None:
    lines = Setter().lines(" ".join(words), look.CELL, width)
    assert all(line.width <= width + 0.01 for line in lines)
    assert "".join(map(shown, lines)).replace(" ", "") == "".join(words)
    for line in lines:
        expected = sum(WIDTHS[look.CELL.face][char] for char in shown(line)) * look.CELL.size / 1000
        assert line.width == pytest.approx(expected)


def test_lines_break_at_spaces_and_newlines() -> None:
    lines = Setter().lines("one two three\nfour", look.BODY, 60)
    assert [shown(line) for line in lines] == ["one two", "three", "four"]


def test_an_offset_stays_with_its_time_and_a_number_with_its_article() -> None:
    lines = Setter().lines("by Sun 22 Nov 2026 21:46 +01:00 under Art. 33(2)", look.BODY, 123)
    assert [shown(line).replace("\u00a0", " ") for line in lines] == ["by Sun 22 Nov 2026", "21:46 +01:00 under", "Art. 33(2)"]


def test_a_long_word_breaks_after_a_sign_where_one_is_near() -> None:
    lines = Setter().lines("https://desk.example/verify/LL-BN-2026-0007", look.BODY, 110)
    assert [shown(line) for line in lines] == ["https://desk.example/", "verify/LL-BN-2026-0007"]


def test_paragraphs_are_separated_by_blank_lines() -> None:
    parts = Setter().paragraphs("\n\na\nb\n \n\nc\n", look.BODY, 400)
    assert [[shown(line) for line in part] for part in parts] == [["a", "b"], ["c"]]
    assert Setter().paragraphs(" \n ", look.BODY, 400) == []


def test_verbatim_keeps_spaces_and_shows_where_a_line_goes_on() -> None:
    lines = Setter().verbatim("a  b\n\n" + "x" * 30, look.VERBATIM, 20 * WIDTHS[look.VERBATIM.face]["x"] * look.VERBATIM.size / 1000)
    assert [shown(line) for line in lines] == ["a  b", "", "x" * 18, CONTINUED + "x" * 12]


def test_one_line_is_cut_between_words_if_that_loses_little() -> None:
    assert shown(Setter().one_line("one two three four five", look.BODY, 90)) == "one two three…"
    assert shown(Setter().one_line("one " + "x" * 50, look.BODY, 90)).startswith("one xxx")
    assert shown(Setter().one_line("short\nline", look.BODY, 90)) == "short line"


def test_a_run_for_each_typeface() -> None:
    (line,) = Setter().lines("ok → fine", look.BODY, 200)
    assert line.runs == (("NotoSans-Regular", "ok "), ("DejaVuSans", "→"), ("NotoSans-Regular", " fine"))
