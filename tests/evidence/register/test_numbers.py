"""Numbers as people type them, and letters that belong to one organisation only."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from dpa.evidence.register import queries, rules
from dpa.evidence.register.queries import Narrowing
from dpa.evidence.verification.checking import check_number
from dpa.people import documents as people
from dpa.people.models import Organisation
from dpa.people.operations import OrganisationFacts, add_organisation
from dpa.web.identity import Scope
from tests.evidence.register.desk import Desk

TYPED = (
    "LL-TC-2026-0001", "ll-tc-2026-0001", " LL - TC - 2026 - 0001 ", "LL–TC–2026–0001", "LL—TC—2026—0001", "LL‑TC‑2026‑0001", "LL−TC−2026−0001", "LL‐TC‐2026‐0001",
    "ＬＬ－ＴＣ－２０２６－０００１", "LL-TC-2026-\u200b0001", "\ufeffLL-TC-2026-0001\t", "LL\u00a0-TC-2026-0001", "LL-TC-٢٠٢٦-٠٠٠١", "LL﹣TC﹣2026﹣0001",
)


@pytest.mark.parametrize("typed", TYPED)
def test_a_number_is_the_same_however_it_was_typed(typed: str) -> None:
    assert rules.plain_number(typed) == "LL-TC-2026-0001"


@pytest.mark.parametrize("typed", ["", "LL-TC-2026-0002", "LLTC20260001", "L1-TC-2026-0001"])
def test_another_number_stays_another(typed: str) -> None:
    assert rules.plain_number(typed) != "LL-TC-2026-0001"


def test_lookups_take_each_of_them(desk: Desk) -> None:
    row = desk.document(desk.order())
    desk.work()
    row = desk.document(row.id)
    code = rules.spaced(rules.check_code(row.record_sha256 or "")).upper()
    scope = Scope(frozenset({desk.organisation_id}))
    with Session(desk.engine) as session:
        for typed in TYPED:
            assert check_number(session, typed, code) is not None, typed
            assert [found.id for found in queries.documents(session, scope, Narrowing(text=typed), before_id=None).rows] == [row.id], typed
        wide = "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else "–" for char in code)
        assert check_number(session, row.reference, wide) is not None, "so does the check code"
        for typed in ("LL-TC-2026-0002", "%", "_L-TC-2026-0001"):
            assert check_number(session, typed, code) is None
            assert not queries.documents(session, scope, Narrowing(text=typed), before_id=None).rows


def add(desk: Desk, slug: str) -> Organisation:
    with Session(desk.engine, expire_on_commit=False) as session, desk.begin(session) as unit:
        return add_organisation(unit, OrganisationFacts(slug, "Europe/Paris", "FR", "FR"), slug=slug)


def test_no_two_organisations_give_out_the_same_numbers(desk: Desk) -> None:
    houses = [add(desk, slug) for slug in ("light-company", "lemon-company", "large-company")]
    assert [house.letters for house in houses] == ["LC", "LC2", "LC3"]
    for house in houses:
        desk.order(organisation_id=house.id, issuer=people.issuer(house))
    assert desk.references() == ["LC-TC-2026-0001", "LC2-TC-2026-0001", "LC3-TC-2026-0001"]


def test_the_database_refuses_letters_that_are_taken(desk: Desk) -> None:
    row = add(desk, "light-company")
    taking = update(Organisation.__table__).where(Organisation.id == desk.organisation_id).values(letters=row.letters)  # type: ignore[arg-type]
    with desk.engine.connect().execution_options(write=True) as connection, pytest.raises(IntegrityError):
        connection.execute(taking)


def test_letters_that_another_name_spells_are_taken_too() -> None:
    assert rules.free_letters("light-company", set()) == "LC"
    assert rules.free_letters("light-company", {"LC", "LC3"}) == "LC2"
    assert rules.free_letters("light-company", {"LC", "LC2"}) == "LC3"
    assert rules.free_letters("x", {"LC"}) == "X"
