"""Logging: one JSON line per event on standard error, without personal data.

Callers log identifiers, kinds and counts only. What slips through is masked here: values under telling keys, and
anything that looks like a mail address or like the key in an address that is a key.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from dpa.config import Settings

TELLING = ("password", "token", "secret", "cookie", "authorization", "body", "email", "address", "recipient")
MAIL = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
KEYED = re.compile(r"(/(?:n|link|invitation|set-up)/)[^\s/?\"'<>]+")
"""Addresses whose next part opens something by itself: a customer's notices, a session, an account."""


class _Masks(logging.Filter):
    """Masks what a library's own logger writes; the web server names the address of a request that it could not answer."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _masked(record.getMessage()), ()
        return True


MASKS = _Masks()


def configure(settings: Settings) -> None:
    """Set logging up for this process."""
    logging.getLogger("gunicorn.error").addFilter(MASKS)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what should never have been logged."""
    for key, value in list(event.items()):
        if any(word in key.lower() for word in TELLING):
            event[key] = "[masked]"
        elif isinstance(value, str):
            event[key] = _masked(value)
    return event


def _masked(text: str) -> str:
    return KEYED.sub(r"\1[masked]", MAIL.sub("[address]", text))
