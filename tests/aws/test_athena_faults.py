"""What may go wrong on the way: refused, failed, stopped, too dear. Nothing is stored then, and the next sync heals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import bill
import boto3
import duckdb
import estate
import pytest
from athena_server import Athena as Server
from athena_server import Fate
from home import Home, reading

from finops import config
from finops.aws import AwsError
from finops.errors import ConfigError, SourceError
from finops.sources import Athena
from finops.sources.athena.query import Engine, Workgroup

SOURCE = f"""
[[sources]]
kind = "athena"
database = "billing"
table = "cur"
output = "{estate.OUTPUT}"
"""
NAME = "athena:billing.cur"
GB = 1 << 30
ENFORCED = {
    "EnforceWorkGroupConfiguration": True,
    "ResultConfiguration": {"OutputLocation": "s3://results/enforced/"},
}
MANAGED = {"EnforceWorkGroupConfiguration": True, "ManagedQueryResultsConfiguration": {"Enabled": True}}


@pytest.fixture(autouse=True)
def exported(athena: Server, tmp_path: Path) -> None:
    bill.cur2(tmp_path / "exports", [bill.line("2026-10-05 10:00", 1.5), bill.line("2026-11-01 10:00", 2)])
    estate.cur2(tmp_path / "exports")


def source(**more: Any) -> Athena:
    return Athena(**{"database": "billing", "table": "cur", "output": estate.OUTPUT} | more)


def load(source: Athena, home: Path, **more: Any) -> list[tuple[Any, ...]]:
    """The first month's rows."""
    asking = reading(home, **more)
    with duckdb.connect() as con:
        source.load(con, source.deliveries(asking)[0], asking)
        return con.sql("select hour, gross_usd from usage").fetchall()


def rows(workgroup: Workgroup, home: Path, sql: str, **more: Any) -> list[tuple[Any, ...]]:
    return Engine(workgroup, reading(home, **more), NAME).rows(sql)


@pytest.mark.parametrize(
    ("fate", "options", "code", "said"),
    [
        pytest.param(
            Fate(failed="COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", waits=1),
            {},
            "FAILED",
            r"query \S+ FAILED: COLUMN_NOT_FOUND.*look at it in the Athena console",
            id="failed",
        ),
        pytest.param(
            Fate(failed="HIVE_BAD_DATA: Field amount's type BINARY is incompatible"),
            {},
            "FAILED",
            "run its crawler again",
            id="failed, with a known way out",
        ),
        pytest.param(
            Fate(cancelled="Query cancelled by an administrator"),
            {},
            "CANCELLED",
            "CANCELLED: Query canc",
            id="cancelled",
        ),
        pytest.param(
            Fate(endless=True, scanned=2 * GB),
            {"deadline_minutes": Decimal("0.0001")},
            "Stopped",
            "took longer than `deadline_minutes` = 0.0001 and was stopped",
            id="past the deadline",
        ),
        pytest.param(
            Fate(endless=True, scanned=2000 * GB),
            {"max_usd_per_run": Decimal("0.5")},
            "Stopped",
            r"scanned 2.0 TB, more than `max_usd_per_run` = 0.5 has left and was stopped",
            id="past the cap",
        ),
        pytest.param(
            Fate(refused=("ExpiredTokenException", "The security token included in the request is expired")),
            {},
            "ExpiredTokenException",
            "renew the credentials",
            id="expired credentials",
        ),
        pytest.param(
            Fate(refused=("InvalidRequestException", "line 1:1: mismatched input")),
            {},
            "InvalidRequestException",
            "mismatched input",
            id="refused before it is begun",
        ),
        pytest.param(
            Fate(),
            {"max_usd_per_run": Decimal("0.000001")},
            "SpendCap",
            r"may cost \$0.0000, and \$0.0000 of `max_usd_per_run` = 0.000001 is left",
            id="dearer than the cap",
        ),
    ],
)
def test_a_fault_says_what_aws_said_and_what_to_do(
    athena: Server, tmp_path: Path, fate: Fate, options: dict[str, Any], code: str, said: str
) -> None:
    athena.fates.append(fate)
    with pytest.raises(AwsError, match=said) as fault:
        load(source(**options), tmp_path)
    assert fault.value.code == code
    assert (len(athena.stopped), len(athena.statements)) == (
        (1, 1) if code == "Stopped" else (0, 0 if fate.refused or code == "SpendCap" else 1)
    )


def test_a_fault_in_one_month_keeps_the_months_before_and_heals(athena: Server, home: Home) -> None:
    home.configure(sources=SOURCE)
    athena.fates.extend([Fate(), Fate(), Fate(failed="GENERIC_INTERNAL_ERROR")])
    done = home.sync()
    assert done.read == (f"{NAME} 2026-10",)
    assert "GENERIC_INTERNAL_ERROR" in done.unreachable[NAME]
    assert "GENERIC_INTERNAL_ERROR" in home.ask("select problem from freshness")[0][0]
    healed = home.sync()
    assert (healed.read, healed.unchanged, healed.unreachable) == ((f"{NAME} 2026-11",), 1, {})
    assert home.ask("select sum(gross_usd) from attributed") == [(Decimal("3.5"),)]


def test_throttling_is_waited_for_and_begins_the_query_once(athena: Server, tmp_path: Path) -> None:
    athena.fates.extend([Fate(refused=("TooManyRequestsException", "slow down"))] * 2)
    assert len(load(source(), tmp_path)) == 1
    assert len([sql for sql in athena.statements if "unload" in sql]) == 1


def test_an_answer_that_is_lost_begins_no_second_query(athena: Server, tmp_path: Path) -> None:
    athena.fates.append(Fate(lost=True))
    assert len(load(source(), tmp_path)) == 1
    assert len([sql for sql in athena.statements if "unload" in sql]) == 1


def test_ctrl_c_stops_the_query_that_runs(athena: Server, home: Home) -> None:
    home.configure(sources=SOURCE)
    athena.fates.append(Fate(endless=True))
    command = [sys.executable, "-m", "finops", "--home", str(home.path), "sync"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while not athena.statements and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode != 0
    assert athena.stopped == list(athena.executions)
    assert estate.results() == []


@pytest.mark.parametrize(
    ("group", "options", "place"),
    [
        pytest.param({"EnforceWorkGroupConfiguration": False}, {}, "finops", id="the source's own place"),
        pytest.param(ENFORCED, {"output": None}, "enforced", id="the workgroup's, enforced"),
        pytest.param(ENFORCED, {}, "finops", id="enforced for results, ours for what is unloaded"),
        pytest.param(MANAGED, {}, "finops", id="managed results"),
    ],
)
def test_results_go_where_the_workgroup_lets_them(
    athena: Server, tmp_path: Path, group: dict[str, Any], options: dict[str, Any], place: str
) -> None:
    athena.workgroups["primary"] = group
    assert len(load(source(**options), tmp_path)) == 1
    unload = next(sql for sql in athena.statements if "unload" in sql)
    assert f"to 's3://results/{place}/" in unload
    assert estate.results() == []


def test_a_workgroup_without_a_place_asks_for_one(athena: Server, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="names no place for results; set `output"):
        load(source(output=None), tmp_path)


def test_results_that_may_not_be_removed_stay_and_that_is_said(athena: Server, tmp_path: Path) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteObject",
                "Resource": "arn:aws:s3:::results/*",
            }
        ],
    }
    boto3.client("s3").put_bucket_policy(Bucket="results", Policy=json.dumps(policy))
    said: list[str] = []
    assert len(load(source(), tmp_path, say=said.append)) == 1
    assert len([text for text in said if "query results stay at s3://results/finops/" in text]) == 1
    assert len(estate.results()) > 0


def test_bytes_and_dollars_are_told_before_and_after(athena: Server, tmp_path: Path) -> None:
    athena.fates.append(Fate(scanned=3 * GB))
    said: list[str] = []
    asking = reading(tmp_path, say=said.append)
    with duckdb.connect() as con:
        source().load(con, source().deliveries(asking)[0], asking)
    assert said[0].startswith(f"{NAME}: at most 0.0 MB to scan, $0.0000")
    assert said[1].startswith(f"{NAME}: scanned 3.0 GB, $0.0146 (query ")
    assert asking.aws.charges == {
        NAME: Decimal(5) * (3 * GB + 10 * 2**20) / 2**40
    }  # the control: the least there is


def test_the_cap_is_of_the_whole_run(athena: Server, home: Home) -> None:
    home.configure(sources=SOURCE + "max_usd_per_run = 0.01\n")
    athena.fates.append(Fate(scanned=2 * GB + 32 * 2**20))
    done = home.sync()
    assert done.read == (f"{NAME} 2026-10",)
    assert "`max_usd_per_run` = 0.01 is left" in done.unreachable[NAME]
    assert home.sync().read == (f"{NAME} 2026-11",)


@pytest.mark.parametrize(
    ("scanned", "usd"),
    [
        pytest.param(0, "0.0000476837158203125", id="nothing is billed as 10 MB"),
        pytest.param(10 << 20, "0.0000476837158203125", id="10 MB"),
        pytest.param((10 << 20) + 1, "0.00005245208740234375", id="a byte more is a megabyte more"),
        pytest.param(1 << 40, "5", id="a terabyte"),
    ],
)
def test_a_query_is_billed_by_the_megabyte(scanned: int, usd: str) -> None:
    assert Workgroup(database="x").price(scanned) == Decimal(usd)


def test_a_result_of_many_pages_is_read_whole(athena: Server, tmp_path: Path) -> None:
    workgroup = Workgroup(database="billing", output=estate.OUTPUT)
    found = rows(workgroup, tmp_path, "select n from unnest(sequence(1, 2500)) as t (n)")
    assert sum(n for (n,) in found) == 2500 * 2501 / 2


def test_a_repeated_check_of_one_version_may_reuse_its_result(athena: Server, tmp_path: Path) -> None:
    load(source(result_reuse_minutes=60), tmp_path)
    load(source(result_reuse_minutes=60), tmp_path)
    assert [execution.reused for execution in athena.executions.values()] == [False, False, False, True]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(
            "table = 'cur\" union select'", "table: expected a name of letters", id="a quote in the table"
        ),
        pytest.param(
            "workgroup = 'a b'", "workgroup: expected a name of letters", id="a space in the workgroup"
        ),
        pytest.param(
            "output = '/tmp/x'", 'output: expected a place such as "s3://bucket/prefix/"', id="not S3"
        ),
        pytest.param("deadline_minutes = 0", "deadline_minutes: expected greater than 0", id="no time"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_to_write(home: Home, line: str, said: str) -> None:
    key = line.partition(" ")[0]
    kept = [setting for setting in SOURCE.splitlines() if not setting.startswith(f"{key} ")]
    home.configure(sources="\n".join([*kept, line, ""]))
    with pytest.raises(ConfigError, match=said):
        config.read(home.path, {})


def a_quote_in_a_column(columns: dict[str, str]) -> dict[str, str]:
    return columns | {'tags_resource_tags_x" as y': "string"}


def text_for_money(columns: dict[str, str]) -> dict[str, str]:
    return columns | {"line_item_unblended_cost": "string"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            a_quote_in_a_column, "holds a quote or a control character", id="a quote in a column's name"
        ),
        pytest.param(text_for_money, None, id="money declared as text is money all the same"),
    ],
)
def test_columns_are_taken_as_the_catalogue_has_them(
    athena: Server, tmp_path: Path, change: Callable[[dict[str, str]], dict[str, str]], said: str | None
) -> None:
    boto3.client("glue").delete_table(DatabaseName="billing", Name="cur")
    without_tags = {name: kind for name, kind in estate.CUR2.items() if name != "tags"}
    estate.table(change(without_tags), estate.BY_PERIOD, "org-cur/data/")
    if said is None:
        assert load(source(), tmp_path)[0][1] == Decimal("1.5")
        return
    with pytest.raises(SourceError, match=said):
        load(source(), tmp_path)
