"""Names of the empty signature fields that every document carries.

They are put in while rendering, because a field added while sealing has no place in the tagged structure and breaks PDF/UA.
"""

from __future__ import annotations

SEAL_FIELD = "Seal"
"""The field of the certification signature; the first that is filled."""
ARCHIVE_FIELD = "ArchiveTS"
"""Fields of document time-stamps are called this with a number from 1."""


def archive_field(number: int) -> str:
    """Return the name of the numbered document time-stamp's field, from 1."""
    return f"{ARCHIVE_FIELD}{number}"
