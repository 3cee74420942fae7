"""What the sheet already says of ENISA's inputs, as a start for the form. Each suggestion has its reason; a person decides.

The ease of identification is never suggested: it depends on the data themselves, which the sheet does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dpa.breaches.facts.severity import DataKind, Loss
from dpa.breaches.facts.sheet import FactSheet
from dpa.breaches.facts.showing import lowered
from dpa.breaches.facts.telling import told
from dpa.breaches.facts.words import Alteration, DataType, Disclosure, Unavailability, Unintelligible

_KINDS: Mapping[DataType, DataKind] = {
    DataType.BASIC: DataKind.SIMPLE, DataType.CONTACT: DataKind.SIMPLE, DataType.IDENTIFICATION: DataKind.SIMPLE,
    DataType.OFFICIAL_DOCUMENTS: DataKind.SIMPLE, DataType.LOCATION: DataKind.BEHAVIOURAL, DataType.PROFILE: DataKind.BEHAVIOURAL,
    DataType.FINANCIAL: DataKind.FINANCIAL, DataType.PAYMENT: DataKind.FINANCIAL,
}  # fmt: skip
"""Our reading of ENISA's four kinds. Credentials belong to none of them: what they open decides."""
_ALTERED: Mapping[Alteration, Loss] = {
    Alteration.NO_WRONG_USE: Loss.NONE, Alteration.REVERSIBLE: Loss.PARTIAL, Alteration.IRREVERSIBLE: Loss.FULL,
}  # fmt: skip
_LOST: Mapping[Unavailability, Loss] = {Unavailability.TEMPORARY: Loss.PARTIAL, Unavailability.PERMANENT: Loss.FULL}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Inputs that follow from the sheet; none where nothing follows."""

    data: DataKind | None
    confidentiality: Loss | None
    integrity: Loss | None
    availability: Loss | None
    malicious: bool | None
    people: int | None
    """For ENISA's flag."""
    unintelligible: bool
    """For ENISA's flag."""
    reasons: tuple[str, ...]


def suggested(sheet: FactSheet) -> Suggestion:
    """Return what the sheet says of ENISA's inputs."""
    sheet = told(sheet)
    kinds = {kind: DataKind.SENSITIVE if kind.article else _KINDS.get(kind) for kind in sheet.data_types}
    highest = max((found for found in kinds.values() if found), key=lambda found: found.score, default=None)
    not_disclosed = sheet.disclosure is Disclosure.NOT_DISCLOSED
    integrity = _ALTERED[sheet.alteration] if sheet.alteration else None
    availability = _LOST.get(sheet.unavailability) if sheet.unavailability else None
    malicious = sheet.cause.malicious if sheet.cause else None
    driving = [kind.label for kind, found in kinds.items() if found and found is highest]
    reasons = (
        f"{highest.label}: the types of data include {lowered(driving[0])}." if highest else "",
        "Confidentiality: there is reasonable evidence that nothing was disclosed." if not_disclosed else "",
        f"Integrity: {lowered(sheet.alteration.label)}." if sheet.alteration else "",
        f"Availability: the loss is {lowered(sheet.unavailability.label)}." if sheet.unavailability and availability else "",
        f"Malicious intent: the cause is {lowered(sheet.cause.label)}." if sheet.cause and malicious is not None else "",
    )
    return Suggestion(
        highest, Loss.NONE if not_disclosed else None, integrity, availability, malicious,
        people=sheet.people.value if sheet.people else None, unintelligible=sheet.unintelligible is Unintelligible.PROTECTED,
        reasons=tuple(reason for reason in reasons if reason),
    )  # fmt: skip
