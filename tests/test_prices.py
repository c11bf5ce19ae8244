"""The price book: what is shipped, what a user puts over it, and what it refuses to read."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import reading

from finops.classify import model_of
from finops.errors import SourceError
from finops.sources.prices import SHIPPED, Prices, read

WIDE = {
    "input": ("input", "standard"),
    "output": ("output", "standard"),
    "cache_read": ("cache_read", "standard"),
    "cache_write_5m": ("cache_write_5m", "standard"),
    "cache_write_1h": ("cache_write_1h", "standard"),
    "batch_input": ("input", "batch"),
    "batch_output": ("output", "batch"),
    "flex_input": ("input", "flex"),
    "flex_output": ("output", "flex"),
    "priority_input": ("input", "priority"),
    "priority_output": ("output", "priority"),
    "long_context_input": ("input_long_context", "standard"),
    "long_context_output": ("output_long_context", "standard"),
}
HEADER = "model_id,token_kind,service_tier,scope,usd_per_1m_tokens,as_of\n"


def loaded(source: Prices, base: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    (delivery,) = source.deliveries(reading(base))
    source.load(con, delivery, reading(base))
    return con


def usd(con: duckdb.DuckDBPyConnection, model_id: str, *thing: str) -> list[Any]:
    found = con.execute(
        "select usd_per_1m_tokens, origin from prices "
        "where (model_id, token_kind, service_tier, scope) = ($1, $2, $3, $4)",
        [model_id, *thing],
    )
    return found.fetchall()


@pytest.mark.parametrize(
    ("model_id", "token_kind", "service_tier", "scope", "price"),
    [
        ("us.anthropic.claude-sonnet-4-6", "input", "standard", "region", "3.3"),
        ("global.anthropic.claude-sonnet-4-6", "input", "standard", "global", "3"),
        (
            "anthropic.claude-sonnet-4-6",
            "input",
            "standard",
            "global",
            "3",
        ),  # the source gives the global price
        ("us.anthropic.claude-sonnet-4-6", "cache_write_1h", "standard", "region", "6.6"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "output", "batch", "region", "8.25"),
        ("anthropic.claude-sonnet-4-20250514-v1:0", "output_long_context", "standard", "region", "22.5"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "output", "standard", "region", "1.25"),
        ("amazon.nova-pro-v1:0", "output", "priority", "region", "5.6"),
        ("amazon.nova-micro-v1:0", "cache_read", "standard", "region", "0.00875"),
        ("bedrock/eu-west-2/deepseek.v3.2", "input", "flex", "region", None),
        ("cohere.rerank-v3-5:0", "input", "standard", "region", None),  # sold by search: no token price
    ],
)
def test_a_shipped_price(
    model_id: str, token_kind: str, service_tier: str, scope: str, price: str | None, tmp_path: Path
) -> None:
    with loaded(Prices(), tmp_path) as con:
        found = usd(con, model_id, token_kind, service_tier, scope)
    assert found == ([] if price is None else [(Decimal(price), "shipped")])


def test_every_shipped_row_has_its_model_and_arrives(tmp_path: Path) -> None:
    rows = read(SHIPPED)
    assert [row.model_id for row in rows if model_of(row.model_id) is None] == []
    with loaded(Prices(), tmp_path) as con:
        found = con.execute("select count(*), sum(usd_per_1m_tokens) from prices").fetchall()
    assert found == [(len(rows), sum(row.usd_per_1m_tokens for row in rows))]


def test_no_price_of_the_source_is_lost() -> None:
    """`prices_wide.csv` is what the book was made from: one row a model id, one column a price."""
    shipped = {
        (row.model_id, row.token_kind, row.service_tier): row.usd_per_1m_tokens for row in read(SHIPPED)
    }
    wide = {}
    with (Path(__file__).parent / "data" / "prices_wide.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            prices = {thing: Decimal(row[column]) for column, thing in WIDE.items() if row[column]}
            if any(prices.values()):  # nothing but zeros: not sold by the token
                wide |= {(row["model_id"], *thing): price for thing, price in prices.items()}
    assert shipped == wide


def test_geo_and_regional_claude_cost_a_tenth_more_than_global(tmp_path: Path) -> None:
    with loaded(Prices(), tmp_path) as con:
        found = con.execute(
            "select distinct round(regional.usd_per_1m_tokens / global.usd_per_1m_tokens, 6) "
            "from prices as regional join prices as global using (model, token_kind, service_tier) "
            "where regional.scope = 'region' and regional.model_id like 'us.%' and global.scope = 'global' "
            "and global.usd_per_1m_tokens > 0 and model in ('Claude Sonnet 4.6', 'Claude Haiku 4.5')"
        ).fetchall()
    assert found == [(1.1,)]


def test_a_user_s_price_wins_under_every_id_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text(HEADER + "Claude Sonnet 4.6,input,standard,region,2.5,2026-10-01\n")
    with loaded(Prices(path=Path("ours.csv"), discount=Decimal("0.1")), tmp_path) as con:
        thing = ("input", "standard", "region")
        assert usd(con, "Claude Sonnet 4.6", *thing) == [(Decimal("2.5"), "ours.csv")]
        assert usd(con, "us.anthropic.claude-sonnet-4-6", *thing) == []
        assert usd(con, "us.anthropic.claude-sonnet-4-6", "output", "standard", "region") == [
            (Decimal("14.85"), "shipped")
        ]


def test_a_price_for_a_model_nobody_knows_is_kept(tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text(
        "\ufeff" + HEADER + "zephyr.z9,input,standard,region,0.000000001,2026-10\n"
    )
    with loaded(Prices(path=Path("ours.csv")), tmp_path) as con:
        found = con.execute(
            "select model, usd_per_1m_tokens from prices where model_id = 'zephyr.z9'"
        ).fetchall()
    assert found == [("zephyr.z9", Decimal("0.000000001"))]


def test_the_signature_changes_with_what_is_priced(tmp_path: Path) -> None:
    ours = tmp_path / "ours.csv"
    ours.write_text(HEADER)
    source = Prices(path=Path("ours.csv"))
    seen = [
        source.deliveries(reading(tmp_path))[0].signature,
        source.deliveries(reading(tmp_path))[0].signature,
    ]
    seen.append(
        source.model_copy(update={"discount": Decimal("0.2")}).deliveries(reading(tmp_path))[0].signature
    )
    ours.write_text(HEADER + "Nova Pro,input,standard,region,0.7,2026-10\n")
    seen.append(source.deliveries(reading(tmp_path))[0].signature)
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3


ROW = "Nova Pro,input,standard,region,0.7,2026-10\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            HEADER.replace("scope", "reach") + ROW, "line 1: column 'reach' is unknown", id="unknown"
        ),
        pytest.param("model_id,token_kind\n", "line 1: column 'service_tier' is missing", id="missing"),
        pytest.param(HEADER.strip() + ",scope\n", "line 1: column 'scope' stands there twice", id="twice"),
        pytest.param("", "column 'model_id' is missing", id="empty"),
        pytest.param(
            HEADER + ROW.replace("0.7", "cheap"), "line 2, column usd_per_1m_tokens: 'cheap'", id="text"
        ),
        pytest.param(
            HEADER + ROW.replace("0.7", "-1"), "line 2, column usd_per_1m_tokens: '-1'", id="negative"
        ),
        pytest.param(HEADER + ROW.replace("0.7", "NaN"), "line 2, column usd_per_1m_tokens: 'NaN'", id="NaN"),
        pytest.param(HEADER + ROW.replace("0.7", "0.12345678901"), "decimal places", id="too fine to keep"),
        pytest.param(
            HEADER + ROW.replace("input", "inputs"), "line 2, column token_kind: 'inputs'", id="kind"
        ),
        pytest.param(
            HEADER + ROW.replace("region", "geo"), "line 2, column scope: 'geo'", id="geo is regional"
        ),
        pytest.param(HEADER + ROW.replace("2026-10", "today"), "line 2, column as_of: 'today'", id="no date"),
        pytest.param(HEADER + "Nova Pro,input\n", "line 2, column service_tier", id="a short row"),
        pytest.param(HEADER + ROW.strip() + ",9\n", "line 2: has more values", id="a long row"),
        pytest.param(HEADER + ROW + ROW, "line 3: prices the same as line 2", id="one thing twice"),
    ],
)
def test_a_bad_book_is_refused(content: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(content)
    with pytest.raises(SourceError) as caught:
        read(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_book_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ours.csv: No such file .*; check `path`"):
        Prices(path=Path("ours.csv")).deliveries(reading(tmp_path))
    (tmp_path / "ours.csv").write_bytes(HEADER.encode() + b"\xff\xfe,input\n")
    with pytest.raises(SourceError, match="UTF-8"):
        read(tmp_path / "ours.csv")
