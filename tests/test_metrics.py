"""Every view on a ledger small enough to check by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, cur2, line
from home import SOURCE, Home

from finops import metrics
from finops.sqlfile import SqlFileError

D5, D6 = date(2026, 11, 5), date(2026, 11, 6)
ARN = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:"
HAIKU, SONNET, SHARED = (
    f"{ARN}application-inference-profile/{name}" for name in ("haiku1", "sonnet1", "both")
)
UNITS = f"{ARN}provisioned-model/pt1"
CONFIGURATION = """
[[sources]]
kind = "metric_stream"
path = "stream"

[[sources]]
kind = "inventory"
path = "inventory"

[[workloads]]
name = "claims"
unit = "states:claims"
"""


def used(kind: str, amount: float, usd: str, workload: str, *, model: str = "Claude4.5Haiku",
         at: str = "2026-11-05 10:00", resource: str | None = HAIKU, **columns: Any) -> Row:  # fmt: skip
    return line(at, usd, amount=amount, usage_type=f"USE1-{model}-{kind}", resource=resource,
                resource_tags={"Workload": workload}, **columns)  # fmt: skip


def hour_of_units(at: str) -> Row:
    return line(at, 20, amount=1, unit="hour", resource=UNITS, resource_tags={"Workload": "batch"},
                usage_type="USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits")  # fmt: skip


MIX = "haiku_requests, sonnet_requests, haiku_to_sonnet, haiku_to_sonnet_tokens, haiku_to_sonnet_usd, haiku_share"
BILL = [
    used("input-tokens", 500, "10", "search", at="2026-10-20 10:00"),
    used("input-tokens", 1000, "1", "search"),
    used("cache-read-input-token-count", 500, "0.05", "search"),
    used("cache-write-input-token-count", 100, "0.125", "search"),
    used("output-tokens", 200, "1", "search"),
    used("input-tokens", 100, "0.3", "search", model="Claude4.6Sonnet", resource=SONNET),
    used("input-tokens", 2000, "2", "search", at="2026-11-06 23:00", net="1.5"),
    used("input-tokens", 400, "0.4", "chat", resource=None),
    used("cache-read-input-token-count", 100, "0.01", "orphan", model="NovaPro", resource=None),
    used("input-tokens", 10, "0.01", "a", resource=SHARED),
    used("input-tokens", 10, "0.01", "b", resource=SHARED),
    used("input-tokens", 100, "0.1", "claims", resource=None),
    line("2026-11-05 10:00", "0.2", usage_type="USE1-Guardrail-ContentPolicyUnitsConsumed", unit="TextUnit"),
    used("input-tokens", 0, "-0.5", "search", type="Credit"),
    used("input-tokens", 0, "0.1", "search", type="Tax"),
    hour_of_units("2026-11-05 10:00"),
    hour_of_units("2026-11-05 11:00"),
    hour_of_units("2026-11-06 10:00"),
]
CALLS = {HAIKU: 100, SONNET: 20, SHARED: 9, UNITS: 7}


def record(namespace: str, metric: str, dimensions: dict[str, str], amount: float) -> str:
    return json.dumps({
        "metric_stream_name": "s", "account_id": ACCOUNT, "region": "us-east-1", "namespace": namespace,
        "metric_name": metric, "dimensions": dimensions, "timestamp": 1_793_872_800_000,  # 2026-11-05 10:00
        "value": {"sum": amount, "count": amount, "min": 0, "max": amount}, "unit": "Count",
    })  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("metrics") / "home")
    home.configure(CONFIGURATION, sources=SOURCE)
    cur2(home.exports, BILL)
    calls = [
        record("AWS/Bedrock", "Invocations", {"ModelId": arn.rpartition("/")[2]}, n)
        for arn, n in CALLS.items()
    ]
    machine = {"StateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:claims"}
    calls += [
        record("AWS/States", "ExecutionsStarted", machine, 3),
        record("AWS/Bedrock", "Invocations", {}, 136),
    ]
    save(home.path / "stream/2026/11/05/10/a.json", "\n".join(calls))
    throughput = {
        "provisionedModelArn": UNITS, "provisionedModelName": "nova-units", "modelUnits": 2, "status": "InService",
        "foundationModelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
        "creationTime": "2026-10-01T00:00:00Z", "commitmentDuration": "OneMonth",
        "commitmentExpirationTime": "2026-12-01T00:00:00Z",
    }  # fmt: skip
    save(
        home.path / "inventory/2026-11-06/throughputs.json",
        json.dumps({"provisionedModelSummaries": [throughput]}),
    )
    home.sync()
    return home


def save(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(content)


def near(*values: float) -> tuple[Any, ...]:
    return tuple(pytest.approx(value, rel=1e-12) for value in values)


def test_attributed_holds_every_line(home: Home) -> None:
    assert home.ask("select count(*), sum(gross_usd), sum(net_usd) from attributed") == [
        (len(BILL), sum(Decimal(str(row["line_item_unblended_cost"])) for row in BILL), Decimal("74.305"))
    ]
    assert home.ask("select cost_class, count(*) from attributed group by all order by all") == [
        ("credit", 1), ("tax", 1), ("usage", 16),
    ]  # fmt: skip
    assert home.ask("select sum(tokens) from attributed where cost_class <> 'usage'") == [(None,)]


def test_spend_daily(home: Home) -> None:
    """Tax and credits stand apart; requests stand once, on the model that was called."""
    assert home.ask(
        f"select model, gross_usd, net_usd, tokens, requests from spend_daily "
        f"where workload = 'search' and day = '{D5}' order by model"
    ) == [
        ("Claude Haiku 4.5", Decimal("2.175"), Decimal("2.175"), 1_800_000, 100),
        ("Claude Sonnet 4.6", Decimal("0.3"), Decimal("0.3"), 100_000, 20),
    ]
    assert home.ask("select distinct requests from spend_daily where workload in ('chat', 'a', 'b')") == [
        (None,)
    ]


def test_workload_spans(home: Home) -> None:
    assert home.ask("select * from workload_spans where workload = 'search'") == [
        ("search", date(2026, 10, 20), date(2026, 11, 6))
    ]


def test_adjustments_daily(home: Home) -> None:
    assert home.ask("select workload, cost_class, net_usd from adjustments_daily order by all") == [
        ("search", "credit", Decimal("-0.5")),
        ("search", "tax", Decimal("0.1")),
    ]


def test_spend_monthly(home: Home) -> None:
    """24 days of November to go, each like the last seven complete ones: 3.975 + 3.975 / 7 * 24."""
    assert home.ask(
        "select month, net_usd, previous_usd, change, average_3_usd, projected_usd from spend_monthly "
        "where workload = 'search' order by month"
    ) == [
        (date(2026, 10, 1), 10, None, None, None, 10),
        (date(2026, 11, 1), Decimal("3.975"), 10, pytest.approx(-0.6025), 10, Decimal("17.603571428571")),
    ]


def test_tier_mix_daily(home: Home) -> None:
    assert home.ask(f"select {MIX} from tier_mix_daily where workload = 'search' and day = '{D5}'") == [
        near(100, 20, 5.0, 18.0, 7.25, 100 / 120)
    ]
    assert home.ask(f"select {MIX} from tier_mix_daily where workload = 'chat'") == [(None,) * 6]


def test_tier_share_daily(home: Home) -> None:
    assert home.ask(
        f"select tier, request_share, token_share, usd_share from tier_share_daily "
        f"where workload = 'search' and day = '{D5}' order by tier"
    ) == [
        ("haiku", *near(100 / 120, 18 / 19, 2.175 / 2.475)),
        ("sonnet", *near(20 / 120, 1 / 19, 0.3 / 2.475)),
    ]


def test_cache_daily(home: Home) -> None:
    """1.0 M fresh at $1, 0.5 M read for $0.05, 0.1 M written for $0.125: saved 0.6 - 0.175."""
    columns = "input_tokens, read_tokens, write_tokens, hit_rate, read_share, net_saving_usd, uses_cache"
    of_day = f"from cache_daily where day = '{D5}' and workload"
    assert home.ask(f"select {columns} {of_day} = 'search' and model = 'Claude Haiku 4.5'") == [
        (1_000_000, 500_000, 100_000, *near(0.3125, 1 / 3), Decimal("0.425"), True)
    ]
    assert home.ask(f"select {columns} {of_day} = 'chat'") == [(400_000, 0, 0, 0, 0, 0, False)]
    assert home.ask(f"select hit_rate, net_saving_usd {of_day} = 'orphan'") == [
        (1, None)
    ]  # no input rate to compare with


def test_tokens_daily(home: Home) -> None:
    assert home.ask(
        f"select token_kind, tokens, gross_usd, output_to_input from tokens_daily where workload = 'search' "
        f"and model = 'Claude Haiku 4.5' and day = '{D5}' order by token_kind"
    ) == [
        ("cache_read", 500_000, Decimal("0.05"), 0.125),
        ("cache_write_5m", 100_000, Decimal("0.125"), 0.125),
        ("input", 1_000_000, 1, 0.125),
        ("output", 200_000, 1, 0.125),
    ]
    assert home.ask("select output_to_input from tokens_daily where workload = 'chat'") == [(None,)]


@pytest.mark.parametrize(
    ("workload", "queries", "source", "usd_per_query", "coverage", "calls_per_query"),
    [
        pytest.param("search", 120, "AWS/Bedrock", 2.475 / 120, 1.0, 1.0, id="invocations"),
        pytest.param("claims", 3, "AWS/States", 0.1 / 3, 1.0, None, id="its own unit"),
        pytest.param("chat", None, "AWS/Bedrock", None, 0.0, None, id="nobody counts: unknown, not zero"),
        pytest.param("a", None, "AWS/Bedrock", None, 0.0, None, id="a shared profile's calls are nobody's"),
    ],
)
def test_unit_cost_daily(
    home: Home, workload: str, queries: int | None, source: str, usd_per_query: float | None, coverage: float,
    calls_per_query: float | None,
) -> None:  # fmt: skip
    assert home.ask(
        "select queries, query_source, usd_per_query, coverage, calls_per_query from unit_cost_daily "
        f"where day = '{D5}' and workload = '{workload}'"
    ) == [(queries, source, pytest.approx(usd_per_query), coverage, calls_per_query)]


def test_usd_per_million_tokens_is_of_token_lines_only(home: Home) -> None:
    assert home.ask(f"select workload, usd_per_1m_tokens from unit_cost_daily where day = '{D5}' "
                    "and workload in ('search', '(untagged)') order by 1") == [
        ("(untagged)", None), ("search", pytest.approx(2.475 / 1.9)),
    ]  # fmt: skip


def test_price_daily(home: Home) -> None:
    """1.52 M tokens of one kind for $1.52, whoever used them."""
    assert home.ask(
        f"select tokens, gross_usd, usd_per_1m_tokens from price_daily where day = '{D5}' "
        "and model = 'Claude Haiku 4.5' and token_kind = 'input'"
    ) == [(1_520_000, Decimal("1.52"), 1)]


def test_coverage_daily(home: Home) -> None:
    total = Decimal("2.475") + Decimal("0.4") + Decimal("0.01") * 3 + Decimal("0.1") + 40 + Decimal("0.2")
    assert home.ask(
        f"select rung, usd, share from coverage_daily where key = 'workload' and day = '{D5}' order by usd"
    ) == [
        ("untagged", Decimal("0.2"), pytest.approx(0.2 / float(total))),
        ("resource_tag", total - Decimal("0.2"), pytest.approx(1 - 0.2 / float(total))),
    ]
    assert (
        home.ask(
            "select key, sum(share) from coverage_daily group by key, day having abs(sum(share) - 1) > 1e-9"
        )
        == []
    )


def test_requests_hourly(home: Home) -> None:
    assert home.ask(
        "select resource, workload, shared, tier, requests from requests_hourly "
        "where namespace = 'AWS/Bedrock' order by 1"
    ) == [
        ("both", None, True, "haiku", 9),
        ("haiku1", "search", False, "haiku", 100),
        ("pt1", "batch", False, "pro", 7),
        ("sonnet1", "search", False, "sonnet", 20),
    ]


def test_commitments(home: Home) -> None:
    columns = "name, model, units, term, status, listed, workload, usd_per_hour, expires_at"
    assert home.ask(f"select {columns} from commitments") == [
        ("nova-units", "Nova Pro", 2, "OneMonth", "InService", True, "batch", 20, datetime(2026, 12, 1))
    ]


def test_commitment_daily(home: Home) -> None:
    """On the 6th CloudWatch said nothing at all: unknown, not idle."""
    assert home.ask(
        "select day, usd, invocations, idle_hours, billed_hours from commitment_daily order by day"
    ) == [
        (D5, 40, 7, 1, 2),
        (D6, 20, None, None, 1),
    ]


def test_freshness(home: Home) -> None:
    assert home.ask(
        "select source, data_through, complete_through, settled_through from freshness order by 1"
    ) == [
        ("cur:exports", datetime(2026, 11, 7), D6, datetime(2026, 11, 5)),
        ("inventory:inventory", datetime(2026, 11, 6), D6, None),
        ("metric_stream:stream", datetime(2026, 11, 5, 11), date(2026, 11, 4), None),
    ]


@pytest.mark.parametrize(
    ("row", "basis"),
    [
        pytest.param(line("2026-11-04 23:00"), "final", id="two days before the last hour"),
        pytest.param(line("2026-11-05 00:00"), "provisional", id="not quite"),
        pytest.param(line("2026-11-06 00:00", invoice="42"), "final", id="invoiced"),
        pytest.param(
            line("2026-11-04 23:00", bill_billing_entity="AWS Marketplace"),
            "provisional",
            id="Marketplace is late",
        ),
        pytest.param(
            line("2026-11-03 23:00", bill_billing_entity="AWS Marketplace"), "final", id="and then settled"
        ),
    ],
)
def test_basis(tmp_path: Path, row: Row, basis: str) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [row | {"line_item_operation": "this"}, line("2026-11-06 23:00")])
    home.sync()
    assert home.ask("select basis from attributed where operation = 'this'") == [(basis,)]


def test_metrics_that_read_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    for name, other in (("yin", "yang"), ("yang", "yin")):
        (tmp_path / f"{name}.sql").write_text(
            f'/*---\ntitle = "t"\ngrain = "g"\n---*/\nselect * from {other}'
        )
    with pytest.raises(SqlFileError, match="read each other in a circle"):
        metrics.shipped([tmp_path])


def test_what_rules_judge_by_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "series_daily.sql").write_text('/*---\ntitle = "t"\ngrain = "g"\n---*/\nselect 1 as one')
    with pytest.raises(
        SqlFileError, match=r"series_daily\.sql: the rules judge by series_daily; give the file another"
    ):
        metrics.shipped([tmp_path])
