"""What years, expiry and revocation do to a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dpa.evidence.seal.certificates import der
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


@pytest.mark.parametrize(("minutes", "verdict"), [(-1, Verdict.NOT_OURS), (1, Verdict.ISSUED)])
def test_what_the_register_revokes_counts_from_that_instant(minutes: int, verdict: Verdict) -> None:
    """For certificates of other issuers, whose lists we do not have."""
    content = lab.archived()
    revoked = KnownIdentity(lab.NAME, lab.STAMPED + timedelta(minutes=minutes))
    known = replace(lab.known(content), identities={lab.ours().fingerprint: revoked})
    report = judge(examine(content, lab.trust(), lab.NOW), known)
    assert report.verdict is verdict
    assert passed(report, CheckName.IDENTITY)[0] is (verdict is Verdict.ISSUED)


def test_an_authority_that_was_revoked_or_is_not_configured_proves_nothing() -> None:
    revoked = lab.tsa().revoking(lab.SEALED + timedelta(days=1))
    for trust in (replace(lab.trust(), crls=(lab.ours().crl, revoked)), replace(lab.trust(), tsa_roots=())):
        report = reported(lab.archived(), lab.NOW, trust)
        assert report.verdict is Verdict.NOT_OURS
        held, sentence = passed(report, CheckName.AUTHORITY)
        assert held is False
        assert "DPA_TSA_ROOTS" in sentence


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
