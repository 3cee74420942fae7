"""Each attack gets its verdict, from the check that is meant to find it, in words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

from dpa.evidence.verification.examination import examine
from dpa.evidence.verification.judging import judge
from dpa.evidence.verification.sandbox import examine_apart
from dpa.evidence.verification.values import CheckName, Report, Verdict
from tests.evidence.verification import forging, lab, table
from tests.evidence.verification.attacks import ATTACKS, BASES, ISSUED, Attack, Case

ROOT = Path(__file__).resolve().parents[3]
ALL = [attack for chapter in ATTACKS.values() for attack in chapter]
FLIPS = 500
PARTS = 4
"""The flips are tried in parts, which test processes can share."""


def reported(case: Case) -> Report:
    return judge(examine(case.content, case.trust, case.now), case.known)


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.label)
def test_attack(attack: Attack) -> None:
    report = reported(attack.make())
    assert report.verdict is attack.verdict, [(check.name, check.sentence) for check in report.failed]
    found = [check.sentence for check in report.failed if check.name is attack.check]
    assert len(found) == 1, [(check.name, check.sentence) for check in report.failed]
    assert attack.says in found[0]


@pytest.mark.parametrize("on", ISSUED)
def test_what_is_attacked_is_issued_and_intact_before(on: str) -> None:
    content = BASES[on]()
    report = judge(examine(content, lab.trust(), lab.NOW), lab.known(content))
    assert (report.verdict, report.failed) == (Verdict.ISSUED, ())
    assert [check.name for check in report.checks] == list(CheckName)


def test_labels_are_unique() -> None:
    assert not [label for label, count in Counter(attack.label for attack in ALL).items() if count > 1]


def test_the_page_shows_what_the_tests_run() -> None:
    page = ROOT / "docs" / "security" / "attacks.md"
    assert page.read_text("utf-8") == table.page(), "write it anew: python -m tests.evidence.verification.table > docs/security/attacks.md"


def test_a_change_hidden_beside_proofs_is_found_every_time() -> None:
    """The one attack whose first reading once looked like an accept; dictionaries and sets must not decide."""
    forged = forging.appended(forging.store_and_page)(lab.archived())
    known = lab.known(forged, level="B-LTA")
    for attempt in range(24):
        # Each process of its own has other hash values, so dictionaries and sets have another order.
        look = examine_apart if attempt % 6 == 0 else examine
        report = judge(look(forged, lab.trust(), lab.NOW), known)
        assert report.verdict is Verdict.ALTERED
        assert {CheckName.ADDITIONS, CheckName.COVERAGE} <= {check.name for check in report.failed}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_flipped_bit_is_called_issued_and_intact(part: int) -> None:
    """The seal finds all within its ranges; for the few bits that it cannot see there is the register."""
    content = lab.archived()
    dice = Random(20261122)
    places = [(dice.randrange(len(content)), dice.randrange(8)) for _ in range(FLIPS)][part::PARTS]
    verdicts: Counter[Verdict] = Counter()
    for at, bit in places:
        forged = forging.flipped(content, at, bit)
        report = judge(examine(forged, lab.trust(), lab.NOW), lab.known(forged, level="B-LTA"))
        verdicts[report.verdict] += 1
        if report.verdict is Verdict.NOT_THE_ISSUED_FILE:
            first, second, _ = forging.ranges(content, 1)
            assert first <= at < second, "only the hole of the newest signature is outside of what is signed"
    assert verdicts.total() == FLIPS // PARTS
    assert not {Verdict.ISSUED, Verdict.SUPERSEDED} & set(verdicts)
    assert verdicts[Verdict.ALTERED] > FLIPS // PARTS // 2
