"""The `dpa` command. Each sub-command is loaded only when it is called, so that every call starts fast."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from dpa.problems import Problem

COMMANDS: dict[str, str] = {
    "agreements": "dpa.cli.agreements:agreements",
    "demo": "dpa.cli.demo:demo",
    "documents": "dpa.cli.documents:documents",
    "due": "dpa.cli.due:due",
    "migrate": "dpa.cli.migrate:migrate",
    "seal": "dpa.cli.seal:seal",
    "serve": "dpa.cli.serve:serve",
    "trail": "dpa.cli.trail:trail",
    "user": "dpa.cli.user:user",
    "verify": "dpa.cli.verify:verify",
    "worker": "dpa.cli.worker:worker",
}
WRONG_USE = 2


class Lazy(click.Group):
    """A group whose commands live in modules that are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Load and return one command."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="dpa")
def group() -> None:
    """DPA Desk: contract terms become running clocks, workflows, alerts and evidence."""


def main() -> None:
    """Run the command; a problem becomes one sentence on standard error and exit code 2."""
    try:
        group.main(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("Interrupted; nothing half-done was kept.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"dpa: {error.format_message()}", err=True)
        sys.exit(WRONG_USE)
    except Problem as problem:
        click.echo(f"dpa: {problem.message}", err=True)
        sys.exit(WRONG_USE)
