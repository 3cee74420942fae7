"""Pages of people: doors (sign-in and links), the own account, settings."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

blueprint = Blueprint("people", __name__)

for _part in ("visitor", "doors", "account", "settings", "colleagues"):
    import_module(f"{__name__}.{_part}")
