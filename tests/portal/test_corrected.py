"""A correction of awareness to an earlier time, after customers were told: what the customer's own page and the house's pages say of it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from dpa.breaches import operations
from dpa.breaches.awareness import Decision
from dpa.languages import Language
from tests.portal.desk import Desk
from tests.portal.test_languages import ENGLISH, speak, words
from tests.support.pages import NOON


def put_back(desk: Desk) -> None:
    """Customers were told three hours after awareness; it turns out that this was 27 h 30 min after it."""
    with desk.unit() as unit:
        breach = desk.breach(unit)
        earlier = breach.aware_at - timedelta(hours=24, minutes=30)
        operations.correct_awareness(unit, breach, Decision(earlier, earlier, "The alert itself was certain.", ""), "The log was read wrongly at first.")


@pytest.mark.parametrize("language", list(Language))
def test_the_customer_reads_both_and_sees_no_strip_that_calls_it_early(desk: Desk, language: Language) -> None:
    speak(desk, language.value)
    client, link = desk.inside()
    before = client.get(f"{link}/notices").text
    put_back(desk)
    page = client.get(f"{link}/notices").text
    assert "portal-clock" in before
    assert "portal-clock" not in page
    if language is Language.EN:
        assert "21 h early by the first decision; by the corrected one 1 d 3 h after awareness, 3 h 30 min late" in page
        return
    said = words(page).replace("Export leak", "").replace("General Terms and Conditions", "")
    for text in ("An export of names left the house.", "Access was closed.", "How many people are affected."):
        said = said.replace(text, "")
    assert list(ENGLISH.findall(said)) == []


def test_preview_customer_and_case_say_it(desk: Desk) -> None:
    client = desk.house.client("ana")
    to = (NOON - timedelta(hours=26, minutes=30)).astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m-%dT%H:%M")
    data = {"detected_at": to, "aware_at": to, "awareness_reason": "", "person": "", "reason": "The log was read wrongly at first.", "preview": "1"}
    preview = client.post(f"/breaches/{desk.case}/awareness", data=data).text
    assert "2 customers were told before (Académie de Lille, Banque du Nord). Their clocks stay as they were met, but 2 of them are late" in preview
    put_back(desk)
    customer = client.get(f"/breaches/{desk.case}/customers/{desk.rows[0]}").text
    assert "this was 21 h early. Awareness was corrected afterwards to" in customer
    assert "the notice came 27 h 30 min after awareness, 3 h 30 min late." in customer
    assert "27 h 30 min after the corrected awareness, 3 h 30 min late counted from it" in client.get(f"/breaches/{desk.case}").text
    path = f"/breaches/{desk.case}/customers/{desk.rows[0]}/lateness"
    assert client.post(path, data={"reason": "The night desk read the log wrongly."}).status_code == 303
    assert "The night desk read the log wrongly." in client.get(f"/breaches/{desk.case}/customers/{desk.rows[0]}").text
