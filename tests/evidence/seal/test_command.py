"""`dpa seal`: what the operator can do, what it prints, and one sentence for what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from sqlalchemy import select
from sqlalchemy.orm import Session

from dpa.cli import main
from dpa.evidence.seal import authorities, operations, preparing
from dpa.evidence.seal.certificates import der, fingerprint
from dpa.evidence.seal.models import SealIdentity
from dpa.evidence.trail.models import TrailEvent
from tests.evidence.seal.conftest import House
from tests.support.seals import certificate


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def dpa(sqlite_house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in this process, on the house's database and keys; the machine's clock stands at the house's time."""
    sqlite_house.session.rollback()
    monkeypatch.setenv("DPA_INSTANCE", str(sqlite_house.settings.instance))
    monkeypatch.setenv("DATABASE_URL", sqlite_house.settings.database)
    monkeypatch.setenv("DPA_KEYS", str(sqlite_house.settings.keys))
    monkeypatch.setattr("dpa.clock.SystemClock.now", lambda _self: sqlite_house.now)

    def call(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["dpa", "seal", *words])
        capsys.readouterr()
        status: str | int | None = 0
        try:
            main()
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        return Done(int(status or 0), out, err)

    return call


def rows(house: House) -> list[tuple[str, str]]:
    with Session(house.session.get_bind()) as session:
        return [(one.state, one.backend) for one in session.scalars(select(SealIdentity).order_by(SealIdentity.id))]


def test_the_life_of_a_seal(dpa: Command, sqlite_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ground = sqlite_house.ground
    monkeypatch.setattr(operations, "prepare_builtin", lambda _settings, number, *_: ground.prepared_for(number))
    assert dpa("list").err == "There are no seals yet; one is made with the first document, or by: dpa seal create\n"
    made = dpa("create", "lumen", "--reason", "set-up")
    assert (made.status, made.err) == (0, "")
    assert [line.split()[-1] for line in made.out.splitlines()[2:]] == [ground.prepared.fingerprint, ground.prepared.root_fingerprint]
    again = dpa("create", "lumen")
    assert (again.status, again.out) == (2, "")
    assert "dpa seal rotate lumen" in again.err
    out = tmp_path / "root.pem"
    assert dpa("root", "lumen", "--out", str(out)).out == f"{ground.prepared.root_fingerprint}\n"
    assert fingerprint(der(x509.load_pem_x509_certificate(out.read_bytes()))) == ground.prepared.root_fingerprint
    assert dpa("root", "lumen").out == f"{out.read_text('ascii')}{ground.prepared.root_fingerprint}\n"
    rotated = dpa("rotate", "lumen", "--reason", "half-time")
    assert rotated.status == 0
    assert ground.prepared.root_fingerprint in rotated.out
    assert ground.prepared.fingerprint not in rotated.out
    revoked = dpa("revoke", "lumen", "--reason", "the laptop was lost")
    assert revoked.status == 0
    assert "List 3 of its root names it." in revoked.out
    assert rows(sqlite_house) == [("retired", "builtin"), ("revoked", "builtin")]
    assert dpa("revoke", "lumen", "--reason", "again").err == "dpa: lumen has no active seal; name a retired one with --fingerprint.\n"
    older = dpa("revoke", "lumen", "--reason", "the old key too", "--fingerprint", ground.prepared.fingerprint[:12].upper())
    assert (older.status, older.out.splitlines()[0]) == (0, f"Revoked the seal {ground.prepared.fingerprint}.")
    assert dpa("rotate", "lumen").status == 0
    listed = [line.split("\t") for line in dpa("list").out.splitlines()]
    assert [(line[0], line[1], line[2]) for line in listed] == [("lumen", "active", "builtin"), ("lumen", "revoked", "builtin"), ("lumen", "revoked", "builtin")]
    assert {line[5] for line in listed} == {ground.prepared.root_fingerprint}
    with Session(sqlite_house.session.get_bind()) as session:
        assert set(session.scalars(select(TrailEvent.actor).where(TrailEvent.action.startswith("evidence:seal")))) == {"system:cli"}


def test_a_bought_seal_is_installed_from_its_file(dpa: Command, sqlite_house: House, tmp_path: Path) -> None:
    issuer = sqlite_house.ground.authority.root
    leaf = certificate(sqlite_house.ground.authority.leaf.key, "Bought Seal", issuer)
    file, secret = tmp_path / "seal.p12", tmp_path / "secret"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", sqlite_house.ground.authority.leaf.key, leaf, [issuer.certificate], BestAvailableEncryption(b"open it")))
    secret.write_text("not it\n", "ascii")
    for path in (file, secret):
        path.chmod(0o600)
    refused = dpa("use-pkcs12", "lumen", str(file), "--passphrase-file", str(secret))
    assert (refused.status, refused.out) == (2, "")
    assert refused.err == f"dpa: {file} does not open: the passphrase in {secret} is wrong, or it is not a PKCS#12 file.\n"
    secret.write_text("open it\n", "ascii")
    assert dpa("use-pkcs12", "lumen", str(file), "--passphrase-file", str(secret)).status == 0
    assert rows(sqlite_house) == [("active", "pkcs12")]
    assert "comes from elsewhere" in dpa("rotate", "lumen").err
    revoked = dpa("revoke", "lumen", "--reason", "stolen")
    assert revoked.status == 0
    assert "its issuer must be told" in revoked.err


def test_a_token_is_installed_with_what_the_options_name(dpa: Command, sqlite_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []

    def prepare(_settings: object, number: int, place: object, _now: object, **how: object) -> preparing.Prepared:
        asked.append((place, how))
        return sqlite_house.ground.prepared_for(number)

    monkeypatch.setattr(operations, "prepare_pkcs11", prepare)
    done = dpa(
        "use-pkcs11", "lumen", "--library", str(tmp_path / "hsm.so"), "--token", "Desk", "--key", "seal", "--label", "cert", "--pin-file", str(tmp_path / "pin"),
    )  # fmt: skip
    assert done.status == 0
    place = preparing.TokenPlace(str(tmp_path / "hsm.so"), "Desk", "seal", str(tmp_path / "pin"))
    assert asked == [(place, {"certificate_file": None, "label": "cert"})]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "nobody"), "There is no organisation 'nobody'"),
        (("root", "lumen"), "lumen has no seal yet; make one with: dpa seal create lumen"),
        (("rotate", "lumen"), "lumen has no seal yet"),
        (("revoke", "lumen", "--reason", "x"), "lumen has no active seal"),
        (("revoke", "lumen", "--reason", "x", "--fingerprint", "00"), "lumen has no seal with that fingerprint"),
        (("revoke", "lumen"), "Missing option '--reason'"),
        (("use-pkcs12", "lumen", "none.p12", "--passphrase-file", "none"), "cannot be read"),
        (("use-pkcs11", "lumen", "--library", "none.so", "--token", "t", "--key", "k", "--pin-file", "none"), "cannot be read"),
        (("melt", "lumen"), "No such command"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_two(words: tuple[str, ...], sentence: str, dpa: Command) -> None:
    done = dpa(*words)
    assert (done.status, done.out) == (2, "")
    assert sentence in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_authorities_are_listed_and_ended(sqlite_house: House, dpa: Command) -> None:
    root = sqlite_house.ground.authority.root.certificate
    assert "No root of a time-stamp authority is kept yet" in dpa("authorities").err
    with sqlite_house.begin() as unit:
        authorities.keep(unit, [der(root), der(root)])
    digest = fingerprint(der(root))
    [line] = dpa("authorities").out.splitlines()
    assert line.split("\t") == [digest, "2026-11-22", "believed", "CN=Test Time-Stamp Root,C=FR"]
    for words, sentence in (((digest[:12],), "Missing option"), (("ffff", "--reason", "x"), "No root of a time-stamp authority has that fingerprint"),
                            ((digest, "--reason", " "), "Say why its time-stamps are not to be believed")):
        done = dpa("end-authority", *words)
        assert (done.status, done.out) == (2, "")
        assert sentence in done.err
    colons = ":".join(digest[at : at + 2] for at in range(0, 64, 2)).upper()
    assert "are not believed any more" in dpa("end-authority", colons, "--reason", "It lost its key.").out
    assert dpa("authorities").out.split("\t")[2] == "2026-11-22"
    assert "is not believed any more since" in dpa("end-authority", digest[:12], "--reason", "Once more.").err
