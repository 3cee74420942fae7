"""Ground for all tests: clean surroundings, one PostgreSQL for all processes, no network, an honest summary."""

from __future__ import annotations

import gc
import os

import pytest

pytest_plugins = [
    "tests.support.browser",
    "tests.support.clock",
    "tests.support.databases",
    "tests.support.mail",
    "tests.support.network",
    "tests.support.seals",
    "tests.support.skips",
]
OURS = ("DATABASE_URL", "PORT")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _in_parallel(config: pytest.Config) -> bool:
    return config.getoption("dist", "no") != "no" and not config.option.collectonly


def pytest_configure(config: pytest.Config) -> None:
    """Make the surroundings of the tests."""
    # After pytest has prepared their assertions.
    from tests.support import network, postgres, routes, skips, statements

    for name in list(os.environ):
        # An operator's settings must not reach the tests.
        if name in OURS or name.startswith("DPA_"):
            del os.environ[name]
    # A fixture of pytest-playwright itself is declared in a way that pytest 10 will refuse.
    config.addinivalue_line("filterwarnings", "ignore:Session-scoped fixtures defined as instance methods:pytest.PytestRemovedIn10Warning")
    network.install()
    statements.install()
    routes.install()
    if _is_worker(config):
        return
    config.pluginmanager.register(skips.Ending(), "dpa-ending")
    if _in_parallel(config):
        postgres.ensure(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take longest, so that no process is left alone with one of them at the end."""
    long = {item.path for item in items if any(item.get_closest_marker(name) for name in ("browser", "faults", "slow"))}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays to the end: thousands of tests, their modules and the product's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(30_000, 10, 10)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server that this run started."""
    from tests.support import postgres

    postgres.close(config)
