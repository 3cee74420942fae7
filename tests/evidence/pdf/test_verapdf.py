"""The reference validator on every kind of document, and controls that must fail so that its silence means something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from dpa.evidence.pdf import (
    Align,
    Bar,
    Bars,
    Block,
    ClockPoint,
    ClockStrip,
    Column,
    Fact,
    FinePrint,
    Heading,
    KeyFacts,
    Letterhead,
    Moment,
    Notice,
    Points,
    Qr,
    Summary,
    Table,
    Text,
    Timeline,
    Tone,
    Verbatim,
    render,
)
from dpa.evidence.pdf.archive import archive
from dpa.evidence.pdf.structure import Element
from tests.evidence.pdf import reading, verapdf
from tests.evidence.pdf.samples import AWARE, breach_notice, document, dossier, png

SCRIPTS = "Français ÀÉÎÕÜ ßæø; Polski ąćęłńóśźż; Ελληνικά ἀρχή; Русский Ђќў; Tiếng Việt Nguyễn Thị Ánh; → ✓ ≤ № “quoted” – dash; 中文 שלום 😀 \u202e\u200b"
NOW = datetime.now(UTC).replace(microsecond=0)


def all_blocks(text: str) -> tuple[Block, ...]:
    """One of each block, all with the same text."""
    rows = ((text, "1,234"), ("", "0"))
    return (
        Summary(text), KeyFacts((Fact(text, text, text), Fact("", ""), Fact("Digest", "00ff" * 16, wide=True, code=True))),
        Heading(text), Heading(text, 3), Text(f"{text}\n\n{text}"), Points((text, text)), Points((text,) * 12, numbered=True),
        Table((Column(text, 3), Column("Number", 1, Align.RIGHT)), rows, caption=text, row_header=True), Table((Column("None"),), ()),
        Timeline(tuple(Moment(AWARE + timedelta(hours=n), text, text, text, tone) for n, tone in enumerate(Tone))),
        Bars((Bar(text, 3, "3"), Bar("", 0, "")), text, text),
        ClockStrip(ClockPoint(text, AWARE), ClockPoint("Due", AWARE + timedelta(hours=24)), (ClockPoint("Late", AWARE + timedelta(hours=30)), ClockPoint("Soon", AWARE + timedelta(minutes=1))), text),
        Qr("https://desk.example/verify/1", text, text), *(Notice(text, text, tone) for tone in Tone), FinePrint(text), Verbatim(f"{text}\n\n  {text}", text),
    )  # fmt: skip


def table(rows: int) -> Table:
    return Table((Column("Name"), Column("Value", 2)), tuple((f"row {n}", "value " * (n % 30)) for n in range(rows)), row_header=True)


DOCUMENTS = {
    "breach notice": breach_notice,
    "dossier": dossier,
    "one row": lambda: document(table(1)),
    "200 rows": lambda: document(table(200)),
    "many pages, packed": lambda: document(*[each for n in range(12) for each in (Heading(f"Part {n}"), table(60))]),
    "all blocks, all scripts": lambda: document(*all_blocks(SCRIPTS), title=SCRIPTS, kind=SCRIPTS, subtitle=SCRIPTS, organisation=Letterhead(SCRIPTS, SCRIPTS)),
    "long words": lambda: document(*all_blocks("Wordwithoutend" * 40), title="Wordwithoutend" * 40),
    "ten thousand characters": lambda: document(Table((Column("a"), Column("b")), (("w" * 10_000, "x"),))),
    "empty fields": lambda: document(*nearly_empty(), kind="", classification=""),
    "nothing but a title": lambda: document(title="Nothing but a title, long enough to be worth a check of its own"),
    "logo with transparency": lambda: document(table(2), organisation=Letterhead("Lumen", "Lille", png(300, 90))),
    "logo without": lambda: document(table(2), organisation=Letterhead("Lumen", "Lille", png(40, 90, alpha=False))),
    "in French": lambda: document(Text("Bonjour"), language="fr-FR"),
}


def nearly_empty() -> tuple[Block, ...]:
    return (Summary(""), KeyFacts((Fact("", ""),)), Heading(""), Text(""), Points(("",)), Table((Column(""), Column("")), (("", ""),), row_header=True), Timeline((Moment(AWARE, ""),)), Notice("", ""), FinePrint(""), Verbatim(""), Qr("x", ""))


def written(folder: Path, name: str, content: bytes) -> Path:
    file = folder / f"{name.replace(' ', '-').replace(',', '')}.pdf"
    file.write_bytes(content)
    return file


def test_every_kind_of_document_is_pdf_a_3a_and_pdf_ua_1(tmp_path: Path) -> None:
    verapdf.assert_compliant([written(tmp_path, name, render(make()).content) for name, make in DOCUMENTS.items()])


def test_the_gate_is_not_blind(tmp_path: Path) -> None:
    """Each control breaks one promise; veraPDF must name the clause."""
    drawn = BytesIO()
    canvas = Canvas(drawn, invariant=1, pageCompression=0)
    canvas.drawString(72, 700, "In Helvetica, which is not embedded, and not marked")
    canvas.save()
    unembedded = archive(drawn.getvalue(), document(), Element("Document"), [])
    broken = {"unembedded": unembedded}
    for name, key in (("untagged", "/StructTreeRoot"), ("without profile", "/OutputIntents"), ("without language", "/Lang")):
        with reading.opened(render(breach_notice()).content) as pdf:
            del pdf.Root[key]
            out = BytesIO()
            pdf.save(out)
        broken[name] = out.getvalue()
    verdicts = verapdf.check([written(tmp_path, name, content) for name, content in broken.items()])
    clauses = {(v.file.removesuffix(".pdf"), v.flavour): {failure.split()[0] for failure in v.failures} for v in verdicts}
    assert "6.2.11.4.1-1" in clauses["unembedded", "3a"]
    assert "7.21.4.1-1" in clauses["unembedded", "ua1"]
    assert clauses["untagged", "3a"]
    assert clauses["untagged", "ua1"]
    assert clauses["without-profile", "3a"]
    assert clauses["without-language", "ua1"]
