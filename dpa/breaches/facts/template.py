"""The EDPB's notification template v1.0 as a table: number, title, form and who answers. Structure only.

Source: "Template for personal data breach notification" v1.0 of the European Data Protection Board, adopted 8 June 2026, consulted on
until 5 August 2026. The final version was not seen. Numbers, titles, options and which fields are mandatory were read from the JSON
Schema that N. Franchetto and M. Taborda Barata extracted from the official document (`breach-notification.schema.json`,
NicklawAI/edpb-breach-notification-assistant, CC BY 4.0): 100 input fields, 42 of them mandatory, names `field_3` to `field_126`. Titles
are the template's, long ones shortened. That schema writes every choice as one letter; its note on cardinality treats fields 40, 55, 65,
70, 75, 79, 81, 83, 85 and 94 as lists. We follow it, and do the same for 39 and 41 (beside 40), 117 (one number for each country) and
125. It gives field 95, a description, the form of a date; we write text, as the template means.

Who answers is our reading: a processor can contribute facts about what happened in its systems. What the controller alone decides,
or is, or did, stays with it (Art. 33(1), 34 and 56 GDPR).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

VERSION = "1.0"
ADOPTED = "2026-06-08"


class Kind(StrEnum):
    """Form of an answer."""

    TEXT = "text"
    TEXTS = "texts"
    """A list of texts."""
    CHOICE = "choice"
    """One letter, from `a` on."""
    CHOICES = "choices"
    """A list of letters."""
    FLAG = "flag"
    INSTANT = "instant"
    """RFC 3339 with a zone."""
    DATE = "date"
    NUMBER = "number"
    NUMBERS = "numbers"
    """A list of numbers."""


class Left(StrEnum):
    """Why a field stays with the controller, as a sentence."""

    STATUS = "It describes the controller's own notification to its authority."
    IDENTITY = "It describes the controller."
    PERSON = "It names the person who notifies for the controller."
    OFFICER = "It names the controller's data protection officer or contact."
    AWARENESS = "The controller determines when it was aware; in principle when its processor informed it (EDPB Guidelines 9/2022, para 44)."
    LATENESS = "Only the controller can say why its own notification is late (Art. 33(1) GDPR)."
    RISK = "The controller alone assesses the risk (Art. 33(1) and 34(1) GDPR)."
    COMMUNICATION = "The controller decides whether and how people are told (Art. 34 GDPR)."
    BORDERS = "It depends on where the controller is established and which authority leads (Art. 3(2) and 56 GDPR)."


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the template."""

    number: int
    title: str
    kind: Kind
    options: int = 0
    """How many letters a choice offers."""
    left: Left | None = None
    """Why it stays with the controller; none where the processor may contribute."""

    @property
    def name(self) -> str:
        """Its name in the schema, such as `field_55`."""
        return f"field_{self.number}"

    @property
    def mandatory(self) -> bool:
        """Whether the schema lists it as required of a complete notification."""
        return self.number in MANDATORY


MANDATORY = frozenset({
    3, 4, 12, 13, 21, 22, 23, 29, 30, 31, 38, 39, 40, 41, 44, 48, 50, 51, 55, 60, 61, 62, 63, 65, 66, 67, 70, 71, 72, 73, 75, 76, 85, 87, 89,
    90, 92, 94, 95, 97, 113, 120,
})  # fmt: skip

_C, _M, _T, _D = Kind.CHOICE, Kind.CHOICES, Kind.TEXT, Kind.DATE
_FIELDS = (
    Field(3, "Type of notification", _C, 2, Left.STATUS),
    Field(4, "Sub-type of notification", _C, 3, Left.STATUS),
    Field(5, "Reasons for withdrawing a previous notification", _T, 0, Left.STATUS),
    Field(6, "ID of previously notified personal data breach", _T, 0, Left.STATUS),
    Field(7, "Data controller's internal reference number", _T, 0, Left.IDENTITY),
    Field(10, "Type of identifier", _C, 3, Left.IDENTITY),
    Field(11, "Identifier", _T, 0, Left.IDENTITY),
    Field(12, "Name of the organisation", _T, 0, Left.IDENTITY),
    Field(13, "Contact details", _T, 0, Left.IDENTITY),
    Field(14, "Sector", _C, 2, Left.IDENTITY),
    Field(15, "Type of organisation", _C, 4, Left.IDENTITY),
    Field(16, "Further description of organisation type", _T, 0, Left.IDENTITY),
    Field(17, "Classification of economic activity", _T, 0, Left.IDENTITY),
    Field(18, "Name of representative in EEA", _T, 0, Left.IDENTITY),
    Field(19, "Contact details of representative in EEA", _T, 0, Left.IDENTITY),
    Field(21, "Name of the reporting person", _T, 0, Left.PERSON),
    Field(22, "Contact details", _T, 0, Left.PERSON),
    Field(23, "Function of the reporting person", _C, 3, Left.PERSON),
    Field(24, "Description of the function of the reporting person", _T, 0, Left.PERSON),
    Field(25, "National identification number", _T, 0, Left.PERSON),
    Field(26, "Accuracy & responsibility", _T, 0, Left.PERSON),
    Field(29, "Is a data protection officer designated?", _T, 0, Left.OFFICER),
    Field(30, "Name of the DPO", _T, 0, Left.OFFICER),
    Field(31, "Contact details", _T, 0, Left.OFFICER),
    Field(33, "More information about the incident can be obtained at", _C, 3, Left.OFFICER),
    Field(34, "Name of the contact person", _T, 0, Left.OFFICER),
    Field(35, "Function of the contact person", _T, 0, Left.OFFICER),
    Field(36, "Contact details", _T, 0, Left.OFFICER),
    Field(38, "Are other parties such as data processors or joint controllers involved?", _C, 2),
    Field(39, "Qualification of the other involved party", Kind.TEXTS),
    Field(40, "Name of the other involved party", Kind.TEXTS),
    Field(41, "Contact details", Kind.TEXTS),
    Field(44, "When did the personal data breach occur?", _C, 5),
    Field(45, "Only estimated dates are possible", Kind.FLAG),
    Field(46, "Beginning date and time of personal data breach", Kind.INSTANT),
    Field(47, "Ending date and time of personal data breach", Kind.INSTANT),
    Field(48, "Date and time of awareness of the data controller", Kind.INSTANT, 0, Left.AWARENESS),
    Field(49, "Reasons for late notification", _T, 0, Left.LATENESS),
    Field(50, "How was the personal data breach discovered?", _C, 6),
    Field(51, "Further description of the discovery", _T),
    Field(52, "Date of notification by other party", _D),
    Field(53, "Further comments on timeline and additional information", _T),
    Field(55, "Nature of the personal data breach", _M, 3),
    Field(56, "Type of confidentiality breach", _C, 5),
    Field(57, "Was the data unintelligible to anyone not authorised, or were individuals not identifiable?", _C, 5),
    Field(58, "Type of integrity breach", _C, 3),
    Field(59, "Type of availability breach", _C, 3),
    Field(60, "Nature of the incident", _C, 25),
    Field(61, "Cause of the personal data breach", _C, 6),
    Field(62, "Further description of the nature of the incident", _T),
    Field(63, "Systems, software, services and infrastructures involved and where they are located", _T),
    Field(65, "Categories of concerned data subjects", _M, 11),
    Field(66, "Further description of categories of concerned data subjects", _T),
    Field(67, "Data subjects concerned by the personal data breach", _C, 4),
    Field(68, "Number of data subjects concerned", Kind.NUMBER),
    Field(70, "Type of breached data", _M, 21),
    Field(71, "Further description of breached data and additional data categories", _T),
    Field(72, "Personal data records concerned by the personal data breach", _C, 4),
    Field(73, "Number of personal data records concerned", Kind.NUMBER),
    Field(75, "Relevant measures in place when the personal data breach occurred", _M, 12),
    Field(76, "Further description of relevant measures in place", _T),
    Field(79, "Likely consequences in case of breach of confidentiality", _M, 5),
    Field(80, "Description of other confidentiality consequences", _T),
    Field(81, "Likely consequences in case of breach of integrity", _M, 4),
    Field(82, "Description of other integrity consequences", _T),
    Field(83, "Likely consequences in case of breach of availability", _M, 4),
    Field(84, "Description of other availability consequences", _T),
    Field(85, "Nature of the potential impact for the data subject", _M, 15),
    Field(86, "Further description of the other impacts for the data subjects", _T),
    Field(87, "Severity of the potential impacts", _C, 4),
    Field(89, "Outcome of the risk assessment carried out by the controller", _C, 3, Left.RISK),
    Field(90, "Further description of the risk assessment carried out by the data controller", _T, 0, Left.RISK),
    Field(92, "Measures taken to address the personal data breach and to mitigate its consequences", _T),
    Field(94, "Relevant measures taken to prevent similar personal data breach", _M, 15),
    Field(95, "Further description of relevant updated permanent measures", _T),
    Field(97, "Has the personal data breach been communicated to data subjects?", _C, 5, Left.COMMUNICATION),
    Field(98, "Date of when information was given to data subjects", _D, 0, Left.COMMUNICATION),
    Field(99, "Future date on which the data breach will be communicated", _D, 0, Left.COMMUNICATION),
    Field(100, "Further information about conditions of Article 34(3) that are met", _C, 3, Left.COMMUNICATION),
    Field(101, "Further description why these conditions are met, and the measures taken", _T, 0, Left.COMMUNICATION),
    Field(102, "Number of data subjects informed", _C, 2, Left.COMMUNICATION),
    Field(103, "Further description why not all data subjects have been informed", _T, 0, Left.COMMUNICATION),
    Field(104, "Means of communication used to inform the data subject", _C, 3, Left.COMMUNICATION),
    Field(105, "Further description of the other means of communication", _T, 0, Left.COMMUNICATION),
    Field(106, "Content of the information provided to the data subjects", _T, 0, Left.COMMUNICATION),
    Field(109, "Has the incident been reported to the police/judicial authorities as a criminal offence?", _C, 3),
    Field(110, "Has the incident been notified to other supervisory authorities or control bodies?", _C, 3),
    Field(111, "Further information about notification to other authorities or bodies", _T),
    Field(113, "Cross-border processing by a controller established in the EEA?", _C, 3, Left.BORDERS),
    Field(114, "The lead supervisory authority is", _T, 0, Left.BORDERS),
    Field(115, "List of EEA countries where the controller has an establishment", _T, 0, Left.BORDERS),
    Field(116, "List of EEA countries where affected data subjects are located", _T),
    Field(117, "Approximate number of data subjects per country", Kind.NUMBERS),
    Field(118, "EEA supervisory authorities to which the breach has been or will be notified", _C, 1, Left.BORDERS),
    Field(120, "Processing by a controller not established in the EEA?", _C, 3, Left.BORDERS),
    Field(121, "List of EEA countries where affected data subjects are located", _T, 0, Left.BORDERS),
    Field(122, "Approximate number of data subjects per country", Kind.NUMBERS, 0, Left.BORDERS),
    Field(123, "EEA supervisory authorities to which the breach has been or will be notified", _C, 1, Left.BORDERS),
    Field(125, "Please identify the attachments to this notification", _M, 10),
    Field(126, "Other attachments", _T),
)

FIELDS: Mapping[int, Field] = MappingProxyType({field.number: field for field in _FIELDS})
"""All 100 input fields by number."""
