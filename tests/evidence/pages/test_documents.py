"""The pages of documents: who sees what, what a document's page tells, downloads, checks, and making one that waits."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dpa.alerts import attachments
from dpa.alerts.models import OutboxAttachment, OutboxMessage
from dpa.alerts.rules import Category, State
from dpa.evidence.register import keeping, statement, store
from dpa.evidence.register.kinds import Body, DocumentKind
from dpa.evidence.register.kinds import register as register_kind
from dpa.evidence.register.models import FileRole, IssuedDocument
from dpa.evidence.trail.models import TrailEvent
from tests.evidence.pages.house import House, links, make_house, writes
from tests.evidence.register.desk import BROKEN, SAMPLE
from tests.support import pages
from tests.support.seals import SealGround

BUNDLE = b"PK\x05\x06" + bytes(18)
WITH_BUNDLE = DocumentKind(
    "test-bundled", "TB", "Bundled test", "Bundled tests", "Internal", "Issued by a test", lambda record: Body(record["title"], "", SAMPLE.build(record).summary, ()),
    lambda *_: BUNDLE,
)  # fmt: skip
register_kind(WITH_BUNDLE)
DOWNLOADED = "evidence:document:downloaded"


def see(house: House, who: str, path: str, status: int = 200) -> str:
    answer = house.client(who).get(path)
    assert answer.status_code == status
    return answer.text


def newest_event(house: House) -> TrailEvent:
    with house.session() as session:
        row = session.scalars(select(TrailEvent).order_by(TrailEvent.idx.desc()).limit(1)).one()
        session.expunge(row)
        return row


def test_the_list_narrows_and_keeps_its_address(fresh: House) -> None:
    assert "No document has been issued yet" in see(fresh, "ana", "/documents")
    first = fresh.issued(fresh.lemon, addressee="Académie de Lille")
    second = fresh.issued(fresh.lemon, addressee="Banque 100% Rivoire", kind="test-other")
    third = fresh.issued(fresh.lemon, supersedes_id=first, supersede_reason="The number of people was corrected.")
    waiting = fresh.order(fresh.lemon, title="A waiting one")
    page = see(fresh, "ana", "/documents")
    assert [page.index(f'href="/documents/{number}"') for number in (waiting, third, second, first)] == sorted(
        page.index(f'href="/documents/{number}"') for number in (waiting, third, second, first)
    ), "newest first"
    assert "superseded by LL-TC-2026-0002" in page
    assert "being made" in page
    assert 'href="/breaches/7">Breach 7</a>' in page
    for query, wanted in (
        ("state=superseded", {first}), ("state=waiting", {waiting}), ("state=current", {second, third}), ("kind=test-other", {second}),
        ("q=rivoire", {second}), ("q=0002", {third}), ("q=WAITING", {waiting}), ("q=100%25", {second}), ("state=nonsense", {first, second, third, waiting}),
    ):  # fmt: skip
        found = links(see(fresh, "ana", f"/documents?{query}"), r"/documents/\d+")
        assert {int(link.rpartition("/")[2]) for link in found} == wanted, query
    page = see(fresh, "ana", "/documents?q=nothing+like+it")
    assert "No document matches" in page
    assert 'value="nothing like it"' in page


def test_pages_follow_each_other_and_take_as_many_statements_for_200_rows_as_for_10(fresh: House) -> None:
    for _ in range(10):
        fresh.order(fresh.lemon)
    client, counts = fresh.client("ana"), []
    for _ in range(2):
        with fresh.counting() as statements:
            assert client.get("/documents").status_code == 200
        counts.append(len(statements))
        if len(counts) == 1:
            for _ in range(190):
                fresh.order(fresh.lemon)
    assert counts[0] == counts[1], counts
    with fresh.counting() as frame:
        client.get("/account")
    assert counts[1] - len(frame) <= 4, "the list itself takes four statements beside what every page asks"
    seen: list[str] = []
    url = "/documents?kind=test-certificate"
    while url:
        page = client.get(url).text
        seen += links(page, r"/documents/\d+")
        url = next((link.replace("&amp;", "&") for link in links(page, r"/documents\?[^\"]*after=[^\"]*")), "")
    assert len(seen) == len(set(seen)) == 200
    assert client.get("/documents?after=broken").status_code == 422


def test_a_document_tells_what_it_is_and_how_it_is_sealed(house: House) -> None:
    first = house.issued(house.lemon)
    number = house.issued(house.lemon, supersedes_id=first, supersede_reason="The number of people was corrected.")
    row, page = house.document(number), see(house, "auditor", f"/documents/{number}")
    assert row.record_sha256 is not None
    for words in (
        row.reference, "Académie de Lille", "Ana Duarte, DPO", "approved the certificate", "signed in by password", "PAdES B-B", "time asserted by the issuer",
        "The number of people was corrected.", f'href="/documents/{first}"', f'href="/checkpoints/{row.checkpoint_size}"', 'data-copy="' + row.record_sha256,
        f'data-copy="{row.record_sha256[:16]}"', "Test certificate", "3 pages", "It was not sent by mail", f'/documents/{number}/files/{row.sha256}.pdf"',
    ):  # fmt: skip
        assert words in page, words
    assert page.count("btn-primary") == 1, "one primary button"
    older = see(house, "ana", f"/documents/{first}")
    assert f"Open {row.reference}" in older
    assert "A newer document has replaced this one" in older


def test_foreign_documents_look_absent(house: House) -> None:
    number = house.issued(house.light)
    row = house.document(number)
    addresses = [f"/documents/{number}", f"/documents/{number}/files/{row.sha256}.pdf", f"/documents/{number}/record.json"]
    before = len(house.actions())
    for who in ("ana", "auditor", "operator"):
        client = house.client(who)
        for path in addresses:
            foreign = client.get(path)
            assert foreign.status_code == 404
            assert row.reference not in foreign.text
        assert client.post(f"/documents/{number}/check").status_code == 404
        assert f'/documents/{number}"' not in client.get("/documents").text
    assert house.client("ana").post(f"/documents/{number}/make").status_code == 404
    assert len([action for action in house.actions()[before:] if action == DOWNLOADED]) == 0
    assert house.client(None).get(addresses[0]).status_code == 302
    assert house.client("ana").get("/documents/99999").status_code == 404


def test_every_file_is_handed_out_byte_for_byte_and_recorded(house: House) -> None:
    number = house.issued(house.lemon, kind="test-bundled")
    row, client = house.document(number), house.client("operator")
    files = {file.role: file for file in row.files}
    assert set(files) == {FileRole.SEALED, FileRole.BUNDLE}
    assert row.record is not None
    wanted = [
        (f"files/{row.sha256}.pdf", "application/pdf", f"{row.reference}.pdf", house.file(number), "the file as issued"),
        (f"files/{files[FileRole.BUNDLE].sha256}.zip", "application/zip", f"{row.reference}-proof.zip", BUNDLE, "the proof bundle"),
        ("record.json", "application/json", f"{row.reference}.json", row.record.encode(), "the record"),
    ]
    page = see(house, "operator", f"/documents/{number}")
    for path, mimetype, name, content, what in wanted:
        address = f"/documents/{number}/{path}"
        assert f'href="{address}"' in page
        before = len(house.actions())
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype, answer.data) == (200, mimetype, content)
        assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert house.actions()[before:] == [DOWNLOADED]
        event = newest_event(house)
        assert (event.actor, event.subject_type, event.subject_id) == (f"u:{house.people['operator']}", "document", str(number))
        assert f'"what":"{what}"' in event.body
        assert f'"number":"{row.reference}"' in event.body
    assert hashlib.sha256(house.file(number)).hexdigest() == row.sha256


def test_a_trail_statement_is_handed_only_to_who_reads_the_trail(house: House) -> None:
    with house.session() as session:
        content = statement.content(session, statement.Case("organisation", str(house.lemon), "Lemon", house.lemon, "Europe/Paris"), personal=True)
    number = house.issued(house.lemon, kind=statement.KIND, content=content)
    row = house.document(number)
    bundle = next(file for file in row.files if file.role is FileRole.BUNDLE)
    paths = [f"files/{row.sha256}.pdf", f"files/{bundle.sha256}.zip", "record.json"]
    before = house.actions().count(DOWNLOADED)
    page = see(house, "operator", f"/documents/{number}")
    for path in paths:
        address = f"/documents/{number}/{path}"
        assert f'href="{address}"' not in page
        refused = house.client("operator").get(address)
        assert refused.status_code == 403
        assert "entries of the trail" in refused.text
        assert house.client("auditor").get(address).status_code == 200
    assert house.actions().count(DOWNLOADED) == before + len(paths)


def test_asking_for_the_head_of_a_file_records_nothing(house: House) -> None:
    number = house.issued(house.lemon)
    row, client = house.document(number), house.client("ana")
    for path in (f"files/{row.sha256}.pdf", "record.json"):
        with house.counting() as statements:
            answer = client.head(f"/documents/{number}/{path}")
        assert (answer.status_code, answer.data) == (200, b"")
        assert not writes(statements)


@pytest.mark.parametrize("path", ["files/{0}.pdf", "files/{sha}.zip", "files/{sha}", "files/..%2F{sha}.pdf"])
def test_only_the_documents_own_files_are_found(path: str, house: House) -> None:
    number = house.issued(house.lemon)
    address = path.format("0" * 64, sha=house.document(number).sha256)
    assert house.client("ana").get(f"/documents/{number}/{address}").status_code == 404


def test_a_missing_or_changed_file_is_said_and_not_handed_out(house: House) -> None:
    """On the document's page at once, on the list and the board as soon as anybody or the daily reading met it; until it is put right."""
    number = house.issued(house.lemon)
    sha256 = house.document(number).sha256 or ""
    path = store.path_of(house.settings.document_store, sha256)
    client, before, content = house.client("ana"), len(house.actions()), path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(content + b"\n")
    page = client.get(f"/documents/{number}")
    assert page.status_code == 200
    assert "file altered" in page.text
    assert "restore it from a backup" in page.text
    assert f"/files/{sha256}.pdf" not in page.text
    assert "file altered" not in client.get("/documents").text, "nobody has met it yet"
    answer = client.get(f"/documents/{number}/files/{sha256}.pdf")
    assert (answer.status_code, "is no longer in the store as it was issued" in answer.text) == (409, True)
    assert "file altered" in client.get("/documents").text
    assert "is missing or was altered" in client.get("/trail").text, "every page says so to whoever may act"
    path.unlink()
    for answer in (client.get(f"/documents/{number}/files/{sha256}.pdf"), client.post(f"/documents/{number}/check")):
        assert (answer.status_code, "is missing from the store of documents" in answer.text) == (409, True)
    assert DOWNLOADED not in house.actions()[before:]
    assert house.actions()[before:].count("evidence:file:faulty") == 2, "altered, then missing"
    path.write_bytes(content)
    with house.unit() as unit:
        keeping.note(unit, sha256, keeping.fault_of(house.settings.document_store, sha256))
    assert client.get(f"/documents/{number}/files/{sha256}.pdf").status_code == 200
    assert "missing or was altered" not in client.get("/documents").text


def test_where_it_was_sent_names_message_and_file(house: House) -> None:
    number = house.issued(house.lemon)
    sha256 = house.document(number).sha256
    now = pages.clock_of(house.app).now()
    with house.app.app_context(), pages.db.engine.connect().execution_options(write=True) as connection:
        outbox = OutboxMessage.__table__.insert().values(  # type: ignore[attr-defined]
            organisation_id=house.lemon, category=Category.NOTICE, mail="sample/notice", dedupe_key=f"t:{number}", to_address="security@lille.example", to_name="Academy",
            from_name="Lemon", subject="A certificate", body_text="x", body_html="x", message_id=f"<{number}@x.example>", state=State.SENT, sent_at=now, created_at=now,
            next_at=now, give_up_at=now,
        )  # fmt: skip
        key = connection.execute(outbox).inserted_primary_key[0]
        connection.execute(OutboxAttachment.__table__.insert().values(outbox_id=key, document_id=number, sent_sha256=sha256))  # type: ignore[attr-defined]
        connection.commit()
    page = see(house, "ana", f"/documents/{number}")
    assert f'<a href="/outbox/{key}">Academy, security@lille.example</a>' in page
    assert "left with the mail" in page
    assert "The document as it was issued, " in page
    message = see(house, "ana", f"/outbox/{key}")
    assert f'href="/documents/{number}"' in message
    assert "left with the message" in message
    with house.app.app_context(), pages.db.engine.connect().execution_options(write=True) as connection:
        connection.execute(OutboxMessage.__table__.update().values(kept=True))  # type: ignore[attr-defined]
        connection.commit()
    page = see(house, "ana", f"/documents/{number}")
    assert ("kept in the file mailbox, nobody received it" in page, "left with the mail" in page) == (True, False)
    with house.session() as session:
        assert [one.reference for one in attachments.of_message(session, key)] == [house.document(number).reference]


def test_checking_the_stored_file_shows_each_check_and_is_limited(house: House) -> None:
    number = house.issued(house.lemon)
    client = house.client("auditor")
    with house.counting() as statements:
        page = client.post(f"/documents/{number}/check").text
    assert "Issued and intact" in page
    assert page.count('<li class="check">') > 10
    assert "Register of issued files" in page
    assert not writes(statements), "a check changes nothing"
    limit = house.app.extensions["dpa_limits"]["documents-check"]
    now = pages.clock_of(house.app).now()
    while not limit.take(f"u:{house.people['auditor']}", now):
        pass
    answer = client.post(f"/documents/{number}/check")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert "only a few checks run at once" in answer.text
    assert house.client("operator").post(f"/documents/{number}/check").status_code == 200, "others are not held up"


def test_a_waiting_document_can_be_made_at_once(fresh: House) -> None:
    number = fresh.order(fresh.lemon)
    page = see(fresh, "ana", f"/documents/{number}")
    assert "This document is being made" in page
    assert "Make it now" in page
    assert "Check this file" not in page
    assert "Make it now" not in see(fresh, "operator", f"/documents/{number}")
    assert fresh.client("operator").post(f"/documents/{number}/make").status_code == 403
    client = fresh.client("ana")
    assert client.get(f"/documents/{number}/record.json").status_code == 404
    assert client.post(f"/documents/{number}/check").status_code == 404
    page = client.post(f"/documents/{number}/make", follow_redirects=True).text
    assert "The document is issued." in page
    assert "Download" in page
    assert client.post(f"/documents/{number}/make").status_code == 303, "twice is once"
    assert fresh.actions().count("evidence:document:issued") == 1


def test_a_failing_document_says_why_and_does_not_sit_out_its_wait(fresh: House) -> None:
    broken, number = fresh.order(fresh.lemon, BROKEN), fresh.order(fresh.lemon)
    fresh.failing(number, 3, "The disk is full.")
    page = see(fresh, "ana", f"/documents/{number}")
    assert "could not be made yet" in page
    assert "The disk is full." in page
    assert "Tried 3 times" in page
    assert "failing" in see(fresh, "ana", "/documents")
    client = fresh.client("ana")
    assert "The document is issued." in client.post(f"/documents/{number}/make", follow_redirects=True).text
    page = client.post(f"/documents/{broken}/make", follow_redirects=True).text
    assert "The document is not issued yet" in page
    assert "could not be made (KeyError)" in page


def test_what_a_worker_has_in_hands_is_left_to_it(fresh: House) -> None:
    from dpa.evidence.register import issuing
    from dpa.extensions import db
    from dpa.slice import Tick

    number = fresh.order(fresh.lemon)
    with fresh.app.app_context():
        session = db.session()
        assert issuing.claim(Tick(session, pages.NOON, fresh.settings, lambda actor: pages.act(fresh.app, session, actor), "test:1"))
    page = see(fresh, "ana", f"/documents/{number}")
    assert "A worker is making this document" in page
    assert "Make it now" not in page
    assert "a worker has it in hands" in fresh.client("ana").post(f"/documents/{number}/make", follow_redirects=True).text


def test_a_stamped_file_stands_beside_the_one_issued_first(tmp_path: Any, seal_ground: SealGround) -> None:
    house = make_house(tmp_path, seal_ground, stamps=True)
    seal_ground.authority.mode = "error"
    number = house.issued(house.lemon)
    assert "sealed, time-stamp to follow" in see(house, "ana", f"/documents/{number}")
    seal_ground.authority.mode = "good"
    from dpa.evidence.register import stamping
    from dpa.extensions import db
    from dpa.slice import Tick

    pages.clock_of(house.app).advance(timedelta(minutes=10))
    with house.app.app_context():
        session = db.session()
        now = pages.clock_of(house.app).now()
        assert stamping.add_stamps(Tick(session, now, house.settings, lambda actor: pages.act(house.app, session, actor), "test:1"))
    row, page = house.document(number), see(house, "ana", f"/documents/{number}")
    assert "sealed and time-stamped" in page
    assert "time proved by an authority" in page
    assert f"{row.reference}-as-issued.pdf" in page
    client = house.client("ana")
    names = {client.get(link).headers["Content-Disposition"] for link in set(links(page, rf"/documents/{number}/files/[0-9a-f]+\.pdf"))}
    assert names == {f"attachment; filename={row.reference}.pdf", f"attachment; filename={row.reference}-as-issued.pdf"}


def test_a_document_listed_again_after_a_restore_says_so(house: House) -> None:
    """Its row is what `finding` writes: no case, and a checkpoint that the restored database does not know."""
    number = house.issued(house.lemon)
    with house.app.app_context(), pages.db.engine.connect().execution_options(write=True) as connection:
        found_at = pages.clock_of(house.app).now()
        table = IssuedDocument.__table__
        changes = {"found_at": found_at, "subject_type": "trail", "subject_id": "1", "checkpoint_size": None}
        connection.execute(table.update().where(table.c.id == number).values(**changes))  # type: ignore[attr-defined]
        connection.commit()
    page = house.client("ana").get(f"/documents/{number}").text
    for words in ("listed again after a restore", "Listed again", "An older copy of the database had been restored", "The trail", "not known here", "Sealed as"):
        assert words in page
    assert "listed again after a restore" in house.client("ana").get("/documents").text
