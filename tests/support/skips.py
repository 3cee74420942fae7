"""What was tested and what was not: one line about databases and browser, and every skip with its reason, last.

With CI=true nothing may be skipped: a skip is reported as a failure.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from tests.support import browser, postgres

STAGES = ("passed", "failed", "error", "skipped")


def in_ci() -> bool:
    """Tell whether this run decides about a change."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def reason_of(report: Any) -> str:
    """Return why a test was skipped, as one line."""
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    return " ".join(str(text).removeprefix("Skipped: ").split())


def _refuse(report: Any) -> None:
    if in_ci() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not accept: {reason_of(report)}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Turn a skipped test into a failed one in CI."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Turn a skipped module into a failed one in CI."""
    report = yield
    _refuse(report)
    return report


def _ran(reporter: Any, word: str) -> int:
    tests = {report.nodeid for stage in STAGES[:3] for report in reporter.stats.get(stage, []) if word in getattr(report, "keywords", {})}
    return len(tests)


def databases_line(reporter: Any) -> str:
    """Return the line that names what the tests ran on."""
    parts = [f"SQLite {sqlite3.sqlite_version}"]
    on_postgres = _ran(reporter, "postgres")
    url = os.environ.get(postgres.URL)
    if on_postgres and url:
        parts.append(f"PostgreSQL {postgres.version(url)} ({on_postgres} tests)")
    elif on_postgres:
        parts.append(f"PostgreSQL ({on_postgres} tests)")
    else:
        parts.append("PostgreSQL not tested")
    in_browser = _ran(reporter, "browser")
    window = f"{browser.version()} with axe ({in_browser} tests)" if in_browser else "not tested"
    return f"databases: {', '.join(parts)}; browser: {window}"


class Ending:
    """Prints the summary; registered in the one process that reports."""

    def __init__(self) -> None:
        self.skips: Counter[str] = Counter()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print what was tested on, and remember the skips."""
        self.skips = Counter(reason_of(report) for report in terminalreporter.stats.get("skipped", []))
        terminalreporter.write_line("")
        terminalreporter.write_line(databases_line(terminalreporter))

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Print the reasons as the very last lines."""
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or not self.skips:
            return
        reporter.write_line("not tested on this machine:")
        for reason, count in self.skips.most_common():
            reporter.write_line(f"  {count} skipped: {reason}")
