"""The price book: list prices shipped with the package, and a user's own, which win.

A price book is a CSV file with the columns of `data/prices.csv`. `model_id` is a model id, with its
geography or region where the price is special to it, or simply the model's name. Models sold by
search, image or second have no token price and no row. A bill's own rates are truer than any book;
this one answers for hours that no bill has yet, and for what something else would have cost.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import duckdb
from pydantic import Field, ValidationError

from finops import sqlfile
from finops.classify import MODELS, ServiceTier, TokenKind, model_of
from finops.errors import SourceError
from finops.model import Delivery, Value
from finops.sources.reading import Reading

SHIPPED = sqlfile.PACKAGE / "data" / "prices.csv"

_BILLIONTH = Decimal("1e-9")  # as fine as the table keeps a price

Usd = Annotated[Decimal, Field(ge=0, decimal_places=9, max_digits=18, allow_inf_nan=False)]


class Price(Value):
    """One row of a book. Above 200,000 input tokens some models cost more: `..._long_context`.

    `scope` is where a call may run: `region` prices in-region and geo calls alike, as AWS does.
    """

    model_id: Annotated[str, Field(min_length=1)]
    token_kind: TokenKind | Literal["input_long_context", "output_long_context"]
    service_tier: ServiceTier
    scope: Literal["region", "global"]
    usd_per_1m_tokens: Usd
    as_of: Annotated[str, Field(pattern=r"^\d{4}-\d{2}(-\d{2})?$")]

    @property
    def model(self) -> str:
        known = model_of(self.model_id)
        return known.name if known else self.model_id

    @property
    def replaces(self) -> tuple[str, str, str, str]:
        """A user's price holds for the model under all of its ids: whoever looks finds no other."""
        return self.model, self.token_kind, self.service_tier, self.scope

    def row(self, origin: str, share_paid: Decimal) -> dict[str, str]:
        usd = (self.usd_per_1m_tokens * share_paid).quantize(_BILLIONTH)
        return self.model_dump(mode="json") | {
            "model": self.model,
            "usd_per_1m_tokens": f"{usd:f}",
            "origin": origin,
        }


class Prices(Value):
    """Fills `prices`. `discount` is the share (0.25: a quarter) off shipped prices; own rows are as paid."""

    kind: Literal["prices"] = "prices"
    tables: ClassVar[tuple[str, ...]] = ("prices",)
    path: Path | None = None
    discount: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(0)

    @property
    def name(self) -> str:
        return "prices" if self.path is None else f"prices:{self.path}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        files = [SHIPPED] if self.path is None else [SHIPPED, reading.home / self.path]
        seen = hashlib.sha256(f"{self.discount.normalize()}\n".encode())
        for file in (*files, MODELS):  # the model table names the rows
            seen.update(hashlib.sha256(_bytes(file)).digest())
        return [
            Delivery(
                source=self.name,
                kind=self.kind,
                partition="all",
                signature=seen.hexdigest(),
                files=tuple(map(str, files)),
                origin=str(files[-1]),
            )
        ]

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        shipped, *own = (read(Path(file)) for file in delivery.files)
        owned = {price.replaces for book in own for price in book}
        rows = [price.row("shipped", 1 - self.discount) for price in shipped if price.replaces not in owned]
        rows += [price.row(str(self.path), Decimal(1)) for book in own for price in book]
        con.execute(sqlfile.read("ledger", "prices").sql)
        fill = sqlfile.read("sources", "prices")
        con.execute(fill.sql, fill.bind(rows=json.dumps(rows))).fetchall()
        return delivery


def read(file: Path) -> list[Price]:
    """The rows of one price book; two prices for one thing are an error, as is any unknown word."""
    prices: list[Price] = []
    lines: dict[tuple[str, ...], int] = {}
    for line, price in _rows(file):
        thing = (price.model_id, price.token_kind, price.service_tier, price.scope)
        if thing in lines:
            raise SourceError(
                f"prices: {file}, line {line}: prices the same as line {lines[thing]}; keep one"
            )
        lines[thing] = line
        prices.append(price)
    return prices


def _rows(file: Path) -> Iterator[tuple[int, Price]]:
    try:
        reader = csv.DictReader(io.StringIO(_bytes(file).decode("utf-8-sig"), newline=""), strict=True)
        _check_columns(file, reader.fieldnames or ())
        for row in reader:
            if None in row:
                raise SourceError(
                    f"prices: {file}, line {reader.line_num}: has more values than columns; quote commas"
                )
            yield reader.line_num, _price(f"prices: {file}, line {reader.line_num}", row)
    except (UnicodeDecodeError, csv.Error) as exc:
        raise SourceError(f"prices: {file}: not readable as CSV in UTF-8 ({exc}); save it so") from exc


def _check_columns(file: Path, columns: Sequence[str]) -> None:
    wanted = list(Price.model_fields)
    for name, rule in (
        (next((name for name in columns if name not in wanted), None), "is unknown"),
        (next((name for name in wanted if name not in columns), None), "is missing"),
        (next((name for name in columns if columns.count(name) > 1), None), "stands there twice"),
    ):
        if name is not None:
            raise SourceError(
                f"prices: {file}, line 1: column {name!r} {rule}; the columns are {', '.join(wanted)}"
            )


def _price(place: str, row: dict[str, str]) -> Price:
    try:
        return Price.model_validate(row)
    except ValidationError as exc:
        wrong = exc.errors()[0]
        raise SourceError(f"{place}, column {wrong['loc'][0]}: {wrong['input']!r}: {wrong['msg']}") from exc


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        raise SourceError(
            f"prices: {file}: {exc.strerror}; check `path` in [[sources]] of kind prices"
        ) from exc
