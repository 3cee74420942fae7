"""Notices in the customer's language: mails and documents word for word in German and French, and the text in another language than its frame."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dpa.agreements import queries as agreements
from dpa.alerts.messages import render, without_own_links
from dpa.breaches import notices, operations
from dpa.breaches.models import NoticeText
from dpa.breaches.phases import Phase
from dpa.breaches.reviewing import Asked, Review, review
from dpa.breaches.rules import Draft
from dpa.breaches.versions import versions_of
from dpa.evidence.trail.models import TrailEvent
from dpa.languages import Language
from dpa.parties.queries import Recipient
from dpa.parties.rules import Purpose
from dpa.problems import Conflict, Invalid
from tests.breaches.conftest import NOW, Ground
from tests.breaches.tellers import CONTACT, GERMAN, GOLDEN, MAIN, PART, Tellers
from tests.evidence.pdf import reading, verapdf

ORDER = (Phase.INITIAL, Phase.SUPPLEMENT, Phase.CORRECTION, Phase.FINAL)


@pytest.fixture
def tellers(lemon: Ground) -> Tellers:
    found = Tellers(lemon)
    found.begin()
    return found


def golden(name: str, text: str) -> None:
    assert text == (GOLDEN / name).read_text("utf-8"), name


def reviewed(tellers: Tellers, code: str = "") -> Review:
    session = tellers.ground.session
    session.rollback()
    asked = Asked(customer=tellers.rows[code])
    found = review(session, tellers.breach(session), tellers.ground.organisation, asked, settings=tellers.ground.settings, actor="u:1", now=NOW)
    assert found is not None
    return found


def test_mails_and_documents_word_for_word_in_every_phase(tellers: Tellers) -> None:
    """The German customer gets a text in German; nobody wrote one in French, so the French one gets the English text in a French frame."""
    tellers.say("de", PART)
    for number, phase in enumerate(ORDER):
        tellers.tell(phase, {Language.DE: GERMAN[phase]}, hours=2 * number)
        for code in ("de", "fr"):
            golden(f"{code}-{phase.value}.txt", tellers.mail_text(code))
            golden(f"{code}-{phase.value}.pdf.txt", tellers.pdf_text(code))
    golden("en-final.txt", tellers.mail_text(""))


def test_the_html_mail_word_for_word_and_which_language_it_is_in(tellers: Tellers) -> None:
    tellers.say("de", PART)
    tellers.tell(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL]})
    german, french, english = (tellers.mail(code).body_html for code in ("de", "fr", ""))
    golden("de-initial.html", without_own_links(german))
    assert '<html lang="de">' in german
    assert 'lang="en-GB"' not in german, "its text is in German too"
    assert '<html lang="fr">' in french
    assert french.count('<span lang="en-GB">') == 4, "three matters that were written, and the contact; “not known yet” is in French"
    assert '<html lang="en-GB">' in english
    assert "<span lang" not in english


def test_documents_are_in_the_language_of_their_customer_and_mark_what_is_not(tellers: Tellers, tmp_path: Path) -> None:
    tellers.tell(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL]})
    files = []
    for code, tag, others in (("de", "de", {"en-GB"}), ("fr", "fr", {"en-GB"}), ("", "en-GB", set()), ("da", "en-GB", set())):
        content = tellers.pdf(code)
        with reading.opened(content) as pdf:
            marked = [str(kid.Lang) for kid in pdf.Root.StructTreeRoot.K.K if "/Lang" in kid]
            assert (str(pdf.Root.Lang), set(marked)) == (tag, others), code
            assert len(marked) == {"de": 1, "fr": 5}.get(code, 0), "German: the counting alone; French: the account as well"
        files.append(tmp_path / f"{tag}-{code}.pdf")
        files[-1].write_bytes(content)
    verapdf.assert_compliant(files)


def test_the_review_says_what_differs_and_blocks_nothing(tellers: Tellers) -> None:
    tellers.say("de", PART)
    tellers.write(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL]})
    found = reviewed(tellers, "fr")
    said = {one.controller: (one.language, one.notes) for one in found.sending}
    assert said == {
        "Bäckerei Sonnenfeld GmbH": ("German", ()),
        "Académie de Lille": ("French", ("The text itself is in English; the words around it are in French.",)),
        "Harbour Museums": ("English", ()),
        "Tivoli Optik": ("English", ("It wishes “da”, in which there are no texts yet, so it is written to in English.",)),
    }
    assert [(one.name, one.customers, one.main, one.written, one.stale) for one in found.languages] == [
        ("English", 2, True, False, False), ("French", 1, False, False, False), ("German", 1, False, True, False),
    ]
    assert found.ready
    assert found.preview is not None
    assert (found.preview.tag, found.preview.subject) == ("fr", "Violation de données à caractère personnel LL-2026-001 : notification de Lemon Learning SAS au titre de l’art. 33, par. 2, du RGPD")
    assert found.sending[0].part[0] == "People: about 3,112; records: not known yet"
    assert found.sending[2].part[1] == "Of people: Users; as its agreement names them"


def test_a_text_older_than_the_main_one_is_pointed_at(tellers: Tellers) -> None:
    tellers.write(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL]})
    with tellers.ground.unit(NOW + timedelta(minutes=1)) as unit:
        operations.save_draft(unit, tellers.breach(unit.session), Draft("It was a copy, not an export.", CONTACT, "", "", ""))
    found = reviewed(tellers, "de")
    (german,) = (one for one in found.sending if one.language == "German")
    assert german.notes == ("The text in German was saved before the main text was changed last; see whether it still says the same.",)
    with tellers.ground.unit(NOW + timedelta(minutes=2)) as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.DE, GERMAN[Phase.INITIAL])
    assert next(one for one in reviewed(tellers, "de").sending if one.language == "German").notes == ()


def test_a_text_takes_the_approval_back_and_its_writer_cannot_approve(tellers: Tellers) -> None:
    tellers.write(Phase.INITIAL)
    with tellers.ground.unit(actor="u:2") as unit:
        operations.approve(unit, tellers.breach(unit.session))
    with tellers.ground.unit(actor="u:3") as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.DE, GERMAN[Phase.INITIAL])
        assert tellers.breach(unit.session).draft.approved_by is None  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="cannot be its second person"), tellers.ground.unit(actor="u:3") as unit:
        operations.approve(unit, tellers.breach(unit.session))


def test_a_text_is_refused_where_it_could_not_be_released(tellers: Tellers) -> None:
    with pytest.raises(Conflict, match="no notice being written"), tellers.ground.unit() as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.DE, GERMAN[Phase.INITIAL])
    tellers.write(Phase.INITIAL)
    with pytest.raises(Conflict, match="main text is in English"), tellers.ground.unit() as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.EN, GERMAN[Phase.INITIAL])
    with pytest.raises(Invalid) as caught, tellers.ground.unit() as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.DE, Draft("", "", "", "", ""))
    assert set(caught.value.fields) == {"nature", "contact"}
    with pytest.raises(Conflict, match="no text in German"), tellers.ground.unit() as unit:
        operations.remove_text(unit, tellers.breach(unit.session), Language.DE)


def test_texts_are_in_the_trail_and_go_with_a_draft_that_is_discarded(tellers: Tellers) -> None:
    tellers.write(Phase.INITIAL, {Language.DE: GERMAN[Phase.INITIAL], Language.FR: GERMAN[Phase.INITIAL]})
    with tellers.ground.unit() as unit:
        operations.save_text(unit, tellers.breach(unit.session), Language.DE, GERMAN[Phase.INITIAL])
        operations.remove_text(unit, tellers.breach(unit.session), Language.FR)
    with tellers.ground.unit() as unit:
        operations.discard_draft(unit, tellers.breach(unit.session))
    session = tellers.ground.session
    actions = session.scalars(select(TrailEvent.action).where(TrailEvent.action.like("breaches:text:%")).order_by(TrailEvent.idx)).all()
    assert actions == ["breaches:text:saved", "breaches:text:saved", "breaches:text:removed"], "the same text again is no event"
    assert session.scalars(select(NoticeText)).all() == []


def test_the_house_may_write_in_another_language_than_english(tellers: Tellers) -> None:
    """Who has no language of its own, or one we hold no texts in, then gets that one; a text in English is one more."""
    tellers.language_of_house(Language.DE)
    with tellers.ground.unit() as unit:
        breach = tellers.breach(unit.session)
        operations.save_draft(unit, breach, GERMAN[Phase.INITIAL])
        operations.save_text(unit, breach, Language.FR, MAIN[Phase.INITIAL])
    session = tellers.ground.session
    session.rollback()
    breach = tellers.breach(session)
    rows = [tellers.row(code) for code in tellers.rows]
    found = {code: versions_of(session, breach, breach.notices[0], rows)[row.id] for code, row in zip(tellers.rows, rows, strict=True)}
    assert {code: (one.language.value, one.text_language.value) for code, one in found.items()} == {
        "de": ("de", "de"), "fr": ("fr", "fr"), "": ("de", "de"), "da": ("de", "de"),
    }


def test_an_exercise_says_so_in_the_customers_language(lemon: Ground) -> None:
    tellers = Tellers(lemon)
    tellers.begin(drill=True)
    tellers.write(Phase.INITIAL)
    session = lemon.session
    session.rollback()
    breach = tellers.breach(session)
    row = tellers.row("de")
    agreement = agreements.by_ids(session, breach.organisation_id, [row.agreement_id])[row.agreement_id]
    version = versions_of(session, breach, breach.notices[0], [row])[row.id]
    message = notices.message(
        breach, breach.notices[0], lemon.organisation, row=row, agreement=agreement, recipient=Recipient(0, Purpose.NOTICES, "Ana", "ana@lemon.example"), version=version,
    )  # fmt: skip
    mail = render(message, lemon.settings)
    assert mail.subject.startswith("ÜBUNG: Verletzung des Schutzes personenbezogener Daten")
    assert mail.text.startswith("Dies ist eine Übung. Es ist nichts geschehen")
