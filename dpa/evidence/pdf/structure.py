"""The logical structure of a document: what each thing on the page is, in reading order (ISO 32000-1, 14.7 and 14.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Artifact(Enum):
    """What is on the page but not part of the text: running heads and lines. The value is the property list of its mark."""

    LAYOUT = "<</Type /Layout>>"
    PAGINATION = "<</Type /Pagination>>"


@dataclass(eq=False, slots=True)
class Element:
    """A structure element: its role, and its children: elements, or marked content as (page index, identifier)."""

    role: str
    kids: list[Element | tuple[int, int]] = field(default_factory=list)
    scope: str = ""
    """For TH: Column or Row."""
    alt: str = ""
    """For Figure: what it shows, in words."""
    box: tuple[float, float, float, float] | None = None
    """For Figure: left, bottom, right, top on its page."""
    language: str = ""
    """BCP 47 tag where it differs from the document's."""
    numbering: str = ""
    """For L: how its labels count, such as Decimal."""

    def child(self, role: str, *, scope: str = "", alt: str = "", language: str = "", numbering: str = "") -> Element:
        """Append and return a new element."""
        element = Element(role, scope=scope, alt=alt, language=language, numbering=numbering)
        self.kids.append(element)
        return element


Owner = Element | Artifact
"""What a mark on the page belongs to."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline: heading text, level from 1, page index from 0, and the height it points to."""

    title: str
    level: int
    page: int
    top: float
