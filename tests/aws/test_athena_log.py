"""The invocation log through Athena: the rows that the files give, a day's log once, and no body anywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import duckdb
import estate
import log_records
import pytest
from athena_server import Athena as Server
from home import Home, reading
from log_records import call, record, session

from finops.errors import SourceError
from finops.sources.athena import AthenaLog
from finops.sources.invocation_log import InvocationLog

WANTED = ("Workload", "team")
LOG = [
    call(1),
    call(2, fresh=0, out=0, read=1_000, write=50, identity=session("b")),
    call(3, fresh=5_000, identity=session("b")),
    call(3, fresh=5_000, identity=session("b")),  # delivered again
    call(4, timestamp="2026-11-19T13:59:59Z", modelId="arn:aws:bedrock:us-east-1::foundation-model/a.b"),
    call(5, requestMetadata={"workload": 'it\'s "odd" ✓', "TEAM": "core", "trace": "x1"}),
    call(6, requestMetadata={"workload": " "}),
    call(7, performanceConfig={"latency": "optimized"}, identity=None),
    call(8, fresh=-1, out=2_000_000_000),
    record(requestId="9", **log_records.THROTTLED),
    record(requestId=None, requestMetadata=None),
    record(requestId=None, requestMetadata=None),
    record(schemaType="Other"),
    record(timestamp="2026-11-19T12:00:00+02:00"),
]
CALLS = """
    select * replace (list_sort(map_entries(metadata)) as metadata)
    from calls
    order by all
"""


@pytest.fixture(autouse=True)
def logged(athena: Server, tmp_path: Path) -> None:
    log_records.write(tmp_path / "logs", "a.json.gz", "".join(LOG))
    boto3.client("s3").create_bucket(Bucket="billing")
    boto3.client("s3").create_bucket(Bucket="results")
    for key in ("12/a.json.gz", "12/data/body.json.gz"):
        boto3.client("s3").upload_file(
            str(next((tmp_path / "logs").rglob("*.gz"))),
            "billing",
            f"prefix/logs/year=2026/month=11/day=19/{key}",
        )
    estate.table(estate.LOG, dict.fromkeys(("year", "month", "day"), "string"), "logs/", name="invocations")


def source(**more: Any) -> AthenaLog:
    given = {"database": "billing", "table": "invocations", "output": estate.OUTPUT, "metadata": WANTED}
    return AthenaLog(**given | more)


def calls(source: AthenaLog | InvocationLog, home: Path, day: str = "2026-11-19") -> tuple[Any, Any]:
    asking = reading(home)
    (delivery,) = (d for d in source.deliveries(asking) if d.partition == day)
    with duckdb.connect() as con:
        source.load(con, delivery, asking)
        return con.sql(CALLS).fetchall(), [note for (note,) in con.sql("from notes").fetchall()]


def test_the_calls_are_those_of_the_files(athena: Server, tmp_path: Path) -> None:
    mine, notes = calls(source(), tmp_path)
    assert mine == calls(InvocationLog(path="logs", metadata=WANTED), tmp_path)[0]
    assert notes == [
        "1 record(s) delivered again, counted once",
        "1 record(s) of another kind, not counted",
        "1 record(s) without a time in UTC, not counted",
    ]
    assert estate.results() == []


def test_no_body_is_selected(athena: Server, tmp_path: Path) -> None:
    calls(source(), tmp_path)
    assert not any("body" in sql.lower() for sql in athena.statements)


def test_a_day_is_whole_some_hours_after_it_is_over(tmp_path: Path) -> None:
    def signatures(now: datetime) -> dict[str, str]:
        found = source(days=3).deliveries(reading(tmp_path, now=now))
        return {delivery.partition: delivery.signature for delivery in found}

    night = datetime(2026, 11, 20, 5, 59, tzinfo=UTC)
    before, after = signatures(night), signatures(night + timedelta(hours=1))
    assert list(before) == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert [day for day in before if before[day] != after[day]] == ["2026-11-19", "2026-11-20"]
    later = signatures(night + timedelta(hours=7))
    assert [day for day in after if after[day] != later[day]] == ["2026-11-20"]


@pytest.mark.parametrize(
    ("columns", "partitions", "said"),
    [
        pytest.param(estate.CUR2, {"day": "string"}, "not a table of invocation logs", id="another table"),
        pytest.param(estate.LOG, {}, "would scan the whole log", id="no partitions"),
    ],
)
def test_a_table_that_cannot_tell_is_refused(
    tmp_path: Path, columns: dict[str, str], partitions: dict[str, str], said: str
) -> None:
    estate.table(columns, partitions, "logs/", name="other")
    with pytest.raises(SourceError, match=said):
        source(table="other").deliveries(reading(tmp_path))


def test_a_sync_publishes_the_calls_and_asks_for_no_day_twice(athena: Server, home: Home) -> None:
    home.configure(
        '[tags]\nteam = ["Squad"]\n',
        sources=f'[[sources]]\nkind = "athena_log"\ndatabase = "billing"\ntable = "invocations"\ndays = 2\n'
        f'output = "{estate.OUTPUT}"\n',
    )
    assert home.sync().read == (
        "athena_log:billing.invocations 2026-11-19",
        "athena_log:billing.invocations 2026-11-20",
    )
    assert home.ask("select sum(calls) from calls_hourly") == [(11,)]
    athena.executions.clear()
    assert (home.sync().unchanged, athena.statements) == (2, [])
