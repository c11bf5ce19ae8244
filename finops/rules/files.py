"""Rules: one SQL file each in alerts/. A row that it returns is an offender.

The header says what the finding says; thresholds are parameters that finops.toml may override, for
all or for one workload. A file of the user's that is no rule becomes one that says so.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from finops.errors import ConfigError, RuleError
from finops.model import Severity, Value
from finops.sqlfile import ALERTS, Header, SqlFile, SqlFileError, load

Need = Literal["bill", "metrics", "hours", "inventory"]
GIVEN = frozenset({"day", "now"})


class Param(Value):
    """`unit` is shown to people: `times`, `USD`, `days` ... `value` says what sort a setting must be of."""

    value: Decimal | bool | str | int
    unit: str
    doc: str = ""

    def expects(self, given: object) -> str | None:
        """What should stand where `given` does; None where it may stand."""
        if _sort(given) != _sort(self.value):
            return _sort(self.value)
        if isinstance(given, str):
            return "YYYY-MM-DD" if self.unit.startswith("days") and not _days(given) else None
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

    `clock = "now"`: it looks at the hours before $now, once, and what it finds is of today.
    `not_on`: rules that say a day's bill is not to be trusted; where they do, this one does not judge it.
    `yields_to`: rule -> days: what it finds of a workload that this rule speaks of, or has spoken of in so many
    days, is no second message, unless it is more severe or three times as dear.
    `explains`: what it finds of a workload is told with what changed of it on that day, from `drivers_daily`.
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
    clock: Literal["day", "now"] = "day"
    not_on: tuple[str, ...] = ()
    yields_to: dict[str, int] = {}
    explains: bool = False
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

    @property
    def is_ours(self) -> bool:
        return self.file.path.parent == ALERTS


class Limits(Value):
    """What one rule may take on one day: `rule_seconds` until it is stopped, and `rule_findings`, of which the
    dearest are kept; a rule that exceeds either is told as `rule_failed`."""

    rule_seconds: Annotated[float, Field(gt=0)] = 60
    rule_findings: Annotated[int, Field(gt=0)] = 1000


class RuleSettings(BaseModel):
    """[rules.<name>]: `enabled`, `severity`, any of the rule's parameters, and `workloads.<name>` with its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    enabled: bool = True
    severity: Severity | None = None
    workloads: dict[str, dict[str, Any]] = {}


def known_rules(settings: Mapping[str, RuleSettings], directories: Iterable[Path] = ()) -> list[Rule]:
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
            such = f", such as {_toml(param.value)}" if param.value != "" else ""
            raise ConfigError(f"[{where}]: {name} = {_toml(value)}: expected {expected} ({param.unit}){such}")
    return dict(given)


def _days(text: str) -> bool:
    try:
        return all(
            date.fromisoformat(day.strip()).isoformat() == day.strip() for day in text.split(",") if day
        )
    except ValueError:
        return False


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
