"""The alert mail, word for word, and what its subject says as time goes by."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from dpa.docket import jobs, notices
from dpa.docket.models import DocketEntry
from tests.docket.house import ANSWER, HOUR, NOTIFY, NOW, House, counted

GOLDEN = Path(__file__).parent / "golden"


def entry(kind: str = NOTIFY, label: str = "LL-2026-007") -> DocketEntry:
    return DocketEntry(kind=kind, subject_type="breach", subject_label=label, title="Notify the customer", target_at=NOW)


@pytest.mark.parametrize(
    ("offset", "count", "words"),
    [
        (3 * HOUR, 38, "Breach LL-2026-007: 3 h left to notify 38 customers"),
        (3 * HOUR, 1, "Breach LL-2026-007: 3 h left to notify 1 customer"),
        (HOUR - timedelta(seconds=1), 1, "Breach LL-2026-007: 59 min left to notify 1 customer"),
        (timedelta(seconds=1), 1, "Breach LL-2026-007: under 1 min left to notify 1 customer"),
        (timedelta(0), 1, "Breach LL-2026-007: due now: notify 1 customer"),
        (timedelta(milliseconds=-500), 1, "Breach LL-2026-007: due now: notify 1 customer"),
        (timedelta(seconds=-1), 1, "Breach LL-2026-007: under 1 min overdue: notify 1 customer"),
        (-2 * HOUR, 1200, "Breach LL-2026-007: 2 h overdue: notify 1,200 customers"),
    ],
)
def test_the_subject_says_how_long_is_left(offset: timedelta, count: int, words: str) -> None:
    assert notices.headline(entry(), count, NOW - offset) == words


def test_a_kind_without_words_of_its_own_uses_its_title() -> None:
    assert notices.headline(entry(ANSWER, "SR-1"), 1, NOW - HOUR) == "Breach SR-1: 1 h left to answer request"
    assert notices.headline(entry(ANSWER, "Breach  SR-1\nBcc: x"), 2, NOW - HOUR) == "Breach SR-1 Bcc: x: 1 h left to answer request (2)"


def test_the_mail_word_for_word(sqlite_house: House) -> None:
    house = sqlite_house
    org = house.organisation()
    ana = house.person(org, "Ana Duarte")
    house.person(org, "Jon Ray")
    strict = counted("24 hours")
    policy = counted("12 hours")
    house.open(
        *(house.opening(org, target=strict, owner_id=ana) for _ in range(3)),
        house.opening(org, target=policy, latest=strict, basis="House policy, Art. 29.2.7 without undue delay", owner_id=ana),
    )
    with Session(house.engine) as session:
        jobs.scan(house.tick(session))
    (mail,) = house.mails()
    for name, text in (("alert.txt", f"Subject: {mail.subject}\n\n{mail.body_text}"), ("alert.html", mail.body_html)):
        assert text == (GOLDEN / name).read_text("utf-8"), name


def test_a_late_mail_says_what_was_broken(sqlite_house: House) -> None:
    house = sqlite_house
    org = house.organisation()
    house.person(org, "Ana Duarte")
    house.open(house.opening(org))
    with Session(house.engine) as session:
        jobs.scan(house.tick(session, NOW + 25 * HOUR))
    (mail,) = house.mails()
    assert mail.subject == "Breach LL-2026-007: 1 h overdue: notify 1 customer"
    assert "The latest date that contract or law allow has passed." in mail.body_text
    assert "nobody owns this one yet" in mail.body_text
