"""Reports: parameterised answers over the views, one SQL file each in queries/reports/.

Each returns `usd, subject, text`: the money it is about, whose it is, and the rest of the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import duckdb

from finops.model import Value
from finops.sqlfile import QUERIES, Header, load


class Line(Value):
    title: str
    usd: Decimal | None
    subject: str
    text: str


def lines(con: duckdb.DuckDBPyConnection, names: Sequence[str], day: date) -> list[Line]:
    """What the named reports say of the days up to `day`, in the order of `names`."""
    found = []
    for name in names:
        file, header = load(QUERIES / "reports" / f"{name}.sql", Header)
        for usd, subject, text in con.execute(file.sql, file.bind(day=day)).fetchall():
            found.append(Line(title=header.title, usd=usd, subject=subject, text=text))
    return found
