"""`finops rules`: what is watched, with which thresholds, and what one rule says of one day."""

from __future__ import annotations

import json
from collections.abc import Sequence

import typer
from rich.table import Table

from finops import config, pipeline
from finops.commands import screen
from finops.commands.context import Context
from finops.commands.options import AsJson, Day
from finops.errors import ConfigError
from finops.explain.causes import explained
from finops.explain.days import pictured
from finops.messages.text import one_line
from finops.model import Finding
from finops.rules import judge
from finops.rules.files import Rule, known_rules, nearest

app = typer.Typer(help="What is watched, with which thresholds.", invoke_without_command=True)


@app.callback(invoke_without_command=True)
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
    off = _switched_off(ctx.obj)
    if off:
        typer.echo(f"switched off in {config.FILE}: {', '.join(off)}")


@app.command("run", epilog="Example: finops rules run spend_spike --day 2026-11-18")
def run_rule(ctx: typer.Context, name: str, day: Day = None, as_json: AsJson = False) -> None:
    """Run one rule on one day and show what it returns; nobody is told."""
    context: Context = ctx.obj
    rule = _rule(context, name)
    with pipeline.published(context.home) as con:
        wanted = day.date() if day else pipeline.last_day(con, context.now)
        judge.refuse_unheld(con, wanted, context.now)
        limits = _settings(context).limits
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


@app.command("show", epilog="Example: finops rules show spend_spike")
def show_rule(ctx: typer.Context, name: str) -> None:
    """The rule's SQL, to run or to copy."""
    typer.echo(_rule(ctx.obj, name).file.path.read_text(encoding="utf-8").rstrip())


def _rules(context: Context) -> list[Rule]:
    """With the thresholds of finops.toml where there is one, else as shipped."""
    settings = _settings(context)
    return known_rules(settings.rules, settings.alerts)


def _switched_off(context: Context) -> list[str]:
    return sorted(name for name, rule in _settings(context).rules.items() if not rule.enabled)


def _settings(context: Context) -> config.Settings:
    return context.settings if (context.home / config.FILE).exists() else config.Settings()


def _rule(context: Context, name: str) -> Rule:
    found = {rule.name: rule for rule in _rules(context)}
    if name in _switched_off(context):
        raise ConfigError(f"the rule {name} is switched off in finops.toml: [rules.{name}] enabled = false")
    if name not in found:
        raise ConfigError(f"no rule {name!r}{nearest(name, found)}; there is {', '.join(sorted(found))}")
    return found[name]
