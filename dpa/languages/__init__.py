"""The languages in which customers are written to: their words, numbers and dates, as data files of translations. Pure.

A file `texts/<code>.toml` holds every text under the same key in every language, with the same names in braces; tests insist on it. Pages
for the organisation's own people stay in English: only what a customer reads is translated. Legal terms follow the official versions of
the GDPR in each language (Art. 4(12) and 33).
"""

from dpa.languages.wording import (
    ENGLISH,
    NAMES,
    OFFERED,
    Language,
    Wording,
    for_tag,
    offered,
    wording,
    zone_name,
)

__all__ = ["ENGLISH", "NAMES", "OFFERED", "Language", "Wording", "for_tag", "offered", "wording", "zone_name"]
