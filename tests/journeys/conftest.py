"""A traveller at any instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from tests.journeys.traveller import Traveller
from tests.support.databases import Database
from tests.support.mail import MailServer


@pytest.fixture
def travel(database: Database, mail_server: MailServer) -> Iterator[Callable[[datetime], Traveller]]:
    """Set out at an instant."""
    made: list[Traveller] = []

    def begin(start: datetime) -> Traveller:
        made.append(Traveller(database, mail_server, start))
        return made[-1]

    yield begin
    for one in made:
        one.session.close()
