"""Whether a typed answer says enough to be understood later, and what is said where it does not. Pure."""

from __future__ import annotations


def too_little(text: str, least: int, ask: str) -> str:
    """Return the sentence for an answer of fewer than `least` characters; empty where it is long enough.

    What was left empty, or holds no letter and no digit, is simply asked for with `ask`. What was typed is called too short first: the same
    words as for an empty field would read as if it had been lost.
    """
    said = text.strip()
    if len(said) >= least:
        return ""
    return f"“{said}” is too short: write at least {least} characters. {ask}" if any(sign.isalnum() for sign in said) else ask
