"""Putting files where AWS would."""

from __future__ import annotations

from pathlib import Path


def put(file: Path, data: bytes) -> None:
    """Write `data`; a file that holds it already stays untouched, so that no source reads it again."""
    if file.exists() and file.read_bytes() == data:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
