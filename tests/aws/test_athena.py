"""Athena gives the ledger that the files give, row by row, and is asked only for what AWS has rewritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bill
import boto3
import duckdb
import estate
import pytest
import s3_door
from athena_server import Athena as Server
from athena_server import Fate
from home import NOW, Home, reading

from finops.aws import AwsError
from finops.errors import SourceError
from finops.sources import Athena, Cur, Reading

SOURCE = f"""
[[sources]]
kind = "athena"
database = "billing"
table = "cur"
output = "{estate.OUTPUT}"
"""
LEDGER = """
    select u.* exclude (shape, tag_set), s.* exclude (shape), list_sort(map_entries(t.tags)) as tags
    from usage as u
    join shapes as s using (shape)
    join tag_sets as t using (tag_set)
    order by all
"""
CLAUDE = {
    "product_name": "Claude Sonnet 4.6 (Amazon Bedrock Edition)",
    "model": "Claude Sonnet 4.6",
}
OTHERS = {
    "bill_billing_entity": "AWS Marketplace",
    "product_product_family": None,
    "product_servicecode": None,
}
OTHER_SERVICE = {"product_product_family": "Compute", "product_servicecode": "AmazonEC2"}
BILL = [
    bill.line("2026-10-05 10:00", 1.5, resource_tags={"Workload": "chat", "Team": ""}),
    bill.line("2026-10-05 10:20", 2.5, resource_tags={"Workload": "chat", "Team": ""}),
    bill.line("2026-10-05 11:00", "0.000012345678", other_tags={"iamPrincipal/Team": "core"}, list_usd=2.0, net=0.9),
    bill.line("2026-10-05 11:00", 1e-7, principal="arn:aws:sts::111122223333:assumed-role/Chat/session-1"),
    bill.line("2026-10-05 11:00", 1e-7, principal="arn:aws:sts::111122223333:assumed-role/Chat/session-2"),
    bill.line("2026-10-06 00:00", 0.1, principal="arn:aws:iam::111122223333:user/alice", region="", account=""),
    bill.line(
        "2026-10-06 03:00",
        17.05,
        code="8b7d6f",
        product=CLAUDE,
        resource="arn:aws:bedrock:us-east-1::inference-profile/us.anthropic.claude-sonnet-4-6-v1:0",
        usage_type="USE1-MP:USE1_InputTokenCount-Units",
        unit="Units",
        invoice="123",
        **OTHERS,
    ),
    bill.line("2026-10-06 03:00", -3, code="8b7d6f", type="Credit", product={}, amount=None, unit=None, **OTHERS),
    bill.line("2026-10-06 03:00", 3, code="Datadog", product={"product_name": "Datadog"}, **OTHERS),
    bill.line("2026-10-31 23:00", 99, code="AmazonEC2", **OTHER_SERVICE),
    bill.line("2026-11-01 00:00", 4, resource_tags={"Workload": "it's \"odd\" ✓"}, cost_category={"Unit": "a"}),
]  # fmt: skip
ARN = "arn:aws:bcm-data-exports:us-east-1:123456789012:export/org-cur-1"
WITHOUT = ("line_item_iam_principal", "tags", "line_item_resource_id", "line_item_net_unblended_cost")


def source(**more: Any) -> Athena:
    return Athena(**{"database": "billing", "table": "cur", "output": estate.OUTPUT} | more)


def ledger(source: Cur | Athena, asking: Reading) -> dict[str, list[tuple[Any, ...]]]:
    """What a source gives of every period, tables joined so that numbers of shapes and tag sets do not matter."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for delivery in source.deliveries(asking):
        with duckdb.connect() as con:
            source.load(con, delivery, asking)
            found[delivery.partition] = con.sql(LEDGER).fetchall()
            for table in ("accounts", "reach"):
                found[f"{delivery.partition} {table}"] = con.sql(f"from {table} order by all").fetchall()
    return found


def notes(source: Athena, asking: Reading) -> list[str]:
    with duckdb.connect() as con:
        source.load(con, source.deliveries(asking)[-1], asking)
        return [note for (note,) in con.sql("from notes").fetchall()]


def cur2(root: Path) -> None:
    bill.cur2(root, BILL, parts=2)
    estate.cur2(root)


def cur2_without_what_is_optional(root: Path) -> None:
    bill.cur2(root, BILL, without=WITHOUT)
    estate.cur2(root, {name: kind for name, kind in estate.CUR2.items() if name not in WITHOUT})


def legacy(root: Path) -> None:
    bill.legacy(root, BILL)
    estate.legacy(root, "workload", "team")


def without_bedrock(root: Path) -> None:
    bill.cur2(root, [BILL[-2]])
    estate.cur2(root)


def two_charges_a_month_apart(root: Path) -> None:
    """A line in the file of another month than that of its use."""
    bill.cur2(
        root, [bill.line("2026-11-01 00:00", 1) | {"bill_billing_period_start_date": "2026-10-01 00:00:00"}]
    )
    estate.cur2(root)


@pytest.mark.parametrize(
    ("exported", "options"),
    [
        pytest.param(cur2, {}, id="CUR 2.0 in two parts"),
        pytest.param(cur2, {"cost_categories": True}, id="with cost categories"),
        pytest.param(cur2_without_what_is_optional, {}, id="without the optional columns"),
        pytest.param(legacy, {}, id="legacy"),
        pytest.param(without_bedrock, {}, id="no Bedrock line"),
        pytest.param(two_charges_a_month_apart, {}, id="billed in another month"),
    ],
)
def test_the_ledger_is_that_of_the_files(
    athena: Server, tmp_path: Path, exported: Callable[[Path], None], options: Mapping[str, Any]
) -> None:
    exported(tmp_path / "exports")
    from_files = ledger(Cur(path="exports", **options), reading(tmp_path))
    assert ledger(source(**options), reading(tmp_path)) == from_files
    assert estate.results() == []
    assert list((tmp_path / "cache" / "athena").iterdir()) == []


def test_the_published_views_are_that_of_the_files_too(athena: Server, home: Home, tmp_path: Path) -> None:
    cur2(home.exports)
    home.sync()
    there = Home(tmp_path / "other")
    there.configure(sources=SOURCE)
    done = there.sync()
    assert done.read == ("athena:billing.cur 2026-10", "athena:billing.cur 2026-11")
    assert done.aws_usd > 0
    for view in ("attributed", "spend_daily", "coverage_daily"):
        assert there.ask(f"from {view} order by all") == home.ask(f"from {view} order by all")


def test_an_unchanged_month_costs_no_query(athena: Server, home: Home) -> None:
    cur2(home.exports)
    home.configure(sources=SOURCE)
    home.sync()
    athena.executions.clear()
    again = home.sync()
    assert (again.read, again.unchanged, again.aws_usd) == ((), 2, 0)
    assert athena.statements == []


def test_only_the_month_that_was_rewritten_is_asked_for(athena: Server, home: Home) -> None:
    cur2(home.exports)
    home.configure(sources=SOURCE)
    home.sync()
    athena.executions.clear()
    later = [*BILL, bill.line("2026-11-02 09:00", 5)]
    bill.cur2(home.exports, later, parts=2)
    manifest = next(home.exports.rglob("*=2026-11/*-Manifest.json"))
    manifest.write_text(manifest.read_text() + "\n")
    estate.upload(home.exports)
    assert home.sync().read == ("athena:billing.cur 2026-11",)
    assert all("'2026-11'" in sql and "'2026-10'" not in sql for sql in athena.statements)
    assert home.ask("select sum(gross_usd) from attributed where day >= '2026-11-01'") == [(9,)]


def test_months_bounds_how_far_back_is_looked(athena: Server, tmp_path: Path) -> None:
    bill.cur2(
        tmp_path / "exports",
        [bill.line(f"{period}-03 00:00") for period in ("2025-09", "2026-09", "2026-11")],
    )
    estate.cur2(tmp_path / "exports")
    found = source(months=2).deliveries(reading(tmp_path))
    assert [delivery.partition for delivery in found] == ["2026-09", "2026-11"]


def test_a_new_column_of_the_table_reads_its_months_again(athena: Server, home: Home) -> None:
    bill.cur2(home.exports, BILL)
    estate.upload(home.exports)
    late = {name: kind for name, kind in estate.CUR2.items() if name != "line_item_iam_principal"}
    estate.table(late, estate.BY_PERIOD, "org-cur/data/")
    home.configure(sources=SOURCE)
    home.sync()
    assert "INCLUDE_IAM_PRINCIPAL_DATA" in home.ask("select notes from freshness")[0][0]
    boto3.client("glue").delete_table(DatabaseName="billing", Name="cur")
    estate.table(estate.CUR2, estate.BY_PERIOD, "org-cur/data/")
    assert len(home.sync().read) == 2
    assert home.ask("select notes from freshness") == [(None,)]
    assert home.ask("select count(*) from attributed where principal like '%role/Chat'") == [(1,)]


def test_a_table_that_somebody_else_fills_is_known_by_its_files(athena: Server, tmp_path: Path) -> None:
    bill.cur2(tmp_path / "exports", BILL)
    for manifest in tmp_path.rglob("*-Manifest.json"):
        manifest.unlink()
    estate.cur2(tmp_path / "exports")
    before = source().deliveries(reading(tmp_path))
    assert [delivery.partition for delivery in before] == ["2026-10", "2026-11"]
    bill.parquet(next(tmp_path.rglob("*=2026-11/*.parquet")), BILL[-1:] * 2)
    estate.upload(tmp_path / "exports")
    after = source().deliveries(reading(tmp_path))
    assert [a.signature == b.signature for a, b in zip(after, before, strict=True)] == [True, False]


class TestWithoutS3:
    """The role may not list the export's bucket: the catalogue tells which months there are."""

    @pytest.fixture(autouse=True)
    def refused(self, athena: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        bill.cur2(tmp_path / "exports", [*BILL, bill.line("2026-08-01 00:00")])
        estate.upload(tmp_path / "exports")
        with s3_door.before(athena.moto, {estate.BUCKET}) as url:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
            yield

    def partitions(self) -> None:
        estate.table(estate.CUR2, estate.BY_PERIOD, "org-cur/data/")
        boto3.client("glue").batch_create_partition(
            DatabaseName="billing",
            TableName="cur",
            PartitionInputList=[
                {"Values": [period], "StorageDescriptor": {"Location": f"s3://billing/x/{period}"}}
                for period in ("2026-08", "2026-10", "2026-11")
            ],
        )

    def changed(self, tmp_path: Path, later: timedelta) -> list[str]:
        then = {d.partition: d.signature for d in source().deliveries(reading(tmp_path))}
        now = {d.partition: d.signature for d in source().deliveries(reading(tmp_path, now=NOW + later))}
        return [period for period in now if now[period] != then[period]]

    def test_the_rows_are_the_same_and_what_is_unseen_is_said(self, tmp_path: Path) -> None:
        self.partitions()
        assert any("no s3:ListBucket" in note for note in notes(source(), reading(tmp_path)))
        mine, files = ledger(source(), reading(tmp_path)), ledger(Cur(path="exports"), reading(tmp_path))
        assert mine == files

    def test_open_months_are_asked_for_three_times_a_day(self, tmp_path: Path) -> None:
        self.partitions()
        assert self.changed(tmp_path, timedelta(minutes=30)) == []
        assert self.changed(tmp_path, timedelta(hours=8)) == ["2026-10", "2026-11"]

    def test_or_whenever_the_export_was_refreshed(self, athena: Server, tmp_path: Path) -> None:
        self.partitions()
        status = {"StatusCode": "HEALTHY", "LastRefreshedAt": datetime(2026, 11, 20, 3, tzinfo=UTC)}
        athena.exports = [{"ExportArn": ARN, "ExportName": "org-cur", "ExportStatus": status}]
        assert self.changed(tmp_path, timedelta(hours=8)) == []
        before = source().deliveries(reading(tmp_path))
        status["LastRefreshedAt"] = datetime(2026, 11, 20, 4, tzinfo=UTC)
        after = source().deliveries(reading(tmp_path))
        assert [a.signature == b.signature for a, b in zip(after, before, strict=True)] == [
            True,
            False,
            False,
        ]

    def test_projected_partitions_are_counted_from_the_calendar(self, tmp_path: Path) -> None:
        estate.table(
            estate.CUR2, estate.BY_PERIOD, "org-cur/data/", parameters={"projection.enabled": "true"}
        )
        found = source(months=2).deliveries(reading(tmp_path))
        assert [delivery.partition for delivery in found] == ["2026-09", "2026-10", "2026-11"]


def test_a_status_that_is_updating_leaves_the_report_for_the_next_sync(athena: Server, home: Home) -> None:
    legacy(home.exports)
    status = next(home.exports.rglob("status.parquet"))
    ready = status.read_bytes()
    with duckdb.connect() as con:
        con.sql("select 'UPDATING' as status").write_parquet(str(status))
    estate.upload(home.exports)
    home.configure(sources=SOURCE)
    assert "UPDATING" in home.sync().unreachable["athena:billing.cur"]
    assert not any("max(account_name)" in sql for sql in athena.statements)
    status.write_bytes(ready)
    estate.upload(home.exports)
    assert len(home.sync().read) == 2


def test_an_export_that_is_rewritten_while_it_is_read_is_left_for_the_next_sync(
    athena: Server, home: Home
) -> None:
    cur2(home.exports)
    home.configure(sources=SOURCE)

    def rewrite() -> None:
        bill.cur2(home.exports, [*BILL, bill.line("2026-10-07 00:00", 7)], parts=2)
        estate.upload(home.exports)

    athena.fates.append(Fate(then=rewrite))
    done = home.sync()
    assert "2026-10 was being rewritten" in done.unreachable["athena:billing.cur"]
    assert done.read == ("athena:billing.cur 2026-11",)
    assert "athena:billing.cur 2026-10" in home.sync().read
    assert home.ask("select sum(gross_usd) from attributed where day = '2026-10-07'") == [(7,)]


def no_such_table(root: Path, athena: Server) -> None:
    boto3.client("glue").delete_table(DatabaseName="billing", Name="cur")


def a_view(root: Path, athena: Server) -> None:
    no_such_table(root, athena)
    estate.table(estate.CUR2, {}, "")
    view = {"Name": "cur", "TableType": "VIRTUAL_VIEW", "StorageDescriptor": {"Columns": [], "Location": ""}}
    boto3.client("glue").update_table(DatabaseName="billing", TableInput=view)


def every_version_is_kept(root: Path, athena: Server) -> None:
    key = "prefix/org-cur/metadata/BILLING_PERIOD=2026-10/2026-10-05T010203Z-abc/org-cur-Manifest.json"
    boto3.client("s3").put_object(Bucket="billing", Key=key, Body=b"{}")


def no_partition(root: Path, athena: Server) -> None:
    athena.hidden.add("2026-10")


def nothing_delivered(root: Path, athena: Server) -> None:
    for item in boto3.client("s3").list_objects_v2(Bucket="billing")["Contents"]:
        boto3.client("s3").delete_object(Bucket="billing", Key=item["Key"])


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        pytest.param(no_such_table, AwsError, "no such table in AwsDataCatalog; check", id="no table"),
        pytest.param(a_view, SourceError, "is a view; name the table below it", id="a view"),
        pytest.param(
            every_version_is_kept, SourceError, "set its delivery to OVERWRITE_REPORT", id="versions kept"
        ),
        pytest.param(
            no_partition, AwsError, "its partition is missing; let the crawler run", id="no partition"
        ),
        pytest.param(
            nothing_delivered, AwsError, "no billing period since 2025-09", id="nothing delivered yet"
        ),
    ],
)
def test_a_table_that_would_tell_less_or_more_than_the_bill_is_refused(
    athena: Server, tmp_path: Path, wrong: Callable[[Path, Server], None], error: type[Exception], said: str
) -> None:
    cur2(tmp_path / "exports")
    wrong(tmp_path, athena)
    with pytest.raises(error, match=said):
        ledger(source(), reading(tmp_path))
