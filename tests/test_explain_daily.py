"""A change of spend is the sum of its causes, each where it belongs, and nothing is left over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from changes import DAY, Calls, Line, explained, weeks
from hypothesis import given, settings
from hypothesis import strategies as st

PARTS = ("volume", "size", "cache", "mix", "price", "other")


def parts(con: duckdb.DuckDBPyConnection, workload: str = "w") -> dict[str, Any]:
    result = con.execute("from explain_daily where day = ? and workload = ?", [DAY, workload])
    names = [column[0] for column in result.description]
    (row,) = result.fetchall()
    return dict(zip(names, row, strict=True))


def every_week(*calls: tuple[str | None, int, int]) -> list[Calls]:
    """(model, calls of a usual day, calls of DAY)"""
    usual = [Calls(ago, before, model) for ago in (7, 14, 21, 28) for model, before, _ in calls if before]
    return [*usual, *(Calls(0, now, model) for model, _, now in calls if now)]


AS_EVER = every_week(("Sonnet", 100, 100))
CAUSES: dict[str, tuple[list[Line], list[Calls], dict[str, Any]]] = {
    "three times the calls": (
        [*weeks(usd=10, tokens=1000), Line(0, 30, 3000)], every_week(("Sonnet", 100, 300)), {"volume": 20}),
    "calls three times as large": ([*weeks(usd=10, tokens=1000), Line(0, 30, 3000)], AS_EVER, {"size": 20}),
    "answers three times as long": (
        [*weeks(usd=10, tokens=1000), *weeks(usd=10, tokens=200, kind="output"), Line(0, 10, 1000),
         Line(0, 30, 600, kind="output")], AS_EVER, {"size": 20}),
    "dearer tokens": ([*weeks(usd=10, tokens=1000), Line(0, 15, 1000)], AS_EVER, {"price": 5}),
    "a cache that no longer holds": (
        [*weeks(usd=1, tokens=100), *weeks(usd="0.9", tokens=900, kind="cache_read"), Line(0, 9, 900),
         Line(0, "0.1", 100, kind="cache_read")], AS_EVER, {"cache": "7.2"}),
    "all prompts written to the cache": (
        [*weeks(usd=1, tokens=100), Line(0, "12.5", 100, kind="cache_write_5m")], AS_EVER, {"cache": "11.5"}),
    "the small model is left": (
        [*weeks(usd=1, tokens=1000, model="Haiku"), *weeks(usd=1, tokens=100), Line(0, 11, 1100)],
        every_week(("Haiku", 10, 0), ("Sonnet", 1, 11)), {"mix": 9}),
    "another model": (
        [*weeks(usd=1, tokens=1000, model="Haiku"), Line(0, 12, 1000)],
        every_week(("Haiku", 10, 0), ("Sonnet", 0, 10)), {"mix": 11}),
    "a new workload is all volume": ([Line(0, 12, 1000)], [Calls(0, 10)], {"volume": 12}),
    "so is one that ended": (weeks(usd=12, tokens=1000), every_week(("Sonnet", 10, 0)), {"volume": -12}),
    "units count no tokens": (
        [*weeks(usd=480, kind="provisioned"), Line(0, 960, kind="provisioned")], [], {"other": 480}),
    "a correction without tokens": (
        [*weeks(usd=10, tokens=1000), Line(0, 10, 1000), Line(0, -3, 0)], AS_EVER, {"other": -3}),
    "free of charge": ([*weeks(usd=10, tokens=1000), Line(0, 0, 1000)], AS_EVER, {"price": -10}),
    "nothing": ([*weeks(usd=10, tokens=1000), Line(0, 10, 1000)], AS_EVER, {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def causes() -> Iterator[duckdb.DuckDBPyConnection]:
    lines = [line._replace(workload=name) for name, (of, _, _) in CAUSES.items() for line in of]
    calls = [call._replace(workload=name) for name, (_, of, _) in CAUSES.items() for call in of]
    with explained(lines, calls) as con:
        yield con


@pytest.mark.parametrize("name", CAUSES)
def test_one_cause(causes: duckdb.DuckDBPyConnection, name: str) -> None:
    found, expected = parts(causes, name), CAUSES[name][2]
    for part in PARTS:
        assert found[f"{part}_usd"] == pytest.approx(Decimal(expected.get(part, 0)), abs=Decimal("1e-9")), (
            part
        )


COUNTS = {
    "every resource is counted": (AS_EVER, "AWS/Bedrock"),
    "nobody counts": ([], "tokens"),
    "not on the day": (every_week(("Sonnet", 100, 0)), "tokens"),
    "not on the usual days": ([Calls(0, 100)], "tokens"),
    "on one of the usual days alone": ([Calls(7, 100), Calls(0, 100)], "tokens"),
    "of another model": (every_week(("Haiku", 100, 100)), "tokens"),
    "of another resource": ([call._replace(resource="x") for call in AS_EVER], "tokens"),
}


@pytest.fixture(scope="module")
def counts() -> Iterator[duckdb.DuckDBPyConnection]:
    usual = [*weeks(usd=10, tokens=1000), Line(0, 30, 3000)]
    lines = [line._replace(workload=name) for name in COUNTS for line in usual]
    calls = [call._replace(workload=name) for name, (of, _) in COUNTS.items() for call in of]
    with explained(lines, calls) as con:
        yield con


@pytest.mark.parametrize("name", COUNTS)
def test_half_a_count_is_no_count(counts: duckdb.DuckDBPyConnection, name: str) -> None:
    """Where calls are not known volume is tokens, and the row says so."""
    found, source = parts(counts, name), COUNTS[name][1]
    assert found["volume_source"] == source
    assert (found["volume_usd"], found["queries"]) == ((20, None) if source == "tokens" else (0, 100))


def test_calls_of_a_resource_that_is_not_counted_do_not_pass_for_fewer() -> None:
    """Two resources of one workload: CloudWatch begins to count the second one on DAY."""
    lines = [*weeks(usd=10, tokens=1000), *weeks(usd=10, tokens=1000, resource="s")]
    lines += [Line(0, 10, 1000), Line(0, 10, 1000, resource="s")]
    with explained(lines, [*AS_EVER, Calls(0, 100, resource="s")]) as con:
        found = parts(con)
    assert (found["volume_usd"], found["volume_source"]) == (0, "tokens")


def test_a_unit_of_its_own_counts_queries() -> None:
    """As many runs of the function, forty times the calls: it is not more customers."""
    runs = [
        c._replace(namespace="AWS/Lambda", resource="agent", model=None) for c in every_week(("", 50, 50))
    ]
    lines = [*weeks(usd=10, tokens=1000), Line(0, 400, 40_000)]
    with explained(lines, [*runs, *every_week(("Sonnet", 100, 4000))], "agent") as con:
        found = parts(con)
    assert (found["volume_source"], found["queries"], found["usual_queries"]) == ("AWS/Lambda", 50, 50)
    assert found["size_usd"] == pytest.approx(390)
    assert (found["usual_calls_per_query"], found["calls_per_query"]) == (2, 80)


BASELINES: dict[str, tuple[dict[int, int], int, set[int]]] = {
    "four weeks": ({7: 10, 14: 16, 21: 12, 28: 14}, 13, {21, 28}),
    "one odd week changes nothing": ({7: 10, 14: 900, 21: 12, 28: 14}, 13, {21, 28}),
    "three weeks": ({7: 10, 14: 12, 21: 50}, 12, {14}),
    "two weeks": ({7: 10, 14: 20}, 15, {7, 14}),
    "one week": ({7: 10, 1: 99}, 10, {7}),
    "its first week: the day before": ({1: 10, 2: 20}, 10, {1}),
    "its first day: nothing": ({}, 0, set()),
    "a day without a line is one of nothing": ({28: 10, 7: 10}, 5, {7, 21}),
    "after a long sleep": ({60: 10}, 0, {14, 21}),
}


@pytest.fixture(scope="module")
def baselines() -> Iterator[duckdb.DuckDBPyConnection]:
    spent = {name: {0: 40} | usual for name, (usual, _, _) in BASELINES.items()}
    with explained(
        Line(ago, usd, 100 * usd, workload=name) for name, days in spent.items() for ago, usd in days.items()
    ) as con:
        yield con


@pytest.mark.parametrize("name", BASELINES)
def test_usual_is_the_middle_weekday_of_four_weeks(baselines: duckdb.DuckDBPyConnection, name: str) -> None:
    found, (_, usual, ago) = parts(baselines, name), BASELINES[name]
    assert (found["usual_usd"], found["change_usd"]) == (usual, 40 - usual)
    assert {(DAY - day).days for day in found["baseline"]} == ago


def test_a_day_that_is_not_over_is_not_explained() -> None:
    with explained([*weeks(usd=10, tokens=1000), Line(0, 10, 1000)]) as con:
        assert con.execute("select max(day) from explain_daily").fetchall() == [(DAY,)]


def test_a_day_by_itself_is_the_same_day() -> None:
    """The variable only spares reading."""
    lines = [Line(ago, ago % 5 + 1, 100 * (ago % 7 + 1)) for ago in range(40)]
    with explained(lines, [Calls(ago, 10) for ago in range(40)]) as con:
        rows = con.execute("from explain_daily where day = ?", [DAY]).fetchall()
        con.execute("set variable explained_day = ?", [DAY])
        assert con.execute("from explain_daily where day = ?", [DAY]).fetchall() == rows
        con.execute("set variable explained_day = ?", [DAY - timedelta(days=3)])
        assert con.execute("from explain_daily where day = ?", [DAY]).fetchall() != rows


usd = st.decimals(0, 5000, places=12, allow_nan=False, allow_infinity=False)
line = st.tuples(
    st.sampled_from([0, 0, 1, 7, 14, 21, 28]),
    st.one_of(usd, st.just(Decimal(0))),
    st.one_of(st.none(), st.just(0), st.integers(1, 10**12)),
    st.sampled_from(["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"]),
    st.sampled_from(["Haiku", "Sonnet", None]),
    st.sampled_from("abcdefgh"),
).map(lambda drawn: Line(*drawn))
call = st.tuples(
    st.sampled_from([0, 7, 14, 21, 28]),
    st.integers(1, 10**6),
    st.sampled_from(["Haiku", "Sonnet"]),
    st.sampled_from("abcdefgh"),
).map(lambda drawn: Calls(*drawn))


@settings(max_examples=15, deadline=None)
@given(lines=st.lists(line, min_size=1, max_size=120), calls=st.lists(call, max_size=60))
def test_the_parts_are_the_change(lines: list[Line], calls: list[Calls]) -> None:
    """To the last decimal, of every workload on every day that the lines touch."""
    with explained(lines, calls) as con:
        found = con.execute(
            "select day, workload, usd, usual_usd, change_usd, volume_usd, size_usd, cache_usd, mix_usd, price_usd, "
            "other_usd from explain_daily"
        ).fetchall()
    spent = {(DAY - timedelta(days=x.ago), x.workload): Decimal(0) for x in lines}
    for x in lines:
        spent[DAY - timedelta(days=x.ago), x.workload] += x.usd
    assert {(day, workload): usd for day, workload, usd, *_ in found if usd} == {
        k: v for k, v in spent.items() if v
    }
    for _, _, usd, usual, change, *of in found:
        assert sum(of) == change == usd - usual


side = st.lists(
    st.tuples(st.integers(1, 10**6), st.integers(1, 10**9), usd.map(lambda x: x + 1)), min_size=2, max_size=2
)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(side, side), min_size=5, max_size=8))
def test_against_the_formula(changes: list[tuple[Any, Any]]) -> None:
    """Two models of one kind of token, each (calls, tokens, dollars): the parts as the book has them."""
    models, lines, calls = ("Haiku", "Sonnet"), [], []
    for number, (before, after) in enumerate(changes):
        for model, (q0, t0, usd0), (q1, t1, usd1) in zip(models, before, after, strict=True):
            of = {"model": model, "workload": str(number)}
            lines += [*weeks(usd=usd0, tokens=t0, **of), Line(0, usd1, t1, **of)]
            calls += [call._replace(workload=str(number)) for call in every_week((model, q0, q1))]
    with explained(lines, calls) as con:
        for number, (before, after) in enumerate(changes):
            found = parts(con, str(number))
            for name, expected in book(before, after).items():
                assert float(found[f"{name}_usd"]) == pytest.approx(expected, rel=1e-4, abs=1e-4), name


def book(before: Any, after: Any) -> dict[str, float]:
    all_before, all_after = (sum(calls for calls, *_ in side) for side in (before, after))
    found = dict.fromkeys(("volume", "mix", "size", "price"), 0.0)
    for (q0, t0, usd0), (q1, t1, usd1) in zip(before, after, strict=True):
        ratio = math.log(usd1 / usd0)
        weight = float(usd1 - usd0) / ratio if abs(ratio) > 1e-6 else float(usd0 + usd1) / 2
        found["volume"] += weight * math.log(all_after / all_before)
        found["mix"] += weight * math.log(q1 / all_after / (q0 / all_before))
        found["size"] += weight * math.log(t1 / q1 / (t0 / q0))
        found["price"] += weight * math.log(float(usd1) / t1 / (float(usd0) / t0))
    return found
