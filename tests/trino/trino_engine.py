"""What runs a statement behind tests/aws/athena_server.py: Trino, over the objects of a Glue table.

The statement runs as it came, but for Athena's UNLOAD, which no Trino has: that is `create table as` at the same place,
in the same format.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import urlparse

import athena_engine
import boto3
import sqlglot
from athena_engine import Done, Failure, Rows
from sqlglot import exp
from trino_client import Answer, Trino, TrinoError
from trino_server import METASTORE

RESULTS = "results"  # the schema of what was unloaded


class TrinoEngine:
    def __init__(self, trino: Trino) -> None:
        self.trino = trino
        self.attached: dict[tuple[str, str], list[str]] = {}
        boto3.client("s3").create_bucket(Bucket=urlparse(METASTORE).netloc)
        self._schema(RESULTS)

    def run(self, sql: str, hidden: Collection[str], execution: str, output: str) -> Done:
        """As athena_engine.run, but that the catalogue has every partition."""
        assert not hidden
        unload = athena_engine.UNLOAD.fullmatch(sql.strip())
        select = unload["select"] if unload else sql
        try:
            for table in _tables(select):
                self.attach(table.db, table.name)
            if unload:
                return self._unload(select, unload["place"], execution, output)
            answer = self.trino.run(select)
        except TrinoError as exc:
            raise Failure(str(exc)) from exc
        return Done(_as_aws(answer), answer.scanned)

    def attach(self, database: str, name: str) -> None:
        """The Glue table as Trino's, with the partitions that S3 has now."""
        steps = _definition(database, name)
        if self.attached.get((database, name)) == steps:
            return
        self._schema(database)
        for step in steps:
            self.trino.run(step)
        self.attached[database, name] = steps

    def _schema(self, name: str) -> None:
        self.trino.run(f"create schema if not exists \"{name}\" with (location = '{METASTORE}{name}/')")

    def _unload(self, select: str, place: str, execution: str, output: str) -> Done:
        table = f'"{RESULTS}"."{execution}"'
        answer = self.trino.run(
            f"create table {table} with (format = 'PARQUET', external_location = '{place}') as\n{select}"
        )
        self.trino.run(f"drop table {table}")  # the files stay: they are not Trino's own
        where = urlparse(place)
        found = boto3.client("s3").list_objects_v2(Bucket=where.netloc, Prefix=where.path.lstrip("/"))
        written = [f"s3://{where.netloc}/{item['Key']}" for item in found.get("Contents", []) if item["Size"]]
        return Done(Rows(), answer.scanned, athena_engine.manifest(written, execution, output))


def _definition(database: str, name: str) -> list[str]:
    """What makes a Glue table Trino's."""
    metadata = athena_engine.described(database, name)
    place, keys = metadata["Parameters"]["location"], [key["Name"] for key in metadata["PartitionKeys"]]
    typed = [f'"{c["Name"]}" {_type(c["Type"])}' for c in metadata["Columns"] + metadata["PartitionKeys"]]
    options = [f"external_location = '{place}'", *([f"partitioned_by = {_array(keys)}"] if keys else [])]
    return [
        f'drop table if exists "{database}"."{name}"',
        f'create table "{database}"."{name}" ({", ".join(typed)}) with (format = \'PARQUET\', {", ".join(options)})',
        *(
            f"call system.register_partition('{database}', '{name}', {_array(keys)}, {_array(values)}, '{where}')"
            for values, where in _partitions(place, keys).items()
        ),
    ]


def _tables(select: str) -> list[exp.Table]:
    """Only which tables a statement reads is asked of sqlglot."""
    found = sqlglot.parse_one(select, read="athena").find_all(exp.Table)
    return list({(table.db, table.name): table for table in found if table.db}.values())


def _partitions(place: str, keys: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Values -> directory, as AWS names it: `BILLING_PERIOD=2026-10/`, `year=2026/month=7/`."""
    where = urlparse(place)
    pattern = "".join(f"{key}=([^/]+)/" for key in keys)
    found = {}
    for item in boto3.client("s3").list_objects_v2(Bucket=where.netloc, Prefix=where.path.lstrip("/"))[
        "Contents"
    ]:
        key = f"s3://{where.netloc}/{item['Key']}"
        if keys and (match := re.match(re.escape(place) + f"(?i:{pattern})", key)):
            found[match.groups()] = match[0]
    return found


def _array(values: Iterable[str]) -> str:
    return f"array[{', '.join(map(repr, values))}]"


def _type(hive: str) -> str:
    """Hive's name of a type -> Trino's."""
    if hive == "string":
        return "varchar"
    if hive == "timestamp":
        return "timestamp(3)"
    if of := re.fullmatch(r"map<(.+),(.+)>", hive):
        return f"map({_type(of[1])}, {_type(of[2])})"
    return hive


def _as_aws(answer: Answer) -> Rows:
    columns: list[dict[str, Any]] = []
    for name, kind in answer.columns:
        decimal = re.fullmatch(r"decimal\((\d+), ?(\d+)\)", kind)
        column: dict[str, Any] = {"Name": name, "Type": kind.partition("(")[0]}
        columns.append(column | ({"Precision": int(decimal[1]), "Scale": int(decimal[2])} if decimal else {}))
    return Rows(columns, answer.rows)
