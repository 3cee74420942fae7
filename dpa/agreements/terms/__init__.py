"""The terms of agreements as typed values, and the pure functions that answer from them.

No Flask, no database, no clock: everything here is a function of documents, deviations, decisions and days given by
the caller. The rules rest on Article 28 and 33 GDPR; sources stand beside each function. `docs/terms.md` explains
the model to a reader; this page lists what others may call.
"""

from dpa.agreements.terms.breach import BreachClock, Place, breach_clocks, governing_clock, place_of
from dpa.agreements.terms.catalogue import Entry, all_entries, entry, group_label, groups, label
from dpa.agreements.terms.checklist import CHECKS, Check, Gap, GapStatus, count_gaps, gaps
from dpa.agreements.terms.codec import (
    dump_record,
    dump_sheet,
    dump_terms,
    load_record,
    load_sheet,
    load_terms,
)
from dpa.agreements.terms.conditions import Value
from dpa.agreements.terms.contradictions import (
    Conflict,
    Option,
    Resolution,
    conflict,
    conflicts,
    decision_for,
    resolve,
)
from dpa.agreements.terms.document import (
    ConflictGroup,
    ConflictOption,
    Decision,
    DeviationSheet,
    ExternalDocument,
    MissingPart,
    PrintedDefect,
    Term,
    TermsDocument,
    Vendor,
)
from dpa.agreements.terms.flags import FLAG_TEXT
from dpa.agreements.terms.handed_in import read_deviations, read_terms
from dpa.agreements.terms.matrix import COLUMN_LABEL, Column, Promise, promises, select
from dpa.agreements.terms.policy import DEFAULT_POLICY, HousePolicy, HouseTarget, WordTarget
from dpa.agreements.terms.problem import TermsProblem
from dpa.agreements.terms.shipped import SHIPPED, shipped_contract, shipped_text
from dpa.agreements.terms.stack import (
    Effective,
    Layer,
    Look,
    TermStack,
    dpa_of,
    dpa_prevails,
    effective,
    effective_all,
    resolutions,
)
from dpa.agreements.terms.statute import STATUTE, statute_term
from dpa.agreements.terms.strictness import rough_hours, strictest
from dpa.agreements.terms.subprocessors import SubprocessorTerms, subprocessor_terms
from dpa.agreements.terms.text_words import ORIGIN as ORIGIN_TEXT
from dpa.agreements.terms.texts import describe, describe_length
from dpa.agreements.terms.traps import (
    Defect,
    DefectKind,
    RecipientFault,
    RecipientProblem,
    check_recipient,
    defects,
    visible_flags,
)
from dpa.agreements.terms.values import Period, Qualitative
from dpa.agreements.terms.versions import Version, in_force
from dpa.agreements.terms.words import (
    Channel,
    Confidence,
    Direction,
    Event,
    Flag,
    Origin,
    Silence,
    State,
    Unit,
    Word,
)

__all__ = [
    "CHECKS",
    "COLUMN_LABEL",
    "DEFAULT_POLICY",
    "FLAG_TEXT",
    "ORIGIN_TEXT",
    "SHIPPED",
    "STATUTE",
    "BreachClock",
    "Channel",
    "Check",
    "Column",
    "Confidence",
    "Conflict",
    "ConflictGroup",
    "ConflictOption",
    "Decision",
    "Defect",
    "DefectKind",
    "DeviationSheet",
    "Direction",
    "Effective",
    "Entry",
    "Event",
    "ExternalDocument",
    "Flag",
    "Gap",
    "GapStatus",
    "HousePolicy",
    "HouseTarget",
    "Layer",
    "Look",
    "MissingPart",
    "Option",
    "Origin",
    "Period",
    "Place",
    "PrintedDefect",
    "Promise",
    "Qualitative",
    "RecipientFault",
    "RecipientProblem",
    "Resolution",
    "Silence",
    "State",
    "SubprocessorTerms",
    "Term",
    "TermStack",
    "TermsDocument",
    "TermsProblem",
    "Unit",
    "Value",
    "Vendor",
    "Version",
    "Word",
    "WordTarget",
    "all_entries",
    "breach_clocks",
    "check_recipient",
    "conflict",
    "conflicts",
    "count_gaps",
    "decision_for",
    "defects",
    "describe",
    "describe_length",
    "dpa_of",
    "dpa_prevails",
    "dump_record",
    "dump_sheet",
    "dump_terms",
    "effective",
    "effective_all",
    "entry",
    "gaps",
    "governing_clock",
    "group_label",
    "groups",
    "in_force",
    "label",
    "load_record",
    "load_sheet",
    "load_terms",
    "place_of",
    "promises",
    "read_deviations",
    "read_terms",
    "resolutions",
    "resolve",
    "rough_hours",
    "select",
    "shipped_contract",
    "shipped_text",
    "statute_term",
    "strictest",
    "subprocessor_terms",
    "visible_flags",
]
