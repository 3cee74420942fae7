"""`dpa due`: count one period, or a table of them, without an installation or a database.

Exits 0 when every date was counted, 1 when some rows of a table could not be, 2 on wrong use.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from dpa.deadlines import (
    Deadline,
    DeadlineProblem,
    Direction,
    Period,
    compute,
    due_instant,
    explain,
    explain_warnings,
    to_json,
    zone_named,
)
from dpa.deadlines.reading import COLUMNS, Question, ask, read_row

SOME_ROWS_FAILED = 1
WRONG_USE = 2
_NEGATIVE = re.compile(r"-[0-9]")


class Sentence(click.ClickException):
    """Wrong use, told in one sentence on standard error instead of a usage text."""

    exit_code = WRONG_USE

    def show(self, file: Any = None) -> None:
        """Print the sentence."""
        click.echo(f"dpa: {self.format_message()}", err=file is None, file=file)


class OneSentence(click.Command):
    """A command whose every error is one sentence, also those of the command line itself."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the command line; a mistake in it becomes a `Sentence`."""
        try:
            self._refuse_negative(args)
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise Sentence(f"{error.format_message().rstrip('.')}; see 'dpa due --help'.") from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a problem in its input becomes a `Sentence`."""
        try:
            return super().invoke(ctx)
        except DeadlineProblem as problem:
            raise Sentence(problem.message) from None

    def _refuse_negative(self, args: list[str]) -> None:
        """Catch "-5 days" before it is taken for an unknown option; values of options are left alone."""
        takes_value = {
            name
            for option in self.params
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }
        for before, arg in zip(["", *args], args, strict=False):
            if before == "--":
                return
            if _NEGATIVE.match(arg) and before not in takes_value:
                raise Sentence(
                    f"The period {arg[:60]!r} is negative; write it without the minus and add --before to count backwards."
                )


@click.command(cls=OneSentence, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("period", required=False)
@click.option("--from", "start", help="The event's date and time with its offset, as 2026-03-28T15:30+01:00.")
@click.option("--zone", help="IANA zone or fixed offset in which days are counted: Europe/Paris, +01:00.")
@click.option("--calendar", help="Holiday calendar: FR, FR-57, DK, DE, NL, GB-ENG, ... or custom.")
@click.option("--regime", default="contract", show_default=True, help="Where the period comes from; sets the defaults.")
@click.option("--roll", help="none, next_working_day or noon_next_working_day.")
@click.option("--two-day-min/--no-two-day-min", default=None, help="At least two working days inside (Reg. 1182/71).")
@click.option("--hour-of-event", help="included or excluded, for hours.")
@click.option("--before", is_flag=True, help="Count backwards from the event.")
@click.option("--workweek", help="mon-fri or mon-sat.")
@click.option("--holidays", help="The days of the calendar custom, as 2026-12-24|2026-12-31.")
@click.option("--extra-holidays", help="Own closure days on top of the calendar, as 2026-12-24|2026-12-31.")
@click.option("--suspended-days", help="Whole days during which the clock was stopped.")
@click.option("--explain", "explained", is_flag=True, help="Count the date out, one sentence per step.")
@click.option("--json", "as_json", is_flag=True, help="Print the stored form with its explanation.")
@click.option("--batch", help="Read a CSV table instead and print id,due[,error].")
@click.pass_context
def due(ctx: click.Context, /, period: str | None, batch: str | None, **given: Any) -> None:
    """Count a period and print when it ends, with the offset in force then.

    \b
    dpa due "24 hours" --from 2026-03-28T15:30+01:00 --zone Europe/Paris --calendar FR
    dpa due "1 month" --regime gdpr_statutory --from 2026-01-31T10:00+01:00 --zone Europe/Paris --calendar FR --explain
    dpa due --batch cases.csv
    """
    if batch is not None:
        _refuse_beside_batch(ctx)
        _batch(Path(batch))
        return
    _print_one(_question(period, **given), explained=given["explained"], as_json=given["as_json"])


def _question(
    period: str | None, *, start: str | None, zone: str | None, calendar: str | None, **given: Any
) -> Question:
    if not (period and start and zone and calendar):
        named = {"the period, such as '24 hours'": period, "--from": start, "--zone": zone, "--calendar": calendar}
        missing = ", ".join(name for name, value in named.items() if not value)
        raise DeadlineProblem(f"Something is missing: {missing}; or give --batch FILE.csv.")
    asked = Period.parse(period)
    if given["before"]:
        asked = replace(asked, direction=Direction.BEFORE)
    names = ("regime", "roll", "hour_of_event", "workweek", "holidays", "extra_holidays", "suspended_days")
    options = {name: given[name] for name in names if given[name] is not None}
    if given["two_day_min"] is not None:
        options["two_day_min"] = "yes" if given["two_day_min"] else "no"
    return ask(asked, start, zone, calendar, options)


def _print_one(question: Question, *, explained: bool, as_json: bool) -> None:
    deadline = compute(
        question.period, question.start, zone=question.zone, calendar=question.calendar, options=question.options
    )
    if as_json:
        click.echo(json.dumps(_answer(deadline), indent=2, ensure_ascii=False))
        return
    click.echo(deadline.local_due.isoformat())
    if explained:
        for sentence in explain(deadline):
            click.echo(sentence)
        return
    for sentence in explain_warnings(deadline):
        click.echo(sentence, err=True)


def _answer(deadline: Deadline) -> dict[str, Any]:
    return {
        "due": deadline.local_due.isoformat(),
        "due_utc": deadline.due.isoformat(),
        "zone": deadline.zone,
        "explanation": list(explain(deadline)),
        "warnings": list(explain_warnings(deadline)),
        "deadline": to_json(deadline),
    }


# --- tables ----------------------------------------------------------------------------------------------------


def _refuse_beside_batch(ctx: click.Context) -> None:
    beside = [
        param.opts[0] if isinstance(param, click.Option) else "a period"
        for param in ctx.command.params
        if param.name != "batch" and ctx.get_parameter_source(param.name or "") is click.core.ParameterSource.COMMANDLINE
    ]
    if beside:
        raise DeadlineProblem(f"With --batch everything comes from the file; leave out {', '.join(beside)}.")


def _batch(path: Path) -> None:
    answers = list(_answers(path))
    failed = any(error for _, _, error in answers)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("id", "due", "error") if failed else ("id", "due"))
    out.writerows(answers if failed else (answer[:2] for answer in answers))
    if failed:
        sys.exit(SOME_ROWS_FAILED)


def _answers(path: Path) -> Iterator[tuple[str, str, str]]:
    rows = _rows(path)
    header = next(rows, (0, [], ""))[1]
    names = [name.strip() for name in header]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DeadlineProblem(f"The table {path} lacks the columns {', '.join(missing)}; its first line must name them.")
    for line, cells, broken in rows:
        row = dict(zip(names, cells, strict=False))
        row_id = row.get("id", "").strip()
        try:
            _require_row(row_id, line, cells, names, broken)
            yield row_id, _due_of(read_row(row)), ""
        except DeadlineProblem as problem:
            yield row_id, "", problem.message


def _rows(path: Path) -> Iterator[tuple[int, list[str], str]]:
    """Yield line number, cells and the reader's complaint; blank lines are left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = file.readlines()
    except UnicodeDecodeError:
        raise DeadlineProblem(f"The table {path} is not UTF-8 text; save it as CSV in UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DeadlineProblem(f"The table {path} cannot be read: {reason}.") from None
    done = 0
    while done < len(lines):
        reader = csv.reader(lines[done:], strict=True)
        begun = done
        try:
            for cells in reader:
                if cells:
                    yield done + reader.line_num, cells, ""
                begun = done + reader.line_num
        except csv.Error as error:
            # Take the broken line as it stands, for its id, and go on with the next one.
            yield begun + 1, lines[begun].rstrip("\r\n").split(","), str(error)
            done = begun + 1
        else:
            return


def _require_row(row_id: str, line: int, cells: list[str], names: list[str], broken: str) -> None:
    if broken:
        _refuse(f"Line {line} cannot be read as CSV: {broken.rstrip('.')}.")
    if not row_id:
        _refuse(f"Line {line} has no id.")
    if len(cells) != len(names):
        _refuse(f"Line {line} has {len(cells)} cells where the first line names {len(names)} columns.")


def _refuse(sentence: str) -> NoReturn:
    raise DeadlineProblem(sentence)


def _due_of(question: Question) -> str:
    at = due_instant(
        question.period, question.start, zone=question.zone, calendar=question.calendar, options=question.options
    )
    return zone_named(question.zone).local(at).isoformat()


if __name__ == "__main__":
    due(prog_name="dpa due")
