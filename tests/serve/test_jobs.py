"""A job's process: it ends by itself, at its deadline, with the service; and what is made of its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from bill import cur2, line
from home import Home

from finops.config import Settings
from finops.ledger import Ledger
from finops.schedule.runs import Ended
from finops.serve import jobs
from finops.serve.process import Exit, Process
from finops.sources import MetricStream

SLEEP = "import time; print('asleep', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
WITH_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
SYNCED = {
    "generation": 4, "published": True, "read": ["a", "b"], "unchanged": 3, "kept": [], "dropped": [],
    "restated_days": 1, "unreachable": {}, "aws_requests": 5, "aws_usd": "0.0004",
}  # fmt: skip
DIGESTED = {
    "key": "digest-weekly-2026-W47",
    "headline": "h",
    "sent": ["console"],
    "had_it": [],
    "failed": {"mail": "down"},
}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_process_that_ends_by_itself() -> None:
    left = Process().run(python("import sys; print('{}'); sys.stderr.write('said'); sys.exit(3)"), 30)
    assert left == Exit(3, "{}\n", "said", "itself")


@pytest.mark.parametrize(
    "code", [pytest.param(SLEEP, id="it hangs"), pytest.param(WITH_CHILD, id="what it started hangs")]
)
def test_a_process_that_hangs_is_ended(code: str) -> None:
    began = time.monotonic()
    left = Process().run(python(code), 1)
    assert left.why == "deadline"
    assert time.monotonic() - began < 8


def test_stop_asks_and_kill_does_not(tmp_path: Path) -> None:
    for end, code, number in (("stop", SLEEP, signal.SIGTERM), ("kill", STUBBORN, signal.SIGKILL)):
        process, left = Process(), []
        thread = threading.Thread(target=lambda p=process, c=code, x=left: x.append(p.run(python(c), 60)))
        thread.start()
        time.sleep(0.5)
        getattr(process, end)()
        thread.join(5)
        assert [(one.why, one.code) for one in left] == [("stopped", -number)]
        assert process.run(python(SLEEP), 60).why == "stopped", "nothing is begun any more"


def test_a_job_ends_with_a_service_that_was_killed(tmp_path: Path) -> None:
    """`kill -9` leaves no orphan that writes beside the next service."""
    said = tmp_path / "pid"
    job = f"""
from finops.serve.child import stay_with_parent
stay_with_parent()
import os, pathlib, time
pathlib.Path({str(said)!r}).write_text(str(os.getpid()))
time.sleep(60)
"""
    service = python(f"from finops.serve.process import Process; Process().run({python(job)!r}, 60)")
    with subprocess.Popen(service) as parent:
        child = int(soon(lambda: said.exists() and said.read_text()))
        parent.kill()
    soon(lambda: not alive(child))


def soon(check: Any) -> Any:
    for _ in range(200):
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def alive(pid: int) -> bool:
    """Neither gone nor a zombie that nobody reaps."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("job", "left", "outcome", "error"),
    [
        pytest.param("sync", Exit(0, json.dumps(SYNCED), "", "itself"), "ok", None, id="good"),
        pytest.param(
            "sync", Exit(2, json.dumps(SYNCED | {"unreachable": {"cur:x": "cur:x: denied"}}), "", "itself"),
            "findings", "cur:x: denied", id="a source was not reached",
        ),
        pytest.param(
            "sync", Exit(2, "", "synced\nfinops: disk: full\n; make room\n", "itself"), "failed",
            "disk: full ; make room", id="it says why it failed",
        ),
        pytest.param(
            "sync", Exit(1, "", "Traceback\n  File x\nKeyError: 'y'\n", "itself"), "failed", "KeyError: 'y'",
            id="a fault: the last line",
        ),
        pytest.param("check", Exit(-9, "", "", "itself"), "failed", "ended by signal 9, and said nothing",
                     id="killed by somebody else"),
        pytest.param("sync", Exit(-15, "", "finops: x\n", "deadline"), "hung",
                     "stopped after 90 minutes; raise deadline_minutes in [schedule] if it needs more; x", id="hung"),
        pytest.param("sync", Exit(-15, "", "", "stopped"), "interrupted", "finops was stopped while it ran",
                     id="the service stops"),
        pytest.param("check", Exit(2, "{}", "finops: no ledger", "itself"), "failed", "no ledger",
                     id="a check may not exit with 2"),
        pytest.param("weekly digest", Exit(2, json.dumps(DIGESTED), "finops: mail: down", "itself"), "ok", "mail: down",
                     id="a digest that waits for a channel has been told"),
        pytest.param("sync", Exit(0, "", "", "itself"), "failed", "exit code 0, and said nothing",
                     id="no answer is no success"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_run(job: str, left: Exit, outcome: str, error: str | None) -> None:
    ended = jobs.ended(job, left, 90)
    assert (ended.outcome, ended.error) == (outcome, error)


def perform(home: Home, job: str) -> Ended:
    settings = Settings(sources=(MetricStream(path="exports/metrics"),))
    return jobs.ended(job, Process().run(jobs.command(home.path, settings, job), 60), 1)


def test_the_real_commands_are_understood(home: Home) -> None:
    cur2(home.exports, [line("2026-11-17 10:00", 7), line("2026-11-18 10:00", 7)])
    sync, again, check = (perform(home, job) for job in ("sync", "sync", "check"))
    assert (sync.outcome, sync.did["generation"], sync.did["read"], sync.did["published"]) == (
        "ok",
        1,
        1,
        True,
    )
    assert (again.outcome, again.did["read"], again.did["unchanged"]) == ("ok", 0, 1)
    assert check.did.get("day") == "2026-11-17", check.error
    assert check.outcome in ("ok", "findings"), check.error


def test_a_home_that_another_finops_writes_is_skipped(home: Home) -> None:
    with Ledger(home.path).writing():
        ended = perform(home, "sync")
    assert ended.outcome == "skipped"
    assert "another finops is writing" in str(ended.error)


def test_a_configuration_that_cannot_be_read_is_a_failure(home: Home) -> None:
    home.configure("[schedul]\n")
    ended = perform(home, "sync")
    assert ended.outcome == "failed"
    assert "schedul: unknown key; did you mean schedule?" in str(ended.error)
