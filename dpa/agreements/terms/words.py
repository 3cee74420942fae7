"""The closed vocabularies of the terms model: every word a value may use, each with one meaning."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What a document says about a term. Absent, elsewhere and inapplicable differ from each other and from zero."""

    VALUE = "value"
    ABSENT = "absent"
    EXTERNAL = "external"
    NOT_APPLICABLE = "not_applicable"


class Origin(StrEnum):
    """On whose word a value rests."""

    CONTRACT = "contract"
    STATUTE = "statute"
    HOUSE_POLICY = "house_policy"
    EXTERNAL_DOC = "external_doc"
    DECISION = "decision"


class Confidence(StrEnum):
    """How sure the reading of the contract is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Unit(StrEnum):
    """Units of a period; the values are those of the deadline engine."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Direction(StrEnum):
    """Whether a period is counted forward from an event or backward before it."""

    AFTER = "after"
    BEFORE = "before"


class Bound(StrEnum):
    """Whether the length is the length, a ceiling or a floor."""

    EXACT = "exact"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"


class Workweek(StrEnum):
    """Which days are working days, before holidays."""

    MON_FRI = "mon-fri"
    MON_SAT = "mon-sat"


class Word(StrEnum):
    """Words a contract uses instead of a number; only house policy gives them a length."""

    IMMEDIATELY = "immediately"
    ON_RECEIPT = "on_receipt"
    PROMPTLY = "promptly"
    WITHOUT_UNDUE_DELAY = "without_undue_delay"
    REASONABLE = "reasonable"
    AS_SOON_AS_POSSIBLE = "as_soon_as_possible"


class Event(StrEnum):
    """What starts or ends a clock."""

    AWARENESS = "awareness"
    NOTICE = "notice"
    REQUEST = "request"
    END_OF_NOTICE = "end_of_notice"
    AUTHORITY_REQUEST = "authority_request"
    OPINION_FORMED = "opinion_formed"
    AGREEMENT_START = "agreement_start"
    AGREEMENT_END = "agreement_end"
    SERVICES_END = "services_end"
    TERM_EXPIRY = "term_expiry"
    PERIOD_END = "period_end"
    RELATIONSHIP_END = "relationship_end"
    WISHED_DATE = "wished_date"
    QUERY_RETURNED = "query_returned"
    NO_LONGER_NEEDED = "no_longer_needed"
    COMPLETED_RETURN = "completed_return"
    INSTRUCTION = "instruction"
    EARLIEST_DELETION = "earliest_deletion"
    DELIVERY = "delivery"
    DISCOVERY = "discovery"
    FORCE_MAJEURE = "force_majeure"
    RATES_COMMUNICATED = "rates_communicated"
    FORMAL_NOTICE = "formal_notice"
    LETTER = "letter"
    REPLY = "reply"
    RESPONSE = "response"
    PAYMENT_FAILURE = "payment_failure"
    CLAIM = "claim"


class StartRule(StrEnum):
    """Which moment of a message or letter counts as its date."""

    RECEIPT = "receipt"
    DEEMED_RECEIPT = "deemed_receipt"
    SENDING = "sending"
    POSTING = "posting"
    FIRST_PRESENTATION = "first_presentation"
    AWARENESS = "awareness"


class Channel(StrEnum):
    """Ways a message can travel."""

    EMAIL = "email"
    PRIORITY_POST = "priority_post"
    REGISTERED_LETTER = "registered_letter"
    COURIER = "courier"
    BY_HAND = "by_hand"
    IN_PRODUCT = "in_product"
    DIGITAL = "digital"
    WEB_PAGE = "web_page"
    WRITING = "writing"
    POST = "post"


class ValidIf(StrEnum):
    """What makes a message through a channel count."""

    ACKNOWLEDGED = "acknowledged"
    SIGNED_FOR = "signed_for"
    POSTAGE_PAID = "postage_paid"


class DeemedRule(StrEnum):
    """When a message through a channel counts as delivered."""

    ACTUAL_DELIVERY = "actual_delivery"
    WORKING_DAY_AFTER_POSTING = "working_day_after_posting"
    FIRST_PRESENTATION = "first_presentation"
    NOT_STATED = "not_stated"


class Party(StrEnum):
    """The sides of an agreement, and those beside it."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"
    SUBPROCESSOR = "subprocessor"
    USERS = "users"
    EITHER = "either"
    AUTHORITY = "authority"


class Role(StrEnum):
    """The part the vendor plays towards the data."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    MIXED = "mixed"
    NONE = "none"


class SubprocessorModel(StrEnum):
    """How a controller lets further processors be engaged."""

    SPECIFIC_PRIOR = "specific_prior"
    GENERAL_OBJECTION = "general_objection"
    NOTICE_TACIT = "notice_tacit"
    GENERAL_NO_WINDOW = "general_no_window"
    NONE_STATED = "none_stated"


class Silence(StrEnum):
    """What an unanswered notice means."""

    REFUSES = "refuses"
    ACCEPTS = "accepts"
    NOTHING = "nothing"


class Ground(StrEnum):
    """The ground an objection needs."""

    NONE_NEEDED = "none_needed"
    JUST_CAUSE = "just_cause"
    NOT_STATED = "not_stated"


class Grade(StrEnum):
    """How strictly duties are passed on to subprocessors; the law asks for the same."""

    SAME = "same"
    NO_LESS_PROTECTIVE = "no_less_protective"
    SUBSTANTIALLY_CONSISTENT = "substantially_consistent"
    SUFFICIENT_GUARANTEES = "sufficient_guarantees"
    SIMILAR = "similar"


class DeletionAction(StrEnum):
    """What happens to data when its time is over."""

    DELETE = "delete"
    RETURN_AND_DESTROY = "return_and_destroy"
    RETURN_OR_DELETE = "return_or_delete"
    DELETE_OR_ANONYMISE = "delete_or_anonymise"
    NOT_STORED = "not_stored"
    NONE = "none"


class Duty(StrEnum):
    """Whether a rule binds."""

    MUST = "must"
    MAY = "may"
    NO_DUTY = "no_duty"


class ProofKind(StrEnum):
    """What proof of deletion is owed."""

    MANDATORY = "mandatory"
    ON_REQUEST = "on_request"
    INTERNAL = "internal"
    NONE = "none"


class Pruning(StrEnum):
    """When an expired backup copy is really removed."""

    ON_EXPIRY = "on_expiry"
    NEXT_RUN = "next_run"
    NOT_STATED = "not_stated"


class NoticeTime(StrEnum):
    """When a party is told of a disclosure."""

    PRIOR = "prior"
    PRIOR_IF_POSSIBLE = "prior_if_possible"
    GIVEN = "given"
    NONE = "none"


class UseRule(StrEnum):
    """Whether a secondary use of data is allowed."""

    PROHIBITED = "prohibited"
    ALLOWED = "allowed"
    WITH_CONSENT = "with_consent"


class Right(StrEnum):
    """Rights of data subjects."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    NO_AUTOMATED_DECISION = "no_automated_decision"
    CONSENT_WITHDRAWAL = "consent_withdrawal"
    COMPLAINT = "complaint"


class AmendmentMode(StrEnum):
    """How a document is changed."""

    UNILATERAL_POST = "unilateral_post"
    UNILATERAL_REASONABLE_NOTICE = "unilateral_reasonable_notice"
    ACCEPT_AT_LOGIN = "accept_at_login"
    PAGE_PUBLICATION = "page_publication"
    BILATERAL_WRITTEN = "bilateral_written"
    BILATERAL_SIGNED = "bilateral_signed"


class ForumKind(StrEnum):
    """Who decides a dispute."""

    COURTS = "courts"
    ARBITRATION = "arbitration"


class Flag(StrEnum):
    """Weaknesses and traps of a reading; each has its sentence in `flags`."""

    AMBIGUOUS_DATE = "ambiguous_date"
    AMBIGUOUS_FORUM = "ambiguous_forum"
    AMBIGUOUS_START = "ambiguous_start"
    AMBIGUOUS_WORKWEEK = "ambiguous_workweek"
    CONTROLLER_DECIDES = "controller_decides"
    DANGLING_REFERENCE = "dangling_reference"
    DISCRETIONARY = "discretionary"
    DPA_RANKS_BELOW = "dpa_ranks_below"
    ENTRIES_INCOMPLETE = "entries_incomplete"
    FIXED_OFFSET = "fixed_offset"
    INCONSISTENT = "inconsistent"
    MISSING_PART = "missing_part"
    NO_DPA = "no_dpa"
    NO_OUTER_LIMIT = "no_outer_limit"
    NO_START = "no_start"
    NOT_CHOSEN_BY_CONTROLLER = "not_chosen_by_controller"
    NUMBERING = "numbering"
    OWN_MAILBOX = "own_mailbox"
    POINT_IN_TIME = "point_in_time"
    STALE_REFERENCE = "stale_reference"
    UNDECLARED_SUBPROCESSOR = "undeclared_subprocessor"
    UNIT_UNSTATED = "unit_unstated"
    VENDOR_PURPOSES = "vendor_purposes"
    WEAKER_FLOW_DOWN = "weaker_flow_down"
    WEAKER_THAN_LAW = "weaker_than_law"
