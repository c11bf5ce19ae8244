from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from scripted_server import serving
from typer.testing import CliRunner, Result

from finops.commands.context import Context
from finops.commands.incidents import app
from finops.errors import ConfigError
from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.model import Decision, Finding, Notice
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)


def midnight(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def run(home: Path, *args: str, as_json: bool = False, now: datetime = NOW) -> Result:
    return CliRunner().invoke(app, args, obj=Context(home=home, json=as_json, now=now))


def opened(home: Path, *subjects: str) -> list[str]:
    """Ids, in the order of the subjects; the first has the most dollars."""
    found = [
        Finding(
            rule="spend_spike", title="Spend jumped", severity="page", subject=subject, day=NOW.date(),
            usd=Decimal(100 - n), summary=f"{subject} jumped", workload=subject,
        )
        for n, subject in enumerate(subjects)
    ]  # fmt: skip
    decision = decide([], found, {}, NOW, Policy())
    with State(home / FILE) as state:
        state.record(decision, [], NOW)
    return [notice.incident.id for notice in decision.notices]


def test_list_shows_what_is_open_one_a_line_most_dollars_first(tmp_path: Path) -> None:
    first, second = opened(tmp_path, "search-api", "[red]support[/red]")
    lines = run(tmp_path, "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", first, second]
    assert "[red]support[/red] jumped" in lines[2], "text from tags is no markup"


@pytest.mark.parametrize("where", ["option", "context"])
def test_list_as_json(where: str, tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    result = run(tmp_path, "list", *(["--json"] if where == "option" else []), as_json=where == "context")
    assert [(one["id"], one["peak_usd"]) for one in json.loads(result.stdout)] == [(only, "100")]


def test_an_empty_list_says_so(tmp_path: Path) -> None:
    assert "No open incidents" in run(tmp_path, "list").stdout
    assert run(tmp_path, "list", "--json").stdout.strip() == "[]"


def test_show_tells_what_happened(tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    run(tmp_path, "ack", only, "--by", "ana")
    shown = run(tmp_path, "show", only).stdout
    assert "opened" in shown
    assert "acknowledged ana" in shown
    events = json.loads(run(tmp_path, "show", only, "--json").stdout)["history"]
    assert [event["event"] for event in events] == ["opened", "acknowledged"]


def test_feedback_is_kept_with_who_and_shown(tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    run(tmp_path, "feedback", only, "expected", "--by", "bo")
    for _ in range(2):
        assert run(tmp_path, "feedback", only, "not-an-anomaly", "--by", "ana").exit_code == 0
    with State(tmp_path / FILE) as state:
        assert [(one.by, one.verdict) for one in state.feedback()] == [
            ("bo", "expected"),
            ("ana", "not-an-anomaly"),
        ]
        assert state.incident(only).state == "open"
    assert "not-an-anomaly, says ana" in run(tmp_path, "show", only).stdout
    shown = json.loads(run(tmp_path, "show", only, "--json").stdout)["feedback"]
    assert [one["verdict"] for one in shown] == ["expected", "not-an-anomaly"]


@pytest.mark.parametrize(
    ("args", "state", "until"),
    [
        pytest.param(["ack", "ID"], "acknowledged", None, id="ack"),
        pytest.param(["snooze", "ID", "--days", "2"], "snoozed", NOW + timedelta(days=2), id="days"),
        pytest.param(["snooze", "ID", "--until", "2026-11-20"], "snoozed", midnight(11, 21), id="until"),
        pytest.param(["plan", "ID", "--until", "2026-11-18"], "planned", midnight(11, 19), id="plan today"),
        pytest.param(["plan", "search-api", "--until=2026-11-30"], "planned", midnight(12, 1), id="name"),
    ],
)
def test_answers(args: list[str], state: str, until: datetime | None, tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    result = run(tmp_path, *(only if arg == "ID" else arg for arg in args), "--by", "ana")
    assert result.exit_code == 0, result.output
    with State(tmp_path / FILE) as opened_again:
        incident = opened_again.incident(only)
    assert (incident.state, incident.until, incident.by) == (state, until, "ana")


PLANNED_TWICE = [["plan", "search-api", "--until", "2026-11-30"], ["plan", "batch", "--until", "2026-12-04"]]
GONE = "search-api: no longer planned until 2026-12-01 00:00Z by ana\n"


@pytest.mark.parametrize(
    ("said", "back", "printed"),
    [
        pytest.param([["ack", "ID"]], "ID", "ID: open again\n", id="ack"),
        pytest.param([["snooze", "ID", "--days", "2"]], "ID", "ID: open again\n", id="snooze"),
        pytest.param(
            PLANNED_TWICE[:1], "ID", f"{GONE}ID: open again\n", id="a plan by an incident that it mutes"
        ),
        pytest.param(PLANNED_TWICE, "search-api", f"{GONE}ID: open again\n", id="a plan by its name"),
        pytest.param(
            [["plan", "search-api", "--until", "2026-11-30"], ["ack", "ID"]],
            "ID",
            f"{GONE}ID: open again\n",
            id="a plan whose incident was acknowledged since",
        ),
    ],
)
def test_an_answer_is_taken_back(said: list[list[str]], back: str, printed: str, tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    for args in said:
        run(tmp_path, *(only if arg == "ID" else arg for arg in args), "--by", "ana")
    result = unmuted(tmp_path, only if back == "ID" else back)
    assert (result.exit_code, result.stdout) == (0, printed.replace("ID", only))
    with State(tmp_path / FILE) as state:
        assert [plan.name for plan in state.planned()] == (["batch"] if said == PLANNED_TWICE else [])
        incident, event = state.incident(only), state.history(only)[-1]
    assert (incident.state, incident.by, event.event, event.by) == ("open", None, "unmuted", "bo")
    found = [incident.finding.model_copy(update={"day": NOW.date() + timedelta(days=1)})]
    again = decide([incident], found, {}, NOW + timedelta(hours=6), Policy())
    assert [notice.reason for notice in again.notices] == ["reminder"]


def unmuted(home: Path, name: str) -> Result:
    return run(home, "unmute", name, "--by", "bo", now=NOW + timedelta(hours=1))


def test_a_plan_is_taken_back_also_where_it_mutes_nothing(tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    run(tmp_path, "plan", "evil\n\x1b[31mname", "--until", "2026-11-30", "--by", "ana")
    shown = run(tmp_path, "list").stdout.splitlines()[-1]
    assert shown.endswith(": planned until 2026-12-01 00:00Z by ana")
    assert unmuted(tmp_path, shown.split(": planned")[0]).exit_code == 0
    with State(tmp_path / FILE) as state:
        over = state.incident(only).model_copy(update={"state": "resolved", "resolved_at": NOW})
        state.record(Decision(incidents=(over,)), [], NOW)
    run(tmp_path, "plan", only, "--until", "2026-11-30", "--by", "ana")
    assert unmuted(tmp_path, only).stdout == GONE, "of an incident that is over"


def test_another_plan_stands(tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api / sonnet")
    with State(tmp_path / FILE) as state:
        incident = state.incident(only)
        finding = incident.finding.model_copy(update={"workload": "search-api"})
        state.record(Decision(incidents=(incident.model_copy(update={"finding": finding}),)), [], NOW)
    run(tmp_path, "plan", only, "--until", "2026-11-24", "--by", "ana")
    run(tmp_path, "plan", "search-api", "--until", "2026-11-30", "--by", "bo")
    said = unmuted(tmp_path, "search-api").stdout.splitlines()
    assert said == [
        "search-api: no longer planned until 2026-12-01 00:00Z by bo",
        f"{only}: still planned until 2026-11-25 00:00Z by ana",
    ]


IN_FILE = '[[planned]]\nworkload = "search-api"\nfrom = 2026-11-18\nto = 2026-11-30\nreason = "sale"\n'


def test_what_finops_toml_plans_is_taken_back_there(tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    (tmp_path / "finops.toml").write_text(IN_FILE)
    run(tmp_path, "ack", only, "--by", "ana")
    said = f"{only}: still planned until 2026-12-01 00:00Z by finops.toml: sale\n"
    assert unmuted(tmp_path, only).stdout == said
    for name, whose in ((only, f"incident {only} is"), ("search-api", "'search-api' is")):
        result = unmuted(tmp_path, name)
        assert isinstance(result.exception, ConfigError)
        assert str(result.exception) == f"{whose} planned in finops.toml; take that [[planned]] entry out"


def test_the_list_says_what_was_announced(tmp_path: Path) -> None:
    run(tmp_path, "plan", "batch", "--until", "2026-11-30", "--by", "ana\nbo")
    assert "batch: planned until 2026-12-01 00:00Z by ana bo\n" in run(tmp_path, "list").stdout
    assert json.loads(run(tmp_path, "list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        pytest.param("search-api", "", id="an incident's workload"),
        pytest.param("support-bot", "", id="a workload of the ledger without an incident"),
        pytest.param("suport-bot", "'suport-bot' is known yet; the nearest are support-bot", id="misspelt"),
        pytest.param("nosuchworkload", "no incident or workload 'nosuchworkload' is known yet\n", id="new"),
    ],
)
def test_a_plan_for_an_unknown_name_warns_and_is_recorded(name: str, warning: str, tmp_path: Path) -> None:
    opened(tmp_path, "search-api")
    with duckdb.connect(str(tmp_path / "finops.duckdb")) as con:
        con.execute("create table spend_daily as select unnest(['support-bot', null]) as workload")
    result = run(tmp_path, "plan", name, "--until", "2026-11-30")
    assert result.exit_code == 0, result.output
    assert warning in result.stderr if warning else result.stderr == ""
    with State(tmp_path / FILE) as state:
        assert [window.name for window in state.planned()] == [name]


SLACK = '[[channels]]\nkind = "slack"\nchannel = "C1"\napi_url = "{url}"\npace_seconds = 0\n'


@pytest.mark.parametrize(
    ("answer", "warning"),
    [
        pytest.param({"ok": True, "ts": "17.1", "channel": "C1"}, "", id="drawn"),
        pytest.param(
            {"ok": False, "error": "invalid_auth"}, "not drawn anew yet: slack: invalid_auth", id="refused"
        ),
    ],
)
def test_an_answer_is_shown_where_the_message_stands(
    answer: dict[str, Any], warning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINOPS_SLACK_TOKEN", "xoxb-1")
    (only,) = opened(tmp_path, "search-api")
    with State(tmp_path / FILE) as state:
        (message,) = compose([Notice(reason="opened", incident=state.incident(only))], 5)
        state.enqueue("slack", message, NOW)
        state.sent(message.key, "slack", "C1 17.1 C1", NOW, "")
    with serving() as slack:
        slack.will((200, {}, answer))
        (tmp_path / "finops.toml").write_text(SLACK.format(url=slack.url))
        result = run(tmp_path, "ack", only, "--by", "ana")
    assert result.exit_code == 0
    assert "acknowledged by ana" in result.stdout
    assert warning in result.stderr
    ((path, _, body),) = slack.requests
    assert path == "/chat.update"
    assert b"*Acknowledged by ana*" in body


def test_an_answer_stands_where_nobody_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text("chanels = []")
    (only,) = opened(tmp_path, "search-api")
    result = run(tmp_path, "ack", only, "--by", "ana")
    assert (result.exit_code, "chanels: unknown key" in result.stderr) == (0, True)
    with State(tmp_path / FILE) as state:
        assert state.incident(only).state == "acknowledged"


def test_an_unreadable_incident_leaves_the_others_listed(tmp_path: Path) -> None:
    broken, fine = opened(tmp_path, "search-api", "support-bot")
    with closing(sqlite3.connect(tmp_path / FILE)) as con, con:
        con.execute("update incidents set value = '{}' where id = ?", [broken])
    result = run(tmp_path, "list", "--json")
    assert [one["id"] for one in json.loads(result.stdout)] == [fine]
    assert f"cannot read incident {broken}" in result.stderr


@pytest.mark.parametrize(
    ("args", "text"),
    [
        pytest.param(["ack", "zzz"], "no incident 'zzz'; see finops incidents list", id="unknown id"),
        pytest.param(["snooze", "ID"], "--days or --until", id="neither"),
        pytest.param(
            ["snooze", "ID", "--days", "1", "--until", "2026-12-01"], "--days or --until", id="both"
        ),
        pytest.param(["snooze", "ID", "--until", "2026-11-17"], "is over", id="past"),
        pytest.param(["snooze", "ID", "--until", "9999-12-31"], "further off than ten years", id="for ever"),
        pytest.param(["plan", "search-api"], "give --until", id="plan without an end"),
        pytest.param(["plan", " ", "--until", "2026-12-01"], "give a workload", id="plan of nothing"),
        pytest.param(["unmute", "ID"], "is open; nothing to take back", id="nothing was said of it"),
        pytest.param(["unmute", "zzz"], "no incident or plan 'zzz' to take back", id="unmute of nothing"),
    ],
)
def test_bad_arguments_say_what_to_do(args: list[str], text: str, tmp_path: Path) -> None:
    (only,) = opened(tmp_path, "search-api")
    result = run(tmp_path, *(only if arg == "ID" else arg for arg in args))
    assert isinstance(result.exception, ConfigError)
    assert text in str(result.exception)
