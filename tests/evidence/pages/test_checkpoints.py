"""The pages of checkpoints: ages and their states, taking one, keeping a copy, witnesses, and who may know where copies lie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from dpa.evidence.trail import anchoring, checkpoints, notes
from dpa.evidence.trail.models import TrailAnchor, TrailCheckpoint, TrailEvent, TrailWitness
from dpa.extensions import db
from tests.evidence.ground import disarm
from tests.evidence.pages.house import House, links, writes
from tests.support import pages


def take(house: House) -> int:
    with house.unit() as unit:
        return checkpoints.take(unit, checkpoints.signer_for(house.settings), "request").size


def as_person(house: House, who: str) -> str:
    return f"u:{house.people[who]}"


def test_the_age_of_the_newest_copy_outside_has_three_states(fresh: House) -> None:
    def page() -> str:
        answer = fresh.client("ana").get("/checkpoints")
        assert answer.status_code == 200
        return answer.text

    assert "No checkpoint has been signed yet" in page()
    assert "nobody outside holds one" in page()
    size = take(fresh)
    with fresh.unit(as_person(fresh, "ana")) as unit:
        anchoring.keep(unit, size, "printed, safe of the auditor")
    assert "in time" in page()
    assert "1 copy kept by a person" in page()
    assert "could prove it" not in page()
    pages.clock_of(fresh.app).advance(timedelta(hours=25))
    assert "> due<" in page().replace("<span>due", "> due<")
    assert "nobody could prove it" in page()
    pages.clock_of(fresh.app).advance(timedelta(hours=12))
    assert "<span>alarm</span>" in page()
    assert "the last 1 d 13 h and nobody" in page()


def test_taking_one_leads_to_its_page(fresh: House) -> None:
    client = fresh.client("ana")
    answer = client.post("/checkpoints/take")
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "The trail is signed as it stands now" in page
    size = int(answer.headers["Location"].rpartition("/")[2])
    with fresh.session() as session:
        row = session.get_one(TrailCheckpoint, size)
        assert row.reason == "request"
        note = row.note
    key = checkpoints.signer_for(fresh.settings)
    assert notes.open_checkpoint(note, key.known).size == size
    assert key.vkey in page.replace("&#43;", "+")
    assert "Downloading alone is not keeping" in page
    text = client.get(f"/checkpoints/{size}/note.txt")
    assert (text.mimetype, text.data) == ("text/plain", note.encode())
    assert text.headers["Content-Disposition"] == f"attachment; filename=checkpoint-{size}.txt"
    with fresh.session() as session:
        assert session.query(TrailAnchor).count() == 0, "downloading alone is not keeping"
    assert client.get("/checkpoints/999").status_code == 404
    assert client.get("/checkpoints/999/note.txt").status_code == 404


def test_a_contradiction_is_shown_as_the_alarm_it_is(fresh: House) -> None:
    take(fresh)
    with fresh.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        disarm(connection)
        connection.execute(update(TrailEvent).where(TrailEvent.idx == 1).values(leaf_hash=bytes(32)))
        connection.commit()
    answer = fresh.client("ana").post("/checkpoints/take")
    assert answer.status_code == 409
    assert "No checkpoint was signed" in answer.text
    assert "so nothing is signed" in answer.text
    assert "Keep a copy of the database as it is" in answer.text
    assert 'role="alert"' in answer.text


def test_keeping_a_copy_is_said_once_and_only_the_keeper_sees_where(fresh: House) -> None:
    size = take(fresh)
    path = f"/checkpoints/{size}"
    client = fresh.client("ana")
    answer = client.post(f"{path}/keep", data={"where": " "})
    assert answer.status_code == 422
    assert "Say where the copy" in answer.text
    page = client.post(f"{path}/keep", data={"where": "printed, safe of Cabinet Morel"}, follow_redirects=True).text
    assert "a copy is kept outside from now on" in page
    assert "Ana Duarte: printed, safe of Cabinet Morel" in page
    assert "I keep a copy there" not in page
    again = client.post(f"{path}/keep", data={"where": "again"})
    assert again.status_code == 422
    assert "already said where you keep" in again.text
    other = fresh.client("bob").get(path).text
    assert "Cabinet Morel" not in other
    assert "only they see where" in other
    assert fresh.actions()[-1] == "evidence:checkpoint:kept"
    assert client.post("/checkpoints/999/keep", data={"where": "x"}).status_code == 404


def test_copies_name_only_the_own_customers_and_witnesses(fresh: House) -> None:
    number = fresh.issued(fresh.lemon)
    size = fresh.document(number).checkpoint_size or 0
    with fresh.unit(as_person(fresh, "ana")) as unit:
        witness = anchoring.add_witness(unit, fresh.lemon, "Cabinet Morel", "depot@morel.example")
        anchoring.hold(unit, size, "document", f"document:{number}", "Académie de Lille")
        anchoring.hold(unit, size, "witness", "message:3", "Cabinet Morel <depot@morel.example>")
        anchoring.hold(unit, size, "stamp", "stamp:1", "tsa.example", receipt=b"x")
        anchoring.remove_witness(unit, [fresh.lemon], witness.id)  # What was mailed is still held there.
    own, other = (fresh.client(who).get(f"/checkpoints/{size}").text for who in ("ana", "bob"))
    for words in ("Académie de Lille", f'href="/documents/{number}"', "Cabinet Morel", "does not count as held outside"):
        assert words in own, words
    for words in ("Académie de Lille", f"/documents/{number}", "Morel"):
        assert words not in other, words
    assert other.count("of another organisation") == 2
    assert "1 document at a customer" in fresh.client("bob").get("/checkpoints").text


def test_witnesses_belong_to_their_organisation(fresh: House) -> None:
    client = fresh.client("ana")
    typed = {"organisation": str(fresh.lemon), "who": "Cabinet Morel", "address": "not an address"}
    answer = client.post("/checkpoints/witnesses", data=typed)
    assert answer.status_code == 422
    assert "A mail address looks like" in answer.text
    assert 'value="Cabinet Morel"' in answer.text
    assert client.post("/checkpoints/witnesses", data=typed | {"who": "\t"}).status_code == 422
    page = client.post("/checkpoints/witnesses", data=typed | {"address": "depot@morel.example"}, follow_redirects=True).text
    assert "The witness is named" in page
    assert "depot@morel.example" in page
    twice = client.post("/checkpoints/witnesses", data=typed | {"address": "Depot@Morel.example"})
    assert twice.status_code == 422
    assert "already receives" in twice.text
    foreign = fresh.client("bob")
    assert "Morel" not in foreign.get("/checkpoints").text
    assert foreign.post("/checkpoints/witnesses", data=typed | {"address": "b@b.example"}).status_code == 422, "an organisation that is not offered"
    with fresh.session() as session:
        number = session.query(TrailWitness).one().id
    assert foreign.post(f"/checkpoints/witnesses/{number}/remove").status_code == 404
    assert "Remove" not in fresh.client("auditor").get("/checkpoints").text
    assert "Nobody is named yet" in client.post(f"/checkpoints/witnesses/{number}/remove", follow_redirects=True).text
    assert fresh.actions()[-2:] == ["evidence:witness:added", "evidence:witness:removed"]
    both = fresh.client("both").get("/checkpoints").text
    assert "For which organisation" in both
    assert "Light Company" in both


@pytest.mark.parametrize("path", ["/checkpoints/take", "/checkpoints/witnesses", "/checkpoints/witnesses/1/remove", "/checkpoints/1/keep"])
def test_auditors_read_and_operators_see_nothing(path: str, house: House) -> None:
    assert house.client("auditor").post(path).status_code == 403
    assert house.client("operator").post(path).status_code == 403
    assert house.client("auditor").get("/checkpoints").status_code == 200
    assert "Take a checkpoint now" not in house.client("auditor").get("/checkpoints").text
    assert house.client("operator").get("/checkpoints").status_code == 403


def test_the_list_takes_as_many_statements_for_many_as_for_few(fresh: House) -> None:
    client, counts = fresh.client("ana"), []
    for amount in (5, 55):
        for _ in range(amount):
            with fresh.unit(as_person(fresh, "ana")) as unit:
                size = checkpoints.take(unit, checkpoints.signer_for(fresh.settings), "request").size
                anchoring.keep(unit, size, "printed")
        with fresh.counting() as statements:
            page = client.get("/checkpoints").text
        counts.append(len(statements))
        assert not writes(statements)
    assert counts[0] == counts[1], counts
    after = next(link.replace("&amp;", "&") for link in links(page, r"/checkpoints\?[^\"]*after=[^\"]*"))
    assert len(set(links(page, r"/checkpoints/\d+"))) == 50
    rest = client.get(after).text
    assert len(set(links(rest, r"/checkpoints/\d+"))) == 10
    assert "First page" in rest
