"""Rules: one SQL file each in alerts/. A row that it returns is an offender.

The header says what the finding says; thresholds are parameters that finops.toml may override, for
all or for one workload. A rule runs only on days for which the sources it needs are complete, and one
that fails is a finding of its own, so that the others still speak.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from string import Formatter
from typing import Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict

from finops.errors import ConfigError, RuleError
from finops.model import Finding, Severity, Value
from finops.money import usd
from finops.sqlfile import ALERTS, Header, SqlFile, load, read

Need = Literal["bill", "metrics", "inventory"]
GIVEN = frozenset({"day", "now"})
SNAPSHOT_HOLDS = timedelta(days=35)  # an inventory speaks for the days after it, for a while
LABELS = ("workload", "team", "environment", "account_id", "model")


class Param(Value):
    """`unit` is shown to people: `times`, `USD`, `days` ..."""

    value: Decimal | bool | str | int
    unit: str
    doc: str = ""


class RuleHeader(Header):
    """`days` is how many of the last complete days are scored each time: late bills change them.

    `headline` is a few words and `summary` one sentence, with `{column}` and Python formats; `severity` a
    default that a column of that name overrides row by row.
    """

    title: str
    severity: Severity
    headline: str
    summary: str
    why: str
    next_step: str
    needs: tuple[Need, ...] = ("bill",)
    days: int = 1
    params: dict[str, Param] = {}


class Rule(RuleHeader):
    name: str
    file: SqlFile
    values: dict[str, Any]
    by_workload: dict[str, dict[str, Any]] = {}
    forced: Severity | None = None  # by finops.toml, whatever a row says

    @property
    def runbook(self) -> str:
        return f"docs/rules.md#{self.name}"


class RuleSettings(BaseModel):
    """[rules.<name>]: `enabled`, `severity`, any of the rule's parameters, and `workloads.<name>` with its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    enabled: bool = True
    severity: Severity | None = None
    workloads: dict[str, dict[str, Decimal | bool | str | int]] = {}


class Checked(Value):
    """What a check found. `evaluated`: the last day on which each rule really ran; a rule that is not
    there could not see, and its incidents hold. `blind`: why."""

    findings: tuple[Finding, ...]
    evaluated: dict[str, date]
    blind: dict[str, str]


def shipped(settings: Mapping[str, RuleSettings], directories: Iterable[Path] = ()) -> list[Rule]:
    """Every rule file, ours and then `directories`; a later file of the same name wins."""
    found: dict[str, tuple[SqlFile, RuleHeader]] = {}
    for directory in (ALERTS, *directories):
        if not directory.is_dir():
            raise ConfigError(f"alerts: {directory}: no such directory")
        for path in sorted(directory.glob("*.sql")):
            found[path.stem] = load(path, RuleHeader)
    for name in settings.keys() - found.keys():
        raise ConfigError(f"[rules.{name}]: no such rule{_nearest(name, found)}")
    rules = [
        _rule(file, header, settings.get(name, RuleSettings())) for name, (file, header) in found.items()
    ]
    return [rule for rule in rules if settings.get(rule.name, RuleSettings()).enabled]


def _rule(file: SqlFile, header: RuleHeader, settings: RuleSettings) -> Rule:
    declared = header.params.keys() | GIVEN
    for name in sorted(file.names - declared):
        raise RuleError(f"{file.path.name}: uses ${name}, which is not in its params")
    for name in sorted(header.params.keys() - file.names):
        raise RuleError(f"{file.path.name}: declares the parameter {name} and never uses it")
    values = {name: param.value for name, param in header.params.items()}
    own = _overrides(f"[rules.{file.name}]", header.params, settings.model_extra or {})
    by_workload = {
        workload: values
        | own
        | _overrides(f"[rules.{file.name}.workloads.{workload}]", header.params, params)
        for workload, params in settings.workloads.items()
    }
    return Rule(
        **header.model_dump(),
        name=file.name,
        file=file,
        values=values | own,
        by_workload=by_workload,
        forced=settings.severity,
    )


def _overrides(where: str, params: Mapping[str, Param], given: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in given.items():
        if name not in params:
            raise ConfigError(f"{where}: no parameter {name!r}{_nearest(name, params)}")
        if _sort(params[name].value) != _sort(value):
            raise ConfigError(
                f"{where}: {name} = {value!r}: expected like {params[name].value!r} ({params[name].unit})"
            )
    return {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in given.items()}


def _sort(value: object) -> str:
    return "switch" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"; did you mean {near[0]!r}?" if near else ""


def last_complete_day(con: duckdb.DuckDBPyConnection, need: Need) -> date | None:
    """The last whole day that the sources behind `need` have; None where there is no such source."""
    kinds = {
        "bill": ["cur", "athena"],
        "metrics": ["metric_stream", "cloudwatch"],
        "inventory": ["inventory"],
    }[need]
    rows = con.execute(
        "select max(coalesce(complete_through, if(kind = 'inventory', date '9999-12-31', null)))"
        " from freshness where kind in (select unnest(?))",
        [kinds],
    ).fetchall()
    day: date | None = rows[0][0]
    if day is None or need != "inventory":
        return day
    return min(day, date.max - SNAPSHOT_HOLDS) + SNAPSHOT_HOLDS


def check(con: duckdb.DuckDBPyConnection, rules: Sequence[Rule], day: date, now: datetime) -> Checked:
    """Run every rule on `day`, and on the days before it that the rule scores again."""
    reach = {need: last_complete_day(con, need) for need in ("bill", "metrics", "inventory")}
    findings: list[Finding] = []
    evaluated: dict[str, date] = {}
    blind: dict[str, str] = {}
    con.execute(read("rules", "expected_once").sql)
    for rule in rules:
        last = min([day, *(reach[need] or date.min for need in rule.needs)])
        first = day - timedelta(days=rule.days - 1)
        if last < first:
            lacking = [need for need in rule.needs if (reach[need] or date.min) < first]
            blind[rule.name] = f"no complete {' and '.join(lacking)} for {day}"
            continue
        try:
            for scored in (first + timedelta(days=n) for n in range((last - first).days + 1)):
                findings += offenders(con, rule, scored, now)
            evaluated[rule.name] = last
        except (duckdb.Error, RuleError) as exc:
            blind[rule.name] = str(exc).splitlines()[0]
            findings.append(failed(rule, day, blind[rule.name]))
    evaluated["rule_failed"] = day
    return Checked(findings=tuple(findings), evaluated=evaluated, blind=blind)


def offenders(con: duckdb.DuckDBPyConnection, rule: Rule, day: date, now: datetime) -> list[Finding]:
    """The findings of one rule on one day; workloads with parameters of their own are judged by those."""
    found = [f for f in _run(con, rule, rule.values, day, now) if f.workload not in rule.by_workload]
    for workload, values in rule.by_workload.items():
        found += [f for f in _run(con, rule, values, day, now) if f.workload == workload]
    return found


def _run(
    con: duckdb.DuckDBPyConnection, rule: Rule, values: Mapping[str, Any], day: date, now: datetime
) -> list[Finding]:
    bound = rule.file.bind(**values, day=day, now=now.replace(tzinfo=None))
    result = con.execute(rule.file.sql, bound)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if "subject" not in names:
        raise RuleError(f"{rule.file.path.name}: returns no column `subject`; it has {', '.join(names)}")
    return [_finding(rule, day, dict(zip(names, row, strict=True))) for row in rows]


def _finding(rule: Rule, day: date, row: dict[str, Any]) -> Finding:
    series = row.pop("series", None) or []
    labels = {name: row.get(name) for name in LABELS}
    own = {"subject", "usd", "severity", "basis", "next_step"}
    return Finding(
        rule=rule.name,
        title=rule.title,
        headline=sentence(rule.headline, row),
        severity=rule.forced or row.get("severity") or rule.severity,
        subject=str(row["subject"]),
        day=day,
        usd=None if row.get("usd") is None else Decimal(str(row["usd"])),
        summary=sentence(rule.summary, row),
        why=rule.why,
        next_step=row.get("next_step") or sentence(rule.next_step, row),
        runbook=rule.runbook,
        basis=row.get("basis"),
        facts={k: None if v is None else str(v) for k, v in row.items() if k not in own and k not in LABELS},
        series=tuple((d, Decimal(str(v))) for d, v in series),
        **labels,
    )


class _Words(Formatter):
    """Python's formats, and `usd` for dollars. NULL reads as `unknown`, whatever was asked for."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "unknown"
        return usd(Decimal(str(value))) if format_spec == "usd" else str(format(value, format_spec))


def sentence(template: str, row: Mapping[str, Any]) -> str:
    try:
        return _Words().vformat(template, (), row)
    except (KeyError, ValueError, TypeError) as exc:
        raise RuleError(
            f"summary {template!r}: {exc}; it may name only columns that the rule returns"
        ) from exc


def failed(rule: Rule, day: date, reason: str) -> Finding:
    """The finding that a rule could not run: silence must not look like health."""
    return Finding(
        rule="rule_failed",
        title="A rule could not run",
        headline=f"rule {rule.name} could not run",
        severity="warn",
        subject=rule.name,
        day=day,
        summary=f"{rule.name} could not run on {day}: {reason}",
        why="What this rule watches is unwatched until it runs again; its open incidents stay as they are.",
        next_step=f"Run `finops rules run {rule.name} --day {day}` to see the error, and mend {rule.file.path.name}.",
        runbook="docs/rules.md#rule_failed",
    )
