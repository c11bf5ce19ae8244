"""Billing files as DuckDB opens them, each with its columns as they are named there."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterable, Sequence

import duckdb

from finops.errors import SourceError
from finops.sources.cur import directory, layout


def open_files(con: duckdb.DuckDBPyConnection, files: Sequence[str]) -> duckdb.DuckDBPyRelation:
    """All columns as the files name them; Parquet with each line's place. CSV is read as text, so that no id
    or amount is guessed at, and with each line's file where the names do not say that they are parts."""
    if files[0].endswith(".parquet"):
        return con.read_parquet(
            list(files),
            union_by_name=len(files) > 1,
            filename=True,
            file_row_number=True,
            binary_as_string=True,
        )
    headers = {file: tuple(_header(file)) for file in files}
    if len(set(headers.values())) > 1:
        raise SourceError(f"{files[0]}: its parts have different columns; copy the whole assembly again")
    columns = _distinct(headers[files[0]])
    tell_apart = len(files) > 1 and not layout.are_parts(files)
    opened = con.read_csv(
        list(files),  # type: ignore[arg-type]  # DuckDB's types know of one file only
        header=True,
        columns=dict.fromkeys(columns, "VARCHAR"),
        auto_detect=False,
        delimiter=",",
        quotechar='"',
        escapechar='"',
        null_padding=False,
        filename=tell_apart,
    )
    # DuckDB 1.5 has the column of the file's name, but does not list it.
    return opened.select(*map(duckdb.ColumnExpression, [*columns, "filename"])) if tell_apart else opened


def stats(files: Iterable[str]) -> list[tuple[int, int]]:
    """Size and modification time of each; proves on the way that all can be opened."""
    found = []
    for file in files:
        try:
            with open(file, "rb") as stream:
                stat = os.fstat(stream.fileno())
        except OSError as exc:
            raise directory.unreadable(file, exc) from exc
        found.append((stat.st_size, stat.st_mtime_ns))
    return found


def _header(file: str) -> list[str]:
    opener = gzip.open if file.endswith(".gz") else open
    try:
        with opener(file, "rt", encoding="utf-8-sig", newline="") as stream:
            return next(csv.reader(stream), [])
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise SourceError(f"{file}: {exc}; copy it again") from exc


def _distinct(header: Sequence[str]) -> list[str]:
    """Column names are compared without case in SQL; tag keys that differ by case only must survive."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name.lower()] += 1
        names.append(name + "\x1f" * (seen[name.lower()] - 1))
    return names
