"""Every language says everything, with the same names in braces, and nothing that nobody asks for."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from dpa.agreements.terms.text_words import WORD
from dpa.breaches.channels import TITLES as CHANNELS
from dpa.breaches.facts.words import DataType, SubjectCategory
from dpa.breaches.phases import Phase
from dpa.docket.presenting import ORIGINS
from dpa.evidence.register.making import ANCHORS
from dpa.evidence.register.records import SIGNED_IN
from dpa.languages import ENGLISH, NAMES, OFFERED, Language, wording
from dpa.people.roles import TITLES as ROLES

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in OFFERED if language is not Language.EN]
LISTS = {"calendar.weekdays": 7, "calendar.months": 12}


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_is_a_file_and_a_name_for_each_language() -> None:
    assert {path.stem for path in (ROOT / "dpa/languages/texts").glob("*.toml")} == set(NAMES) == {one.value for one in OFFERED}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_key_and_no_other(language: Language) -> None:
    assert list(wording(language).texts) == list(ENGLISH.texts)


@pytest.mark.parametrize("language", OFFERED)
def test_no_text_is_empty_and_its_names_are_those_of_the_english_one(language: Language) -> None:
    for key, text in wording(language).texts.items():
        if key in LISTS:
            assert len(text) == len(set(text)) == LISTS[key], key
            assert all(word.strip() for word in text), key
        elif key != "calendar.thousands":
            assert text.strip() == text or key == "mail.exercise_prefix", key
            assert text, key
            assert names(text) == names(str(ENGLISH.texts[key])), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_left_in_english(language: Language) -> None:
    """A text of four words and more that stands in English is one that somebody forgot."""
    said = wording(language).texts.items()
    assert [key for key, text in said if isinstance(text, str) and text.count(" ") > 2 and text == ENGLISH.texts[key] and "calendar" not in key] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Verletzung des Schutzes personenbezogener Daten"), ("fr", "violation de données à caractère personnel"),
        ("es", "violación de la seguridad de los datos personales"), ("it", "violazione dei dati personali"),
        ("nl", "inbreuk in verband met persoonsgegevens"),
    ],
)  # fmt: skip
def test_the_breach_is_called_what_article_4_calls_it(language: str, words: str) -> None:
    for key in ("mail.subject_initial", "mail.intro", "paper.kind", "portal.title"):
        assert words.lower() in str(wording(Language(language)).texts[key]).lower(), key


SECTIONS = "language|length|phase|matter|part|severity|mail|paper|engine|strip|portal"


def asked() -> set[str]:
    """The keys that code and templates name; `{…}` in one stands for anything."""
    found: set[str] = set()
    for pattern in ("dpa/**/*.py", "templates/**/*.html", "templates/**/*.txt"):
        for path in ROOT.glob(pattern):
            found |= set(re.findall(rf"""["']((?:{SECTIONS})\.[a-z_]*(?:\{{[^}}]*\}}[a-z_]*)*)["']""", path.read_text("utf-8")))
    return found


def reached() -> set[str]:
    """The texts that these keys reach, a counted one both ways."""
    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", "[a-z_]*", re.escape(key)) + "(_one|_many)?") for key in asked()]
    return {key for key in ENGLISH.texts if any(pattern.fullmatch(key) for pattern in patterns)}


def test_every_text_is_used_somewhere() -> None:
    """A translation nobody reads is five sentences of work for nothing, and hides a key that is misspelt where it is asked for."""
    used = reached()
    assert [key for key in ENGLISH.texts if re.match(rf"({SECTIONS})\.", key) and key not in used] == []


def test_each_stored_phrase_has_its_translation() -> None:
    """Roles, origins, channels, ways of signing in, words of contracts: short English texts that rows and records hold."""
    stored = {*WORD.values(), *CHANNELS.values(), *ROLES.values(), *SIGNED_IN.values(), *ANCHORS.values(), *(word for _, word in ORIGINS.values())}
    assert sorted(text for text in stored if f"phrases.{text}" not in ENGLISH.texts) == []


def test_each_category_and_phase_has_its_words() -> None:
    keys = {f"subject.{one.value}" for one in SubjectCategory} | {f"data.{one.value}" for one in DataType}
    keys |= {f"{start}{one.value}{end}" for one in Phase for start, end in (("phase.", ""), ("phase.", "_inside"), ("phase.", "_meaning"), ("mail.subject_", ""))}
    assert keys <= set(ENGLISH.texts)
    assert all(ENGLISH(f"subject.{one.value}") == one.label for one in SubjectCategory)
    assert all(ENGLISH(f"data.{one.value}") == one.label for one in DataType)
