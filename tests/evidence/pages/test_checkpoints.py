"""The pages of checkpoints: ages and their states, taking one, keeping a copy, witnesses, and who may know where copies lie."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import insert, update

from dpa.evidence import trail
from dpa.evidence.trail import anchoring, checkpoints, notes, queries, witnesses
from dpa.evidence.trail.models import (
    TrailAnchor,
    TrailCheckpoint,
    TrailEvent,
    TrailVerification,
    TrailWitness,
    table,
)
from dpa.extensions import db
from tests.evidence.ground import HAPPENED, disarm
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
    assert "Keep a copy of the database and of the folder of keys as they are" in answer.text
    assert 'role="alert"' in answer.text
    assert "<code>dpa trail verify</code>" in answer.text, "commands stand as code, without their backticks"
    assert "trail contradicted" in answer.text, "the finding was recorded at once, and outranks the age of the copies"
    assert str(fresh.settings.instance) not in answer.text
    assert fresh.actions()[-1] == "evidence:trail:verified"


def test_no_age_is_in_time_while_a_finding_stands(fresh: House) -> None:
    size = take(fresh)
    with fresh.unit(as_person(fresh, "ana")) as unit:
        anchoring.keep(unit, size, "printed, safe of the auditor")
    assert "in time" in fresh.client("ana").get("/checkpoints").text
    at = pages.clock_of(fresh.app).now()
    with fresh.app.app_context(), db.engine.connect().execution_options(write=True) as connection:
        connection.execute(insert(table(TrailVerification)).values(at=at, size=size, root="0" * 64, findings=2, first_finding="something was changed; run `x`"))
        connection.commit()
    page = fresh.client("auditor").get("/checkpoints").text
    assert "in time" not in page
    assert "trail contradicted" in page
    assert "found 2 things wrong, the first: something was changed; run <code>x</code>" in page
    assert "<code>dpa trail verify --against FILE</code>" in page


def test_keeping_a_copy_is_said_once_and_only_the_keeper_sees_where(fresh: House) -> None:
    size = take(fresh)
    path = f"/checkpoints/{size}"
    client = fresh.client("ana")
    answer = client.post(f"{path}/keep", data={"where": " "})
    assert answer.status_code == 422
    assert "Say where the copy" in answer.text
    page = client.post(f"{path}/keep", data={"where": "printed, safe of Cabinet Morel"}, follow_redirects=True).text
    assert "a copy is kept outside from now on" in page
    assert "printed, safe of Cabinet Morel" in page
    assert "Ana Duarte says so; the copy was not shown here, so whether it is one is not known" in page
    assert "I keep a copy there" not in page
    again = client.post(f"{path}/keep", data={"where": "again"})
    assert again.status_code == 422
    assert "already said where you keep" in again.text
    other = fresh.client("bob").get(path).text
    assert "Cabinet Morel" not in other
    assert "only the keeper sees where" in other
    assert fresh.actions()[-1] == "evidence:checkpoint:kept"
    assert client.post("/checkpoints/999/keep", data={"where": "x"}).status_code == 404


def test_copies_name_only_the_own_customers_and_witnesses(fresh: House) -> None:
    number = fresh.issued(fresh.lemon)
    size = fresh.document(number).checkpoint_size or 0
    with fresh.unit(as_person(fresh, "ana")) as unit:
        witness = witnesses.add(unit, fresh.lemon, "Cabinet Morel", "depot@morel.example").id
        anchoring.hold(unit, size, "document", f"document:{number}", "")
        anchoring.hold(unit, size, "witness", "message:3", f"witness:{witness}")
        anchoring.hold(unit, size, "stamp", "stamp:1", "tsa.example", receipt=b"x")
    own, other = (fresh.client(who).get(f"/checkpoints/{size}").text for who in ("ana", "bob"))
    for words in ("accepted by its recipient’s mail server", f'href="/documents/{number}"', "Cabinet Morel &lt;depot@morel.example&gt;", "does not count as held outside"):
        assert words in own, words
    for words in (f"/documents/{number}", "Morel"):
        assert words not in other, words
    with fresh.unit(as_person(fresh, "ana")) as unit:
        witnesses.remove(unit, [fresh.lemon], witness, "The contract has ended")
    page = fresh.client("ana").get(f"/checkpoints/{size}").text
    assert "a former witness" in page, "what was mailed is still held there, by somebody whose name is erased"
    assert "Morel" not in page
    assert other.count("of another organisation") == 2
    assert "1 document at a customer" in fresh.client("bob").get("/checkpoints").text


def test_a_kept_note_is_compared(fresh: House) -> None:
    """Pasted, out of a mail, or as a file; what is not this note says so, and a soundly signed other one is the alarm it is."""
    first = take(fresh)
    with fresh.unit() as unit:
        trail.record(unit, HAPPENED, subject=("thing", 1), organisation_id=None)
    size = take(fresh)
    client, path = fresh.client("ana"), f"/checkpoints/{size}"
    with fresh.session() as session:
        older, note = session.get_one(TrailCheckpoint, first).note, session.get_one(TrailCheckpoint, size).note
    for given, words in [
        ("nonsense", "This is no signed checkpoint"), (older, f"This is a note over {first} event"), (note.replace("\n— ", "\n— x"), "This note says nothing about this trail"),
    ]:
        answer = client.post(f"{path}/keep", data={"where": "safe", "note": given})
        assert (answer.status_code, words in answer.text) == (422, True), words
    mailed = f"Hello,\r\n----- BEGIN CHECKPOINT -----\r\n{note.strip()}\r\n----- END CHECKPOINT -----\r\nBye".replace("\n", "\r\n").replace("\r\r", "\r")
    page = client.post(f"{path}/keep", data={"where": "safe", "note": mailed}, follow_redirects=True).text
    assert "the copy was shown on" in page
    assert "and is the same as this note" in page
    other = fresh.client("bob")
    page = other.post(f"{path}/keep", data={"where": "bank"}, follow_redirects=True).text
    assert "Recorded on your word" in page
    assert "Compare the copy you keep" in page
    assert other.post(f"{path}/compare", data={}).status_code == 422
    page = other.post(f"{path}/compare", data={"file": (BytesIO(note.encode()), "kept.txt")}, content_type="multipart/form-data", follow_redirects=True).text
    assert "The note you kept is the same" in page
    assert "was not shown here" not in page
    with fresh.session() as session:
        assert [row.compared_at is not None for row in session.query(TrailAnchor)] == [True, True]
    assert "evidence:trail:verified" not in fresh.actions()


def test_a_kept_note_that_contradicts_is_never_forgotten(fresh: House) -> None:
    """The thief of key and database signs all anew; the note of a person finds him, and each verification after that, until a new line is begun."""
    size = take(fresh)
    with fresh.session() as session:
        stored = session.get_one(TrailCheckpoint, size)
    signer = checkpoints.signer_for(fresh.settings)
    kept = notes.sign(notes.Checkpoint(signer.origin, size, bytes(32)).text(), [signer.key])
    client = fresh.client("ana")
    answer = client.post(f"/checkpoints/{size}/keep", data={"where": "safe", "note": kept})
    assert answer.status_code == 422
    assert "The note you kept is soundly signed" in answer.text
    assert "and it is not the one of this page" in answer.text
    assert stored
    page = client.get(f"/checkpoints/{size}").text
    assert "Kept note that contradicts the trail" in page
    assert "trail contradicted" in client.get("/checkpoints").text
    assert "held by" not in client.get("/checkpoints").text, "it does not count as held outside"
    pages.clock_of(fresh.app).advance(timedelta(hours=25))
    fresh.client("ana").post("/trail/verify")
    with fresh.session() as session:
        assert session.query(TrailVerification).count() == 2
        last = queries.last_verification(session)
        assert last is not None
        assert (last.findings, "a note that was kept and shown here" in last.first_finding) == (1, True)
        assert "it was: checkpoints in the house agree with the changed trail" in last.first_finding
    with fresh.unit() as unit:
        checkpoints.begin_anew(unit, fresh.settings, "The key was stolen")
    with fresh.session() as session:
        checkpoints.repair(session.connection(), signer.folder)
    pages.clock_of(fresh.app).advance(timedelta(hours=25))
    fresh.client("ana").post("/trail/verify")
    with fresh.session() as session:
        last = queries.last_verification(session)
        assert last is not None
        assert last.ok, last.first_finding


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
    assert foreign.post(f"/checkpoints/witnesses/{number}/remove", data={"reason": "x"}).status_code == 404
    assert foreign.get(f"/checkpoints/witnesses/{number}/remove").status_code == 404
    assert "Remove" not in fresh.client("auditor").get("/checkpoints").text
    asked = client.get(f"/checkpoints/witnesses/{number}/remove").text
    assert "depot@morel.example" in asked
    assert "cannot be brought back" in asked
    answer = client.post(f"/checkpoints/witnesses/{number}/remove", data={"reason": " "})
    assert (answer.status_code, "Say why the witness is removed" in answer.text) == (422, True)
    page = client.post(f"/checkpoints/witnesses/{number}/remove", data={"reason": "The contract has ended"}, follow_redirects=True).text
    assert "Nobody is named yet" in page
    assert "Morel" not in page
    assert fresh.actions()[-4:] == ["evidence:witness:added", "evidence:witness:removed", "evidence:payload:erased", "evidence:payload:erased"]
    assert client.get(f"/checkpoints/witnesses/{number}/remove").status_code == 404
    both = fresh.client("both").get("/checkpoints").text
    assert "For which organisation" in both
    assert "Light Company" in both


@pytest.mark.parametrize("path", ["/checkpoints/take", "/checkpoints/witnesses", "/checkpoints/witnesses/1/remove", "/checkpoints/1/keep", "/checkpoints/1/compare"])
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
