"""Inside the sandbox: one process, one statement, then gone. `finops.sandbox` starts it.

Stdin brings the request as JSON; stdout takes one JSON line about the answer, then the answer.
Exit code SAID means that stderr holds a sentence for the person who asked. Only the standard
library and DuckDB are imported: start-up is most of a short query's time.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import math
import os
import resource
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import duckdb
from duckdb.sqltypes import VARCHAR, DuckDBPyType

SAID = 3
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
LISTINGS = frozenset({'"tables"', "__show_tables_expanded"})  # SHOW TABLES, DESCRIBE
INTEGERS = frozenset({"tinyint", "smallint", "integer", "bigint", "hugeint"})
EXACT_IN_JSON = INTEGERS | {f"u{kind}" for kind in INTEGERS} | {"boolean", "float", "double"}
TOO_WIDE_FOR_PARQUET = frozenset({"hugeint", "uhugeint"})  # DuckDB would write them as DOUBLE
THREADS = 4  # each takes address space, which is limited


class Refused(Exception):
    """The statement asks for more than reading the ledger."""


def relations(con: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """The published views, by name, with their one-line description."""
    return dict(
        con.execute(
            "select view_name, comment from duckdb_views()"
            " where not internal and schema_name = 'main' order by view_name"
        ).fetchall()
    )


class Gate:
    """What a statement may name: the file's own tables and views, its own CTEs, three table functions.

    The tree is DuckDB's, so that what is checked is what runs: no second parser to disagree with.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.views = list(relations(con))
        tables = con.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        self.known = frozenset(name.lower() for name in (*self.views, *(name for (name,) in tables)))

    def check(self, sql: str) -> None:
        found = self.con.extract_statements(sql)  # not duckdb's: IMPORT DATABASE is read while it is parsed
        kinds = [statement.type.name for statement in found]
        if kinds != ["SELECT"]:
            what = ", ".join(kinds) or "empty"
            raise Refused(f"only one SELECT statement is run here, and this is {what}")
        if found[0].named_parameters:
            name = min(found[0].named_parameters)
            raise Refused(f"the parameter ${name} has no value here; write the value in its place")
        [(tree,)] = self.con.execute("select json_serialize_sql($sql)", {"sql": found[0].query}).fetchall()
        parsed = json.loads(tree)
        if parsed["error"]:
            raise Refused(f"only a SELECT is run here: {parsed['error_message']}")
        self._walk(parsed["statements"], frozenset())

    def _walk(self, node: Any, ctes: frozenset[str]) -> None:
        if isinstance(node, list):
            for item in node:
                self._walk(item, ctes)
        elif isinstance(node, dict):
            ctes = self._common_tables(node, ctes)
            self._allow(node, ctes)
            for key, value in node.items():
                own = key == "right" and node.get("type") == "RECURSIVE_CTE_NODE"
                if key != "cte_map":
                    self._walk(value, ctes | {node["cte_name"].lower()} if own else ctes)

    def _common_tables(self, node: Mapping[str, Any], ctes: frozenset[str]) -> frozenset[str]:
        """Each CTE sees those before it; only what follows sees it. A wider scope would be a hole."""
        for entry in (node.get("cte_map") or {}).get("map", ()):
            self._walk(entry["value"], ctes)
            ctes |= {entry["key"].lower()}
        return ctes

    def _allow(self, node: Mapping[str, Any], ctes: frozenset[str]) -> None:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            self._table(_place(node), ctes)
        elif kind == "SHOW_REF" and node.get("table_name"):
            if node["table_name"] not in LISTINGS:
                self._table(_place(node), ctes)
        elif kind == "TABLE_FUNCTION":
            name = node["function"]["function_name"].lower()
            if name not in TABLE_FUNCTIONS:
                allowed = ", ".join(sorted(TABLE_FUNCTIONS))
                raise Refused(f"the table function {name} is not allowed here; only {allowed} are")
        elif isinstance(kind, str) and kind.endswith("_NODE") and kind not in QUERY_NODES:
            raise Refused(f"{kind.split('_')[0]} inside a query changes data, and the ledger is read-only")

    def _table(self, place: list[str], ctes: frozenset[str]) -> None:
        *schema, name = (part.lower() for part in place)
        if (not schema and name in ctes) or (schema in ([], ["main"]) and name in self.known):
            return
        near = difflib.get_close_matches(name, self.views, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        asked = ".".join(place)
        raise Refused(f"the ledger has no view {asked}{hint} Its views: {', '.join(self.views) or 'none'}")


def _place(node: Mapping[str, Any]) -> list[str]:
    """The parts of a table's name, outermost first. Since 2.0 a name may have more than three."""
    path = (node.get("qualified_name") or {}).get("path")
    parts = path or [node.get("catalog_name"), node.get("schema_name"), node["table_name"]]
    return [part for part in parts if part]


def confine(memory_mb: int, seconds: float) -> None:
    """Limits that hold whatever SQL does: DuckDB's own are passed by one large string or list."""
    with contextlib.suppress(ValueError):  # macOS has no such limit; DuckDB's memory_limit remains
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    cpu = math.ceil(seconds * THREADS) + 1  # ends an orphan; the parent watches the wall clock
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no byte reaches a file; a pipe is none
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def connect(path: str, memory_mb: int, pipe: int) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(
        path,
        read_only=True,
        config={
            "memory_limit": f"{memory_mb * 3 // 4}MB",  # leaves room for a clean error below RLIMIT_AS
            "temp_directory": "",
            "threads": str(min(THREADS, os.cpu_count() or 1)),
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    con.execute("attach ':memory:' as scratch (read_write)")
    con.execute(f"set allowed_paths = ['/dev/fd/{pipe}']")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def answer(con: duckdb.DuckDBPyConnection, sql: str, rows: int) -> tuple[duckdb.DuckDBPyRelation, bool]:
    """The whole answer in memory, before its first byte leaves, and whether rows were cut off."""
    con.sql(sql).limit(rows + 1).create("scratch.answer")
    full = con.table("scratch.answer")
    [(count,)] = full.count("*").fetchall()
    return full.limit(rows), count > rows


def plain(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Everything that JSON has no exact form for becomes DuckDB's own text: decimals, dates, blobs ..."""
    return _cast(relation, [_plain_type(column_type) for column_type in relation.types])


def _plain_type(column_type: DuckDBPyType) -> DuckDBPyType:
    kind = column_type.id
    if kind in EXACT_IN_JSON:
        return column_type
    if kind not in ("list", "array", "struct", "map"):
        return VARCHAR
    inner = {
        name: _plain_type(child) for name, child in column_type.children if isinstance(child, DuckDBPyType)
    }
    if kind == "struct":
        return duckdb.struct_type(inner)
    return duckdb.map_type(VARCHAR, inner["value"]) if kind == "map" else duckdb.list_type(inner["child"])


def parquet_ready(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Sums of integers stay exact: DECIMAL(38,0), which every Parquet reader knows."""
    exact = duckdb.decimal_type(38, 0)
    return _cast(relation, [exact if kind.id in TOO_WIDE_FOR_PARQUET else kind for kind in relation.types])


def _cast(relation: duckdb.DuckDBPyRelation, types: list[DuckDBPyType]) -> duckdb.DuckDBPyRelation:
    """By position: DuckDB 1.5 parses a column's name, and `count(*)` is one."""
    columns = zip(relation.columns, types, strict=True)
    return relation.select(
        *(duckdb.SQLExpression(f"#{at}").cast(kind).alias(name) for at, (name, kind) in enumerate(columns, 1))
    )


def save(relation: duckdb.DuckDBPyRelation, target: str, file_format: str) -> None:
    """Streamed: what the engine holds in memory does not grow with the rows."""
    if file_format == "parquet":
        parquet_ready(relation).write_parquet(target, compression="zstd")
    elif file_format == "csv":
        relation.write_csv(target, header=True)
    else:
        place = target.replace("'", "''")
        plain(relation).query("saved", f"copy (from saved) to '{place}' (format json, array true)")


def _say(message: str) -> NoReturn:
    os.write(2, message[:4000].encode())  # less than a pipe holds: the parent reads it last
    raise SystemExit(SAID)


def _respond(request: Mapping[str, Any], pipe: int) -> None:
    con = connect(request["path"], request["memory_mb"], pipe)
    Gate(con).check(request["sql"])
    relation, cut = answer(con, request["sql"], request["rows"])
    head = {"columns": relation.columns, "types": [str(kind) for kind in relation.types], "cut": cut}
    with open(pipe, "wb", closefd=False) as out:
        out.write(json.dumps(head).encode() + b"\n")
        if request["format"] == "rows":
            for row in plain(relation).fetchall():
                out.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    if request["format"] != "rows":
        save(relation, f"/dev/fd/{pipe}", request["format"])


def main() -> None:
    request = json.load(sys.stdin)
    pipe = os.dup(1)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # DuckDB may draw a progress bar on stdout
    confine(request["memory_mb"], request["seconds"])
    try:
        _respond(request, pipe)
    except (MemoryError, duckdb.OutOfMemoryException):
        _say(f"the query needs more than its {request['memory_mb']} MB of memory; ask for less at once")
    except RecursionError:
        _say("the statement is nested too deeply; split it into CTEs")
    except (Refused, duckdb.Error) as exc:
        _say(str(exc))
