"""A directory, or an S3 prefix, that AWS or a person puts files into: listed without reading them."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.files import s3
from finops.sources.files.listing import Entry, Listing, is_s3, meant_s3
from finops.sources.reading import Reading

ALL = "all"  # the partition of files whose path names no day

# 2026/11/20, 2026-11-20, year=2026/month=11/day=20
_DAY = re.compile(r"(?<!\d)(\d{4})[-/](?:month=)?(\d{2})[-/](?:day=)?(\d{2})(?!\d)")


def by_day(
    kind: str, path: str, reading: Reading, region: str | None = None, role_arn: str | None = None
) -> list[Delivery]:
    """One delivery per day that the files' paths name, oldest first, `all` for files that name none.
    `path` may be in S3; then `s3.near` brings the files of a delivery when it is loaded.

    Hidden files are left out: tools keep unfinished downloads under such names.
    """
    found = _listed(kind, path, reading, region, role_arn)
    days: dict[str, list[Entry]] = defaultdict(list)
    for entry in found.entries:
        if not _hidden(entry.parts):
            days[_day(entry.name) or _day(path) or ALL].append(entry)
    if not days:
        raise SourceError(
            f"{kind}: {found.root} holds no files; check `path` in [[sources]], or fill it first"
        )
    return [_delivery(kind, path, found, day, entries) for day, entries in sorted(days.items())]


def _listed(kind: str, path: str, reading: Reading, region: str | None, role_arn: str | None) -> Listing:
    if is_s3(path):
        return s3.listing(kind, path, reading, region, role_arn)
    return listing(kind, path, reading.home)


def listing(kind: str, path: str, base: Path) -> Listing:
    """Every file below the directory; links to other directories are not followed."""
    root = place(path, base)
    try:
        entries = tuple(_entry(root, file) for file in _files(root))
    except OSError as exc:
        raise SourceError(
            f"{kind}: cannot list {exc.filename}: {exc.strerror}; "
            "check `path` in [[sources]] and its permissions"
        ) from exc
    return Listing(root=str(root), entries=entries, read=lambda entry: (root / entry.name).read_bytes())


def place(path: str, base: Path) -> Path:
    """Where `path` of finops.toml is on this machine."""
    if meant := meant_s3(path):
        raise SourceError(f"{path}: S3 addresses begin with s3://; make `path` in [[sources]] {meant}")
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


def _files(root: Path) -> Iterator[Path]:
    """Hidden ones need not be there, or be readable."""
    for folder, _, names in os.walk(root, onerror=_refuse):
        shown = (Path(folder, name) for name in names)
        yield from (file for file in shown if not _hidden(file.relative_to(root).parts))


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def _entry(root: Path, file: Path) -> Entry:
    status = file.stat()
    return Entry(file.relative_to(root).as_posix(), status.st_size, str(status.st_mtime_ns))


def _refuse(error: OSError) -> None:
    raise error  # os.walk would leave out what it may not read


def _day(path: str) -> str | None:
    for match in _DAY.finditer(path):
        try:
            return date(*map(int, match.groups())).isoformat()
        except ValueError:
            continue  # digits that only look like a day
    return None


def _delivery(kind: str, path: str, found: Listing, day: str, entries: list[Entry]) -> Delivery:
    entries.sort(key=lambda entry: entry.parts)
    seen = hashlib.sha256()
    for entry in entries:
        seen.update(entry.told())
    return Delivery(
        source=f"{kind}:{path}",
        kind=kind,
        partition=day,
        signature=seen.hexdigest(),
        files=tuple(found.whole(entry.name) for entry in entries),
        origin=found.root,
        objects=found.objects(entries),
    )
