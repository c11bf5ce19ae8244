"""What runs a statement behind tests/aws/athena_server.py: sqlglot and DuckDB, over the objects of a Glue table."""

from __future__ import annotations

import os
import re
import tempfile
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pyarrow.parquet
import sqlglot
from botocore.exceptions import ClientError
from sqlglot import exp

CATALOG = "AwsDataCatalog"
UNLOAD = re.compile(
    r"unload \((?P<select>.*)\)\s+to '(?P<place>[^']+)'\s+with \((?P<options>.*)\)", re.I | re.S
)
SPELLED = {  # names of the invocation log, which JSON has in AWS's case and the catalogue in none
    name.lower(): name
    for name in (
        "schemaType", "timestamp", "accountId", "region", "requestId", "operation", "modelId", "identity", "arn",
        "input", "requestMetadata", "performanceConfig", "latency", "errorCode", "inputTokenCount",
        "cacheReadInputTokenCount", "cacheWriteInputTokenCount", "output", "outputTokenCount",
    )
}  # fmt: skip
TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "map<string,string>": "MAP(VARCHAR, VARCHAR)",
    "int": "INTEGER",
}


class Failure(Exception):
    """Why a statement is FAILED, in Athena's manner."""


@dataclass
class Rows:
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def as_aws(self) -> list[dict[str, Any]]:
        """A header row, then text; NULL is a datum without a value."""
        if not self.columns:
            return []
        head = [tuple(column["Name"] for column in self.columns)]
        return [
            {"Data": [{} if value is None else {"VarCharValue": _written(value)} for value in row]}
            for row in [*head, *self.rows]
        ]


@dataclass
class Done:
    rows: Rows
    scanned: int
    manifest: str | None = None


def run(sql: str, hidden: Collection[str], execution: str, output: str) -> Done:
    unload = UNLOAD.fullmatch(sql.strip())
    with duckdb.connect() as con, tempfile.TemporaryDirectory() as copies:
        con.execute("set timezone = 'UTC'")
        try:
            parsed = sqlglot.parse_one(unload["select"] if unload else sql, read="athena")
            scanned = sum(_attach(con, table, Path(copies), sql, hidden) for table in _tables(parsed))
            result = con.sql(parsed.transform(_as_duckdb).sql(dialect="duckdb"))
        except (
            sqlglot.errors.ParseError,
            duckdb.ParserException,
            duckdb.BinderException,
            duckdb.CatalogException,
        ) as exc:
            raise Failure(f"SYNTAX_ERROR: line 1:1: {str(exc).splitlines()[0]}") from exc
        except duckdb.Error as exc:
            raise Failure(f"GENERIC_INTERNAL_ERROR: {str(exc).splitlines()[0]}") from exc
        if unload is None:
            return Done(Rows(_described(result), result.fetchall()), scanned)
        return Done(Rows(), scanned, _unload(result, unload["place"], execution, output))


def described(database: str, name: str) -> dict[str, Any]:
    """A table as GetTableMetadata tells it, out of Glue."""
    try:
        table = boto3.client("glue").get_table(DatabaseName=database, Name=name)["Table"]
    except ClientError as exc:
        raise Failure(f"Entity Not Found: {database}.{name}") from exc
    storage = table["StorageDescriptor"]
    return {
        "Name": table["Name"],
        "TableType": table.get("TableType", "EXTERNAL_TABLE"),
        "Columns": [{"Name": c["Name"], "Type": c["Type"]} for c in storage["Columns"]],
        "PartitionKeys": [{"Name": c["Name"], "Type": c["Type"]} for c in table.get("PartitionKeys", [])],
        "Parameters": table.get("Parameters", {}) | {"location": storage["Location"]},
    }


def _s3() -> Any:
    """The service's own way to S3, whatever the caller may do there."""
    return boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def _tables(parsed: exp.Expression) -> list[exp.Table]:
    ours = {cte.alias for cte in parsed.find_all(exp.CTE)}
    found = {
        (table.db, table.name): table
        for table in parsed.find_all(exp.Table)
        if table.db or table.name not in ours
    }
    return list(found.values())


def _attach(
    con: duckdb.DuckDBPyConnection, table: exp.Table, copies: Path, sql: str, hidden: Collection[str]
) -> int:
    """The table as a view of its objects, by its partitions; how many bytes the named ones have."""
    metadata = described(table.db, table.name)
    bucket, _, prefix = metadata["Parameters"]["location"].removeprefix("s3://").partition("/")
    s3, scanned = _s3(), 0
    parts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    keys = [key["Name"] for key in metadata["PartitionKeys"]]
    for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix.rstrip("/") + "/").get("Contents", []):
        values = tuple(re.findall(rf"(?i)/{key}=([^/]+)/", item["Key"])[-1] for key in keys)
        if not hidden.isdisjoint(values) or not all(f"'{value}'" in sql for value in values):
            continue
        copy = copies / uuid.uuid4().hex / item["Key"]
        copy.parent.mkdir(parents=True)
        s3.download_file(bucket, item["Key"], str(copy))
        parts[values].append(str(copy))
        scanned += item["Size"]
    selects = [
        _select(con, files, metadata["Columns"], dict(zip(keys, values, strict=True)))
        for values, files in parts.items()
    ] or [_nothing([*metadata["Columns"], *metadata["PartitionKeys"]])]
    con.execute(f'create schema if not exists "{table.db}"')
    con.execute(f'create view "{table.db}"."{table.name}" as {" union all ".join(selects)}')
    return scanned


def _select(
    con: duckdb.DuckDBPyConnection, files: list[str], columns: list[dict[str, str]], part: dict[str, str]
) -> str:
    """Columns are found by name; what a file lacks is NULL, what the table does not know is unseen."""
    if files[0].endswith(".json.gz"):
        return _select_json(files, columns, part)
    there = {name.lower() for name in con.read_parquet(files, union_by_name=True).columns}  # type: ignore[arg-type]
    named = [
        f"""{f'"{c["Name"]}"' if c["Name"] in there else "NULL"}::{_type(c["Type"])} as "{c["Name"]}\""""
        for c in columns
    ]
    named += [f"""'{value}' as "{key}\"""" for key, value in part.items()]
    return f"select {', '.join(named)} from read_parquet({files}, union_by_name = true)"


def _select_json(files: list[str], columns: list[dict[str, str]], part: dict[str, str]) -> str:
    """As a JSON SerDe does that knows no case and takes a broken line for one of NULLs."""
    types = {SPELLED[column["Name"]]: _type(column["Type"]) for column in columns}
    named = "".join(f""", '{value}' as "{key}\"""" for key, value in part.items())
    how = f"format = 'newline_delimited', ignore_errors = true, columns = {types}"
    return f'select * exclude (filename), filename as "$path"{named} from read_json({files}, filename = true, {how})'


def _nothing(columns: list[dict[str, str]]) -> str:
    named = ", ".join(f"""NULL::{_type(c["Type"])} as "{c["Name"]}\"""" for c in columns)
    return f"""select {named}, NULL::VARCHAR as "$path" where false"""


def _type(hive: str) -> str:
    struct = re.fullmatch(r"struct<(.*)>", hive)
    if struct:
        members = (member.split(":") for member in struct[1].split(","))
        return f"STRUCT({', '.join(f'{SPELLED[name]} {_type(kind)}' for name, kind in members)})"
    return TYPES.get(hive, hive.upper())


def _as_duckdb(node: exp.Expression) -> exp.Expression:
    """Where sqlglot passes Trino's functions on as they are, or takes `$1` for text."""
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    if isinstance(node, exp.RegexpReplace):
        node.set("replacement", exp.Literal.string(re.sub(r"\$(\d)", r"\\\1", node.args["replacement"].this)))
    if name in ("transform_keys", "transformkeys", "map_filter", "mapfilter"):
        given, function = [argument for argument in node.iter_expressions()][:2]
        return sqlglot.parse_one(_over_entries(name, given, function), read="duckdb")
    return node


def _over_entries(name: str, given: exp.Expression, function: exp.Expression) -> str:
    """Trino's functions of a map, as functions of DuckDB's list of its entries."""
    key, value = (identifier.name for identifier in function.expressions)
    body = function.this.transform(
        lambda n: (
            sqlglot.parse_one({key: "e.key", value: "e.value"}[n.name], read="duckdb")
            if isinstance(n, exp.Column | exp.Identifier | exp.Dot)
            and n.name in (key, value)
            and not n.args.get("table")
            else n
        )
    ).sql(dialect="duckdb")
    entries = f"map_entries({given.transform(_as_duckdb).sql(dialect='duckdb')})"
    if "filter" in name:
        return f"map_from_entries(list_filter({entries}, lambda e: {body}))"
    return (
        f"map_from_entries(list_transform({entries}, lambda e: struct_pack(key := {body}, value := e.value)))"
    )


def _unload(result: duckdb.DuckDBPyRelation, place: str, execution: str, output: str) -> str | None:
    """Parquet as Athena writes it: instants as INT96, names without an ending; nothing where there are no rows."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    s3 = _s3()
    if s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("KeyCount"):
        raise Failure(f"HIVE_PATH_ALREADY_EXISTS: Target directory for table already exists: {place}")
    rows = result.to_arrow_table()
    halves = [rows.slice(0, len(rows) // 2), rows.slice(len(rows) // 2)]
    written = []
    for half in filter(len, halves):
        key = f"{prefix}20261121_090000_00001_abcde_{uuid.uuid4()}"
        with tempfile.NamedTemporaryFile() as file:
            pyarrow.parquet.write_table(half, file.name, use_deprecated_int96_timestamps=True)
            s3.upload_file(file.name, bucket, key)
        written.append(f"s3://{bucket}/{key}")
    return manifest(written, execution, output)


def manifest(written: list[str], execution: str, output: str) -> str | None:
    """Where it stands that these files were written, if there is a place for it."""
    if not output:
        return None
    s3 = _s3()
    bucket, _, prefix = output.removeprefix("s3://").partition("/")
    s3.put_object(Bucket=bucket, Key=f"{prefix}{execution}-manifest.csv", Body="\n".join(written).encode())
    s3.put_object(Bucket=bucket, Key=f"{prefix}{execution}.metadata", Body=b"")
    return f"{output}{execution}-manifest.csv"


def _described(result: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    columns = []
    for name, kind, *_ in result.description:
        kind = str(kind).lower()
        decimal = re.match(r"decimal\((\d+), ?(\d+)\)", kind)
        column = {"Name": name, "Type": "decimal" if decimal else {"hugeint": "bigint"}.get(kind, kind)}
        if decimal:
            column |= {"Precision": int(decimal[1]), "Scale": int(decimal[2])}
        columns.append(column)
    return columns


def _written(value: Any) -> str:
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d %H:%M:%S}.000"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
