"""Tables of organisations, people and how they come in. Tokens are stored as SHA-256 only: the table opens no door."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, BigId, Id, Instant, Json, Utc, word
from dpa.people.roles import Role
from dpa.people.rules import EndedBecause


class Auth(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "pwd"  # noqa: S105 - a kind, not a secret
    LINK = "link"


class LinkPurpose(StrEnum):
    """What a one-time link lets its holder do, once."""

    SETUP = "setup"
    SIGN_IN = "sign_in"
    INVITE = "invite"


class Organisation(Base):
    """A processor whose promises are tracked: the tenant. Every row of the workflows belongs to one."""

    __tablename__ = "organisation"
    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    """Name in addresses and commands; never changes."""
    letters: Mapped[str] = mapped_column(String(12), unique=True)
    """Letters that its numbers begin with, such as LC; no other organisation of the installation has them, and they never change."""
    name: Mapped[str] = mapped_column(String(200))
    """Name as it stands in contracts."""
    zone: Mapped[str] = mapped_column(String(64))
    """IANA zone in which its days begin and end."""
    calendar: Mapped[str] = mapped_column(String(16))
    """Public holidays that count, as `FR` or `FR-57`; `custom` for none."""
    country: Mapped[str] = mapped_column(String(2))
    """ISO 3166-1 alpha-2 code of its seat."""
    mail_domains: Mapped[list[str]] = mapped_column(Json())
    """Its own mail domains, lower case: an address there is never a customer's."""
    address: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Postal address and other lines of its letterhead; may be empty."""
    logo_sha256: Mapped[str | None] = mapped_column(String(64))
    """Digest of its logo (PNG) in the store of documents; none without a logo."""
    created_at: Mapped[Instant]
    """When it was added."""


class Person(Base):
    """Somebody with an account. The trail knows them by number only."""

    __tablename__ = "person"
    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Address they sign in with, lower case."""
    name: Mapped[str] = mapped_column(String(200))
    """Name shown to colleagues."""
    password_hash: Mapped[str | None] = mapped_column(String(255))
    """Argon2id hash with its parameters; none until an invitation is accepted."""
    disabled_at: Mapped[datetime | None] = mapped_column(Utc())
    """Since when the account opens nothing; none while it is live."""
    created_at: Mapped[Instant]
    """When the account was made."""


class Membership(Base):
    """A person's one role in an organisation."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("person_id", "organisation_id"), Index(None, "organisation_id"))
    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    """Who."""
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    """Where."""
    role: Mapped[Role] = mapped_column(word(Role))
    """As what; the table of roles says what that includes."""
    created_at: Mapped[Instant]
    """Since when."""


class LoginSession(Base):
    """A signed-in browser. It lives here, so that ending it ends it everywhere at once."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "person_id"),)
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "last_seen_at moves while people read; signing in and every ending have events of their own"
    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the random token in the cookie."""
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("person.id"))
    """Whose."""
    auth: Mapped[Auth] = mapped_column(word(Auth))
    """How they signed in."""
    created_at: Mapped[Instant]
    """When they signed in."""
    confirmed_at: Mapped[Instant]
    """When they last proved who they are: at sign-in, or by giving the password again."""
    last_seen_at: Mapped[Instant]
    """Last request, to the minute."""
    expires_at: Mapped[Instant]
    """When it ends in any case."""
    ended_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was ended by an act; none while live or merely run out."""
    ended_because: Mapped[EndedBecause | None] = mapped_column(word(EndedBecause))
    """By which act."""
    ip_prefix: Mapped[str] = mapped_column(String(50))
    """Network it was opened from: /24 of IPv4, /64 of IPv6. Not the full address."""
    agent: Mapped[str] = mapped_column(String(200))
    """What the browser called itself, shortened."""


class SignInThrottle(Base):
    """Wrong passwords in the running window, per account and per network prefix; shared by all web processes."""

    __tablename__ = "sign_in_throttle"
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "a counter that forgets within minutes; failed sign-ins have events of their own"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`account:` with a keyed hash of the address, or `network:` with the prefix."""
    failures: Mapped[int]
    """Attempts counted in the window, those still being checked included."""
    first_at: Mapped[Instant]
    """When the window began."""
    last_at: Mapped[Instant]
    """Latest of them; the growing delay counts from here."""


class OneTimeLink(Base):
    """A link that works once: to set up, to sign in, to accept an invitation."""

    __tablename__ = "one_time_link"
    __table_args__ = (Index(None, "person_id"),)
    audited: ClassVar[bool] = False
    not_audited_because: ClassVar[str] = "it holds a hash and its use; making and using a person's link have events of their own"
    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the random token in the address."""
    purpose: Mapped[LinkPurpose] = mapped_column(word(LinkPurpose))
    """What it does."""
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("person.id"))
    """For whom; none for the set-up link."""
    created_at: Mapped[Instant]
    """When it was made."""
    expires_at: Mapped[Instant]
    """After this it is refused."""
    used_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was used or withdrawn; none while it works."""
