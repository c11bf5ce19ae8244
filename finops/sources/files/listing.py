"""Files that are somewhere, as they stood when they were listed: in a directory, or below an S3 prefix."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from finops.model import S3Object

_NEARLY_S3 = re.compile(r"s3[an]?:/*", re.IGNORECASE)


class Entry(NamedTuple):
    """`name` begins below the root, "/" between directories. Another `version` is another content."""

    name: str
    size: int
    version: str
    written_at: datetime | None = None  # by AWS; unknown of a local copy

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(part for part in self.name.split("/") if part)

    def told(self) -> bytes:
        """For a signature: the same wherever the root stands and however it is spelled."""
        return f"{self.name}\0{self.size}\0{self.version}\n".encode()


@dataclass(frozen=True)
class Listing:
    """`read` is for small files, such as manifests."""

    root: str
    entries: tuple[Entry, ...]
    read: Callable[[Entry], bytes]

    def whole(self, name: str) -> str:
        """Where `name` is, as a person finds it."""
        return f"{self.root}/{name}" if name not in ("", ".") else self.root

    def objects(self, entries: Iterable[Entry]) -> tuple[S3Object, ...]:
        """What is to be fetched before it can be read: nothing of a directory."""
        if not is_s3(self.root):
            return ()
        return tuple(S3Object(self.whole(entry.name), entry.version, entry.size) for entry in entries)


def is_s3(path: str) -> bool:
    return path.startswith("s3://")


def meant_s3(path: str) -> str | None:
    """The S3 address that `path` means and does not spell; None where it is one, or means none."""
    start = None if is_s3(path) else _NEARLY_S3.match(path)
    return f"s3://{path[start.end() :]}" if start else None


def plain(path: str) -> str:
    """One spelling however a path is given, so that the same place twice is known for it."""
    return path.rstrip("/") if is_s3(path) else os.path.normpath(path)
