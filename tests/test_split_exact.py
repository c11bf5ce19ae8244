"""A split loses nothing and gives nothing twice, whatever is split by whatever, now or later."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import duckdb
import pytest
from bill import Row, cur2, line
from home import Home
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from log import call, sync

from finops import sqlfile


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """A connection that can apportion."""
    con = duckdb.connect()
    for macro in ("in_parts", "rest_upto", "apportion"):
        con.execute(sqlfile.read("split", macro).sql)
    con.execute("create table shares (group_id bigint, taker varchar, weight hugeint)")
    return con


@settings(max_examples=60, deadline=None)
@given(
    amount=st.decimals(min_value=-(10**9), max_value=10**9, places=12),
    weights=st.lists(st.integers(0, 10**11), min_size=1, max_size=8).filter(any),
)
def test_shares_sum_to_the_line(con: duckdb.DuckDBPyConnection, amount: Decimal, weights: list[int]) -> None:
    """Exactly, for credits too, and each within a trillionth of its due."""
    parts = split(con, amount, weights)
    assert sum(parts) == amount
    due = [Fraction(amount) * weight / sum(weights) for weight in weights if weight]
    assert all(
        abs(Fraction(part) - share) <= Fraction(1, 10**12) for part, share in zip(parts, due, strict=True)
    )


@settings(max_examples=30, deadline=None)
@given(
    amount=st.decimals(min_value=-(10**11), max_value=10**11, places=12),
    weights=st.lists(st.integers(0, 10**21), min_size=1, max_size=8).filter(any),
)
def test_no_weight_is_too_large(con: duckdb.DuckDBPyConnection, amount: Decimal, weights: list[int]) -> None:
    """Beyond a trillion of them, each within a trillionth of the line and of its due."""
    parts = split(con, amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    visible = [weight for weight, upto in zip(weights, accumulate(weights), strict=True)
               if whole <= 10**12 or upto * 10**12 // whole > (upto - weight) * 10**12 // whole]  # fmt: skip
    due = [Fraction(amount) * weight / whole for weight in visible if weight]
    room = (abs(Fraction(amount)) + 1) / 10**12
    assert all(abs(Fraction(part) - share) <= room for part, share in zip(parts, due, strict=True))


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        pytest.param(
            "1", [1, 1, 1], ["0.333333333333", "0.333333333333", "0.333333333334"], id="a third each"
        ),
        pytest.param(
            "-1", [1, 1, 1], ["-0.333333333333", "-0.333333333333", "-0.333333333334"], id="of a credit"
        ),
        pytest.param("10", [0, 5, 0], ["10"], id="who weighs nothing gets nothing"),
        pytest.param("0", [1, 2], ["0", "0"], id="of nothing"),
        pytest.param("0.000000000001", [1, 1], ["0", "0.000000000001"], id="the last digit goes to one"),
    ],
)
def test_shares(con: duckdb.DuckDBPyConnection, amount: str, weights: list[int], parts: list[str]) -> None:
    assert split(con, Decimal(amount), weights) == [Decimal(part) for part in parts]


def split(con: duckdb.DuckDBPyConnection, amount: Decimal, weights: list[int]) -> list[Any]:
    con.execute("delete from shares")
    rows = [[str(n), weight] for n, weight in enumerate(weights)]
    con.executemany("insert into shares values (1, ?, ?)", rows)
    con.execute(sqlfile.read("split", "share_spans").sql)
    found = con.execute(
        "select apportion(in_parts(?::decimal(24, 12), whole), since, upto, whole) from share_spans order by taker",
        [amount],
    ).fetchall()
    return [part for (part,) in found]


def test_a_line_counts_once_among_shares_without_width(home: Home) -> None:
    cur2(home.exports, [line(usd=3)] * 2)
    tiny = [call(input_tokens=1, Workload=f"tiny-{n}") for n in range(20)]
    sync(home, [call(input_tokens=9 * 10**18, Workload=name) for name in "ab"] + tiny)
    assert home.ask("select sum(lines), sum(gross_usd), sum(tokens) from attributed") == [(2, 6, 2_000_000)]


KINDS = [
    "USE1-Claude4.5Haiku-input-tokens",
    "USE1-Claude4.5Haiku-output-tokens",
    "USE1-Claude4.5Sonnet-input-tokens",
]
DAYS = ["2026-11-03 00:00", "2026-11-03 17:00", "2026-11-04 23:00"]
MODELS = ["anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-sonnet-4-5"]
HOSTILE = [
    "a",
    "b",
    "(untagged)",
    "'; drop table lines; --",
    '{"x": [1]}',
    "NULL",
    "a, b",
    "ünï\n\x1b[31m",
    "x" * 256,
]
WHOLE = (
    "select hour, usage_type, line_type, account_id, sum(lines), sum(tokens), sum(gross_usd), sum(net_usd), "
    "sum(list_usd) from attributed group by all order by all"
)
SHARES = (
    "select * exclude (attribution_by_key, reason), attribution_by_key::varchar from attributed "
    "order by hour, usage_type, line_type, gross_usd, workload, team, lines, tokens"
)

usd = st.decimals(min_value=-100, max_value=10000, places=9)
random_line = st.builds(
    lambda at, cost, net, price, kind, amount, name, who: line(
        at, str(cost), net=None if net is None else str(net), list_usd=None if price is None else str(price),
        usage_type=kind, amount=amount, resource_tags={"Workload": name} if name else {}, principal=who,
    ),
    st.sampled_from(DAYS), usd, st.none() | usd, st.none() | usd, st.sampled_from(KINDS),
    st.none() | st.floats(0, 1e6) | st.floats(-1e3, 1e13), st.sampled_from(["", "", "a"]),
    st.sampled_from([None, None, "arn:aws:iam::111122223333:role/r"]),
)  # fmt: skip
random_call = st.builds(
    lambda at, model, fresh, out, name, team, who: call(
        at, model_id=model, input_tokens=fresh, output_tokens=out, principal=who,
        metadata={k: v for k, v in (("Workload", name), ("team", team)) if v},
    ),
    st.sampled_from(DAYS), st.sampled_from(MODELS),
    st.none() | st.integers(0, 2**62), st.none() | st.integers(0, 10**6), st.none() | st.sampled_from(HOSTILE),
    st.none() | st.sampled_from(HOSTILE), st.sampled_from([None, "arn:aws:iam::111122223333:role/r"]),
)  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bill=st.lists(random_line, min_size=1, max_size=12), log=st.lists(random_call, min_size=1, max_size=12)
)
def test_whole_splits(tmp_path_factory: pytest.TempPathFactory, bill: list[Row], log: list[Row]) -> None:
    """Every line is what it was, in dollars of every kind, tokens and billed lines; and it does not matter
    whether the log was there from the start, came later, changed, or was read again from nothing."""
    home = Home(tmp_path_factory.mktemp("whole") / "home")
    cur2(home.exports, bill)
    sync(home)
    billed = home.ask(WHOLE)
    sync(home, log[: len(log) // 2])
    assert home.ask(WHOLE) == billed
    sync(home, log)
    assert home.ask(WHOLE) == billed
    shared, evidence = home.ask(SHARES), home.ask("from splits_daily order by all")
    sync(home, log, rebuild=True)
    assert home.ask(SHARES) == shared
    assert home.ask("from splits_daily order by all") == evidence
    sync(home)
    assert home.ask(WHOLE) == billed
    assert home.ask("select count(*) from splits_daily") == [(0,)]
