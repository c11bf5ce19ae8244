"""The public SQL surface: one view a file, in the order in which they need each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from finops import __version__
from finops.sqlfile import QUERIES, Header, SqlFile, SqlFileError, load

# Made anew for each check.
JUDGED_BY = (
    "line_series",
    "series_spans",
    "series_amounts",
    "series_daily",
    "series_lists",
    "expected_amounts",
    "expected_daily",
    "deviation_daily",
)


class MetricHeader(Header):
    """`grain` says what one row is; `columns` explains what a name alone does not."""

    grain: str
    columns: dict[str, str] = {}


class Metric(MetricHeader):
    name: str
    file: SqlFile


def shipped(directories: Iterable[Path] = ()) -> list[Metric]:
    """Every metric file, ours and then `directories`, each after the ones it reads. Later files win, but for what
    rules judge by: a check would go by ours, and a person's question by theirs."""
    found: dict[str, Metric] = {}
    for path in files(directories):
        if path.stem in found and path.stem in JUDGED_BY:
            raise SqlFileError(f"{path}: the rules judge by {path.stem}; give the file another name")
        file, header = load(path, MetricHeader)
        found[file.name] = Metric(name=file.name, file=file, **header.model_dump())
    return _ordered(found)


def files(directories: Iterable[Path] = ()) -> Iterator[Path]:
    for directory in (QUERIES / "metrics", *directories):
        yield from sorted(directory.glob("*.sql"))


def fingerprint(directories: Iterable[Path] = ()) -> str:
    """Another one where a view, or any of our queries that fill what views read, may be another."""
    digest = hashlib.sha256(f"{__version__}\0{duckdb.__version__}".encode())
    for path in (*sorted(QUERIES.rglob("*.sql")), *files(directories)):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _ordered(found: dict[str, Metric]) -> list[Metric]:
    longest_first = sorted(found, key=len, reverse=True)
    names = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
    needs = {name: set(names.findall(metric.file.sql)) - {name} for name, metric in found.items()}
    try:
        return [found[name] for name in TopologicalSorter(needs).static_order()]
    except CycleError as exc:
        raise SqlFileError(f"metrics {' -> '.join(exc.args[1])} read each other in a circle") from exc


def create_views(con: duckdb.DuckDBPyConnection, directories: Iterable[Path] = ()) -> None:
    """Create every view in the current database, described by a comment, and the macros that ours are written with."""
    for path in sorted((QUERIES / "macros").glob("*.sql")):
        con.execute(load(path, Header)[0].sql)
    for metric in shipped(directories):
        try:
            con.execute(f'create or replace view "{metric.name}" as {metric.file.sql}')
        except (duckdb.TransactionException, duckdb.FatalException):  # of the disk, not of the view
            raise
        except duckdb.Error as exc:
            raise SqlFileError(f"{metric.file.path}: {exc}") from exc
        comment = f"{metric.title}: {metric.grain}".replace("'", "''")
        con.execute(f"comment on view \"{metric.name}\" is '{comment}'")


def create_early(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """One of ours, which reads tables only, for who works before everything is known that views speak of."""
    file, _ = load(QUERIES / "metrics" / f"{name}.sql", MetricHeader)
    con.execute(f'create view "{name}" as {file.sql}')


def drop_views(con: duckdb.DuckDBPyConnection) -> None:
    """Drop every view of the current database, so that tables under them can change."""
    names = con.execute(
        "select view_name from duckdb_views() where database_name = current_database() and not internal"
    ).fetchall()
    for (name,) in names:
        con.execute(f'drop view if exists "{name}"')
