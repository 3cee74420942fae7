"""What years, expiry and revocation do to a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dpa.evidence.seal.certificates import der
from dpa.evidence.seal.sealing import add_stamp
from dpa.evidence.seal.standing import Standing
from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.judging import judge
from dpa.evidence.verification.values import CheckName, KnownIdentity, Report, Trust, Verdict
from tests.evidence.verification import forging, lab

YEAR = timedelta(days=365)
LATER = lab.SEALED + 4 * YEAR
"""The sealing certificate has expired, the authority's has not."""
MUCH_LATER = lab.SEALED + 12 * YEAR
"""The authority's certificate has expired too."""


def reported(content: bytes, now: datetime, trust: Trust | None = None, *, listed: bool = True, level: str = "B-LTA") -> Report:
    return judge(examine(content, trust or lab.trust(), now), lab.known(content, level=level, listed=listed))


def passed(report: Report, name: CheckName) -> tuple[bool | None, str]:
    check = next(check for check in report.checks if check.name is name)
    return check.passed, check.sentence


def test_a_time_stamp_carries_the_seal_over_the_expiry_of_its_certificate() -> None:
    report = reported(lab.archived(), LATER)
    assert (report.verdict, report.failed) == (Verdict.ISSUED, ())
    held, sentence = passed(report, CheckName.VALIDITY)
    assert held is True
    assert "a time-stamp proves that the seal existed before, on 22 November 2026, 10:04:02 UTC" in sentence


@pytest.mark.parametrize("make", [lab.basic, lambda: forging.stamp_cut(lab.archived())], ids=["B-B", "B-LT"])
def test_without_lasting_proof_only_the_register_vouches_after_expiry(make: object) -> None:
    content = make()  # type: ignore[operator]
    listed = reported(content, LATER, level="B-B")
    assert listed.verdict is Verdict.ISSUED
    held, sentence = passed(listed, CheckName.VALIDITY)
    assert held is None
    assert "only the register of issued files can vouch for it" in sentence
    assert reported(content, LATER, listed=False, level="B-B").verdict is Verdict.NOT_OURS


def test_the_authoritys_certificate_expires_too() -> None:
    listed = reported(lab.archived(), MUCH_LATER)
    assert listed.verdict is Verdict.ISSUED
    assert passed(listed, CheckName.AUTHORITY)[0] is None
    assert passed(listed, CheckName.VALIDITY)[0] is None
    assert reported(lab.archived(), MUCH_LATER, listed=False).verdict is Verdict.NOT_OURS


def test_a_renewed_time_stamp_carries_further() -> None:
    younger = lab.clockwork("younger tsa", days=8000)
    renewed = lab.stamped_again(lab.archived(), lab.SEALED + 10 * YEAR, younger)
    trust = replace(lab.trust(), tsa_roots=(der(lab.tsa().root), der(younger.root)))
    report = reported(renewed, MUCH_LATER, trust)
    assert (report.verdict, report.failed) == (Verdict.ISSUED, ())
    assert passed(report, CheckName.AUTHORITY)[0] is True
    assert passed(report, CheckName.VALIDITY)[0] is True
    assert "2 archive time-stamps" in passed(report, CheckName.FIELDS)[1]


def test_a_revocation_after_the_time_stamp_does_no_harm() -> None:
    trust = lab.trust(crls=(lab.ours().revoking(lab.SEALED + timedelta(days=1)),))
    report = reported(lab.archived(), lab.NOW, trust)
    assert report.verdict is Verdict.ISSUED
    assert passed(report, CheckName.REVOCATION) == (
        True, "The certificate was revoked on 23 November 2026, 10:04:00 UTC; a time-stamp proves that the seal existed before, on 22 November 2026, 10:04:02 UTC.",
    )  # fmt: skip


def test_a_revocation_that_a_stranger_signed_does_not_count() -> None:
    forged = lab.impostor().revoking(lab.SEALED - timedelta(days=1))
    report = reported(lab.basic(), lab.NOW, lab.trust(crls=(lab.ours().crl, forged)), level="B-B")
    assert report.verdict is Verdict.ISSUED


def test_without_a_list_revocation_is_not_decided() -> None:
    report = reported(lab.basic(), lab.NOW, lab.trust(crls=()), level="B-B")
    assert report.verdict is Verdict.ISSUED
    assert passed(report, CheckName.REVOCATION) == (None, "No list of revoked certificates of the seal's issuer is at hand.")


@pytest.mark.parametrize(("minutes", "verdict"), [(-1, Verdict.REVOKED), (1, Verdict.ISSUED)])
def test_what_the_register_revokes_counts_from_that_instant(minutes: int, verdict: Verdict) -> None:
    """For certificates of other issuers, whose lists we do not have."""
    content = lab.archived()
    revoked = KnownIdentity(lab.NAME, lab.STAMPED + timedelta(minutes=minutes))
    known = replace(lab.known(content), identities={lab.ours().fingerprint: revoked})
    report = judge(examine(content, lab.trust(), lab.NOW), known)
    assert report.verdict is verdict
    assert passed(report, CheckName.IDENTITY)[0] is (verdict is Verdict.ISSUED)


@pytest.mark.parametrize(("unknown", "words"), [
    (True, "The time-stamp authority “tsa clock” is not known here, so its time-stamp proves nothing here; that does not speak against the file."),
    (False, "The certificate of a time-stamp authority was revoked, so its time-stamps prove nothing."),
])  # fmt: skip
def test_an_authority_that_is_unknown_or_was_revoked_counts_as_none(unknown: bool, words: str) -> None:
    """The seal is ours and holds, so the file is no forgery; but nothing proves its time, so nothing carries it over expiry or revocation."""
    revoked = lab.tsa().revoking(lab.SEALED + timedelta(days=1))
    trust = replace(lab.trust(), tsa_roots=()) if unknown else replace(lab.trust(), crls=(lab.ours().crl, revoked))
    report = reported(lab.archived(), lab.NOW, trust)
    assert (report.verdict, report.failed, report.proved_at) == (Verdict.ISSUED, (), None)
    held, sentence = passed(report, CheckName.AUTHORITY)
    assert held is None
    assert sentence.startswith(words)
    assert reported(lab.archived(), lab.NOW, trust, listed=False).verdict is Verdict.NOT_THE_ISSUED_FILE
    assert reported(lab.archived(), LATER, trust, listed=False).verdict is Verdict.NOT_OURS, "expired, and nothing proves when it was sealed"
    since = replace(trust, crls=(*trust.crls, lab.ours().revoking(lab.SEALED + timedelta(days=1))))
    assert reported(lab.archived(), lab.NOW, since).verdict is Verdict.REVOKED


# --- revocation ------------------------------------------------------------------------------------------------


def stamped_later(at: datetime) -> bytes:
    """Issued without the authority, and stamped when it was there again."""
    return lab.stamped_again(lab.basic(), at)


def revoked(after: timedelta) -> Trust:
    return lab.trust(crls=(lab.ours().revoking(lab.SEALED + after),))


@pytest.mark.parametrize("make", [lab.archived, lambda: forging.stamp_cut(lab.archived()), lambda: stamped_later(lab.SEALED + timedelta(hours=3))],
                         ids=["B-LTA", "B-LT", "stamped later"])  # fmt: skip
def test_sealed_before_the_revocation_and_proved_stays_good(make: object) -> None:
    report = reported(make(), lab.NOW, revoked(timedelta(days=1)), level="B-T")  # type: ignore[operator]
    assert (report.verdict, report.standing, report.failed) == (Verdict.ISSUED, Standing.BEFORE, ())
    assert "Its seal was revoked later, on 23 November 2026, 10:04:00 UTC; a time-stamp proves that it was sealed before" in report.summary


def test_a_time_stamp_after_the_revocation_proves_nothing_for_it() -> None:
    report = reported(stamped_later(lab.SEALED + timedelta(hours=3)), lab.NOW, revoked(timedelta(hours=2)))
    assert (report.verdict, report.standing) == (Verdict.REVOKED, Standing.UNTOLD)


@pytest.mark.parametrize(("listed", "words"), [
    (True, "The register says that exactly this file was issued on 22 November 2026, 10:04:00 UTC; ask the issuer whether it stands."),
    (False, "The register does not list this file; do not rely on it, and ask the issuer."),
])  # fmt: skip
def test_without_proof_of_time_it_cannot_be_told(listed: bool, words: str) -> None:
    report = reported(lab.basic(), lab.NOW, revoked(timedelta(days=1)), listed=listed, level="B-B")
    assert (report.verdict, report.standing, report.listed_at is not None) == (Verdict.REVOKED, Standing.UNTOLD, listed)
    assert "the file alone cannot tell" in report.summary
    assert report.summary.endswith(words)


def test_a_seal_that_states_a_time_after_its_revocation_was_made_after() -> None:
    report = reported(lab.basic(), lab.NOW, revoked(timedelta(0)), level="B-B")
    assert (report.verdict, report.standing) == (Verdict.REVOKED, Standing.AFTER)
    assert "the seal states a later time; do not rely on it" in report.summary


def test_a_change_of_the_content_weighs_more_than_the_revocation() -> None:
    report = reported(forging.stream_flipped(lab.basic()), lab.NOW, revoked(timedelta(days=1)), level="B-B")
    assert report.verdict is Verdict.ALTERED


def test_a_strangers_revoked_seal_is_a_strangers() -> None:
    house = lab.impostor()
    trust = lab.trust(crls=(house.revoking(lab.SEALED + timedelta(days=1)),))
    assert judge(examine(lab.sealed(house).content, trust, lab.NOW), lab.known(b"")).verdict is Verdict.NOT_OURS


def test_a_time_stamp_that_was_added_later_carries_over_the_expiry_too() -> None:
    """The library's own algorithm knows only time-stamps inside the seal as proof of its time."""
    content = stamped_later(lab.SEALED + timedelta(hours=3))
    report = reported(content, LATER)
    assert (report.verdict, report.failed) == (Verdict.ISSUED, ())
    assert passed(report, CheckName.VALIDITY)[0] is True
    assert reported(content, LATER, listed=False).verdict is Verdict.NOT_THE_ISSUED_FILE
    too_late = lab.leaf_for(lab.ours(), days=3)
    content = add_stamp(lab.sealed(too_late).content, lab.tsa().stamper(lab.MADE + timedelta(days=4)), too_late.sealer.material).content
    unproved = judge(examine(content, lab.trust(), LATER), lab.known(content, too_late, listed=False))
    assert (unproved.verdict, passed(unproved, CheckName.VALIDITY)[0]) == (Verdict.NOT_OURS, None)


def test_a_certificate_that_is_not_valid_yet() -> None:
    report = reported(lab.basic(), lab.MADE - timedelta(days=1), level="B-B")
    assert report.verdict is Verdict.NOT_OURS
    assert passed(report, CheckName.VALIDITY)[0] is False


def test_a_seal_that_states_a_time_after_its_certificate_ended() -> None:
    short = lab.leaf_for(lab.ours(), days=1)
    content = lab.sealed_late(short)
    report = judge(examine(content, lab.trust(), lab.SEALED), lab.known(content, short, listed=True))
    assert report.verdict is Verdict.NOT_OURS
    assert passed(report, CheckName.VALIDITY)[0] is False
