"""pandas with care: file by file, only the columns needed, only the lines that may be Bedrock's."""

from __future__ import annotations

from glob import glob

import pandas as pd

from bench.engines import DAILY, EDITION, NATIVE, arguments

COLUMNS = {
    "line_item_usage_start_date": "hour",
    "line_item_usage_account_id": "account_id",
    "product_region_code": "region",
    "line_item_usage_type": "usage_type",
    "line_item_resource_id": "resource_id",
    "line_item_iam_principal": "principal",
    "line_item_product_code": "product_code",
    "pricing_unit": "unit",
    "line_item_line_item_type": "line_type",
    "line_item_currency_code": "currency",
    "line_item_usage_amount": "amount",
    "line_item_unblended_cost": "gross_usd",
    "line_item_net_unblended_cost": "net_usd",
    "pricing_public_on_demand_cost": "list_usd",
    "product": "product",
    "resource_tags": "resource_tags",
}
TAGS = ("workload", "team", "environment", "cost_center")
SUMS = ["amount", "gross_usd", "net_usd", "list_usd"]
MAYBE = [[("line_item_product_code", "in", NATIVE)], [("bill_billing_entity", "==", "AWS Marketplace")]]


def read(file: str) -> pd.DataFrame:
    lines = pd.read_parquet(file, columns=list(COLUMNS), filters=MAYBE).rename(columns=COLUMNS)
    lines["product_name"] = lines.pop("product").map(lambda entries: dict(entries).get("product_name", ""))
    keep = lines["product_code"].isin(NATIVE) | lines["product_name"].str.contains(EDITION, regex=False)
    lines = lines[keep].copy()
    tags = lines.pop("resource_tags").map(lambda entries: dict(entries) if entries is not None else {})
    for tag in TAGS:
        lines[tag] = tags.map(lambda entry, key=f"user_{tag}": entry.get(key, "untagged"))
    lines["hour"] = lines["hour"].dt.floor("h")
    return lines


def ledger(files: list[str]) -> pd.DataFrame:
    lines = pd.concat(map(read, files), ignore_index=True)
    keys = [column for column in lines.columns if column not in SUMS]
    grouped = lines.groupby(keys, dropna=False)
    return grouped[SUMS].sum().assign(lines=grouped.size()).reset_index().sort_values("hour")


def daily(lines: pd.DataFrame) -> pd.DataFrame:
    usage_type, usage = lines["usage_type"], lines["line_type"] == "Usage"
    kind = pd.Series("other", index=lines.index)
    for name in ("output", "input", "cache_write", "cache_read"):  # the last match wins
        pattern = "(?i)" + name.replace("_", "-?") + ("" if "_" in name else "-?token")
        kind[usage & usage_type.str.contains(pattern)] = name
    native = usage_type.str.extract("^[A-Z0-9]+-(.+?)-(?:input|output|cache)", expand=False)
    sold = lines["product_name"].str.replace(f" {EDITION}", "", regex=False)
    return (
        lines.assign(
            day=lines["hour"].dt.date,
            kind=kind,
            model=native.where(sold == "Amazon Bedrock", sold),
            usd=lines["gross_usd"],
            tokens=(lines["amount"] * lines["unit"].map({"1K tokens": 1e3}).fillna(1e6)).where(
                kind != "other", 0
            ),
        )
        .groupby(list(DAILY), dropna=False)[["usd", "tokens"]]
        .sum()
        .reset_index()
    )


def main() -> None:
    files, out = arguments()
    lines = ledger(sorted(glob(files, recursive=True)))
    lines.to_parquet(out / "ledger.parquet", compression="zstd", index=False)
    daily(lines).to_parquet(out / "daily.parquet", compression="zstd", index=False)


if __name__ == "__main__":
    main()
