"""The cases of tests/alerts/, and what a rule says of a home that they were written into."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, line
from home import NOW, SOURCE, Home

from finops import pipeline
from finops.model import Finding
from finops.rules import judge
from finops.rules.files import Limits, RuleSettings, known_rules

CASES = Path(__file__).parent / "alerts"
DAY = date(2026, 11, 18)
Case = dict[str, Any]


def cases(rule: str) -> list[Case]:
    found: list[Case] = tomllib.loads((CASES / f"{rule}.toml").read_text(), parse_float=Decimal)["case"]
    return found


def every(rule: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in cases(rule)])


def days(series: list[str]) -> Iterator[tuple[date, str]]:
    """("2x10", "30") -> two days before DAY and DAY itself, with their text."""
    values = []
    for text in series:
        times, x, value = text.partition("x")
        values += [value.strip()] * int(times) if x and times.isdigit() else [text]
    for ago, value in enumerate(reversed(values)):
        yield DAY - timedelta(days=ago), value


def judged(home: Home, name: str, case: Case, day: date = DAY, now: datetime = NOW) -> list[Finding]:
    settings = RuleSettings.model_validate(case.get("settings", {}))
    (rule,) = [r for r in known_rules({name: settings}) if r.name == name]
    with pipeline.published(home.path) as con:
        return judge.offenders(con, rule, day, now, Limits())


def verdict(found: list[Finding], name: str) -> str | None:
    severities = [f.severity for f in found if name in (f.workload, f.subject)]
    assert len(severities) <= 1
    return severities[0] if severities else None


def spent(at: date, usd: str, name: str, environment: str = "dev", **columns: Any) -> Row:
    return line(f"{at} 23:00", usd, resource_tags={"Workload": name, "Environment": environment}, **columns)


def billed(name: str, case: Case) -> list[Row]:
    """Its `usd` of Haiku, and `sonnet_usd` of Sonnet where it has any."""
    models = (("usd", "Haiku"), ("sonnet_usd", "Sonnet"))
    return [
        spent(day, usd, name, case.get("environment", "dev"), usage_type=f"USE1-Claude4.5{model}-input-tokens")
        for key, model in models for day, usd in days(case.get(key, [])) if usd != "0"
    ]  # fmt: skip


def with_sources(path: Path, **kinds: str) -> Home:
    """A home whose further sources are directories: metric_stream="stream"."""
    home = Home(path)
    more = (f'[[sources]]\nkind = "{kind}"\npath = "{place}"\n' for kind, place in kinds.items())
    home.configure(sources=SOURCE + "".join(more))
    return home


def called(
    day: date, region: str, resource: str, count: float, metric: str = "Invocations", hour: int = 10
) -> str:
    """A datapoint as a metric stream delivers it."""
    at = int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp()) * 1000
    return json.dumps({
        "metric_stream_name": "s", "account_id": ACCOUNT, "region": region, "namespace": "AWS/Bedrock",
        "metric_name": metric, "dimensions": {"ModelId": resource}, "timestamp": at, "unit": "Count",
        "value": {"sum": float(count), "count": 1.0, "min": 0.0, "max": 1.0},
    })  # fmt: skip


def save(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(content)
