"""`finops classify`: what a usage type, or every row of a file of them, is. Needs no ledger."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from finops.classify import Shape, classify
from finops.commands.context import Context
from finops.errors import ConfigError, SourceError

COLUMNS = (
    "usage_type", "provider", "model", "family", "tier", "token_kind", "service_tier", "scope", "charge",
    "tokens_per_unit",
)  # fmt: skip
NOTES = ("model_source", "disagreement", "unclassified")  # JSON only; a person reads them below the table
PRODUCT = ("product_name", "provider", "model", "inference_type", "feature")

_AWS_NAMES = {
    "line_item_usage_type": "usage_type",
    "pricing_unit": "unit",
    "line_item_product_code": "product_code",
    "line_item_line_item_description": "description",
    "line_item_operation": "operation",
    "bill_billing_entity": "billing_entity",
    "product_product_family": "product_family",
    "product_product_name": "product_name",
}
_DELIMITERS = {".tsv": "\t", ".csv": ","}


def classify_lines(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="FILE.tsv|FILE.csv|USAGE_TYPE")],
    unit: Annotated[str | None, typer.Option(help="The line's pricing unit, e.g. '1K tokens'.")] = None,
    product_code: Annotated[str | None, typer.Option(help="line_item_product_code.")] = None,
    description: Annotated[str | None, typer.Option(help="The line's description.")] = None,
    product: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help=f"Product metadata: {', '.join(PRODUCT)}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list, one object a row.")] = False,
) -> None:
    """Say which model, token kind, tier, scope and charge a usage type stands for."""
    given = {
        "unit": unit,
        "product_code": product_code,
        "description": description,
        **_metadata(product or []),
    }
    if Path(what).suffix.lower() in _DELIMITERS:
        if any(given.values()):
            raise ConfigError(f"classify: {what} is a file: put unit, product_code ... into its columns")
        shapes = read(Path(what))
    else:
        shapes = [Shape(usage_type=what, **given)]
    rows = [{"usage_type": shape.usage_type, **classify(shape).model_dump()} for shape in shapes]
    context = ctx.find_object(Context)
    if as_json or (context is not None and context.json):
        names = (*COLUMNS, *NOTES)
        typer.echo(json.dumps([{name: row[name] for name in names} for row in rows], indent=2))
    elif sys.stdout.isatty():
        _show(rows)
    else:
        _write(rows)


def read(file: Path) -> list[Shape]:
    """One shape a row of a TSV or CSV file; blank lines are none. Other columns are left alone."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise ConfigError(f"classify: {file}: {exc.strerror}; give a usage type or a readable file") from exc
    except UnicodeDecodeError as exc:
        raise SourceError(f"classify: {file} is not UTF-8 ({exc}); save it as UTF-8") from exc
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_DELIMITERS[file.suffix.lower()], strict=True
    )
    try:
        fields = _fields(file, next(reader, []))
        return [_shape(f"{file}, line {reader.line_num}", fields, row) for row in reader if row]
    except csv.Error as exc:
        raise SourceError(f"classify: {file}, line {reader.line_num}: {exc}; check its quotes") from exc


def _fields(file: Path, header: list[str]) -> list[str]:
    """What each column means; a column may bear our name or AWS's, but not two of them."""
    fields = [_AWS_NAMES.get(name.strip().lower(), name.strip().lower()) for name in header]
    if "usage_type" not in fields:
        raise SourceError(
            f"classify: {file}, line 1: no column usage_type (or line_item_usage_type); "
            f"found {', '.join(header) or 'nothing'}"
        )
    for field in Shape.model_fields:
        if fields.count(field) > 1:
            raise SourceError(f"classify: {file}, line 1: two columns mean {field}; keep one")
    return fields


def _shape(place: str, fields: list[str], row: list[str]) -> Shape:
    if len(row) != len(fields):
        raise SourceError(f"classify: {place}: {len(row)} values for {len(fields)} columns")
    told = zip(fields, row, strict=True)
    return Shape(**{field: value.strip() or None for field, value in told if field in Shape.model_fields})


def _metadata(pairs: Iterable[str]) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key not in PRODUCT:
            raise ConfigError(
                f"classify: --product {pair!r}: expected K=V with K one of {', '.join(PRODUCT)}"
            )
        metadata[key] = value
    return metadata


def _show(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if len(rows) == 1:
        table = Table.grid(padding=(0, 2))
        for name in COLUMNS:
            table.add_row(name, _text(rows[0][name]))
    else:
        table = Table(box=None)
        for name in COLUMNS:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(_text(row[name]) for name in COLUMNS))
    console = Console(markup=False, highlight=False)
    console.print(table)
    for row in rows:
        for note in (row["disagreement"], row["unclassified"]):
            if note:
                console.print(f"{row['usage_type']}: {note}")


def _write(rows: list[dict[str, object]]) -> None:
    """Tab-separated for a pipe: nothing is wrapped or cut."""
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_text(row[name]) for name in COLUMNS] for row in rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)
