"""Files that are somewhere, as they stood when they were listed: in a directory, or below an S3 prefix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class Entry(NamedTuple):
    """`name` begins below the root, "/" between directories. Another `version` is another content."""

    name: str
    size: int
    version: str

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
