"""Rendered documents: the same every time, complete, tagged, without anything active in them."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Name

from dpa.evidence.pdf import (
    RECORD_NAME,
    SEAL_FIELD,
    STAMP_FIELDS,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Letterhead,
    Moment,
    Notice,
    Passage,
    Points,
    Summary,
    Table,
    Text,
    Timeline,
    Verbatim,
    render,
)
from tests.evidence.pdf import reading, samples
from tests.evidence.pdf.samples import breach_notice, canonical, document, dossier

ROOT = Path(__file__).resolve().parents[3]
HOSTILE = (
    '<img src="/etc/hostname"/>',
    '<a href="javascript:alert(1)">click</a>',
    "<para><b>unbalanced & &amp; &#65; <font",
    "]]> --> %s {0} {{x}} \\(paren) (open",
    "EMC Q endstream endobj",
)


@pytest.fixture(scope="module")
def notice() -> bytes:
    return render(breach_notice()).content


def test_the_same_document_gives_the_same_bytes_in_any_process(notice: bytes) -> None:
    code = (
        "from tests.evidence.pdf import samples; from dpa.evidence.pdf import render\n"
        "print(render(samples.dossier()).sha256, render(samples.breach_notice()).sha256)"
    )
    seen = {
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed, "TZ": zone}, capture_output=True, text=True, check=True).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert seen == {f"{render(dossier()).sha256} {hashlib.sha256(notice).hexdigest()}\n"}


def test_threads_do_not_disturb_each_other(notice: bytes) -> None:
    makers = [breach_notice, dossier] * 4
    alone = {maker: render(maker()).sha256 for maker in (breach_notice, dossier)}
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda maker: render(maker()).sha256, makers))
    assert results == [alone[maker] for maker in makers]


def test_another_record_gives_another_file() -> None:
    assert render(document(record=b"{}")).sha256 != render(document(record=b"[]")).sha256


def test_the_result_tells_what_it_is(notice: bytes) -> None:
    rendered = render(breach_notice())
    assert rendered.content == notice
    assert rendered.sha256 == hashlib.sha256(notice).hexdigest()
    with reading.opened(notice) as pdf:
        assert len(pdf.pages) == rendered.pages == 3
    assert (rendered.replaced_characters, rendered.removed_characters) == (0, 0)


def test_the_record_is_attached_byte_for_byte_as_the_source() -> None:
    record = canonical({"né": "Huế", "n": 1})
    with reading.opened(render(document(record=record)).content) as pdf:
        assert pdf.attachments[RECORD_NAME].get_file().read_bytes() == record
        (spec,) = pdf.Root.AF
        assert spec.AFRelationship == Name.Source
        stream = spec.EF.F
        assert stream.Subtype == Name("/application/json")
        assert stream.Params.Size == len(record)
        assert bytes(stream.Params.CheckSum) == hashlib.md5(record).digest()


def test_the_signature_fields_are_ready_tagged_and_empty(notice: bytes) -> None:
    with reading.opened(notice) as pdf:
        fields = list(pdf.Root.AcroForm.Fields)
        assert [str(field.T) for field in fields] == [SEAL_FIELD, *STAMP_FIELDS]
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for field in fields:
            assert (field.FT, int(field.F), [float(n) for n in field.Rect]) == (Name.Sig, 132, [0, 0, 0, 0])
            assert "/V" not in field
            assert str(field.TU)
            form = parents[int(field.StructParent)]
            assert Name.Form == form.S
            assert form.K.Obj.objgen == field.objgen


def test_nothing_in_the_file_is_active_or_leads_outside() -> None:
    texts = [Summary("\n".join(HOSTILE)), KeyFacts(tuple(Fact(h, h, h) for h in HOSTILE)), Notice(HOSTILE[0], HOSTILE[1]), Verbatim("\n".join(HOSTILE))]
    content = render(document(*texts, title=HOSTILE[0], kind=HOSTILE[1], organisation=Letterhead(HOSTILE[2], HOSTILE[3]))).content
    with reading.opened(content) as pdf:
        for page in pdf.pages:
            assert all(annotation.Subtype == Name.Widget for annotation in page.obj.get("/Annots", []))
            assert "/AA" not in page.obj
        forbidden = {"/OpenAction", "/AA", "/URI", "/JS", "/JavaScript", "/Launch", "/GoToR", "/RichMedia", "/SubmitForm", "/A"}
        for each in pdf.objects:
            if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
                keys = set(each.keys()) - ({"/A"} if each.get("/Type") == Name.StructElem else set())
                assert not keys & forbidden
                assert each.get("/S") not in {Name.URI, Name.JavaScript, Name.Launch}
                assert each.get("/Subtype") != Name.Image, "no file was opened"


def test_hostile_text_is_printed_as_it_is() -> None:
    for hostile in HOSTILE:
        places = (Summary(hostile), Heading(hostile), Text(hostile), Points((hostile,)), FinePrint(hostile), Notice(hostile, hostile), Verbatim(hostile, hostile))
        table = Table((Column(hostile), Column("x")), ((hostile, hostile),), caption=hostile, row_header=True)
        moments = Timeline((Moment(samples.AWARE, hostile, hostile, hostile),))
        content = render(document(*places, KeyFacts((Fact(hostile, hostile, hostile, wide=True),)), table, moments)).content
        joined = re.sub(r"\s", "", reading.text(content)).replace("↳", "")
        assert joined.count(re.sub(r"\s", "", hostile)) >= 18


def test_what_no_font_has_is_replaced_counted_and_told() -> None:
    rendered = render(document(Text("名 and 前 \u202eabc"), title="題 of it"))
    assert (rendered.replaced_characters, rendered.removed_characters) == (3, 1)
    printed = reading.text(rendered.content)
    assert "□ and □ abc" in printed
    assert "□ of it" in printed
    joined = " ".join(printed.split())
    assert "3 characters could not be printed with the fonts of this document and stand as □: U+524D, U+540D, U+984C." in joined
    assert "1 control or invisible character left out: U+202E." in joined
    with reading.opened(rendered.content) as pdf:
        assert str(pdf.docinfo.Title) == "題 of it", "the file's own title keeps what viewers can show"


def test_a_document_without_losses_says_nothing_about_them(notice: bytes) -> None:
    assert "could not be printed" not in reading.text(notice)


def test_reading_order_and_roles(notice: bytes) -> None:
    found = reading.elements(notice)
    roles = [role for role, _ in found]
    assert roles.count("H1") == 1
    assert [text for role, text in found if role == "H2"] == ["What happened", "Data concerned", "Likely consequences", "Measures", "Verification"]
    assert [text for role, text in found if role == "TH"][:4] == ["Category", "Data", "Records", "Precision"]
    at = roles.index("H1")
    assert found[at - 1] == ("P", "Notice of a personal data breach")
    assert found[at][1] == "Export leak in the reporting service"
    assert {"Caption", "TD", "Lbl", "LBody", "Figure", "Code", "H3"} <= set(roles)


def test_every_mark_is_content_or_artifact_and_every_content_is_in_the_tree(notice: bytes) -> None:
    with reading.opened(notice) as pdf:
        for number, (page, texts) in enumerate(zip(pdf.pages, reading.pieces(pdf), strict=True)):
            assert "bare" not in texts
            assert f"Page {number + 1} of 3" in texts["/Pagination"]
            assert "Check code" in texts["/Pagination"]
            assert "Confidential · LL-BN-2026-0007" in " ".join(texts["/Pagination"].split())
            assert page.obj.StructParents == number


def test_a_table_repeats_its_header_as_an_artifact_and_stays_one_table() -> None:
    rows = tuple((f"row {n}", "value") for n in range(200))
    content = render(document(Table((Column("Name"), Column("Value")), rows, row_header=True))).content
    found = reading.elements(content)
    assert [text for role, text in found if role == "TH"] == ["Name", "Value", *(row[0] for row in rows)]
    with reading.opened(content) as pdf:
        later = reading.pieces(pdf)[1:]
        assert len(later) > 3
        assert all("Name\nValue" in page["/Pagination"] for page in later)
        tables = [kid for kid in pdf.Root.StructTreeRoot.K.K if Name.Table == kid.S]
        assert len(tables) == 1


def test_a_heading_never_stands_alone_at_the_foot_of_a_page() -> None:
    for filler in range(36, 52):
        content = render(document(Text("\n".join(["x"] * filler)), Heading("Kept"), Table((Column("A"),), (("first row\n" * 4,), ("second",)), caption="Caption"))).content
        with reading.opened(content) as pdf:
            for page in reading.pieces(pdf):
                text = "\n".join(page.values())
                assert ("Kept" in text) == ("first row" in text) == ("Caption" in text)


def test_the_file_speaks_for_itself(notice: bytes) -> None:
    with reading.opened(notice) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle is True
        assert str(pdf.docinfo.Title) == "Export leak in the reporting service"
        assert str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate) == "D:20261122100400+00'00'"
        packet = pdf.Root.Metadata.read_bytes().decode()
        assert "<xmp:CreateDate>2026-11-22T10:04:00+00:00</xmp:CreateDate>" in packet
        assert "<dc:identifier>LL-BN-2026-0007</dc:identifier>" in packet
        with pdf.open_outline() as outline:
            (title,) = outline.root
            assert [item.title for item in title.children] == ["What happened", "Data concerned", "Likely consequences", "Measures", "Verification"]


def test_a_title_with_markup_is_escaped_in_the_metadata() -> None:
    with reading.opened(render(document(title="A & B <c>\x00")).content) as pdf:
        assert "A &amp; B &lt;c&gt;</rdf:li>" in pdf.Root.Metadata.read_bytes().decode()


def test_the_engines_own_words_are_marked_where_it_has_none_in_the_documents_language() -> None:
    with reading.opened(render(document(Text("Hej"), language="sv")).content) as pdf:
        languages = [str(kid.Lang) for kid in pdf.Root.StructTreeRoot.K.K if "/Lang" in kid]
        assert str(pdf.Root.Lang) == "sv"
        assert languages == ["en-GB", "en-GB"]


def test_the_engines_own_words_follow_the_document() -> None:
    content = render(document(Text("Guten Tag \x01 \U0001f6b2"), language="de")).content
    with reading.opened(content) as pdf:
        assert str(pdf.Root.Lang) == "de"
        assert [kid for kid in pdf.Root.StructTreeRoot.K.K if "/Lang" in kid] == []
    text = reading.text(content)
    assert "Ausgestellt So., 22. November 2026, 11:04 Uhr +01:00 (Europe/Paris)" in text
    assert "Seite 1 von 1" in text
    assert "1 Zeichen konnte mit den Schriften dieses Dokuments nicht gedruckt werden" in text
    assert "1 Steuerzeichen oder unsichtbares Zeichen ausgelassen" in text
    assert "Issued" not in text


def test_a_passage_in_another_language_is_marked_as_such() -> None:
    with reading.opened(render(document(Text("Guten Tag"), Passage("en-GB", (Heading("Counting"), Text("One."))), Text("Ende"), language="de")).content) as pdf:
        marked = [kid for kid in pdf.Root.StructTreeRoot.K.K if "/Lang" in kid]
        assert [(str(kid.S), str(kid.Lang), [str(inner.S) for inner in kid.K]) for kid in marked] == [("/Sect", "en-GB", ["/H2", "/P"])]


def test_a_heading_inside_a_passage_skips_no_level_either() -> None:
    with pytest.raises(ValueError, match="skips a level"):
        document(Passage("de", (Heading("Zu tief", 3),)))


def test_dates_carry_their_zone_and_follow_it() -> None:
    moment = Moment(samples.AWARE, "Aware")
    paris, hanoi = (reading.text(render(document(Timeline((moment,)), zone=zone)).content) for zone in ("Europe/Paris", "Asia/Ho_Chi_Minh"))
    assert "Issued Sun 22 Nov 2026 11:04 +01:00 (Europe/Paris)" in paris
    assert "21:46 +01:00\nSat 21 Nov 2026" in paris
    assert "Issued Sun 22 Nov 2026 17:04 +07:00 (Asia/Ho_Chi_Minh)" in hanoi
    assert "03:46 +07:00\nSun 22 Nov 2026" in hanoi


@pytest.mark.parametrize("at", ["cell", "fact", "text", "title", "moment", "point", "name"])
def test_a_word_of_ten_thousand_characters_is_printed_whole(at: str) -> None:
    word = "Wordwithoutend" * 715
    blocks = {
        "cell": Table((Column("a"), Column("b", 3)), ((word, "x"),)), "fact": KeyFacts((Fact("x", word), Fact("y", "z"))), "text": Text(word),
        "moment": Timeline((Moment(samples.AWARE, "x", word),)), "point": Points((word,)),
    }  # fmt: skip
    changes = {"title": {"title": word}, "name": {"organisation": Letterhead(word)}}.get(at, {})
    rendered = render(document(*([blocks[at]] if at in blocks else []), **changes))
    # A name is cut in the letterhead and stands in full in the last paragraph.
    assert rendered.pages >= 2
    assert re.sub(r"\s", "", reading.text(rendered.content)).count("Wordwithoutend") >= 715 - rendered.pages


def test_empty_blocks_and_empty_fields_make_a_document() -> None:
    blocks = (Summary(""), KeyFacts(()), KeyFacts((Fact("", ""),)), Heading(""), Text(" \n "), Points(()), Points(("",)), Timeline(()), Notice("", ""), Verbatim(""), FinePrint(""))
    content = render(document(*blocks, Table((Column("A"),), (), caption="None of them"), Table((Column(""),), (("",),)), kind="", subtitle="", classification="")).content
    assert "None of them\nNo entries." in reading.text(content)


@pytest.mark.slow
def test_a_table_of_five_thousand_rows_is_made_in_time() -> None:
    import time

    columns = (Column("No."), Column("When", 2), Column("What", 3), Column("Who", 2), Column("Digest", 2, code=True))
    rows = tuple((str(n), "Sun 22 Nov 2026 11:04 +01:00", f"Notice {n} delivered", "Ana Duarte, DPO", f"{n:016x}") for n in range(5_000))
    began = time.process_time()
    rendered = render(document(Table(columns, rows)))
    assert time.process_time() - began < 15
    assert rendered.pages > 100
    assert "Notice 4999 delivered" in reading.text(rendered.content)[-1_000:]
