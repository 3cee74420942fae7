"""The closed vocabularies of the fact sheet, each word with a label for people and the letter the EDPB template gives it.

Sources. Letters, order, number and meaning of the words were read field by field from a machine-readable extraction of the EDPB's
"Template for personal data breach notification" v1.0 (adopted 8 June 2026, consulted on until 5 August 2026; the final version was
not seen): `breach-notification.schema.json` by N. Franchetto and M. Taborda Barata, NicklawAI/edpb-breach-notification-assistant,
CC BY 4.0. The docstring of each class names the template's field. The labels are our wording: the template's meaning, shortened, in
the calm English of the rest. The values (`ransomware`) are ours and never change, because stored sheets hold them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

_OPEN = frozenset({"to_be_determined", "not_yet_known", "under_assessment", "not_determined"})


class Word(StrEnum):
    """A word with its label and its letter in the template's field (`a`, `b`, …; empty where the template has none)."""

    label: str
    code: str

    def __new__(cls, value: str, label: str, code: str = "") -> Self:
        """Make a word."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        word.code = code
        return word

    @property
    def brief(self) -> str:
        """The word for lists and differences; mostly its label."""
        return self.label

    @property
    def is_open(self) -> bool:
        """Whether the word says that the answer is still being sought. Words such as *unknown* are answers."""
        return self.value in _OPEN


class Nature(Word):
    """What was breached (field 55; Art. 4(12) GDPR, EDPB Guidelines 9/2022, paras 17-22). Several may hold together."""

    CONFIDENTIALITY = "confidentiality", "Confidentiality: personal data were disclosed or could be seen", "a"
    INTEGRITY = "integrity", "Integrity: personal data were altered", "b"
    AVAILABILITY = "availability", "Availability: access to personal data was lost, or the data destroyed", "c"

    @property
    def brief(self) -> str:
        """The name alone."""
        return self.value.capitalize()


class Disclosure(Word):
    """Type of a confidentiality breach (field 56)."""

    DISCLOSED = "disclosed", "Data were taken or disclosed", "a"
    LIKELY = "likely", "Data were probably taken or disclosed; there is no proof", "b"
    NOT_DISCLOSED = "not_disclosed", "Data were neither taken nor disclosed; there is reasonable evidence", "c"
    NOT_ASSESSABLE = "not_assessable", "This cannot be assessed", "d"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "e"


class Unintelligible(Word):
    """Whether those without authority could read the data or identify people (field 57; compare Art. 34(3)(a) GDPR)."""

    PROTECTED = "protected", "Not readable: the protection, such as encryption, is intact", "a"
    MAY_BE_SUBVERTED = "may_be_subverted", "Protected, but the protection could probably be overcome", "b"
    READABLE = "readable", "Readable", "c"
    NOT_ASSESSABLE = "not_assessable", "This cannot be assessed", "d"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "e"


class Alteration(Word):
    """Type of an integrity breach (field 58)."""

    NO_WRONG_USE = "no_wrong_use", "Data were altered; there is no sign of illegal or wrong use", "a"
    REVERSIBLE = "reversible", "Data were altered and wrongly used; the damage can be reversed", "b"
    IRREVERSIBLE = "irreversible", "Data were altered and wrongly used; the damage cannot be reversed", "c"


class Unavailability(Word):
    """Type of an availability breach, as the people concerned see it (field 59)."""

    TEMPORARY = "temporary", "Temporary", "a"
    PERMANENT = "permanent", "Permanent", "b"
    NOT_DETERMINED = "not_determined", "Not determined", "c"


class IncidentType(Word):
    """Kind of incident (field 60, 25 kinds). The template takes one; further ones go into its description."""

    ABUSE_OF_ACCESS = "abuse_of_access", "Abuse of access rights by an employee", "a"
    RANSOMWARE = "ransomware", "Ransomware or encrypted device", "b"
    HACKING = "hacking", "Hacking or malware detected", "c"
    PHISHING = "phishing", "Phishing or social engineering", "d"
    VULNERABILITY = "vulnerability", "Security vulnerability exploited, or probably so", "e"
    UNAUTHORISED_ACCESS = "unauthorised_access", "Unauthorised access to personal data in IT systems", "f"
    EXFILTRATION = "exfiltration", "Personal data extracted without authority", "g"
    RECORDS_MIXED_UP = "records_mixed_up", "Data of the wrong person shown (records mixed up)", "h"
    DEVICE_LOST = "device_lost", "Device lost or stolen", "i"
    E_WASTE = "e_waste", "Personal data left on a discarded device", "j"
    PAPER_DISPOSAL = "paper_disposal", "Personal data on paper disposed of wrongly", "k"
    MAIL_LOST = "mail_lost", "Mail lost, opened or misdelivered (post or e-mail)", "l"
    MISCONFIGURATION = "misconfiguration", "Misconfiguration", "m"
    WRONG_PERMISSIONS = "wrong_permissions", "Wrong access permissions (cloud storage, shared folder)", "n"
    PAPER_LOST = "paper_lost", "Paper lost, stolen or left in an insecure place", "o"
    DELETED = "deleted", "Personal data deleted or destroyed", "p"
    SHOWN_WRONGLY = "shown_wrongly", "Personal data displayed to the wrong recipient", "q"
    SENT_WRONGLY = "sent_wrongly", "Personal data sent by mistake (post or e-mail)", "r"
    OPEN_RECIPIENTS = "open_recipients", "E-mail to many with all addresses visible", "s"
    MALFUNCTION = "malfunction", "Technical malfunction", "t"
    UNAUTHORISED_CHANGE = "unauthorised_change", "Personal data changed without authority", "u"
    PUBLICATION = "publication", "Unintended publication (public link, website, shared drive)", "v"
    SPOKEN = "spoken", "Personal data disclosed in speech without authority", "w"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "x"
    OTHER = "other", "Another kind, described in the text", "y"


class Cause(Word):
    """Cause of the breach (field 61)."""

    INTERNAL = "internal", "Internal, not malicious", "a"
    INTERNAL_MALICIOUS = "internal_malicious", "Internal, malicious", "b"
    EXTERNAL = "external", "External, not malicious", "c"
    EXTERNAL_MALICIOUS = "external_malicious", "External, malicious", "d"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "e"
    UNKNOWN = "unknown", "Unknown", "f"

    @property
    def malicious(self) -> bool | None:
        """Whether somebody meant it; none while that is not known."""
        if self in {Cause.INTERNAL_MALICIOUS, Cause.EXTERNAL_MALICIOUS}:
            return True
        return False if self in {Cause.INTERNAL, Cause.EXTERNAL} else None


class Span(Word):
    """When the breach happened (field 44)."""

    DAY = "day", "On one day", "a"
    PERIOD = "period", "From one time to another", "b"
    ONGOING = "ongoing", "Since a time, and still going on", "c"
    UNDETERMINABLE = "undeterminable", "Cannot be determined", "d"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "e"


class Discovery(Word):
    """How the breach was discovered, in the controller's terms (field 50)."""

    CONTROLLER = "controller", "The controller detected it", "a"
    PROCESSOR = "processor", "We detected it and tell the controller", "b"
    DATA_SUBJECT = "data_subject", "A person concerned reported it", "c"
    EXTERNAL_PARTY = "external_party", "An outside party reported it", "d"
    PRESS = "press", "The press reported it", "e"
    OTHER = "other", "Another way, described in the text", "f"


class Precision(Word):
    """How sure a number is (fields 67 and 72)."""

    EXACT = "exact", "Exact number", "a"
    APPROXIMATE = "approximate", "Approximate number", "b"
    UNDETERMINABLE = "undeterminable", "Cannot be determined", "c"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "d"


class SubjectCategory(Word):
    """Whom the data are about (field 65, 11 categories)."""

    CUSTOMERS = "customers", "Customers, current and prospective", "a"
    EMPLOYEES = "employees", "Employees, former, current and candidates", "b"
    MILITARY_OR_POLICE = "military_or_police", "Military or law enforcement staff", "c"
    MINORS = "minors", "Minors", "d"
    PATIENTS = "patients", "Patients", "e"
    STUDENTS = "students", "Students", "f"
    SUBSCRIBERS = "subscribers", "Subscribers", "g"
    USERS = "users", "Users", "h"
    VULNERABLE = "vulnerable", "Vulnerable people (elderly, refugees, disabled people, victims)", "i"
    OTHER = "other", "Others, described in the text", "j"
    NOT_YET_KNOWN = "not_yet_known", "Not yet known", "k"


class DataType(Word):
    """What was breached (field 70, 21 types)."""

    BASIC = "basic", "Basic data (name, date of birth)", "a"
    CONTACT = "contact", "Contact details (address, telephone, e-mail)", "b"
    BIOMETRIC = "biometric", "Biometric data", "c"
    CRIMINAL = "criminal", "Criminal convictions, offences or security measures", "d"
    POLITICAL = "political", "Political opinions", "e"
    ETHNIC = "ethnic", "Racial or ethnic origin", "f"
    BELIEFS = "beliefs", "Religious or philosophical beliefs", "g"
    SEX_LIFE = "sex_life", "Sex life or sexual orientation", "h"
    TRADE_UNION = "trade_union", "Trade union membership", "i"
    GENETIC = "genetic", "Genetic data", "j"
    HEALTH = "health", "Health data (medical records, test results)", "k"
    FINANCIAL = "financial", "Economic and financial data", "l"
    EMPLOYMENT_HEALTH = "employment_health", "Health data of employment (sick leave, fitness tests)", "m"
    IDENTIFICATION = "identification", "Identification data (national identification or ID number)", "n"
    LOCATION = "location", "Location data", "o"
    OFFICIAL_DOCUMENTS = "official_documents", "Official documents (scanned copies)", "p"
    PAYMENT = "payment", "Means of payment (credit card, bank account)", "q"
    PROFILE = "profile", "Profile data (social network, credit score, psychological profile)", "r"
    CREDENTIALS = "credentials", "User credentials (names, passwords, tokens)", "s"
    NOT_YET_KNOWN = "not_yet_known", "Not yet known", "t"
    OTHER = "other", "Further types, described in the text", "u"

    @property
    def article(self) -> str:
        """The article that protects the type especially, empty for others.

        Our reading: biometric data count here whatever their purpose (Art. 9(1) GDPR protects those that identify a person uniquely),
        and health data of employment are health data (Art. 4(15) GDPR).
        """
        if self is DataType.CRIMINAL:
            return "Art. 10 GDPR"
        return "Art. 9(1) GDPR" if self in _SPECIAL else ""


_SPECIAL = frozenset({
    DataType.BIOMETRIC, DataType.POLITICAL, DataType.ETHNIC, DataType.BELIEFS, DataType.SEX_LIFE, DataType.TRADE_UNION, DataType.GENETIC,
    DataType.HEALTH, DataType.EMPLOYMENT_HEALTH,
})  # fmt: skip


class MeasureInPlace(Word):
    """Relevant measures in place when it happened (field 75, 12 measures; Art. 32 GDPR)."""

    PSEUDONYMISATION = "pseudonymisation", "Pseudonymisation", "a"
    BACKUP = "backup", "Backup or recovery plan", "b"
    ENCRYPTION = "encryption", "Encryption of the data", "c"
    POLICIES = "policies", "Data protection and security policies", "d"
    TRAINING = "training", "Data protection and security training", "e"
    INCIDENT_LOG = "incident_log", "Incident log", "f"
    ACCESS_LEVELS = "access_levels", "Levels of access to data", "g"
    LOGICAL_ACCESS = "logical_access", "Logical access control (such as several factors)", "h"
    AUDITS = "audits", "Periodic audits", "i"
    PHYSICAL_ACCESS = "physical_access", "Physical access control", "j"
    UP_TO_DATE = "up_to_date", "Up-to-date IT systems", "k"
    OTHER = "other", "Other measures, described in the text", "l"


class ConfidentialityConsequence(Word):
    """Likely consequences of a breach of confidentiality (field 79)."""

    BEYOND_SCOPE = "beyond_scope", "Data were disclosed beyond what notice or law allow", "a"
    LINKABLE = "linkable", "Data may be linked with other information without unreasonable effort", "b"
    OTHER_PURPOSES = "other_purposes", "Data may be used for other purposes or unlawfully", "c"
    OTHER = "other", "Other, described in the text", "d"
    UNDER_ASSESSMENT = "under_assessment", "Under assessment", "e"


class IntegrityConsequence(Word):
    """Likely consequences of a breach of integrity (field 81)."""

    USED_THOUGH_INVALID = "used_though_invalid", "Data may have been altered and used though no longer valid", "a"
    CHANGED_INTO_VALID = "changed_into_valid", "Data may have been altered into otherwise valid data and used for other purposes", "b"
    OTHER = "other", "Other, described in the text", "c"
    UNDER_ASSESSMENT = "under_assessment", "Under assessment", "d"


class AvailabilityConsequence(Word):
    """Likely consequences of a breach of availability (field 83)."""

    NO_ACCESS = "no_access", "Services cannot be reached", "a"
    DISRUPTION = "disruption", "Services are disrupted or hard to use", "b"
    OTHER = "other", "Other, described in the text", "c"
    UNDER_ASSESSMENT = "under_assessment", "Under assessment", "d"


class Impact(Word):
    """Nature of the potential impact on people (field 85, 15 impacts; compare recital 85 GDPR)."""

    LOSS_OF_CONTROL = "loss_of_control", "Loss of control over their data", "a"
    RIGHTS_LIMITED = "rights_limited", "Limitation of their rights", "b"
    DISCRIMINATION = "discrimination", "Discrimination", "c"
    IDENTITY_THEFT = "identity_theft", "Identity theft", "d"
    FRAUD = "fraud", "Fraud", "e"
    FINANCIAL_LOSS = "financial_loss", "Financial loss", "f"
    PSEUDONYMS_REVERSED = "pseudonyms_reversed", "Pseudonymisation reversed without authority", "g"
    REPUTATION = "reputation", "Damage to reputation", "h"
    PROFESSIONAL_SECRECY = "professional_secrecy", "Loss of confidentiality of data under professional secrecy", "i"
    THIRD_PARTIES = "third_parties", "Disclosure to unauthorised third parties", "j"
    DISADVANTAGE = "disadvantage", "Significant economic or social disadvantage", "k"
    HARM = "harm", "Physical or mental harm", "l"
    PROPERTY = "property", "Material or non-material damage to property", "m"
    OTHER = "other", "Other impact, described in the text", "n"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "o"


class Severity(Word):
    """Severity of the potential impact, the highest where several are possible (field 87)."""

    MINOR = "minor", "Minor", "a"
    MODERATE = "moderate", "Moderate", "b"
    SEVERE = "severe", "Severe", "c"
    TO_BE_DETERMINED = "to_be_determined", "To be determined", "d"


class Prevention(Word):
    """Measures taken so that it does not happen again (field 94, 15 measures)."""

    ANONYMISATION = "anonymisation", "Anonymisation", "a"
    BACKUP = "backup", "Backup or recovery plan", "b"
    PROCESSES = "processes", "Change of processes", "c"
    ENCRYPTION = "encryption", "Encryption of the data", "d"
    POLICIES = "policies", "Data protection and security policies", "e"
    TRAINING = "training", "Data protection and security training", "f"
    ERASURE = "erasure", "Erasure of the data", "g"
    INCIDENT_LOG = "incident_log", "Incident log", "h"
    ACCESS_LEVELS = "access_levels", "Levels of access to data", "i"
    LOGICAL_ACCESS = "logical_access", "Logical access control (such as several factors)", "j"
    AUDITS = "audits", "Periodic audits", "k"
    PHYSICAL_ACCESS = "physical_access", "Physical access control", "l"
    PSEUDONYMISATION = "pseudonymisation", "Pseudonymisation", "m"
    UP_TO_DATE = "up_to_date", "Up-to-date IT systems", "n"
    OTHER = "other", "Other measures, described in the text", "o"


class Answer(Word):
    """Yes, no or unknown (fields 109 and 110). Here it is about what *we* did."""

    YES = "yes", "Yes", "a"
    NO = "no", "No", "b"
    UNKNOWN = "unknown", "Unknown", "c"


class AttachmentKind(Word):
    """What an attachment is (field 125, 10 kinds)."""

    TO_PEOPLE = "to_people", "Communication to the people concerned", "a"
    RISK_ASSESSMENT = "risk_assessment", "Risk assessment", "b"
    INVESTIGATION = "investigation", "Report of the investigation", "c"
    RANSOM_NOTE = "ransom_note", "Ransom note", "d"
    PHISHING_MESSAGE = "phishing_message", "Phishing message", "e"
    BREACH_PROCEDURE = "breach_procedure", "Internal procedure for notifying breaches", "f"
    DELETION_POLICY = "deletion_policy", "Internal policy for deleting data", "g"
    TO_WRONG_RECIPIENTS = "to_wrong_recipients", "Communication to the wrong recipients", "h"
    OUTSIDE_REPORT = "outside_report", "Message by which an outside party reported the breach", "i"
    OTHER = "other", "Other", "j"
