"""The organisation's logo: any PNG a person uploads becomes a small, opaque RGB picture."""

from __future__ import annotations

import warnings
from functools import lru_cache
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from dpa.problems import Invalid

MOST_BYTES = 1_000_000
MOST_PIXELS = 4_000_000
LEAST_SIDE = 48
"""Pixels of the longer side: a hundred dots per inch at the height of the letterhead."""
MOST_RATIO = 10
_LONGEST_SIDE = 480
"""Pixels kept: 300 dots per inch at the size of the letterhead."""
_WHITE = (255, 255, 255, 255)


def check(png: bytes) -> None:
    """Refuse what can be opened but makes no letterhead. Raises Invalid with the reason in one sentence; pictures taken before stay as they are."""
    opened(png)
    with Image.open(BytesIO(png), formats=["PNG"]) as picture:
        width, height = picture.size
    if max(width, height) < LEAST_SIDE:
        raise Invalid(f"The logo has {width} by {height} pixels, too few to be seen; use a PNG of at least {LEAST_SIDE} pixels on its longer side.", field="logo")
    if max(width, height) > MOST_RATIO * min(width, height):
        raise Invalid(
            f"The logo has {width} by {height} pixels and would be a thin line in the letterhead; cut it so that it is at most {MOST_RATIO} times as long as it is wide.",
            field="logo",
        )


@lru_cache(maxsize=16)
def opened(png: bytes) -> Image.Image:
    """Return the logo on white, no larger than needed. Raises Invalid with the reason in one sentence."""
    if len(png) > MOST_BYTES:
        msg = f"The logo has {len(png):,} bytes; use a PNG of at most {MOST_BYTES:,} bytes."
        raise Invalid(msg, field="logo")
    try:
        with warnings.catch_warnings():
            # Its own limit on pixels warns first; ours is lower and answers below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(png), formats=["PNG"])
            if picture.width * picture.height > MOST_PIXELS:
                msg = f"The logo has {picture.width} by {picture.height} pixels; use one of at most {MOST_PIXELS:,} pixels."
                raise Invalid(msg, field="logo")
            coloured = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        msg = "The logo cannot be read as a PNG picture; save it anew as PNG."
        raise Invalid(msg, field="logo") from problem
    # Transparency is laid on white: a PDF for archiving is simpler without it.
    flat = Image.alpha_composite(Image.new("RGBA", coloured.size, _WHITE), coloured).convert("RGB")
    flat.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return flat
