"""Attachments as lines: each has its kind, none is guessed, and what stood keeps its own."""

from __future__ import annotations

import pytest

from dpa.breaches.facts import attachments, build, package
from dpa.breaches.facts.words import AttachmentKind
from tests.breaches.facts.test_edpb import CONTEXT


@pytest.mark.parametrize(
    ("line", "name", "kind"),
    [
        ("report.pdf; investigation", "report.pdf", "investigation"), ("report.pdf ;Report of the investigation", "report.pdf", "investigation"),
        ("note.txt;ransom note", "note.txt", "ransom_note"), ("letter; Communication to the people", "letter", "to_people"), ("log.csv", "log.csv", "other"),
        ("a; b.pdf; OTHER", "a; b.pdf", "other"), ("mail.eml; phish", "mail.eml", "phishing_message"),
    ],
)  # fmt: skip
def test_a_line_names_an_attachment_and_its_kind(line: str, name: str, kind: str) -> None:
    assert attachments.listed([line], ()) == [{"name": name, "kind": kind}]


@pytest.mark.parametrize("line", ["report.pdf; book", "; investigation", "letter; communication", "a;b"])
def test_what_is_no_kind_is_refused_with_those_there_are(line: str) -> None:
    with pytest.raises(ValueError, match="one of: to people, risk assessment, investigation"):
        attachments.listed([line], ())


@pytest.mark.parametrize("kind", AttachmentKind)
@pytest.mark.parametrize("name", ["report.pdf", "a; b.pdf"])
def test_what_is_shown_reads_back_as_it_was(kind: AttachmentKind, name: str) -> None:
    sheet = build({"attachments": [{"name": name, "kind": kind.value}]})
    [typed] = [attachments.line(one) for one in sheet.attachments]
    assert build({"attachments": attachments.listed([typed], ())}) == sheet


def test_the_kinds_fill_field_125() -> None:
    sheet = build({"attachments": attachments.listed(["report.pdf; investigation", "mail.eml; phishing message", "log.csv"], ())})
    fields = package(sheet, CONTEXT)["fields"]
    assert (fields["field_125"], fields["field_126"]) == (["c", "e", "j"], "report.pdf\nmail.eml\nlog.csv")


def test_an_attachment_keeps_the_kind_it_had_where_its_line_says_none() -> None:
    standing = build({"attachments": [{"name": "report.pdf", "kind": "investigation"}]}).attachments
    assert attachments.listed(["report.pdf"], standing) == [{"name": "report.pdf", "kind": "investigation"}]
