"""Addresses of pages compiled once per test process instead of once per application.

Werkzeug writes two functions for each route, by way of a syntax tree; with some 330 routes that is most of the time that making
an application takes, and the tests make many hundreds. What it writes depends on nothing but the route.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_KNOWN: dict[Any, Callable[..., tuple[str, str]]] = {}
_compile = Rule._compile_builder


def _builder(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    if self.defaults:
        return _compile(self, append_unknown)  # Their values go through converters of one application.
    key = (self.rule, tuple(self._trace), append_unknown)
    if key not in _KNOWN:
        _KNOWN[key] = _compile(self, append_unknown)
    return _KNOWN[key]


def install() -> None:
    """Let all applications of this process share what they compile."""
    changed: Any = Rule
    changed._compile_builder = _builder
