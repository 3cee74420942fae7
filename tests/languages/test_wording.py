"""How times, numbers and promises are said in each language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dpa.deadlines.explaining import instant_text as document_instant
from dpa.languages import ENGLISH, OFFERED, Language, for_tag, offered, wording
from dpa.web import words

AT = datetime(2026, 11, 22, 20, 46, tzinfo=UTC)
TWICE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_english_says_instants_as_the_rest_of_the_product_does() -> None:
    for at in (AT, TWICE, TWICE + timedelta(hours=1), AT + timedelta(seconds=7)):
        for zone in ("Europe/Paris", "UTC", "America/New_York", "Etc/GMT-1"):
            for form in ("long", "tight", "clock"):
                assert ENGLISH.instant(at, zone, form) == words.instant_text(at, zone, form)
            assert ENGLISH.moment(at, zone) == document_instant(at, zone).removesuffix(f" ({zone})")


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 3_599, 3_600, 4_000, 86_399, 86_400, 90_000, 2_591_999, 2_592_000, 100_000_000])
def test_english_says_lengths_as_the_rest_of_the_product_does(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert ENGLISH.length(span) == words.length(span)
    for met in (AT + span, AT - span):
        assert ENGLISH.lateness(AT, met) == words.lateness(AT, met)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Sun 22 Nov 2026, 21:46 Paris"), ("de", "So., 22. November 2026, 21:46 Uhr (Paris)"), ("fr", "dim. 22 novembre 2026, 21:46 (Paris)"),
        ("es", "dom, 22 de noviembre de 2026, 21:46 (Paris)"), ("it", "dom 22 novembre 2026, 21:46 (Paris)"), ("nl", "zo 22 november 2026, 21:46 uur (Paris)"),
    ],
)  # fmt: skip
def test_an_instant_has_the_form_of_its_language(language: str, said: str) -> None:
    assert wording(Language(language)).instant(AT, "Europe/Paris") == said


@pytest.mark.parametrize("language", OFFERED)
def test_an_hour_that_comes_twice_carries_its_offset(language: Language) -> None:
    say = wording(language)
    assert ("(+02:00)" in say.instant(TWICE, "Europe/Paris"), "(+01:00)" in say.instant(TWICE + timedelta(hours=1), "Europe/Paris")) == (True, True)
    assert "(+" not in say.instant(AT, "Europe/Paris")


@pytest.mark.parametrize(
    ("language", "few", "many"),
    [("en", "3,112", "43,112"), ("de", "3.112", "43.112"), ("fr", "3\u00a0112", "43\u00a0112"), ("es", "3112", "43\u00a0112"), ("it", "3.112", "43.112"), ("nl", "3.112", "43.112")],
)  # fmt: skip
def test_numbers_are_grouped_as_the_language_does(language: str, few: str, many: str) -> None:
    say = wording(Language(language))
    assert (say.number(12), say.number(3112), say.number(43112)) == ("12", few, many)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("24 hours, GTC 15.4", "24 Stunden, GTC 15.4"), ("1 hour, DPA 3", "1 Stunde, DPA 3"), ("10 working days, § 4, annex 2", "10 Arbeitstage, § 4, annex 2"),
        ("without undue delay, GTC 29.2.7", "unverzüglich, GTC 29.2.7"), ("as soon as possible, 4", "so bald wie möglich, 4"),
        ("24 hours, clause 15.4", "24 Stunden, Ziffer 15.4"),
        ("something else, 4", "something else, 4"), ("24 parsecs, 4", "24 parsecs, 4"),
    ],
)  # fmt: skip
def test_a_promise_is_translated_and_its_clause_is_not(english: str, german: str) -> None:
    assert wording(Language.DE).promise(english) == german
    assert ENGLISH.promise(english) == english


def test_what_is_filled_in_is_never_read_as_a_text() -> None:
    said = wording(Language.FR)("mail.intro", organisation="{controller}", controller="<b>{0}</b>")
    assert said.startswith("{controller} notifie au responsable du traitement <b>{0}</b> une violation")


@pytest.mark.parametrize(("name", "subject", "reason"), [
    ("Orange SA", "notification d’Orange SA au", "données qu’Orange SA traite"), ("Éclair", "notification d’Éclair au", "données qu’Éclair traite"),
    ("Lemon", "notification de Lemon au", "données que Lemon traite"), ("Harbour", "notification de Harbour au", "données que Harbour traite"),
    ("", "notification de  au", "données que  traite"), ("{whom}", "notification de {whom} au", "données que {whom} traite"),
])  # fmt: skip
def test_french_elides_before_a_vowel(name: str, subject: str, reason: str) -> None:
    say = wording(Language.FR)
    assert subject in say("mail.subject_initial", reference="L-1", organisation=name)
    assert reason in say("mail.reason", controller="X", organisation=name)


def test_a_missing_name_and_an_unknown_key_are_errors() -> None:
    with pytest.raises(KeyError):
        ENGLISH("mail.intro", organisation="X")
    with pytest.raises(KeyError):
        ENGLISH("mail.nothing_like_it")


def test_codes_and_tags() -> None:
    assert (offered("de"), offered("da"), offered("")) == (Language.DE, None, None)
    assert [for_tag(tag).language for tag in ("en-GB", "de", "fr-BE", "sv")] == [Language.EN, Language.DE, Language.FR, Language.EN]
    assert [one.tag for one in OFFERED] == ["en-GB", "de", "fr", "es", "it", "nl"]


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        ENGLISH.instant(datetime(2026, 1, 1), "UTC")
