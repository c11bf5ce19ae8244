"""The service as it runs: on time, over HTTP, stopped, killed, twice."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from bill import cur2, line
from home import Home
from serving import Serving

from finops import database
from finops.ledger import Ledger
from finops.schedule import runs
from finops.schedule.runs import Run, Runs
from finops.state.store import State

DAYS = [f"2026-11-{day:02d}" for day in range(1, 19)]
SPIKE = [
    line(f"{day} 10:00", 900 if day == DAYS[-2] else 10, resource_tags={"Workload": "search"}) for day in DAYS
]


@pytest.fixture
def home(home: Home) -> Home:
    cur2(home.exports, SPIKE)
    return home


def record(home: Home) -> list[Run]:
    """Oldest first."""
    with Runs(home.path / runs.FILE) as opened:
        return list(reversed(opened.recent(1000)))


def outcomes(home: Home) -> list[tuple[str, str | None]]:
    return [(run.job, run.outcome) for run in record(home)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One that has done what is due, with nothing of Slack."""
    home = Home(tmp_path_factory.mktemp("served") / "home")
    cur2(home.exports, SPIKE)
    with Serving(home.path) as serving:
        serving.until("run_ended", "check")
        yield serving
        assert serving.end() == 0
    assert outcomes(home) == [("sync", "ok"), ("check", "findings")]


def test_it_says_how_it_is(served: Serving) -> None:
    assert served.get("/healthz").text == "ok\n"
    ready = served.get("/readyz")
    assert (ready.status, json.loads(ready.text)) == (200, {"ready": True, "troubles": []})
    numbers = served.get("/metrics").text.splitlines()
    told = dict(number.rsplit(" ", 1) for number in numbers if not number.startswith("#"))
    assert told["finops_generation"] == "1.0"
    assert told['finops_runs_total{job="sync",outcome="ok"}'] == "1.0"
    end = datetime(2026, 11, 18, tzinfo=UTC).timestamp()
    assert float(told['finops_source_complete_through_timestamp_seconds{source="cur:exports"}']) == end
    assert told['finops_spend_usd{workload="search"}'] == "900.0"
    assert float(told['finops_incidents_open{severity="warn"}']) >= 1
    assert {told[f"finops_{part}_readable"] for part in ("ledger", "runs", "state")} == {"1.0"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/", 404),
        ("/docs", 404),
        ("/openapi.json", 404),
    ],
)
def test_every_answer_keeps_a_browser_from_doing_anything_with_it(
    served: Serving, path: str, status: int
) -> None:
    answer = served.get(path)
    assert answer.status == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["server"] is None


def test_without_a_signing_secret_nobody_listens_to_slack(served: Serving) -> None:
    assert served.get("/slack/actions", PRESS, signed(PRESS, int(time.time()))).status == 404


def test_before_the_first_good_sync_it_lives_and_is_not_ready(home: Home) -> None:
    home.configure(sources='[[sources]]\nkind = "cur"\npath = "nowhere"\n')
    with Serving(home.path) as serving:
        serving.until("run_ended", "sync")
        answer = serving.get("/readyz")
        assert serving.get("/healthz").status == 200
    assert answer.status == 503
    assert json.loads(answer.text)["troubles"] == ["nothing is published yet: no sync has been good"]


SECRET, TOKEN = "8f742231b10e8888abcd99yyyzzz85a5", "xoxb-17653672481-19874698323"
SLACK = (
    '[[channels]]\nkind = "slack"\nchannel = "#costs"\napi_url = "http://127.0.0.1:9/"\ntimeout_seconds = 1\n'
)
PRESS = b"payload=%7B%22type%22%3A%22shortcut%22%7D"


def signed(body: bytes, at: int, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


def test_slacks_buttons_are_heard_when_slack_signed_them(home: Home) -> None:
    home.configure(SLACK)
    now, large, deep = int(time.time()), b"payload=" + b"x" * (1 << 20), b"payload=" + b"[" * 100_000
    environment = {
        "FINOPS_SLACK_TOKEN": TOKEN, "FINOPS_SLACK_SIGNING_SECRET": SECRET, "FINOPS_SLACK_APP_TOKEN": "xapp-1-A1",
    }  # fmt: skip
    with Serving(home.path, environment=environment) as serving:
        found = {
            name: serving.get("/slack/actions", body, headers).status
            for name, body, headers in (
                ("signed", PRESS, signed(PRESS, now)),
                ("unsigned", PRESS, {}),
                ("another secret", PRESS, signed(PRESS, now, "other")),
                ("another body", b"payload=1", signed(PRESS, now)),
                ("ten minutes ago", PRESS, signed(PRESS, now - 600)),
                ("a stamp that is none", PRESS, signed(PRESS, now) | {"X-Slack-Request-Timestamp": "x"}),
                ("no payload", b"x=1", signed(b"x=1", now)),
                ("too large", large, signed(large, now)),
                ("nested without end", deep, signed(deep, now)),
            )
        }
        (home.path / database.FILE).write_bytes(b"no database" * 1000)
        unrecorded = serving.get("/slack/actions", PRESS, signed(PRESS, now))
        listens = serving.until("socket_mode")["message"]
    assert found == {
        "signed": 200, "unsigned": 401, "another secret": 401, "another body": 401, "ten minutes ago": 401,
        "a stamp that is none": 401, "no payload": 400, "too large": 413,
        "nested without end": 400,
    }  # fmt: skip
    assert unrecorded.status == 503
    assert "not a database" in unrecorded.text
    assert listens.startswith("Socket Mode: "), "and goes on trying, for Slack is not there"
    said = "".join(serving.lines)
    assert "Traceback" not in said
    assert SECRET not in said
    assert TOKEN not in said


def test_two_at_once_are_refused_and_the_second_touches_nothing(home: Home) -> None:
    with Serving(home.path) as first:
        first.until("run_begins")
        with Serving(home.path) as second:
            assert second.left() == 2
        assert "another finops serve runs" in "".join(second.lines)
        first.until("run_ended", "check")
        assert first.end() == 0
    assert {outcome for _, outcome in outcomes(home)} <= {"ok", "findings"}


def test_a_port_that_is_taken_is_an_error(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = home.run("serve", "--port", str(port))
    assert done.returncode == 2
    assert f"finops: cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("harm", "code", "message"),
    [
        pytest.param(lambda path: (path / "finops.toml").unlink(), 3, "not there; write one with", id="no finops.toml"),
        pytest.param(lambda path: (path / ".serve.lock").mkdir(), 2, "choose another --home", id="not writable"),
        pytest.param(
            lambda path: (path / "finops.toml").write_text('[schedule]\nhousekeeping_at = "3:30"\n'), 3,
            'schedule.housekeeping_at: expected a time of day in UTC, such as "03:30"', id="a time that is none",
        ),
    ],
)  # fmt: skip
def test_what_keeps_it_from_starting_is_said(harm: Any, code: int, message: str, home: Home) -> None:
    harm(home.path)
    done = home.run("serve", "--port", "0")
    assert done.returncode == code
    assert message in done.stderr


def test_a_cron_that_writes_is_waited_for(home: Home) -> None:
    with Ledger(home.path).writing(), Serving(home.path) as serving:
        ended = serving.until("run_ended", "sync")
        assert serving.get("/readyz").status == 503
        assert serving.end() == 0
    assert ended["outcome"] == "skipped"
    assert outcomes(home) == [("sync", "skipped")], "and not again at once"


class Hooks(BaseHTTPRequestHandler):
    """Takes what a webhook posts; slowly when `server.slow` is set, until `server.over`."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.began.set()  # type: ignore[attr-defined]
        self.server.over.wait(self.server.slow)  # type: ignore[attr-defined]
        self.server.received.append((self.headers["Idempotency-Key"], body.decode()))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hooks(home: Home) -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Hooks)
    server.received, server.slow = [], 0.0
    server.began, server.over = threading.Event(), threading.Event()
    home.configure(f'[[channels]]\nkind = "webhook"\nurl = "http://127.0.0.1:{server.server_port}/"\n')
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("event", "job", "interrupted"),
    [
        pytest.param("listening", None, set(), id="before anything"),
        pytest.param("run_begins", "sync", {"sync"}, id="while it syncs"),
        pytest.param("run_ended", "sync", {"check"}, id="between sync and check"),
        pytest.param("run_begins", "check", {"check"}, id="while it checks"),
        pytest.param("run_ended", "check", set(), id="after all"),
    ],
)
def test_killed_at_any_point_the_next_one_loses_and_doubles_nothing(
    event: str, job: str | None, interrupted: set[str], home: Home, hooks: Any
) -> None:
    with Serving(home.path) as serving:
        serving.until(event, job)
        serving.end(signal.SIGKILL)
    with Serving(home.path) as serving:
        if (event, job) != ("run_ended", "check"):
            serving.until("run_ended", "check")
        serving.until("listening")
        serving.soon(lambda: hooks.received)
        assert serving.end() == 0
    found = Counter(outcomes(home))
    torn = {one for one, outcome in found if outcome == "interrupted"}
    assert torn <= interrupted or (event, torn) == ("listening", {"sync"})
    assert all(run.ended_at for run in record(home))
    assert home.ask("select generation, sum(gross_usd)::int from meta, attributed group by all") == [
        (1, 1070)
    ]
    assert set(Counter(key for key, _ in hooks.received).values()) == {1}, "each is told once"
    with State(home.path / database.FILE) as state:
        assert state.undelivered() == {"pending": 0, "dead": 0}


def test_told_to_stop_it_lets_what_runs_finish(home: Home, hooks: Any) -> None:
    hooks.slow = 1.0
    with Serving(home.path) as serving:
        serving.soon(hooks.began.is_set)
        assert serving.end() == 0
    assert outcomes(home) == [("sync", "ok"), ("check", "findings")]


def test_what_does_not_finish_in_time_is_ended_and_on_record(home: Home, hooks: Any) -> None:
    hooks.slow = 60.0
    with (home.path / "finops.toml").open("a") as file:
        file.write("[schedule]\ngrace_seconds = 0\n")
    with Serving(home.path) as serving:
        serving.soon(hooks.began.is_set)
        assert serving.end() == 0
    assert outcomes(home) == [("sync", "ok"), ("check", "interrupted")]


def test_told_twice_it_stops_at_once(home: Home, hooks: Any) -> None:
    hooks.slow = 60.0
    with Serving(home.path) as serving:
        serving.soon(hooks.began.is_set)
        serving.process.send_signal(signal.SIGINT)
        serving.until("stopping")
        began = time.monotonic()
        assert serving.end(signal.SIGINT) == 0
        assert time.monotonic() - began < 20
    assert outcomes(home) == [("sync", "ok"), ("check", "interrupted")]


@pytest.mark.slow
def test_a_job_that_fails_is_told_and_again_when_it_works(home: Home, hooks: Any) -> None:
    (home.path / "exports").rename(home.path / "elsewhere")
    with Serving(home.path) as serving:
        serving.until("run_ended", "tell")
        serving.soon(lambda: hooks.received)
        (home.path / "elsewhere").rename(home.path / "exports")
        serving.until("run_ended", "check")
        serving.soon(lambda: len([one for one in outcomes(home) if one == ("tell", "ok")]) == 2)
        assert serving.end() == 0
    told = "".join(body for _, body in hooks.received)
    assert told.count("[WARN] job sync fails") >= 1
    assert told.count("[RESOLVED] job sync fails") >= 1


ENDLESS = """/*---
title = "Never comes to an end"
severity = "info"
headline = "{subject}"
summary = "{subject}"
why = "-"
next_step = "-"
---*/
select max(hash(a.range, b.range))::varchar as subject
from range(100_000_000) as a, range(100_000_000) as b
where $day is not null
"""


@pytest.mark.slow
def test_a_job_that_hangs_is_ended_told_and_holds_up_no_other(home: Home, hooks: Any) -> None:
    channel = (home.path / "finops.toml").read_text()
    often = "[schedule]\nsync_minutes = 0.5\n"
    home.configure(f"{often}deadline_minutes = 0.2\n", sources=f'alerts = ["alerts"]\n{channel}')
    (home.path / "alerts").mkdir()
    (home.path / "alerts/endless.sql").write_text(ENDLESS)

    def told(text: str) -> bool:
        return any(text in body for _, body in hooks.received)

    with Serving(home.path) as serving:
        serving.soon(lambda: told("[WARN] job check does not come to an end"))
        (home.path / "alerts/endless.sql").unlink()
        home.configure(often, sources=f'alerts = ["alerts"]\n{channel}')
        serving.soon(lambda: told("[RESOLVED] job check does not come to an end"))
        assert serving.end() == 0
    found = outcomes(home)
    assert found.index(("check", "hung")) < found.index(("check", "findings"))
    assert ("sync", "ok") in found[found.index(("check", "hung")) :]


def test_a_state_that_cannot_be_read_stops_no_sync(home: Home) -> None:
    (home.path / database.FILE).write_bytes(b"x" * 8192)
    with Serving(home.path) as serving:
        serving.until("run_ended", "sync")
        ready, numbers = serving.get("/readyz"), serving.get("/metrics").text
    assert ("tell", "failed") in outcomes(home)
    assert ("sync", "ok") in outcomes(home)
    assert ready.status == 200
    assert "finops_state_readable 0.0" in numbers
    assert "finops_ledger_readable 1.0" in numbers


@pytest.mark.slow
def test_finops_toml_is_read_anew_when_it_changes(home: Home) -> None:
    with Serving(home.path) as serving:
        serving.until("run_ended", "check")
        home.configure("[schedul]\n")
        assert "did you mean schedule?" in serving.until("configuration")["message"]
        home.configure(
            '[[sources]]\nkind = "metric_stream"\npath = "metrics"\n[schedule]\nmeters_minutes = 0.1\n'
        )
        serving.until("run_begins", "meters")
        assert serving.end() == 0


def test_people_are_spoken_to_in_lines_and_machines_in_json(home: Home, tmp_path: Path) -> None:
    with Serving(home.path, "--log-format", "text") as serving:
        serving.soon(lambda: any("sync ok" in said for said in serving.lines))
        assert serving.end() == 0
    assert [said for said in serving.lines if said.startswith("{")] == []
