"""One customer's part: which source answers, what a table says, how totals and sums stand to each other."""

from __future__ import annotations

import pytest

from dpa.breaches.facts import Count, Country, FactSheet, Share
from dpa.breaches.facts.listing import table
from dpa.breaches.facts.shares import (
    LeftOut,
    Part,
    Source,
    compared,
    from_agreement,
    part_of,
    read_part,
    read_share,
    share_text,
)
from dpa.breaches.facts.words import DataType, Precision, SubjectCategory
from dpa.breaches.versions import part_rows
from dpa.languages import ENGLISH, Language, wording
from dpa.problems import Invalid

USERS, STUDENTS, PATIENTS = SubjectCategory.USERS, SubjectCategory.STUDENTS, SubjectCategory.PATIENTS
BASIC, CONTACT, HEALTH = DataType.BASIC, DataType.CONTACT, DataType.HEALTH
OPEN, NEVER = Count(precision=Precision.TO_BE_DETERMINED), Count(precision=Precision.UNDETERMINABLE)


@pytest.mark.parametrize(
    ("sheet", "agreement", "own", "found"),
    [
        ((), None, None, ((), Source.INCIDENT)),
        ((BASIC,), None, None, ((BASIC,), Source.INCIDENT)),
        ((), (BASIC, HEALTH), None, ((BASIC, HEALTH), Source.AGREEMENT)),
        ((BASIC, CONTACT), (BASIC, HEALTH), None, ((BASIC,), Source.AGREEMENT)),
        ((CONTACT,), (BASIC, HEALTH), None, ((CONTACT,), Source.INCIDENT)),
        ((DataType.NOT_YET_KNOWN,), (BASIC,), None, ((BASIC,), Source.AGREEMENT)),
        ((BASIC, CONTACT), (BASIC,), (HEALTH,), ((HEALTH,), Source.OWN)),
    ],
    ids=["nothing", "incident", "agreement", "what-both-name", "nothing-in-common", "sheet-open", "said"],
)  # fmt: skip
def test_the_nearer_source_answers_for_categories(
    sheet: tuple[DataType, ...], agreement: tuple[DataType, ...] | None, own: tuple[DataType, ...] | None, found: tuple[tuple[DataType, ...], Source]
) -> None:
    part = part_of(FactSheet(data_types=sheet), Share(data_types=agreement), Share(data_types=own), controllers=3)
    assert (part.data_types, part.data_from) == found


def test_numbers_of_the_incident_are_a_customers_own_only_where_it_is_the_only_one() -> None:
    sheet = FactSheet(people=Count.exact(400), records=Count.about(900))
    assert part_of(sheet, None, None, controllers=1).people == Count.exact(400)
    assert part_of(sheet, None, None, controllers=2) == Part()
    assert not Part().known
    mine = part_of(sheet, None, Share(people=Count.about(12)), controllers=2)
    assert (mine.people, mine.records) == (Count.about(12), None)


def test_the_agreements_own_words_are_told_only_with_its_categories() -> None:
    named = Share(data_types=(BASIC, DataType.OTHER), data_note="usage")
    assert part_of(FactSheet(), named, None, controllers=2).data_note == "usage"
    assert part_of(FactSheet(data_types=(CONTACT,)), named, None, controllers=2).data_note == ""
    assert part_of(FactSheet(data_types=(BASIC,)), named, None, controllers=2).data_note == "", "they say what “other” means, and that was not touched"
    assert part_of(FactSheet(), named, Share(data_note="Only the first page"), controllers=2).data_note == "Only the first page"


def test_what_the_first_contract_names_becomes_categories_and_its_other_words_stay() -> None:
    found = from_agreement(("e-mail address", "usage", "surname", "first name", "identifiers and sessions"), ("authorised users of the client",))
    assert found == Share(
        subjects=(USERS,), data_types=(BASIC, CONTACT, DataType.OTHER), subjects_note="", data_note="usage; identifiers and sessions"
    )
    assert from_agreement((), ()) is None
    assert from_agreement((), ("robots",)) == Share(subjects=(SubjectCategory.OTHER,), subjects_note="robots", data_note="")


def test_a_share_and_a_part_read_back_as_they_were_written() -> None:
    share = Share(people=Count.about(12), records=OPEN, subjects=(STUDENTS,), data_types=(BASIC, HEALTH), subjects_note="a", data_note="b")
    assert read_share(share_text(share)) == share
    assert share_text(Share()) == '{"v":1}'
    part = part_of(FactSheet(data_types=(BASIC,)), Share(subjects=(USERS, SubjectCategory.OTHER), subjects_note="x"), Share(records=NEVER), controllers=2)
    assert read_part(part.text) == part
    assert (Part().text, read_part("")) == ("", Part())
    with pytest.raises(ValueError, match="version 2"):
        read_share('{"v":2}')


def test_a_part_is_told_in_the_customers_language() -> None:
    part = Part(people=Count.about(3112), records=NEVER, subjects=(STUDENTS, SubjectCategory.OTHER), subjects_note="Eltern", data_types=(BASIC,), data_from=Source.AGREEMENT)
    assert part_rows(part.facts(), wording(Language.DE)) == (
        ("Betroffene Personen", "ungefähr 3.112"), ("Betroffene Datensätze", "nicht feststellbar"),
        ("Kategorien betroffener Personen", "Schüler und Studierende; Eltern"),
        ("Kategorien personenbezogener Daten laut Ihrem Vertrag", "Stammdaten (Name, Geburtsdatum)"),
    )  # fmt: skip
    assert part_rows(None, ENGLISH) == ()
    assert [text for _, text in part_rows(Part(people=OPEN).facts(), ENGLISH)] == ["to be determined", "not known yet", "not known yet", "not known yet"]


@pytest.mark.parametrize(
    ("total", "counts", "said"),
    [
        (None, [Count.exact(3)], None), (Count.exact(3), [], None), (Count.exact(3), [None], None), (OPEN, [Count.exact(3)], None),
        (Count.exact(10), [Count.exact(4), Count.exact(6)], None),
        (Count.exact(10), [Count.exact(4), Count.about(7)], "The customers’ numbers come to 11, which is 1 more than the 10 of the incident as a whole. See which of them is right."),
        (Count.exact(10), [Count.exact(4), Count.exact(5)], "The customers’ numbers come to 9, which is 1 fewer than the 10 of the incident as a whole. See which of them is right."),
        (Count.exact(10), [Count.exact(4), None, OPEN], "6 of 10 are not said of any customer yet; 2 of 3 have no number."),
        (Count.exact(10), [Count.exact(11), None], "The customers’ numbers come to 11, which is 1 more than the 10 of the incident as a whole. See which of them is right."),
    ],
)  # fmt: skip
def test_a_difference_between_total_and_sum_is_said_and_not_put_right(total: Count | None, counts: list[Count | None], said: str | None) -> None:
    assert compared(total, counts) == said


def test_a_table_is_read_as_people_write_it() -> None:
    text = "A-1; 120; ~340; students, contact\nA-2;about 1,200;?;Patients|health\n\nA-3; ; - ;\n\"Müller; Söhne\";1 200;;\n"
    found = {line.customer: (line.number, line.share) for line in table(text)}
    assert found == {
        "A-1": (1, Share(people=Count.exact(120), records=Count.about(340), subjects=(STUDENTS,), data_types=(CONTACT,))),
        "A-2": (2, Share(people=Count.about(1200), records=OPEN, subjects=(PATIENTS,), data_types=(HEALTH,))),
        "A-3": (4, Share(records=NEVER)),
        "Müller; Söhne": (5, Share(people=Count.exact(1200))),
    }


def test_a_first_line_may_name_the_columns_in_any_order() -> None:
    (line,) = table("Records,Customer,People\n7,A-1,3")
    assert (line.number, line.customer, line.share) == (2, "A-1", Share(people=Count.exact(3), records=Count.exact(7)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no line with a customer"), (" ; 12", "Line 1: it names no customer"), ("A;12\na;13", "Line 2: a stands in line 1 too"),
        ("A; twelve", "Line 1: “twelve” is no number of people"), ("A; -5", "“-5” is no number"), ("A; 1.5", "“1.5” is no number"), ("A; 99999999999999", "is no number"),
        ("A; 1; 2; aliens", "Line 1: “aliens” is no category"), ("A; 1; 2; data", "“data” is no category"), ("A; 1; 2; not_yet_known", "is no category"),
        ('A;"1', "Line 1 cannot be read as a table"),
    ],
)  # fmt: skip
def test_what_a_table_cannot_mean_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        table(text)
    assert said in caught.value.fields.get("table", caught.value.message)


def test_many_faults_are_counted_and_nothing_of_the_table_is_taken() -> None:
    with pytest.raises(Invalid) as caught:
        table("\n".join(f"A-{n}; x" for n in range(14)))
    assert caught.value.message.endswith("And 4 more lines. Nothing was saved.")


@pytest.mark.parametrize(
    ("agreement", "note", "incident", "own", "left"),
    [
        ((DataType.BASIC,), None, (DataType.BASIC, DataType.HEALTH), None, LeftOut((DataType.HEALTH.label,), ())),
        ((DataType.BASIC, DataType.HEALTH), None, (DataType.BASIC,), None, LeftOut((), (DataType.HEALTH.label,))),
        ((DataType.BASIC, DataType.OTHER), "usage", (DataType.BASIC,), None, LeftOut((), ("usage",))),
        ((DataType.BASIC,), None, (DataType.HEALTH,), None, LeftOut((), (DataType.BASIC.label,))),
        ((DataType.BASIC,), None, (DataType.HEALTH,), (DataType.HEALTH,), LeftOut()),
        ((DataType.BASIC,), None, (), None, LeftOut()),
        ((DataType.BASIC,), None, (DataType.NOT_YET_KNOWN,), None, LeftOut()),
        (None, None, (DataType.HEALTH,), None, LeftOut()),
        ((DataType.BASIC,), None, (DataType.BASIC,), None, LeftOut()),
    ],
)
def test_what_only_one_source_names_is_left_out_and_said(
    agreement: tuple[DataType, ...] | None, note: str | None, incident: tuple[DataType, ...], own: tuple[DataType, ...] | None, left: LeftOut
) -> None:
    part = part_of(FactSheet(data_types=incident), Share(data_types=agreement, data_note=note), Share(data_types=own), controllers=2)
    assert part.data_left == left
    assert "left" not in part.text, "never kept, never told"


def test_where_its_people_live_is_kept_told_and_read_from_a_table() -> None:
    share = Share(countries=(Country(code="BE"), Country(code="FR", people=1200)))
    assert read_share(share_text(share)) == share
    part = part_of(FactSheet(countries=(Country(code="DE"),)), None, share, controllers=2)
    assert read_part(part.text).countries == share.countries
    assert part_rows(part.facts(), ENGLISH)[4] == ("Countries the people live in", "BE; FR: 1,200")
    assert "countries" not in (part_of(FactSheet(people=Count.exact(3), countries=(Country(code="DE"),)), None, None, controllers=1).facts() or {}), "what was kept before reads as the same"
    [first, second] = table("customer;countries\nA-1;FR 1200, Belgium\nA-2;")
    assert (first.share.countries, second.share.countries) == ((Country(code="BE"), Country(code="FR", people=1200)), None)


@pytest.mark.parametrize(("typed", "said"), [("Atlantis", "is no country we know"), ("UK", "write GB"), ("FR, France 3", "Name each country once")])
def test_a_country_that_is_none_is_named_with_its_line(typed: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        table(f"customer;countries\nA-1;{typed}")
    assert "Line 2:" in refused.value.fields["table"]
    assert said in refused.value.fields["table"]
