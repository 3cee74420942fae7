"""What can be done with organisations, people and roles: each act, its event, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.evidence.trail.models import TrailEvent, TrailPayload
from dpa.people import links, operations, queries, sessions
from dpa.people.events import Event
from dpa.people.models import Auth, LinkPurpose, LoginSession, Membership, OneTimeLink, Organisation, Person
from dpa.people.operations import NewPerson, OrganisationFacts
from dpa.people.roles import Role
from dpa.problems import Conflict, Invalid, NotFound
from dpa.web.identity import Scope
from tests.people.conftest import Begin

FACTS = OrganisationFacts("Lemon Learning", "Europe/Paris", "FR", "FR", ("lemonlearning.example",))
OTHER = OrganisationFacts("Light", "Europe/Copenhagen", "DK", "DK")


def events(session: Session) -> list[str]:
    found = list(session.scalars(select(TrailEvent.action).order_by(TrailEvent.idx)))
    session.rollback()
    return found


def token_of(link: str | None) -> str:
    assert link is not None
    return link.rpartition("/")[2]


def organisation(begin: Begin, facts: OrganisationFacts = FACTS) -> int:
    with begin() as unit:
        return operations.add_organisation(unit, facts).id


def join(begin: Begin, email: str, role: Role, *places: int, password: bool = True) -> int:
    with begin() as unit:
        person_id = 0
        for place in places:
            person_id = operations.invite(unit, unit.session.get_one(Organisation, place), NewPerson(email, "Somebody"), role).person.id
        if password:
            operations.change_password(unit, person_id, "stored hash")
        return person_id


def open_sessions(begin: Begin, person_id: int, count: int) -> list[int]:
    with begin(f"u:{person_id}") as unit:
        person = unit.session.get_one(Person, person_id)
        for _ in range(count):
            sessions.begin(unit, person, Auth.PASSWORD, sessions.Origin())
        return list(unit.session.scalars(select(LoginSession.id).where(LoginSession.person_id == person_id).order_by(LoginSession.id)))


def endings(session: Session, person_id: int) -> Sequence[str | None]:
    rows = session.scalars(select(LoginSession).where(LoginSession.person_id == person_id).order_by(LoginSession.id))
    return [row.ended_because.value if row.ended_because else None for row in rows]


def test_setting_up_makes_an_administrator_and_an_organisation_once(begin: Begin, session: Session, settings: Settings) -> None:
    with begin() as unit:
        link = links.make(unit, LinkPurpose.SETUP)
    assert link.startswith(f"{settings.base_url}/set-up/")
    with begin() as unit:
        person = operations.set_up(unit, token_of(link), NewPerson("Anna@Example.org", " Anna "), "hash", FACTS)
        assert (person.email, person.name) == ("anna@example.org", "Anna")
    assert [(m.email, m.role) for m in queries.members(session, 1)] == [("anna@example.org", Role.ADMINISTRATOR)]
    assert events(session) == [Event.SET_UP, Event.ORGANISATION_ADDED, Event.INVITED]
    with pytest.raises(NotFound), begin() as unit:
        operations.set_up(unit, token_of(link), NewPerson("b@example.org", "B"), "hash", OTHER)
    assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_setting_up_is_refused_once_anybody_exists(begin: Begin) -> None:
    with begin() as unit:
        link = links.make(unit, LinkPurpose.SETUP)
    join(begin, "a@example.org", Role.DPO, organisation(begin))
    with pytest.raises(NotFound), begin() as unit:
        operations.set_up(unit, token_of(link), NewPerson("b@example.org", "B"), "hash", OTHER)


REFUSED_FACTS: list[tuple[dict[str, object], set[str]]] = [
    ({"name": " "}, {"name"}),
    ({"name": "x" * 201}, {"name"}),
    ({"name": "a\x00b"}, {"name"}),
    ({"name": "日本"}, {"name"}),
    ({"zone": "Europe/Pariss"}, {"zone"}),
    ({"zone": "GMT+1"}, {"zone"}),
    ({"country": "fr"}, {"country"}),
    ({"country": "FRA"}, {"country"}),
    ({"country": "ZZ"}, {"country"}),
    ({"calendar": "ZZ"}, {"calendar"}),
    ({"mail_domains": ("Example.org",)}, {"mail_domains"}),
    ({"mail_domains": ("not a domain",)}, {"mail_domains"}),
    ({"name": "", "zone": "", "calendar": "", "country": ""}, {"name", "zone", "calendar", "country"}),
]


def test_facts_that_are_refused(begin: Begin, session: Session) -> None:
    for changes, fields in REFUSED_FACTS:
        facts = OrganisationFacts(**({"name": "Lemon", "zone": "UTC", "calendar": "FR", "country": "FR"} | changes))  # type: ignore[arg-type]
        with pytest.raises(Invalid) as caught, begin() as unit:
            operations.add_organisation(unit, facts)
        assert set(caught.value.fields) == fields
    assert not session.scalar(select(func.count()).select_from(Organisation))


def test_a_name_is_taken_by_its_short_form(begin: Begin) -> None:
    organisation(begin)
    with pytest.raises(Invalid, match="taken"), begin() as unit:
        operations.add_organisation(unit, OrganisationFacts("LEMON, Learning!", "UTC", "FR", "FR"))


def test_changing_facts_names_what_changed(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    changed = OrganisationFacts("Lemon Learning SAS", "Europe/Paris", "FR-57", "FR", ("lemonlearning.example",))
    with begin() as unit:
        assert operations.change_organisation(unit, unit.session.get_one(Organisation, place), changed) == ("name", "calendar")
    with begin() as unit:
        row = unit.session.get_one(Organisation, place)
        assert operations.change_organisation(unit, row, operations.facts_of(row)) == ()
        assert row.slug == "lemon-learning"
    assert events(session).count(Event.ORGANISATION_CHANGED) == 1


def test_an_invitation_is_accepted_once(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    with begin() as unit:
        invited = operations.invite(unit, unit.session.get_one(Organisation, place), NewPerson("dpo@example.org", "Dora"), Role.DPO)
        link = token_of(invited.link)
    with begin() as unit:
        assert operations.accept_invitation(unit, link, "hash").password_hash == "hash"
    with pytest.raises(NotFound), begin() as unit:
        operations.accept_invitation(unit, link, "another hash")
    assert session.scalars(select(Person.password_hash)).one() == "hash"
    assert events(session)[-2:] == [Event.INVITED, Event.ACCEPTED]


def test_no_address_or_name_stands_in_a_leaf(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    with begin() as unit:
        operations.invite(unit, unit.session.get_one(Organisation, place), NewPerson("dora@example.org", "Dora Dupont"), Role.DPO)
    bodies = "\n".join(session.scalars(select(TrailEvent.body)))
    assert "dora" not in bodies.lower()
    assert "dora@example.org" in "\n".join(session.scalars(select(TrailPayload.body)))


@pytest.mark.parametrize("purpose", list(LinkPurpose))
def test_links_last_exactly_as_long_as_they_say(begin: Begin, session: Session, clock: FixedClock, purpose: LinkPurpose) -> None:
    with begin() as unit:
        token = token_of(links.make(unit, purpose))
    clock.advance(links.LIFETIME[purpose] - timedelta(seconds=1))
    assert links.find(session, token, purpose, clock.now()).used_at is None
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotFound):
        links.find(session, token, purpose, clock.now())


def test_a_link_is_kept_as_a_hash_serves_one_purpose_and_is_withdrawn_by_the_next(begin: Begin, session: Session, clock: FixedClock) -> None:
    with begin() as unit:
        first = token_of(links.make(unit, LinkPurpose.SETUP))
        second = token_of(links.make(unit, LinkPurpose.SETUP))
    assert len(second) >= 43
    assert all(second.encode() not in row.token_hash and len(row.token_hash) == 32 for row in session.scalars(select(OneTimeLink)))
    for token, purpose in ((first, LinkPurpose.SETUP), (second, LinkPurpose.SIGN_IN), ("", LinkPurpose.SETUP), ("ü" * 9, LinkPurpose.SETUP)):
        with pytest.raises(NotFound):
            links.find(session, token, purpose, clock.now())
    assert links.find(session, second, LinkPurpose.SETUP, clock.now())


def test_joining_known_people(begin: Begin, session: Session) -> None:
    here, there = organisation(begin), organisation(begin, OTHER)
    stranger = join(begin, "stranger@example.org", Role.DPO, there)
    pending = join(begin, "pending@example.org", Role.DPO, there, password=False)
    cases: list[tuple[str, Scope | None, str | None]] = [
        ("stranger@example.org", Scope(frozenset({here})), "already has an account"),
        ("pending@example.org", Scope(frozenset({here})), "already has an account"),
        ("pending@example.org", Scope(frozenset({here, there})), "first invitation"),
        ("stranger@example.org", Scope(frozenset({here, there})), None),
        ("stranger@example.org", None, "member already"),
        ("pending@example.org", None, None),
    ]
    for email, visible, refusal in cases:
        with begin() as unit:
            place = unit.session.get_one(Organisation, here)
            if refusal:
                with pytest.raises(Conflict, match=refusal):
                    operations.invite(unit, place, NewPerson(email, "X"), Role.AUDITOR, visible=visible)
            else:
                invited = operations.invite(unit, place, NewPerson(email, "X"), Role.AUDITOR, visible=visible)
                assert (invited.link is None) is (invited.person.id == stranger)
    assert {m.person_id for m in queries.members(session, here)} == {stranger, pending}
    assert queries.members(session, here)[0].name == "Somebody", "a known person keeps their name"


def test_an_account_that_belongs_nowhere_must_accept_anew(begin: Begin, session: Session) -> None:
    here, there = organisation(begin), organisation(begin, OTHER)
    person = join(begin, "a@example.org", Role.DPO, there)
    open_sessions(begin, person, 1)
    with begin() as unit:
        operations.end_membership(unit, there, person)
    with begin() as unit:
        invited = operations.invite(
            unit, unit.session.get_one(Organisation, here), NewPerson("a@example.org", "A"), Role.DPO, visible=Scope(frozenset({here}))
        )
        assert invited.link
    assert session.get_one(Person, person).password_hash is None
    assert endings(session, person) == ["disabled"]


def test_a_new_invitation_only_for_somebody_of_this_organisation_alone(begin: Begin, session: Session, clock: FixedClock) -> None:
    here, there = organisation(begin), organisation(begin, OTHER)
    person = join(begin, "a@example.org", Role.DPO, here, password=False)
    with begin() as unit:
        fresh = token_of(operations.invite_again(unit, here, person))
    assert links.find(session, fresh, LinkPurpose.INVITE, clock.now())
    with pytest.raises(NotFound), begin() as unit:
        operations.invite_again(unit, there, person)
    join(begin, "a@example.org", Role.DPO, there, password=False)
    with pytest.raises(Conflict, match="several"), begin() as unit:
        operations.invite_again(unit, here, person)
    settled = join(begin, "b@example.org", Role.DPO, here)
    with pytest.raises(Conflict, match="accepted already"), begin() as unit:
        operations.invite_again(unit, here, settled)


def test_a_changed_password_ends_the_other_sessions_and_links(begin: Begin, session: Session, clock: FixedClock) -> None:
    person = join(begin, "a@example.org", Role.DPO, organisation(begin))
    opened = open_sessions(begin, person, 3)
    with begin() as unit:
        link = token_of(operations.link_person(unit, person))
    with begin(f"u:{person}") as unit:
        assert operations.change_password(unit, person, "new", keep_session=opened[1]) == 2
    assert endings(session, person) == ["password_changed", None, "password_changed"]
    with pytest.raises(NotFound):
        links.find(session, link, LinkPurpose.SIGN_IN, clock.now())


def test_the_last_administrator_stays(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    first = join(begin, "a@example.org", Role.ADMINISTRATOR, place)
    for verb in (
        lambda unit: operations.change_role(unit, place, first, Role.DPO),
        lambda unit: operations.end_membership(unit, place, first),
        lambda unit: operations.disable_person(unit, first),
    ):
        with pytest.raises(Conflict, match="last administrator"), begin() as unit:
            verb(unit)
    second = join(begin, "b@example.org", Role.ADMINISTRATOR, place)
    with begin() as unit:
        operations.disable_person(unit, second)
    with pytest.raises(Conflict, match="last administrator"), begin() as unit:
        operations.change_role(unit, place, first, Role.DPO)
    with begin() as unit:
        operations.enable_person(unit, second)
    with begin() as unit:
        operations.change_role(unit, place, first, Role.DPO)
    assert queries.role_in(session, first, place) is Role.DPO
    assert [event for event in events(session) if event == Event.ROLE_CHANGED] == [Event.ROLE_CHANGED]


def test_disabling_ends_everything_and_is_not_for_oneself_or_people_of_others(begin: Begin, session: Session) -> None:
    here, there = organisation(begin), organisation(begin, OTHER)
    boss = join(begin, "boss@example.org", Role.ADMINISTRATOR, here, there)
    both = join(begin, "both@example.org", Role.OPERATOR, here, there)
    with pytest.raises(Conflict, match="your own"), begin(f"u:{boss}") as unit:
        operations.disable_person(unit, boss)
    with pytest.raises(Conflict, match="do not manage"), begin(f"u:{boss}") as unit:
        operations.disable_person(unit, both, visible=Scope(frozenset({here})))
    open_sessions(begin, both, 2)
    with begin(f"u:{boss}") as unit:
        assert operations.disable_person(unit, both, visible=Scope(frozenset({here, there}))) == 2
    assert endings(session, both) == ["disabled", "disabled"]
    assert both not in {member.person_id for member in queries.members(session, here)}
    with pytest.raises(Conflict, match="disabled"), begin() as unit:
        operations.link_person(unit, both)


def test_members_come_dpo_first_and_by_permission(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    for email, role in (("z@x.example", Role.AUDITOR), ("y@x.example", Role.OPERATOR), ("x@x.example", Role.ADMINISTRATOR), ("w@x.example", Role.DPO)):
        join(begin, email, role, place)
    assert [m.role for m in queries.members(session, place)] == [Role.DPO, Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR]
    assert [m.role for m in queries.members(session, place, "docket.act")] == [Role.DPO, Role.ADMINISTRATOR, Role.OPERATOR]
    assert queries.members(session, place + 1) == []


def test_names_for_the_trail(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    person = join(begin, "a@example.org", Role.DPO, place)
    assert queries.person_names(session, [str(person), "999", "x", "", "٣"]) == {str(person): "Somebody"}
    assert queries.organisation_names(session, [str(place)]) == {str(place): "Lemon Learning"}
    assert queries.person_names(session, []) == {}


def test_a_membership_is_unique(begin: Begin, session: Session) -> None:
    place = organisation(begin)
    join(begin, "a@example.org", Role.DPO, place)
    with pytest.raises(Conflict, match="member already"):
        join(begin, "A@Example.org", Role.AUDITOR, place)
    assert session.scalar(select(func.count()).select_from(Membership)) == 1
