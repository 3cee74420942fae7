"""Tables of controllers and contacts, and of closure days."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from dpa.columns import Base, Id, Instant, word
from dpa.parties.rules import Purpose, is_mailable


class Controller(Base):
    """A customer of an organisation: the controller of the data it processes."""

    __tablename__ = "controller"
    __table_args__ = (UniqueConstraint("organisation_id", "reference"), Index("ix_controller_list", "organisation_id", "name", "id"))

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(40))
    """The organisation's own number for this customer; imports match on it."""
    name: Mapped[str] = mapped_column(String(200))
    """Legal name, as notices and documents print it."""
    country: Mapped[str] = mapped_column(String(2))
    """ISO 3166 code, or empty when not known."""
    language: Mapped[str] = mapped_column(String(2))
    """Language notices should have, ISO 639; empty for that of the organisation, which also answers where we hold no texts in it."""
    created_at: Mapped[Instant]
    contacts: Mapped[list[Contact]] = relationship(back_populates="controller", order_by="Contact.id")


MAILABLE = "mailable"
"""Condition of the partial index. Queries must repeat it word for word, or SQLite will not use it."""


class Contact(Base):
    """A person or mailbox at a controller, for one purpose."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("controller_id", "purpose", "email"),
        # Who of ten thousand customers can be written to is asked on this alone.
        Index("ix_contact_mailable", "controller_id", "purpose", "email", sqlite_where=text(MAILABLE), postgresql_where=text(MAILABLE)),
        Index("ix_contact_email", "email"),
    )

    id: Mapped[Id]
    controller_id: Mapped[int] = mapped_column(ForeignKey("controller.id"))
    purpose: Mapped[Purpose] = mapped_column(word(Purpose))
    """What it is for: breach notices go to security, then privacy, then notices."""
    name: Mapped[str] = mapped_column(String(200))
    """Name of the person or desk; may be empty."""
    email: Mapped[str] = mapped_column(String(254))
    mailable: Mapped[bool] = mapped_column(default=True, server_default=true())
    """Whether a notice can be mailed to that address: false for one from before addresses were checked. Set with the address, since a database cannot say it cheaply."""
    phone: Mapped[str] = mapped_column(String(40))
    """Reachable by telephone; may be empty."""
    created_at: Mapped[Instant]
    controller: Mapped[Controller] = relationship(back_populates="contacts")

    @validates("email")
    def _note(self, _key: str, email: str) -> str:
        self.mailable = is_mailable(email)
        return email


class ClosureDay(Base):
    """A day on which an organisation does not work, beside weekends and public holidays."""

    __tablename__ = "closure_day"
    __table_args__ = (UniqueConstraint("organisation_id", "day"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    day: Mapped[date] = mapped_column(Date)
    label: Mapped[str] = mapped_column(String(80))
    """Why, as explanations of deadlines print it."""
