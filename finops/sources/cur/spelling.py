"""One set of columns for every shape of billing file.

CUR 2.0 keeps tags and product metadata in maps, legacy CUR and narrow exports flatten them to columns,
CSV writes maps as JSON and everything as text. `normalise` gives each of them the same columns under
the same names; what a file does not have is NULL, and `missing` says what that makes impossible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
from duckdb import CoalesceOperator, ColumnExpression, ConstantExpression, Expression, FunctionExpression

from finops.errors import SourceError

# our name -> AWS's spellings, first wins
COLUMNS = {
    "period_start": ("bill_billing_period_start_date",),
    "usage_start": ("line_item_usage_start_date",),
    "payer_account_id": ("bill_payer_account_id",),
    "account_id": ("line_item_usage_account_id",),
    "account_name": ("line_item_usage_account_name",),
    "product_code": ("line_item_product_code",),
    "billing_entity": ("bill_billing_entity",),
    "invoice_id": ("bill_invoice_id",),
    "usage_type": ("line_item_usage_type",),
    "operation": ("line_item_operation",),
    "description": ("line_item_line_item_description",),
    "line_type": ("line_item_line_item_type",),
    "resource_id": ("line_item_resource_id",),
    "principal": ("line_item_iam_principal",),
    "amount": ("line_item_usage_amount",),
    "gross": ("line_item_unblended_cost",),
    "net": ("line_item_net_unblended_cost",),
    "list": ("pricing_public_on_demand_cost",),
    "currency": ("line_item_currency_code",),
    "unit": ("pricing_unit",),
    "product_family": ("product_product_family",),
    "service_code": ("product_servicecode",),
    "region": ("product_region_code", "product_region"),
}
REQUIRED = ("usage_start", "account_id", "product_code", "usage_type", "line_type", "gross")
PRODUCT = ("product_name", "provider", "model", "inference_type", "feature")
MAPS = ("resource_tags", "tags", "cost_category")
_FLAT_TAGS = re.compile(r"^(?:resource_tags?_)?(?P<user>user_.+)$|^resource_tags?_(?P<other>.+)$")
_CSV_TAGS = re.compile(r"^resourceTags/(?P<key>[^\x1f]+)")
_FLAT_TAGS_MAP = re.compile(
    r"^tags_(?P<origin>resource_tags|iam_principal|account_tag|user_attribute)_(?P<key>.+)$"
)
_ORIGINS = {
    "resource_tags": "resourceTags/",
    "iam_principal": "iamPrincipal/",
    "account_tag": "accountTag/",
    "user_attribute": "userAttribute/",
}
CONSEQUENCES = {
    "principal": "no line_item_iam_principal: nobody can be named by who called; "
    "set INCLUDE_IAM_PRINCIPAL_DATA=TRUE on the export",
    "tags": "no tags column: tags of IAM principals and accounts are unseen; add `tags` to the export's SELECT",
    "resource_id": "no line_item_resource_id: profiles cannot be told apart; set INCLUDE_RESOURCES=TRUE",
    "net": "no line_item_net_unblended_cost: net is taken as unblended",
}


class TagColumns(NamedTuple):
    """The file's own names of what tells a line's tags; of `maps` by our names for them."""

    code: str
    gross: str
    maps: Mapping[str, str]


def header(name: str) -> str:
    """AWS's own rule from a CSV header to a column name: `lineItem/UsageType` -> `line_item_usage_type`."""
    spaced = re.sub(r"([A-Z])", r"_\1", re.sub(r"[^A-Za-z0-9]", "_", name))
    return re.sub(r"_+", "_", spaced).strip("_").lower()


def normalise(
    file: duckdb.DuckDBPyRelation, *, unread: Collection[str] = (), tag_keys: Collection[str] = ()
) -> duckdb.DuckDBPyRelation:
    """The columns of COLUMNS, PRODUCT and MAPS; a map named in `unread` costs nothing and is NULL.

    `tag_keys`: columns of a narrow export that bear a bare tag name, such as `workload`.
    """
    names = by_normal_name(file.columns)
    types = {name: str(kind) for name, kind in zip(file.columns, file.types, strict=True)}
    absent = [COLUMNS[c][0] for c in REQUIRED if first(names, COLUMNS[c]) is None]
    if absent:
        raise SourceError(f"has no column {', '.join(absent)}: not a Cost and Usage Report with line items")
    scalars = [_scalar(names, ours, spellings) for ours, spellings in COLUMNS.items()]
    metadata = [_product(names, types, field, read="product" not in unread) for field in PRODUCT]
    maps = [_null_map(m) if m in unread else _map(names, types, m, tag_keys) for m in MAPS]
    return file.select(*_place(names), *scalars, *metadata, *maps)


def cells(file: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """What `normalise` would read, before any cast: COLUMNS, and maps that are JSON text."""
    names = by_normal_name(file.columns)
    types = {name: str(kind) for name, kind in zip(file.columns, file.types, strict=True)}
    scalars = [_scalar(names, ours, spellings) for ours, spellings in COLUMNS.items()]
    texts = {m: names[m] for m in ("product", *MAPS) if m in names and not types[names[m]].startswith("MAP")}
    maps = [_scalar(texts, m, (m,)) for m in ("product", *MAPS)]
    return file.select(*scalars, *maps)


def tag_columns(
    file: duckdb.DuckDBPyRelation, unread: Collection[str], tag_keys: Collection[str]
) -> TagColumns | None:
    """None where the tags to read are not in maps of text, or the columns beside them not as AWS writes them."""
    names = by_normal_name(file.columns)
    types = {name: str(kind) for name, kind in zip(file.columns, file.types, strict=True)}
    read = [m for m in MAPS if m not in unread and (m in names or flattened(names, m, tag_keys))]
    code, gross = (first(names, COLUMNS[column]) for column in ("product_code", "gross"))
    if not read or any(m not in names or types[names[m]] != "MAP(VARCHAR, VARCHAR)" for m in read):
        return None
    if not code or types[code] != "VARCHAR" or not gross or types[gross] != "DOUBLE":
        return None
    return TagColumns(code, gross, {m: names[m] for m in read})


def spelled(columns: Sequence[str], ours: str) -> str:
    """The file's own name of the column that we call `ours`."""
    return first(by_normal_name(columns), COLUMNS.get(ours, (ours,))) or ours


def missing(columns: Sequence[str]) -> list[str]:
    """What this file cannot answer, in words for a person."""
    names = by_normal_name(columns)
    lacking = [c for c in ("principal", "resource_id", "net") if first(names, COLUMNS[c]) is None]
    if "tags" not in names and not any(_FLAT_TAGS_MAP.match(n) for n in names):
        lacking.append("tags")
    return [CONSEQUENCES[c] for c in lacking]


def maps(columns: Sequence[str]) -> set[str]:
    """Which maps the file has as maps (or as JSON), rather than flattened to columns."""
    return {"product", *MAPS} & by_normal_name(columns).keys()


def by_normal_name(columns: Sequence[str]) -> dict[str, str]:
    """Keys that AWS's rule makes equal (`user:CostCenter`, `user:cost-center`) stay apart, by a number."""
    names: dict[str, str] = {}
    for column in columns:
        name = header(column)
        while name in names:
            name += "_"
        names[name] = column
    return names


def first(names: dict[str, str], spellings: Sequence[str]) -> str | None:
    return next((names[s] for s in spellings if s in names), None)


def _text(value: str | None) -> Expression:
    return ConstantExpression(value).cast(_type("VARCHAR"))


def _type(name: str) -> Any:
    return duckdb.type(name)


def _scalar(names: dict[str, str], ours: str, spellings: Sequence[str]) -> Expression:
    column = first(names, spellings)
    value = ColumnExpression(column) if column else _text(None)
    if ours == "product_code":  # compared with codes: a line without one is a line, too
        value = CoalesceOperator(value, ConstantExpression(""))
    return value.alias(ours)


def _place(names: dict[str, str]) -> list[Expression]:
    """The file of a line, and what makes a line of Parquet the same in another scan, whatever its order."""
    place = [ColumnExpression(names[name]) for name in ("filename", "file_row_number") if name in names]
    file = [place[0].alias("file")] if place else []
    return [*file, FunctionExpression("hash", *place).alias("line")] if len(place) == 2 else file


def _product(names: dict[str, str], types: dict[str, str], field: str, *, read: bool) -> Expression:
    flat = first(names, (f"product_{field}", *([field] if field == "product_name" else [])))
    if flat is not None:
        return ColumnExpression(flat).alias(field)
    if "product" not in names or not read:
        return _text(None).alias(field)
    source = _as_map(ColumnExpression(names["product"]), types[names["product"]])
    return FunctionExpression("map_extract_value", source, ConstantExpression(field)).alias(field)


def _map(names: dict[str, str], types: dict[str, str], which: str, tag_keys: Collection[str]) -> Expression:
    if which in names:
        return _as_map(ColumnExpression(names[which]), types[names[which]]).alias(which)
    flat = flattened(names, which, tag_keys)
    if not flat:
        return _null_map(which)
    keys = FunctionExpression("list_value", *(ConstantExpression(k) for k in flat))
    values = FunctionExpression(
        "list_value", *(ColumnExpression(c).cast(_type("VARCHAR")) for c in flat.values())
    )
    return FunctionExpression("map", keys, values).alias(which)


def flattened(names: dict[str, str], which: str, tag_keys: Collection[str]) -> dict[str, str]:
    """Key -> column, of a map that is spread over columns."""
    if which == "resource_tags":
        return _flat_resource_tags(names, tag_keys)
    if which == "tags":
        return _flat_tags(names)
    return {n.removeprefix("cost_category_"): c for n, c in names.items() if n.startswith("cost_category_")}


def _null_map(which: str) -> Expression:
    return ConstantExpression(None).cast(_type("MAP(VARCHAR, VARCHAR)")).alias(which)


def _as_map(column: Expression, kind: str) -> Expression:
    if kind.startswith("MAP"):
        return column
    empty_is_null = FunctionExpression("nullif", column, ConstantExpression(""))
    return empty_is_null.cast(_type("JSON")).cast(_type("MAP(VARCHAR, VARCHAR)"))


def _flat_resource_tags(names: dict[str, str], tag_keys: Collection[str]) -> dict[str, str]:
    found = {n: c for n, c in names.items() if n in tag_keys}
    for name, column in names.items():
        match = _CSV_TAGS.match(column) or _FLAT_TAGS.match(name)
        if match is None:
            continue
        key = next(filter(None, match.groups()))
        while key in found:  # two columns, one key: both are kept, and both are looked up
            key += "_"
        found[key] = column
    return found


def _flat_tags(names: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, column in names.items():
        match = _FLAT_TAGS_MAP.match(name)
        if match:
            found[_ORIGINS[match["origin"]] + match["key"]] = column
    return found
