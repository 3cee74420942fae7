"""Vendored files are what their packages published, and our own files hang together."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from markupsafe import Markup

from dpa.web import assets, icons

LOCK = json.loads((assets.STATIC / "vendor" / "vendor.lock").read_text(encoding="utf-8"))
FILES = [file for package in LOCK["packages"] for file in package["files"]]
OWN = sorted(path for folder in ("css", "js") for path in (assets.STATIC / folder).iterdir())


@pytest.mark.parametrize("package", LOCK["packages"], ids=lambda package: package["name"])
def test_vendored_files_are_unchanged_and_licensed(package: dict[str, object]) -> None:
    for file in package["files"]:  # type: ignore[attr-defined]
        content = (assets.STATIC / "vendor" / file["path"]).read_bytes()
        assert hashlib.sha384(content).hexdigest() == file["sha384"], f"{file['path']} differs from the published file"
    assert str(package["tarball"]).startswith("sha512-")
    assert len((assets.STATIC / "vendor" / str(package["licence_file"])).read_text(encoding="utf-8")) > 400


def test_nothing_is_vendored_without_being_written_down() -> None:
    present = {str(path.relative_to(assets.STATIC / "vendor")) for path in (assets.STATIC / "vendor").rglob("*") if path.is_file()}
    assert present == {file["path"] for file in FILES} | {"vendor.lock"}


@pytest.mark.parametrize("path", [*OWN, assets.STATIC / "vendor" / "vendor.lock"], ids=lambda path: path.name)
def test_our_files_load_nothing_from_elsewhere_and_stay_short(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert not re.search(r"https?://|@import|eval\(|new Function", text)
    if path in OWN:
        assert text.count("\n") < 400


@pytest.mark.parametrize("path", [path for path in OWN if path.suffix == ".css"], ids=lambda path: path.name)
def test_files_that_style_sheets_name_exist(path: object) -> None:
    for target in re.findall(r"url\(\"([^\"]+)\"\)", path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
        assert (path.parent / target).is_file()  # type: ignore[attr-defined]


def test_addresses_carry_the_digest_of_the_content() -> None:
    digest = hashlib.sha384((assets.STATIC / "css/tokens.css").read_bytes()).hexdigest()
    assert assets.asset_url("css/tokens.css") == f"/static/css/tokens.css?v={digest[:16]}"
    assert assets.stylesheet("css/print.css", media="print").endswith(' media="print">')
    assert assets.script("js/theme.js", early=True).endswith('"></script>')
    assert " defer></script>" in assets.script("js/theme.js")


@pytest.mark.parametrize("path", ["css/absent.css", "../pyproject.toml", "css"])
def test_a_missing_file_is_a_defect(path: str) -> None:
    with pytest.raises(FileNotFoundError):
        assets.asset_url(path)


def test_icons_are_silent_beside_a_word_and_speak_alone() -> None:
    assert 'aria-hidden="true"' in icons.icon("scale")
    # A label that was drawn as markup first is escaped all the same where it comes as text.
    assert 'aria-label="<b>"' in icons.icon("dots", Markup("<b>"))
    assert 'role="img" aria-label="&lt;b&gt;"' in icons.icon("dots", "<b>")
    assert all("<path" in icons.icon(name) for name in icons.names())


@pytest.mark.parametrize("name", ["no-such-icon", "../LICENSE", "", "Scale"])
def test_unknown_icons_are_refused(name: str) -> None:
    with pytest.raises(KeyError):
        icons.icon(name)
