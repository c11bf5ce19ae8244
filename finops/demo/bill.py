"""The company's CUR 2.0 export: Parquet per billing period, and the manifest that says it is complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import duckdb

from finops import sqlfile
from finops.demo.activity import Measured, insert
from finops.demo.company import FLOWS, PAYER
from finops.demo.files import put
from finops.demo.meters import Meter, flow_meters, other_meters

EXPORT = "acme-bedrock"


class Withheld(NamedTuple):
    """Lines that AWS delivers a day late: those of `day` from `from_hour` on; None means any."""

    day: date
    from_hour: int
    billing_entity: str | None = None
    workload: str | None = None


class Fact(NamedTuple):
    """What the written lines of one day say, exactly; `kind` and `tokens` are None off token lines."""

    day: date
    workload: str
    model: str | None
    kind: str | None
    line_type: str
    tokens: int | None
    usd: Decimal


def write(
    con: duckdb.DuckDBPyConnection,
    root: Path,
    first: date,
    last: date,
    *,
    through: date,
    open_from: date,
    withheld: Sequence[Withheld],
) -> tuple[Fact, ...]:
    """Write what AWS has billed of `activity` by the end of `through`, and tell what it says.

    `first` and `last` are the days that activity spans. Periods that start before `open_from` carry
    an invoice.
    """
    meters = json.dumps([_priced(meter) for meter in _all_meters(con, first, last)])
    late = json.dumps([lines._asdict() for lines in withheld], default=str)
    con.execute(sqlfile.read("demo", "meters").sql, {"meters": meters})
    con.execute(sqlfile.read("demo", "lines").sql, {"through": through, "withheld": late})
    for start in _months(first, through):
        _write_period(
            con, root / EXPORT, start, invoice=start.strftime("%Y%m71") if start < open_from else None
        )
    return tuple(Fact(*row) for row in con.execute(sqlfile.read("demo", "facts").sql).fetchall())


def _all_meters(con: duckdb.DuckDBPyConnection, first: date, last: date) -> list[Meter]:
    """Those of the flows and, counted on as further flows with activity of their own, all others."""
    meters = list(flow_meters())
    for number, (meter, hours) in enumerate(other_meters(first, last), start=len(FLOWS)):
        insert(con, [Measured(number, hour, meter.measure, 1, 1) for hour in hours])
        meters.append(replace(meter, flow=number))
    return meters


def _priced(meter: Meter) -> dict[str, object]:
    """The price of one counted token or call is computed here: DuckDB divides decimals into doubles."""
    return {**asdict(meter), "usd_each": f"{Decimal(meter.usd) / meter.per_unit:f}"}


def _months(first: date, through: date) -> Iterator[date]:
    start = first.replace(day=1)
    while start <= through:
        yield start
        start = _next_month(start)


def _next_month(start: date) -> date:
    return (start + timedelta(days=31)).replace(day=1)


def _write_period(con: duckdb.DuckDBPyConnection, export: Path, start: date, invoice: str | None) -> None:
    partition = start.strftime("BILLING_PERIOD=%Y-%m")
    data = export / "data" / partition / f"{EXPORT}-00001.snappy.parquet"
    manifest = export / "metadata" / partition / f"{EXPORT}-Manifest.json"
    given = {"start": start, "end": _next_month(start), "payer": PAYER, "invoice": invoice}
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / data.name
        con.execute(sqlfile.read("demo", "bill").sql, {**given, "file": str(file)})
        put(data, file.read_bytes())
    put(manifest, json.dumps(_manifest(con, export.parent, data, start), indent=1).encode())


def _manifest(con: duckdb.DuckDBPyConnection, root: Path, data: Path, start: date) -> dict[str, object]:
    columns = con.execute(sqlfile.read("demo", "columns").sql, {"file": str(data)}).fetchall()
    return {
        "exportName": EXPORT,
        "executionId": hashlib.sha256(data.read_bytes()).hexdigest()[:32],
        "billingPeriod": {
            "start": start.strftime("%Y-%m-%dT00:00:00.000Z"),
            "end": _next_month(start).strftime("%Y-%m-%dT00:00:00.000Z"),
        },
        "contentType": "Parquet",
        "compression": "Parquet",
        "columns": [{"name": name, "type": kind} for name, kind in columns],
        "dataFiles": [data.relative_to(root).as_posix()],
    }
