"""A customer's pages: what the link shows, what it records, and what it keeps from everybody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from dpa.breaches import links, operations
from dpa.breaches.channels import Channel, Handed
from dpa.breaches.models import Question
from dpa.breaches.operations.giving import REPLY
from dpa.breaches.phases import Phase
from dpa.breaches.rules import Draft
from dpa.people.models import Organisation
from dpa.portal import views
from tests.evidence.pages.house import writes
from tests.portal.desk import DRAFT, LATER, NAMES, Desk, question
from tests.support.pages import RAW_CSRF

FOREIGN = "x" * 43
PATHS = ("", "/notices", "/documents/1.pdf")


def test_the_cover_says_who_and_to_whom_and_nothing_of_what_happened(desk: Desk) -> None:
    page = desk.visitor().get(desk.link()).text
    for words in ("Lemon Learning has something to tell Académie de Lille", "LL-2026-001", "1 notice", "not opened yet", "Open the notices"):
        assert words in page
    for words in ("Export leak", "An export of names", "Access was closed", NAMES[1]):
        assert words not in page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_follows_the_link_records_nothing_and_is_shown_nothing(desk: Desk, method: str) -> None:
    link, client = desk.link(), desk.visitor()
    document = desk.delivery().document_id
    for path in (link, f"{link}/notices", f"{link}/confirm", f"{link}/questions", f"{link}/documents/{document}.pdf"):
        with desk.house.counting() as statements:
            answer = client.open(path, method=method)
        assert answer.status_code == (200 if path == link else 302), path
        assert not writes(statements), path
    assert desk.delivery().read_at is None
    assert desk.acts() == []


def test_opening_records_reading_once_and_leads_to_the_notices(desk: Desk) -> None:
    client, link = desk.visitor(), desk.link()
    answer = client.post(link)
    assert (answer.status_code, answer.location) == (303, f"{link}/notices")
    at = desk.now
    desk.pass_time(hours=1)
    assert client.post(link).status_code == 303
    assert desk.delivery().read_at == at
    assert desk.acts() == ["breaches:notice:read"]
    page = client.get(f"{link}/notices").text
    for words in (
        "An export of names left the house.", "Ana Duarte, +33 1 00 00 00 00", "Not known yet; further information follows", "Access was closed.",
        "How many people are affected.", "Initial notice", "A-1", "24 hours, clause 15.4", "by contract", "Sun 22 Nov 2026, 11:00 Paris", "21 h early", "not confirmed yet",
        "Further information follows without undue delay.",
    ):  # fmt: skip
        assert words in page, words


def test_phases_come_newest_first_and_a_new_one_must_be_opened_to_be_read(desk: Desk) -> None:
    client, link = desk.inside()
    desk.pass_time(hours=3)
    desk.tell(LATER, Phase.SUPPLEMENT, desk.now + timedelta(hours=10))
    assert client.get(f"{link}/notices").location == link
    cover = client.get(link).text
    assert "2 notices" in cover
    assert "1 not opened yet" in cover
    client.post(link)
    page = client.get(f"{link}/notices").text
    assert page.index("It was 120 names.") < page.index("An export of names left the house.")
    assert "The next word comes by Mon 23 Nov 2026, 03:00 Paris." in page
    desk.pass_time(hours=11)
    assert "The next word was announced for Mon 23 Nov 2026, 03:00 Paris and has not come yet." in client.get(f"{link}/notices").text
    desk.tell(LATER, Phase.FINAL, late_reason="The log took longer to read.")
    client.post(link)
    page = client.get(f"{link}/notices").text
    assert "This was the final notice" in page
    assert "The log took longer to read." in page
    assert "Nothing further is open." in page


def test_a_notice_that_was_taken_back_heads_the_page_once_it_was_opened(desk: Desk) -> None:
    client, link = desk.inside()
    assert "<title>Personal data breach LL-2026-001" in client.get(f"{link}/notices").text
    with desk.unit() as unit:
        none = Draft("The export held test data only.", DRAFT.contact, "", "", "")
        operations.save_draft(unit, desk.breach(unit), none, Phase.CORRECTION, withdraws=True)
    with desk.unit() as unit:
        operations.release_notice(unit, desk.breach(unit), unit.session.get_one(Organisation, desk.house.lemon))
    desk.deliver()
    assert client.get(f"{link}/notices").location == link, "it is not told before it is opened"
    client.post(link)
    page = client.get(f"{link}/notices").text
    heading = re.findall(r"<(?:title|h1[^>]*)>([^<]*)<", page)
    assert [text.removesuffix(" – DPA Desk") for text in heading] == ["Incident LL-2026-001: there was no personal data breach"] * 2
    assert "Taken for a breach since" in page
    assert "Aware since" not in page


def test_what_is_being_written_and_what_is_on_its_way_is_told_apart(desk: Desk) -> None:
    client, link = desk.inside()
    desk.write(LATER, Phase.SUPPLEMENT)
    assert "It was 120 names." not in client.get(f"{link}/notices").text
    desk.release(LATER, Phase.SUPPLEMENT)
    page = client.get(f"{link}/notices").text
    assert "It was 120 names." in page
    assert "on its way to you" in page


@pytest.mark.parametrize("spoilt", ["unknown", "expired", "revoked"])
def test_links_that_do_not_work_look_alike(desk: Desk, spoilt: str) -> None:
    client, link = desk.inside()
    if spoilt == "unknown":
        link = f"/n/{FOREIGN}"
    elif spoilt == "expired":
        desk.pass_time(days=401)
    else:
        with desk.unit() as unit:
            links.revoke_all(unit, desk.breach(unit), desk.row(unit))
    stranger = desk.visitor().get(f"/n/{'y' * 43}").text
    answers = [client.get(link + path) for path in PATHS]
    answers += [client.post(link), client.post(f"{link}/confirm", data={"name": "Jeanne"}), client.post(f"{link}/questions", data=question())]
    for answer in answers:
        assert answer.status_code == 404
        assert links.REFUSED in answer.text
        assert answer.text == stranger, "nothing tells one from the other"
    assert desk.acts() == ["breaches:notice:read"]


def test_two_customers_of_one_case_never_see_each_other(desk: Desk) -> None:
    desk.house.work()
    papers = [desk.delivery(number).document_id for number in (0, 1)]
    for mine, other in ((0, 1), (1, 0)):
        client, link = desk.inside(mine)
        client.post(f"{link}/questions", data=question(text=f"A question of customer {mine}."))
        client.post(f"{link}/confirm", data={"name": f"Person {mine}"})
        page = client.get(f"{link}/notices").text + client.get(link).text
        assert NAMES[mine] in page
        for words in (NAMES[other], f"A-{other + 1}", f"customer {other}", f"Person {other}", f"/documents/{papers[other]}.pdf"):
            assert words not in page
        assert client.get(f"{link}/documents/{papers[mine]}.pdf").status_code == 200
        assert client.get(f"{link}/documents/{papers[other]}.pdf").status_code == 404
        assert client.get(f"{link}/documents/99999.pdf").status_code == 404
    assert desk.delivery(0).acknowledged_by == "Person 0"
    assert desk.delivery(1).acknowledged_by == "Person 1"


def test_confirming_counts_once_however_often_it_is_sent(desk: Desk) -> None:
    client, link = desk.inside()
    refused = client.post(f"{link}/confirm", data={"name": " "})
    assert refused.status_code == 422
    assert "Give the name of whoever confirms." in refused.text
    at = desk.now
    assert client.post(f"{link}/confirm", data={"name": " Jeanne Roux "}).status_code == 303
    assert "sees that you confirmed" in client.get(f"{link}/notices").text
    desk.pass_time(minutes=1)
    assert client.post(f"{link}/confirm", data={"name": "Somebody else"}).status_code == 303
    page = client.get(f"{link}/notices").text
    assert "You had confirmed this already" in page
    assert "by Jeanne Roux" in page
    assert "Confirm that you received this" not in page
    delivery = desk.delivery()
    assert (delivery.acknowledged_at, delivery.acknowledged_by, delivery.acknowledged_how) == (at, "Jeanne Roux", "link")
    assert desk.acts() == ["breaches:notice:read", "breaches:notice:acknowledged"]
    assert desk.delivery(1).acknowledged_at is None


def test_a_notice_that_came_meanwhile_is_not_confirmed_unseen(desk: Desk) -> None:
    client, link = desk.inside()
    desk.tell(LATER, Phase.SUPPLEMENT)
    answer = client.post(f"{link}/confirm", data={"name": "Jeanne Roux"})
    assert (answer.status_code, answer.location) == (303, link)
    assert "A further notice has come meanwhile. Open it first, then confirm." in client.get(link).text
    assert desk.acts() == ["breaches:notice:read"]
    refused = client.post(f"{link}/questions", data=question(name=""))
    assert refused.status_code == 422
    assert "Were passwords among the data?" in refused.text, "what was typed is kept"
    assert "It was 120 names." not in refused.text, "what was not opened is not shown"


def test_what_another_channel_gave_is_told_and_asks_for_no_second_opening(desk: Desk) -> None:
    client, link = desk.inside()
    with desk.unit() as unit:
        operations.hand_over(unit, desk.breach(unit), desk.row(unit), Handed(Channel.COURIER, desk.now, "Receipt 4711", desk.now))
    page = client.get(f"{link}/notices")
    assert page.status_code == 200
    assert "Courier or by hand" in page.text
    assert "Receipt 4711" not in page.text


@pytest.mark.parametrize(("change", "words"), [
    ({"name": ""}, "Give your name."), ({"name": "J"}, "Give a name of 2 to 200 characters."), ({"reply_to": ""}, "Say how you can be reached"), ({"reply_to": "nowhere"}, "Say how you can be reached"),
    ({"text": " "}, "Write your question."), ({"text": "x" * 5_001}, "at most 5,000 characters"), ({"name": "x" * 201}, "Give a name of 2 to 200 characters."),
    ({"reply_to": "x" * 300}, "Give one mail address or telephone number, in at most 254 characters."),
], ids=["no-name", "short-name", "no-address", "no-way-to-answer", "no-text", "long-text", "long-name", "long-address"])  # fmt: skip
def test_a_question_that_cannot_be_sent_is_kept_with_what_is_wrong(desk: Desk, change: dict[str, str], words: str) -> None:
    client, link = desk.inside()
    answer = client.post(f"{link}/questions", data=question(**change))
    assert answer.status_code == 422
    assert words in answer.text
    assert "reply_to" not in change or answer.text.count("Say how you can be reached") + answer.text.count("Give one mail") == 2, "once on top, once at the field"
    for name, typed in question(**change).items():
        assert typed.strip() in answer.text, name
    with desk.read() as session:
        assert session.query(Question).count() == 0
    assert desk.mails("portal/question") == []


def test_a_question_is_kept_told_inside_and_its_answer_shown(desk: Desk) -> None:
    client, link = desk.inside()
    for _ in range(2):
        answer = client.post(f"{link}/questions", data=question())
        assert (answer.status_code, answer.location) == (303, f"{link}/notices#questions")
    page = client.get(f"{link}/notices").text
    assert "Your question was received" in page
    assert page.count("Were passwords among the data?") == 1, "the same question sent twice is one"
    assert "received, not answered yet" in page
    mails = desk.mails("portal/question")
    assert [mail.to_address for mail in mails] == ["ana@lemon.example", "both@both.example"], "who may release may answer"
    assert mails[0].category == "alert"
    for mail in mails:
        for words in ("passwords", "Jeanne", "j.roux", link):
            assert words not in mail.subject + mail.body_text + mail.body_html
        assert f"/breaches/{desk.case}" in mail.body_text
    with desk.unit() as unit:
        found = unit.session.query(Question).one()
        operations.answer(unit, desk.breach(unit), found, "No, names only.\nWe called you.")
    page = client.get(f"{link}/notices").text
    assert "No, names only." in page
    assert "not answered yet" not in page


def test_markup_in_a_question_appears_as_text(desk: Desk) -> None:
    client, link = desk.inside()
    evil = "<script>alert(1)</script>"
    client.post(f"{link}/questions", data=question(name=evil, reply_to=f"{evil}@x.example", text=evil))
    page = client.get(f"{link}/notices").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_question_another_site_sends_is_refused(desk: Desk) -> None:
    client, link = desk.inside()
    assert client.post(f"{link}/questions", data=question(), csrf=False).status_code == 400  # type: ignore[call-arg]
    assert client.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert RAW_CSRF not in link


def test_the_document_is_handed_out_byte_for_byte_once_it_is_issued(desk: Desk) -> None:
    client, link = desk.inside()
    number = desk.delivery().document_id
    assert number is not None
    assert "is being made" in client.get(f"{link}/notices").text
    early = client.get(f"{link}/documents/{number}.pdf")
    assert early.status_code == 404
    assert "is still being sealed" in early.text
    desk.house.work()
    assert f"{link}/documents/{number}.pdf" in client.get(f"{link}/notices").text
    answer = client.get(f"{link}/documents/{number}.pdf")
    assert answer.data == desk.house.file(number)
    assert answer.headers["Content-Disposition"] == "attachment; filename=LL-BN-2026-0001.pdf"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.head(f"{link}/documents/{number}.pdf").status_code == 200


def test_a_document_missing_from_the_store_is_a_sentence_for_the_customer(desk: Desk) -> None:
    client, link = desk.inside()
    desk.house.work()
    number = desk.delivery().document_id
    for file in desk.house.settings.document_store.rglob("*"):
        if file.is_file():
            file.unlink()
    answer = client.get(f"{link}/documents/{number}.pdf")
    assert answer.status_code == 500
    assert "Ask Lemon Learning for it; its number is LL-BN-2026-0001." in answer.text


def test_an_exercise_says_so_in_big_on_every_page(bare: Desk) -> None:
    bare.open(drill=True)
    bare.tell()
    client, link = bare.visitor(), bare.link()
    cover = client.get(link).text
    client.post(link)
    client.post(f"{link}/questions", data=question())
    page = client.get(f"{link}/notices").text
    for text in (cover, page):
        assert "<strong>Exercise</strong>" in text
        assert "<title>Exercise: " in text
    assert all(mail.subject.startswith("EXERCISE: ") for mail in bare.mails("portal/question"))


def test_a_late_notice_says_so_and_why(bare: Desk) -> None:
    bare.open()
    bare.pass_time(hours=30)
    bare.tell()
    with bare.unit() as unit:
        operations.explain_lateness(unit, bare.breach(unit), [bare.row(unit)], "The awareness meeting took place a day late.")
    client, link = bare.inside()
    page = client.get(f"{link}/notices").text
    assert "8 h late" in page
    assert "The awareness meeting took place a day late." in page


def test_headers_keep_the_link_out_of_caches_search_engines_and_other_sites(desk: Desk) -> None:
    client, link = desk.inside()
    for path in (link, f"{link}/notices", f"/n/{FOREIGN}"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"


def test_the_number_of_statements_does_not_grow(desk: Desk) -> None:
    client, link = desk.inside()
    path = f"{link}/notices"

    def count() -> int:
        client.get(path)  # Takes the message of the act before.
        with desk.house.counting() as statements:
            assert client.get(path).status_code == 200
        return sum(statement.startswith("SELECT") for statement in statements)

    desk.house.work()
    few = count()
    for number in range(4):
        desk.tell(Draft(f"Text {number}.", "Ana", "", "", ""), Phase.SUPPLEMENT)
        client.post(link)
        client.post(f"{link}/questions", data=question(text=f"Question {number}?"))
    desk.house.work()
    assert count() == few
    assert few == 10


def test_a_network_that_guesses_is_held_up(desk: Desk) -> None:
    link, guesser = desk.link(), {"REMOTE_ADDR": "192.0.2.7"}
    client = desk.visitor()
    answers = [client.get(f"/n/{number:043d}", environ_base=guesser) for number in range(views.ASKS + 1)]
    assert [answer.status_code for answer in answers] == [404] * views.ASKS + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert "Try again in 1 min" in answers[-1].text
    held = client.get(link, environ_base={"REMOTE_ADDR": "192.0.2.200"})
    assert held.status_code == 429, "a right guess is held up as well, from the whole network"
    assert client.get(link, environ_base={"REMOTE_ADDR": "198.51.100.1"}).status_code == 200
    desk.pass_time(minutes=1)
    assert client.get(link, environ_base=guesser).status_code == 200


def test_a_customer_cannot_flood_the_organisation_with_alerts(desk: Desk) -> None:
    client, link = desk.inside()
    for number in range(views.QUESTIONS):
        assert client.post(f"{link}/questions", data=question(text=f"Question {number}?")).status_code == 303
    answer = client.post(f"{link}/questions", data=question(text="One more?"))
    assert answer.status_code == 429
    assert "10 questions within an hour" in answer.text
    assert "One more?" in answer.text
    assert len(desk.mails("portal/question")) == 2 * views.QUESTIONS


def test_who_is_signed_in_here_cannot_act_as_the_customer(desk: Desk) -> None:
    client, link = desk.house.client("ana"), desk.link()
    cover = client.get(link).text
    assert "You are signed in as" in cover
    assert "Open the notices" not in cover
    for method, path, data in (
        ("POST", link, {}), ("GET", f"{link}/notices", {}), ("POST", f"{link}/confirm", {"name": "Invented Person"}), ("POST", f"{link}/questions", question()),
        ("GET", f"{link}/documents/{desk.delivery().document_id}.pdf", {}),
    ):  # fmt: skip
        answer = client.open(path, method=method, data=data)
        assert (answer.status_code, answer.location) == (303, link), path
    assert desk.acts() == []
    assert desk.delivery().read_at is None


@pytest.mark.parametrize(("typed", "good"), [
    ("j.roux@lille.example", True), ("Jeanne <j.roux@lille.example>", True), ("+33 1 99 00 12 34", True), ("(0)30-12345", True), ("01 23 45", True),
    ("nowhere", False), ("a@b", False), ("call me", False), ("12 34", False),
])  # fmt: skip
def test_an_answer_needs_somewhere_to_go(typed: str, good: bool) -> None:
    assert bool(REPLY.search(typed)) is good
