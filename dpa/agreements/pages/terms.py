"""Terms, gaps, contradictions, deviations and defects of one stack of terms, in the words a page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from dpa.agreements.deviations import said
from dpa.agreements.pages.badges import GAP_BADGE, Badge, OriginBadge, origin_badge, where
from dpa.agreements.terms import (
    FLAG_TEXT,
    ORIGIN_TEXT,
    Confidence,
    Defect,
    DefectKind,
    Effective,
    Gap,
    GapStatus,
    Layer,
    Look,
    Origin,
    Resolution,
    State,
    TermStack,
    describe,
    describe_length,
    effective,
    effective_all,
    governing_clock,
    group_label,
    label,
    visible_flags,
)

CONFIDENCE = {
    Confidence.HIGH: None,
    Confidence.MEDIUM: Badge("reading fairly sure", "off", "eye"),
    Confidence.LOW: Badge("reading uncertain", "soon", "eye"),
}
DEFECT_TITLE = {
    DefectKind.NO_DPA: ("No agreement on processing", "late", "file-off"),
    DefectKind.EXTERNAL_DOCUMENT: ("Documents not held", "soon", "file-symlink"),
    DefectKind.MISSING_PART: ("Missing parts", "soon", "file-alert"),
    DefectKind.FLAG: ("Traps in the terms", "soon", "alert-triangle"),
    DefectKind.PRINTED: ("Faults in print", "off", "writing"),
}
"""Heading, tint and icon of each kind of defect, the gravest first."""


@dataclass(frozen=True, slots=True)
class Caution:
    """What is wrong and what to do."""

    sentence: str
    advice: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What one layer said when it was asked."""

    source: str
    said: str
    answered: bool


@dataclass(frozen=True, slots=True)
class TermLine:
    """One term as it holds."""

    key: str
    label: str
    text: str
    quiet: bool
    """Whether there is no value."""
    origin: OriginBadge
    clause: str | None
    literal: str | None
    note: str | None
    confidence: Badge | None
    target: str | None
    """The house's own number beside a word, marked as policy."""
    warnings: tuple[Caution, ...]
    conflict: str | None
    """How the contradiction behind it stands; none without one."""
    undecided: bool
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class TermGroup:
    """Terms under one heading."""

    id: str
    title: str
    lines: tuple[TermLine, ...]


@dataclass(frozen=True, slots=True)
class GapLine:
    """One point of Art. 28(3) GDPR."""

    article: str
    title: str
    badge: Badge
    clause: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One way out of a contradiction."""

    id: str
    title: str
    text: str
    clause: str | None
    literal: str | None
    runs: bool
    """Whether it holds now."""
    suggested: bool
    stricter: bool


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A contradiction with its options side by side."""

    id: str
    title: str
    label: str
    note: str | None
    options: tuple[OptionLine, ...]
    decided: bool
    sentence: str
    why: str | None
    who: str | None
    when: object | None
    """Instant of the decision."""


@dataclass(frozen=True, slots=True)
class DefectGroup:
    """Defects of one kind."""

    title: str
    tint: str
    symbol: str
    lines: tuple[DefectLine, ...]


@dataclass(frozen=True, slots=True)
class DefectLine:
    """One defect."""

    where: str
    sentence: str
    advice: str


@dataclass(frozen=True, slots=True)
class DeviationLine:
    """One term in which an agreement differs from its template."""

    label: str
    agreed: str
    clause: str | None
    template: str
    template_origin: OriginBadge


def term_groups(stack: TermStack) -> tuple[TermGroup, ...]:
    """Return every term any layer speaks about, grouped in the order of the catalogue."""
    answers = effective_all(stack)
    grouped = groupby(answers, key=lambda found: found.key.partition(".")[0])
    return tuple(
        TermGroup(f"terms-{name.replace('_', '-')}", group_label(name), tuple(term_line(stack, found) for found in listed))
        for name, listed in grouped
    )


def term_line(stack: TermStack, found: Effective) -> TermLine:
    """Return one answer in words."""
    text = describe(found.value) if found.value is not None else _empty(found)
    conflict = found.resolution.sentence if found.resolution is not None else None
    return TermLine(
        key=found.key,
        label=found.label,
        text=text,
        quiet=found.value is None,
        origin=origin_badge(found),
        clause=where(found.clause),
        literal=found.literal,
        note=found.note,
        confidence=CONFIDENCE[found.confidence] if found.confidence else None,
        target=_target(stack, found),
        warnings=_warnings(stack, found),
        conflict=conflict,
        undecided=found.resolution is not None and not found.resolution.decided,
        asked=tuple(_asked(look) for look in found.looks),
    )


def _empty(found: Effective) -> str:
    if found.state is State.NOT_APPLICABLE:
        return "Not applicable"
    return f"In the {found.awaiting}, which is not held" if found.awaiting else "Not stated"


def _target(stack: TermStack, found: Effective) -> str | None:
    target, ceiling = (found.target.target, found.target.ceiling) if found.target else (None, None)
    if found.key == "breach.notify":
        clock = governing_clock(stack)
        if clock is None or clock.target_origin is not Origin.HOUSE_POLICY:
            return None
        target, ceiling = clock.target, clock.ceiling
    if target is None:
        return None
    return f"House target {describe_length(target)}" + (f", escalation at {describe_length(ceiling)}" if ceiling else "")


def _warnings(stack: TermStack, found: Effective) -> tuple[Caution, ...]:
    term = found.looks[-1].term if found.looks else None
    visible = visible_flags(term, stack.template.vendor.domains) if term is not None and found.from_contract else ()
    return tuple(Caution(*FLAG_TEXT[flag]) for flag in dict.fromkeys((*found.flags, *visible)))


def _asked(look: Look) -> Asked:
    names = {Layer.STATUTE: "Law", Layer.POLICY: look.source}
    source = names.get(look.layer, look.source)
    if look.resolution is not None:
        return Asked(source, look.resolution.option.title, answered=True)
    if look.term is None:
        return Asked(source, "says nothing", answered=False)
    words = {State.ABSENT: "says nothing", State.EXTERNAL: f"points to the {look.term.document}", State.NOT_APPLICABLE: "not applicable"}
    text = words.get(look.term.state) or said(look.term)
    return Asked(source, text, answered=look.term.state in {State.VALUE, State.NOT_APPLICABLE})


def gap_lines(gaps: Iterable[Gap]) -> tuple[GapLine, ...]:
    """Return the points of Art. 28(3) GDPR, those to act on first, else in the order of the article."""
    rank = (GapStatus.MISSING, GapStatus.EXTERNAL, GapStatus.WEAK, GapStatus.COVERED)
    return tuple(
        GapLine(gap.article, gap.title, GAP_BADGE[gap.status], gap.clause, gap.sentence)
        for gap in sorted(gaps, key=lambda gap: rank.index(gap.status))
    )


def conflict_lines(resolutions: Iterable[Resolution], who: Mapping[str, str]) -> tuple[ConflictLine, ...]:
    """Return the contradictions, undecided ones first; `who` names people by their reference."""
    ordered = sorted(resolutions, key=lambda resolution: resolution.decided)
    return tuple(_conflict(resolution, who) for resolution in ordered)


def _conflict(resolution: Resolution, who: Mapping[str, str]) -> ConflictLine:
    found, decision = resolution.conflict, resolution.decision
    options = tuple(
        OptionLine(
            id=option.id, title=option.title, text=describe(option.value), clause=where(option.clause),
            literal=option.term.literal if option.term else None, runs=option.id == resolution.option.id,
            suggested=option.id == found.suggested, stricter=option.id == found.stricter,
        )
        for option in found.options
    )
    return ConflictLine(
        id=found.id, title=found.title, label=label(found.key), note=found.note, options=options, decided=resolution.decided,
        sentence=resolution.sentence, why=decision.why if decision else None,
        who=who.get(decision.who, "Somebody who is gone") if decision else None, when=decision.at if decision else None,
    )


def defect_groups(defects: Iterable[Defect]) -> tuple[DefectGroup, ...]:
    """Return the faults of a contract by kind, the gravest kind first."""
    listed = list(defects)
    groups = []
    for kind, (title, tint, symbol) in DEFECT_TITLE.items():
        lines = tuple(_defect(one) for one in listed if one.kind is kind)
        if lines:
            groups.append(DefectGroup(title, tint, symbol, lines))
    return tuple(groups)


def _defect(defect: Defect) -> DefectLine:
    what = label(defect.key) if defect.key else ""
    place = ", ".join(part for part in (what, where(defect.clause)) if part)
    return DefectLine(place or "The document", defect.sentence, defect.advice)


def deviation_lines(stack: TermStack, template: TermStack) -> tuple[DeviationLine, ...]:
    """Return in what an agreement differs from its template; both stacks as of the same day."""
    lines = []
    for term in stack.deviations:
        own = effective(template, term.key)
        text = describe(own.value) if own.value is not None else _empty(own)
        lines.append(DeviationLine(label(term.key), said(term), where(term.clause), text, origin_badge(own)))
    return tuple(lines)


def origin_words(origin: Origin | None) -> str:
    """Return how an origin is said in an export; empty where nobody said anything."""
    return ORIGIN_TEXT[origin] if origin else ""
