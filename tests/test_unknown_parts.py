"""Where a part of a number is unknown, so is the number: a missing count, a namesake, a day that is not over."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, cur2, line
from home import SOURCE, Home

from finops import sqlfile

FAR = "222233334444"
STREAM = '[[sources]]\nkind = "metric_stream"\npath = "stream"\n'
UNIT = '[[workloads]]\nname = "claims"\nunit = "{}"\n'
BY_ID = "arn:aws:bedrock:{}::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
HAIKU, SONNET = "anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-sonnet-4-6"


def used(
    model: str, usd: float, *, workload: str = "chat", kind: str = "input-tokens", **columns: Any
) -> Row:
    return line("2026-11-05 10:00", usd, amount=1000, usage_type=f"USE1-{model}-{kind}",
                resource_tags={"Workload": workload}, **columns)  # fmt: skip


def counted(
    name: str, amount: int, *, metric: str = "Invocations", dimension: str = "ModelId",
    namespace: str = "AWS/Bedrock", account: str = ACCOUNT,
) -> str:  # fmt: skip
    return json.dumps({
        "metric_stream_name": "s", "account_id": account, "region": "us-east-1", "namespace": namespace,
        "metric_name": metric, "dimensions": {dimension: name}, "timestamp": 1_793_872_800_000,  # 2026-11-05 10:00
        "value": {"sum": amount, "count": amount, "min": 0, "max": amount}, "unit": "Count",
    })  # fmt: skip


def executions(account: str, amount: int) -> str:
    arn = f"arn:aws:states:us-east-1:{account}:stateMachine:claims"
    return counted(arn, amount, metric="ExecutionsStarted", dimension="StateMachineArn", namespace="AWS/States",
                   account=account)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def synced(home: Home, rows: list[Row], records: list[str], configuration: str = STREAM) -> Home:
    home.configure(configuration, sources=SOURCE)
    cur2(home.exports, [*rows, line("2026-11-07 23:00", resource_tags={"Workload": "last"})])
    for stream in ("stream", "other") if 'path = "other"' in configuration else ("stream",):
        file = home.path / stream / "2026/11/05/10/a.json"
        file.parent.mkdir(parents=True)
        file.write_text("\n".join(records))
    home.sync()
    return home


def test_a_region_that_nobody_counts_is_not_divided_by_anothers_requests(home: Home) -> None:
    rows = [used("Claude4.5Haiku", 1, resource=BY_ID.format("us-east-1"))]
    rows.append(
        used("Claude4.5Haiku", 9, resource=BY_ID.format("eu-west-1"), product_region_code="eu-west-1")
    )
    synced(home, rows, [counted(HAIKU, 100)])
    asked = "select queries, usd_per_query, coverage from unit_cost_daily where workload = 'chat'"
    assert home.ask(asked) == [(100, pytest.approx(0.01), pytest.approx(0.1))]


@pytest.mark.parametrize(
    ("unit", "records", "queries", "coverage"),
    [
        pytest.param("states:claims", [executions(ACCOUNT, 50), executions(FAR, 1000)], 50, 1, id="where it spends"),
        pytest.param("states:claims", [executions(FAR, 1000)], 1000, 1, id="elsewhere alone: it is that one"),
        pytest.param("states:claims", [], None, 0, id="nobody counts it"),
        pytest.param(
            f"states:arn:aws:states:us-east-1:{FAR}:stateMachine:claims",
            [executions(ACCOUNT, 50), executions(FAR, 1000)], 1000, 1, id="the ARN says which",
        ),
    ],
)  # fmt: skip
def test_a_unit_of_the_same_name_elsewhere(
    home: Home, unit: str, records: list[str], queries: int | None, coverage: float
) -> None:
    synced(
        home,
        [used("Claude4.5Haiku", 1, workload="claims")],
        [*records, counted("x", 1)],
        STREAM + UNIT.format(unit),
    )
    assert home.ask("select queries, coverage from unit_cost_daily where workload = 'claims'") == [
        (queries, coverage)
    ]


def test_tiers_of_which_one_is_not_counted_have_no_ratio(home: Home) -> None:
    rows = [
        used("Claude4.5Haiku", 1),
        used("Claude4.6Sonnet", 3, resource=BY_ID.format("us-east-1").replace(HAIKU, SONNET)),
    ]
    synced(home, rows, [counted(SONNET, 20)])
    asked = "select haiku_requests, sonnet_requests, haiku_to_sonnet, haiku_share from tier_mix_daily"
    assert home.ask(f"{asked} where workload = 'chat'") == [(None, None, None, None)]
    asked = "select tier, requests, request_share from tier_share_daily where workload = 'chat' order by 1"
    assert home.ask(asked) == [("haiku", None, None), ("sonnet", 20, None)]


def test_what_two_streams_tell_counts_once(home: Home) -> None:
    synced(home, [], [counted(HAIKU, 100)], STREAM + STREAM.replace('"stream"', '"other"'))
    assert home.ask("select requests from counted_hourly") == [(100,)]


def test_cache_reads_of_an_unknown_unit_are_no_loss(home: Home) -> None:
    read = used("Claude4.5Haiku", 2, kind="cache-read-input-token-count", unit="Bushels")
    synced(home, [used("Claude4.5Haiku", 1), read], [counted("x", 1)])
    assert home.ask("select net_saving_usd from cache_daily where workload = 'chat'") == [(None,)]


def test_a_nightly_line_does_not_make_an_hourly_bill_daily(home: Home) -> None:
    cur2(home.exports, [line("2026-11-07 00:00"), line("2026-11-07 15:00", code="AmazonEC2", product_product_family="",
                                                       product_servicecode="AmazonEC2")])  # fmt: skip
    home.sync()
    assert home.ask("select data_through from freshness") == [(datetime(2026, 11, 7, 16),)]


def test_a_bill_without_a_whole_day_is_heading_nowhere_yet(home: Home) -> None:
    cur2(
        home.exports,
        [line(f"2026-11-05 0{hour}:00", resource_tags={"Workload": "young"}) for hour in range(3)],
    )
    home.sync()
    assert home.ask("select net_usd, projected_usd from spend_monthly") == [(3, None)]
    assert home.run("digest", "--dry-run").returncode == 0
    done = home.run("explain", "young")
    assert done.returncode == 2
    assert "no day of it is billed to its end yet" in done.stderr


def test_a_month_is_not_heading_for_less_than_it_cost(home: Home) -> None:
    both = [line(f"2026-11-{day:02d} 10:00", bill_payer_account_id="1", account="1") for day in range(1, 21)]
    cur2(home.exports / "one", [*both, line("2026-11-20 23:00", bill_payer_account_id="1", account="1")])
    young = line(
        "2026-11-20 05:00", 5, bill_payer_account_id="2", account="2", resource_tags={"Workload": "young"}
    )
    cur2(home.exports / "two", [young])
    home.configure(
        sources=SOURCE.replace('"exports"', '"exports/one"') + SOURCE.replace('"exports"', '"exports/two"')
    )
    home.sync()
    assert home.ask("select net_usd, projected_usd from spend_monthly where workload = 'young'") == [(5, 5)]


def test_tax_and_credits_are_no_usage_that_nobody_knows(home: Home) -> None:
    rows = [line("2026-11-05 10:00", 10), line("2026-11-05 10:00", -3, type="Credit", usage_type=""),
            line("2026-11-05 10:00", 1, type="Tax", usage_type=""), line("2026-11-06 23:00")]  # fmt: skip
    cur2(home.exports, rows)
    home.sync()
    said = home.run("digest", "--day", "2026-11-05", "--dry-run").stdout
    assert "Bedrock" in said
    assert "nobody knows" not in said


@pytest.mark.parametrize(
    ("entity", "settled"),
    [
        pytest.param("AWS", date(2026, 11, 4), id="48 hours"),
        pytest.param("AWS Marketplace", date(2026, 11, 3), id="72 hours where a line is the Marketplace's"),
    ],
)
def test_the_last_settled_day_is_settled_to_its_end(home: Home, entity: str, settled: date) -> None:
    """The data end with 6 November; what is called settled is final in every view."""
    rows = [
        line(f"2026-11-{day:02d} {hour}:00", 1, bill_billing_entity=entity)
        for day in range(1, 7)
        for hour in (10, 23)
    ]
    cur2(home.exports, rows)
    home.sync()
    assert home.ask(sqlfile.read("rules", "standing").sql) == [(1, settled)]
    last = home.ask(
        "select max(day) from (select day from spend_daily group by day having bool_and(basis = 'final'))"
    )
    assert last == [(settled,)]
    assert home.ask("select sum(gross_usd) from spend_daily") == [(Decimal(12),)]
