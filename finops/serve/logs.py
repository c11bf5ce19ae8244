"""What the service says, on stderr: one JSON object a line for a machine, a plain line for a person.

A secret that finops knows is blacked out wherever it turns up, in an error of a library as well.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

Format = Literal["auto", "json", "text"]
FIELDS = ("event", "outcome", "did")  # what a record may carry besides its words
QUIET = ("apscheduler", "uvicorn")  # who would speak at every tick, and of what is said already

_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))


@contextmanager
def about(**subject: Any) -> Iterator[None]:
    """Everything said inside is about this job and run."""
    token = _about.set({**_about.get(), **subject})
    try:
        yield
    finally:
        _about.reset(token)


def configure(wanted: Format, secrets: Collection[str]) -> None:
    handler = logging.StreamHandler(sys.stderr)
    as_text = wanted == "text" or (wanted == "auto" and sys.stderr.isatty())
    handler.setFormatter(Text(secrets) if as_text else Json(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class Plain(logging.Formatter):
    def __init__(self, secrets: Collection[str]) -> None:
        super().__init__()
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        found: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
            **_about.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            found["exception"] = self.formatException(record.exc_info)
        return found

    def hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


class Json(Plain):
    def format(self, record: logging.LogRecord) -> str:
        return self.hidden(json.dumps(self.fields(record), default=str, ensure_ascii=False))


class Text(Plain):
    def format(self, record: logging.LogRecord) -> str:
        found = self.fields(record)
        line = f"{found['at'][:10]} {found['at'][11:19]}Z {found['level']:<7} {found['message']}"
        did = " ".join(f"{name}={value}" for name, value in (found.get("did") or {}).items())
        parts = (line, f"({did})" if did else "", f"\n{found['exception']}" if "exception" in found else "")
        return self.hidden(" ".join(filter(None, parts)))
