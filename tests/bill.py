"""Billing files as AWS writes them, from a few words per line: real columns, layouts and manifests."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
PAYER, ACCOUNT = "999988887777", "111122223333"
MAP = "MAP(VARCHAR, VARCHAR)"
COLUMNS = {  # of a CUR 2.0 export, as far as any reader of Bedrock lines looks
    "bill_billing_entity": "VARCHAR",
    "bill_billing_period_start_date": "TIMESTAMP",
    "bill_invoice_id": "VARCHAR",
    "bill_payer_account_id": "VARCHAR",
    "cost_category": MAP,
    "identity_line_item_id": "VARCHAR",
    "line_item_currency_code": "VARCHAR",
    "line_item_iam_principal": "VARCHAR",
    "line_item_line_item_description": "VARCHAR",
    "line_item_line_item_type": "VARCHAR",
    "line_item_net_unblended_cost": "DOUBLE",
    "line_item_operation": "VARCHAR",
    "line_item_product_code": "VARCHAR",
    "line_item_resource_id": "VARCHAR",
    "line_item_unblended_cost": "DOUBLE",
    "line_item_usage_account_id": "VARCHAR",
    "line_item_usage_account_name": "VARCHAR",
    "line_item_usage_amount": "DOUBLE",
    "line_item_usage_start_date": "TIMESTAMP",
    "line_item_usage_type": "VARCHAR",
    "pricing_public_on_demand_cost": "DOUBLE",
    "pricing_unit": "VARCHAR",
    "product": MAP,
    "product_product_family": "VARCHAR",
    "product_region_code": "VARCHAR",
    "product_servicecode": "VARCHAR",
    "resource_tags": MAP,
    "tags": MAP,
}
CUR2_ONLY = ("line_item_iam_principal", "line_item_usage_account_name", "tags", "cost_category")
SHORT = {
    "account": "line_item_usage_account_id",
    "amount": "line_item_usage_amount",
    "code": "line_item_product_code",
    "currency": "line_item_currency_code",
    "invoice": "bill_invoice_id",
    "list_usd": "pricing_public_on_demand_cost",
    "net": "line_item_net_unblended_cost",
    "payer": "bill_payer_account_id",
    "principal": "line_item_iam_principal",
    "region": "product_region_code",
    "resource": "line_item_resource_id",
    "type": "line_item_line_item_type",
    "unit": "pricing_unit",
    "usage_type": "line_item_usage_type",
}


def line(
    at: str = "2026-10-05 10:00",
    usd: float | str = 1.0,
    *,
    resource_tags: Mapping[str, str] | None = None,
    other_tags: Mapping[str, str] | None = None,
    **columns: Any,
) -> Row:
    """A line of Claude Haiku input unless `columns` (AWS's names, or SHORT ones) say otherwise.

    `resource_tags` {"Workload": ...} land in both maps, each spelled as AWS spells it there;
    `other_tags` are keys of `tags` with their origin: `iamPrincipal/Team`.
    """
    own = resource_tags or {}
    row: Row = {
        "bill_billing_entity": "AWS",
        "bill_billing_period_start_date": f"{at[:7]}-01 00:00:00",
        "bill_payer_account_id": PAYER,
        "line_item_currency_code": "USD",
        "line_item_line_item_type": "Usage",
        "line_item_product_code": "AmazonBedrock",
        "line_item_operation": "InvokeModelInference",
        "line_item_unblended_cost": usd,
        "line_item_usage_account_id": ACCOUNT,
        "line_item_usage_account_name": "search-prod",
        "line_item_usage_amount": 1000.0,
        "line_item_usage_start_date": f"{at}:00",
        "line_item_usage_type": "USE1-Claude4.5Haiku-input-tokens",
        "pricing_unit": "1K tokens",
        "product": {"product_name": "Amazon Bedrock", "region": "us-east-1"},
        "product_product_family": "Amazon Bedrock",
        "product_region_code": "us-east-1",
        "product_servicecode": "AmazonBedrock",
        "resource_tags": {f"user_{_snake(k)}": v for k, v in own.items()},
        "tags": {f"resourceTags/{k}": v for k, v in own.items()} | dict(other_tags or {}),
        "cost_category": {},
    }
    given = {SHORT.get(name, name): value for name, value in columns.items()}
    unknown = given.keys() - COLUMNS.keys()
    assert not unknown, f"no such column: {unknown}"
    return row | given


def cur2(
    root: Path, rows: Iterable[Row], *, export: str = "org-cur", parts: int = 1, without: Collection[str] = ()
) -> Path:
    """A Data Export in Parquet: a directory a period, each with a manifest. Returns the first data file."""
    return _export(root, rows, export, parts, ".snappy.parquet", [c for c in COLUMNS if c not in without])


def cur2_csv(root: Path, rows: Iterable[Row], *, export: str = "org-cur", parts: int = 1) -> Path:
    """The same as CSV.gz: maps are JSON text, every value is text."""
    return _export(root, rows, export, parts, ".csv.gz", list(COLUMNS))


def _export(
    root: Path, rows: Iterable[Row], export: str, parts: int, suffix: str, columns: list[str]
) -> Path:
    written: list[Path] = []
    for period, lines in sorted(_by_period(rows).items()):
        directory = root / export / "data" / f"BILLING_PERIOD={period}"
        files = [directory / f"{export}-{part + 1:05d}{suffix}" for part in range(parts)]
        for part, file in enumerate(files):
            (parquet if suffix.endswith("parquet") else text)(file, lines[part::parts], columns)
        keys = [f"s3://bucket/prefix/{file.relative_to(root)}" for file in files]
        manifest(root / export / "metadata" / f"BILLING_PERIOD={period}", export, period, {"dataFiles": keys})
        written += files
    return written[0]


def legacy(root: Path, rows: Iterable[Row], *, report: str = "org-cur") -> Path:
    """Legacy CUR for Athena: flat columns, `year=/month=` directories, a status table beside them."""
    written: list[Path] = []
    for period, lines in sorted(_by_period(rows).items()):
        year, month = period.split("-")
        file = (
            root / report / report / f"year={year}" / f"month={int(month)}" / f"{report}-00001.snappy.parquet"
        )
        flat = [_flat(row) for row in lines]
        parquet(file, flat, sorted({name for row in flat for name in row}))
        key = f"prefix/{file.relative_to(root)}"
        manifest(root / report / _span(period), report, period, {"reportKeys": [key]}, name="reportName")
        written.append(file)
    status = root / report / "cost_and_usage_data_status" / "status.parquet"
    status.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        con.sql("select 'READY' as status").write_parquet(str(status))
    return written[0]


def legacy_csv(
    root: Path, rows: Iterable[Row], *, report: str = "org-cur", assembly: str = "20261102T010203Z"
) -> Path:
    """Legacy CUR for download: CSV.gz with `lineItem/...` headers under an assembly, two manifests."""
    written: list[Path] = []
    for period, lines in sorted(_by_period(rows).items()):
        directory = root / report / _span(period)
        file = directory / assembly / f"{report}-00001.csv.gz"
        flat = [
            {_header(name): value for name, value in _flat(row, tag="resourceTags/user:").items()}
            for row in lines
        ]
        text(file, flat, sorted({name for row in flat for name in row}))
        body = {"assemblyId": assembly, "reportKeys": [f"prefix/{file.relative_to(root)}"]}
        for place in (directory, directory / assembly):
            manifest(place, report, period, body, name="reportName")
        written.append(file)
    return written[0]


def manifest(
    directory: Path, export: str, period: str, body: Mapping[str, Any], name: str = "exportName"
) -> Path:
    start = (
        f"{period}-01T00:00:00.000Z" if name == "exportName" else f"{period.replace('-', '')}01T000000.000Z"
    )
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{export}-Manifest.json"
    path.write_text(json.dumps({name: export, "billingPeriod": {"start": start}} | dict(body)))
    return path


def parquet(file: Path, rows: Sequence[Row], columns: Sequence[str] | None = None, **options: Any) -> Path:
    """One Parquet file; a column that is not AWS's is text. `options` are DuckDB's of writing."""
    names = columns or sorted({name for row in rows for name in row})
    structure = {name: COLUMNS.get(name, "VARCHAR") for name in names}
    file.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps([{name: row.get(name) for name in names} for row in rows])
    with duckdb.connect() as con:
        lines = con.sql(
            "select unnest(from_json(?, ?), max_depth := 2)", params=[content, json.dumps([structure])]
        )
        lines.write_parquet(str(file), **({"compression": "snappy"} | options))
    return file


def text(file: Path, rows: Sequence[Row], columns: Sequence[str] | None = None) -> Path:
    names = columns or sorted({name for row in rows for name in row})
    file.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(names)
        for row in rows:
            values = [row.get(name) for name in names]
            writer.writerow(
                [json.dumps(v) if isinstance(v, dict) else "" if v is None else v for v in values]
            )
    return file


def _flat(row: Row, tag: str = "resource_tags_user_") -> Row:
    """Maps as columns, and nothing that only CUR 2.0 has."""
    flat = {
        name: value for name, value in row.items() if not isinstance(value, dict) and name not in CUR2_ONLY
    }
    flat["product_product_name"] = row["product"].get("product_name")
    flat["product_region"] = flat.pop("product_region_code")
    flat.pop("product_product_family")
    for key, value in row["tags"].items():
        origin, _, name = key.partition("/")
        if origin == "resourceTags":
            flat[tag + (name if tag.endswith(":") else _snake(name))] = value
    return flat


def _header(name: str) -> str:
    """`line_item_usage_type` -> `lineItem/UsageType`."""
    if "/" in name:
        return name
    category = next(c for c in ("bill", "identity", "line_item", "pricing", "product") if name.startswith(c))
    words = "".join(word.capitalize() for word in name.removeprefix(category + "_").split("_"))
    return f"{'lineItem' if category == 'line_item' else category}/{words}"


def _snake(key: str) -> str:
    """AWS's spelling of a tag key in `resource_tags` and in legacy columns."""
    spaced = re.sub(r"([A-Z])", r"_\1", re.sub(r"[^A-Za-z0-9]", "_", key))
    return re.sub(r"_+", "_", spaced).strip("_").lower()


def _by_period(rows: Iterable[Row]) -> dict[str, list[Row]]:
    periods: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        periods[row["bill_billing_period_start_date"][:7]].append(row)
    return periods


def _span(period: str) -> str:
    year, month = map(int, period.split("-"))
    following = (year + month // 12, month % 12 + 1)
    return f"{year}{month:02d}01-{following[0]}{following[1]:02d}01"
