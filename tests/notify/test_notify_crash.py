"""A process that dies while it sends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from recorder import NOW, Crash, channels, finding, note, recorder

from finops.channels import Webhook
from finops.notify.send import send_pending
from finops.state.store import FILE, State


def test_a_crash_after_a_refusal_loses_nothing(state: State) -> None:
    """The refusal and the message for the fallback are written together, or not at all."""
    first, pager = recorder("crashes", severity="page"), recorder("refuses", workloads=("a",))
    to = channels(first=first, pager=pager)
    note(state, to, finding(severity="warn"))
    for _ in range(2):
        with contextlib.suppress(Crash):
            send_pending(state, to, NOW)
    assert first.headlines == ["[WARN] a jumped ($100.00)"] * 2


ROOT = Path(__file__).parents[2]


def test_kill_9_between_sending_and_recording_repeats_and_never_loses(tmp_path: Path) -> None:
    """The receiver kills the sender before it answers: sent, but not known as sent."""
    keys: list[str] = []
    victim: list[subprocess.Popen[bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            if victim:
                os.kill(victim.pop().pid, signal.SIGKILL)
                self.close_connection = True
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server, State(tmp_path / FILE) as state:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        url = f"http://127.0.0.1:{server.server_port}/"
        hook = Webhook(url=SecretStr(url))
        note(state, {"hook": hook}, finding())
        command = [sys.executable, "-c", SENDER, str(state.path), NOW.isoformat(), url]
        with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as sender:
            victim.append(sender)
            thread.start()
            assert sender.wait(60) == -signal.SIGKILL
        for _ in range(2):
            send_pending(state, {"hook": hook}, NOW)
        server.shutdown()
        thread.join()
    assert len(keys) == 2
    assert len(set(keys)) == 1, "the repeated message has the same key"


SENDER = """
import sys
from datetime import datetime
from pathlib import Path
from finops.channels import Webhook
from finops.notify.send import send_pending
from finops.state.store import State

with State(Path(sys.argv[1])) as state:
    send_pending(state, {"hook": Webhook(url=sys.argv[3])}, datetime.fromisoformat(sys.argv[2]))
"""
