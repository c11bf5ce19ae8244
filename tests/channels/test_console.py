from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from finops.channels import Console
from finops.errors import DeliveryError
from finops.model import Message

PRINT = "import sys; from finops.channels import Console; from finops.model import Message; "
PRINT += "Console().send(Message.model_validate_json(sys.argv[1]))"


@pytest.mark.parametrize("name", ["page", "resolved", "bare", "hostile", "grouped"])
def test_piped_output_is_plain(
    name: str, samples: dict[str, Message], capsys: pytest.CaptureFixture[str]
) -> None:
    Console().send(samples[name])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_stderr_leaves_stdout_to_the_command(
    samples: dict[str, Message], capsys: pytest.CaptureFixture[str]
) -> None:
    Console(stream="stderr").send(samples["page"])
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "search-api" in printed.err


@pytest.mark.parametrize("watched", [True, False], ids=["terminal", "pipe"])
def test_colour_is_for_a_person(watched: bool, samples: dict[str, Message]) -> None:
    ours, theirs = pty.openpty() if watched else os.pipe()
    env = {"PATH": os.environ["PATH"], "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", PRINT, samples["page"].model_dump_json()]
    try:
        subprocess.run(command, stdout=theirs, env={**env, "FORCE_COLOR": "1"}, check=True, timeout=60)
        os.set_blocking(ours, False)
        assert (b"\x1b[" in os.read(ours, 65536)) is watched
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_closed_stream_is_a_delivery_error(
    samples: dict[str, Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    latin = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", latin)
    with pytest.raises(DeliveryError, match="cannot write to stdout") as caught:
        Console().send(samples["page"])
    assert caught.value.retry
