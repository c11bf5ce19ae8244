"""Which slice of a workload moved its dollars, and how alerts say it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import duckdb
import pytest
from changes import DAY, Calls, Line, explained, weeks

MODELS, PLACES = ("Haiku", "Sonnet", "Opus"), ("us-east-1", "eu-west-1", "ap-south-1")


def grown(**of: str) -> list[Line]:
    """Three models in three environments and regions, $10 each; five times that in the slice `of` alone."""
    lines = []
    for model, environment, region in product(MODELS, ("prod", "dev", "test"), PLACES):
        cell = {"model": model, "environment": environment, "region": region}
        usd = 50 if all(cell[name] == value for name, value in of.items()) else 10
        lines += [*weeks(usd=10, tokens=1000, **cell), Line(0, usd, 100 * usd, **cell)]
    return lines


CASES: dict[str, tuple[list[Line], dict[str, Any]]] = {
    "one attribute": (grown(region="eu-west-1"), {"slice": "eu-west-1", "method": "one factor"}),
    "two": (grown(region="eu-west-1", model="Opus"), {"slice": "Opus eu-west-1"}),
    "three": (grown(region="eu-west-1", model="Opus", environment="dev"), {"slice": "Opus dev eu-west-1"}),
    "all alike": (grown(), {"slice": None, "slice_share": 1}),
    "one caller of several": (
        [*weeks(usd=10, tokens=1000, principal="arn:aws:iam::111122223333:role/app"),
         Line(0, 10, 1000, principal="arn:aws:iam::111122223333:role/app"),
         Line(0, 90, 9000, principal="arn:aws:iam::111122223333:role/notebook")], {"slice": "role/notebook"}),
    "a model takes over from another": (
        [*weeks(usd=100, tokens=9000, model="Haiku"), Line(0, 20, 1800, model="Haiku"),
         *weeks(usd=10, tokens=100), Line(0, 400, 4000)],
        {"slice": "Sonnet", "offset_slice": "Haiku", "offset_usd": -80}),
    "a model falls by less than 70 %": (
        [*weeks(usd=100, tokens=9000, model="Haiku"), Line(0, 31, 1800, model="Haiku"),
         *weeks(usd=10, tokens=100), Line(0, 400, 4000)], {"slice": "Sonnet", "offset_slice": None}),
    "renamed": (
        [*weeks(usd=100, tokens=1000, model="Nova", account="1"), Line(0, 5, 50, model="Nova", account="1")],
        {"offset_slice": "workload renamed-v2", "offset_usd": 90}),
    "renamed-v2": (
        [Line(0, 90, 900, model="Nova", account="1")], {"offset_slice": "workload renamed", "offset_usd": -95}),
    "new, where nothing ended": ([Line(0, 90, 900, model="Titan", account="1")], {"offset_slice": None}),
    "ended in another account": (weeks(usd=90, tokens=900, model="Titan", account="2"), {"offset_slice": None}),
    "ended, a tenth as large": (weeks(usd=9, tokens=90, model="Titan", account="1"), {"offset_slice": None}),
    "a fall": (
        [*weeks(usd=100, tokens=1000), *weeks(usd=100, tokens=1000, model="Haiku"), Line(0, 2, 20),
         Line(0, 99, 1000, model="Haiku")], {"slice": "Sonnet", "slice_share": pytest.approx(98 / 99)}),
    "what is no model": (
        [*weeks(usd=10, tokens=1000), Line(0, 10, 1000), Line(0, 30, kind="guardrail", model=None)],
        {"slice": "lines of no model"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def drivers() -> Iterator[duckdb.DuckDBPyConnection]:
    with explained(
        line._replace(workload=name) for name, (lines, _) in CASES.items() for line in lines
    ) as con:
        yield con


@pytest.mark.parametrize("name", CASES)
def test_the_slice_that_moved(drivers: duckdb.DuckDBPyConnection, name: str) -> None:
    result = drivers.execute("from drivers_daily where day = ? and workload = ?", [DAY, name])
    found = dict(zip([column[0] for column in result.description], result.fetchone() or (), strict=True))
    assert {key: found[key] for key in CASES[name][1]} == CASES[name][1]


@pytest.mark.parametrize(
    ("lines", "calls", "sentence"),
    [
        pytest.param(
            [*weeks(usd=10, tokens=1000), *weeks(usd=10, tokens=1000, environment="dev"), Line(0, 40, 4000),
             Line(0, 10, 1000, environment="dev")],
            [*(Calls(ago, 20) for ago in (7, 14, 21, 28)), Calls(0, 50)],
            "against a median Wednesday: queries 20 to 50 +$30.00; "
            "100% of it is prod, $10.00 to $40.00",
            id="calls and where",
        ),
        pytest.param(
            [*weeks(usd=10, tokens=1000), Line(0, 40, 4000)], [],
            "against a median Wednesday: tokens +$30.00", id="nobody counts calls",
        ),
        pytest.param(
            [*weeks(usd=100, tokens=9000, model="Haiku"), Line(0, 20, 1800, model="Haiku"),
             *weeks(usd=10, tokens=100), Line(0, 400, 4000)],
            [],
            "against a median Wednesday: model mix +$380.01, tokens -$70.01; "
            "more than all of it is Sonnet, $10.00 to $400.00; offset by -$80.00 in Haiku",
            id="a migration",
        ),
        pytest.param([Line(1, 10, 1000), Line(0, 30, 3000)], [],
                     "against the day before: tokens +$20.00", id="its second day"),
        pytest.param([Line(0, 30, 3000)], [],
                     "all new, on its first day: tokens +$30.00", id="its first"),
        pytest.param([*weeks(usd=10, tokens=1000), Line(0, 10, 1000)], [], None, id="nothing changed"),
    ],
)  # fmt: skip
def test_what_alerts_say(lines: list[Line], calls: list[Calls], sentence: str | None) -> None:
    with explained(lines, calls) as con:
        assert con.execute("select what_changed from drivers_daily where day = ?", [DAY]).fetchall() == [
            (sentence,)
        ]
