"""Roles, passwords, addresses, waiting and session limits: tables of cases."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from dpa.people import passwords, roles, rules
from dpa.people.roles import GRANTS, TITLES, Role
from dpa.people.rules import EndedBecause, Failures
from tests.support.pages import NOON

DOCS = Path(__file__).resolve().parents[2] / "docs" / "access.md"
EVERY = {
    "board.read", "breaches.read", "breaches.record", "breaches.release", "agreements.read", "agreements.edit", "agreements.import",
    "parties.read", "parties.edit", "docket.act", "docket.waive", "trail.read", "trail.verify", "outbox.read", "alerts.acknowledge",
    "settings.read", "people.manage", "organisation.manage", "documents.read", "documents.issue", "trail.witness", "seal.manage",
}


def test_the_table_knows_exactly_the_permissions_of_the_house() -> None:
    assert roles.PERMISSIONS == EVERY
    assert set(GRANTS) == set(Role) == set(TITLES) == set(roles.MEANINGS)


@pytest.mark.parametrize(("role", "permission", "allowed"), [
    (Role.ADMINISTRATOR, "people.manage", True),
    (Role.DPO, "people.manage", False),
    (Role.DPO, "breaches.release", True),
    (Role.OPERATOR, "breaches.record", True),
    (Role.OPERATOR, "breaches.release", False),
    (Role.OPERATOR, "docket.waive", False),
    (Role.OPERATOR, "settings.read", False),
    (Role.AUDITOR, "trail.verify", True),
    (Role.AUDITOR, "docket.act", False),
])
def test_roles(role: Role, permission: str, allowed: bool) -> None:
    assert roles.may(role, permission) is allowed


def test_an_auditor_changes_nothing_and_an_administrator_does_everything() -> None:
    assert not GRANTS[Role.AUDITOR] & roles.CHANGING
    assert GRANTS[Role.ADMINISTRATOR] == EVERY


def test_an_unknown_permission_is_a_defect() -> None:
    with pytest.raises(ValueError, match="no permission"):
        roles.may(Role.DPO, "breaches.relaese")


def test_the_written_table_says_the_same() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \|(.*)\|$", DOCS.read_text("utf-8"), re.MULTILINE)
    order = (Role.ADMINISTRATOR, Role.DPO, Role.OPERATOR, Role.AUDITOR)
    written = {name: [cell.strip() == "yes" for cell in cells.split("|")[:4]] for name, cells in rows}
    assert written == {name: [roles.may(role, name) for role in order] for name in EVERY}


CONTEXT = ("Camille Durand", "camille@lemonlearning.example", "Lemon Learning", "dpa desk")


@pytest.mark.parametrize("password", [
    "four green trams at dawn", "x" * 11 + "y7Q", "184729381122", "naïve Ångström café", "\t tab and spaces kept \t", "Ünïcödé-πάσσ", "a b c d e f g h i",
    "lemon trees line our avenue", "q" + "ab12" * 31,
])
def test_passwords_that_are_fine(password: str) -> None:
    assert rules.password_fault(password, common=passwords.common_passwords(), context=CONTEXT) is None


@pytest.mark.parametrize(("password", "words"), [
    ("", "at least 12"),
    ("elevenchars", "at least 12"),
    ("é" * 11, "at least 12"),
    ("correct horse 1" + "x" * 200, "at most 128"),
    ("correcthorsebatterystaple", "guessed first"),
    ("CorrectHorseBatteryStaple", "guessed first"),
    ("passwordpassword", "guessed first"),
    ("aaaaaaaaaaaa", "guessed first"),
    ("abcabcabcabcab", "guessed first"),
    ("qwertyuiopasdf", "guessed first"),
    ("lkjhgfdsapoiuy", "guessed first"),
    ("234567890123", "guessed first"),
    ("cdefghijklmnopq", "guessed first"),
    ("Password1234!", "digits or signs"),
    ("P4ssw0rd!2026!!", "digits or signs"),
    ("!!!2026Welcome2026!!!", "digits or signs"),
    ("MonkeyMonkey11", "digits or signs"),
    ("motdepasse-75011", "digits or signs"),
    ("lemonlearning", "your organisation"),
    ("Camille.Durand75", "your name"),
    ("dpadesk-2026-dpadesk", "product"),
])
def test_passwords_that_are_refused(password: str, words: str) -> None:
    fault = rules.password_fault(password, common=passwords.common_passwords(), context=(*CONTEXT, *passwords.PRODUCT_WORDS))
    assert fault is not None
    assert words in fault


def test_the_shipped_list_is_clean() -> None:
    lines = [line for line in passwords.COMMON_LIST.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(line == line.lower() and line == line.strip() and line for line in lines)
    assert len(lines) == len(set(lines)) > 1000


@pytest.mark.parametrize("address", ["a@b.example", "First.Last+tag@sub.example.org", "ops@intranet.local", "müller@exämple.org"])
def test_addresses_that_are_fine(address: str) -> None:
    assert rules.email_fault(address) is None


@pytest.mark.parametrize("address", [
    "", "   ", "a", "a@b", "a@@b.example", "a b@c.example", "a@b..example", ".a@b.example", "a@b.example.", "a,b@c.example",
    "a@b.exa\x00mple", "a\n@b.example", "x" * 250 + "@b.example", "<a@b.example>",
])
def test_addresses_that_are_refused(address: str) -> None:
    assert rules.email_fault(address) is not None


def test_addresses_are_compared_without_case_and_edges() -> None:
    assert rules.normalise_email("  Anna@Example.ORG ") == "anna@example.org"


@pytest.mark.parametrize(("name", "slug"), [
    ("Lemon Learning SAS", "lemon-learning-sas"), ("Light & Shadows", "light-shadows"), ("Ångström Œuvre", "angstrom-uvre"), ("日本", ""), ("--a--", "a"),
])
def test_slugs(name: str, slug: str) -> None:
    assert rules.slug_of(name) == slug


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("count", "since_last", "since_first", "wait"), [
    (0, 0, 0, 0), (1, 0, 0, 0), (4, 0, 60, 0), (5, 0, 60, 2), (5, 1, 60, 1), (5, 2, 60, 0), (6, 0, 60, 4), (7, 0, 60, 8), (8, 0, 60, 16), (9, 0, 60, 32),
    (10, 0, 60, 840), (10, 839, 899, 1), (10, 840, 900, 0), (500, 0, 899, 1), (500, 0, 900, 0),
])
def test_waiting(count: int, since_last: int, since_first: int, wait: int) -> None:
    failures = Failures(count, NOON - since_first * SECOND, NOON - since_last * SECOND) if count else None
    assert rules.wait_before_next(failures, NOON) == wait * SECOND


@pytest.mark.parametrize(("wait", "words"), [
    (timedelta(milliseconds=1), "Wait 1 second,"), (timedelta(seconds=1.5), "Wait 2 seconds,"), (timedelta(seconds=59), "Wait 59 seconds,"),
    (timedelta(seconds=60), "Wait 1 minute,"), (timedelta(seconds=61), "Wait 2 minutes,"), (timedelta(minutes=15), "Wait 15 minutes,"),
])
def test_waiting_in_words(wait: timedelta, words: str) -> None:
    assert words in rules.wait_sentence(wait)


IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)


@pytest.mark.parametrize(("age", "silence", "reason"), [
    (timedelta(0), timedelta(0), None),
    (timedelta(hours=1), IDLE - SECOND, None),
    (timedelta(hours=1), IDLE, EndedBecause.IDLE),
    (ABSOLUTE - SECOND, timedelta(0), None),
    (ABSOLUTE, timedelta(0), EndedBecause.EXPIRED),
    (ABSOLUTE + IDLE, IDLE, EndedBecause.EXPIRED),
    (timedelta(hours=1), -timedelta(hours=2), None),
])
def test_session_limits(age: timedelta, silence: timedelta, reason: EndedBecause | None) -> None:
    assert rules.why_ended(created_at=NOON - age, last_seen_at=NOON - silence, now=NOON, idle=IDLE, absolute=ABSOLUTE) is reason
