"""Where AWS puts billing files, and which of them belong together.

Three layouts are AWS's own: Data Exports (`data/BILLING_PERIOD=2026-10/`, manifest under `metadata/`),
legacy CUR for Athena (`year=2026/month=10/`) and legacy CUR for download (`20261001-20261101/<assembly>/`).
A manifest is written after its data files and names them; files of its export that it does not name are
leftovers of an earlier delivery. Without a manifest, names tell: `<export>-00001`, `<export>-00002` ... in
one directory are one delivery. Other files are one together in a period's directory, one each elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from finops.errors import SourceError
from finops.model import Value

DATA = (".parquet", ".csv.gz", ".csv")
_SUFFIX = re.compile(r"(?i)(\.snappy)?\.(parquet|csv\.gz|csv)$")
_NUMBER = re.compile(r"-\d{5}$")  # of a part, as AWS writes it
_PERIODS = (
    re.compile(r"(?i)(?:^|/)billing_period=(?P<y>\d{4})-(?P<m>\d{2})(?:/|$)"),
    re.compile(r"(?:^|/)year=(?P<y>\d{4})/month=(?P<m>\d{1,2})(?:/|$)"),
    re.compile(r"(?:^|/)(?P<y>\d{4})(?P<m>\d{2})01-\d{8}(?:/|$)"),
)


class Group(Value):
    """Files that AWS replaces together, below `root`. `period` is None where only the rows can tell."""

    root: Path
    export: str
    period: str | None
    files: tuple[Path, ...]
    origin: Path
    manifest_digest: str = ""

    @property
    def partition(self) -> str:
        return self.period or f"file-{hashlib.sha256(self._name(self.origin).encode()).hexdigest()[:12]}"

    def signature(self, *options: str) -> str:
        """Changes with the manifest, a file's name, size or modification time, or an option."""
        digest = hashlib.sha256("\0".join((self.manifest_digest, *options)).encode())
        for file in self.files:
            try:
                stat = file.stat()
            except OSError as exc:
                raise unreadable(file, exc) from exc
            digest.update(f"{self._name(file)}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return digest.hexdigest()[:32]

    def _name(self, file: Path) -> str:
        """The same wherever the home stands and however it is spelled."""
        return file.relative_to(self.root).as_posix()


def groups(root: Path, export: str | None) -> list[Group]:
    """Every delivery below `root`, oldest first. Reads directories and manifests, no data."""
    data, manifests = _walk(root)
    if not data and not manifests:
        raise SourceError(
            f"cur: {root}: no .parquet or .csv.gz file below it; point `path` at the directory of the export"
        )
    found = [*_by_manifest(root, data, manifests)]
    named = {file for group in found for file in group.files}
    covered = {(group.export, group.period) for group in found}
    loose = _loose(root, [file for file in data if file not in named])
    found += [group for group in loose if (group.export, group.period) not in covered]
    chosen = [g for g in found if export in (None, g.export)]
    if export is not None and not chosen:
        names = ", ".join(sorted({g.export for g in found}))
        raise SourceError(f"cur: {root}: no export named {export!r}; there is {names}")
    _refuse_doubles(root, chosen)
    return sorted(chosen, key=lambda g: (g.period or "", str(g.origin)))


def unreadable(file: str | Path, cause: OSError) -> SourceError:
    if isinstance(cause, FileNotFoundError):
        return SourceError(f"cur: {file}: is gone since its directory was listed; run the sync again")
    return SourceError(f"cur: {file}: {cause.strerror}; give the user that runs finops read access")


def are_parts(files: Iterable[str | Path]) -> bool:
    """Whether their names say that they are parts of one export."""
    names = [_stem(Path(file).name) for file in files]
    return all(map(_NUMBER.search, names)) and len({_NUMBER.sub("", name) for name in names}) == 1


def _walk(root: Path) -> tuple[list[Path], list[Path]]:
    if not root.is_dir():
        raise SourceError(f"cur: {root}: no such directory; check `path` in [[sources]]")
    data: list[Path] = []
    manifests: list[Path] = []
    for path in _files(root):
        name = path.name.lower()
        if name.endswith("-manifest.json"):
            manifests.append(path)
        elif name.endswith(DATA):
            data.append(path)
        elif name.endswith(".csv.zip"):
            raise SourceError(
                f"cur: {path}: ZIP cannot be read in a stream; set the export to GZIP or Parquet"
            )
    return data, manifests


def _files(root: Path) -> Iterator[Path]:
    """Through links too. A directory that several paths lead to is walked once, by its own place before links."""

    def refuse(error: OSError) -> None:
        raise unreadable(error.filename, error)

    starts, seen = [root], set()
    for start in starts:
        for directory, subdirectories, names in os.walk(start, onerror=refuse):
            place = os.path.realpath(directory)
            if place in seen:
                subdirectories.clear()
                continue
            seen.add(place)
            subdirectories[:] = sorted(d for d in subdirectories if d != "cost_and_usage_data_status")
            starts += [link for d in subdirectories if (link := Path(directory, d)).is_symlink()]
            for path in (Path(directory, name) for name in sorted(names)):
                if path.is_symlink() and not path.exists():
                    raise SourceError(
                        f"cur: {path}: a link to {path.readlink()}, which is not there; mend or remove the link"
                    )
                yield path


def _by_manifest(root: Path, data: list[Path], manifests: list[Path]) -> Iterator[Group]:
    """One group per (export, period): the shallowest manifest is the one AWS keeps current."""
    latest: dict[tuple[str, str], tuple[Path, list[str], str]] = {}
    for path in sorted(manifests, key=lambda p: len(p.parts), reverse=True):
        raw = _read(path)
        try:
            body = json.loads(raw)
            export = body.get("exportName") or body.get("reportName") or _strip(path.name)
            period = _month(body, path)
            keys = _keys(body)
        except (ValueError, AttributeError, TypeError) as exc:
            raise SourceError(f"cur: {path}: not a manifest of AWS: {exc}; copy it again") from exc
        latest[export, period] = (path, keys, hashlib.sha256(raw).hexdigest())
    for (export, period), (path, keys, digest) in latest.items():
        files = tuple(_resolve(root, data, key, path) for key in keys)
        if files:
            yield Group(
                root=root, export=export, period=period, files=files, origin=path, manifest_digest=digest
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise unreadable(path, exc) from exc


def _strip(name: str) -> str:
    return name[: -len("-Manifest.json")]


def _month(body: dict[str, Any], path: Path) -> str:
    start = str((body.get("billingPeriod") or {}).get("start", ""))
    match = re.match(r"(\d{4})-?(\d{2})", start)
    if match:
        return f"{match[1]}-{match[2]}"
    period = _period(path)
    if period is None:
        raise ValueError("it names no billing period")
    return period


def _keys(body: dict[str, Any]) -> list[str]:
    """The data files it lists, whatever the list is called: `reportKeys`, `dataFiles` ..."""
    keys: list[str] = []
    for value in body.values():
        if not isinstance(value, list):
            continue
        for item in value:
            text = item if isinstance(item, str) else _key_of(item)
            if text and text.lower().endswith(DATA):
                keys.append(text)
    return list(dict.fromkeys(keys))


def _key_of(item: Any) -> str:
    texts = [v for v in item.values() if isinstance(v, str)] if isinstance(item, dict) else []
    return next((t for t in texts if t.lower().endswith(DATA)), "")


def _resolve(root: Path, data: list[Path], key: str, manifest: Path) -> Path:
    """The local copy of an S3 key: one path is the tail of the other, never just the same file name."""
    parts = tuple(p for p in re.sub(r"^s3://[^/]+/", "", key).split("/") if p)
    for path in data:
        relative = path.relative_to(root).parts
        if path.name == parts[-1] and (
            parts[-len(relative) :] == relative or path.parts[-len(parts) :] == parts
        ):
            return path
    raise SourceError(
        f"cur: {manifest}: names {key}, which is not below {root}; "
        "the copy is incomplete: sync the whole export again"
    )


def _loose(root: Path, data: Iterable[Path]) -> Iterator[Group]:
    together: dict[tuple[Path, str | None], list[Path]] = defaultdict(list)
    for path in data:
        period = _period(path.relative_to(root).parent) or _period(path.parent)
        together[_bundle(path, period), period].append(path)
    for (origin, period), files in together.items():
        _refuse_copies(files)
        export = _NUMBER.sub("", _stem(files[0].name))
        yield Group(root=root, export=export, period=period, files=tuple(files), origin=origin)


def _bundle(path: Path, period: str | None) -> Path:
    """What a file without a manifest belongs to, as a name for messages."""
    stem = _stem(path.name)
    if _NUMBER.search(stem):
        return path.with_name(_NUMBER.sub("-*", stem))
    return path.parent if period else path


def _refuse_copies(files: Sequence[Path]) -> None:
    """One part packed in two ways; copies under other names show by their lines when they are read."""
    seen: dict[str, Path] = {}
    for file in files:
        other = seen.setdefault(_stem(file.name), file)
        if other is not file:
            raise SourceError(
                f"cur: {other} and {file.name}: one part in two formats would count twice; remove one of them"
            )


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


def _period(path: Path) -> str | None:
    text = path.as_posix()
    for pattern in _PERIODS:
        match = pattern.search(text)
        if match:
            return f"{match['y']}-{int(match['m']):02d}"
    return None


def _refuse_doubles(root: Path, found: list[Group]) -> None:
    """Two deliveries of one month would count every dollar twice."""
    seen: dict[str, Group] = {}
    for group in found:
        if group.period is None:
            continue
        other = seen.setdefault(group.period, group)
        if other is not group:
            raise SourceError(
                f"cur: {root}: billing period {group.period} is delivered twice, by {other.origin} and "
                f'{group.origin}; point `path` at one of them, or choose with `export = "..."`'
            )
