"""`finops replay`: what would have been sent, morning by morning. Nothing is sent, and no state is touched."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import duckdb
import typer
from rich.markup import escape
from rich.table import Table

from finops import config, pipeline
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson
from finops.config import Settings
from finops.errors import ConfigError
from finops.money import usd
from finops.reports.replay import OF_SERIES, Replayed, Sent, know_file, know_ledger, replay
from finops.rules.files import Rule, known_rules, nearest
from finops.sources import Prices
from finops.state.store import FILE, Feedback, State

app = typer.Typer()

Which = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="This rule alone.")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First UTC day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last UTC day.")]
Series = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Parquet or CSV instead of the ledger: day, subject, usd, and known_on and keys if any.",
    ),
]


@app.command("replay", epilog="Example: finops replay --from 2026-09-01 --to 2026-11-18")
def replay_history(
    ctx: typer.Context,
    rule: Which = None,
    first: From = None,
    last: To = None,
    series: Series = None,
    as_json: AsJson = False,
) -> None:
    """What would have been sent, morning by morning, by the rules and thresholds of now; nothing is sent.

    FILE is Parquet or CSV with the columns `day`, `subject` and `usd`. A value that was another one on a later
    morning is another row with its `known_on`; without that column, a day is known the morning after. Further
    columns, such as `workload`, `model`, `environment` and `team`, name the series and are in what is printed.
    Of the ledger, each day is taken as it is known now, from the morning after on: a minute or two for sixty days
    and all rules. What finops.toml says is planned is not told; what people answered is not replayed.
    """
    context: Context = ctx.obj
    settings = context.settings if (context.home / config.FILE).exists() else Settings()
    wanted = _wanted(settings, rule, series)
    begins, ends = (one.date() if one else None for one in (first, last))
    with _ledger(context, settings, series) as con:
        if series:
            know_file(con, series)
        else:
            know_ledger(con, settings.metrics)
        with screen.progress("replaying") as watch:
            of_file = series is not None
            planned = () if of_file else tuple(one.window for one in settings.planned)
            done = replay(
                con,
                wanted,
                begins,
                ends,
                of_file=of_file,
                limits=settings.limits,
                planned=planned,
                watch=watch,
            )
    if as_json or context.json:
        typer.echo(json.dumps([_as_json(sent) for sent in done.sent], indent=2, default=str))
    else:
        known = "the ledger, each day as it is known now" if series is None else series.name
        _show(done, known, _feedback(context.home) if series is None else ())


def _wanted(settings: Settings, name: str | None, series: Path | None) -> list[Rule]:
    rules = {rule.name: rule for rule in known_rules(settings.rules, settings.alerts)}
    if name is None:
        return list(rules.values())
    there = sorted(rules) if series is None else list(OF_SERIES)
    if name not in there:
        raise ConfigError(f"no rule {name!r} to replay{nearest(name, there)}; there is {', '.join(there)}")
    return [rules[name]]


@contextmanager
def _ledger(context: Context, settings: Settings, series: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """For a file of series one that holds nothing: the same views, and the settings that rules read."""
    if series is None:
        with pipeline.published(context.home) as con:
            yield con
        return
    with TemporaryDirectory() as home:
        empty = settings.model_copy(update={"sources": (Prices(),)})
        pipeline.sync(Path(home), empty, context.now)
        with pipeline.published(Path(home)) as con:
            yield con


def _feedback(home: Path) -> tuple[Feedback, ...]:
    if not (home / FILE).exists():
        return ()
    with State(home / FILE) as state:
        return state.feedback()


def _as_json(sent: Sent) -> dict[str, object]:
    """The keys of the file stand beside what is told, and never in its place."""
    told = sent.model_dump(mode="json", exclude={"keys"})
    for name in ("usd", "expected", "stake_usd"):
        told[name] = None if told[name] is None else float(told[name])
    return {**sent.keys, **told}


def _show(done: Replayed, known: str, feedback: Sequence[Feedback]) -> None:
    console = screen.console()
    table = Table(
        "sent on", "", "rule", "subject", "of day", "cost", "expected", "why now", box=None, pad_edge=False
    )
    for sent in done.sent:
        dollars = ("" if amount is None else usd(amount) for amount in (sent.usd, sent.expected))
        table.add_row(
            f"{sent.sent_on:%a %Y-%m-%d}",
            sent.severity,
            sent.rule,
            escape(sent.subject),
            str(sent.day),
            *dollars,
            sent.reason,
        )
    if done.sent:
        console.print(table)
        console.print(_by_rule(done, feedback))
    weeks = ((done.last - done.first).days + 1) / 7
    console.print(
        f"{done.first} to {done.last}: {len(done.sent)} messages, {len(done.sent) / weeks:.1f} a week; of {known}",
        markup=False,
    )
    for name, why in sorted(done.blind.items()):
        console.print(f"could not see: {name}: {why}", markup=False)


def _by_rule(done: Replayed, feedback: Sequence[Feedback]) -> Table:
    """Precision: of what people said something about, the share that they did not call expected or no anomaly."""
    weeks = ((done.last - done.first).days + 1) / 7
    sent, wrong = Counter(one.rule for one in done.sent), _disputed(done.sent, feedback)
    table = Table(
        "rule", "messages", "a week", "page", "expected", "no anomaly", "precision", box=None, pad_edge=False
    )
    for rule, count in sent.most_common():
        pages = sum(one.rule == rule and one.severity == "page" for one in done.sent)
        expected, none = wrong[rule]["expected"], wrong[rule]["not-an-anomaly"]
        precision = f"{1 - (expected + none) / count:.0%}" if feedback else ""
        table.add_row(
            rule, str(count), f"{count / weeks:.1f}", str(pages), str(expected), str(none), precision
        )
    return table


def _disputed(sent: Sequence[Sent], feedback: Sequence[Feedback]) -> Mapping[str, Counter[str]]:
    """By rule, how many messages are about days of which somebody said that they were meant, or were nothing."""
    said: dict[tuple[str, str], list[tuple[date, date, str]]] = defaultdict(list)
    for one in feedback:
        said[one.rule, one.subject].append((one.first_day, one.last_day, one.verdict))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for message in sent:
        verdicts = [
            v for first, last, v in said[message.rule, message.subject] if first <= message.day <= last
        ]
        found[message.rule].update(verdicts[-1:])
    return found
