"""A directory that AWS, or a person, puts files into: listed without reading them."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from finops.errors import SourceError
from finops.model import Delivery

ALL = "all"  # the partition of files whose path names no day

# 2026/11/20, 2026-11-20, year=2026/month=11/day=20
_DAY = re.compile(r"(?<!\d)(\d{4})[-/](?:month=)?(\d{2})[-/](?:day=)?(\d{2})(?!\d)")


def by_day(kind: str, path: str, base: Path) -> list[Delivery]:
    """One delivery per day that the files' paths name, oldest first, `all` for files that name none.

    Hidden files are left out: tools keep unfinished downloads under such names.
    """
    root = place(kind, path, base)
    days: dict[str, list[Path]] = defaultdict(list)
    try:
        for file in _files(root):
            days[_day(str(file.relative_to(root))) or _day(path) or ALL].append(file)
        found = [_delivery(kind, path, root, day, sorted(files)) for day, files in sorted(days.items())]
    except OSError as exc:
        raise SourceError(
            f"{kind}: cannot list {exc.filename}: {exc.strerror}; "
            "check `path` in [[sources]] and its permissions"
        ) from exc
    if not found:
        raise SourceError(f"{kind}: {root} holds no files; check `path` in [[sources]], or fill it first")
    return found


def place(kind: str, path: str, base: Path) -> Path:
    """Where `path` of finops.toml is on this machine."""
    if path.startswith("s3://"):
        raise SourceError(
            f"{kind}: {path}: this source reads a directory; copy the bucket with `aws s3 sync {path} DIR` "
            "and let `path` in [[sources]] name DIR"
        )
    return base / os.path.expanduser(path)


def check_gzip(kind: str, files: Iterable[str]) -> None:
    """Read every `.gz` to its checksum: DuckDB checks none, and its 1.5 takes a cut file for a short one."""
    for file in files:
        if not file.endswith(".gz"):
            continue
        try:
            with gzip.open(file) as stream:
                while stream.read(1 << 20):
                    pass
        except (OSError, EOFError, zlib.error) as exc:
            raise SourceError(f"{kind}: {file} is cut short or damaged ({exc}); fetch it again") from exc


def _files(root: Path) -> list[Path]:
    found = (Path(folder, name) for folder, _, names in os.walk(root, onerror=_refuse) for name in names)
    return [file for file in found if not any(part.startswith(".") for part in file.relative_to(root).parts)]


def _refuse(error: OSError) -> None:
    raise error  # os.walk would leave out what it may not read


def _day(path: str) -> str | None:
    for match in _DAY.finditer(path):
        try:
            return date(*map(int, match.groups())).isoformat()
        except ValueError:
            continue  # digits that only look like a day
    return None


def _delivery(kind: str, path: str, root: Path, day: str, files: list[Path]) -> Delivery:
    seen = hashlib.sha256()
    for file in files:
        status = file.stat()
        seen.update(f"{file.relative_to(root)}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return Delivery(
        source=f"{kind}:{path}",
        kind=kind,
        partition=day,
        signature=seen.hexdigest(),
        files=tuple(map(str, files)),
        origin=str(root),
    )
