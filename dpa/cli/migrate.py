"""`dpa migrate`: bring the database to the schema this version of the product needs."""

from __future__ import annotations

from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.exc import OperationalError

from dpa.config import Settings, load_settings
from dpa.database import make_engine
from dpa.problems import Misconfigured, Problem

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def alembic_config(url: str) -> Config:
    """Return Alembic's configuration for a database, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def revision_of(url: str) -> str | None:
    """Return the revision a database is at, or none when it is empty."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """Return the revision this version of the product needs."""
    revision = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if revision is None:
        raise RuntimeError("the product ships no migrations")
    return revision


def upgrade(settings: Settings, to: str = "head") -> str | None:
    """Migrate up; returns the revision reached when something changed. Raises `Problem` with one sentence."""
    prepare_instance(settings)
    try:
        before = revision_of(settings.database)
        command.upgrade(alembic_config(settings.database), to)
        after = revision_of(settings.database)
    except OperationalError as error:
        raise Misconfigured(f"The database cannot be opened ({_first_line(error)}); check DATABASE_URL and that the server runs.") from error
    except CommandError as error:
        raise Problem(f"The database belongs to another version of the product ({error}); install that version or restore a backup.") from error
    return after if after != before else None


def downgrade(settings: Settings, to: str) -> None:
    """Migrate down to a revision; data of newer tables is lost."""
    command.downgrade(alembic_config(settings.database), to)


def prepare_instance(settings: Settings) -> None:
    """Make sure the instance folder exists and can be written."""
    probe = settings.instance / ".write-test"
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        if settings.database.startswith("sqlite:///"):
            # The database holds personal data: nobody else on this machine may read it.
            Path(settings.database.removeprefix("sqlite:///")).touch(mode=0o600)
    except OSError as error:
        raise Misconfigured(
            f"The data folder {settings.instance} cannot be written ({error.strerror}); change its owner or set DPA_INSTANCE to another folder."
        ) from error


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]


@click.command()
@click.option("--to", default="head", help="Revision to migrate to; the newest by default.")
@click.option("--down", is_flag=True, help="Migrate down to --to instead; data of newer tables is lost.")
def migrate(to: str, down: bool) -> None:
    """Bring the database to the schema this version needs."""
    settings = load_settings()
    if down:
        downgrade(settings, to)
        click.echo(f"The database is at revision {revision_of(settings.database) or 'base'}.")
        return
    reached = upgrade(settings, to)
    click.echo(f"Migrated to revision {reached}." if reached else "The database is up to date.")
