"""What the process of a job does first: see to it that it ends when the service does, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import threading

ORPHANED = 143  # nobody sees it


def stay_with_parent() -> None:
    """The service holds the other end of stdin and never writes: its end is the service's."""
    threading.Thread(target=_leave_with_it, daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):  # whoever started the service may have had them ignored
        signal.signal(
            number, signal.default_int_handler
        )  # a query that runs at AWS is stopped on the way out


def _leave_with_it() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(ORPHANED)
