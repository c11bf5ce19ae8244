"""Rules: one SQL file each in alerts/. A row that it returns is an offender.

The header says what the finding says; thresholds are parameters that finops.toml may override, for
all or for one workload. A rule runs only on days for which the sources it needs are complete, and one
that fails, or a file of the user's that is no rule, is a finding of its own, so that the others still speak.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, ValidationError

from finops.errors import ConfigError, QueryError, RuleError
from finops.model import Finding, Severity, Value
from finops.money import usd
from finops.sqlfile import ALERTS, Header, SqlFile, SqlFileError, load, read

Need = Literal["bill", "metrics", "inventory"]
GIVEN = frozenset({"day", "now"})
KINDS: dict[Need, tuple[str, ...]] = {
    "bill": ("cur", "athena"),
    "metrics": ("metric_stream", "cloudwatch"),
    "inventory": ("inventory",),
}
CATCH_UP = timedelta(days=31)
SNAPSHOT_HOLDS = timedelta(days=35)  # an inventory speaks for the days after it, for a while
LABELS = ("workload", "team", "environment", "account_id", "model")


class Param(Value):
    """`unit` is shown to people: `times`, `USD`, `days` ... `value` says what sort a setting must be of."""

    value: Decimal | bool | str | int
    unit: str
    doc: str = ""

    def expects(self, given: object) -> str | None:
        """What should stand where `given` does; None where it may stand."""
        if _sort(given) != _sort(self.value):
            return _sort(self.value)
        if not isinstance(given, int | Decimal):
            return None
        number, shipped = Decimal(given), Decimal(self.value)
        if not number.is_finite():
            return "a finite number"
        if number < 0 <= shipped:
            return "0 or more"
        if self.unit == "days" and number != number.to_integral_value():
            return "a whole number"
        if self.unit.startswith("share") and number > 1 >= shipped:
            return "a share, 0 to 1"
        return None


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
    fault: str | None = None  # why its file is no rule: it never runs, and every check says so

    @property
    def runbook(self) -> str:
        return f"docs/rules.md#{self.name}"


class RuleSettings(BaseModel):
    """[rules.<name>]: `enabled`, `severity`, any of the rule's parameters, and `workloads.<name>` with its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    enabled: bool = True
    severity: Severity | None = None
    workloads: dict[str, dict[str, Any]] = {}


class Checked(Value):
    """What a check found. `evaluated`: the last day on which each rule really ran; a rule that is not
    there could not see, and its incidents hold. `blind`: why."""

    findings: tuple[Finding, ...]
    evaluated: dict[str, date]
    blind: dict[str, str]


def shipped(settings: Mapping[str, RuleSettings], directories: Iterable[Path] = ()) -> list[Rule]:
    """Every rule file, ours and then `directories`; a later file of the same name wins.

    One of `directories` that is malformed is a rule with a `fault`; one of ours raises. Settings that no rule
    has, or of another sort than the rule's own, are a ConfigError.
    """
    found = {path.stem: parse(path) for path in sorted(ALERTS.glob("*.sql"))}
    for directory in directories:
        if not directory.is_dir():
            raise ConfigError(f"alerts: {directory}: no such directory")
        for path in sorted(directory.glob("*.sql")):
            try:
                found[path.stem] = parse(path)
            except (RuleError, SqlFileError) as exc:
                found[path.stem] = _faulty(path, exc)
    for name in sorted(settings.keys() - found.keys()):
        raise ConfigError(f"[rules.{name}]: no such rule{nearest(name, found)}")
    rules = [_set(rule, settings.get(name, RuleSettings())) for name, rule in found.items()]
    return [rule for rule in rules if settings.get(rule.name, RuleSettings()).enabled]


def parse(path: Path) -> Rule:
    """A rule as its file has it; RuleError or SqlFileError where the file is malformed."""
    try:
        file, header = load(path, RuleHeader)
    except (OSError, UnicodeDecodeError) as exc:
        raise RuleError(f"{path}: {exc}") from exc
    for name in sorted(file.names - header.params.keys() - GIVEN):
        raise RuleError(f"{path}: uses ${name}, which is not in its params")
    for name in sorted(header.params.keys() - file.names):
        raise RuleError(f"{path}: declares the parameter {name} and never uses it")
    values = {name: param.value for name, param in header.params.items()}
    return Rule(**header.model_dump(), name=file.name, file=file, values=values)


def _faulty(path: Path, exc: Exception) -> Rule:
    """Needs nothing, so that every check gets as far as its fault."""
    return Rule(
        name=path.stem,
        title="no rule until its file is mended",
        severity="warn",
        headline="",
        summary="",
        why="",
        next_step="",
        needs=(),
        file=SqlFile(name=path.stem, path=path, sql="", names=frozenset()),
        values={},
        fault=" ".join(str(exc).split()),
    )


def _set(rule: Rule, settings: RuleSettings) -> Rule:
    """The rule as finops.toml wants it. Whether a faulty one has such parameters, nobody knows."""
    if rule.fault:
        return rule
    where = f"rules.{rule.name}"
    values = rule.values | _overrides(
        where, rule.params, settings.model_extra or {}, RuleSettings.model_fields
    )
    by_workload = {
        workload: values | _overrides(f"{where}.workloads.{workload}", rule.params, given)
        for workload, given in settings.workloads.items()
    }
    return rule.model_copy(update={"values": values, "by_workload": by_workload, "forced": settings.severity})


def _overrides(
    where: str, params: Mapping[str, Param], given: Mapping[str, Any], others: Iterable[str] = ()
) -> dict[str, Any]:
    """`given`, checked. `others` are keys that `where` knows besides parameters, for the hint."""
    for name, value in given.items():
        if name not in params:
            raise ConfigError(f"[{where}]: no parameter {name}{nearest(name, (*params, *others))}")
        param = params[name]
        expected = param.expects(value)
        if expected:
            raise ConfigError(
                f"[{where}]: {name} = {_toml(value)}: expected {expected} ({param.unit}), such as {_toml(param.value)}"
            )
    return dict(given)


def _sort(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    return "a number" if isinstance(value, int | Decimal) else type(value).__name__


def _toml(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else json.dumps(value, default=str, ensure_ascii=False)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint to end a refusal with, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


class Reach(Value):
    """Last whole days that the sources behind a need have; None where there is no such source.

    `slowest` is that of the source furthest behind among those that still come.
    """

    furthest: date | None
    slowest: date | None


def reach(con: duckdb.DuckDBPyConnection, need: Need) -> Reach:
    query = read("rules", "reach")
    furthest, slowest = con.execute(query.sql, query.bind(kinds=list(KINDS[need]))).fetchall()[0]
    if need == "inventory":
        furthest = slowest = furthest and furthest + SNAPSHOT_HOLDS
    return Reach(furthest=furthest, slowest=slowest)


def refuse_unheld(con: duckdb.DuckDBPyConnection, day: date, now: datetime) -> None:
    """QueryError where `day` is before the bill, or after both the bill and today: there, "nothing found"
    would read as health. A bill that is late is another thing: rules that need it are blind, others run."""
    first, last = con.execute("select min(day), max(day) from billed_daily").fetchall()[0]
    if first is not None and not first <= day <= max(last, now.date()):
        raise QueryError(
            f"{day}: the ledger holds {first} to {last}; choose one of these days, or set this machine's clock"
        )


def check(
    con: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    day: date,
    now: datetime,
    since: Mapping[str, date] = MappingProxyType({}),
) -> Checked:
    """Run every rule on `day`, and on the days before it that the rule scores again.

    `since`: rule -> the last day it has run on. A rule that scores day by day also catches up from there,
    a month at most: what happened while nobody looked is still told.
    """
    refuse_unheld(con, day, now)
    reaches = {need: reach(con, need) for need in KINDS}
    findings: list[Finding] = []
    evaluated: dict[str, date] = {}
    blind: dict[str, str] = {}
    con.execute(read("rules", "expected_once").sql)
    for rule in rules:
        last = min([day, *(reaches[need].furthest or date.min for need in rule.needs)])
        first = day - timedelta(days=rule.days - 1)
        if last < first:
            lacking = [need for need in rule.needs if (reaches[need].furthest or date.min) < first]
            blind[rule.name] = f"no complete {' and '.join(lacking)} for {day}"
            continue
        if rule.days > 1 and rule.name in since:
            first = max(min(first, since[rule.name] + timedelta(days=1)), day - CATCH_UP)
        try:
            for scored in (first + timedelta(days=n) for n in range((last - first).days + 1)):
                findings += offenders(con, rule, scored, now)
            evaluated[rule.name] = min([last, *(reaches[need].slowest or last for need in rule.needs)])
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
    if rule.fault:
        raise RuleError(rule.fault)
    bound = rule.file.bind(**values, day=day, now=now.replace(tzinfo=None))
    result = con.execute(rule.file.sql, bound)
    names = [column[0] for column in result.description]
    rows = result.fetchall()
    if "subject" not in names:
        raise RuleError(f"{rule.file.path.name}: returns no column `subject`; it has {', '.join(names)}")
    try:
        return [_finding(rule, day, dict(zip(names, row, strict=True))) for row in rows]
    except ValidationError as exc:
        faults = (f"column {fault['loc'][0]}: {fault['msg']}" for fault in exc.errors())
        raise RuleError(f"{rule.file.path.name}: {'; '.join(faults)}") from exc
    except InvalidOperation as exc:
        raise RuleError(f"{rule.file.path.name}: column usd: holds what is no number") from exc


def _finding(rule: Rule, day: date, row: dict[str, Any]) -> Finding:
    if row["subject"] is None:
        raise RuleError(f"{rule.file.path.name}: returns a row whose `subject` is NULL")
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
    except (LookupError, AttributeError, ArithmeticError, ValueError, TypeError) as exc:
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
