"""What a customer, a contact and a closure day must be. Tables, no database."""

from __future__ import annotations

from datetime import date

import pytest

from dpa.parties.rules import (
    ClosureInput,
    ContactInput,
    ControllerInput,
    Purpose,
    closure_errors,
    contact_errors,
    controller_errors,
    is_own_mailbox,
    mail_problem,
)


@pytest.mark.parametrize("address", ["a@b.example", "first.last+tag@sub.b-c.example", "o'neil@b.example"])
def test_addresses_that_stand(address: str) -> None:
    assert mail_problem(address) is None


@pytest.mark.parametrize(
    "address",
    ["", " ", "nobody", "a@b", "a@@b.example", "a@b.example,c@d.example", "a@b.example; c@d.example", "<a@b.example>", "a b@c.example", "a@b..example",
     "a@-b.example", "a@b.example\nBcc: x@y.example", f"{'x' * 250}@b.example", 'a"b@c.example'],
)
def test_addresses_that_do_not(address: str) -> None:
    assert mail_problem(address)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (ControllerInput("", "X"), "reference"),
        (ControllerInput("-1", "X"), "reference"),
        (ControllerInput("=1", "X"), "reference"),
        (ControllerInput("C" * 41, "X"), "reference"),
        (ControllerInput("C 1", "X"), "reference"),
        (ControllerInput("C-1", " "), "name"),
        (ControllerInput("C-1", "x" * 201), "name"),
        (ControllerInput("C-1", "X", "fr"), "country"),
        (ControllerInput("C-1", "X", "ZZ"), "country"),
        (ControllerInput("C-1", "X", "UK"), "country"),
        (ControllerInput("C-1", "X", "FR", "FR"), "language"),
        (ControllerInput("C-1", "X", "FR", "fra"), "language"),
    ],
)
def test_a_customer_is_refused_at_its_field(given: ControllerInput, field: str) -> None:
    assert list(controller_errors(given)) == [field]


def test_a_customer_needs_only_reference_and_name() -> None:
    assert controller_errors(ControllerInput("2026/C.1_a", "Académie")) == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (ContactInput(Purpose.PRIVACY, "x"), "email"),
        (ContactInput(Purpose.PRIVACY, "😀@x.example"), "email"),
        (ContactInput(Purpose.PRIVACY, "élodie@harbour.example"), "email"),
        (ContactInput(Purpose.PRIVACY, f"a@{'b' * 64}.example"), "email"),
        (ContactInput(Purpose.PRIVACY, "a@b.example", "x" * 201), "name"),
        (ContactInput(Purpose.PRIVACY, "a@b.example", "Desk\nBcc: x@y.example"), "name"),
        (ContactInput(Purpose.PRIVACY, "a@b.example", "", "call me"), "phone"),
    ],
)
def test_a_contact_is_refused_at_its_field(given: ContactInput, field: str) -> None:
    assert list(contact_errors(given)) == [field]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (ClosureInput(date(2026, 12, 24), " "), "label"),
        (ClosureInput(date(2026, 12, 24), "x" * 81), "label"),
        (ClosureInput(date(1999, 12, 31), "x"), "day"),
        (ClosureInput(date(2100, 1, 1), "x"), "day"),
    ],
)
def test_a_closure_day_is_refused_at_its_field(given: ClosureInput, field: str) -> None:
    assert list(closure_errors(given)) == [field]


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("dpo@lemonlearning.com", True), ("dpo@LEMONLEARNING.COM.", True), ("dpo@mail.lemonlearning.com", True),
        ("dpo@notlemonlearning.com", False), ("dpo@lemonlearning.com.example", False), ("lemonlearning.com@lille.example", False), ("", False),
    ],
)
def test_the_organisations_own_mailboxes_are_known(address: str, own: bool) -> None:
    assert is_own_mailbox(address, ("lemonlearning.com", "")) is own
