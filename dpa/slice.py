"""What a slice declares about itself, so that the factory, the worker and the tests can put the house together.

`dpa/slices.py` lists the declarations. Nothing here holds logic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy.orm import Session

from dpa.config import Settings
from dpa.unit import Unit

if TYPE_CHECKING:
    from flask import Blueprint


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the side bar."""

    group: str
    """Heading it stands under; empty for the first group."""
    title: str
    """Word shown; the same as the page's title."""
    endpoint: str
    """Flask endpoint it leads to."""
    icon: str
    """Name of the icon."""
    permission: str
    """Permission without which it is not shown."""
    rank: int
    """Place in the side bar, ascending."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What a job is handed at each tick of the worker."""

    session: Session
    """For reading; a job that writes opens a unit."""
    now: datetime
    """The instant of the tick, aware, in UTC."""
    settings: Settings
    begin: Callable[[str], AbstractContextManager[Unit]]
    """Open a unit for a part of the product, named such as `system:alerts`."""
    worker: str
    """Identity of the worker process, for leases and heartbeats."""


@dataclass(frozen=True, slots=True)
class Job:
    """A short, idempotent sweep the worker repeats."""

    name: str
    every_seconds: float
    run: Callable[[Tick], str]
    """Does the work and returns a one-line summary; empty when there was nothing to do."""


@dataclass(frozen=True, slots=True)
class Banner:
    """A line shown on top of every page."""

    kind: str
    """`late` for what must be acted on, `soon` for a warning, `running` for information."""
    text: str
    link: str | None = None
    """Address of the page where it can be put right."""
    link_text: str | None = None


@dataclass(frozen=True, slots=True)
class Concern:
    """Something somebody must look at: it stands on every page while it is so, and is mailed once per key.

    It is said to people who hold `permission` in the organisation; where none is named, to those who hold it anywhere.
    """

    key: str
    """What makes it this one and no other, such as `seal-expiry:4:30`: another step or episode is another key, and another mail."""
    kind: Literal["late", "soon"]
    """`late` for what must be acted on, `soon` for a warning."""
    text: str
    """What is so, as one sentence; it names the organisation where there is one."""
    path: str
    """Page where it can be put right, from the root: `/trail`."""
    link_text: str
    organisation_id: int | None
    permission: str
    mail_after: datetime | None
    """From when on it is mailed; none for pages only."""
    since: datetime | None = None
    """Since when it is so."""
    advice: str = ""
    """What to do, as one or two sentences."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One way a document took out of the house, for the document's page."""

    at: datetime | None
    """When it was handed over; none while it waits."""
    to: str
    """Whom it went to."""
    words: str
    """What became of it, in a few words."""
    tint: str
    """late, soon, running, met or off."""
    sha256: str | None
    """Digest of the file that left; none while none did."""
    path: str
    """Page of the message."""


WordLookup = Callable[[str], str | None]
NameLookup = Callable[[Session, Sequence[str]], Mapping[str, str]]
JourneySource = Callable[[Session, int], Sequence[Journey]]
CaseParts = Callable[[Session, str], Sequence[tuple[str, str]]]
BannerSource = Callable[[Session, datetime, Settings], Sequence[Banner]]
ConcernSource = Callable[[Session, datetime, Settings], Sequence[Concern]]
"""Runs on every page and every minute in the worker: one cheap statement when nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A package's declaration."""

    name: str
    blueprints: Callable[[], tuple[Blueprint, ...]] = tuple
    """Called by the factory only, so that the worker and commands need not load the pages."""
    navigation: tuple[NavItem, ...] = ()
    events: Mapping[str, str] = field(default_factory=dict)
    """Each trail event with the sentence a person reads; `{placeholders}` name keys of its data."""
    jobs: tuple[Job, ...] = ()
    deadline_kinds: tuple[object, ...] = ()
    """Declarations of `dpa.docket.kinds.DeadlineKind`."""
    errands: tuple[object, ...] = ()
    """Declarations of `dpa.docket.errands.Errands`: what waits on the board for those who may do it."""
    document_kinds: tuple[object, ...] = ()
    """Declarations of `dpa.evidence.register.kinds.DocumentKind`."""
    journeys: tuple[JourneySource, ...] = ()
    """Tell where an issued document was sent."""
    mails: tuple[str, ...] = ()
    """Folders under templates/emails/ of the mails the slice sends."""
    names: Mapping[str, NameLookup] = field(default_factory=dict)
    """How the trail's opaque references become names: kind of reference (`u`, `breach`) to a look-up."""
    words: Mapping[str, WordLookup] = field(default_factory=dict)
    """How codes in the data of events become words: key of the data (`mail`, `step`) to a look-up, none for a code it does not know."""
    case_parts: Mapping[str, CaseParts] = field(default_factory=dict)
    """What belongs to a case of a kind beside itself, for its history: its mails, deadlines and documents."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Page of a subject by its kind, with `{id}`: `{"breach": "/breaches/{id}"}`."""
    settings: tuple[NavItem, ...] = ()
    """Pages of an organisation's settings; their endpoints take an `organisation_id`."""
    banners: tuple[BannerSource, ...] = ()
    """What must be said on every page while it is so, such as a silent worker."""
    concerns: tuple[ConcernSource, ...] = ()
    """What somebody must look at, on every page and by mail, such as a certificate that ends."""
