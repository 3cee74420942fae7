"""The sentence of every flag: what is wrong with a term as printed, and what a person should do about it."""

from __future__ import annotations

from dpa.agreements.terms.words import Flag

FLAG_TEXT: dict[Flag, tuple[str, str]] = {
    Flag.AMBIGUOUS_DATE: (
        "The printed date can be read as two different days.",
        "Ask the vendor which day is meant; until then both stay on file.",
    ),
    Flag.AMBIGUOUS_FORUM: (
        "The contract names more than one place that decides disputes.",
        "Have counsel agree on one before a dispute arises.",
    ),
    Flag.AMBIGUOUS_START: (
        "The contract does not say clearly from which moment this period runs.",
        "Record a decision; until then the stricter reading runs.",
    ),
    Flag.AMBIGUOUS_WORKWEEK: (
        "The contract does not say whether Saturday is a business day.",
        "Monday to Friday is used; record a deviation if Saturdays count.",
    ),
    Flag.CONTROLLER_DECIDES: (
        "The contract lets the vendor decide what belongs to the controller when the vendor is its processor.",
        "Route the question to the controller and record its answer.",
    ),
    Flag.DANGLING_REFERENCE: (
        "The contract refers to a part that it does not contain.",
        "Obtain the part or have the reference corrected.",
    ),
    Flag.DISCRETIONARY: (
        "The wording permits the act but does not promise it.",
        "Treat it as no promise and rely on the law and the controller's instructions.",
    ),
    Flag.DPA_RANKS_BELOW: (
        "The general terms outrank the data processing agreement.",
        "Standard clauses require the opposite; record which prevails for data protection.",
    ),
    Flag.ENTRIES_INCOMPLETE: (
        "Subprocessors are named without address, contact or country.",
        "Complete the register; the controller must be able to see who and where.",
    ),
    Flag.FIXED_OFFSET: (
        "The hours are printed with a fixed offset that does not follow summer time.",
        "In summer they lie one hour off local time; agree on a named zone.",
    ),
    Flag.INCONSISTENT: (
        "Two places of the contract describe this differently.",
        "The union of both is used; have the contract corrected.",
    ),
    Flag.MISSING_PART: (
        "The contract announces this part, but the text does not contain it.",
        "Obtain the missing part; the agreement is incomplete without it.",
    ),
    Flag.NO_DPA: (
        "There is no data processing agreement on file.",
        "Conclude one; until then the law and the house policy apply alone.",
    ),
    Flag.NO_OUTER_LIMIT: (
        "The contract says from when deletion may happen, but not by when it must be done.",
        "The house policy sets an outer limit; agree on one.",
    ),
    Flag.NO_START: (
        "The contract gives a length without saying from when it runs.",
        "Awareness is used as the start, as in the main clause.",
    ),
    Flag.NOT_CHOSEN_BY_CONTROLLER: (
        "The choice between deletion and return is not given to the controller.",
        "Ask the controller for its choice at the end of the agreement.",
    ),
    Flag.NUMBERING: (
        "The numbering of the contract is faulty here.",
        "Quote the words beside the number.",
    ),
    Flag.OWN_MAILBOX: (
        "The address printed as the controller's is a mailbox of the vendor itself.",
        "It is blocked as a recipient; the controller's registered privacy contact is used.",
    ),
    Flag.POINT_IN_TIME: (
        "The statement holds for the day of signature only.",
        "Check it again with every change of subprocessor.",
    ),
    Flag.STALE_REFERENCE: (
        "The contract cites law in an outdated form.",
        "No effect on the clocks; have it corrected at the next revision.",
    ),
    Flag.UNDECLARED_SUBPROCESSOR: (
        "A company not named as a subprocessor may receive personal data.",
        "Check whether personal data is sent, and declare the company if so.",
    ),
    Flag.UNIT_UNSTATED: (
        "The contract sets a rate per day without saying how many hours a day has.",
        "Agree on the hours of a day before invoicing.",
    ),
    Flag.VENDOR_PURPOSES: (
        "Some purposes are the vendor's own and not the controller's.",
        "Check Article 28(10) GDPR: whoever sets purposes becomes a controller.",
    ),
    Flag.WEAKER_FLOW_DOWN: (
        "Subprocessors are bound by less than the same obligations that Article 28(4) GDPR asks for.",
        "Bind them to the same obligations whatever this contract says.",
    ),
    Flag.WEAKER_THAN_LAW: (
        "The contract promises less than the law requires.",
        "Follow the law.",
    ),
}
"""For each flag: what is wrong, and what to do."""

WEAKENING: frozenset[Flag] = frozenset(Flag) - {
    Flag.AMBIGUOUS_WORKWEEK,
    Flag.STALE_REFERENCE,
    Flag.NUMBERING,
    Flag.OWN_MAILBOX,
    Flag.UNIT_UNSTATED,
    Flag.NO_START,
    Flag.NO_OUTER_LIMIT,
    Flag.AMBIGUOUS_START,
    Flag.FIXED_OFFSET,
    Flag.POINT_IN_TIME,
}
"""Flags that make the promise itself weaker than Article 28(3) asks, not only its wording."""
