"""One language's texts, and how instants, numbers and lengths of time are said in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

TEXTS = Path(__file__).with_name("texts")
_ELIDED = re.compile(r"\b([Dd]|[Qq]u)e \{(\w+)\}")
_VOWELS = frozenset("aeiouàâäéèêëîïôöùûüœæ")
"""Letters before which French elides. Of h no letter tells whether it is silent, and of y no rule does."""
FIRST_NOTICED = " from when it was first noticed"
"""How a length of a promise ends that is counted from there and not from awareness."""
_LENGTH = re.compile(r"(\d+) ([a-z]+(?: [a-z]+)?)(?=,|$)")


class Language(StrEnum):
    """A language a customer can be written to in, as ISO 639-1."""

    EN = "en"
    DE = "de"
    FR = "fr"
    ES = "es"
    IT = "it"
    NL = "nl"

    @property
    def tag(self) -> str:
        """Return the BCP 47 tag that documents and pages carry."""
        return "en-GB" if self is Language.EN else self.value


OFFERED = tuple(Language)
NAMES: Mapping[str, str] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
}  # fmt: skip
"""Name of each language, in English, for the organisation's own pages."""


def offered(code: str) -> Language | None:
    """Return the language of a code; none where we hold no texts in it."""
    return Language(code) if code in NAMES else None


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of one language. `say("mail.intro", organisation=…)` returns one; an unknown key or a missing name raises KeyError."""

    language: Language
    texts: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its names filled in. What is filled in is plain text and is never read as a text itself."""
        text = str(self.texts[key])
        if "{" not in text:
            return text  # Most have nothing to fill in, and a release says hundreds of thousands of them.
        return (_elided(text, values) if self.language is Language.FR else text).format_map(values)

    def counted(self, key: str, count: int, **values: object) -> str:
        """Return the text `key_one` or `key_many`, whichever fits the number, which stands in it as `count`."""
        return self(f"{key}_{'one' if count == 1 else 'many'}", count=self.number(count), **values)

    def phrase(self, english: str) -> str:
        """Return a short stored English phrase in this language; the phrase itself where it is none that we know."""
        return str(self.texts.get(f"phrases.{english}", english))

    def number(self, value: int) -> str:
        """Return a whole number with this language's sign between thousands."""
        if value < int(self.texts["calendar.least_grouped"]):
            return str(value)
        return f"{value:,}".replace(",", self.texts["calendar.thousands"])

    def instant(self, at: datetime, zone: str, form: str = "long") -> str:
        """Return an instant on the clocks of its zone: long with the zone's name, tight 'Sun 21:46', clock '21:46'.

        An hour that the autumn change repeats also carries its offset. Raises ValueError for a naive datetime.
        """
        local = _local(at, zone)
        hour = f"{local.hour:02d}:{local.minute:02d}"
        if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
            hour += f" ({_offset(local)})"
        return hour if form == "clock" else self._said(form, local, clock=hour, zone=zone_name(zone))

    def moment(self, at: datetime, zone: str) -> str:
        """Return an instant as documents print it, with its offset; the document's head names the zone once."""
        local = _local(at, zone)
        clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
        return self._said("moment", local, clock=clock, offset=_offset(local))

    def date(self, at: datetime, zone: str) -> str:
        """Return the day of an instant in its zone."""
        return self._said("date", _local(at, zone))

    def _said(self, form: str, local: datetime, **more: str) -> str:
        return self(
            f"calendar.{form}", weekday=self.texts["calendar.weekdays"][local.weekday()], month=self.texts["calendar.months"][local.month - 1],
            day=local.day, year=local.year, **more,
        )  # fmt: skip

    def length(self, span: timedelta) -> str:
        """Return a length of time in its two largest units, rounded down."""
        total = int(span.total_seconds())
        days, hours, minutes = total // 86400, total % 86400 // 3600, total % 3600 // 60
        d, h, m = (self(f"length.{unit}") for unit in ("day", "hour", "minute"))
        if days >= 30:
            return f"{self.number(days)} {d}"
        if days:
            return f"{days} {d} {hours} {h}" if hours else f"{days} {d}"
        if hours:
            return f"{hours} {h} {minutes:02d} {m}" if minutes else f"{hours} {h}"
        return f"{minutes} {m}" if minutes else self("length.under")

    def lateness(self, due: datetime, met: datetime) -> str:
        """Return how early or late a deadline was met."""
        if due == met:
            return self("length.on_time")
        # Whole seconds between the two, as the English pages count them.
        return self("length.late" if met > due else "length.early", length=self.length(abs(due - met)))

    def left(self, due: datetime, now: datetime) -> str:
        """Return how long is left, or how late it is."""
        if abs(due - now) < timedelta(seconds=1):
            return self("length.due_now")
        return self("length.left", length=self.length(due - now)) if due > now else self("length.late", length=self.length(now - due))

    def promise(self, english: str) -> str:
        """Return a promise such as '24 hours, clause 15.4' in this language; what follows the word clause is a name and stays as the contract prints it."""
        length, comma, clause = english.partition(", ")
        if clause.startswith("clause "):
            clause = f"{self('units.clause')} {clause.removeprefix('clause ')}"
        noticed, length = length.endswith(FIRST_NOTICED), length.removesuffix(FIRST_NOTICED)
        if found := _LENGTH.fullmatch(length):
            unit = self.texts.get(f"units.{found[2].replace(' ', '_')}", found[2])
            length = f"{found[1]} {unit}"
        else:
            length = self.phrase(length)
        return f"{self('units.first_noticed', length=length) if noticed else length}{comma}{clause}"


def _elided(text: str, values: Mapping[str, object]) -> str:
    """Return a French text that says d’Orange where its name in braces stands for Orange."""
    return _ELIDED.sub(lambda found: f"{found[1]}’{{{found[2]}}}" if str(values.get(found[2], ""))[:1].lower() in _VOWELS else found[0], text)


def _flat(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{section}.{key}": value for section, texts in tree.items() for key, value in texts.items()}


@cache
def wording(language: Language) -> Wording:
    """Return the texts of a language, read once per process."""
    return Wording(language, _flat(tomllib.loads((TEXTS / f"{language.value}.toml").read_text("utf-8"))))


ENGLISH = wording(Language.EN)


def for_tag(tag: str) -> Wording:
    """Return the texts for a BCP 47 tag such as de or en-GB; English where we hold none."""
    return wording(offered(tag.lower().split("-")[0]) or Language.EN)


def _local(at: datetime, zone: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be said: the datetime is naive")
    if zone.startswith(("+", "-")) and (fixed := re.fullmatch(r"([+-])(\d\d):(\d\d)", zone)):
        ahead = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return at.astimezone(timezone(ahead if fixed[1] == "+" else -ahead))
    return at.astimezone(ZoneInfo(zone))


def zone_name(zone: str) -> str:
    """Return the everyday name of a zone, the same in every language: 'Europe/Paris' is 'Paris', 'Etc/GMT-1' is 'GMT+1' (POSIX counts the other way round)."""
    if zone in {"UTC", "Etc/UTC", "Etc/GMT", "GMT"}:
        return "UTC"
    if zone.startswith("Etc/GMT"):
        sign, hours = zone[len("Etc/GMT")], zone[len("Etc/GMT") + 1 :]
        return f"GMT{'-' if sign == '+' else '+'}{hours}"
    return zone.rpartition("/")[2].replace("_", " ")


def _offset(local: datetime) -> str:
    digits = f"{local:%z}"
    return f"{digits[:3]}:{digits[3:5]}"
