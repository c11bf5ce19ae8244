"""The narrow export: AWS takes it, and the bill read from it is the bill."""

from __future__ import annotations

import json
import re
from pathlib import Path

import botocore.session
import duckdb
import pytest
from bill import COLUMNS, cur2, line
from botocore.validate import ParamValidator
from home import Home

from finops.setup import export
from finops.sources.cur import spelling

TO = export.Destination(bucket="ours", prefix="bills/bedrock")
MARKETPLACE = {
    "bill_billing_entity": "AWS Marketplace",
    "line_item_product_code": "abc123opaque",
    "product": {"product_name": "Claude Sonnet 4.5 (Amazon Bedrock Edition)"},
}


def test_aws_takes_the_call() -> None:
    service = botocore.session.get_session().get_service_model("bcm-data-exports")
    shape = service.operation_model("CreateExport").input_shape
    assert not ParamValidator().validate({"Export": export.definition(TO)}, shape).has_errors()


def test_every_column_that_is_read_is_exported() -> None:
    wanted = {spelled[0] for spelled in spelling.COLUMNS.values()}
    selected = set(re.findall(r"\w+", export.statement()))
    assert wanted <= selected
    assert {f"product_{field}" for field in spelling.PRODUCT} <= selected


def test_the_statement_is_in_the_dialect_of_data_exports() -> None:
    assert "\n" not in export.statement()
    assert not re.search(
        r"\w\(|\*|\[|\bIN\b|\bLIKE\b", export.statement().replace("COST_AND_USAGE_REPORT", "")
    )


def narrow(wide: Path, to: Path) -> None:
    """What AWS would write for the statement, from the full export's files."""
    sql = re.sub(r"product\.(\w+) AS", r"product['\1'] AS", export.statement())
    with duckdb.connect() as con:
        con.read_parquet(f"{wide}/**/*.parquet", hive_partitioning=False).create_view("COST_AND_USAGE_REPORT")
        to.parent.mkdir(parents=True)
        con.sql(sql).write_parquet(str(to))


def test_the_narrow_export_tells_the_same_bill(tmp_path: Path) -> None:
    assert set(COLUMNS) >= {"resource_tags", "tags", "cost_category"}
    full, ours = Home(tmp_path / "full"), Home(tmp_path / "narrow")
    cur2(full.exports, [
        line("2026-11-05 10:00", "1.5", amount=500, resource_tags={"Workload": "search", "Team": "web"}),
        line("2026-11-05 11:00", "2.5", amount=100, principal="arn:aws:sts::111122223333:assumed-role/Chat/s"),
        line("2026-11-05 12:00", "4", amount=1, **MARKETPLACE),
        line("2026-11-05 12:00", "8", line_item_product_code="AmazonEC2", product_product_family="Compute Instance",
             product_servicecode="AmazonEC2", product={}),
    ])  # fmt: skip
    narrow(full.exports, ours.exports / "BILLING_PERIOD=2026-11" / "bedrock-00001.snappy.parquet")
    told = "select * exclude (collision) from attributed order by all"
    full.sync()
    ours.sync()
    assert full.ask(told) == ours.ask(told)
    assert full.ask("select sum(gross_usd) from attributed") == [(8,)]


@pytest.mark.parametrize("as_json", [True, False], ids=["for a program", "for a person"])
def test_the_command_prints_it(tmp_path: Path, as_json: bool) -> None:
    options = ["--json"] if as_json else []
    done = Home(tmp_path / "home").run(
        *options, "init", "--export", "--bucket", "ours", "--prefix", "bills/bedrock"
    )
    assert done.returncode == 0, done.stderr
    if as_json:
        assert json.loads(done.stdout) == export.definition(TO)
    else:
        assert export.statement() in done.stdout
        assert "aws bcm-data-exports create-export --region us-east-1 --export '{" in done.stdout
