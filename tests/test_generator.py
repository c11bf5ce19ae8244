"""An independent generator of AWS's files, which knows the truth about what it wrote, against the ledger.

It lives outside this checkout, at $CUR_GEN or ../shared/tools/cur_gen.py, and shares no code with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import Home

GENERATOR = Path(os.environ.get("CUR_GEN") or Path(__file__).parents[2] / "shared/tools/cur_gen.py")
SIZE = {
    "rows": 8000,
    "bedrock-share": 0.2,
    "profiles": 40,
    "workloads": 15,
    "accounts": 6,
    "spikes": 2,
    "tag-keys": 8,
}
NAMES = {  # the billing names that it writes -> as people know them
    "Claude3Haiku": "Claude 3 Haiku",
    "Claude4Sonnet": "Claude Sonnet 4",
    "Claude4.5Haiku": "Claude Haiku 4.5",
    "Claude4.6Opus": "Claude Opus 4.6",
    "Claude4.6Sonnet": "Claude Sonnet 4.6",
    "NovaLite": "Nova Lite",
    "NovaPro": "Nova Pro",
    "Nova2.0Lite": "Nova 2 Lite",
    "Guardrail": None,
    "openai.gpt-oss-120b": "gpt-oss-120b",
}

pytestmark = pytest.mark.skipif(
    not GENERATOR.exists(), reason=f"no generator at {GENERATOR}; set CUR_GEN to it"
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    options = SIZE | {"out": out, "formats": "cur2,legacy,legacy_csv,cw", "rows-per-file": 3000}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    subprocess.run([sys.executable, str(GENERATOR), *words], check=True, capture_output=True)
    return out


def truth(world: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        con.read_parquet(str(world / "truth" / "ledger.parquet")).create_view("truth")
        con.read_parquet(str(world / "cw" / "*" / "*.parquet")).create_view("cw")
        return con.execute(sql).fetchall()


@pytest.fixture(scope="module", params=["cur2", "legacy", "legacy_csv"])
def home(request: pytest.FixtureRequest, world: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp(request.param) / "home")
    home.configure(sources=f'[[sources]]\nkind = "cur"\npath = "{world / request.param}"\n')
    home.sync()
    return home


KEYS = "day, account_id, workload, team, environment, cost_center, model, kind, line_type"


def test_every_dollar_and_token_has_its_true_name(home: Home, world: Path) -> None:
    """The generator sums in binary: equal to the twelfth digit."""
    said = home.ask(
        """select day, account_id, workload, team, environment, cost_center, model,
            case when cost_class <> 'usage' or token_kind is null then 'other'
                when token_kind like 'cache_write%' then 'cache_write' else token_kind end as kind,
            line_type, coalesce(sum(tokens), 0), sum(gross_usd)::double, sum(lines)
        from attributed group by all order by all"""
    )
    true = truth(
        world, f"select {KEYS}, sum(tokens_sum), sum(cost_sum), sum(rows_sum) from truth group by all"
    )
    assert len(said) > 500
    assert renamed({row[:9]: row[9:] for row in said}) == {
        key: (pytest.approx(tokens, abs=1.5), pytest.approx(usd, rel=1e-12, abs=1e-9), rows)
        for key, (tokens, usd, rows) in renamed({row[:9]: row[9:] for row in true}).items()
    }


def renamed(facts: dict[tuple[Any, ...], tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    untagged = {"untagged": "(untagged)", "": "(untagged)", None: "(untagged)"}
    return {
        (
            key[0],
            key[1],
            *(untagged.get(name, name) for name in key[2:6]),
            NAMES.get(key[6], key[6]),
            *key[7:],
        ): fact
        for key, fact in facts.items()
    }


def test_attributed_is_billed_every_day(home: Home, world: Path) -> None:
    said = dict(home.ask("select day, sum(gross_usd)::double from attributed group by all"))
    assert said == pytest.approx(dict(truth(world, "select day, sum(cost_sum) from truth group by all")))
    assert (
        home.ask(
            """select * from (select day, account_id, sum(gross_usd) as usd from attributed group by all) as a
        full join (select day, account_id, sum(gross_usd) as usd from billed_daily group by all) as b
            using (day, account_id)
        where a.usd is distinct from b.usd"""
        )
        == []
    )


def test_nothing_is_unclassified(home: Home) -> None:
    assert (
        home.ask("select distinct usage_type, unclassified from attributed where unclassified is not null")
        == []
    )


@pytest.fixture(scope="module")
def metered(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The bill and, as a Metric Stream would have written it, CloudWatch."""
    home = Home(tmp_path_factory.mktemp("metered") / "home")
    bill = f'[[sources]]\nkind = "cur"\npath = "{world / "cur2"}"\n'
    home.configure(sources=bill + '[[sources]]\nkind = "metric_stream"\npath = "stream"\n')
    (home.path / "stream").mkdir()
    with duckdb.connect() as con:
        con.read_parquet(str(world / "cw" / "*" / "*.parquet")).create_view("cw")
        con.execute(
            f"""copy (
                select 'stream' as metric_stream_name, account_id, region, namespace, metric as metric_name,
                    map {{'ModelId': model_id}} as dimensions, epoch_ms("timestamp") as "timestamp",
                    {{'sum': value, 'count': 60.0, 'min': 0.0, 'max': value}} as value, 'Count' as unit
                from cw where stat = 'Sum'
            ) to '{home.path / "stream" / "metrics.gz"}' (format json, compression gzip)"""
        )
    home.sync()
    return home


def test_requests_are_those_of_cloudwatch(metered: Home, world: Path) -> None:
    by_resource = (
        "select account_id, regexp_extract({}, '[^/]+$'), sum({})::bigint from {} group by all order by all"
    )
    said = metered.ask(by_resource.format("resource", "requests", "requests_hourly"))
    true = truth(world, by_resource.format("model_id", "value", "cw where metric = 'Invocations'"))
    assert said == true


def test_the_cost_of_a_query(metered: Home, world: Path) -> None:
    """Dollars of the profiles that CloudWatch counts that day, over its count: joined here in Python."""
    profiles = "like '%application-inference-profile%'"
    counted = {
        (day, account, resource): requests
        for day, account, resource, requests in truth(
            world,
            f"""select "timestamp"::date, account_id, regexp_extract(model_id, '[^/]+$'), sum(value)
            from cw where metric = 'Invocations' and model_id {profiles} group by all""",
        )
    }
    billed = metered.ask(
        f"""select day, workload, account_id, regexp_extract(resource_id, '[^/]+$'), sum(gross_usd)::double
        from attributed where cost_class = 'usage' and resource_id {profiles} and workload <> '(untagged)'
        group by all"""
    )
    usd: dict[tuple[Any, str], float] = defaultdict(float)
    queries: dict[tuple[Any, str], float] = defaultdict(float)
    for day, workload, account, resource, of_day in billed:
        if (day, account, resource) in counted:
            usd[day, workload] += of_day
            queries[day, workload] += counted[day, account, resource]
    said = metered.ask(
        "select day, workload, usd_per_query from unit_cost_daily "
        "where usd_per_query is not null and workload <> '(untagged)'"
    )
    assert len(said) > 100
    true = {key: usd[key] / queries[key] for key in usd if queries[key]}
    assert {(day, workload): cost for day, workload, cost in said} == pytest.approx(true)
