"""`finops demo`: from nothing to a first answer."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from finops import sqlfile
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.errors import ConfigError

if TYPE_CHECKING:
    import duckdb

    from finops.model import Finding
    from finops.reports.stories import Line

app = typer.Typer()

MARK = ".finops-demo"  # only a directory with this file is ever emptied
STORIES = ("pipeline", "restated", "apart", "coverage")
FIRST_QUESTION = (
    "select workload, net_usd, change from spend_monthly order by month desc, net_usd desc limit 12"
)
COLOURS = {"page": "bold red", "warn": "yellow", "info": "cyan", "": "dim"}


@app.command(epilog="Example: finops demo --home /tmp/demo")
def demo(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Where to put it; ./finops-demo if left out. An earlier demo there is replaced."),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", hidden=True)] = False,
    as_json: AsJson = False,
) -> None:
    """A made-up company's bill, in AWS's own formats, read, named, checked and explained."""
    from finops import config, pipeline
    from finops.demo import write

    context: Context = ctx.obj
    home = home or (context.home if context.home != Path() else Path("finops-demo"))
    _make_room(home)
    today, yesterday = context.now.date(), context.now - timedelta(days=1)
    write(home, today, morning="yesterday", until=yesterday)
    settings = config.read(home)
    pipeline.sync(home, settings, yesterday)
    write(home, today, morning="today", until=context.now)
    synced = pipeline.sync(home, settings, context.now)
    with _nobody_told():
        ran = pipeline.check(home, settings, context.now)
    with pipeline.published(home) as con:
        verdict = Verdict(con, ran.day, _latest(ran.checked.findings))
        if as_json or context.json:
            typer.echo(json.dumps(verdict.as_json(), indent=2))
        else:
            verdict.show(home, synced.generation)


def _latest(findings: Iterable[Finding]) -> list[Finding]:
    """Of what several of the scored days say of one subject, the last word."""
    by_day = sorted(findings, key=lambda f: f.day)
    return list({(f.rule, f.subject): f for f in by_day}.values())


def _make_room(home: Path) -> None:
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise ConfigError(f"{home}: is not empty and no demo of ours; choose another --home")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / MARK).touch()


class _nobody_told:
    """The demo's messages go to its verdict; the console channel stays quiet meanwhile."""

    def __enter__(self) -> None:
        self._stdout = sys.stdout
        sys.stdout = open(os.devnull, "w")

    def __exit__(self, *_: object) -> None:
        sys.stdout.close()
        sys.stdout = self._stdout


class Verdict:
    """One screen: the sum, what is wrong, what else the views show, what to do next."""

    def __init__(self, con: duckdb.DuckDBPyConnection, day: date, findings: list[Finding]) -> None:
        from finops.reports.stories import lines

        order = {"page": 0, "warn": 1, "info": 2}
        self.findings = sorted(findings, key=lambda f: (order[f.severity], -(f.usd or 0)))
        self.lines: list[Line] = lines(con, STORIES, day)
        self.billed, self.attributed, self.first, self.last = con.execute(
            "select (select sum(gross_usd) from billed_daily), sum(gross_usd), min(day), max(day) from attributed"
        ).fetchall()[0]
        self.accounts, self.regions, self.workloads = con.execute(
            """select count(distinct account_id), count(distinct region),
                      count(distinct workload) filter (attribution <> 'untagged') from attributed"""
        ).fetchall()[0]
        self.settled = con.execute(sqlfile.read("rules", "standing").sql).fetchall()[0][1]

    def as_json(self) -> dict[str, object]:
        return {
            "billed_usd": str(self.billed),
            "attributed_usd": str(self.attributed),
            "findings": [f.model_dump(mode="json") for f in self.findings],
            "reports": [line.model_dump(mode="json") for line in self.lines],
        }

    def show(self, home: Path, generation: int) -> None:
        console = screen.console()
        out = console.print
        out(
            f"demo data · {self.accounts} accounts · {self.regions} regions · {self.workloads} workloads · "
            f"{self.first} to {self.last} · settled through {self.settled} · generation {generation}"
        )
        equal = "=" if self.billed == self.attributed else "IS NOT"
        billed, attributed = f"[bold]${self.billed:,.2f}[/]", f"[bold]${self.attributed:,.2f}[/]"
        out(f"{billed} billed {equal} {attributed} attributed, to the last decimal\n")
        width = console.width
        for finding in self.findings:
            _row(console, finding.severity, finding.usd, finding.summary, width)
        for line in self.lines:
            _row(console, "", line.usd, f"{line.title}: {line.subject}: {line.text}", width)
        where = f"{_invocation()} --home {shlex.quote(str(home))}"
        out(f'\nnext  {where} sql "{FIRST_QUESTION}"', soft_wrap=True)
        out(f"      {where} incidents list · {where} status · {where} rules", soft_wrap=True)
        out(f"      your own bill: {_invocation()} --home HOME init DIRECTORY_OF_CUR_FILES", soft_wrap=True)


def _invocation() -> str:
    """What to type to get here again: `finops` where the shell finds it, else the path it was called by."""
    called = Path(sys.argv[0])
    if called.name != "finops":
        return "python -m finops"
    return "finops" if shutil.which("finops") == str(called) else shlex.quote(os.path.relpath(called))


def _row(console: Console, severity: str, usd: object, text: str, width: int) -> None:
    """One line, however narrow the screen is: the whole sentence is in the incident."""
    label = Text(f"{severity.upper() or 'also':<5}", style=COLOURS[severity])
    dollars = "" if usd is None else f"${usd:,.0f}".replace("$-", "-$")
    amount = Text(f"{dollars:>11}  ", style="bold")
    row = Text.assemble(label, amount, text)
    if console.is_terminal:
        row.truncate(width, overflow="ellipsis")
    console.print(row, soft_wrap=True)
