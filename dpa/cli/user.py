"""`dpa user`: what the operator of the installation can do for people without the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from dpa import unit as units
from dpa.clock import SystemClock
from dpa.config import as_served, load_settings
from dpa.database import make_engine
from dpa.problems import Misconfigured, NotFound
from dpa.unit import Unit

Result = TypeVar("Result")


@click.group()
def user() -> None:
    """Add, list, disable and let in people."""


@user.command()
@click.argument("email")
@click.option("--name", default="", help="Name of the person; needed for a new account.")
@click.option("--role", required=True, type=click.Choice(["administrator", "dpo", "operator", "auditor"]), help="What they may do.")
@click.option("--organisation", required=True, help="Short name of the organisation, as `dpa user list` shows it.")
def add(email: str, name: str, role: str, organisation: str) -> None:
    """Give the person EMAIL a role in an organisation and print the one-time invitation link."""
    from dpa.people import operations, queries
    from dpa.people.roles import Role

    def act(unit: Unit) -> str | None:
        place = queries.organisation_by_slug(unit.session, organisation)
        return operations.invite(unit, place, operations.NewPerson(email, name), Role(role)).link

    link = _act(act)
    click.echo(link or "This person has a password already and belongs to the organisation from now on.")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Disable the account EMAIL and end all its sessions."""
    from dpa.people import operations

    ended = _act(lambda unit: operations.disable_person(unit, _person_id(unit.session, email)))
    click.echo(f"The account is disabled; {ended} session{'' if ended == 1 else 's'} ended.")


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let the disabled account EMAIL in again."""
    from dpa.people import operations

    _act(lambda unit: operations.enable_person(unit, _person_id(unit.session, email)))
    click.echo("The account can sign in again.")


@user.command()
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time sign-in link for EMAIL, good for 24 hours."""
    from dpa.people import operations

    click.echo(_act(lambda unit: operations.link_person(unit, _person_id(unit.session, email))))


@user.command("list")
def list_people() -> None:
    """List accounts with their organisations, roles and state, separated by tabs."""
    from dpa.people.models import Membership, Organisation, Person

    with _session() as session:
        rows = session.execute(
            select(Person, Organisation.slug, Membership.role)
            .outerjoin(Membership, Membership.person_id == Person.id)
            .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
            .order_by(func.lower(Person.email), Organisation.slug)
        ).all()
        for person, slug, role in rows:
            state = "disabled" if person.disabled_at else "active" if person.password_hash else "no password yet"
            click.echo("\t".join((person.email, person.name, slug or "-", role.value if role else "-", state)))
    if not rows:
        click.echo("There are no accounts yet; start the web server and use the set-up link it prints.", err=True)


def _person_id(session: Session, email: str) -> int:
    from dpa.people import queries

    person = queries.person_by_email(session, email)
    if person is None:
        raise NotFound("There is no account with this e-mail address; see: dpa user list", field="email")
    return person.id


def _act(verb: Callable[[Unit], Result]) -> Result:
    with _session() as session, units.transaction(
        session, actor="system:cli", now=SystemClock().now(), settings=as_served(load_settings()), auth="cli"
    ) as unit:
        return verb(unit)


@contextmanager
def _session() -> Iterator[Session]:
    import dpa.slices  # noqa: F401  loads every table and installs the trail

    settings = load_settings()
    engine = make_engine(settings.database)
    try:
        with Session(engine) as session:
            yield session
    except (OperationalError, ProgrammingError) as error:
        raise Misconfigured("The database is missing, busy or of another version; run: dpa migrate") from error
    finally:
        engine.dispose()
