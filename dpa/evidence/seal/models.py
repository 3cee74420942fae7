"""Tables of the seal: the identities organisations seal with. Private keys are never in the database."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from dpa.columns import Base, BigId, Id, Instant, Json, Utc, word


class Backend(StrEnum):
    """Where the private key of an identity is."""

    BUILTIN = "builtin"
    """An own root and leaf, made by the product; keys encrypted in the instance folder."""
    PKCS12 = "pkcs12"
    """A PKCS#12 file (RFC 7292) bought or made elsewhere."""
    PKCS11 = "pkcs11"
    """A token or hardware module, spoken to by PKCS#11."""


class IdentityState(StrEnum):
    """Whether an identity may still seal."""

    ACTIVE = "active"
    RETIRED = "retired"
    """Replaced by another one; what it sealed stays valid."""
    REVOKED = "revoked"
    """Its key is no longer trusted from `ended_at` on."""


class SealIdentity(Base):
    """What one organisation seals with: a certificate and where its key is."""

    __tablename__ = "seal_identity"
    __table_args__ = (
        Index(
            "uq_seal_identity_active", "organisation_id", unique=True,
            sqlite_where=text("state = 'active'"), postgresql_where=text("state = 'active'"),
        ),
        UniqueConstraint("organisation_id", "fingerprint"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisation.id"))
    """Who seals with it. At most one identity of an organisation is active."""
    backend: Mapped[Backend] = mapped_column(word(Backend))
    """Where the key is."""
    state: Mapped[IdentityState] = mapped_column(word(IdentityState))
    """Whether it may still seal."""
    certificate: Mapped[str] = mapped_column(Text)
    """The sealing certificate, PEM."""
    chain: Mapped[str] = mapped_column(Text)
    """Certificates of its issuers, PEM one after the other, the root last; the certificate itself where it is self-signed."""
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the certificate (DER), lower-case hexadecimal."""
    root_fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the root certificate (DER): what others compare."""
    subject: Mapped[str] = mapped_column(String(300))
    """Name in the certificate, RFC 4514."""
    not_before: Mapped[Instant]
    """From when the certificate is valid."""
    not_after: Mapped[Instant]
    """Until when the certificate is valid; what it sealed before stays valid with a time-stamp."""
    source: Mapped[dict[str, Any]] = mapped_column(Json())
    """Where the key is found: file names, or library, token and key labels, and the file that holds the secret. No secret itself."""
    crl: Mapped[str] = mapped_column(Text, default="")
    """Newest list of revoked certificates of the root, PEM; empty where the issuer is not ours."""
    crl_number: Mapped[int] = mapped_column(default=0)
    """Number of that list (RFC 5280, 5.2.3)."""
    created_at: Mapped[Instant]
    """When it was put to use."""
    created_by: Mapped[str] = mapped_column(String(40))
    """Actor who did."""
    ended_at: Mapped[datetime | None] = mapped_column(Utc())
    """When it was retired or revoked."""
    ended_because: Mapped[str] = mapped_column(Text, default="")
    """Why, in words; empty while active."""


class StampRoot(Base):
    """A root certificate that a time-stamp in one of our documents was believed by when it came.

    Kept, so that the proof of its time holds when the setting is changed or lost. It counts only together with the trail's entry
    that it was kept: a row that somebody wrote past the product makes nobody an authority.
    """

    __tablename__ = "stamp_root"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the certificate (DER), lower-case hexadecimal."""
    certificate: Mapped[str] = mapped_column(Text)
    """The certificate, PEM."""
    subject: Mapped[str] = mapped_column(String(300))
    """Name in it, RFC 4514."""
    kept_at: Mapped[Instant]
    """When it was kept."""
    ended_at: Mapped[datetime | None] = mapped_column(Utc())
    """From when it is no longer believed, because somebody decided so; none while it is."""
    ended_because: Mapped[str] = mapped_column(Text, default="")
    """Why, in words; empty while it is believed."""
