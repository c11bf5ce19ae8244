"""Who spent it: names for every identity that a billed line can be known by.

The SQL in queries/attribution/ climbs the ladder; this module gives it what the configuration says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from finops import sqlfile
from finops.model import KEYS, Value


class Names(Value):
    """Names that the configuration gives to an account or a principal; None leaves the key to other rungs."""

    workload: str | None = None
    team: str | None = None
    environment: str | None = None
    cost_center: str | None = None
    model_tag: str | None = None

    def given(self) -> Iterator[tuple[str, str]]:
        for key in KEYS:
            value = getattr(self, key)
            if value is not None:
                yield key, value


class Tags(Value):
    """Spellings to look for per key, first wins. Case, separators and AWS's `user_` prefix do not matter."""

    workload: tuple[str, ...] = ("Workload",)
    team: tuple[str, ...] = ("Team",)
    environment: tuple[str, ...] = ("Environment", "Env")
    cost_center: tuple[str, ...] = ("CostCenter",)
    model_tag: tuple[str, ...] = ("Model",)


class Naming(Value):
    """All that attribution needs to know of the configuration."""

    tags: Tags = Tags()
    accounts: dict[str, Names] = {}
    principals: dict[str, Names] = {}
    cost_categories: Mapping[str, str] = {}


def prepare(con: duckdb.DuckDBPyConnection, naming: Naming) -> None:
    """Tables and macros that lines and names need. The catalogue is attached as `catalogue`."""
    for name in ("same_key", "resource_tail", "aliases", "given_names"):
        _run(con, name)
    spellings = [
        (key, rank, spelling) for key in KEYS for rank, spelling in enumerate(getattr(naming.tags, key))
    ]
    con.executemany("insert into aliases values (?, ?, ?)", spellings)
    rows = [("account", account, *g) for account, names in naming.accounts.items() for g in names.given()]
    rows += [("principal", who, *g) for who, names in naming.principals.items() for g in names.given()]
    rows += [("cost_category", "", key, category) for key, category in naming.cost_categories.items()]
    if rows:
        con.executemany("insert into given_names values (?, ?, ?, ?)", rows)


def name_identities(con: duckdb.DuckDBPyConnection) -> None:
    """Resolve every identity of the catalogue anew: tags of the inventory and the configuration may have changed."""
    for step in ("candidates", "resolve", "name"):
        _run(con, step)


def _run(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(sqlfile.read("attribution", name).sql)
