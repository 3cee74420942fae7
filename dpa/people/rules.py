"""What counts as a password, an address, a live session, and how long to wait after wrong guesses. Pure.

Sources: OWASP ASVS 5.0, 6.2 (passwords), 6.3.1 (throttling), 7.3 (session limits); NIST SP 800-63B 3.1.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

PASSWORD_MIN = 12
PASSWORD_MAX = 128
"""Lengths in characters. Longer input is refused, never cut."""

OWN_MIN = 8
"""Characters that must remain of a password once names known here are taken out of it."""

FRESH_TO_OPEN = timedelta(minutes=10)
FRESH_TO_SEND = timedelta(minutes=30)
"""How recently a person must have proved who they are to open and to send a form that manages people (ASVS 7.5.1).

Sending may be later than opening, so that a form that was opened in time does not lose what was typed.
"""

WINDOW = timedelta(minutes=15)
LIMIT = 10
"""Wrong passwords per account and per network prefix within one window."""
FREE = 4
"""Wrong passwords in a window that cost no waiting."""

_LABEL = r"[^@\s\x00-\x20\x7f<>\"',;:()\[\]\\.]+"
_ADDRESS = re.compile(rf"{_LABEL}(\.{_LABEL})*@{_LABEL}(\.{_LABEL})+")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"})
_ROWS = ("qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "qwertzuiopasdfghjklyxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz",
         "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p")


class EndedBecause(StrEnum):
    """Why a session no longer opens doors."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    IDLE = "idle"
    EXPIRED = "expired"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a secret
    DISABLED = "disabled"
    ENDED_BY_PERSON = "ended_by_person"
    ENDED_BY_ADMINISTRATOR = "ended_by_administrator"


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords counted for one account or one network prefix in the running window."""

    count: int
    first_at: datetime
    last_at: datetime


def normalise_email(text: str) -> str:
    """Return the address by which an account is known: trimmed, composed, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def email_fault(text: str) -> str | None:
    """Return what is wrong with an address, or none. Internal domains are fine; a bare host name is not."""
    address = normalise_email(text)
    if not address:
        return "Enter an e-mail address."
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        return "Enter an e-mail address in full, such as name@example.org."
    return None


def name_fault(text: str, what: str) -> str | None:
    """Return what is wrong with a name (`what` says whose), or none."""
    if not text.strip() or len(text) > 200:
        return f"Enter {what}, at most 200 characters."
    if not text.strip().isprintable():
        return f"Enter {what} in one line, without control characters."
    return None


ADDRESS_LINES, ADDRESS_LENGTH = 6, 500
"""Room for an address in the letterhead of a document."""


def address_lines(text: str) -> str:
    """Return a typed address as it is stored: lines trimmed, empty ones left out."""
    return "\n".join(line for line in (" ".join(line.split(" ")).strip() for line in text.splitlines()) if line)


def address_fault(text: str) -> str | None:
    """Return what is wrong with the address of a letterhead, or none; it may be empty."""
    lines = text.split("\n") if text else []
    if len(lines) > ADDRESS_LINES or len(text) > ADDRESS_LENGTH:
        return f"Write the address in at most {ADDRESS_LINES} lines and {ADDRESS_LENGTH} characters; the letterhead has room for no more."
    if not all(line.strip() and line.isprintable() for line in lines):
        return "Write the address in plain lines, without control characters."
    return None


def slug_of(name: str) -> str:
    """Return the address form of a name: `Lemon Learning SAS` becomes `lemon-learning-sas`; may be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def canonical_password(text: str) -> str:
    """Return the password in composed form, so that the same keys give the same password on every system.

    Nothing is trimmed, cut or changed in case (ASVS 6.2.5, 6.2.8; NIST SP 800-63B asks for this normalisation).
    """
    return unicodedata.normalize("NFKC", text)


def password_fault(password: str, *, common: Collection[str], context: Collection[str]) -> str | None:
    """Return the sentence that says why a password cannot be used, or none.

    `common` holds well-known passwords in lower case, `context` words an attacker would try first here: the
    person's name, the organisation, the product.
    """
    text = canonical_password(password)
    if len(text) < PASSWORD_MIN:
        return f"Use at least {PASSWORD_MIN} characters; a sentence of several words is easy to remember."
    if len(text) > PASSWORD_MAX:
        return f"Use at most {PASSWORD_MAX} characters; nothing is ever cut off."
    lowered = text.lower()
    if lowered in common or lowered.translate(_LEET) in common or _is_pattern(lowered):
        return "This password is on the list of those that are guessed first; choose another one."
    core = _core(lowered)
    if any(_is_common(form, common) for form in (core, core.translate(_LEET))):
        return "This password is a common one with digits or signs around it; choose another one."
    rest = lowered
    for word in sorted(_context_words(context), key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != lowered and len(rest) < OWN_MIN:
        return "This password rests on your name, your organisation or the product; choose another one."
    return None


def _core(lowered: str) -> str:
    # What remains of `P4ssword2026!!` once decoration is taken away.
    return re.sub(r"[\W\d_]+\Z|\A[\W\d_]+", "", lowered)


def _is_common(core: str, common: Collection[str]) -> bool:
    half, odd = divmod(len(core), 2)
    doubled = not odd and core[:half] == core[half:]
    return core in common or (doubled and core[:half] in common)


def _is_pattern(lowered: str) -> bool:
    """Tell repeats (`abcabcabcabc`) and walks along the keyboard, the alphabet or the digits, either direction."""
    if any(lowered == (lowered[:period] * PASSWORD_MAX)[: len(lowered)] for period in range(1, 5)):
        return True
    rows = [row * 12 for row in _ROWS] + [row[::-1] * 12 for row in _ROWS]
    return any(lowered in row for row in rows)


def _context_words(context: Collection[str]) -> set[str]:
    words = {word for text in context for word in re.split(r"[\W_]+", text.lower())}
    return {word for word in words if len(word) >= 4}


def why_ended(
    *, created_at: datetime, last_seen_at: datetime, now: datetime, idle: timedelta, absolute: timedelta
) -> EndedBecause | None:
    """Tell whether a session has run out at `now`: at its limits exactly it is over."""
    if now >= created_at + absolute:
        return EndedBecause.EXPIRED
    if now >= last_seen_at + idle:
        return EndedBecause.IDLE
    return None


def in_window(failures: Failures | None, now: datetime) -> Failures | None:
    """Return the failures that still count at `now`; a window that has passed is forgotten, so nobody is locked out for good."""
    return failures if failures is not None and now < failures.first_at + WINDOW else None


def wait_before_next(failures: Failures | None, now: datetime) -> timedelta:
    """Return how long the next attempt has to wait: nothing at first, then 2, 4, 8 … seconds, after ten the rest of the window."""
    counted = in_window(failures, now)
    if counted is None or counted.count <= FREE:
        return timedelta(0)
    if counted.count >= LIMIT:
        until = counted.first_at + WINDOW
    else:
        until = counted.last_at + timedelta(seconds=2 ** (counted.count - FREE))
    return max(until - now, timedelta(0))


def wait_sentence(wait: timedelta) -> str:
    """Say how long to wait."""
    seconds = max(1, -(-int(wait.total_seconds() * 1000) // 1000))
    if seconds < 60:
        return f"There were too many attempts. Wait {seconds} second{'s' if seconds > 1 else ''}, then try again."
    minutes = -(-seconds // 60)
    return f"There were too many attempts. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again."
