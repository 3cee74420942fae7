"""The vendored fonts and the colour profile are what their packages published, and licensed."""

from __future__ import annotations

import hashlib
import json

import pytest

from dpa.evidence.pdf.fonts import DATA, Face, font_for, has, widths_of

LOCK = json.loads((DATA / "vendor.lock").read_text("utf-8"))
FILES = [file for package in LOCK["packages"] for file in package["files"]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file["path"])
def test_vendored_files_are_unchanged(file: dict[str, str]) -> None:
    assert hashlib.sha384((DATA / file["path"]).read_bytes()).hexdigest() == file["sha384"]


def test_nothing_is_vendored_without_being_written_down_and_licensed() -> None:
    assert {path.name for path in DATA.iterdir()} == {file["path"] for file in FILES} | {"vendor.lock"}
    for package in LOCK["packages"]:
        assert len((DATA / package["licence_file"]).read_text("utf-8")) > 1_000
        assert package["version"]


def test_every_typeface_is_there() -> None:
    assert {name for face in Face for name in face.value} == {path.stem for path in DATA.glob("*.ttf")}


def test_the_colour_profile_is_version_2_for_rgb() -> None:
    profile = (DATA / "sRGB.icc").read_bytes()
    assert (profile[8], profile[12:16], profile[16:20]) == (2, b"mntr", b"RGB ")


@pytest.mark.parametrize(
    ("script", "sample"),
    [
        ("Latin", "".join(map(chr, [*range(0xC0, 0x180)]))),
        ("Greek", "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώϊϋΐΰαω ἀρχή"),
        ("Cyrillic", "".join(map(chr, range(0x400, 0x460))) + "ҐґЎў"),
        ("Vietnamese", "ĂăÂâĐđÊêÔôƠơƯư" + "".join(map(chr, range(0x1EA0, 0x1EFA)))),
        ("signs", "–—‘’“”„•…€£§©®™°±×÷≤≥→✓□↳№"),
    ],
)
def test_the_scripts_of_the_product_are_covered_in_every_face(script: str, sample: str) -> None:
    for face in Face:
        assert [char for char in sample if not has(char)] == [], script
        for char in sample:
            assert char in widths_of(font_for(face, char))


def test_digits_have_one_width_so_that_columns_of_figures_align() -> None:
    for face in Face:
        assert len({widths_of(face.value[0])[digit] for digit in "0123456789"}) == 1


def test_a_character_nobody_has_is_an_error_below_the_cleaning() -> None:
    with pytest.raises(LookupError, match=r"U\+4E2D"):
        font_for(Face.BOLD, "中")
