"""What a stranger may download to check documents without us, by which fingerprint, and what nobody learns by it."""

from __future__ import annotations

import hashlib
import html
import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dpa.evidence.pdf import render
from dpa.evidence.register import assembling, kinds, recipe, records
from dpa.evidence.seal import operations as seals
from dpa.evidence.seal.models import Backend, SealIdentity
from tests.evidence.pages.house import House, links, make_house, writes
from tests.evidence.pages.test_verify_page import sealed_anew, upload
from tests.evidence.pdf.reading import text
from tests.evidence.witness.signing import VERIFIER
from tests.support import pages
from tests.support.browser import LiveServer, check_axe, watch_csp
from tests.support.seals import SealGround


@pytest.fixture(scope="module")
def known(house: House) -> dict[str, str]:
    """Both organisations share the seal of the tests; Light Company makes two of its own afterwards, each under a root of its own."""
    found = {"document": str(house.issued(house.lemon))}
    for name in ("first", "second"):
        prepared = seals.prepare_builtin(house.settings, house.light, "Light Company", "FR", pages.NOON)
        with house.unit() as unit:
            seals.install(unit, prepared)
        found |= {name: prepared.fingerprint, f"{name} root": prepared.root_fingerprint}
    return found


def get(house: House, path: str, status: int = 200) -> Any:
    answer = house.client(None).get(path)
    assert answer.status_code == status, answer.text[:500]
    return answer


def look_up(house: House, typed: str, status: int) -> Any:
    answer = house.client(None).post("/verify/files", data={"fingerprint": typed})
    assert answer.status_code == status
    return answer


def test_keys_and_verifier_are_there_for_everybody_with_their_digests(house: House, known: dict[str, str]) -> None:
    with house.counting() as statements:
        page = get(house, "/verify/files").text
    assert not writes(statements)
    assert known
    vkeys = get(house, "/verify/files/trail-keys.txt").text.split()
    assert vkeys
    for vkey in vkeys:
        assert vkey in html.unescape(page)
    verifier = get(house, "/verify/files/verify_trail.py")
    assert verifier.data == VERIFIER.read_bytes()
    assert verifier.headers["Content-Disposition"] == "attachment; filename=verify_trail.py"
    assert hashlib.sha256(verifier.data).hexdigest() in page
    assert 'href="/verify/files"' in get(house, "/verify").text
    for words in ("Lemon Learning", "Light Company"):
        assert words not in page, "which organisations there are is nobody's business"


@pytest.mark.parametrize("written", [str, str.upper, lambda plain: ":".join(re.findall("..", plain)), lambda plain: f" {' '.join(re.findall('....', plain))}\n",
                                     lambda plain: "sha256 Fingerprint=" + ":".join(re.findall("..", plain)).upper()])
def test_a_fingerprint_as_people_copy_it_opens_the_files(written: Any, house: House, known: dict[str, str]) -> None:
    for name in ("first", "second root"):
        answer = look_up(house, written(known[name]), 302)
        assert answer.headers["Location"] == f"/verify/seals/{known[name]}"


@pytest.mark.parametrize("typed", ["", "abc", "0" * 64, "g" * 64, "1" * 63, "1" * 201, "<script>"])
def test_any_other_is_answered_with_what_to_do(typed: str, house: House, known: dict[str, str]) -> None:
    assert known
    page = look_up(house, typed, 422).text
    assert any(words in page for words in ("No seal with this fingerprint is known here", "Enter the fingerprint that", "A fingerprint has 64 digits"))
    assert "<script>" not in page.partition("<main")[2]


def test_the_files_of_a_seal_are_enough_to_run_the_recipe(house: House, known: dict[str, str], tmp_path: Path) -> None:
    page = get(house, f"/verify/seals/{known['first']}").text
    for name in ("first", "first root", "second", "second root"):
        assert known[name] in page, "seals used before and since, too"
    for name in ("VERIFY.txt", "seal-issuers.pem", "seal-revoked.pem"):
        content = get(house, f"/verify/seals/{known['first']}/{name}").data
        assert hashlib.sha256(content).hexdigest() in page
        (tmp_path / name).write_bytes(content)
    steps = (tmp_path / "VERIFY.txt").read_text()
    assert known["first root"] in steps
    assert f"{house.settings.base_url}/verify/seals/{known['first']}/seal-revoked.pem" in steps
    script = re.search(r"^```\n(awk .*?)\n```$", steps, re.MULTILINE | re.DOTALL)
    assert script is not None
    said = subprocess.run(["sh", "-c", script.group(1) + "\nopenssl crl -in seal-revoked.pem -noout -CAfile root.pem 2>&1"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ":".join(re.findall("..", known["first root"])).upper() in said.stdout
    assert "verify OK" in said.stdout
    for path in (f"/verify/seals/{known['first']}/nothing.pem", f"/verify/seals/{known['first']}/..%2fx", "/verify/seals/" + "0" * 64, "/verify/seals/xyz", "/verify/files/other.py"):
        get(house, path, 404)


def test_all_files_come_as_one_and_the_same_twice(house: House, known: dict[str, str]) -> None:
    one, other = (get(house, f"/verify/seals/{known['second']}/all.zip").data for _ in range(2))
    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        names = set(archive.namelist())
        assert {"VERIFY.txt", "seal-issuers.pem", "seal-revoked.pem", "trail-keys.txt", "verify_trail.py", f"former/{known['first root'][:16]}-seal-issuers.pem"} <= names
        assert archive.read("seal-issuers.pem") != archive.read(f"former/{known['first root'][:16]}-seal-issuers.pem")


def test_who_shares_a_seal_is_not_told_and_a_root_that_everybody_knows_opens_nothing(house: House, known: dict[str, str], seal_ground: SealGround) -> None:
    shared = seal_ground.prepared_for(house.lemon).fingerprint
    page = get(house, f"/verify/seals/{shared}").text
    assert known["first"] not in page
    assert known["second"] not in page
    with house.unit() as unit:
        bought = unit.session.query(SealIdentity).filter_by(fingerprint=known["first"]).one()
        bought.backend = Backend.PKCS12
        unit.session.flush()
        try:
            assert recipe.means(unit.session, known["first root"]) is None
            found = recipe.means(unit.session, known["first"])
            assert found is not None
            assert found.named.id == bought.id
        finally:
            bought.backend = Backend.BUILTIN
            unit.session.flush()
            unit.session.expire_all()
            unit.session.rollback()


def test_a_genuine_document_leads_to_the_files_and_no_other_file_does(house: House, known: dict[str, str], seal_ground: SealGround) -> None:
    number = int(known["document"])
    content = house.file(number)
    seal = records.read(house.document(number).record or "")["seal"]["fingerprint"]
    assert links(upload(house, content).text, "/verify/seals/[0-9a-f]+") == [f"/verify/seals/{seal}"]
    for other in (content + b"\n%\n", sealed_anew(house, number, seal_ground.stranger), b"%PDF-1.7"):
        assert not links(upload(house, other).text, "/verify/seals/.*")


def test_a_document_prints_what_its_holder_needs(house: House, known: dict[str, str]) -> None:
    row = house.document(int(known["document"]))
    record = records.read(row.record or "")
    vkeys = get(house, "/verify/files/trail-keys.txt").text.split()
    assert record["trail_key"] in vkeys
    printed = re.sub(r"\s", "", text(house.file(row.id)))
    for needed in (record["trail_key"], record["seal"]["root_fingerprint"], record["seal"]["fingerprint"], f"{record['verify_at']}/files", "VERIFY.txt", "How to check it without the issuer", "inanotherway"):
        assert needed.replace(" ", "") in printed, needed
    assert "onanotherway" not in printed
    older = {key: value for key, value in record.items() if key != "trail_key"}
    document = assembling.document(records.canonical(older), kinds.kind_named(row.kind), None)
    assert record["trail_key"] not in text(render(document).content), "a record from before the key was printed still makes its document"


@pytest.mark.browser
def test_the_files_in_a_browser(page: Any, tmp_path: Path, seal_ground: SealGround) -> None:
    house = make_house(tmp_path, seal_ground)
    number = house.issued(house.lemon)
    seal = records.read(house.document(number).record or "")["seal"]
    with LiveServer(house.app) as server:
        complaints = watch_csp(page)
        page.goto(f"{server.url}/verify")
        check_axe(page)
        page.get_by_role("link", name="Files to check without us").click()
        check_axe(page)
        page.get_by_label("Fingerprint").fill("nonsense")
        page.get_by_role("button", name="Show the files").click()
        page.get_by_text("No seal with this fingerprint is known here").first.wait_for()
        check_axe(page)
        page.get_by_label("Fingerprint").fill(seal["root_fingerprint"] if Backend(seal["backend"]) is Backend.BUILTIN else seal["fingerprint"])
        page.get_by_role("button", name="Show the files").click()
        page.get_by_role("heading", name="Is it the right seal?").wait_for()
        check_axe(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download all as one file").click()
        assert zipfile.is_zipfile(download.value.path())
        complaints.check()
