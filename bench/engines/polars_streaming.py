"""polars, lazily, on its streaming engine."""

from __future__ import annotations

import polars as pl

from bench.engines import DAILY, EDITION, NATIVE, arguments

KEYS = ("hour", "account_id", "region", "usage_type", "resource_id", "principal", "workload", "team", "environment",
        "cost_center", "product_name", "unit", "line_type", "currency")  # fmt: skip


def tag(key: str) -> pl.Expr:
    return pl.col("resource_tags").map.get(f"user_{key}").fill_null("untagged").alias(key)


def ledger(files: str) -> pl.LazyFrame:
    name = pl.col("product").map.get("product_name")
    marketplace = (pl.col("bill_billing_entity") == "AWS Marketplace") & name.str.contains(
        EDITION, literal=True
    )
    return (
        pl.scan_parquet(files, glob=True, hive_partitioning=False)
        .filter(pl.col("line_item_product_code").is_in(NATIVE) | marketplace)
        .select(
            pl.col("line_item_usage_start_date").dt.truncate("1h").alias("hour"),
            pl.col("line_item_usage_account_id").alias("account_id"),
            pl.col("product_region_code").alias("region"),
            pl.col("line_item_usage_type").alias("usage_type"),
            pl.col("line_item_resource_id").alias("resource_id"),
            pl.col("line_item_iam_principal").alias("principal"),
            *map(tag, ("workload", "team", "environment", "cost_center")),
            name.str.replace(f" {EDITION}", "", literal=True).alias("product_name"),
            pl.col("pricing_unit").alias("unit"),
            pl.col("line_item_line_item_type").alias("line_type"),
            pl.col("line_item_currency_code").alias("currency"),
            pl.col("line_item_usage_amount").alias("amount"),
            pl.col("line_item_unblended_cost").alias("gross_usd"),
            pl.col("line_item_net_unblended_cost").alias("net_usd"),
            pl.col("pricing_public_on_demand_cost").alias("list_usd"),
        )
        .group_by(KEYS)
        .agg(pl.len().alias("lines"), pl.col("amount", "gross_usd", "net_usd", "list_usd").sum())
        .sort("hour")
    )


def daily(lines: pl.DataFrame) -> pl.DataFrame:
    usage_type = pl.col("usage_type")
    kind: pl.Expr = pl.lit("other")
    for name in ("output", "input", "cache_write", "cache_read"):  # the last match wins
        pattern = "(?i)" + name.replace("_", "-?") + ("" if "_" in name else "-?token")
        said = (pl.col("line_type") == "Usage") & usage_type.str.contains(pattern)
        kind = pl.when(said).then(pl.lit(name)).otherwise(kind)
    native = usage_type.str.extract("^[A-Z0-9]+-(.+?)-(?:input|output|cache)")
    tokens = pl.col("amount") * pl.when(pl.col("unit") == "1K tokens").then(1e3).otherwise(1e6)
    return (
        lines.with_columns(
            pl.col("hour").dt.date().alias("day"),
            kind.alias("kind"),
            pl.when(pl.col("product_name") == "Amazon Bedrock")
            .then(native)
            .otherwise("product_name")
            .alias("model"),
        )
        .with_columns(pl.when(pl.col("kind") == "other").then(0.0).otherwise(tokens).alias("tokens"))
        .group_by(DAILY)
        .agg(pl.col("gross_usd").sum().alias("usd"), pl.col("tokens").sum())
        .sort(DAILY)
    )


def main() -> None:
    files, out = arguments()
    lines = ledger(files).collect(engine="streaming")
    lines.write_parquet(out / "ledger.parquet", compression="zstd")
    daily(lines).write_parquet(out / "daily.parquet", compression="zstd")


if __name__ == "__main__":
    main()
