"""Runs a command in a process of its own, up to a deadline, and ends it when it must."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import Literal, NamedTuple

POLITE = 10.0  # seconds to leave after SIGTERM, e.g. to stop a query at AWS; then SIGKILL


class Exit(NamedTuple):
    """`why`: it ended by itself, at its deadline, or because the service stops. `code` is negative for a signal."""

    code: int
    stdout: str
    stderr: str
    why: Literal["itself", "deadline", "stopped"]


class Process:
    """One at a time. `stop` may be called from another thread, also when nothing runs."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()
        self._lock = threading.RLock()  # a signal may come while its own thread holds it

    def run(self, command: Sequence[str], deadline: float) -> Exit:
        """`deadline` in seconds. Raises OSError where the process cannot be started."""
        with self._lock:
            if self._stopped.is_set():
                return Exit(-signal.SIGTERM, "", "", "stopped")
            child = self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,  # held, never written: see finops.serve.child
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                process_group=0,  # Ctrl-C in a terminal is for the service to pass on
            )
        with child:
            try:
                stdout, stderr, late = _outcome(child, deadline)
            finally:
                self._child = None
        why: Literal["itself", "deadline", "stopped"] = "itself"
        if late:
            why = "deadline"
        elif self._stopped.is_set() and child.returncode != 0:
            why = "stopped"
        return Exit(child.returncode, stdout, stderr, why)

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        child = self._forbid()
        if child is not None:
            _end(child)

    def kill(self) -> None:
        """The same at once."""
        child = self._forbid()
        if child is not None:
            _kill(child)

    def _forbid(self) -> subprocess.Popen[str] | None:
        with self._lock:
            self._stopped.set()
            return self._child


def _outcome(child: subprocess.Popen[str], deadline: float) -> tuple[str, str, bool]:
    """What it said, and whether the deadline had to end it."""
    assert child.stdin
    stdin, child.stdin = child.stdin, None  # `communicate` would close it
    with stdin:
        try:
            return *child.communicate(timeout=deadline), False
        except subprocess.TimeoutExpired:
            _end(child)
            return *child.communicate(), True


def _end(child: subprocess.Popen[str]) -> None:
    """Ask, then kill. What finops writes stands however it ends."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(POLITE)
    _kill(child)


def _kill(child: subprocess.Popen[str]) -> None:
    """With all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already
        os.killpg(child.pid, signal.SIGKILL)
