"""A local copy of an export, as a person, a link or `aws s3 sync` put it there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from finops.errors import SourceError
from finops.sources.files.listing import Entry, Listing


def listing(root: Path) -> Listing:
    if root.is_file():
        raise SourceError(f"cur: {root}: is a file; give its directory as `path` in [[sources]]")
    if not root.is_dir():
        raise SourceError(f"cur: {root}: no such directory; check `path` in [[sources]]")

    def read(entry: Entry) -> bytes:
        try:
            return (root / entry.name).read_bytes()
        except OSError as exc:
            raise unreadable(root / entry.name, exc) from exc

    return Listing(root=str(root), entries=tuple(_entry(root, file) for file in _files(root)), read=read)


def unreadable(file: str | Path, cause: OSError) -> SourceError:
    if isinstance(cause, FileNotFoundError):
        return SourceError(f"cur: {file}: is gone since its directory was listed; run the sync again")
    return SourceError(f"cur: {file}: {cause.strerror}; give the user that runs finops read access")


def _entry(root: Path, file: Path) -> Entry:
    try:
        status = file.stat()
    except OSError as exc:
        raise unreadable(file, exc) from exc
    return Entry(file.relative_to(root).as_posix(), status.st_size, str(status.st_mtime_ns))


def _files(root: Path) -> Iterator[Path]:
    """Through links too, and nothing hidden. A directory that several paths lead to is walked once, by its own
    place before links."""

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
            subdirectories[:] = _shown(subdirectories)
            starts += [link for d in subdirectories if (link := Path(directory, d)).is_symlink()]
            for path in (Path(directory, name) for name in _shown(names)):
                if path.is_symlink() and not path.exists():
                    raise SourceError(
                        f"cur: {path}: a link to {path.readlink()}, which is not there; mend or remove the link"
                    )
                yield path


def _shown(names: Iterable[str]) -> list[str]:
    """Not what a file manager, or a copy under way, leaves beside a file."""
    return sorted(name for name in names if not name.startswith("."))
