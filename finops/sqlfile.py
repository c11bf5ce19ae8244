"""A SQL file with a TOML header in its first comment, read into a typed value.

    /*---
    title = "Spend jumped day over day"
    params = { ratio = 3.0 }
    ---*/
    select ... where today.usd >= $ratio * before.usd

One statement a file. Every `$name` is declared in `params` or given by the caller, and every
declared parameter is used; anything else is an error that names the file.
"""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from pydantic import ValidationError

from finops.errors import FinopsError
from finops.model import Value

_HEADER = re.compile(r"\A\s*/\*---\n(?P<toml>.*?)---\*/\s*(?P<sql>.*)\Z", re.DOTALL)
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")

PACKAGE = Path(__file__).parent  # installed: queries/ and alerts/ are inside the package
HOME = PACKAGE if (PACKAGE / "queries").is_dir() else PACKAGE.parent  # a checkout: they stand beside it
QUERIES = HOME / "queries"
ALERTS = HOME / "alerts"


class SqlFileError(FinopsError):
    """A shipped or user-written SQL file is malformed."""


class Header(Value):
    title: str = ""
    doc: str = ""


H = TypeVar("H", bound=Header)


class SqlFile(Value):
    """`names` are the `$parameters` that the statement uses."""

    name: str
    path: Path
    sql: str
    names: frozenset[str]

    def bind(self, **values: Any) -> dict[str, Any]:
        """Only the parameters that this statement names: DuckDB refuses excess ones."""
        missing = self.names - values.keys()
        if missing:
            raise SqlFileError(f"{self.path.name}: uses ${sorted(missing)[0]}, which nobody gives it")
        return {name: values[name] for name in self.names}

    def rows(self, con: duckdb.DuckDBPyConnection, **values: Any) -> list[dict[str, Any]]:
        """What it returns, each row by its columns' names."""
        result = con.execute(self.sql, self.bind(**values))
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def load(path: Path, header: type[H]) -> tuple[SqlFile, H]:
    text = path.read_text(encoding="utf-8")
    match = _HEADER.match(text)
    if match is None:
        raise SqlFileError(f"{path}: no header; the file starts with /*--- and TOML up to ---*/")
    try:
        fields = tomllib.loads(match["toml"], parse_float=Decimal)
        parsed = header.model_validate(fields)
    except tomllib.TOMLDecodeError as exc:
        raise SqlFileError(f"{path}: header: {exc}") from exc
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in exc.errors())
        raise SqlFileError(f"{path}: header: {faults}") from exc
    return statement(path, match["sql"]), parsed


def statement(path: Path, sql: str) -> SqlFile:
    ours = path.is_relative_to(QUERIES) or path.is_relative_to(ALERTS)
    names = frozenset(_PARAMETER.findall(sql)) if ours else _parameters(path, sql)
    return SqlFile(name=path.stem, path=path, sql=sql.strip().rstrip(";"), names=names)


def _parameters(path: Path, sql: str) -> frozenset[str]:
    """As DuckDB reads it: some milliseconds, which a test spends on each of ours."""
    try:
        found = duckdb.extract_statements(sql)
    except duckdb.Error as exc:
        raise SqlFileError(f"{path}: {exc}") from exc
    kinds = [statement.type.name for statement in found]
    if kinds != ["SELECT"]:
        raise SqlFileError(f"{path}: holds {', '.join(kinds) or 'nothing'}; one file is one SELECT")
    return frozenset(found[0].named_parameters)


@cache
def read(*parts: str) -> SqlFile:
    """A query of ours by its place under queries/, e.g. `read("attribution", "identities")`."""
    path = QUERIES.joinpath(*parts).with_suffix(".sql")
    return load(path, Header)[0]
