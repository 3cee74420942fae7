"""A full sheet, and arbitrary ones, for the tests of the facts of a breach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from dpa.breaches.facts import words as w
from dpa.breaches.facts.base import FIRST_YEAR, LAST_YEAR, NUMBER_MAX
from dpa.breaches.facts.severity import Adjustment, DataKind, Ease, Factor, Loss, SeverityInputs
from dpa.breaches.facts.sheet import (
    Attachment,
    Contact,
    Count,
    Country,
    FactSheet,
    Occurrence,
    Subprocessor,
    build,
)

PARIS = "Europe/Paris"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def full() -> FactSheet:
    """A sheet in which every question has an answer."""
    return build({
        "nature": "Exports of the reporting service went to an unknown address.",
        "natures": ["confidentiality", "integrity", "availability"],
        "disclosure": "likely", "unintelligible": "readable", "alteration": "reversible", "unavailability": "temporary",
        "data_types": ["contact", "health", "criminal"], "data_note": "Addresses of participants.",
        "subjects": ["employees", "users"], "subjects_note": "Participants of courses.",
        "people": Count.about(3112), "records": Count.exact(9000), "records_note": "One record is one course result.",
        "consequences": "Unwanted mail is likely.",
        "confidentiality_consequences": ["linkable", "other"], "confidentiality_note": "Employers may learn results.",
        "integrity_consequences": ["used_though_invalid"], "integrity_note": "Results may be wrong.",
        "availability_consequences": ["disruption"], "availability_note": "Courses start late.",
        "impacts": ["fraud", "loss_of_control", "other"], "impacts_note": "Embarrassment.", "severity": "moderate",
        "severity_inputs": {"data": "sensitive", "ease": "maximum", "confidentiality": "full", "malicious": True},
        "measures_taken": "The export was stopped.", "measures_proposed": "Warn the participants.",
        "contact": {"name": "Ana Duarte", "role": "DPO", "phone": "+33 1 00 00 00 00", "mail": "dpo@lemon.example", "note": "day and night"},
        "unknown": "Who opened the files.", "next_word_at": "2026-11-23T12:00:00+01:00",
        "occurrence": {
            "span": "period", "estimated": True, "began_at": "2026-11-20T08:00:00+01:00", "ended_at": "2026-11-22T09:00:00+01:00",
            "explanation": "From the first and last export in the log.",
        },
        "discovery": "processor", "discovery_note": "An alarm of the mail gateway.",
        "incident_type": "exfiltration", "further_types": ["misconfiguration", "exfiltration"], "cause": "external_malicious",
        "systems": ["Reporting service, Paris", "Mail gateway, Lille"],
        "subprocessor": {"name": "Hostco", "told_at": "2026-11-21T23:30:00+01:00", "contact": "noc@hostco.example"},
        "countries": [{"code": "FR", "people": 3000}, {"code": "DE", "people": 112}],
        "measures_before": ["encryption", "logical_access"], "measures_before_note": "Encrypted at rest only.",
        "prevention": ["processes"], "prevention_note": "Exports need a second person.",
        "police": "yes", "authorities": "no", "reports_note": "Case 12/345.",
        "attachments": [{"name": "report.pdf", "kind": "investigation"}, {"name": "log.csv"}],
    })  # fmt: skip


def _some(kind: type[w.Word]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(list(kind)), max_size=4).map(tuple)


_TEXTS = st.text(max_size=40)
_LINES = st.text(max_size=20)
_NAMES = _LINES.filter(lambda text: text.strip(" \t\n\r\x0b\x0c") and text.split())
_NUMBERS = st.integers(0, NUMBER_MAX)
_INSTANTS = st.datetimes(datetime(FIRST_YEAR, 1, 2), datetime(LAST_YEAR, 12, 30), timezones=st.just(UTC))
_LATER = st.timedeltas(timedelta(), timedelta(days=400))


@st.composite
def counts(draw: st.DrawFn) -> Count:
    precision = draw(st.sampled_from(list(w.Precision)))
    known = precision in {w.Precision.EXACT, w.Precision.APPROXIMATE}
    return Count(precision=precision, value=draw(_NUMBERS) if known else None)


@st.composite
def occurrences(draw: st.DrawFn) -> Occurrence:
    span = draw(st.sampled_from(list(w.Span)))
    began = draw(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
    ended = draw(st.none() | _LATER.map(lambda later: began + later))
    return Occurrence(
        span=span, estimated=draw(st.booleans()), explanation=draw(_TEXTS),
        began_at=began if span in {w.Span.DAY, w.Span.PERIOD, w.Span.ONGOING} else None,
        ended_at=ended if span in {w.Span.DAY, w.Span.PERIOD} else None,
    )  # fmt: skip


inputs = st.builds(
    SeverityInputs, data=st.sampled_from(list(DataKind)), ease=st.sampled_from(list(Ease)),
    adjustments=st.lists(
        st.builds(Adjustment, factor=st.sampled_from(list(Factor)), points=st.integers(1, 3), reason=_LINES),
        max_size=len(Factor), unique_by=lambda adjustment: adjustment.factor,
    ).map(tuple),
    confidentiality=st.sampled_from(list(Loss)), integrity=st.sampled_from(list(Loss)), availability=st.sampled_from(list(Loss)),
    malicious=st.booleans(),
)  # fmt: skip

_CODES = st.sampled_from(["FR", "DE", "US", "CH", "NO", "JP"])
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "natures": _some(w.Nature), "disclosure": st.sampled_from(list(w.Disclosure)), "unintelligible": st.sampled_from(list(w.Unintelligible)),
    "alteration": st.sampled_from(list(w.Alteration)), "unavailability": st.sampled_from(list(w.Unavailability)),
    "data_types": _some(w.DataType), "subjects": _some(w.SubjectCategory), "people": counts(), "records": counts(),
    "confidentiality_consequences": _some(w.ConfidentialityConsequence), "integrity_consequences": _some(w.IntegrityConsequence),
    "availability_consequences": _some(w.AvailabilityConsequence), "impacts": _some(w.Impact), "severity": st.sampled_from(list(w.Severity)),
    "severity_inputs": inputs, "contact": st.builds(Contact, name=_LINES, role=_LINES, phone=_LINES, mail=_LINES, note=_LINES),
    "next_word_at": _INSTANTS, "occurrence": occurrences(), "discovery": st.sampled_from(list(w.Discovery)),
    "incident_type": st.sampled_from(list(w.IncidentType)), "further_types": _some(w.IncidentType), "cause": st.sampled_from(list(w.Cause)),
    "systems": st.lists(_LINES, max_size=3).map(tuple),
    "subprocessor": st.builds(Subprocessor, name=_NAMES, told_at=st.none() | _INSTANTS, contact=_LINES),
    "countries": st.lists(st.builds(Country, code=_CODES, people=st.none() | _NUMBERS), max_size=4, unique_by=lambda one: one.code).map(tuple),
    "measures_before": _some(w.MeasureInPlace), "prevention": _some(w.Prevention), "police": st.sampled_from(list(w.Answer)),
    "authorities": st.sampled_from(list(w.Answer)),
    "attachments": st.lists(st.builds(Attachment, name=_NAMES, kind=st.sampled_from(list(w.AttachmentKind))), max_size=3).map(tuple),
}  # fmt: skip


def sheets() -> st.SearchStrategy[FactSheet]:
    """Any sheet: each field may be said or not."""
    optional = {name: _FIELDS.get(name, _TEXTS) for name in FactSheet.model_fields}
    return st.fixed_dictionaries({}, optional=optional).map(lambda fields: FactSheet(**fields))
