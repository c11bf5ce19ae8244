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
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from finops.errors import SourceError
from finops.model import Value
from finops.sources.files.listing import Entry, Listing

DATA = (".parquet", ".csv.gz", ".csv")
TOGETHER = timedelta(minutes=1)  # a copy of an export is written in any order
GIVEN_UP = timedelta(hours=1)  # a manifest that has not come by then may never come
STATUS = "cost_and_usage_data_status"  # a directory with a table about the export, no bill
_SUFFIX = re.compile(r"(?i)(\.snappy)?\.(parquet|csv\.gz|csv)$")
_NUMBER = re.compile(r"-\d{5}$")  # of a part, as AWS writes it
_PERIODS = (
    re.compile(r"(?i)(?:^|/)billing_period=(?P<y>\d{4})-(?P<m>\d{2})(?:/|$)"),
    re.compile(r"(?:^|/)year=(?P<y>\d{4})/month=(?P<m>\d{1,2})(?:/|$)"),
    re.compile(r"(?:^|/)(?P<y>\d{4})(?P<m>\d{2})01-\d{8}(?:/|$)"),
)


class Group(Value):
    """Files that AWS replaces together. `period` is None where only the rows can tell; `origin` is the
    manifest, the directory or the file that they were found by, below the root."""

    export: str
    period: str | None
    files: tuple[Entry, ...]
    origin: str
    manifest: Entry | None = None
    manifest_digest: str = ""

    @property
    def partition(self) -> str:
        return self.period or f"file-{hashlib.sha256(self.origin.encode()).hexdigest()[:12]}"

    def signature(self, *options: str) -> str:
        """Changes with the manifest, a file's name, size or version, or an option."""
        digest = hashlib.sha256("\0".join((self.manifest_digest, *options)).encode())
        for file in self.files:
            digest.update(file.told())
        return digest.hexdigest()[:32]

    def unfinished(self, now: datetime) -> bool:
        """Whether AWS is writing it anew, which ends with the manifest: there is newer data than that."""
        told = self.manifest.written_at if self.manifest else None
        written = max((file.written_at for file in self.files if file.written_at), default=None)
        return bool(written and told and told + TOGETHER < written and now < written + GIVEN_UP)


def groups(listing: Listing, export: str | None) -> list[Group]:
    """Every delivery in `listing`, oldest first. Reads manifests, no data."""
    data, manifests = _sorted_out(listing)
    if not data and not manifests:
        raise SourceError(
            f"cur: {listing.root}: no .parquet or .csv.gz file below it; "
            "point `path` at the directory of the export"
        )
    found = [*_by_manifest(listing, data, manifests)]
    named = {file for group in found for file in group.files}
    covered = {(group.export, group.period) for group in found}
    loose = _loose(listing, [file for file in data if file not in named])
    found += [group for group in loose if (group.export, group.period) not in covered]
    chosen = [g for g in found if export in (None, g.export)]
    if export is not None and not chosen:
        names = ", ".join(sorted({g.export for g in found}))
        raise SourceError(f"cur: {listing.root}: no export named {export!r}; there is {names}")
    _refuse_doubles(listing, chosen)
    return sorted(chosen, key=lambda g: (g.period or "", g.origin))


def are_parts(files: Iterable[str]) -> bool:
    """Whether their names say that they are parts of one export."""
    names = [_stem(posixpath.basename(file)) for file in files]
    return all(map(_NUMBER.search, names)) and len({_NUMBER.sub("", name) for name in names}) == 1


def _sorted_out(listing: Listing) -> tuple[list[Entry], list[Entry]]:
    data: list[Entry] = []
    manifests: list[Entry] = []
    for entry in listing.entries:
        name = entry.name.lower()
        if STATUS in entry.parts[:-1]:
            continue
        if name.endswith("-manifest.json"):
            manifests.append(entry)
        elif name.endswith(DATA):
            data.append(entry)
        elif name.endswith(".csv.zip"):
            raise SourceError(
                f"cur: {listing.whole(entry.name)}: ZIP cannot be read in a stream; "
                "set the export to GZIP or Parquet"
            )
    return data, manifests


def _by_manifest(listing: Listing, data: list[Entry], manifests: list[Entry]) -> Iterator[Group]:
    """One group per (export, period): the shallowest manifest is the one AWS keeps current."""
    latest: dict[tuple[str, str], tuple[Entry, list[str], str]] = {}
    for manifest in sorted(_current(listing, manifests), key=lambda m: len(m.parts), reverse=True):
        raw = listing.read(manifest)
        try:
            body = json.loads(raw)
            export = body.get("exportName") or body.get("reportName") or _strip(manifest.parts[-1])
            period = _month(body, listing.whole(manifest.name))
            keys = _keys(body)
        except (ValueError, AttributeError, TypeError) as exc:
            raise SourceError(
                f"cur: {listing.whole(manifest.name)}: not a manifest of AWS: {exc}; copy it again"
            ) from exc
        latest[export, period] = (manifest, keys, hashlib.sha256(raw).hexdigest())
    by_name: dict[str, list[Entry]] = defaultdict(list)
    for entry in data:
        by_name[entry.parts[-1]].append(entry)
    for (export, period), (manifest, keys, digest) in latest.items():
        files = tuple(_resolve(listing, by_name, key, manifest) for key in keys)
        if files:
            yield Group(
                export=export,
                period=period,
                files=files,
                origin=manifest.name,
                manifest=manifest,
                manifest_digest=digest,
            )


def _current(listing: Listing, manifests: Sequence[Entry]) -> Iterator[Entry]:
    """Without those of earlier assemblies, one a refresh: the period's own is above them, by the same name."""
    names = {manifest.name for manifest in manifests}
    for manifest in manifests:
        directory, file = posixpath.split(manifest.name)
        above = []
        while directory:
            directory = posixpath.dirname(directory)
            above.append(directory)
        if not any(posixpath.join(d, file) in names and _period(listing.whole(d)) for d in above):
            yield manifest


def _strip(name: str) -> str:
    return name[: -len("-Manifest.json")]


def _month(body: dict[str, Any], path: str) -> str:
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


def _resolve(listing: Listing, by_name: dict[str, list[Entry]], key: str, manifest: Entry) -> Entry:
    """The file that a key means: one path is the tail of the other, never just the same file name."""
    parts = _parts(re.sub(r"^s3://[^/]+/", "", key))
    for entry in by_name.get(parts[-1], ()):
        whole = _parts(listing.whole(entry.name))
        if parts[-len(entry.parts) :] == entry.parts or whole[-len(parts) :] == parts:
            return entry
    raise SourceError(
        f"cur: {listing.whole(manifest.name)}: names {key}, which is not below {listing.root}; "
        "the copy is incomplete: sync the whole export again"
    )


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _loose(listing: Listing, data: Iterable[Entry]) -> Iterator[Group]:
    together: dict[tuple[str, str | None], list[Entry]] = defaultdict(list)
    for entry in data:
        directory = posixpath.dirname(entry.name)
        period = _period(directory) or _period(listing.whole(directory))
        together[_bundle(entry.name, period), period].append(entry)
    for (origin, period), files in together.items():
        _refuse_copies(listing, files)
        export = _NUMBER.sub("", _stem(files[0].parts[-1]))
        yield Group(export=export, period=period, files=tuple(files), origin=origin)


def _bundle(name: str, period: str | None) -> str:
    """What a file without a manifest belongs to, as a name for messages."""
    directory, file = posixpath.split(name)
    stem = _stem(file)
    if _NUMBER.search(stem):
        return posixpath.join(directory, _NUMBER.sub("-*", stem))
    return directory if period else name


def _refuse_copies(listing: Listing, files: Sequence[Entry]) -> None:
    """One part packed in two ways; copies under other names show by their lines when they are read."""
    seen: dict[str, Entry] = {}
    for file in files:
        other = seen.setdefault(_stem(file.parts[-1]), file)
        if other is not file:
            raise SourceError(
                f"cur: {listing.whole(other.name)} and {file.parts[-1]}: one part in two formats would count "
                "twice; remove one of them"
            )


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


def _period(path: str) -> str | None:
    for pattern in _PERIODS:
        match = pattern.search(path)
        if match:
            return f"{match['y']}-{int(match['m']):02d}"
    return None


def _refuse_doubles(listing: Listing, found: list[Group]) -> None:
    """Two deliveries of one month would count every dollar twice."""
    seen: dict[str, Group] = {}
    for group in found:
        if group.period is None:
            continue
        other = seen.setdefault(group.period, group)
        if other is not group:
            raise SourceError(
                f"cur: {listing.root}: billing period {group.period} is delivered twice, by "
                f"{listing.whole(other.origin)} and {listing.whole(group.origin)}; "
                'point `path` at one of them, or choose with `export = "..."`'
            )
