"""What a stranger sees: the demo, its verdict, the six questions, and Slack exactly once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops import metrics

ROOT = Path(__file__).parent.parent


def finops(home: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "finops", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=home.parent,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    home = tmp_path_factory.mktemp("demo") / "home"
    verdict = finops(home, "demo", "--no-serve", "--json")
    return home, json.loads(verdict)


@pytest.fixture(scope="module")
def home(demo: tuple[Path, dict[str, Any]]) -> Path:
    return demo[0]


def test_every_dollar_of_the_demo_is_attributed(demo: tuple[Path, dict[str, Any]]) -> None:
    verdict = demo[1]
    assert Decimal(verdict["billed_usd"]) == Decimal(verdict["attributed_usd"]) > 50_000


@pytest.mark.parametrize(
    ("rule", "subject", "severity"),
    [
        pytest.param("spend_spike", "search-api", "page", id="three times the usual day"),
        pytest.param("cache_hit_rate", "knowledge-assistant / Claude Sonnet 4.6", "warn", id="broken cache"),
        pytest.param(
            "idle_commitment", "summaries-legacy-prod-llama3-1-70b", "warn", id="forgotten throughput"
        ),
        pytest.param("untagged_spend", "333344445555 us-west-2", "warn", id="a new source without a name"),
        pytest.param("router_drift", "support-router / claude", "warn", id="router drift"),
        pytest.param("runaway_loop", "coding-agent", "page", id="runaway agent"),
        pytest.param("verbose_responses", "report-writer / sonnet", "info", id="verbose answers"),
        pytest.param("dev_in_prod", "product-copy / prod", "warn", id="dev in prod"),
        pytest.param(
            "unclassified_usage", "USE1-TraceDistiller-TracesDistilled", "warn", id="an unknown line"
        ),
    ],
)
def test_the_demo_raises_its_incidents(
    demo: tuple[Path, dict[str, Any]], rule: str, subject: str, severity: str
) -> None:
    found = [f for f in demo[1]["findings"] if f["rule"] == rule]
    assert [f["severity"] for f in found if f["subject"].startswith(subject)] == [severity]


def test_nothing_else_of_the_demo_alerts(demo: tuple[Path, dict[str, Any]]) -> None:
    assert len(demo[1]["findings"]) == 9


@pytest.mark.parametrize(
    ("days_ago", "rules"),
    [
        pytest.param(
            7,
            {"dev_in_prod", "idle_commitment", "untagged_spend", "verbose_responses"},
            id="the router has only begun to drift",
        ),
        pytest.param(16, {"idle_commitment", "verbose_responses"}, id="before a newcomer"),
        pytest.param(24, {"verbose_responses"}, id="before the router drifts"),
        pytest.param(45, {"verbose_responses"}, id="weeks before"),
        pytest.param(80, {"verbose_responses"}, id="months before"),
    ],
)
def test_before_its_stories_the_demo_is_quiet(
    demo: tuple[Path, dict[str, Any]], tmp_path: Path, days_ago: int, rules: set[str]
) -> None:
    """Its report-writer has been verbose ever since."""
    home, verdict = demo
    mine = tmp_path / "home"
    shutil.copytree(home, mine, symlinks=True)
    last = date.fromisoformat(max(finding["day"] for finding in verdict["findings"]))
    checked = finops(mine, "check", "--json", "--day", str(last - timedelta(days=days_ago)))
    assert {finding["rule"] for finding in json.loads(checked)["findings"]} == rules


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        pytest.param("Cost of one unit of work", "claims-pipeline", id="two-model pipeline"),
        pytest.param("The bill was restated", "last days", id="late Marketplace lines"),
        pytest.param("Shown apart from spend", "credit, refund, tax", id="credits and tax"),
    ],
)
def test_the_verdict_tells_the_other_stories(
    demo: tuple[Path, dict[str, Any]], title: str, subject: str
) -> None:
    assert subject in [line["subject"] for line in demo[1]["reports"] if line["title"] == title]


def six_questions() -> Iterator[Any]:
    text = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
    section = text[text.index("## Six questions") : text.index("## And two")]
    for question, sql in re.findall(r"\n([^\n]+:[^\n]*|[^\n]+\?)\n\n```sql\n(.*?)```", section, re.DOTALL):
        yield pytest.param(sql, id=question.split(",")[0].rstrip(":")[:40])


@pytest.mark.parametrize("sql", list(six_questions()))
def test_the_six_questions_have_answers(home: Path, sql: str) -> None:
    rows = json.loads(finops(home, "sql", "--format", "json", sql))
    assert len(rows) >= 3
    assert all(any(value is not None for value in row.values()) for row in rows)


def test_there_are_six_questions() -> None:
    assert len(list(six_questions())) == 6


class Hook(BaseHTTPRequestHandler):
    """Takes what Slack's incoming webhooks take, and remembers it."""

    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.received.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    received: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OneHook", (Hook,), {"received": received}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/services/T/B/x", received
    server.shutdown()
    server.server_close()


def test_the_spike_reaches_slack_once(
    home: Path, hook: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    url, received = hook
    mine = tmp_path / "home"
    shutil.copytree(home, mine, symlinks=True)
    for state in mine.glob("state*"):
        state.unlink()
    config = mine / "finops.toml"
    config.write_text(config.read_text().replace('kind = "console"', 'kind = "slack"'))

    finops(mine, "check", FINOPS_SLACK_WEBHOOK_URL=url)
    assert [message["text"].startswith("[PAGE] search-api") for message in received].count(True) == 1

    told = len(received)
    finops(mine, "check", FINOPS_SLACK_WEBHOOK_URL=url)
    assert len(received) == told


def test_fail_on_is_for_scripts(home: Path) -> None:
    finops(home, "check", "--fail-on", "page", code=1)
    finops(home, "check", "--day", "2020-01-01", "--fail-on", "info", code=2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["chek"], 3, id="mistyped command"),
        pytest.param(["check", "--dya", "2026-11-18"], 3, id="mistyped option"),
        pytest.param(["rules", "run", "spend_spik"], 3, id="mistyped rule"),
        pytest.param(["sql", "select * from spend_dialy"], 2, id="mistyped view"),
        pytest.param(["demo"], 0, id="a demo replaces a demo"),
    ],
)
def test_exit_codes(tmp_path: Path, home: Path, arguments: list[str], code: int) -> None:
    mine = tmp_path / "home"
    shutil.copytree(home, mine, symlinks=True)
    finops(mine, *arguments, code=code)


OTHER = "1.5.6" if duckdb.__version__.startswith("2.") else "2.0.0"
READ_ALL = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
for view in sys.argv[2:]:
    con.execute(f'from "{view}" limit 5').fetchall()
print(duckdb.__version__)
"""


def test_every_view_answers_in_the_other_duckdb(home: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"duckdb=={OTHER}"], check=True)
    views = [metric.name for metric in metrics.shipped()]
    done = subprocess.run(
        [python, "-c", READ_ALL, str(home / "finops.duckdb"), *views],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == OTHER  # a slow machine makes it draw its progress before
