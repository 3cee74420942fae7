"""An exercise says so on each of its pages, and a real case on none: every page that names a case in its address is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dpa.breaches import operations
from dpa.breaches.models import Breach, Delivery
from dpa.breaches.operations import significance
from dpa.breaches.phases import Phase
from dpa.breaches.regimes import Profile
from dpa.extensions import db
from tests.breaches.conftest import with_news
from tests.breaches.test_case_pages import DRAFT, Desk
from tests.support.databases import Database

WORDS = "Exercise: nothing happened"
FILES = (".json", ".pdf", ".zip")


class Stage(Desk):
    """A case that was told and asked about, with a further notice being written: most of its pages can be opened."""

    def __init__(self, database: Database, *, drill: bool) -> None:
        self.drill = drill
        super().__init__(database)
        self.tell()
        self.question = int(self.ask().rpartition("/")[2])
        self.do(lambda unit, breach: operations.change_settings(unit, breach.organisation_id, four_eyes=False, acknowledge_hours=24, profiles=[Profile.NIS2]))
        self.do(lambda unit, breach: significance.decide(unit, breach, significant=True, reason="The service stood still for two days."))
        self.do(lambda unit, breach: operations.save_draft(unit, breach, with_news(breach, DRAFT), Phase.SUPPLEMENT))

    def record(self, **more: str) -> str:
        return super().record(**more | ({"drill": "y"} if self.drill else {}))

    def addresses(self) -> list[str]:
        """Return every address that the product has for pages of this case."""
        with self.app.app_context():
            delivery = db.session.scalars(select(Delivery.id).where(Delivery.affected_id == self.rows()[0])).first()
        values = {"slug": "nis2-warning", "delivery_id": delivery, "breach_id": self.id, "affected_id": self.rows()[0], "question_id": self.question, "number": 1, "language": "fr"}
        rules = [rule for rule in self.app.url_map.iter_rules() if "breach_id" in rule.arguments and "GET" in (rule.methods or ())]
        found = []
        with self.app.test_request_context():
            for rule in rules:
                assert rule.arguments <= values.keys(), f"{rule.rule} names something that this test has no value for"
                found.append(self.app.url_map.bind("localhost").build(rule.endpoint, {key: values[key] for key in rule.arguments}))
        return [path for path in found if not path.endswith(FILES)]


@pytest.mark.parametrize("drill", [True, False])
def test_each_page_of_an_exercise_says_so_and_no_page_of_a_real_case_does(sqlite_database: Database, drill: bool) -> None:
    stage = Stage(sqlite_database, drill=drill)
    with stage.app.app_context():
        assert db.session.get_one(Breach, stage.id).drill is drill
    client = stage.client("dpo")
    shown = {path: answer.text for path in stage.addresses() if (answer := client.get(path)).status_code == 200}
    assert any("/reports/" in path for path in shown)
    assert len(shown) >= 15, "most pages could not be opened, so nothing was asked of them"
    assert {path: text.count(WORDS) for path, text in shown.items()} == dict.fromkeys(shown, int(drill))
