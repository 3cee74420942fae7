"""The key in a customer's link: whole in the mail, and nowhere else."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dpa import logs
from dpa.alerts import messages, presenting, queue, rules
from dpa.alerts.messages import Message
from dpa.alerts.models import OutboxMessage
from dpa.alerts.rules import Answer, Category, Outcome
from dpa.breaches import links
from dpa.config import Settings
from dpa.evidence.trail.models import TrailEvent, TrailPayload
from dpa.portal import showing
from tests.portal.desk import Desk

GOLDEN = Path(__file__).with_name("golden")
KEY = "aB3_-" * 8 + "xyz"


@pytest.mark.parametrize(("text", "shown"), [
    (f"https://desk.example{links.PATH}/{KEY}\nKeep it.", "https://desk.example/n/… (the customer's own link)\nKeep it."),
    (f"<a href=\"http://127.0.0.1:8000/desk{links.PATH}/{KEY}/notices\">", "<a href=\"http://127.0.0.1:8000/desk/n/… (the customer's own link)/notices\">"),
    (f"{links.PATH}/{KEY} and {links.PATH}/{KEY}", "/n/… (the customer's own link) and /n/… (the customer's own link)"),
    ("Signed y/n/maybe, see /n/7 and /notices/abc.", "Signed y/n/maybe, see /n/7 and /notices/abc."),
], ids=["line", "path-below", "twice", "other-words"])  # fmt: skip
def test_a_customers_own_link_is_made_unusable(text: str, shown: str) -> None:
    assert messages.without_own_links(text) == shown


@pytest.mark.parametrize(("path", "logged"), [
    (f"/n/{KEY}", "/n/[masked]"), (f"/n/{KEY}/documents/7.pdf", "/n/[masked]/documents/7.pdf"), (f"/link/{KEY}?x=1", "/link/[masked]?x=1"),
    (f"http://desk/invitation/{KEY}", "http://desk/invitation/[masked]"), (f"/set-up/{KEY}", "/set-up/[masked]"), ("/breaches/7", "/breaches/7"),
])  # fmt: skip
def test_the_log_masks_addresses_that_are_keys(path: str, logged: str) -> None:
    assert logs.mask(None, "error", {"event": "defect", "path": path})["path"] == logged


def test_a_defect_on_a_customers_page_does_not_name_its_link(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    link = desk.link()

    def broken(*_: object) -> None:
        raise RuntimeError(f"could not show {link}")

    monkeypatch.setattr(showing, "cover", broken)
    logs.configure(desk.house.settings)
    answer = desk.visitor().get(link)
    assert answer.status_code == 500
    assert "could not show" not in answer.text
    heard = "".join(capsys.readouterr())
    assert '"event": "defect"' in heard
    assert "/n/[masked]" in heard
    assert link.rpartition("/")[2] not in heard + caplog.text


def test_the_web_servers_own_log_masks_it_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logs.configure(Settings(instance=tmp_path))
    logging.getLogger("gunicorn.error").error("Error handling request %s", f"/n/{KEY}/notices")
    assert "Error handling request /n/[masked]/notices" in caplog.text
    assert KEY not in caplog.text


def test_neither_outbox_nor_trail_shows_the_link_that_the_mail_holds(desk: Desk) -> None:
    link = desk.link()
    key = link.rpartition("/")[2]
    with desk.unit("system:alerts") as unit:
        row = unit.session.scalars(select(OutboxMessage).where(OutboxMessage.body_text.contains(key))).one()
        row.state, row.next_at = rules.State.PENDING, unit.now
        unit.session.flush()
        [claimed] = queue.claim(unit, "test:1", "desk@example.org")
        assert key in claimed.letter.text, "the mail holds it whole"
        answer = Answer(Outcome.ACCEPTED, 250, "queued as 1")
        decision = rules.decide(answer, attempts=0, now=unit.now, give_up_at=unit.now + timedelta(days=1), chance=0.0)
        queue.conclude(unit, [queue.Ending(claimed, answer, decision)])
        number = row.id
    with desk.read() as session:
        assert key not in presenting.text(session.get_one(OutboxMessage, number))
        told = [part.body for part in session.scalars(select(TrailPayload)) if part.body]
        assert any("the customer's own link" in content for content in told)
        assert not any(key in content for content in told)
        assert not any(key in str(body) for body in session.scalars(select(TrailEvent.body)))
    client = desk.house.client("ana")
    page = client.get(f"/outbox/{number}").text
    assert "the customer&#39;s own link" in page
    for path in (f"/outbox/{number}", f"/breaches/{desk.case}", "/trail"):
        assert key not in client.get(path).text, path


def test_a_mail_of_the_demonstration_is_shown_as_it_is() -> None:
    row = OutboxMessage(category=Category.NOTICE, body_text=f"/n/{KEY}", kept=True)
    assert presenting.text(row) == f"/n/{KEY}"
    row.kept = False
    assert KEY not in presenting.text(row)


def test_an_account_mail_stays_hidden() -> None:
    assert presenting.text(OutboxMessage(category=Category.ACCOUNT, body_text=f"/n/{KEY}")) == presenting.PRIVATE


@pytest.mark.parametrize("drill", [False, True], ids=["question", "question-drill"])
def test_the_mail_about_a_question_reads_as_agreed(tmp_path: Path, drill: bool) -> None:
    context = {
        "organisation": "Lemon Learning", "controller": "Académie de Lille & Co", "reference": "LL-2026-007", "drill": drill,
        "asked": "Sun 22 Nov 2026, 14:10 Paris", "path": "/breaches/7",
    }  # fmt: skip
    message = Message(
        mail="portal/question", organisation_id=1, to_address="ana@lemon.example", to_name="Ana Duarte", dedupe_key="question:1:p1", context=context
    )
    found = messages.render(message, Settings(instance=tmp_path, base_url="https://desk.example.org"))
    folder = GOLDEN / ("question-drill" if drill else "question")
    texts = {"subject.txt": found.subject + "\n", "body.txt": found.text, "body.html": found.html}
    if os.environ.get("WRITE_GOLDEN"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, "utf-8")
    assert texts == {name: (folder / name).read_text("utf-8") for name in texts}


def test_the_pages_of_a_stranger_ask_for_no_account(desk: Desk) -> None:
    client, link = desk.inside()
    assert client.get(f"{link}/notices").status_code == 200
    assert "Sign in" not in client.get(f"{link}/notices").text
