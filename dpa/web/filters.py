"""What templates can say and draw: the words of dpa.web.words as filters, icons, assets and clocks as functions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from dpa.languages import zone_name
from dpa.languages.countries import country_name
from dpa.web import assets, clock_strip, icons, words


def instant(at: datetime | None, zone: str, form: str = "long") -> Markup:
    """Return a <time> element with the words of `words.instant_text`; none becomes 'not yet'."""
    if at is None:
        return Markup("not yet")
    local = words.local_time(at, zone)
    return Markup(f'<time datetime="{local.isoformat(timespec="seconds")}">{escape(words.instant_text(at, zone, form))}</time>')  # noqa: S704 - escaped here


def coded(text: str) -> Markup:
    """Return a sentence with what stands between `backticks`, such as a command, as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(text)
    return Markup("").join(Markup("<code>{}</code>").format(part) if place % 2 else part for place, part in enumerate(parts))


def install(environment: Environment) -> None:
    """Register the filters and the drawing functions with a template environment."""
    environment.filters.update(
        instant=instant, coded=coded, instant_text=words.instant_text, zone_name=zone_name, left=words.left, lateness=words.lateness,
        length_text=words.length, ago=words.ago, country=country_name, day=words.day, bytes=words.file_size, plural=words.plural, initials=words.initials,
    )
    tools: dict[str, Any] = {
        "icon": icons.icon, "asset_url": assets.asset_url, "asset_path": assets.asset_path, "stylesheet": assets.stylesheet,
        "script": assets.script, "clock_strip": clock_strip.clock_strip, "time_axis": clock_strip.time_axis,
    }
    environment.globals.update(tools)
