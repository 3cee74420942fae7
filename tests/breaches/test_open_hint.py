"""What is said at the field of what is not known yet is what the notice then says."""

from __future__ import annotations

import pytest

from dpa.breaches.case import Offer
from dpa.breaches.notices import matters
from dpa.breaches.pages.writing import open_hint
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.languages import ENGLISH

OFFERS = {phase: Offer(phase, phase.value, "") for phase in Phase}
BARE, WITH_MATTERS = Draft("It leaked.", "Ana", "", "", ""), Draft("It leaked.", "Ana", "Spam.", "It was shut.", "")


def said(draft: Draft, phase: Phase, *, withdraws: bool = False) -> str:
    [found] = [one.text for one in matters(draft, phase, ENGLISH, withdraws=withdraws) if one.key == "unknown"]
    return found


@pytest.mark.parametrize("draft", [BARE, WITH_MATTERS])
def test_the_hint_of_an_initial_notice_quotes_what_stands_for_nothing(draft: Draft) -> None:
    assert f"“{said(draft, Phase.INITIAL)}”" in open_hint([OFFERS[Phase.INITIAL]])


def test_where_a_notice_may_end_the_matter_the_hint_says_that_it_stays_empty() -> None:
    hint = open_hint([OFFERS[one] for one in (Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL)])
    assert "It stays empty in a final notice and in a correction that takes the notice back" in hint
    assert f"“{said(BARE, Phase.FINAL)}”" in hint
    assert f"“{said(BARE, Phase.CORRECTION, withdraws=True)}”" in hint
    assert "a final notice" not in open_hint([OFFERS[Phase.CORRECTION]])
    assert "It stays empty" not in open_hint([OFFERS[Phase.INITIAL]])
