"""What a page, a mail or the trail says of answers, approvals, exercises and clocks that have not begun is what is so."""

from __future__ import annotations

from sqlalchemy import select

from dpa.breaches import operations
from dpa.breaches.events import SENTENCES
from dpa.breaches.models import Question
from dpa.breaches.pages.regimes import regimes_of
from dpa.breaches.regimes import TITLES, Profile
from dpa.breaches.rules import Draft
from dpa.docket.notices import headline, is_exercise
from dpa.evidence.trail.models import TrailEvent
from dpa.languages import Language
from tests.breaches.conftest import NOW, Ground
from tests.breaches.test_phases import DRAFT, HOUR, Case


def policy(ground: Ground, *, four_eyes: bool = False, profiles: tuple[Profile, ...] = ()) -> None:
    with ground.unit() as unit:
        operations.change_settings(
            unit, ground.organisation.id, four_eyes=four_eyes, acknowledge_hours=24, profiles=profiles, language=Language.EN
        )


def actions(ground: Ground) -> list[str]:
    return list(ground.session.scalars(select(TrailEvent.action).where(TrailEvent.action.like("breaches:notice:%")).order_by(TrailEvent.idx)))


def test_the_customers_own_time_begins_when_the_first_customer_is_told(lemon: Ground) -> None:
    policy(lemon, profiles=(Profile.GDPR_72, Profile.NIS2))
    case = Case(lemon, customers=1)
    before = regimes_of(lemon.session, case.breach, NOW + HOUR)
    assert (before.information, before.waiting) == ((), (TITLES[Profile.GDPR_72],))
    assert len(before.reports) == 3
    case.write(hours=1)
    case.release(2)
    case.deliver(3)
    after = regimes_of(lemon.session, case.breach, NOW + 4 * HOUR)
    assert ([line.due_at for line in after.information], after.waiting) == ([NOW + 75 * HOUR], ())


def test_an_alert_of_an_exercise_says_so_and_a_real_one_does_not(lemon: Ground) -> None:
    entry = Case(lemon, customers=1, drill=True).entry()
    assert is_exercise(entry)
    assert headline(entry, 1, NOW).startswith("EXERCISE: Breach ")
    entry.title = entry.title.removeprefix("Exercise: ")
    assert not is_exercise(entry)
    assert headline(entry, 1, NOW).startswith("Breach ")
    lemon.session.expire(entry)


def test_an_edit_that_ends_an_approval_and_a_release_alone_have_lines_of_their_own(lemon: Ground) -> None:
    policy(lemon, four_eyes=True)
    case = Case(lemon, customers=1)
    case.write(hours=1)
    with case.at(2, "u:2") as unit:
        operations.approve(unit, case.breach)
    case.write(Draft(DRAFT.nature + " Twice.", DRAFT.contact, "", "", ""), hours=3)
    case.write(Draft(DRAFT.nature + " Thrice.", DRAFT.contact, "", "", ""), hours=3.5)
    case.release(4, emergency_reason="Nobody else could be reached at this hour.")
    found = actions(lemon)
    assert found.count("breaches:notice:approval_ended") == 1, "only a change that ends one"
    assert found[-1] == "breaches:notice:released_alone"
    assert "alone, in an emergency" in SENTENCES["breaches:notice:released_alone"]


def test_an_internal_remark_is_kept_beside_the_answer_and_is_in_no_dossier(lemon: Ground) -> None:
    from dpa.breaches.evidence.case_file import case_file
    from dpa.breaches.evidence.customer_file import customer_files

    case = Case(lemon, customers=1)
    case.write(hours=1)
    case.release(2)
    case.deliver(3)
    with case.at(4) as unit:
        question = operations.ask(unit, case.breach, case.rows[0], "Léa Martin", "+33 2 99 00 11 22", "Which export was it?")
        operations.answer(unit, case.breach, question, "The one of 20 November.", "Ask legal before the next one.")
    stored = lemon.session.scalars(select(Question)).one()
    assert (stored.answer, stored.remark) == ("The one of 20 November.", "Ask legal before the next one.")
    [file] = customer_files(lemon.session, case_file(lemon.session, case.breach, NOW + 5 * HOUR), case.rows)
    assert "Ask legal" not in str(file.said)
    assert "The one of 20 November." in str(file.said)
