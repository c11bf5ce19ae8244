"""Tables over generated bills: in S3, and described in Glue as AWS's own templates describe them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import bill
import duckdb
import estate
import odd_bill
import pyarrow.parquet
from bill import Row

HIVE = estate.HIVE | {"MAP(VARCHAR, DOUBLE)": "map<string,double>"}
OPTIONAL = tuple(
    name
    for name in bill.COLUMNS
    if name
    not in (
        "line_item_usage_start_date",
        "line_item_usage_account_id",
        "line_item_product_code",
        "line_item_usage_type",
        "line_item_line_item_type",
        "line_item_unblended_cost",
        "product",
    )
)


def described(file: Path) -> dict[str, str]:
    """The columns of a Parquet file, as a crawler finds them."""
    with duckdb.connect() as con:
        found = con.read_parquet(str(file))
        return {name.lower(): HIVE[str(kind)] for name, kind in zip(found.columns, found.types, strict=True)}


def cur2(root: Path) -> None:
    bill.cur2(root, odd_bill.lines())
    estate.cur2(root)


def doubles(root: Path) -> None:
    bill.cur2(root, odd_bill.doubles(3000))
    estate.cur2(root)


def optional_columns_absent(root: Path) -> None:
    bill.cur2(root, odd_bill.lines(), without=OPTIONAL)
    estate.cur2(root, {name: kind for name, kind in estate.CUR2.items() if name not in OPTIONAL})


def columns_younger_than_the_file(root: Path) -> None:
    """The table has columns that a file of before does not have, and in another order."""
    bill.cur2(root, odd_bill.lines(), without=OPTIONAL)
    estate.cur2(root, dict(reversed(estate.CUR2.items())))


def int96(root: Path) -> None:
    """Instants as Spark has always written them."""
    for file in _written(bill.cur2, root, odd_bill.lines()):
        rows = pyarrow.parquet.read_table(file)
        pyarrow.parquet.write_table(rows, file, use_deprecated_int96_timestamps=True)
    estate.cur2(root)


def decimals(root: Path) -> None:
    """Costs as decimals, in a table that somebody has made anew."""
    cost = "line_item_unblended_cost"
    for file in _written(bill.cur2, root, odd_bill.lines()):
        _rewrite(file, {cost: f"{cost}::decimal(38, 15)"})
    estate.cur2(root, estate.CUR2 | {cost: "decimal(38,15)"})


def text(root: Path) -> None:
    """Everything as text and maps as JSON, as over a CSV export."""
    written = {
        "timestamp": "strftime({}, '%Y-%m-%dT%H:%M:%S.000Z')",
        "map<string,string>": "to_json({})::varchar",
    }
    for file in _written(bill.cur2, root, odd_bill.lines()):
        _rewrite(
            file, {name: written.get(kind, "{}::varchar").format(name) for name, kind in estate.CUR2.items()}
        )
    estate.cur2(root, dict.fromkeys(estate.CUR2, "string"))


def legacy(root: Path) -> None:
    """Tag columns have AWS's spelling; a tag that no line of the month has is a column of the table alone."""
    files = _written(bill.legacy, root, odd_bill.flat_lines())
    columns = {name: kind for file in files for name, kind in described(file).items()}
    _legacy_table(root, columns | {"resource_tags_user_o'clock": "string"}, estate.BY_MONTH)


def legacy_partitioned_by_numbers(root: Path) -> None:
    files = _written(bill.legacy, root, odd_bill.flat_lines())
    _legacy_table(root, described(files[0]), {"year": "int", "month": "int"})


def _legacy_table(root: Path, columns: Mapping[str, str], partitions: Mapping[str, str]) -> None:
    estate.upload(root)
    estate.table(columns, partitions, "org-cur/org-cur/")
    estate.table(
        {"status": "string"}, {}, "org-cur/cost_and_usage_data_status/", name="cost_and_usage_data_status"
    )


def _written(write: Callable[..., Path], root: Path, lines: list[Row]) -> list[Path]:
    write(root, lines)
    return sorted(root.rglob("*.snappy.parquet"))


def _rewrite(file: Path, replaced: Mapping[str, str]) -> None:
    columns = ", ".join(f"{expression} as {name}" for name, expression in replaced.items())
    with duckdb.connect() as con:
        rows = con.read_parquet(str(file)).to_arrow_table()
        con.from_arrow(rows).query("lines", f"select * replace ({columns}) from lines").write_parquet(
            str(file)
        )
