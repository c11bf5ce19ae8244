"""`finops sql`: any SELECT, sandboxed. `finops export`: a whole view as files."""

from __future__ import annotations

import contextlib
import csv
import difflib
import json
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import duckdb
import typer

from finops.commands.context import Context
from finops.errors import ConfigError, QueryError
from finops.ledger import Ledger
from finops.messages.text import one_line
from finops.pipeline import published
from finops.sandbox import parent
from finops.sandbox.child import relations, save

app = typer.Typer()


class Format(StrEnum):
    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


FILES: dict[Format, parent.FileFormat] = {Format.csv: "csv", Format.parquet: "parquet"}


class FileFormat(StrEnum):
    parquet = "parquet"
    csv = "csv"
    json = "json"


As = Annotated[Format | None, typer.Option("--format", help="By default what -o ends in, else table.")]
To = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Replaced whole, or not at all.")
]
Limit = Annotated[int, typer.Option(min=1, help="Rows.")]
Seconds = Annotated[float, typer.Option(min=0.1, help="Then the query is stopped.")]
Memory = Annotated[int, typer.Option(min=512, help="MB; then the query is stopped.")]


@app.command(epilog='Example: finops sql "select day, net_usd from spend_daily order by day desc limit 7"')
def sql(
    ctx: typer.Context,
    statement: Annotated[
        str, typer.Argument(metavar="SELECT", help="`-` reads it from stdin; nothing lists the views.")
    ] = "",
    file_format: As = None,
    output: To = None,
    limit: Limit = 100_000,
    seconds: Seconds = 30,
    memory_mb: Memory = 2048,
) -> None:
    """Ask the ledger anything: one SELECT, in a sandbox, or the list of views."""
    context: Context = ctx.obj
    ledger = Ledger(context.home).link
    form = _format(file_format, output, context.json)
    if not statement:
        _list_views(context.home, form)
        return
    text = sys.stdin.read() if statement == "-" else statement
    limits = parent.Limits(rows=limit, seconds=seconds, memory_mb=memory_mb)
    if output is None:
        if form == "parquet" and sys.stdout.isatty():
            raise ConfigError("sql: Parquet is not for a terminal; give -o FILE.parquet")
        answer = _answer(ledger, text, form, limits, typer.get_binary_stream("stdout"))
    else:
        with _replacing(output) as temporary, temporary.open("wb") as file:
            answer = _answer(ledger, text, form, limits, file)
    if answer.cut:
        typer.echo(f"cut at {limit} rows; raise with --limit", err=True)


@app.command(epilog="Example: finops export -o out --period 2026-10")
def export(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Made if absent.")] = Path(),
    view: Annotated[str, typer.Option(help="Any view that `finops sql` lists.")] = "attributed",
    file_format: Annotated[FileFormat, typer.Option("--format")] = FileFormat.parquet,
    period: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Only this billing period.")] = None,
) -> None:
    """Write a view as files: one per billing period where it has them, replaced whole."""
    context: Context = ctx.obj
    with published(context.home) as con:
        relation = _view(con, view)
        for name, part in _parts(relation, view, period):
            with _replacing(_directory(output) / f"{name}.{file_format}") as temporary:
                save(part, str(temporary), file_format.value)


def _format(asked: Format | None, output: Path | None, as_json: bool) -> Format:
    if asked:
        return asked
    if output is None:
        return Format.json if as_json else Format.table
    suffix = output.suffix.removeprefix(".").lower()
    if suffix not in set(Format):
        raise ConfigError(f"sql: {output}: ends in none of .csv, .json, .parquet; say which with --format")
    return Format(suffix)


def _answer(ledger: Path, text: str, form: Format, limits: parent.Limits, out: BinaryIO) -> parent.Answer:
    if form in FILES:
        return parent.write(ledger, text, out, FILES[form], limits)
    result = parent.run(ledger, text, limits)
    if form == "table":
        out.writelines(line.encode() + b"\n" for line in _table(result))
    else:
        _write_json((dict(zip(result.columns, row, strict=True)) for row in result.rows), out)
    return result


def _write_json(rows: Iterator[dict[str, Any]], out: BinaryIO) -> None:
    """An array, one object a line. The sandbox has made text of what JSON has no exact form for."""
    start = b"["
    for row in rows:
        out.write(start + b"\n  " + json.dumps(row, ensure_ascii=False).encode())
        start = b","
    out.write(b"[]\n" if start == b"[" else b"\n]\n")


def _table(result: parent.Result) -> Iterator[str]:
    """Aligned columns, whole values, one line a row, on a terminal and in a pipe alike."""
    cells = [[_cell(value) for value in row] for row in result.rows]
    names = [one_line(name) for name in result.columns]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [kind.startswith("DECIMAL") or "INT" in kind or kind == "DOUBLE" for kind in result.types]
    for line in (names, ["-" * width for width in widths], *cells):
        padded = (
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, right, strict=True)
        )
        yield "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    """A tag value may hold what moves a terminal's cursor; a cell never does."""
    if value is None:
        return "NULL"
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _list_views(home: Path, form: Format) -> None:
    with published(home) as con:
        found = relations(con)
    match form:
        case "json":
            _write_json(
                ({"view": name, "about": about} for name, about in found.items()),
                typer.get_binary_stream("stdout"),
            )
        case "csv":
            csv.writer(sys.stdout).writerows((("view", "about"), *found.items()))
        case _:
            width = max(map(len, found), default=0)
            for name, about in found.items():
                typer.echo(f"{name.ljust(width)}  {about or ''}".rstrip())


def _view(con: duckdb.DuckDBPyConnection, name: str) -> duckdb.DuckDBPyRelation:
    views = list(relations(con))
    if name not in views:
        near = difflib.get_close_matches(name, views, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise QueryError(f"export: the ledger has no view {name}{hint} Its views: {', '.join(views)}")
    return con.view(name)


def _parts(
    relation: duckdb.DuckDBPyRelation, view: str, period: str | None
) -> Iterator[tuple[str, duckdb.DuckDBPyRelation]]:
    """(file name, rows) of every billing period, or of the whole view where it has no such column."""
    if "billing_period" not in relation.columns:
        if period:
            raise ConfigError(f"export: {view} has no billing periods; leave --period out")
        yield view, relation
        return
    column = duckdb.ColumnExpression("billing_period")
    periods = [one for (one,) in relation.select(column).distinct().order("billing_period").fetchall()]
    if not periods:
        raise QueryError(
            f"export: {view} holds no lines yet, nothing was written; is a bill among [[sources]]?"
        )
    if period and period not in periods:
        raise QueryError(f"export: {view} has no period {period}; it has {', '.join(periods)}")
    for one in [period] if period else periods:
        yield f"{view}-{one}", relation.filter(column == duckdb.ConstantExpression(one))


def _directory(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}; choose another -o") from exc
    return path


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A path to write to; it takes the target's place when all went well, and is gone when not."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    replaced = "replaced" if target.exists() else "wrote"
    try:
        yield temporary
        os.replace(temporary, target)
    except (OSError, duckdb.IOException) as exc:
        raise ConfigError(f"{target}: {exc}; choose another -o") from exc
    finally:
        temporary.unlink(missing_ok=True)
    typer.echo(f"{replaced} {target}", err=True)
