"""Pages of agreements: list, agreement, standard terms, matrix, house targets, systems, import."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

blueprint = Blueprint("agreements", __name__)

for _part in ("listing", "agreement", "amending", "standard", "matrix", "systems", "targets", "imports"):
    import_module(f"{__name__}.{_part}")
