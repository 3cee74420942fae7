"""The written forms that names and codes must have, each with the words that describe it in an error."""

from __future__ import annotations

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
KEY = r"^[a-z][a-z_]*\.[a-z0-9][a-z0-9_]*$"
REF = r"^[a-z][a-z_]*\.[a-z0-9][a-z0-9_]*(@[a-z0-9]+(-[a-z0-9]+)*)?$"
ITEM = r"^[A-Z]{2,6}-[0-9]{2,3}$"
COUNTRY = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
REGION = r"^(EU|EEA|[A-Z]{2})$"
LANGUAGE = r"^[a-z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
DOMAIN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"

IN_WORDS: dict[str, str] = {
    SLUG: "small letters, digits and single hyphens, such as lemon-learning",
    KEY: "a group, a dot and a name in small letters, such as breach.notify",
    REF: "the key of a term, with @ and its variant where it has one, such as retention.after_end@one-year",
    ITEM: "capital letters, a hyphen and a number, such as LL-19",
    COUNTRY: "an ISO country code in capitals, such as FR or FR-57",
    REGION: "an ISO country code in capitals, EU or EEA",
    LANGUAGE: "a language code of two small letters, such as en",
    CURRENCY: "a currency code of three capitals, such as EUR",
    CLOCK: "a time of day in 24 hours, such as 09:00",
    DOMAIN: "a domain name in small letters, such as example.org",
}
"""What each form looks like, for a person."""
