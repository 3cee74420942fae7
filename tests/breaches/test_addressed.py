"""To whom a notice goes by the words of the contract: as a table, in the release, and in the review before it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from dpa.agreements.terms import DEFAULT_POLICY, TermStack, load_terms, shipped_contract
from dpa.agreements.terms.codec import dump_terms
from dpa.alerts.models import OutboxMessage
from dpa.breaches import addressed, operations, recipients
from dpa.breaches.addressed import Named, named_in
from dpa.breaches.models import Breach
from dpa.breaches.owed import Owed
from dpa.breaches.rules import Draft, Incident, Selection
from dpa.parties.queries import Recipient
from dpa.parties.rules import Purpose
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_pages import House
from tests.support.databases import Database

ON = date(2026, 11, 22)
ADMIN = Named("administrative contact", "clause 16.4", (Purpose.NOTICES,))
CONTACTS = (
    Recipient(1, Purpose.SECURITY, "Security desk", "s@x.example"), Recipient(2, Purpose.PRIVACY, "Jeanne Petit", "p@x.example"),
    Recipient(3, Purpose.NOTICES, "", "n@x.example"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "named"),
    [
        ("lemon-learning", ADMIN),
        ("light-and-shadows", Named("registered office", "clause 31", (), paper="registered letter")),
        ("lightenup", None),
        ("lighton", None),
        ("light-company", None),
    ],
)
def test_whom_the_shipped_contracts_name(slug: str, named: Named | None) -> None:
    assert named_in(TermStack(template=shipped_contract(slug), policy=DEFAULT_POLICY, on=ON)) == named


def stack(*entries: dict[str, str]) -> TermStack:
    """Return Lemon Learning's contract with other addresses."""
    import json

    document = json.loads(dump_terms(shipped_contract("lemon-learning")))
    term = next(one for one in document["terms"] if one["key"] == addressed.KEY)
    term["value"]["addresses"] = [{"party": "controller", "channel": "email", **entry} for entry in entries]
    return TermStack(template=load_terms(json.dumps(document)), policy=DEFAULT_POLICY, on=ON)


@pytest.mark.parametrize(
    ("entries", "words", "purposes", "address"),
    [
        ([{"purpose": "security incidents"}], "security incidents", (Purpose.SECURITY,), ""),
        ([{"purpose": "notices to the client", "recipient": "Chief Financial Officer"}], "Chief Financial Officer", (), ""),
        ([{"purpose": "notices to the client"}, {"purpose": "breach notices", "recipient": "data protection officer"}], "data protection officer", (Purpose.PRIVACY,), ""),
        ([{"purpose": "breach notices", "printed": "CISO@x.example"}], "ciso@x.example", (Purpose.SECURITY, Purpose.NOTICES), "ciso@x.example"),
        ([{"purpose": "breach notices", "printed": "12 rue du Port, Lille"}], "breach notices", (Purpose.SECURITY, Purpose.NOTICES), ""),
        ([{"purpose": "personal data", "recipient": "the DPO"}], "the DPO", (Purpose.PRIVACY,), ""),
        ([{"purpose": "invoices", "recipient": "accounting"}], None, (), ""),
        ([{"purpose": "notices to the vendor", "party": "processor"}], None, (), ""),
        ([{"purpose": "breach notices", "printed": "dpo@lemonlearning.com"}], None, (), ""),
    ],
)
def test_the_entry_that_speaks_of_breaches_comes_first(entries: list[dict[str, str]], words: str | None, purposes: tuple[Purpose, ...], address: str) -> None:
    found = named_in(stack(*entries), ["lemonlearning.com"])
    assert (found and found.words) == words
    if found:
        assert (found.purposes, found.address) == (purposes, address)


@pytest.mark.parametrize(
    ("named", "chosen", "unmatched", "words"),
    [
        (None, 1, False, "security contact; the agreement names nobody"),
        (ADMIN, 3, False, "notices contact, whom clause 16.4 names: “administrative contact”"),
        (Named("the DPO", "clause 9", (Purpose.PRIVACY,)), 2, False, "privacy contact, whom clause 9 names"),
        (Named("jeanne petit", "clause 9"), 2, False, "privacy contact, whom clause 9 names"),
        (Named("p@x.example", "clause 9", (), "p@x.example"), 2, False, "privacy contact, whom clause 9 names"),
        (Named("ciso@y.example", "clause 9", (Purpose.NOTICES,), "ciso@y.example"), 3, True, "no contact of this customer is that; to add it, enter the address ciso@y.example"),
        (Named("Chief Financial Officer", "clause 9"), 1, True, "security contact; clause 9 names “Chief Financial Officer”, and no contact of this customer is that; to add it, enter that as the name"),
        (Named("registered office", "clause 31", paper="registered letter"), 1, False, "by registered letter: record a letter"),
    ],
)
def test_whom_the_contract_names_comes_first_and_the_house_order_last(named: Named | None, chosen: int, unmatched: bool, words: str) -> None:
    found = recipients.choose(CONTACTS, ["lemon.example"], named)
    assert found.recipient is not None
    assert (found.recipient.contact_id, found.unmatched) == (chosen, unmatched)
    assert words in found.why


def test_a_named_contact_that_is_our_own_mailbox_is_passed_over_and_told() -> None:
    own = Recipient(9, Purpose.NOTICES, "", "dpo@lemon.example")
    found = recipients.choose([own, CONTACTS[0]], ["lemon.example"], ADMIN)
    assert found.recipient == CONTACTS[0]
    assert found.unmatched


# The release and its review


def case_of(ground: Ground) -> Breach:
    both = ground.customer(1, (Purpose.SECURITY, "s@one.example"), (Purpose.NOTICES, "n@one.example"))
    one = ground.customer(2, (Purpose.PRIVACY, "p@two.example"))
    with ground.unit() as unit:
        breach = operations.record_incident(unit, ground.organisation, Incident("Leak", "It leaked.", NOW, NOW, ""))
        operations.add_affected(unit, breach, [both.id, one.id], Selection.ALL)
        operations.save_draft(unit, breach, Draft("It leaked.", "Ana, +33", "", "", ""))
    return breach


def test_the_release_writes_to_whom_the_contract_names_and_the_count_before_it_says_who_has_no_such_contact(lemon: Ground) -> None:
    breach = case_of(lemon)
    owed = Owed(lemon.session, breach, breach.notices[0], lemon.organisation, NOW, names=recipients.names(lemon.session, lemon.organisation, NOW))
    assert owed.unmatched().count == 1
    assert owed.unmatched().first == ("Customer 2",)
    assert owed.counts().refused == 0
    lemon.session.rollback()
    with lemon.unit() as unit:
        operations.release_notice(unit, breach, lemon.organisation)
    mails = lemon.session.scalars(select(OutboxMessage.to_address).where(OutboxMessage.category == "notice").order_by(OutboxMessage.id)).all()
    assert mails == ["n@one.example", "p@two.example"]


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return House(sqlite_database)


def test_the_review_says_who_gets_it_and_why_before_anything_leaves(house: House) -> None:
    client, case = house.client("dpo"), house.record()
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"})
    page = client.get(f"{case}/release").text
    assert "The contract of 2 customers names somebody who is none of their contacts: Customer 1, Customer 2." in page
    assert page.count("security contact; clause 16.4 names “administrative contact”, and no contact of this customer is that; to add it, choose the purpose “Notices under the contract”") == 2
    assert "Notices under the contract</option>" in client.get("/customers/1").text
    assert client.post("/customers/1/contacts", data={"purpose": "notices", "email": "office@c1.example"}).status_code in {302, 303}
    page = client.get(f"{case}/release").text
    assert "The contract of 1 customer names somebody who is none of its contacts: Customer 2." in page
    assert "notices contact, whom clause 16.4 names: “administrative contact”" in page
    assert "office@c1.example" in page
    assert house.client("outsider").get(f"{case}/release").status_code == 404


def test_an_exercise_names_nobody(house: House) -> None:
    client = house.client("dpo")
    data = {"title": "Leak", "known": "It leaked.", "detected_at": "2026-11-22T10:00", "aware_at": "2026-11-22T10:00", "drill": "y"}
    case = client.post("/breaches/new", data=data).location.removesuffix("/affected")
    client.post(f"{case}/affected", data={"selection": "all"})
    client.post(f"{case}/notice", data={"nature": "It leaked.", "contact": "DPO, now"})
    page = client.get(f"{case}/release").text
    assert "names somebody" not in page
    assert "a colleague takes the customer’s part in the exercise" in page
