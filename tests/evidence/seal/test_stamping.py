"""An authority that misbehaves never stops an issue, is never believed, and is named with the reason."""

from __future__ import annotations

import hashlib
import threading
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader

from dpa.clock import FixedClock
from dpa.config import Settings
from dpa.evidence.pdf import Text, render
from dpa.evidence.seal import stamping
from dpa.evidence.seal.sealing import add_stamp, seal
from dpa.evidence.seal.stamping import Stamper, StampUnavailable, stamper_for, token
from tests.evidence.pdf import samples, verapdf
from tests.evidence.seal import outside
from tests.support.seals import AT, SealGround

REASON = "Issued"
DIGEST = hashlib.sha256(b"a checkpoint of the trail").digest()
REASONS = {
    "refused": "it refused the request (rejection)",
    "garbage": "cannot be read as a time-stamp",
    "empty": "cannot be read as a time-stamp",
    "wrong-nonce": "belongs to another request (nonce)",
    "wrong-imprint": "is over something else than was sent",
    "untrusted": "does not lead to a root in DPA_TSA_ROOTS",
    "not-for-stamping": "does not lead to a root in DPA_TSA_ROOTS",
    "also-for-code": "not made for time-stamping alone",
    "expired": "was not valid at that time",
    "forged": "its signature is not correct",
    "slow": "did not answer within 0.4 seconds",
    "drip": "did not answer within 0.4 seconds",
    "huge": "more than 256 KiB",
    "error": "HTTP status 503",
    "redirect": "HTTP status 302",
    "html": "did not answer with a time-stamp",
}


@pytest.fixture(scope="module")
def unsealed() -> bytes:
    return render(samples.document(Text("A short document."))).content


@pytest.mark.parametrize("mode", REASONS)
def test_a_bad_authority_does_not_stop_the_issue_and_is_not_believed(mode: str, seal_ground: SealGround, unsealed: bytes) -> None:
    seal_ground.authority.mode = mode
    before = time.perf_counter()
    sealed = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=seal_ground.stamper(timeout=0.4))
    assert time.perf_counter() - before < 3
    assert sealed.level == "B-B"
    assert REASONS[mode] in sealed.stamp_problem
    assert sealed.stamp_problem.endswith((".", "?"))
    assert "\n" not in sealed.stamp_problem
    assert len(outside.parts(sealed.content)) == 1
    assert seal_ground.authority.requests == 1, "no redirect is followed and nothing is asked twice"


def test_an_authority_that_is_down_is_said_to_be_down(seal_ground: SealGround, unsealed: bytes, tmp_path: Path) -> None:
    nobody = Stamper("http://127.0.0.1:9/tsa", seal_ground.authority.roots)
    sealed = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=nobody)
    assert (sealed.level, sealed.stamp_problem) == ("B-B", "The time-stamp authority 127.0.0.1 cannot be reached.")
    with pytest.raises(StampUnavailable, match="cannot be reached"):
        add_stamp(sealed.content, nobody, seal_ground.sealer.material)


@pytest.mark.parametrize("content", [None, "", "no certificate here", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_roots_that_cannot_be_read_do_not_stop_the_issue(content: str | None, seal_ground: SealGround, unsealed: bytes, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    if content is not None:
        roots.write_text(content, "ascii")
    sealed = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=Stamper(seal_ground.authority.url, roots))
    assert sealed.level == "B-B"
    assert "DPA_TSA_ROOTS" in sealed.stamp_problem
    assert seal_ground.authority.requests == 0


def test_an_authority_revoked_in_its_own_list_is_not_believed(seal_ground: SealGround, tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_text(seal_ground.authority.roots_with_revoked(), "ascii")
    with pytest.raises(StampUnavailable, match="stands in a list of revoked ones"):
        token(Stamper(seal_ground.authority.url, roots), DIGEST)


def test_a_stamp_states_the_authoritys_time_and_openssl_agrees(seal_ground: SealGround, tmp_path: Path) -> None:
    seal_ground.authority.at = AT + timedelta(hours=3)
    stamp = seal_ground.stamper().stamp(DIGEST)
    assert stamp.at == AT + timedelta(hours=3)
    assert len(stamp.chain) == 2
    info = cms.ContentInfo.load(stamp.token)["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    said = outside.openssl_ts(token(seal_ground.stamper(), DIGEST), b"a checkpoint of the trail", seal_ground.authority.roots, AT, tmp_path)
    assert "Verification: OK" in said


def test_openssl_itself_is_an_authority_we_believe(seal_ground: SealGround, tmp_path: Path) -> None:
    """The other way round: a request of ours answered by OpenSSL."""
    from dpa.evidence.seal import tokens

    outside.need("openssl")
    (tmp_path / "request.tsq").write_bytes(tokens.request(DIGEST, 0x5123456789ABCDEF))
    seal_ground.authority.write_for_openssl(tmp_path)
    outside.run("openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request.tsq", "-out", "reply.tsr", folder=tmp_path)
    reply = (tmp_path / "reply.tsr").read_bytes()
    stamp = tokens.examined(reply, DIGEST, 0x5123456789ABCDEF, seal_ground.stamper().trust())
    assert len(stamp.chain) == 2
    with pytest.raises(tokens.Unbelievable, match="nonce"):
        tokens.examined(reply, DIGEST, 1, seal_ground.stamper().trust())


def test_any_damaged_reply_is_refused(seal_ground: SealGround) -> None:
    """Every tenth byte of a good reply changed: each time either refused, or in a place that carries no meaning for trust."""
    from dpa.evidence.seal import tokens

    nonce, trust = 0x5123456789ABCDEF, seal_ground.stamper().trust()
    reply = seal_ground.authority.reply(tokens.request(DIGEST, nonce))
    good = tokens.examined(reply, DIGEST, nonce, trust)
    believed = []
    for place in range(0, len(reply), 10):
        damaged = reply[:place] + bytes([reply[place] ^ 0x01]) + reply[place + 1 :]
        try:
            stamp = tokens.examined(damaged, DIGEST, nonce, trust)
        except tokens.Unbelievable:
            continue
        believed.append(place)
        assert stamp.at == good.at
    assert len(believed) <= 2


def test_a_sealed_file_costs_two_requests_once_the_authority_is_known(seal_ground: SealGround, unsealed: bytes) -> None:
    stamper = seal_ground.stamper()
    for _ in range(3):
        assert seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=stamper).level == "B-LTA"
    assert seal_ground.authority.requests == 1 + 3 * 2


def test_threads_share_an_authority(seal_ground: SealGround, unsealed: bytes) -> None:
    stamper, levels = seal_ground.stamper(), []
    threads = [
        threading.Thread(target=lambda: levels.append(seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=stamper).level)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert levels == ["B-LTA"] * 4


def test_late_stamps_fill_the_two_fields_and_then_make_their_own(seal_ground: SealGround, unsealed: bytes, tmp_path: Path) -> None:
    sealed = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT, stamper=None)
    for _ in range(4):
        before = sealed.content
        sealed = add_stamp(before, seal_ground.stamper(), seal_ground.sealer.material)
        assert sealed.level == "B-LTA"
        assert sealed.content.startswith(before)
    assert [one.field_name for one in PdfFileReader(BytesIO(sealed.content)).embedded_signatures] == ["Seal", "ArchiveTS1", "ArchiveTS2", "ArchiveTS3", "ArchiveTS4"]
    file = tmp_path / "renewed.pdf"
    file.write_bytes(sealed.content)
    verapdf.assert_compliant([file])
    with pytest.raises(StampUnavailable, match="no seal"):
        add_stamp(unsealed, seal_ground.stamper(), seal_ground.sealer.material)


def test_without_a_good_list_of_revoked_ones_the_level_claims_less(seal_ground: SealGround, unsealed: bytes) -> None:
    sealed = seal(unsealed, seal_ground.sealer, reason=REASON, at=AT + timedelta(days=11), stamper=seal_ground.stamper())
    assert sealed.level == "B-T", "the list is good for ten days"


def test_settings_name_the_authority(seal_ground: SealGround, tmp_path: Path) -> None:
    assert stamper_for(Settings(instance=tmp_path)) is None
    settings = Settings(instance=tmp_path, **seal_ground.settings(stamps=True))
    stamper = stamper_for(settings)
    assert stamper is not None
    assert stamper_for(settings) is stamper
    gone = Settings(instance=tmp_path, tsa_url=seal_ground.authority.url, tsa_roots=tmp_path / "gone.pem")
    assert stamper_for(gone) is not None


def test_an_authority_that_hangs_is_left_alone_for_half_a_minute(seal_ground: SealGround) -> None:
    """Else ninety notices would wait seven minutes for an authority that does not answer."""
    clock = FixedClock(AT)
    stamper = Stamper(seal_ground.authority.url, seal_ground.authority.roots, timeout=0.2, clock=clock)
    seal_ground.authority.mode = "slow"
    for _ in range(3):
        with pytest.raises(StampUnavailable, match="did not answer"):
            token(stamper, DIGEST)
    assert seal_ground.authority.requests == 1
    seal_ground.authority.mode = "good"
    clock.advance(timedelta(seconds=29))
    with pytest.raises(StampUnavailable, match="did not answer"):
        token(stamper, DIGEST)
    clock.advance(timedelta(seconds=2))
    assert token(stamper, DIGEST)
    seal_ground.authority.mode = "error"
    for _ in range(2):
        with pytest.raises(StampUnavailable, match="503"):
            token(stamper, DIGEST)
    assert seal_ground.authority.requests == 4, "one that answers at all is asked each time"


def test_a_password_in_the_address_is_sent_and_never_shown(seal_ground: SealGround) -> None:
    url = seal_ground.authority.url.replace("http://", "http://desk:s%20ecret@")
    seal_ground.authority.mode = "needs-password"
    assert token(Stamper(url, seal_ground.authority.roots), DIGEST)
    with pytest.raises(StampUnavailable) as caught:
        token(seal_ground.stamper(), DIGEST)
    assert "401" in caught.value.message
    assert "ecret" not in Stamper(url, seal_ground.authority.roots).host
    assert stamping._headers(url)["Authorization"] == "Basic ZGVzazpzIGVjcmV0"
