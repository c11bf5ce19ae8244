"""The real service in a process of its own, and what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE = 240.0  # seconds: ends a test that waits for nothing; a slow machine is not a fault


class Answer(NamedTuple):
    status: int
    text: str
    headers: Message


class Serving:
    """`log` grows as it speaks."""

    def __init__(self, home: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "finops", "--home", str(home), "serve", "--port", "0", *options]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def until(self, event: str, job: str | None = None) -> dict[str, Any]:
        """The first line that says so."""
        wanted = {"event": event, **({"job": job} if job else {})}
        return self.soon(lambda: next((line for line in self.log if wanted.items() <= line.items()), None))

    def soon(self, check: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := check():
                return found
            time.sleep(0.02)
        raise AssertionError("it never came:\n" + "".join(self.lines))

    def get(self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        port = self.until("listening")["did"]["port"]
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}", data=data, headers=dict(headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return Answer(answer.status, answer.read().decode(), answer.headers)
        except urllib.error.HTTPError as exc:
            with exc:
                return Answer(exc.code, exc.read().decode(), exc.headers)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.left()

    def left(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stderr
        self.process.stderr.close()
        return code

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
