"""Rows of an import: reading CSV as people save it, and a sentence for everything that cannot stand. No database."""

from __future__ import annotations

import csv
import io

import pytest

from dpa.agreements.imports import checking, reading
from dpa.agreements.imports.checking import Known, Row
from dpa.problems import Invalid

HEADER = "controller_reference,controller_name,country,language,agreement_reference,template,starts_on,ends_on,systems,contact_privacy,contact_security,contact_notices"
ROW = "C-1,Banque Rivoire,FR,fr,A-1,lemon-learning,2026-01-01,,Reporting;Mail,dpo@bank.example,,"
KNOWN = Known(
    controllers={"C-9": "Fjord Bank"}, agreements=frozenset({"A-9"}), templates=frozenset({"lemon-learning"}),
    systems=frozenset({"reporting"}), mail_domains=("lemonlearning.com",),
)


def rows(text: str) -> tuple[Row, ...]:
    return checking.check(reading.read(text), KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}\n{ROW}\n",
        f"{HEADER}\r\n{ROW}\r\n\r\n",
        f"\n\n{HEADER}\n\n{ROW}",
        f"{HEADER},,\n{ROW},,\n",
        f"{HEADER.upper()}\n{ROW}\n",
        HEADER.replace(",", ";") + "\n" + ROW.replace(";", "|").replace(",", ";").replace("Reporting|Mail", '"Reporting;Mail"') + "\n",
    ],
    ids=["unix", "windows", "blank lines", "trailing separators", "capitals", "semicolons"],
)
def test_a_file_is_read_as_spreadsheets_save_it(text: str) -> None:
    (row,) = rows(text)
    assert row.errors == ()
    assert (row.controller_reference, row.systems, row.contacts) == ("C-1", ("Reporting", "Mail"), (("privacy", "dpo@bank.example"),))


def test_the_columns_may_stand_in_any_order_and_optional_ones_may_be_missing() -> None:
    (row,) = rows("starts_on,template,agreement_reference,controller_name,controller_reference\n2026-01-01,lemon-learning,A-1,X,C-1")
    assert (row.errors, row.language, row.ends_on) == ((), "", "")


def test_a_cell_with_a_line_break_keeps_the_numbers_of_later_rows() -> None:
    found = rows(f'{HEADER}\nC-1,"Banque\nRivoire",FR,fr,A-1,lemon-learning,2026-01-01,,,,,\nC-2,X,FR,fr,A-2,nothing,2026-01-01,,,,,\n')
    assert [row.number for row in found] == [2, 4]
    assert "control character" in found[0].errors[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        (HEADER, "no rows"),
        ("name;place\nx;y", "first line must be a header"),
        (HEADER.replace("starts_on", "starts_at") + "\n" + ROW, "“starts_at” is not known, did you mean starts_on"),
        ("controller_reference,controller_name\nC-1,X", "lacks the columns agreement_reference, template, starts_on"),
        (f"{HEADER},country\n{ROW},FR", "names country twice"),
        (f'{HEADER}\nC-1,"Banque,FR', "not closed"),
        (f"{HEADER}\n" + "\n".join(ROW for _ in range(20_001)), "more than 20,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        reading.read(text)
    assert caught.value.field == "file"


def changed(**cells: str) -> str:
    names = HEADER.split(",")
    values = dict(zip(names, ROW.split(","), strict=True)) | cells
    out = io.StringIO()
    csv.writer(out).writerow([values[name] for name in names])
    return f"{HEADER}\n{out.getvalue()}"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"controller_reference": ""}, "controller_reference: A reference has"),
        ({"controller_reference": "=C1"}, "controller_reference: A reference has"),
        ({"controller_name": ""}, "controller_name: Enter the customer's legal name"),
        ({"controller_name": "x" * 1001}, "longer than 1,000 characters"),
        ({"country": "FRA"}, "country: Enter the two capital letters of the country"),
        ({"country": "uk"}, "country: “UK” is no code of ISO 3166; write GB for the United Kingdom."),
        ({"language": "fra"}, "language: Enter the language"),
        ({"agreement_reference": ""}, "agreement_reference: A reference has"),
        ({"agreement_reference": "A-9"}, "already is an agreement A-9"),
        ({"template": "lemon-lerning"}, "did you mean lemon-learning"),
        ({"template": ""}, "no standard terms"),
        ({"starts_on": ""}, "starts_on: the date is missing"),
        ({"starts_on": "02/04/2024"}, "“02/04/2024” is not a date; write it as year-month-day"),
        ({"starts_on": "2026-02-30"}, "not a day of the calendar"),
        ({"starts_on": "20260101"}, "not a date"),
        ({"starts_on": "1960-01-01"}, "between 1990 and 2099"),
        ({"ends_on": "2025-12-31"}, "lies before the first"),
        ({"ends_on": "soon"}, "ends_on: “soon” is not a date"),
        ({"contact_privacy": "nobody"}, "contact_privacy: “nobody” is not an e-mail address"),
        ({"contact_privacy": "élodie@harbour.example"}, "contact_privacy: Mail cannot be sent to “élodie@harbour.example”"),
        ({"contact_security": "a@b.example, c@d.example"}, "contact_security:"),
        ({"contact_notices": "dpo@lemonlearning.com"}, "mailbox of your own organisation"),
        ({"contact_notices": "dpo@mail.LemonLearning.com"}, "mailbox of your own organisation"),
        ({"systems": "x" * 121}, "longer than 120"),
        ({"systems": "Mail;MAIL"}, "the same system"),
        ({"systems": ";".join(f"s{number}" for number in range(51))}, "more than 50 systems"),
        ({"controller_name": "Banque\tRivoire\x07"}, "control character"),
        ({"controller_reference": "C-9"}, "C-9 already is “Fjord Bank”"),
    ],
)
def test_a_row_that_cannot_stand_says_why(cells: dict[str, str], words: str) -> None:
    (row,) = rows(changed(**cells))
    assert any(words in error for error in row.errors), row.errors


def test_every_fault_of_a_row_is_named() -> None:
    (row,) = rows(changed(country="FRA", starts_on="soon", template="x", contact_privacy="nobody"))
    assert len(row.errors) == 4


@pytest.mark.parametrize("cut", ["C-1,Banque", f"{ROW},more"])
def test_a_row_with_other_cells_than_the_header_is_named(cut: str) -> None:
    (row,) = rows(f"{HEADER}\n{cut}")
    assert "cells, the header 12" in row.errors[0]


def test_rows_are_compared_with_each_other() -> None:
    found = rows("\n".join((HEADER, ROW, ROW, ROW.replace("A-1", "A-2").replace("Banque Rivoire", "Banque Seine"))))
    assert found[0].errors == ()
    assert "already stands in line 2" in found[1].errors[0]
    assert "line 2 describes C-1 differently" in found[2].errors[0]


def test_a_customer_may_have_several_agreements_and_one_that_is_there_is_found() -> None:
    text = "\n".join((HEADER, ROW, ROW.replace("A-1", "A-2"), ROW.replace("A-1", "A-3").replace("C-1,Banque Rivoire", "C-9,fjord  bank")))
    found = rows(text)
    assert [row.errors for row in found] == [(), (), ()]
    counts = checking.counts(found, KNOWN)
    assert (counts["agreements"], counts["controllers"], counts["matched"], counts["systems"]) == (3, 1, 1, 1)


def test_a_stored_row_comes_back_the_same() -> None:
    for row in rows(changed(contact_notices="n@bank.example", country="FRA")):
        assert Row.from_json(row.to_json()) == row
        assert checking.recheck([row], KNOWN) == (row,)


def test_the_template_to_download_is_itself_a_good_file() -> None:
    (row,) = rows(reading.template_text("lemon-learning"))
    assert row.errors == ()
