"""`dpa seal`: the identities that organisations seal documents with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.clock import SystemClock
from dpa.config import Settings, load_settings
from dpa.database import make_engine
from dpa.problems import Conflict, Misconfigured, NotFound

if TYPE_CHECKING:
    from dpa.evidence.seal.models import SealIdentity
    from dpa.evidence.seal.preparing import Prepared

ORGANISATION = click.argument("organisation", metavar="ORG")
FILE = click.Path(path_type=Path, dir_okay=False)
REASON = click.option("--reason", default="", help="Why, in your own words; kept with the trail.")


@dataclass(frozen=True, slots=True)
class Place:
    """What every command needs."""

    session: Session
    settings: Settings
    now: datetime
    organisation_id: int
    slug: str
    name: str
    country: str


@click.group()
def seal() -> None:
    """Seals of organisations: list, make, install, rotate and revoke. ORG is the short name, as `dpa user list` shows it."""


@seal.command("list")
def list_seals() -> None:
    """List all seals: organisation, state, where the key is, end, fingerprint and root's fingerprint, separated by tabs."""
    from dpa.evidence.seal import queries
    from dpa.people.models import Organisation

    with _session() as (session, _):
        found = queries.identities(session)
        for one in found:
            slug = session.get_one(Organisation, one.organisation_id).slug
            click.echo("\t".join((slug, one.state, one.backend, f"{one.not_after:%Y-%m-%d}", one.fingerprint, one.root_fingerprint)))
    if not found:
        click.echo("There are no seals yet; one is made with the first document, or by: dpa seal create", err=True)


@seal.command()
@ORGANISATION
@click.option("--new-root", is_flag=True, help="Make a new root although there is a seal; everybody must learn its fingerprint.")
@REASON
def create(organisation: str, new_root: bool, reason: str) -> None:
    """Make an own root and a seal for ORG, with keys of its own, and put it to use."""
    from dpa.evidence.seal import operations, queries

    with _place(organisation) as place:
        if not new_root and queries.identities(place.session, place.organisation_id):
            raise Conflict(
                f"{place.slug} has a seal or had one; for a new certificate under the same root run: dpa seal rotate {place.slug} "
                "(a new root, whose fingerprint everybody must learn: --new-root)"
            )
        place.session.rollback()
        _install(place, operations.prepare_builtin(place.settings, place.organisation_id, place.name, place.country, place.now), reason)


@seal.command("use-pkcs12")
@ORGANISATION
@click.argument("file", type=FILE)
@click.option("--passphrase-file", required=True, type=FILE, help="File with the passphrase, mode 600; it must stay there.")
@REASON
def use_pkcs12(organisation: str, file: Path, passphrase_file: Path, reason: str) -> None:
    """Seal for ORG with the PKCS#12 file FILE (.p12, .pfx), which stays where it is."""
    from dpa.evidence.seal import operations

    with _place(organisation) as place:
        place.session.rollback()
        _install(place, operations.prepare_pkcs12(place.settings, place.organisation_id, file, passphrase_file, place.now), reason)


@seal.command("use-pkcs11")
@ORGANISATION
@click.option("--library", required=True, type=FILE, help="Library of the token or hardware module (.so).")
@click.option("--token", required=True, help="Label of the token.")
@click.option("--key", required=True, help="Label of the private key.")
@click.option("--certificate-file", type=FILE, help="PEM file with the certificate and its chain, instead of those in the token.")
@click.option("--label", help="Label of the certificate in the token; that of the key unless given.")
@click.option("--pin-file", required=True, type=FILE, help="File with the PIN, mode 600; it must stay there.")
@REASON
def use_pkcs11(
    organisation: str, library: Path, token: str, key: str, certificate_file: Path | None, label: str | None, pin_file: Path, reason: str
) -> None:
    """Seal for ORG with a key that stays in a token or hardware module."""
    from dpa.evidence.seal import operations
    from dpa.evidence.seal.token import TokenPlace

    where = TokenPlace(str(library.expanduser().resolve()), token, key, str(pin_file.expanduser().resolve()))
    with _place(organisation) as place:
        place.session.rollback()
        prepared = operations.prepare_pkcs11(
            place.settings, place.organisation_id, where, place.now, certificate_file=certificate_file, label=label
        )
        _install(place, prepared, reason)


@seal.command()
@ORGANISATION
@REASON
def rotate(organisation: str, reason: str) -> None:
    """Make a new certificate and key for ORG under the same root; the old one is retired, what it sealed stays valid."""
    from dpa.evidence.seal import operations

    with _place(organisation) as place:
        identity = _newest(place)
        revoked = operations.revoked_under(place.session, identity)
        place.session.rollback()
        _install(place, operations.prepare_rotation(place.settings, identity, revoked, place.now), reason)


@seal.command()
@ORGANISATION
@click.option("--reason", required=True, help="Why, in your own words; kept with the trail.")
@click.option("--fingerprint", help="Revoke this one, retired ones too, instead of the active one; its beginning is enough.")
def revoke(organisation: str, reason: str, fingerprint: str | None) -> None:
    """Revoke the seal of ORG: its key is no longer trusted from now on."""
    from dpa.evidence.seal import operations
    from dpa.evidence.seal.models import SealIdentity

    with _place(organisation) as place:
        found = _meant(place, fingerprint)
        place.session.expunge(found)
        place.session.rollback()
        issuer = operations.issuer_for(place.settings, found)
        with units.transaction(place.session, actor="system:cli", now=place.now, settings=place.settings, auth="cli") as unit:
            identity = unit.session.get_one(SealIdentity, found.id)
            operations.revoke(unit, identity, reason, place.settings, issuer)
            number = identity.crl_number
    click.echo(f"Revoked the seal {found.fingerprint}.")
    if issuer is not None:
        click.echo(f"List {number} of its root names it. If nothing seals now, make a new one under the same root with: dpa seal rotate {organisation}")
    else:
        click.echo("No list names it: its issuer must be told, or the key of its root put back and `dpa seal rotate` run.", err=True)


@seal.command()
def authorities() -> None:
    """List the roots of time-stamp authorities that are kept: fingerprint, since when, until when, name, separated by tabs."""
    from dpa.evidence.seal import authorities as kept

    with _session() as (session, _):
        found = kept.rows(session)
        for one in found:
            click.echo("\t".join((one.fingerprint, f"{one.kept_at:%Y-%m-%d}", f"{one.ended_at:%Y-%m-%d}" if one.ended_at else "believed", one.subject)))
    if not found:
        click.echo("No root of a time-stamp authority is kept yet; the worker keeps it once a document was stamped.", err=True)


@seal.command("end-authority")
@click.argument("fingerprint")
@click.option("--reason", required=True, help="Why, in your own words; kept with the trail.")
def end_authority(fingerprint: str, reason: str) -> None:
    """Believe the kept root FINGERPRINT no longer, though the setting names it: its time-stamps prove nothing from now on, old ones neither."""
    from dpa.evidence.seal import authorities as kept

    with _session() as (session, settings), units.transaction(session, actor="system:cli", now=SystemClock().now(), settings=settings, auth="cli") as unit:
        row = kept.end(unit, fingerprint, reason)
        line = f"The time-stamps of {row.subject} are not believed any more ({row.fingerprint})."
    click.echo(line)


def _meant(place: Place, fingerprint: str | None) -> SealIdentity:
    """Return the active seal, or the one whose fingerprint begins like that."""
    from dpa.evidence.seal import queries

    if fingerprint is None:
        active = queries.active(place.session, place.organisation_id)
        if active is None:
            raise NotFound(f"{place.slug} has no active seal; name a retired one with --fingerprint.")
        return active
    wanted = fingerprint.replace(":", "").lower()
    found = [one for one in queries.identities(place.session, place.organisation_id) if one.fingerprint.startswith(wanted)]
    if len(found) != 1:
        raise NotFound(f"{place.slug} has {'no seal' if not found else 'several seals'} with that fingerprint; see: dpa seal list")
    return found[0]


@seal.command()
@ORGANISATION
@click.option("--out", type=FILE, help="Write the root certificate, PEM, into this file.")
def root(organisation: str, out: Path | None) -> None:
    """Print the SHA-256 fingerprint of the root that ORG's documents lead to, and its certificate."""
    from cryptography import x509

    from dpa.evidence.seal.certificates import pem
    from dpa.evidence.seal.sealers import material_of

    with _place(organisation) as place:
        identity = _newest(place)
        text = pem([x509.load_der_x509_certificate(material_of(identity).root)])
        if out is None:
            click.echo(text, nl=False, err=False)
        else:
            _write(out, text)
        click.echo(identity.root_fingerprint)


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, "ascii")
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {(error.strerror or 'no reason given').lower()}") from error


def _newest(place: Place) -> SealIdentity:
    """Return the active seal of an organisation or, without one, the newest."""
    from dpa.evidence.seal import queries

    identity = queries.active(place.session, place.organisation_id) or next(iter(queries.identities(place.session, place.organisation_id)), None)
    if identity is None:
        raise NotFound(f"{place.slug} has no seal yet; make one with: dpa seal create {place.slug}")
    place.session.expunge(identity)
    return identity


def _install(place: Place, prepared: Prepared, reason: str) -> None:
    from dpa.evidence.seal import operations

    with units.transaction(place.session, actor="system:cli", now=place.now, settings=place.settings, auth="cli") as unit:
        identity = operations.install(unit, prepared, reason)
        lines = (identity.subject, f"{identity.not_after:%d %B %Y}", identity.fingerprint, identity.root_fingerprint)
    for word, line in zip(("Seals as:", "Valid until:", "Fingerprint:", "Root's fingerprint:"), lines, strict=True):
        click.echo(f"{word:20}{line}")


@contextmanager
def _place(slug: str) -> Iterator[Place]:
    from dpa.people import queries

    with _session() as (session, settings):
        found = queries.organisation_by_slug(session, slug)
        yield Place(session, settings, SystemClock().now(), found.id, found.slug, found.name, found.country)


@contextmanager
def _session() -> Iterator[tuple[Session, Settings]]:
    import dpa.slices  # noqa: F401  loads every table and installs the trail

    settings = load_settings()
    engine = make_engine(settings.database)
    try:
        with Session(engine) as session:
            yield session, settings
    except (OperationalError, ProgrammingError) as error:
        raise Misconfigured("The database is missing, busy or of another version; run: dpa migrate") from error
    finally:
        engine.dispose()
