"""The customer's pages in its language: every fixed sentence, dates, and the text where it stands in another one."""

from __future__ import annotations

import re

import pytest

from dpa.breaches import operations
from dpa.breaches.facts import Count, Share
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.languages import Language
from dpa.parties.models import Controller
from dpa.parties.operations import change_controller
from dpa.parties.rules import ControllerInput
from tests.portal.desk import LATER, Desk, question

ENGLISH = re.compile(r"\b(the|your|you|notice|not known yet|given|confirm|released|due|aware|early|late|until)\b", re.IGNORECASE)


def speak(desk: Desk, code: str) -> None:
    with desk.unit() as unit:
        controller = unit.session.get_one(Controller, desk.row(unit).controller_id)
        change_controller(unit, controller, ControllerInput(controller.reference, controller.name, controller.country, code))


def words(page: str) -> str:
    """What a person reads of a page, without passages that are marked as being in another language, and without the brand."""
    body = page.split("<body", 1)[1]
    body = re.sub(r"<(\w+)[^>]* lang=\"en-GB\"[^>]*>.*?</\1>", " ", body, flags=re.DOTALL)
    body = re.sub(r"<title[^>]*>.*?</title>|<script.*?</script>", " ", body, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize(("code", "title"), [
    ("de", "Verletzung des Schutzes personenbezogener Daten"), ("fr", "Violation de données à caractère personnel"),
    ("es", "Violación de la seguridad de los datos personales"), ("it", "Violazione dei dati personali"), ("nl", "Inbreuk in verband met persoonsgegevens"),
])  # fmt: skip
def test_no_fixed_sentence_is_left_in_english(bare: Desk, code: str, title: str) -> None:
    desk = bare
    desk.open()
    speak(desk, code)
    with desk.unit() as unit:
        operations.save_shares(unit, desk.breach(unit), {desk.rows[0]: Share(people=Count.about(3112))})
    desk.tell(Draft("QQQ", "ZZZ", "", "", ""))
    client, link = desk.visitor(), desk.link()
    cover = client.get(link).text
    assert f'<html lang="{code}"' in cover
    assert client.post(link).status_code == 303
    page = client.get(f"{link}/notices").text
    assert f'<html lang="{code}"' in page
    assert title in page
    assert "3.112" in page.replace("3112", "3.112").replace("3\u00a0112", "3.112")
    for shown in (cover, page, client.post(f"{link}/questions", data=question(text="")).text, client.post(f"{link}/confirm", data={"name": ""}).text):
        left = list(ENGLISH.findall(words(shown).replace("Export leak", "").replace("General Terms and Conditions", "")))
        assert left == [], (left, words(shown))


def test_the_account_is_marked_where_it_stands_in_another_language(bare: Desk) -> None:
    desk = bare
    desk.open()
    speak(desk, "de")
    desk.tell()
    client, link = desk.inside()
    page = client.get(f"{link}/notices").text
    assert "Der Bericht in dieser Meldung ist in folgender Sprache abgefasst: Englisch." in page
    assert '<p lang="en-GB">An export of names left the house.</p>' in page
    desk.write(LATER, Phase.SUPPLEMENT)
    with desk.unit() as unit:
        operations.save_text(unit, desk.breach(unit), Language.DE, Draft("Es waren 120 Namen.", "Ana Duarte", "", "", ""))
    desk.tell(LATER, Phase.SUPPLEMENT)
    client.post(link)
    page = client.get(f"{link}/notices").text
    newest = page.split('id="phase-2"')[1].split("</article>")[0]
    assert "<p>Es waren 120 Namen.</p>" in newest
    assert "en-GB" not in newest


def test_answers_are_in_the_customers_language(bare: Desk) -> None:
    desk = bare
    desk.open()
    speak(desk, "fr")
    desk.tell()
    client, link = desk.inside()
    assert "Merci. " in client.post(f"{link}/confirm", data={"name": "Jeanne Roux"}, follow_redirects=True).text
    assert "Votre question a été reçue" in client.post(f"{link}/questions", data=question(), follow_redirects=True).text
    assert "Indiquez un nom de 2 à 200 caractères." in client.post(f"{link}/questions", data=question(name="J")).text


def test_a_language_without_texts_is_that_of_the_house(bare: Desk) -> None:
    desk = bare
    desk.open()
    speak(desk, "da")
    desk.tell()
    assert '<html lang="en-GB"' in desk.visitor().get(desk.link()).text
