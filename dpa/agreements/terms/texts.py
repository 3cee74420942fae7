"""The summary sentence of every value, in one place: short, British, calm."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

import dpa.agreements.terms.conditions as c
import dpa.agreements.terms.duties as d
import dpa.agreements.terms.values as v
from dpa.agreements.terms.text_words import (
    ACTION,
    AMENDMENT,
    AUTHORISATION,
    BOUND,
    CHANNEL,
    DEEMED,
    EVENT,
    GRADE,
    LANGUAGE,
    PARTY,
    PROOF,
    RIGHT,
    SILENCE,
    USE,
    WORD,
    by,
    choice_text,
    unit_text,
)
from dpa.agreements.terms.words import DeletionAction, Direction, Duty, Event, Ground, NoticeTime
from dpa.languages.countries import country_name


def describe(value: c.Value) -> str:
    """A value in one or two short phrases, without its origin; the first letter is a capital."""
    text = _text(value)
    return text[:1].upper() + text[1:]


def describe_length(length: v.Length) -> str:
    """A period or a word on its own, without its start: "24 hours", "without undue delay"."""
    if isinstance(length, v.Qualitative):
        return WORD[length.word]
    return f"{length.amount} {unit_text(length.unit, length.amount)}"


def describe_notice(length: v.Length) -> str:
    """A length as notice: "30 working days of notice", "reasonable notice"."""
    if isinstance(length, v.Period):
        return f"{describe_length(length)} of notice"
    return f"{length.word.value.replace('_', ' ')} notice"


def _interval(period: v.Period) -> str:
    """A period after "every": "week", "7 calendar days"."""
    return unit_text(period.unit, 1) if period.amount == 1 else describe_length(period)


@singledispatch
def _text(value: object) -> str:
    raise TypeError(f"there is no text for {type(value).__name__}")


def _join(parts: Iterable[str], last: str = "and") -> str:
    found = [part for part in parts if part]
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} {last} {found[-1]}" if found else ""


def _more(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


@_text.register
def _(value: v.Period) -> str:
    word = f"{WORD[value.word]}, " if value.word else ""
    relation = "before" if value.direction is Direction.BEFORE else "from"
    start = f" {relation} {EVENT[value.start]}" if value.start else ""
    return _more(f"{word}{BOUND[value.bound]}{describe_length(value)}{start}", value.effect or "")


@_text.register
def _(value: v.Qualitative) -> str:
    start = f" from {EVENT[value.start]}" if value.start else ""
    who = f", set by the {PARTY[value.set_by]}" if value.set_by else ""
    return _more(f"{WORD[value.word]}{start}{who}", value.effect or "")


@_text.register
def _(value: v.Fact) -> str:
    return "yes" if value.yes else "no"


@_text.register
def _(value: v.Choice) -> str:
    return choice_text(value.choice) + (f" ({value.scope})" if value.scope else "")


@_text.register
def _(value: v.Text) -> str:
    return value.text


@_text.register
def _(value: v.ListOf) -> str:
    listed = "; then ".join(value.entries) if value.ordered else "; ".join(value.entries)
    return listed if value.complete else f"at least: {listed}"


@_text.register
def _(value: v.DateLiteral) -> str:
    shape = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}[value.precision]
    days = _join((day.strftime(shape) for day in value.candidates), "or")
    return f"{value.printed} ({days})" if value.printed != days else days


@_text.register
def _(value: v.WorkingHours) -> str:
    hours = _join(f"{span.opens} to {span.closes}" for span in value.spans)
    days = {"mon-fri": "Monday to Friday", "mon-sat": "Monday to Saturday"}[value.workweek.value]
    closed = ", not on public holidays" if value.closed_on_holidays else ""
    return f"{hours}, {days}{closed}, printed as {value.zone_printed} ({value.zone})"


@_text.register
def _(value: v.Calendar) -> str:
    extra = f" and {len(value.extra_closing_days)} closing days" if value.extra_closing_days else ""
    return f"public holidays of {country_name(value.holidays)}{extra}"


@_text.register
def _(value: v.ZoneName) -> str:
    return value.zone


@_text.register
def _(value: v.Languages) -> str:
    name = LANGUAGE.get(value.language, value.language)
    return name + (f"; {LANGUAGE.get(value.prevailing, value.prevailing)} prevails" if value.prevailing else "")


@_text.register
def _(value: v.Regions) -> str:
    when = " as of signature" if value.as_of_signature else ""
    return _more(_join(country_name(region) for region in value.regions) + when, *value.options)


@_text.register
def _(value: v.Addresses) -> str:
    return "; ".join(
        f"{a.purpose}: {_join((a.recipient or '', a.printed or ''), 'at') or PARTY[a.party]} {by(a.channel)}"
        for a in value.addresses
    )


@_text.register
def _(value: v.Channels) -> str:
    return "; ".join(_channel(rule) for rule in value.channels)


def _channel(rule: v.ChannelRule) -> str:
    valid = f" if {_join(condition.value.replace('_', ' ') for condition in rule.valid_if)}" if rule.valid_if else ""
    return f"{CHANNEL[rule.channel]}{valid}, {DEEMED[rule.deemed].format(n=rule.working_days)}"


@_text.register
def _(value: d.BreachTriggers) -> str:
    return "; ".join(_trigger(trigger) for trigger in value.triggers)


def _trigger(trigger: d.BreachTrigger) -> str:
    channel = f" {by(trigger.channel)}" if trigger.channel else ""
    reading = "" if trigger.start_stated else " (our reading)"
    limit = trigger.limit.changed(start=None) if trigger.limit.start else trigger.limit
    start = "when it was first noticed" if trigger.start is Event.DISCOVERY else EVENT[trigger.start]
    return f"{_text(limit)} from {start}{reading}{channel}, for {trigger.event}"


@_text.register
def _(value: d.SubprocessorAuthorisation) -> str:
    window = f"{describe_length(value.window)} to object" if value.window else "no window stated"
    ground = "objection for just cause only" if value.ground is Ground.JUST_CAUSE else ""
    return _more(AUTHORISATION[value.model], window, SILENCE[value.silence], ground)


@_text.register
def _(value: d.Subprocessors) -> str:
    return _join(e.name + (f" ({country_name(e.country)})" if e.country else "") for e in value.entries)


@_text.register
def _(value: d.FlowDown) -> str:
    return _more(GRADE[value.grade], value.about or "")


@_text.register
def _(value: d.RetentionRules) -> str:
    return "; ".join(_rule(rule) for rule in value.rules)


def _rule(rule: d.RetentionRule) -> str:
    if rule.duty is Duty.NO_DUTY:
        return f"{rule.scope}: no duty to keep after {EVENT[rule.starts]}"
    if rule.action is DeletionAction.NOT_STORED:
        when = f" {EVENT[rule.starts]}"
    elif rule.keep is None:
        when = f" {'after' if rule.limit == 'after_then' else 'at'} {EVENT[rule.starts]}"
    elif isinstance(rule.keep, v.Qualitative):
        when = f", {WORD[rule.keep.word]} at {EVENT[rule.starts]}"
    else:
        prefix = "not before " if rule.limit == "after_then" else ""
        when = f" {prefix}{describe_length(rule.keep)} from {EVENT[rule.starts]}"
    early = f", or at once on {_join((EVENT[event].removeprefix('the ') for event in rule.early), 'or')}" if rule.early else ""
    verb = "may be " if rule.duty is Duty.MAY else ""
    default = ", unless the controller sets a period" if rule.default_only else ""
    return f"{rule.scope}: {verb}{ACTION[rule.action]}{when}{early}{default}"


@_text.register
def _(value: d.BackupSets) -> str:
    sets = _join(f"{b.name} every {_interval(b.every)}, kept {describe_length(b.kept)}" for b in value.sets)
    return f"{sets}; the last copy expires after {value.tail_days} days"


@_text.register
def _(value: d.Proof) -> str:
    return _more(PROOF[value.proof], describe_length(value.within) if value.within else "")


@_text.register
def _(value: d.AuditRight) -> str:
    notice = f"{BOUND[value.notice.bound]}{describe_length(value.notice)} of notice" if value.notice else "no notice stated"
    return _more(
        notice + (", in writing" if value.written else ""),
        f"at the cost of the {PARTY[value.cost]}" if value.cost else "",
        f"by {_join(value.auditors, 'or')}" if value.auditors else "",
        f"not over {_join(value.excluded, 'or')}" if value.excluded else "",
    )


@_text.register
def _(value: d.Billing) -> str:
    day = "" if value.rate_unit == "hour" or value.hours_per_day else ", hours of a day not stated"
    hours = "hour" if value.free_hours == 1 else "hours"
    return f"{value.free_hours} {hours} a {value.per} free, then {value.rate.amount} {value.rate.currency} a {value.rate_unit}{day}"


@_text.register
def _(value: d.Forwarding) -> str:
    channel = f" {by(value.channel)}" if value.channel else ""
    address = f", printed address {value.printed_address}" if value.printed_address else ""
    return f"{describe_length(value.limit)}{channel}{address}"


@_text.register
def _(value: d.Rights) -> str:
    return _join(RIGHT[right] for right in value.rights)


@_text.register
def _(value: d.FeeRule) -> str:
    start = "free of charge" if value.free else "a charge is possible"
    outcomes = f"; {_join(value.outcomes, 'or')} if {_join(value.exceptions, 'or')}" if value.exceptions else ""
    return f"{start}{outcomes}; decided by the {PARTY[value.decided_by]}"


@_text.register
def _(value: d.LegalProcess) -> str:
    when = {
        NoticeTime.PRIOR: "notice beforehand", NoticeTime.PRIOR_IF_POSSIBLE: "notice beforehand as far as possible",
        NoticeTime.GIVEN: "notice given", NoticeTime.NONE: "no notice promised",
    }[value.notice]
    to = f" to the {_join((PARTY[party] for party in value.to), 'or the')}" if value.to else ""
    unless = f"unless {_join(value.exceptions, 'or')}" if value.exceptions else ""
    return _more(when + (" in writing" if value.written else "") + to, unless)


@_text.register
def _(value: d.Instructions) -> str:
    start = "on documented instructions only" if value.documented_only else "on instructions, not limited to documented ones"
    return _more(start, f"counting {_join(value.sources)}" if value.sources else "")


@_text.register
def _(value: d.Purposes) -> str:
    return "; ".join(p.purpose + (" (the vendor's own)" if p.own else "") for p in value.purposes)


@_text.register
def _(value: d.SecondaryUses) -> str:
    return "; ".join(f"{u.use} by the {PARTY[u.by]}: {USE[u.rule]}" for u in value.uses)


@_text.register
def _(value: d.Roles) -> str:
    return "; ".join(f"{role.mode}: {role.role.value}" for role in value.roles)


@_text.register
def _(value: d.RecordDuty) -> str:
    return _more(f"a record under {value.law}" if value.law else "a record", f"with {_join(value.contents)}" if value.contents else "")


@_text.register
def _(value: d.Confidentiality) -> str:
    end = "without end" if value.indefinite else ""
    if value.survives:
        end = f"for {_text(value.survives)}"
    return _more(f"binds {_join(value.binds)}" if value.binds else "confidential", end)


@_text.register
def _(value: d.Measures) -> str:
    return "; ".join(
        m.measure + (f", every {_interval(m.every)}" if m.every else "") + (f", {m.trigger}" if m.trigger else "") + (f", {WORD[m.within.word]}" if m.within else "")
        for m in value.measures
    )


@_text.register
def _(value: d.ControllerDuties) -> str:
    return "; ".join(duty.duty + (f", {describe_length(duty.limit)}" if duty.limit else "") for duty in value.duties)


@_text.register
def _(value: d.AccessRoles) -> str:
    return "; ".join(f"{access.data}: {_join(access.roles, 'or')}" for access in value.access)


@_text.register
def _(value: c.Precedence) -> str:
    first = "the data processing agreement first for personal data" if value.dpa_first else ""
    return _more(" before ".join(value.order), f"except {_join(value.exceptions, 'or')}" if value.exceptions else "", first)


@_text.register
def _(value: c.Amendment) -> str:
    notice = f"with {describe_notice(value.notice)}" if value.notice else ""
    return _more(_join(AMENDMENT[mode] for mode in value.modes), notice, value.refusal or "")


@_text.register
def _(value: c.Renewal) -> str:
    first = f"{describe_length(value.initial)} first" if value.initial else value.set_by or "term not stated"
    again = f"renewed tacitly by {describe_length(value.renewal)}" if value.renewal else "renewed automatically"
    return _more(first, again if value.tacit else "not renewed by itself", value.condition or "")


@_text.register
def _(value: c.Suspension) -> str:
    return _more(_join(value.grounds, "or"), "; then ".join(value.steps), f"notice {by(value.notice)}" if value.notice else "")


@_text.register
def _(value: c.EndRule) -> str:
    when = "the day the letter is first presented" if value.first_presentation else EVENT[value.event]
    return _more(when, value.effect or "")


@_text.register
def _(value: c.ReturnRight) -> str:
    notice = f"{BOUND[value.notice.bound]}{_text(value.notice.changed(bound='exact'))}" if value.notice else ""
    return _more(
        "on request" if value.on_request else "without a request", f"as {_join(value.formats, 'or')}" if value.formats else "",
        "with a written agreement" if value.needs_written_agreement else "", notice,
    )


@_text.register
def _(value: c.Law) -> str:
    return {"FR": "French law", "DK": "Danish law", "DE": "German law", "NL": "Dutch law"}.get(value.country, f"law of {country_name(value.country)}")


@_text.register
def _(value: c.Forums) -> str:
    return _join((f"{f.forum.value} in {f.place} ({f.clause})" for f in value.forums), "and also")


@_text.register
def _(value: c.DisputeSteps) -> str:
    return "; then ".join(s.step + (f" within {describe_length(s.within)}" if s.within else "") for s in value.steps)
