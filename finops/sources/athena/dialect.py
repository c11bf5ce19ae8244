"""Statements for Athena, whose dialect is Trino's: a file of queries/athena/ over relations that are put before it.

The files are SQL as it stands, over relations with our column names; nothing is replaced inside them. What differs
from table to table (which columns there are, of which type, how it is partitioned) is in the relation:

    table = Table(database="billing", name="cur", columns={"line_item_usage_type": "string", ...},
                  partitions={"billing_period": "string"})
    cur = lines(table, "2026-10")
    render("usage", cur=cur)                                   a SELECT that any Trino runs
    render("control", cur=cur, codes=values("code", codes))
    unload(render("usage", cur=cur), "s3://bucket/place/")     Athena's own: the same into Parquet

Identifiers cannot be bound, so they come from the table's metadata and are quoted; what a column is absent for is
NULL, as in the embedded reader (finops/sources/spelling.py).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Value
from finops.sources.cur import spelling

_PERIOD = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")
_INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint")
_NO_MAP = "cast(null as map(varchar, varchar))"


class Table(Value):
    """A table as the data catalogue describes it; types are Hive's (`map<string,string>`)."""

    database: str
    name: str
    columns: Mapping[str, str]
    partitions: Mapping[str, str] = {}


def render(statement: str, **relations: str) -> str:
    """queries/athena/<statement>.sql with its relations before it."""
    named = ",\n".join(f"{name} as (\n{select}\n)" for name, select in relations.items())
    return f"with {named}\n{sqlfile.read('athena', statement).sql}"


def unload(select: str, location: str) -> str:
    """The same rows, written to an empty place of S3. Nothing may stand before the first word."""
    return f"unload (\n{select}\n)\nto {text(location)}\nwith (format = 'PARQUET', compression = 'SNAPPY')"


def lines(
    table: Table, period: str, *, tag_columns: Collection[str] = (), cost_categories: bool = False
) -> str:
    """One billing period of a Cost and Usage Report: COLUMNS, PRODUCT and MAPS of spelling.

    All scalars are text but the two instants, which are UTC without a zone.
    """
    names = spelling.by_normal_name(list(table.columns))
    absent = [
        spelling.COLUMNS[ours][0]
        for ours in spelling.REQUIRED
        if spelling.first(names, spelling.COLUMNS[ours]) is None
    ]
    if absent:
        raise SourceError(
            f"athena: {table.database}.{table.name} has no column {', '.join(absent)}: not a Cost and Usage "
            "Report with line items; check `database` and `table`"
        )
    selected = {
        **{ours: _scalar(table, names, ours) for ours in spelling.COLUMNS},
        **{field: _product(table, names, field) for field in spelling.PRODUCT},
        **{which: _map(table, names, which, tag_columns) for which in spelling.MAPS},
    }
    if not cost_categories:
        selected["cost_category"] = _NO_MAP
    columns = ",\n".join(f"    {expression} as {ours}" for ours, expression in selected.items())
    return f"select\n{columns}\nfrom {place(table)}\nwhere {in_period(table, period)}"


def values(name: str, given: Iterable[str]) -> str:
    """A relation of one text column."""
    rows = ", ".join(f"({text(value)})" for value in given)
    return f"select {name} from (values {rows or '(cast(null as varchar))'}) as given ({name})"


def only(table: Table, column: str) -> str:
    """One column of a table without partitions."""
    return f"select {identifier(column)} as {column} from {place(table)}"


def place(table: Table) -> str:
    return f"{identifier(table.database)}.{identifier(table.name)}"


def in_period(table: Table, period: str) -> str:
    """The filter on the partition, typed as the partition is: another type scans everything, or fails."""
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise SourceError(f"athena: {period!r} is no billing period; expected YYYY-MM")
    year, month = found["year"], found["month"]
    if "billing_period" in table.partitions:
        return f"{identifier('billing_period')} = {text(period)}"
    if {"year", "month"} <= table.partitions.keys():
        months = sorted({month, month.lstrip("0")})  # AWS writes 7 and 07
        return f"{among(table, 'year', [year])} and {among(table, 'month', months)}"
    raise SourceError(
        f"athena: {table.database}.{table.name} is partitioned by {', '.join(table.partitions) or 'nothing'}, so "
        "every query would scan all of it; name the table that AWS's own template makes, partitioned by "
        "billing_period (CUR 2.0) or year and month (legacy), and not a view"
    )


def identifier(name: str) -> str:
    if re.search(r'["`\x00-\x1f]', name):
        raise SourceError(
            f"athena: the name {name!r} holds a quote or a control character; rename it in the catalogue"
        )
    return f'"{name}"'


def text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def among(table: Table, column: str, allowed: list[str]) -> str:
    numeric = table.partitions[column] in _INTEGERS
    written = sorted({str(int(value)) for value in allowed}) if numeric else [text(v) for v in allowed]
    return f"{identifier(column)} in ({', '.join(written)})"


def _scalar(table: Table, names: dict[str, str], ours: str) -> str:
    column = spelling.first(names, spelling.COLUMNS[ours])
    instant = ours in ("period_start", "usage_start")
    if column is None:
        return f"cast(null as {'timestamp' if instant else 'varchar'})"
    quoted = identifier(column)
    if not instant:
        return _as_text(table, column)
    if table.columns[column].startswith(("timestamp", "date")):
        return f"cast({quoted} as timestamp)"
    return f"cast(from_iso8601_timestamp(nullif({quoted}, '')) as timestamp)"


def _as_text(table: Table, column: str) -> str:
    quoted = identifier(column)
    return quoted if table.columns[column] == "string" else f"cast({quoted} as varchar)"


def _product(table: Table, names: dict[str, str], field: str) -> str:
    flat = spelling.first(names, (f"product_{field}", *([field] if field == "product_name" else [])))
    if flat is not None:
        return _as_text(table, flat)
    if "product" not in names:
        return "cast(null as varchar)"
    return f"element_at({_as_map(table, names['product'])}, {text(field)})"


def _map(table: Table, names: dict[str, str], which: str, tag_columns: Collection[str]) -> str:
    if which in names:
        return _as_map(table, names[which])
    flat = spelling.flattened(names, which, tag_columns)
    if not flat:
        return _NO_MAP
    keys = ", ".join(text(key) for key in flat)
    columns = ", ".join(_as_text(table, column) for column in flat.values())
    return f"map(array[{keys}], array[{columns}])"


def _as_map(table: Table, column: str) -> str:
    """A map, or what a CSV export has for one: JSON."""
    quoted = identifier(column)
    if table.columns[column].startswith("map<"):
        return quoted
    return f"cast(json_parse(nullif({quoted}, '')) as map(varchar, varchar))"
