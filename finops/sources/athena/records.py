"""The invocation log's part of a statement for Athena: queries/athena/calls.sql runs over `records`.

    records(table, date(2026, 11, 19), wanted=("Workload",))

The table is over AWS's JSON lines, in a JSON SerDe's types: names in lower case, `input`, `output`, `identity` and
`performanceconfig` as structs. Bodies are never selected, and the table need not have them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

from finops.errors import SourceError
from finops.sources.athena import dialect
from finops.sources.athena.dialect import Table, identifier, text

SCALARS = {  # our name -> AWS's, in lower case
    "schema_type": "schematype",
    "account_id": "accountid",
    "region": "region",
    "request": "requestid",
    "operation": "operation",
    "model_id": "modelid",
    "service_tier": "servicetier",
    "error": "errorcode",
}
MEMBERS = {
    "caller": ("identity", "arn"),
    "latency": ("performanceconfig", "latency"),
    "input_tokens": ("input", "inputtokencount"),
    "cache_read_tokens": ("input", "cachereadinputtokencount"),
    "cache_write_tokens": ("input", "cachewriteinputtokencount"),
    "output_tokens": ("output", "outputtokencount"),
}
REQUIRED = ("schematype", "timestamp", "modelid", "input", "output")
_NO_BODIES = (
    "\"$path\" not like '%/data/%'"  # bodies above 100 KB stand beside the records, in files of their own
)
MOST_TOKENS = 1_000_000_000  # above any call: a count beyond is none


def records(table: Table, day: date, *, wanted: Collection[str], day_format: str = "") -> str:
    """One day's records. `wanted`: metadata keys, in any spelling; `day_format` is that of the partition `day`."""
    absent = [name for name in REQUIRED if name not in table.columns]
    if absent:
        raise SourceError(
            f"athena: {table.database}.{table.name} has no column {', '.join(absent)}: not a table of invocation logs; "
            "docs/configuration.md has its DDL"
        )
    selected = {ours: _scalar(table, theirs) for ours, theirs in SCALARS.items()}
    for ours, (column, member) in MEMBERS.items():
        found = _member(table, column, member)
        selected[ours] = _tokens(found) if ours.endswith("_tokens") else f"cast({found or 'null'} as varchar)"
    selected["called_at"] = _instant()
    selected["metadata"] = _metadata(table, wanted)
    columns = ",\n".join(f"    {expression} as {ours}" for ours, expression in selected.items())
    where = f"{_on_day(table, day, day_format)}\n    and {_NO_BODIES}"
    return f"select\n{columns}\nfrom {dialect.place(table)}\nwhere {where}"


def _scalar(table: Table, column: str) -> str:
    there = column in table.columns or column in table.partitions
    return f"cast({identifier(column) if there else 'null'} as varchar)"


def _member(table: Table, column: str, member: str) -> str | None:
    kind = table.columns.get(column, "")
    if not re.search(rf"(?:^struct<|,){member}:", kind):
        return None
    return f"{identifier(column)}.{identifier(member)}"


def _tokens(found: str | None) -> str:
    if found is None:
        return "cast(null as bigint)"
    return f"case when {found} between 0 and {MOST_TOKENS} then cast({found} as bigint) end"


def _instant() -> str:
    """A time that does not end in Z is not UTC for sure."""
    at = identifier("timestamp")
    return (
        f"case when {at} like '%Z' then try_cast(replace(replace({at}, 'T', ' '), 'Z', '') as timestamp) end"
    )


def _metadata(table: Table, wanted: Collection[str]) -> str:
    if not wanted or not table.columns.get("requestmetadata", "").startswith("map<"):
        return "cast(map() as map(varchar, varchar))"
    keys = ", ".join(text(key) for key in sorted({_same(key) for key in wanted}))
    same = r"lower(regexp_replace(regexp_replace(k, '^user[:_]', ''), '[^\p{L}\p{N}]', ''))"
    kept = f"contains(array[{keys}], {same}) and trim(v) <> ''"
    given = f"coalesce({identifier('requestmetadata')}, cast(map() as map(varchar, varchar)))"
    return f"map_filter({given}, (k, v) -> {kept})"


def _same(key: str) -> str:
    """As queries/attribution/same_key.sql."""
    return "".join(c for c in re.sub("^user[:_]", "", key) if c.isalnum()).lower()


def _on_day(table: Table, day: date, day_format: str) -> str:
    keys: Mapping[str, str] = table.partitions
    if {"year", "month", "day"} <= keys.keys():
        parts = {"year": f"{day:%Y}", "month": f"{day:%m}", "day": f"{day:%d}"}
        return " and ".join(
            dialect.among(table, key, sorted({part, part.lstrip("0")})) for key, part in parts.items()
        )
    if "day" in keys:
        spelled = [f"{day:%Y-%m-%d}" if "-" in day_format else f"{day:%Y/%m/%d}"]
        return dialect.among(table, "day", spelled)
    raise SourceError(
        f"athena: {table.database}.{table.name} is partitioned by {', '.join(keys) or 'nothing'}, so every query would "
        "scan the whole log; docs/configuration.md has its DDL, partitioned by day"
    )
