"""What people read: a terminal, or a pipe that greps."""

from __future__ import annotations

import sys

from rich.console import Console

PIPED_WIDTH = 1000  # one row a line, nothing cut off


def console() -> Console:
    """As wide as the terminal; piped, as wide as a row takes."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, soft_wrap=True, highlight=False)
