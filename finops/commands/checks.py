"""`finops sync`, `check`, `run`, `status`, `rules`, `metrics`: the line itself, and what it is made of."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from finops import config, pipeline
from finops import metrics as views
from finops.commands import screen
from finops.commands.context import Context
from finops.errors import ConfigError
from finops.explain.causes import explained
from finops.explain.days import pictured
from finops.messages.text import one_line
from finops.model import SEVERITIES, Finding, at_least
from finops.money import to_the_cent
from finops.rules import files as engine
from finops.rules import judge
from finops.state.store import FILE, State

app = typer.Typer()
rules_app = typer.Typer(help="What is watched, with which thresholds.", invoke_without_command=True)


class FailOn(StrEnum):
    info = "info"
    warn = "warn"
    page = "page"
    never = "never"


Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="UTC day; the last complete one if left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For a program.")]
Fail = Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 when something this severe is found.")]
Rebuild = Annotated[
    bool, typer.Option("--rebuild", help="Read everything anew and build the file from nothing.")
]

Kind = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Ask sources of this kind only; the others keep what they have. Repeatable."),
]


@app.command(epilog="Example: finops --home ~/bedrock sync")
def sync(ctx: typer.Context, rebuild: Rebuild = False, kind: Kind = None, as_json: AsJson = False) -> int:
    """Read what changed in the sources and publish it. Exits with 2 where a source was not reached.

    Local files cost no AWS charges; what AWS bills for being asked is said at the end.
    """
    done = _sync(ctx.obj, rebuild, kind or ())
    if as_json or ctx.obj.json:
        typer.echo(json.dumps(done, indent=2))
    return _reached(done)


def _reached(done: dict[str, Any]) -> int:
    return 2 if done["unreachable"] else 0


def _sync(context: Context, rebuild: bool = False, kinds: Sequence[str] = ()) -> dict[str, Any]:
    with _progress() as say:
        done = pipeline.sync(
            context.home, context.settings, context.now, rebuild=rebuild, kinds=kinds, say=say
        )
    words = [
        f"generation {done.generation}",
        f"{len(done.read)} deliveries read",
        f"{done.unchanged} unchanged",
    ]
    if done.restated_days:
        words.append(f"{done.restated_days} days restated (see the view restatements)")
    if done.kept:
        words.append(f"{len(done.kept)} no longer delivered and kept")
    if done.dropped:
        words.append(
            f"{len(done.dropped)} dropped, their source or file is gone: {', '.join(done.dropped[:3])}"
        )
    if done.aws_requests:
        words.append(f"{done.aws_requests:,} requests to AWS, which bills ${done.aws_usd:.2f} for them")
    sys.stderr.write(f"synced: {', '.join(words)}\n")
    for problem in done.unreachable.values():
        sys.stderr.write(f"not reached: {problem}\n")
    return done.model_dump(mode="json")


class _progress:
    """Progress on stderr while a person watches; nothing when piped."""

    def __enter__(self) -> pipeline.Progress:
        console = Console(stderr=True)
        self._status = console.status("looking at the sources") if console.is_terminal else None
        if self._status:
            self._status.start()
        return lambda text: self._status.update(text) if self._status else None

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()


@app.command(epilog="Example: finops check --day 2026-11-18 --fail-on page")
def check(ctx: typer.Context, day: Day = None, fail_on: Fail = FailOn.never, as_json: AsJson = False) -> None:
    """Run every rule on the published ledger and tell the channels what is new."""
    raise typer.Exit(_check(ctx.obj, day, fail_on, as_json or ctx.obj.json))


@app.command(epilog="Example: finops run --fail-on warn")
def run(ctx: typer.Context, day: Day = None, fail_on: Fail = FailOn.never, as_json: AsJson = False) -> None:
    """sync, then check. A source that was not reached stops neither, and exits with 2."""
    _ = ctx.obj.telling  # refused before what takes long, not after it
    done = _sync(ctx.obj)
    found = _check(ctx.obj, day, fail_on, as_json or ctx.obj.json)
    raise typer.Exit(_reached(done) or found)


def _check(context: Context, day: datetime | None, fail_on: FailOn, as_json: bool) -> int:
    wanted = day.date() if day else None
    ran = pipeline.check(context.home, context.telling, context.now, wanted, quiet_stdout=as_json)
    if as_json:
        typer.echo(json.dumps(_as_json(ran), indent=2))
    else:
        _summarise(ran)
    for outcome in ran.outcomes:
        if outcome.error:
            sys.stderr.write(f"finops: {outcome.channel}: {outcome.error}\n")
        elif outcome.note:
            sys.stderr.write(f"finops: {outcome.channel}: {outcome.note}\n")
    floors = [severity for severity in SEVERITIES if severity == fail_on]  # none for `never`
    return int(any(at_least(f.severity, floor) for f in ran.checked.findings for floor in floors))


def _as_json(ran: pipeline.Ran) -> dict[str, object]:
    return {
        "day": ran.day.isoformat(),
        "findings": [finding.model_dump(mode="json") for finding in ran.checked.findings],
        "told": [{"reason": n.reason, "incident": n.incident.id} for n in ran.decision.notices],
        "blind": ran.checked.blind,
        "outcomes": [outcome.model_dump(mode="json") for outcome in ran.outcomes],
    }


def _summarise(ran: pipeline.Ran) -> None:
    """Findings are of every day that the run scored, as are the notices made of them."""
    severities = Counter(finding.severity for finding in ran.checked.findings)
    reasons = Counter(notice.reason for notice in ran.decision.notices)
    found = [f"{severities[s]} {s}" for s in reversed(SEVERITIES) if severities[s]]
    told = [f"{count} {reason}" for reason, count in reasons.most_common()]
    sys.stderr.write(
        f"checked {ran.day}: {', '.join(found) or 'nothing'} found; "
        f"told: {', '.join(told) or 'nothing new'} (finops incidents list)\n"
    )
    for name, why in sorted(ran.checked.blind.items()):
        sys.stderr.write(f"could not see: {name}: {why}\n")


@app.command(epilog="Example: finops status --json")
def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """How far each source reaches, what is attributed, what is open."""
    context: Context = ctx.obj
    with pipeline.published(context.home) as con:
        state: dict[str, Any] = {
            "meta": _rows(con, "from meta")[0],
            "sources": _rows(con, "from freshness order by source"),
            "reconciliation": _rows(
                con,
                """select b.billed_usd, a.attributed_usd, a.attributed_usd - b.billed_usd as difference_usd
                   from (select sum(gross_usd) as billed_usd from billed_daily) as b,
                        (select sum(gross_usd) as attributed_usd from attributed) as a""",
            )[0],
            "coverage": _rows(
                con,
                """select rung, sum(usd)::decimal(38, 2) as usd, (sum(usd) / sum(sum(usd)) over ())::double as share
                   from coverage_daily where key = 'workload' group by rung order by usd desc""",
            ),
        }
    with State(context.home / FILE) as incidents:
        state["open_incidents"] = sum(one.state != "resolved" for one in incidents.incidents())
    if as_json or context.json:
        typer.echo(json.dumps(state, indent=2, default=str))
    else:
        _show_status(state)


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    result = con.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _show_status(state: dict[str, Any]) -> None:
    console = screen.console()
    meta, sums = state["meta"], state["reconciliation"]
    console.print(f"generation {meta['generation']}, published {meta['published_at']:%Y-%m-%d %H:%M} UTC")
    billed, attributed, difference = (
        sums[f"{name}_usd"] or Decimal(0) for name in ("billed", "attributed", "difference")
    )
    equal = "=" if not difference else f"IS NOT, by {to_the_cent(difference)},"
    console.print(f"billed {to_the_cent(billed)} {equal} attributed {to_the_cent(attributed)}")
    table = Table("source", "through", "complete", "settled", "deliveries", box=None, pad_edge=False)
    for row in state["sources"]:
        cells = [_moment(row[c]) for c in ("data_through", "complete_through", "settled_through")]
        table.add_row(row["source"], *cells, str(row["deliveries"]))
    console.print(table)
    for row in state["sources"]:
        if row["problem"]:
            console.print(f"{row['source']}: not reached: {row['problem']}", markup=False)
        if row["notes"]:
            console.print(f"{row['source']}: {row['notes']}", markup=False)
    shares = " · ".join(f"{row['rung']} {row['share']:.1%}" for row in state["coverage"])
    console.print(f"workload named by: {shares}", markup=False)
    console.print(f"open incidents: {state['open_incidents']}")


def _moment(value: date | datetime | None) -> str:
    if value is None:
        return "-"
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value.isoformat()


@app.command(epilog="Example: finops metrics")
def metrics(ctx: typer.Context, as_json: AsJson = False) -> None:
    """The views: what one row is, and what its columns mean."""
    found = sorted(views.shipped(), key=lambda metric: metric.name)
    if as_json or ctx.obj.json:
        typer.echo(json.dumps([m.model_dump(mode="json", exclude={"file"}) for m in found], indent=2))
        return
    table = Table("view", "one row is", "what", box=None, pad_edge=False)
    for metric in found:
        table.add_row(metric.name, metric.grain, metric.title)
    screen.console().print(table)


@rules_app.callback(invoke_without_command=True)
def rules(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the rules."""
    if ctx.invoked_subcommand:
        return
    found = _rules(ctx.obj)
    if as_json or ctx.obj.json:
        typer.echo(json.dumps([r.model_dump(mode="json", exclude={"file"}) for r in found], indent=2))
        return
    table = Table("rule", "severity", "fires when", "thresholds", box=None, pad_edge=False)
    for rule in found:
        table.add_row(
            rule.name,
            rule.forced or rule.severity,
            rule.title,
            ", ".join(f"{k} = {v}" for k, v in rule.values.items()),
        )
    screen.console().print(table)


@rules_app.command("run", epilog="Example: finops rules run spend_spike --day 2026-11-18")
def run_rule(ctx: typer.Context, name: str, day: Day = None, as_json: AsJson = False) -> None:
    """Run one rule on one day and show what it returns; nobody is told."""
    context: Context = ctx.obj
    rule = _rule(context, name)
    with pipeline.published(context.home) as con:
        wanted = day.date() if day else pipeline.last_day(con, context.now)
        judge.refuse_unheld(con, wanted, context.now)
        limits = _limits(context)
        offenders = judge.offenders(con, rule, wanted, context.now, limits)
        told = explained(con, offenders, [rule], limits.rule_seconds)
        found = pictured(con, told, limits.rule_seconds)
    if as_json or context.json:
        typer.echo(json.dumps([f.model_dump(mode="json") for f in found], indent=2))
    else:
        _show_findings(name, found)


def _show_findings(name: str, found: Sequence[Finding]) -> None:
    if not found:
        typer.echo(f"{name}: quiet")
    for finding in found:
        changed = one_line(finding.facts.get("what_changed"))
        typer.echo(
            f"[{finding.severity}] {one_line(finding.summary)}"
            + (f"\n  changed: {changed}" if changed else "")
        )
        typer.echo(f"  next: {one_line(finding.next_step)}")


@rules_app.command("show", epilog="Example: finops rules show spend_spike")
def show_rule(ctx: typer.Context, name: str) -> None:
    """The rule's SQL, to run or to copy."""
    typer.echo(_rule(ctx.obj, name).file.path.read_text(encoding="utf-8").rstrip())


def _rules(context: Context) -> list[engine.Rule]:
    """With the thresholds of finops.toml where there is one, else as shipped."""
    if (context.home / config.FILE).exists():
        return engine.shipped(context.settings.rules, context.settings.alerts)
    return engine.shipped({})


def _limits(context: Context) -> engine.Limits:
    return context.settings.limits if (context.home / config.FILE).exists() else engine.Limits()


def _rule(context: Context, name: str) -> engine.Rule:
    found = {rule.name: rule for rule in _rules(context)}
    if name not in found:
        raise ConfigError(
            f"no rule {name!r}{engine.nearest(name, found)}; there is {', '.join(sorted(found))}"
        )
    return found[name]
