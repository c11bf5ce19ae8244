"""A job that fails: told once, and once more when it works again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from home import Home

from finops import config, database
from finops.incidents.machine import Policy
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.schedule import runs
from finops.schedule.runs import Ended, History, Outcome, Past, Run, Runs
from finops.serve import report
from finops.state.store import State

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def past(**jobs: tuple[Outcome, str | None]) -> Past:
    return Past(jobs={job: history(job, outcome, error) for job, (outcome, error) in jobs.items()})


def history(job: str, outcome: Outcome, error: str | None) -> History:
    run = Run(id=1, job=job, started_at=NOW, ended_at=NOW, outcome=outcome, error=error)
    good = outcome in ("ok", "findings")
    return History(good=run if good else None, tried=run, last=run, missed={} if good else {outcome: 1})


WORKS, FAILS, HANGS = past(sync=("ok", None)), past(sync=("failed", "disk full")), past(sync=("hung", "slow"))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        pytest.param([WORKS], [], id="works"),
        pytest.param([FAILS], ["opened"], id="fails"),
        pytest.param([FAILS, FAILS, HANGS], ["opened"], id="goes on failing: said once"),
        pytest.param([FAILS, WORKS, WORKS], ["opened", "resolved"], id="works again: said once"),
        pytest.param([FAILS, WORKS, HANGS], ["opened", "resolved", "opened"], id="fails again the same day"),
        pytest.param([past(tell=("failed", "x"))], [], id="what tells cannot tell of itself"),
        pytest.param([past(sync=("failed", "x"), check=("hung", "y"))], ["opened", "opened"], id="two at once"),
    ],
)  # fmt: skip
def test_what_is_told(steps: list[Past], told: list[str], tmp_path: Path) -> None:
    said = []
    with State(tmp_path / database.FILE) as state:
        for hours, step in enumerate(steps):
            now = NOW + hours * HOUR
            decision = report.decide(state.incidents(), step, now)
            assert bool(decision.notices) == report.wanted(tmp_path, step, now)
            state.record(decision, [], now)
            assert report.decide(state.incidents(), step, now).notices == (), "the same again decides nothing"
            said += [notice.reason for notice in decision.notices]
    assert said == told


def test_a_week_later_it_is_still_there(tmp_path: Path) -> None:
    said = []
    with State(tmp_path / database.FILE) as state:
        for days in range(15):
            decision = report.decide(state.incidents(), FAILS, NOW + timedelta(days=days))
            state.record(decision, [], NOW)
            said += [(days, notice.reason) for notice in decision.notices]
    assert said == [(0, "opened"), (7, "reminder"), (14, "reminder")]


def test_who_acknowledged_it_is_not_reminded_and_hears_that_it_is_over(tmp_path: Path) -> None:
    with State(tmp_path / database.FILE) as state:
        decision = report.decide((), FAILS, NOW)
        state.record(decision, [], NOW)
        state.acknowledge(decision.incidents[0].id, "ana", NOW)
        assert report.decide(state.incidents(), FAILS, NOW + timedelta(days=8)).notices == ()
        (over,) = report.decide(state.incidents(), WORKS, NOW + timedelta(days=9)).notices
    assert (over.reason, over.incident.state) == ("resolved", "resolved")


def test_what_is_said(tmp_path: Path) -> None:
    (incident,) = report.decide((), FAILS, NOW).incidents
    assert incident.finding.headline == "job sync fails"
    assert incident.finding.summary == "job sync fails; the last good run: never. disk full"


def test_what_it_tells_does_not_hide_that_the_state_was_restored(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(hours: int) -> None:
        with State(home.path / database.FILE) as state:
            record(state, [], {}, NOW + hours * HOUR, Policy(), {})
            send_pending(state, {}, NOW + hours * HOUR)

    run(0)
    copy = (home.path / database.FILE).read_bytes()
    run(1)
    (home.path / database.FILE).write_bytes(copy)
    with Runs(home.path / runs.FILE) as kept:
        kept.end(kept.begin("sync", NOW), NOW, Ended(outcome="failed", error="disk full"))
    report.tell(home.path, config.read(home.path, {}), NOW + 2 * HOUR)
    run(3)
    printed = capsys.readouterr().err
    assert printed.count("[WARN] job sync fails") == 1
    assert printed.count("[WARN] state.sqlite is an older copy") == 1


def test_it_goes_through_the_channels(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with Runs(home.path / runs.FILE) as kept:
        kept.end(kept.begin("sync", NOW), NOW, Ended(outcome="failed", error="disk full"))
    settings = config.read(home.path, {})
    for _ in range(2):
        report.tell(home.path, settings, NOW)
    with Runs(home.path / runs.FILE) as kept:
        kept.end(kept.begin("sync", NOW), NOW, Ended(outcome="ok"))
    report.tell(home.path, settings, NOW + HOUR)
    printed = capsys.readouterr()
    assert printed.out == "", "stdout is the command's"
    assert printed.err.count("[WARN] job sync fails") == 1
    assert "finops runs" in printed.err
    assert printed.err.count("[RESOLVED] job sync fails") == 1
