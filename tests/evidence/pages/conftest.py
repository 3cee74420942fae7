"""Houses for the tests of the evidence pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evidence.pages.house import House, make_house
from tests.support.seals import SealGround


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, _seal_ground: SealGround) -> House:
    """A house for the tests of one module, which add to it and count on nothing else in it."""
    return make_house(tmp_path_factory.mktemp("house"), _seal_ground)


@pytest.fixture
def fresh(tmp_path: Path, seal_ground: SealGround) -> House:
    """A house of its own."""
    return make_house(tmp_path, seal_ground)


@pytest.fixture(autouse=True)
def _no_limits_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test starts with unused limits; they belong to the application."""
    yield
    if "house" in request.fixturenames:
        request.getfixturevalue("house").app.extensions.pop("dpa_limits", None)
