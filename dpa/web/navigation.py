"""The side bar: what the slices declared, narrowed to what the person may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import request, url_for

from dpa.slice import NavItem
from dpa.web.identity import Identity

SETTINGS = "/settings"
"""Address of the settings, and the beginning of all that belong to them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the side bar, ready to be shown."""

    title: str
    url: str
    icon: str
    active: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A heading and its lines."""

    title: str
    items: tuple[Entry, ...]


def groups(declared: Sequence[NavItem], person: Identity) -> tuple[Group, ...]:
    """Return the side bar for a person; the entry of the current blueprint is active."""
    allowed = sorted((item for item in declared if person.may(item.permission)), key=lambda item: item.rank)
    slug = request.args.get("organisation")
    chosen: dict[str, Any] = {"organisation": slug} if slug else {}
    return tuple(
        Group(title, tuple(Entry(item.title, url_for(item.endpoint, **chosen), item.icon, _is_active(item)) for item in items))
        for title, items in groupby(allowed, key=lambda item: item.group)
    )


def _is_active(item: NavItem) -> bool:
    # A workflow's settings are pages of that workflow, and stand among the settings.
    if request.path.startswith(f"{SETTINGS}/"):
        return url_for(item.endpoint) == SETTINGS
    return request.blueprint == item.endpoint.partition(".")[0]
