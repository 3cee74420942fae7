"""Icons: single files of the vendored set, drawn inside the page so that they take the colour of the text.

An icon beside a word is decoration and hidden from screen readers; an icon that stands alone needs a label.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from dpa.web.assets import STATIC

FOLDER = STATIC / "vendor" / "tabler-icons"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
BOUNDS = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>\s*')


# Kept: a page of fifty rows draws two hundred of them, and they never change. By type, too: a label as markup and one as text may be equal and are not the same.
@lru_cache(maxsize=512, typed=True)
def icon(name: str, label: str | None = None) -> Markup:
    """Return an icon as inline SVG; with a `label` it is an image that says it, without it is hidden from readers.

    Raises KeyError for a name that is not in the set (see `names`).
    """
    voice = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
                  'stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>').format(voice, _shapes(name))


def names() -> tuple[str, ...]:
    """Return the names of the icons that ship with the product."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.svg")))


@lru_cache(maxsize=256)
def _shapes(name: str) -> Markup:
    file: Path = FOLDER / f"{name}.svg"
    if not NAME.match(name) or not file.is_file():
        raise KeyError(f"There is no icon named {name!r} in static/vendor/tabler-icons.")
    found = SHAPES.search(file.read_text(encoding="utf-8"))
    if not found:
        raise KeyError(f"The icon file {name}.svg holds no drawing.")
    drawing = re.sub(r">\s+<", "><", BOUNDS.sub("", found[1]).strip())
    return Markup(drawing)  # noqa: S704 - a vendored file, checked against its digest
