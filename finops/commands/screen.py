"""What people read: a terminal, or a pipe that greps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

PIPED_WIDTH = 1000  # one row a line, nothing cut off


def console() -> Console:
    """As wide as the terminal; piped, as wide as a row takes."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, soft_wrap=True, highlight=False)


@contextmanager
def progress(what: str) -> Iterator[Callable[[float], None]]:
    """Of what takes minutes, for who looks on: call it with the share that is done."""
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=1)
        yield lambda share: bar.update(task, completed=share)
