"""`dpa serve`: the whole installation in one command, web pages and worker, until Ctrl-C."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable

import click
from sqlalchemy.exc import OperationalError

from dpa.clock import SystemClock
from dpa.config import Settings, is_loopback, load_settings
from dpa.problems import Misconfigured

THREADS = 8
"""Requests that one web process answers at a time."""
GRACE_SECONDS = 5
"""How long a web process may finish its requests when it is stopped; shorter than the supervisor's patience."""


@click.command()
@click.option("--demo", is_flag=True, help="Load the demonstration into an empty database and print a link to sign in.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.  [default: PORT, else 8000]")
def serve(demo: bool, host: str, port: int | None) -> None:
    """Bring the database up to date, then serve the web pages and run the worker until Ctrl-C."""
    settings = settle(host, port)
    check_address(host, settings.port)
    changed = migrate(settings)
    # Read by `dpa user link`, which runs in another terminal and does not know the port chosen here.
    settings.served_at.write_text(settings.base_url + "\n", "utf-8")
    if changed:
        # A new database is filled before anybody sees a page.
        _load_demonstration(settings, demo=demo)

    def welcome_people() -> None:
        if not changed:
            _load_demonstration(settings, demo=demo)
        for line in welcome(settings, demo=demo):
            click.echo(line)
        sys.stdout.flush()

    _run(settings, host, welcome_people)


def settle(host: str, port: int | None) -> Settings:
    """Return the settings with the chosen address, and put it into the environment, where the children find it."""
    if port is not None:
        os.environ["PORT"] = str(port)
    settings = load_settings()
    if "base_url" not in settings.model_fields_set:
        if not is_loopback(host):
            raise Misconfigured(
                f"Listening on {host} lets other machines in: set DPA_BASE_URL to the https:// address that people use.", field="DPA_BASE_URL"
            )
        os.environ["DPA_BASE_URL"] = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        settings = load_settings()
    return settings


def check_address(host: str, port: int) -> None:
    """Raise `Misconfigured` when the address cannot be listened on, before anything is started."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the web server does: a port is not busy because connections of an earlier run fade out.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise Misconfigured(f"{host} is not an address of this machine; choose another --host.", field="--host") from None
    except OSError as error:
        raise Misconfigured(_address_trouble(host, port, error), field="PORT") from None


def _address_trouble(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use by another program; stop it, or choose another port, for example PORT={min(port + 1, 65535)}."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system's administrator; choose one above 1023."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; choose another --host."
    return f"{host}, port {port}, cannot be listened on: {error.strerror}."


def migrate(settings: Settings) -> bool:
    """Bring the database up to date; tells whether that changed anything."""
    from dpa.cli import migrate as migrations

    migrations.prepare_instance(settings)
    with contextlib.suppress(OperationalError):  # `upgrade` says what is wrong with the database
        if migrations.revision_of(settings.database) == migrations.head():
            return False  # the usual start, made fast: the tables need not be loaded here
    reached = migrations.upgrade(settings)
    if reached:
        click.echo(f"The database is now at revision {reached}.")
    return reached is not None


def _load_demonstration(settings: Settings, *, demo: bool) -> None:
    if demo:
        from dpa.cli import demo as demonstration

        loaded = demonstration.load_if_empty(settings)
        if loaded:
            click.echo(loaded)


def welcome(settings: Settings, *, demo: bool) -> list[str]:
    """Return the lines that tell where the pages are and how to get in."""
    import dpa.slices  # noqa: F401  loads every table and installs the trail, before a link is made
    from dpa.people import links
    from dpa.people.models import LinkPurpose

    lines = [f"DPA Desk is at {settings.base_url}"]
    link = links.first_link(settings, demonstration=demo)
    if link and f"/{links.PATHS[LinkPurpose.SETUP]}/" in link:
        lines.append(f"Set it up with this link, which works once and for a day: {link}")
    elif link:
        lines.append(f"Sign in as the demonstration's DPO with this link, which works once and for a day: {link}")
    return [*lines, "Stop it with Ctrl-C."]


def commands(settings: Settings, host: str) -> dict[str, tuple[str, ...]]:
    """Return the command lines of the two processes, by name."""
    bind = f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}"
    options = {
        "bind": bind,
        "worker-class": "gthread",
        "workers": settings.workers,
        "threads": THREADS,
        "graceful-timeout": GRACE_SECONDS,
        "log-level": "warning",
    }
    # Preloaded: the product is imported once for all web processes, which makes the start fast and shares memory. Nothing
    # is connected to before the fork. The control socket would stand open in the home folder of whoever runs this.
    web = ("-m", "gunicorn", "--no-control-socket", "--preload", *(f"--{name}={value}" for name, value in options.items()), "dpa.factory:create_served_app()")
    return {"web": (sys.executable, *web), "worker": (sys.executable, "-c", "from dpa.cli import main; main()", "worker")}


def _run(settings: Settings, host: str, meanwhile: Callable[[], None]) -> None:
    from dpa.cli.supervise import Child, Supervisor

    children = [Child(name, argv) for name, argv in commands(settings, host).items()]
    Supervisor(children, SystemClock(), lambda line: click.echo(f"dpa: {line}", err=True)).run(meanwhile)
    click.echo("DPA Desk has stopped.")
