"""Local copies of S3 objects, in bounded room: the least recently used go first.

A copy's place tells its bucket, key and ETag, so that another content never passes for it, and a person sees
what it is. Anything may be deleted at any time; it is fetched again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from finops.model import S3Object

LONGEST = 200  # bytes of a directory's or file's name


class Use(NamedTuple):
    at_ns: int
    size: int


class Copies:
    """`bound` is in bytes. One thread changes what is kept; several may write different copies."""

    def __init__(self, root: Path, bound: int) -> None:
        self.root = root
        self.bound = bound
        self._uses: dict[Path, Use] | None = None  # looked up when room is short for the first time

    def place(self, wanted: S3Object) -> Path:
        """Its file name is the key's own: the names of parts say that they are parts."""
        version = hashlib.sha256(f"{wanted.etag}\0{wanted.size}".encode()).hexdigest()[:12]
        plain = self.below(wanted.url)
        return plain.parent / version / plain.name

    def below(self, url: str) -> Path:
        """The directory of what is below that prefix."""
        return self.root.joinpath(*(_safe(part) for part in url.removeprefix("s3://").split("/")))

    def part(self, wanted: S3Object) -> Path:
        """Where it grows until it is whole."""
        place = self.place(wanted)
        return place.with_name(place.name + ".part")

    def has(self, wanted: S3Object) -> bool:
        try:
            return self.place(wanted).stat().st_size == wanted.size
        except FileNotFoundError:
            return False

    def begun(self, wanted: S3Object) -> int:
        """Bytes of it that came before its fetch was stopped."""
        try:
            return self.part(wanted).stat().st_size
        except FileNotFoundError:
            return 0

    def use(self, wanted: Iterable[S3Object]) -> None:
        """They are there, and the last to go."""
        for one in wanted:
            place = self.place(one)
            os.utime(place)
            if self._uses is not None:
                self._uses.pop(self.part(one), None)
                self._uses[place] = Use(place.stat().st_mtime_ns, one.size)

    def trim(self, wanted: Sequence[S3Object] = ()) -> int:
        """Let go what room for `wanted` takes; returns the bytes by which it is too little even so."""
        if self._uses is None:
            self._uses = self._found()
        needed = {path for one in wanted for path in (self.place(one), self.part(one))}
        excess = sum(use.size for path, use in self._uses.items() if path not in needed) - self.bound
        excess += sum(one.size for one in wanted)
        for path, use in sorted(self._uses.items(), key=lambda item: item[1].at_ns):
            if excess <= 0:
                break
            if path not in needed:
                self._drop(path)
                excess -= use.size
        return max(0, excess)

    def _found(self) -> dict[Path, Use]:
        found = {}
        for folder, _, names in os.walk(self.root):
            for path in (Path(folder, name) for name in names):
                status = path.stat()
                found[path] = Use(status.st_mtime_ns, status.st_size)
        return found

    def _drop(self, path: Path) -> None:
        if self._uses is not None:
            del self._uses[path]
        path.unlink(missing_ok=True)
        with suppress(OSError):  # until one that holds others
            for directory in path.parents:
                directory.rmdir()


def _safe(part: str) -> str:
    """One name of a file system, without what DuckDB takes for a pattern."""
    plain = quote(part, safe=" =+,@()'!&$;:") if part.strip(".") else part.replace(".", "%2E") or "%"
    return (
        plain if len(plain) <= LONGEST else f"{hashlib.sha256(part.encode()).hexdigest()[:12]}-{plain[-150:]}"
    )
