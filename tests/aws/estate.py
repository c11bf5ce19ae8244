"""A bill in S3 with its table in Glue, out of what tests/bill.py writes to a directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import bill
import boto3

BUCKET, DATABASE, TABLE = "billing", "billing", "cur"
OUTPUT = "s3://results/finops/"
HIVE = {"VARCHAR": "string", "TIMESTAMP": "timestamp", "DOUBLE": "double", bill.MAP: "map<string,string>"}
CUR2 = {name: HIVE[kind] for name, kind in bill.COLUMNS.items()}
BY_PERIOD = {"billing_period": "string"}
BY_MONTH = {"year": "string", "month": "string"}
LOG = {  # of a table over the invocation log, without bodies
    "schematype": "string",
    "timestamp": "string",
    "accountid": "string",
    "region": "string",
    "requestid": "string",
    "operation": "string",
    "modelid": "string",
    "errorcode": "string",
    "requestmetadata": "map<string,string>",
    "identity": "struct<arn:string>",
    "performanceconfig": "struct<latency:string>",
    "input": "struct<inputtokencount:bigint,cachereadinputtokencount:bigint,cachewriteinputtokencount:bigint>",
    "output": "struct<outputtokencount:bigint>",
}


def legacy_columns(*tags: str) -> dict[str, str]:
    """Of bill.legacy: flat, and without what only CUR 2.0 has."""
    flat = {n: k for n, k in CUR2.items() if not k.startswith("map") and n not in bill.CUR2_ONLY}
    flat = {n: k for n, k in flat.items() if n not in ("product_product_family", "product_region_code")}
    named = dict.fromkeys(("product_product_name", "product_region"), "string")
    return flat | named | {f"resource_tags_user_{tag}": "string" for tag in tags}


def upload(root: Path) -> None:
    """Every file below `root`, under the same name."""
    s3 = boto3.client("s3")
    there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in {BUCKET, "results"} - there:
        s3.create_bucket(Bucket=bucket)
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        s3.upload_file(str(file), BUCKET, f"prefix/{file.relative_to(root).as_posix()}")


def table(
    columns: Mapping[str, str],
    partitions: Mapping[str, str],
    location: str,
    *,
    name: str = TABLE,
    parameters: Mapping[str, str] | None = None,
) -> None:
    glue = boto3.client("glue")
    if DATABASE not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}:
        glue.create_database(DatabaseInput={"Name": DATABASE})
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                "Location": f"s3://{BUCKET}/prefix/{location}",
            },
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in partitions.items()],
            "Parameters": dict(parameters or {}),
        },
    )


def cur2(root: Path, columns: Mapping[str, str] | None = None) -> None:
    upload(root)
    table(CUR2 if columns is None else columns, BY_PERIOD, "org-cur/data/")


def legacy(root: Path, *tags: str) -> None:
    upload(root)
    table(legacy_columns(*tags), BY_MONTH, "org-cur/org-cur/")
    table({"status": "string"}, {}, "org-cur/cost_and_usage_data_status/", name="cost_and_usage_data_status")


def results() -> list[str]:
    """What is left where results go."""
    return sorted(
        item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket="results").get("Contents", [])
    )
