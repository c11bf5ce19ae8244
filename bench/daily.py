"""`python -m bench.daily`: what does judging the spend of ten thousand series cost, every morning and for a year?

A made-up bill of 5,000 workloads with two models each, a weekly rhythm, noise, and a fivefold day in five hundred, is
synced; then the spend rules judge the last three days, and all days of a year are set beside their expectation at once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from bench.measure import run
from finops import config, pipeline
from finops.reports.replay import OF_SERIES
from finops.rules import expectation, judge
from finops.rules.files import known_rules

LAST = date(2026, 11, 20)
LINES = """
copy (
    select 'AWS' as bill_billing_entity, date_trunc('month', day)::timestamp as bill_billing_period_start_date,
        '' as bill_invoice_id, '999988887777' as bill_payer_account_id, uuid()::varchar as identity_line_item_id,
        'USD' as line_item_currency_code, 'Usage' as line_item_line_item_type, usd as line_item_net_unblended_cost,
        usd as line_item_unblended_cost, usd as pricing_public_on_demand_cost, 'InvokeModel' as line_item_operation,
        'AmazonBedrock' as line_item_product_code, '' as line_item_resource_id,
        '111122223333' as line_item_usage_account_id, usd * 1000 / 3 as line_item_usage_amount,
        (day + interval 10 hour)::timestamp as line_item_usage_start_date, '' as line_item_line_item_description,
        ['USE1-NovaPro-input-tokens', 'USE1-NovaLite-input-tokens'][model] as line_item_usage_type,
        '1K tokens' as pricing_unit, 'us-east-1' as product_region_code,
        map {{'user_Workload': 'w' || workload, 'user_Team': 't' || (workload % 50),
            'user_Environment': case when workload % 3 = 0 then 'prod' else 'dev' end}} as resource_tags
    from (
        select workload, model, day::date as day, (20 + workload % 100)
            * case when dayofweek(day) in (0, 6) then 0.5 else 1 end
            * (0.7 + 0.6 * random()) * case when random() < 0.002 then 5 else 1 end as usd
        from range(5000) as w(workload), range(1, 3) as m(model),
            generate_series($first::date, $last::date, interval 1 day) as d(day)
    )
) to '{}' (format parquet)
"""
CANDIDATES = """
select day, workload, model, deviation, worst_ratio, highest_usd, explained_usd
from deviation_daily
where day >= $first and times >= 2 and excess_usd >= 25
"""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.daily", description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    rounds = options.parse_args().rounds
    started = min(run("finops", "--version").cpu for _ in range(rounds))
    print(f"finops --version: {started:.2f} CPU s")
    print("| 10,000 series | CPU s | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        home = synced(Path(place) / "quarter", days=110)
        print(f"| a morning, of 110 days | {best(rounds, lambda: morning(home)):.2f} | 2 |", flush=True)
        home = synced(Path(place) / "year", days=400)
        print(
            f"| every day of 400, beside its expectation | {best(rounds, lambda: expected(home)):.2f} | 8 |",
            flush=True,
        )
        print(
            f"| and the noise of those twice as high | {best(rounds, lambda: deviating(home)):.2f} | |",
            flush=True,
        )
    return 0


def synced(home: Path, days: int) -> Path:
    exports = home / "exports"
    exports.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute("select setseed(0.5)")
        con.execute(
            LINES.format(exports / "bill.parquet"), {"first": LAST - timedelta(days=days - 1), "last": LAST}
        )
    (home / "finops.toml").write_text(f'[[sources]]\nkind = "cur"\npath = "{exports}"\n', encoding="utf-8")
    run("finops", "--home", home, "sync")
    return home


def morning(home: Path) -> None:
    """The spend rules, as `finops check` runs them the morning after."""
    settings = config.read(home)
    rules = [rule for rule in known_rules(settings.rules) if rule.name in OF_SERIES]
    since = {rule.name: LAST - timedelta(days=1) for rule in rules}
    now = datetime(LAST.year, LAST.month, LAST.day, 8, tzinfo=UTC) + timedelta(days=1)
    with pipeline.published(home) as con:
        checked = judge.check(con, rules, LAST, now, since)
    assert checked.findings, "a bill with fivefold days has findings"
    assert not checked.blind, checked.blind


def expected(home: Path) -> None:
    with pipeline.published(home) as con:
        expectation.prepare(con, LAST - timedelta(days=399), for_ours=True)


def deviating(home: Path) -> None:
    first = LAST - timedelta(days=399)
    with pipeline.published(home) as con:
        expectation.prepare(con, first, for_ours=True)
        con.execute(CANDIDATES, {"first": first}).fetchall()


def best(rounds: int, job: Callable[[], None]) -> float:
    """CPU seconds of this process, all threads: the least of some rounds."""
    took = []
    for _ in range(rounds):
        began = time.process_time()
        job()
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    sys.exit(main())
