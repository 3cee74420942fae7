"""The public check: every verdict through the real examination, what it tells and keeps to itself, and its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from werkzeug.test import TestResponse

from dpa.evidence.pages import verdicts
from dpa.evidence.register import making
from dpa.evidence.seal.sealers import Sealer
from dpa.evidence.seal.sealing import seal
from dpa.evidence.trail import keys
from dpa.evidence.trail.models import TrailCheckpoint
from dpa.evidence.verification import sandbox
from dpa.evidence.verification.values import MOST_BYTES, Verdict
from tests.evidence.pages.house import House, make_house, writes
from tests.support import pages
from tests.support.browser import LiveServer, check_axe, watch_csp
from tests.support.seals import SealGround

SECRET = "The password of the vault is hunter2."
NETWORK = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture(scope="module")
def issued(house: House) -> dict[str, int]:
    """A current and a superseded document."""
    old = house.issued(house.lemon, SECRET)
    new = house.issued(house.lemon, SECRET, supersedes_id=old, supersede_reason="The number of people was corrected.")
    return {"old": old, "new": new}


def upload(house: House, content: bytes, name: str = "paper.pdf", **more: Any) -> TestResponse:
    answer = house.client(None).post("/verify/file", data={"file": (BytesIO(content), name)}, content_type="multipart/form-data", **more)
    answer.request.environ["wsgi.input"].close()  # The test client's own copy of a large body is a file.
    return answer


def sealed_anew(house: House, number: int, sealer: Sealer) -> bytes:
    """The same pages under another seal, which the register does not list."""
    row = house.document(number)
    with house.session():
        unsealed = making.again(row.record or "", house.settings)
    assert row.issued_at is not None
    return seal(unsealed, sealer, reason="Sealed once more", at=row.issued_at, stamper=None).content


def blank() -> bytes:
    stream = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(stream)
    return stream.getvalue()


FILES: dict[Verdict, Callable[[House, dict[str, int], SealGround], bytes]] = {
    Verdict.ISSUED: lambda house, issued, _: house.file(issued["new"]),
    Verdict.SUPERSEDED: lambda house, issued, _: house.file(issued["old"]),
    Verdict.NOT_THE_ISSUED_FILE: lambda house, issued, ground: sealed_anew(house, issued["new"], ground.sealer),
    Verdict.ALTERED: lambda house, issued, _: house.file(issued["new"]) + b"\n%\n",
    Verdict.NOT_OURS: lambda house, issued, ground: sealed_anew(house, issued["new"], ground.stranger),
    Verdict.UNREADABLE: lambda *_: b"%PDF-1.7 no more than a beginning",
}


@pytest.mark.parametrize("verdict", list(FILES))
def test_each_verdict_is_told_in_words_and_tells_no_more(
    verdict: Verdict, house: House, issued: dict[str, int], seal_ground: SealGround, capsys: pytest.CaptureFixture[str]
) -> None:
    content = FILES[verdict](house, issued, seal_ground)
    stored = sorted(house.settings.instance.rglob("*"))
    capsys.readouterr()
    with house.counting() as statements:
        answer = upload(house, content, "very-private-name.pdf")
    assert answer.status_code == 200
    title, tint, _, means, means_not = verdicts.WORDS[verdict]
    page = answer.text.replace("&#39;", "'")
    assert f'<h1 class="verdict-title">{title}</h1>' in page
    assert f"verdict tint-{tint}" in page
    assert means in page
    assert means_not in page
    assert '<li class="check">' in page
    for words in (SECRET, "Certificate of deletion", "Académie de Lille", "Ana Duarte"):
        assert words not in page, "nothing of what a document says is shown"
    authentic = verdict in (Verdict.ISSUED, Verdict.SUPERSEDED)
    assert ("<dt>Issued by</dt>" in page) == ("<dt>Number</dt>" in page) == authentic
    if verdict is Verdict.SUPERSEDED:
        assert house.document(issued["new"]).reference in page
    assert not writes(statements), "strangers cannot make this page write"
    assert sorted(house.settings.instance.rglob("*")) == stored, "an upload is not stored"
    heard = "".join(capsys.readouterr())
    assert "very-private-name" not in heard


def test_a_sealed_file_without_text_of_ours_and_a_blank_one_are_not_ours(house: House) -> None:
    assert "Not ours" in upload(house, blank()).text


def test_opening_the_page_touches_no_database(house: House) -> None:
    client = house.client(None)
    for method, path, status in (("GET", "/verify", 200), ("HEAD", "/verify", 200), ("GET", "/verify/file", 302), ("GET", "/verify/number", 302), ("HEAD", "/verify/file", 302)):
        with house.counting() as statements:
            answer = client.open(path, method=method)
        assert (answer.status_code, statements) == (status, [])
    page = client.get("/verify").text
    assert "at most 10 MB" in page
    assert "js/verify.js" in page
    assert 'href="/verify"' in client.get("/sign-in").text


@pytest.mark.parametrize(("content", "status", "sentence"), [
    (b"", 422, "The file is empty"),
    (b"%PDF" + bytes(MOST_BYTES), 413, "larger than 10 MB, the most that is examined here"),
    (b"%PDF" + bytes(MOST_BYTES + 200_000), 413, "larger than 10 MB, the most that is examined here"),
    (b"GIF89a, a picture", 200, "Cannot be read"),
], ids=["empty", "just-too-large", "much-too-large", "no-pdf"])  # fmt: skip
def test_what_cannot_be_examined_is_said(content: bytes, status: int, sentence: str, house: House) -> None:
    answer = upload(house, content)
    assert answer.status_code == status
    assert sentence in answer.text


def test_without_a_file_or_a_number_the_form_says_what_it_wants(house: House) -> None:
    client = house.client(None)
    for path, sentence in (("/verify/file", "Choose the PDF as you received it, or the checkpoint beside it."), ("/verify/number", "Enter the check code from the foot of a page")):
        answer = client.post(path, data={"number": "LL-TC-2026-0001"})
        assert answer.status_code == 422
        assert sentence in answer.text
    assert client.post("/verify/number", data={"number": "x", "code": "y"}, csrf=False).status_code == 400


def test_a_number_with_its_code_is_found_and_every_other_answer_is_alike(house: House, issued: dict[str, int]) -> None:
    client, new, old = house.client(None), house.document(issued["new"]), house.document(issued["old"])

    def ask(number: str, code: str) -> str:
        answer = client.post("/verify/number", data={"number": number, "code": code})
        assert answer.status_code == 200
        return answer.text

    assert new.record_sha256 is not None
    assert old.record_sha256 is not None
    code = new.record_sha256[:16]
    spaced = " ".join(code[at : at + 4] for at in range(0, 16, 4))
    for number, digits in ((new.reference, code), (f" {new.reference.lower()} ", spaced.upper())):
        page = ask(number, digits)
        assert "Listed in the register" in page
        assert new.reference in page
        assert "a number can be copied" in page
        assert "Académie de Lille" not in page
    assert "Listed, but superseded" in ask(old.reference, old.record_sha256[:16])
    wrong = [ask(number, digits) for number, digits in ((new.reference, old.record_sha256[:16]), ("LL-TC-2026-9999", code), ("<b>", "x"), (new.reference, code[:15]))]
    assert "Not found" in wrong[0]
    assert len(set(wrong)) == 1, "a wrong number and a wrong code look alike"


def test_a_network_may_ask_so_often_and_no_more(house: House) -> None:
    client = house.client(None)
    for _ in range(10):
        assert client.post("/verify/file", environ_overrides=NETWORK).status_code == 422
    answer = client.post("/verify/file", environ_overrides={"REMOTE_ADDR": "192.0.2.200"})
    assert answer.status_code == 429, "addresses of one network count together"
    assert answer.headers["Retry-After"] == "60"
    assert "Try again in 1 min" in answer.text
    assert client.post("/verify/file", environ_overrides={"REMOTE_ADDR": "198.51.100.1"}).status_code == 422
    assert client.get("/verify", environ_overrides=NETWORK).status_code == 200
    for _ in range(30):
        assert client.post("/verify/number", environ_overrides=NETWORK).status_code == 422
    assert client.post("/verify/number", environ_overrides=NETWORK).status_code == 429
    pages.clock_of(house.app).advance(timedelta(seconds=61))
    assert client.post("/verify/file", environ_overrides=NETWORK).status_code == 422


def test_a_machine_without_room_is_no_verdict_over_the_file(house: House, issued: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "executable", "/nowhere/python")
    answer = upload(house, house.file(issued["new"]))
    assert answer.status_code == 503
    assert "nothing was examined" in answer.text
    assert Verdict.UNREADABLE.value not in answer.text.lower()


def test_only_a_few_files_are_examined_at_once(house: House) -> None:
    upload(house, b"")
    limit = house.app.extensions["dpa_limits"]["verify-file"]
    with limit.place() as first, limit.place() as second:
        assert (first, second) == (True, True)
        answer = upload(house, b"%PDF-1.7")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "nothing was examined" in answer.text
    assert upload(house, b"%PDF-1.7").status_code == 200


@pytest.mark.browser
def test_the_code_of_a_document_fills_the_form_and_a_large_file_is_stopped(page: Any, tmp_path: Any, seal_ground: SealGround) -> None:
    house = make_house(tmp_path, seal_ground)
    row = house.document(house.issued(house.lemon))
    code = (row.record_sha256 or "")[:16]
    large = tmp_path / "large.pdf"
    large.write_bytes(bytes(MOST_BYTES + 1))
    asked: list[str] = []
    with LiveServer(house.app) as server:
        complaints = watch_csp(page)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/verify#{row.reference}.{code}")
        assert page.get_by_label("Number").input_value() == row.reference
        assert page.get_by_label("Check code").input_value().replace(" ", "") == code
        check_axe(page)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Listed in the register").wait_for()
        check_axe(page)
        page.goto(f"{server.url}/verify")
        page.get_by_label("PDF file").set_input_files(str(large))
        assert page.get_by_text("larger than 10 MB").is_visible()
        sent = len(asked)
        page.get_by_role("button", name="Check the file").click()
        assert len(asked) == sent, "a file that is too large is not sent"
        page.goto(f"{server.url}/verify#<b>.zz")
        assert page.get_by_label("Number").input_value() == ""
        complaints.check()
    assert not any(code in url for url in asked)


def test_the_checkpoint_beside_a_document_is_compared_with_the_trail(house: House, issued: dict[str, int]) -> None:
    with house.session() as session:
        row = session.get_one(TrailCheckpoint, house.document(issued["new"]).checkpoint_size)
        note = row.note
    with house.counting() as statements:
        page = upload(house, note.encode(), "trail-checkpoint.txt").text
    assert "The trail still holds what your checkpoint covers" in page
    assert not writes(statements)
    wrapped = upload(house, note.replace("\n", "\r\n").encode(), "trail-checkpoint.txt").text
    assert "The trail still holds what your checkpoint covers" in wrapped
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) - 1)
    forged = upload(house, "\n".join(lines).encode(), "trail-checkpoint.txt").text
    assert "This checkpoint says nothing about the trail here" in forged


def test_a_checkpoint_that_the_trail_of_today_contradicts_is_found_though_table_and_tree_agree(
    house: House, issued: dict[str, int], tmp_path: Path, seal_ground: SealGround
) -> None:
    other = make_house(tmp_path, seal_ground)
    other.issued(other.lemon, "Another history.")
    # The same key signs two histories: what somebody who has the key and the database would make.
    keys.retire(keys.folder_of(other.settings), keys.public_keys(house.settings)[0])
    with house.session() as session:
        note = session.get_one(TrailCheckpoint, house.document(issued["old"]).checkpoint_size).note
    answer = upload(other, note.encode(), "trail-checkpoint.txt")
    assert "The trail was changed after your checkpoint was signed" in answer.text


def test_a_document_of_a_demonstration_says_that_nobody_was_told_by_it(house: House, issued: dict[str, int]) -> None:
    row = house.document(issued["new"])
    by_number = house.client(None).post("/verify/number", data={"number": row.reference, "code": (row.record_sha256 or "")[:16]}).text
    for page in (upload(house, house.file(issued["new"])).text, by_number):
        assert "a demonstration" in page
        assert "nobody was told by it" in page


def test_an_altered_file_is_not_called_unchanged_in_any_line(house: House, issued: dict[str, int]) -> None:
    content = bytearray(house.file(issued["new"]))
    content[content.index(b"stream") + 40] ^= 1
    page = upload(house, bytes(content)).text
    assert "Altered" in page
    assert "nothing was changed" not in page
