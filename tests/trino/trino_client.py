"""Trino's own protocol: a statement is posted, its answer is fetched page by page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

NODES_SECONDS = 60  # a server that has just started does not know yet that it is its own worker


class TrinoError(Exception):
    """A statement failed; `name` is Trino's."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


@dataclass
class Answer:
    """`columns` are names and Trino's types; values are Python's."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    scanned: int = 0

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.columns]


@dataclass(frozen=True)
class Trino:
    """`zone` is the session's, and no answer may depend on it."""

    url: str
    catalog: str = "hive"
    zone: str = "America/St_Johns"

    def run(self, sql: str) -> Answer:
        until = time.monotonic() + NODES_SECONDS
        while True:
            try:
                return self._run(sql)
            except TrinoError as exc:
                if exc.name != "NO_NODES_AVAILABLE" or time.monotonic() > until:
                    raise
                time.sleep(0.25)

    def _run(self, sql: str) -> Answer:
        answer = Answer()
        for page in self._pages(sql):
            if "error" in page:
                raise TrinoError(page["error"]["errorName"], page["error"]["message"])
            answer.columns = [(c["name"], c["type"]) for c in page.get("columns", [])] or answer.columns
            answer.scanned = page["stats"]["processedBytes"]
            answer.rows += [
                tuple(_value(value, kind) for value, (_, kind) in zip(row, answer.columns, strict=True))
                for row in page.get("data", [])
            ]
        return answer

    def _pages(self, sql: str) -> Iterator[dict[str, Any]]:
        headers = {"X-Trino-User": "finops", "X-Trino-Catalog": self.catalog, "X-Trino-Time-Zone": self.zone}
        request = Request(f"{self.url}/v1/statement", data=sql.encode(), headers=headers)
        while True:
            with urlopen(request, timeout=60) as answer:
                page: dict[str, Any] = json.load(answer)
            yield page
            if "nextUri" not in page:
                return
            request = Request(page["nextUri"], headers=headers)


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind.startswith("decimal"):
        return Decimal(value)
    if kind.startswith("timestamp"):
        return datetime.fromisoformat(value)
    return value
