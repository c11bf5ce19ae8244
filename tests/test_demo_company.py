"""The demo company: AWS's layout, exact truth, every story in the files, and calm everywhere else."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb
import pytest
from home import reading

from finops import demo
from finops.demo.company import UNTAGGED
from finops.errors import ConfigError
from finops.sources.cur import Cur
from finops.sources.inventory import Inventory
from finops.sources.metric_stream import MetricStream

TODAY = date(2026, 11, 21)
BEDROCK = """(product_product_family = 'Amazon Bedrock' or product_servicecode like 'AmazonBedrock%')"""
DAY = timedelta(days=1)
POINT = {
    "account_id": "VARCHAR",
    "region": "VARCHAR",
    "namespace": "VARCHAR",
    "metric_name": "VARCHAR",
    "dimensions": "JSON",
    "timestamp": "BIGINT",
    "value": 'STRUCT("sum" DOUBLE)',
}


class Written(NamedTuple):
    """A written home; its files are read once, as the tables `bill` and `points`."""

    home: Path
    company: demo.Company
    con: duckdb.DuckDBPyConnection

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        return self.con.cursor().execute(sql, values or None).fetchall()

    def one(self, sql: str, **values: Any) -> Any:
        ((value,),) = self.query(sql, **values)
        return value


def written(home: Path, morning: Literal["yesterday", "today"]) -> Iterator[Written]:
    company = demo.write(home, TODAY, morning=morning)
    with duckdb.connect() as con:
        con.read_parquet(f"{home}/exports/bedrock/**/*.parquet", hive_partitioning=False).create("bill")
        con.read_json(f"{home}/exports/metrics/**/*.gz", columns=POINT).create("points")
        yield Written(home, company, con)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    yield from written(tmp_path_factory.mktemp("today"), "today")


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    yield from written(tmp_path_factory.mktemp("yesterday"), "yesterday")


def usd_by_day(company: demo.Company) -> Mapping[tuple[str, date], Decimal]:
    spent: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for fact in company.facts:
        if fact.line_type == "Usage":
            spent[fact.workload, fact.day] += fact.usd
    return spent


def digest(home: Path) -> dict[str, str]:
    files = [path for path in home.rglob("*") if path.is_file()]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# --------------------------------------------------------------------------- files


def test_the_same_morning_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        demo.write(tmp_path / name, TODAY, days=60)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_the_next_morning_rewrites_only_what_changed(tmp_path: Path) -> None:
    demo.write(tmp_path, TODAY, morning="yesterday", days=60)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    demo.write(tmp_path, TODAY, days=60)
    rewritten = {path.name for path, at in before.items() if path.stat().st_mtime_ns != at}
    months = {path.parent.name for path, at in before.items() if path.stat().st_mtime_ns != at}
    assert rewritten == {"acme-bedrock-00001.snappy.parquet", "acme-bedrock-Manifest.json"}
    assert months == {"BILLING_PERIOD=2026-10", "BILLING_PERIOD=2026-11"}


@pytest.mark.parametrize(
    ("hour", "last"),
    [
        pytest.param(datetime(2026, 11, 21, 0, 20), None, id="nothing of today yet"),
        pytest.param(datetime(2026, 11, 21, 14, 50), 13, id="the hours that are over"),
    ],
)
def test_metrics_reach_the_hour_and_the_bill_does_not(
    tmp_path: Path, hour: datetime, last: int | None
) -> None:
    demo.write(tmp_path, TODAY, until=hour, days=60)
    with duckdb.connect() as con:
        points = con.read_json(f"{tmp_path}/exports/metrics/**/*.gz", columns=POINT)
        newest = points.aggregate("max(make_timestamp(timestamp * 1000))").fetchall()[0][0]
        bill = con.read_parquet(f"{tmp_path}/exports/bedrock/**/*.parquet", hive_partitioning=False)
        billed = bill.aggregate("max(line_item_usage_start_date)").fetchall()[0][0]
    assert newest == (hour.replace(hour=last, minute=0) if last is not None else datetime(2026, 11, 20, 23))
    assert billed.date() == TODAY - DAY


def test_another_seed_is_another_company(tmp_path: Path, today: Written) -> None:
    other = demo.write(tmp_path, TODAY, seed=8, days=60)
    assert (
        usd_by_day(other)["search-api", TODAY - DAY] != usd_by_day(today.company)["search-api", TODAY - DAY]
    )


def test_layout_is_aws_own(today: Written) -> None:
    files = {path for path in digest(today.home) if "BILLING_PERIOD=2026-11" in path or "2026/11/20" in path}
    export = "exports/bedrock/acme-bedrock"
    assert files == {
        f"{export}/data/BILLING_PERIOD=2026-11/acme-bedrock-00001.snappy.parquet",
        f"{export}/metadata/BILLING_PERIOD=2026-11/acme-bedrock-Manifest.json",
        "exports/metrics/2026/11/20/00/acme-finops-1-2026-11-20-00-00-00.gz",
    }


def test_manifest_lists_the_files_and_their_columns(today: Written) -> None:
    bedrock = today.home / "exports" / "bedrock"
    for path in bedrock.rglob("*-Manifest.json"):
        manifest = json.loads(path.read_text())
        assert all((bedrock / file).is_file() for file in manifest["dataFiles"])
        assert manifest["columns"] == [
            {"name": name, "type": kind} for name, kind in columns_of(bedrock / manifest["dataFiles"][0])
        ]


def columns_of(file: Path) -> list[tuple[str, str]]:
    with duckdb.connect() as con:
        relation = con.read_parquet(str(file), hive_partitioning=False)
        return [
            (name, athena(str(kind))) for name, kind in zip(relation.columns, relation.types, strict=True)
        ]


def athena(kind: str) -> str:
    return "map" if kind.startswith("MAP") else {"VARCHAR": "string"}.get(kind, kind.lower())


def test_a_datapoint_is_what_metric_streams_writes(today: Written) -> None:
    file = today.home / "exports/metrics/2026/11/20/00/acme-finops-1-2026-11-20-00-00-00.gz"
    point = json.loads(gzip.decompress(file.read_bytes()).splitlines()[0])
    keys = "metric_stream_name account_id region namespace metric_name dimensions timestamp value unit"
    assert list(point) == keys.split()
    assert set(point["value"]) == {"max", "min", "sum", "count"}
    assert point["account_id"] == "012345678901"  # text, or the zero is lost


def test_the_files_stay_small(today: Written) -> None:
    assert today.one("select count(*) from bill") < 250_000
    assert sum(path.stat().st_size for path in today.home.rglob("*") if path.is_file()) < 40_000_000


def test_somebody_elses_home_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text("# mine\n")
    with pytest.raises(ConfigError, match="--home"):
        demo.write(tmp_path, TODAY)
    assert digest(tmp_path).keys() == {"finops.toml"}


def test_too_short_for_its_stories(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least 60"):
        demo.write(tmp_path, TODAY, days=59)


# --------------------------------------------------------------------------- truth


@pytest.mark.parametrize("morning", ["today", "yesterday"])
def test_truth_is_what_is_written(morning: str, request: pytest.FixtureRequest) -> None:
    files: Written = request.getfixturevalue(morning)
    exact = "sum(line_item_unblended_cost::decimal(24, 10))"
    days = files.query(
        f"""select line_item_usage_start_date::date, line_item_line_item_type, {exact}
            from bill where {BEDROCK} group by all"""
    )
    told: defaultdict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for fact in files.company.facts:
        told[fact.day, fact.line_type] += fact.usd
    assert {(day, kind): usd for day, kind, usd in days} == told


def test_the_company_is_big_enough_for_dollar_floors(today: Written) -> None:
    assert 60_000 < sum(fact.usd for fact in today.company.facts) < 90_000


def test_metrics_count_the_tokens_that_are_billed(today: Written) -> None:
    counted = {
        "input": ("InputTokenCount", "TotalInputTokens"),
        "output": ("OutputTokenCount", "TotalOutputTokens"),
        "cache_read": ("CacheReadInputTokenCount",),
        "cache_write_5m": ("CacheWriteInputTokenCount",),
    }
    served_by_unit = "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/"
    for kind, names in counted.items():
        billed: defaultdict[date, int] = defaultdict(int)
        for fact in today.company.facts:
            if fact.kind == kind:
                billed[fact.day] += fact.tokens or 0
        totals = today.query(
            """select make_timestamp(timestamp * 1000)::date, sum("value"."sum")::bigint
               from points where list_contains($names, metric_name)
                 and ((dimensions->>'ModelId') not like $unit || '%' or (dimensions->>'Model') is not null)
                 and (dimensions->>'ServiceTier') is null
               group by all""",
            names=list(names),
            unit=served_by_unit,
        )
        assert dict(totals) == billed


def test_control_totals_are_the_sum_of_their_models(today: Written) -> None:
    apart = today.query(
        """select account_id, region, metric_name, timestamp from points
           where namespace = 'AWS/Bedrock' and (dimensions->>'ServiceTier') is null
           group by all
           having sum("value"."sum") filter (where (dimensions->>'ModelId') is null)
               <> sum("value"."sum") filter (where (dimensions->>'ModelId') is not null)"""
    )
    assert apart == []


def test_our_own_readers_take_everything(today: Written) -> None:
    exports = today.home / "exports"
    usage = Decimal(0)
    rows = {"datapoints": 0, "resources": 0, "commitments": 0}
    for source in (
        Cur(path="bedrock"),
        MetricStream(path="metrics"),
        Inventory(path="inventory"),
    ):
        for delivery in source.deliveries(reading(exports))[-1:]:
            with duckdb.connect() as con:
                source.load(con, delivery, reading(exports))
                for table in rows.keys() & set(source.tables):
                    rows[table] += con.execute(f"select count(*) from {table}").fetchall()[0][0]
                if "usage" in source.tables:
                    usage = con.execute("select sum(gross_usd) from usage").fetchall()[0][0]
    november = sum(fact.usd for fact in today.company.facts if fact.day >= date(2026, 11, 1))
    assert usage == november
    assert rows["commitments"] == 1
    assert min(rows.values()) > 0


# --------------------------------------------------------------------------- stories


@pytest.mark.parametrize("weekday", [pytest.param(n, id=f"{TODAY + n * DAY:%A}") for n in (1, 2)])
def test_only_the_spike_is_a_spike(weekday: int, tmp_path: Path) -> None:
    """Three times the day before and the weekday's usual, $100 over: nothing but what was planted."""
    at = TODAY + weekday * DAY
    company = demo.write(tmp_path, at, days=60)
    spent = usd_by_day(company)
    fired = {
        (workload, (at - day).days)
        for (workload, day), usd in list(spent.items())
        if day >= company.first_day + 7 * DAY
        and usd >= 3 * (before := spent[workload, day - DAY])
        and usd >= 3 * (usual := spent[workload, day - 7 * DAY])
        and usd - max(before, usual) >= 100
    }
    assert fired == {("search-api", 1), ("summaries-legacy", 40)}


def test_quiet_workloads_grow_slowly(today: Written) -> None:
    spent = usd_by_day(today.company)
    told = {story.workload for story in today.company.stories if story.key not in ("verbose", "rungs")}
    for workload in {workload for workload, _ in spent} - told:
        for age in range(8, 90):
            now, week_before = (spent[workload, TODAY - (age + n) * DAY] for n in (0, 7))
            assert now < week_before * Decimal("1.5"), (workload, age)


def test_spike(today: Written) -> None:
    story, spent = today.company.story("spike"), usd_by_day(today.company)
    assert story.first_day == story.last_day == TODAY - DAY
    assert spent["search-api", story.first_day] - spent["search-api", story.first_day - DAY] >= 300


def test_router_drifts_to_sonnet(today: Written) -> None:
    shares = [
        today.one(
            """select sum(line_item_usage_amount) filter (where product['model'] like '%Haiku%')
                    / sum(line_item_usage_amount)
               from bill
               where resource_tags['user_workload'] = 'support-router'
                 and bill_billing_entity = 'AWS Marketplace'
                 and line_item_usage_start_date::date = $day""",
            day=TODAY - age * DAY,
        )
        for age in (30, 21, 11, 1)
    ]
    assert shares[0] == pytest.approx(0.85, abs=0.03)
    assert shares[1] > shares[2] > shares[3]
    assert shares[3] < 0.5


def test_cache_breaks(today: Written) -> None:
    rates = today.query(
        """with tokens as (
               select line_item_usage_start_date::date as day, line_item_usage_type as kind,
                      sum(line_item_usage_amount) as amount
               from bill
               where resource_tags['user_workload'] = 'knowledge-assistant'
                 and resource_tags['user_environment'] = 'prod' and line_item_usage_type not like '%output%'
               group by all)
           select day, sum(amount) filter (where kind like '%cache-read%') / sum(amount) from tokens
           group by all order by all"""
    )
    broken_from = today.company.story("broken_cache").first_day
    assert broken_from == TODAY - 5 * DAY
    assert all(rate > 0.75 for day, rate in rates if day < broken_from)
    assert all(rate < 0.2 for day, rate in rates if day >= broken_from)


def test_provisioned_throughput_is_forgotten(today: Written) -> None:
    billed = today.query(
        """select line_item_resource_id, count(*), sum(line_item_unblended_cost) from bill
           where line_item_usage_type like '%ProvisionedThroughput%'
             and resource_tags['user_team'] = 'knowledge'
             and line_item_usage_start_date::date = $day
           group by all""",
        day=TODAY - DAY,
    )
    ((arn, hours, usd),) = billed
    last_call = today.one(
        """select max(make_timestamp(timestamp * 1000))::date from points
           where (dimensions->>'ModelId') = $arn""",
        arn=arn,
    )
    assert (hours, usd) == (24, 576.0)
    assert last_call == TODAY - 26 * DAY


def test_agent_runs_away_while_its_sessions_do_not(today: Written) -> None:
    calls, sessions = (
        dict(
            today.query(
                f"""select make_timestamp(p.timestamp * 1000)::date, sum(p."value"."sum") from points p
                    where metric_name = 'Invocations' and account_id = '333344445555' and {dimension}
                    group by all"""
            )
        )
        for dimension in (
            """(dimensions->>'ModelId') = (
                   select any_value(split_part(line_item_resource_id, '/', 2)) from bill
                   where resource_tags['user_workload'] = 'coding-agent')""",
            "(dimensions->>'FunctionName') = 'coding-agent'",
        )
    )
    day = today.company.story("runaway_loop").first_day
    usual = calls[day - 7 * DAY] / sessions[day - 7 * DAY]
    assert calls[day] / sessions[day] > 20 * usual
    assert usd_by_day(today.company)["coding-agent", day] < 100


def test_reports_are_verbose(today: Written) -> None:
    per_call = {
        workload: output / calls
        for workload, output, calls in today.query(
            """with owners as (
                   select distinct split_part(line_item_resource_id, '/', 2) as profile,
                          coalesce(resource_tags['user_workload'], resource_tags['user_app']) as workload
                   from bill where line_item_resource_id like '%application-inference-profile%')
               select workload, sum("value"."sum") filter (where metric_name = 'OutputTokenCount'),
                      sum("value"."sum") filter (where metric_name = 'Invocations')
               from points join owners on (dimensions->>'ModelId') = profile
               where workload is not null and (dimensions->>'ServiceTier') is null
               group by all having count(*) filter (where metric_name = 'OutputTokenCount') > 0"""
        )
    }
    assert per_call.pop("report-writer") > 2 * max(per_call.values())


def test_dev_role_calls_a_production_profile(today: Written) -> None:
    days, usd = today.query(
        """select count(distinct line_item_usage_start_date::date), sum(line_item_unblended_cost) from bill
           where tags['iamPrincipal/Environment'] = 'dev' and resource_tags['user_env'] = 'prod'
             and line_item_iam_principal like '%:assumed-role/dev-notebooks/%'"""
    )[0]
    assert days == 14
    assert usd > 100


def test_untagged_spend_appears_beside_an_old_one(today: Written) -> None:
    daily = today.query(
        """select split_part(line_item_iam_principal, '/', 2),
                  count(distinct line_item_usage_start_date::date) as days,
                  sum(line_item_unblended_cost) / days
           from bill
           where line_item_line_item_type = 'Usage' and cardinality(resource_tags) = 0
             and line_item_usage_account_id = '333344445555'
           group by all order by all"""
    )
    assert [(role, days, round(usd, -1)) for role, days, usd in daily] == [
        ("log-labeler", 120, 0),
        ("proto-chat", 9, 40),
    ]


def test_marketplace_lines_and_the_restated_evening_come_a_day_late(
    today: Written, yesterday: Written
) -> None:
    changed = {
        (workload, (TODAY - day).days)
        for (workload, day), usd in usd_by_day(today.company).items()
        if usd != usd_by_day(yesterday.company)[workload, day] and day < TODAY - DAY
    }
    marketplace = (
        "support-router",
        "claims-pipeline",
        "report-writer",
        "product-copy",
        "research-lab",
        UNTAGGED,
    )
    late = {(workload, age) for workload in marketplace for age in (2, 3)}
    assert changed == late | {("claims-pipeline", 32)}
    assert today.company.story("restated").first_day == date(2026, 10, 20)


def test_yesterday_lacks_the_last_day_and_the_invoice(today: Written, yesterday: Written) -> None:
    last = "select max(line_item_usage_start_date)::date from bill"
    assert (yesterday.one(last), today.one(last)) == (TODAY - 2 * DAY, TODAY - DAY)
    invoiced = """select distinct strftime(bill_billing_period_start_date, '%Y-%m') from bill
                  where bill_invoice_id is not null order by all"""
    assert today.query(invoiced)[-1] == ("2026-10",)
    assert yesterday.query(invoiced)[-1] == ("2026-09",)


def test_credits_tax_and_a_refund_stand_apart(today: Written) -> None:
    kinds = today.query(
        f"""select line_item_line_item_type, count(*), sum(line_item_unblended_cost)::decimal(9, 2) from bill
            where {BEDROCK} and line_item_line_item_type <> 'Usage' group by all order by all"""
    )
    assert kinds == [
        ("Credit", 4, Decimal("-600.00")),
        ("Refund", 1, Decimal("-37.50")),
        ("Tax", 4, Decimal("164.80")),
    ]


def test_one_document_is_many_pages_and_one_answer(today: Written) -> None:
    documents = today.one(
        """select sum("value"."sum") from points where metric_name = 'ExecutionsStarted'
             and (dimensions->>'StateMachineArn') like '%:claims-pipeline'"""
    )
    models = today.query(
        """select distinct product['model'] from bill where resource_tags['user_workload'] = 'claims-pipeline'
           order by all"""
    )
    assert models == [("Claude Sonnet 4.6",), ("Nova Lite",)]
    assert 100_000 < documents < 180_000


@pytest.mark.parametrize(
    ("where", "workload"),
    [
        pytest.param("resource_tags['user_workload'] = 'search-api'", "search-api", id="1 tag on the line"),
        pytest.param("resource_tags['user_app'] = 'product-copy'", "product-copy", id="1 tag spelt app"),
        pytest.param(
            "cardinality(resource_tags) = 0 and line_item_iam_principal like '%/email-triage-prod/%'",
            "email-triage",
            id="2 tag only in the inventory",
        ),
        pytest.param("tags['iamPrincipal/app'] = 'assistant-next'", "assistant-next", id="3 principal's tag"),
        pytest.param(
            "line_item_iam_principal like '%:assumed-role/invoice-tagger-exec/%'",
            "invoice-tagger",
            id="4 role of a tagged function",
        ),
        pytest.param("line_item_usage_account_id = '444455556666'", "research-lab", id="7 mapped account"),
    ],
)
def test_each_rung_has_its_workload(where: str, workload: str, today: Written) -> None:
    usd = today.one(f"select sum(line_item_unblended_cost::decimal(24, 10)) from bill where {where}")
    told = sum(fact.usd for fact in today.company.facts if fact.workload == workload)
    reranked = sum(fact.usd for fact in today.company.facts if fact.model == "Amazon Rerank 1.0")
    assert usd == told - (reranked if workload == "search-api" else 0)  # rerank bears its principal's tags


def test_a_deleted_profile_keeps_its_name(today: Written) -> None:
    profiles = {
        day: {
            profile["inferenceProfileName"]
            for file in (today.home / "exports/inventory" / day).glob("list-inference-profiles-*.json")
            for profile in json.loads(file.read_text())["inferenceProfileSummaries"]
        }
        for day in ("2026-10-07", "2026-11-19")
    }
    gone, new = "email-triage-prod-claude4.5haiku-v1", "email-triage-prod-claude4.5haiku-v2"
    assert profiles["2026-10-07"] - profiles["2026-11-19"] == {gone}
    assert profiles["2026-11-19"] - profiles["2026-10-07"] == {new}


def test_a_usage_type_nobody_knows(today: Written) -> None:
    usd, first = today.query(
        """select sum(line_item_unblended_cost), min(line_item_usage_start_date)::date from bill
           where line_item_usage_type like '%TraceDistiller%'"""
    )[0]
    assert 1 < usd < 10
    assert first == TODAY - 2 * DAY


@pytest.mark.parametrize(
    ("shape", "where"),
    [
        pytest.param("A", "line_item_usage_type like 'USE1-MP:USE1_%TokenCount-Units'", id="A camel"),
        pytest.param("A", "line_item_usage_type like 'USE1-MP:USE1_%_tokens_standard-Units'", id="A snake"),
        pytest.param("B", "line_item_product_code = 'AmazonBedrockService'", id="B"),
        pytest.param("C", "line_item_usage_type like 'USE1-Nova%-tokens-flex'", id="C flex"),
        pytest.param("C", "line_item_usage_type like '%-searchunits'", id="C rerank"),
        pytest.param("D", "line_item_usage_type like '%-mantle-input-tokens-standard'", id="D mantle"),
        pytest.param("-", "line_item_product_code in ('AmazonEC2', 'AmazonS3')", id="not Bedrock"),
        pytest.param(
            "-", "product['product_name'] = 'Watchtower Observability'", id="Marketplace, not Bedrock"
        ),
    ],
)
def test_every_line_shape_is_there(shape: str, where: str, today: Written) -> None:
    lines, bedrock = today.query(
        f"select count(*), count(*) filter (where {BEDROCK}) from bill where {where}"
    )[0]
    assert lines > 100
    assert bedrock == (0 if shape == "-" else lines)
