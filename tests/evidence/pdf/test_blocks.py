"""What cannot make a document is refused when it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dpa.evidence.pdf import (
    Bar,
    Bars,
    ClockPoint,
    ClockStrip,
    Column,
    Heading,
    Letterhead,
    Moment,
    PageBreak,
    Qr,
    Table,
    Text,
    check_logo,
    render,
)
from dpa.evidence.pdf.logo import opened
from dpa.problems import Invalid
from tests.evidence.pdf import reading
from tests.evidence.pdf.samples import document, png

AT = datetime(2026, 11, 22, tzinfo=UTC)
NAIVE = datetime(2026, 11, 22)
POINT = ClockPoint("x", AT)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Heading("x", 1), "level 2 or 3"),
        (lambda: Column("x", 0), "positive"),
        (lambda: Column("x", float("nan")), "positive"),
        (lambda: Table((), ()), "needs columns"),
        (lambda: Table((Column("a"),), (("1",), ("2", "3"))), "row 2 has 2 cells for 1"),
        (lambda: Moment(NAIVE, "x"), "aware"),
        (lambda: ClockPoint("x", NAIVE), "aware"),
        (lambda: Bar("x", -1, ""), "zero or more"),
        (lambda: Bar("x", float("inf"), ""), "zero or more"),
        (lambda: Bars((), "x"), "1 to 40"),
        (lambda: Bars((Bar("x", 1, ""),) * 41, "x"), "1 to 40"),
        (lambda: Bars((Bar("x", 1, ""),), " "), "description"),
        (lambda: ClockStrip(POINT, POINT, (), "x"), "ends after"),
        (lambda: ClockStrip(POINT, ClockPoint("y", AT.replace(year=2027)), (POINT,) * 7, "x"), "at most 6"),
        (lambda: ClockStrip(POINT, ClockPoint("y", AT.replace(year=2027)), (), ""), "description"),
        (lambda: Qr("", "x"), "printable ASCII"),
        (lambda: Qr("é", "x"), "printable ASCII"),
        (lambda: Qr("a\nb", "x"), "printable ASCII"),
        (lambda: Qr("a" * 301, "x"), "printable ASCII"),
        (lambda: document(issued_at=NAIVE), "aware"),
        (lambda: document(language="English"), "language tag"),
        (lambda: document(number=" "), "number and a title"),
        (lambda: document(title=""), "number and a title"),
        (lambda: document(record=b"{"), "Expecting"),
        (lambda: document(Heading("x", 3)), "skips a level"),
    ],
)
def test_a_defect_is_refused(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Exception, match="Atlantis"):
        document(zone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "cannot be read"),
        (b"GIF89a", "cannot be read"),
        (png()[:200], "cannot be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 1_000_000, "at most 1,000,000 bytes"),
        (png(2_500, 2_000, alpha=False), "at most 4,000,000 pixels"),
    ],
)
def test_a_logo_that_cannot_be_used_is_told_in_a_sentence(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        check_logo(content)
    assert caught.value.field == "logo"


@pytest.mark.parametrize("alpha", [True, False])
def test_a_logo_becomes_small_and_opaque(alpha: bool) -> None:
    picture = opened(png(1_200, 400, alpha))
    assert (picture.mode, picture.size) == ("RGB", (480, 160))
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_a_letterhead_needs_no_logo() -> None:
    assert Letterhead("x").logo is None


def test_the_longest_name_and_address_an_organisation_may_have_are_set_whole_beside_a_wide_logo() -> None:
    from dpa.people.rules import ADDRESS_LENGTH, ADDRESS_LINES

    address = "\n".join(f"{line} {'rue des Tanneurs ' * 5}"[: ADDRESS_LENGTH // ADDRESS_LINES - 1] for line in range(ADDRESS_LINES))
    name = f"{'Société anonyme ' * 12}Dernier"[-200:]
    logo = png(960, 100)
    content = render(document(organisation=Letterhead(name, address, logo))).content
    printed = " ".join(reading.text(content).split())
    assert " ".join(address.split()) in printed
    assert " ".join(name.split()) in printed
    assert "…" not in printed.split("A sample document")[0]


@pytest.mark.parametrize(("share", "lines"), [(2.0, 2), (4.0, 2), (1.2, 1)])
def test_a_digest_that_is_wider_than_its_column_is_broken_evenly(share: float, lines: int) -> None:
    digest = "f77f4ae7b9ba77dcc7da1f73fd6047a06269228c83cb928f5f162a344453b81a"
    columns = (Column("No.", share), Column("Leaf hash", 2.2, code=True))
    printed = reading.text(render(document(Table(columns, (("1", digest),)))).content)
    pieces = [line.split()[-1] for line in printed.split("\n") if line.split() and set(line.split()[-1]) <= set("0123456789abcdef") and len(line.split()[-1]) > 8]
    pieces = [piece for piece in pieces if piece in digest]
    assert "".join(pieces) == digest
    assert len(pieces) == lines, pieces
    assert min(map(len, pieces)) >= 16


@pytest.mark.parametrize(("lines", "pages"), [(3, 2), (34, 2)])
def test_the_detail_begins_on_a_new_page_only_where_the_summary_fits_on_the_first(lines: int, pages: int) -> None:
    found = render(document(*(Text(f"Line {number}.") for number in range(lines)), PageBreak(), Heading("The detail"), Text("It goes on.")))
    assert found.pages == pages, "a summary that ran over leaves no page nearly empty"
