"""A rule that takes too long or finds too much stops no other, and says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from alert_cases import DAY, spent
from bill import cur2
from home import NOW, Home

from finops import pipeline
from finops.errors import RuleError
from finops.rules import judge
from finops.rules.bounded import ask
from finops.rules.files import Limits, known_rules

FOREVER = "select count(*) from range(10000000) as a(x), range(10000000) as b(y) where x + y < 0"
HEADER = """/*---
title = "t"
headline = "h"
severity = "warn"
summary = "s"
why = "w"
next_step = "n"
---*/
"""


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as one:
        yield one


def test_a_statement_that_does_not_end_is_stopped(con: duckdb.DuckDBPyConnection) -> None:
    before = threading.active_count()
    with pytest.raises(RuleError, match=r"stopped after 0\.2 seconds; see \[limits\] rule_seconds"):
        ask(con, FOREVER, {}, seconds=0.2, most=10)
    assert ask(con, "select 1 as one", {}, seconds=60, most=10).rows == [(1,)]
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("sql", "rows", "total"),
    [
        pytest.param("select i from range(3) as t(i)", [(0,), (1,), (2,)], 3, id="as many as may be"),
        pytest.param("select i from range(4) as t(i)", [(0,), (1,), (2,)], 4, id="the first, where nothing is dear"),
        pytest.param("select i, i as usd from range(30000) as t(i)", [(n, n) for n in range(29997, 30000)], 30000,
                     id="the dearest, in their order"),
        pytest.param("select i, nullif(i, 1) as usd from range(1, 5) as t(i)", [(2, 2), (3, 3), (4, 4)], 4,
                     id="unknown dollars are the least"),
        pytest.param("select 'much' as usd from range(4)", [("much",)] * 3, 4, id="no dollars at all"),
    ],
)  # fmt: skip
def test_the_dearest_are_kept(
    con: duckdb.DuckDBPyConnection, sql: str, rows: list[tuple[object, ...]], total: int
) -> None:
    answer = ask(con, sql, {}, seconds=60, most=3)
    assert (answer.rows, answer.total) == (rows, total)


@pytest.mark.parametrize(
    ("sql", "reason", "ran"),
    [
        pytest.param(f"select ({FOREVER}) as subject where $day is not null", "stopped after 0.5 seconds", False,
                     id="one that does not end"),
        pytest.param("select i as subject, i as usd, $day as day from range(1000000) as t(i)",
                     "found 1,000,000 offenders on 2026-11-18; the 5 dearest are told", True, id="a million rows"),
    ],
)  # fmt: skip
def test_a_rule_beyond_its_limits_is_told_and_the_others_speak(
    home: Home, tmp_path: Path, sql: str, reason: str, ran: bool
) -> None:
    cur2(
        home.exports,
        [spent(date(2026, 11, n), "100", "search") for n in range(1, 18)] + [spent(DAY, "500", "search")],
    )
    home.sync()
    (tmp_path / "alerts").mkdir()
    (tmp_path / "alerts" / "mine.sql").write_text(HEADER + sql)
    known = known_rules({}, [tmp_path / "alerts"])
    with pipeline.published(home.path) as con:
        checked = judge.check(
            con, known, DAY, NOW, limits=Limits(rule_seconds=60 if ran else 0.5, rule_findings=5)
        )
    (failure,) = [f for f in checked.findings if f.rule == "rule_failed"]
    assert (failure.subject, failure.severity) == ("mine", "warn")
    assert reason in failure.summary
    assert [f.usd for f in checked.findings if f.rule == "mine"] == [
        999995,
        999996,
        999997,
        999998,
        999999,
    ] * ran
    assert ("mine" in checked.evaluated) == ran
    assert "spend_spike" in {f.rule for f in checked.findings}
