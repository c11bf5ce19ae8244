"""When a job is due; and a month of it, with time given."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from finops.schedule.runs import FILE, Ended, History, Outcome, Past, Run, Runs
from finops.schedule.timetable import After, Asked, At, Every, Timing, due, failing, rested
from finops.serve import jobs
from finops.serve.process import Process
from finops.serve.worker import Worker

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SYNC, CHECK = Every(job="sync", minutes=Decimal(360)), After(job="check", of=("sync", "meters"))
METERS = Every(job="meters", minutes=Decimal(60), of=("sync",))
DIGEST = At(job="digest", at="08:00")
WEEKLY = At(job="weekly", at="08:00", weekday="monday")


def ran(job: str, ago: timedelta, outcome: Outcome = "ok", took: timedelta = MINUTE) -> Run:
    return Run(id=1, job=job, started_at=NOW - ago, ended_at=NOW - ago + took, outcome=outcome)


def past(*runs: Run, born: timedelta | None = None) -> Past:
    """Oldest first."""
    jobs: dict[str, History] = {}
    for run in runs:
        before, good = jobs.get(run.job, History()), run.outcome in ("ok", "findings")
        missed = {} if good else dict(Counter(before.missed) + Counter([run.outcome]))
        tried = run if good or run.outcome in ("failed", "hung") else before.tried
        jobs[run.job] = History(good=run if good else before.good, tried=tried, last=run, missed=missed)
    oldest = min((run.started_at for run in runs), default=None)
    return Past(born=NOW - born if born else oldest, jobs=jobs)


@pytest.mark.parametrize(
    ("timing", "before", "is_due"),
    [
        pytest.param(SYNC, past(), True, id="every: never ran"),
        pytest.param(SYNC, past(ran("sync", 6 * HOUR)), True, id="every: exactly its time"),
        pytest.param(SYNC, past(ran("sync", 6 * HOUR - MINUTE)), False, id="every: a minute early"),
        pytest.param(SYNC, past(ran("sync", 9 * DAY)), True, id="every: after days of downtime"),
        pytest.param(METERS, past(ran("meters", HOUR)), True, id="every: its own is an hour old"),
        pytest.param(METERS, past(ran("meters", HOUR), ran("sync", MINUTE)), False, id="every: one does its work"),
        pytest.param(METERS, past(ran("sync", HOUR)), True, id="every: that one is an hour old"),
        pytest.param(CHECK, past(ran("sync", 3 * HOUR), ran("check", 2 * HOUR), ran("meters", HOUR)), True,
                     id="after: either of two"),
        pytest.param(CHECK, past(), False, id="after: nothing to follow"),
        pytest.param(CHECK, past(ran("sync", HOUR, "failed")), False, id="after: there is no ledger yet"),
        pytest.param(CHECK, past(ran("sync", HOUR)), True, id="after: the first good one"),
        pytest.param(CHECK, past(ran("sync", HOUR, "findings")), True, id="after: a source was not reached"),
        pytest.param(CHECK, past(ran("sync", HOUR), ran("check", HOUR / 2)), False, id="after: done already"),
        pytest.param(
            CHECK, past(ran("sync", 7 * HOUR), ran("check", 6 * HOUR), ran("sync", HOUR, "failed")), True,
            id="after: also one that failed, so that what is stale is told",
        ),
        pytest.param(
            CHECK, past(ran("sync", 7 * HOUR), ran("check", 6 * HOUR), ran("sync", HOUR, "skipped")), False,
            id="after: not one that was skipped",
        ),
        pytest.param(DIGEST, past(), False, id="at: nothing ever ran"),
        pytest.param(DIGEST, past(born=2 * HOUR), True, id="at: born before it"),
        pytest.param(DIGEST, past(born=MINUTE), False, id="at: born after it: not on the first day"),
        pytest.param(DIGEST, past(ran("digest", 25 * HOUR)), True, id="at: yesterday's is done"),
        pytest.param(DIGEST, past(ran("digest", HOUR)), False, id="at: to the second"),
        pytest.param(DIGEST, past(ran("digest", 30 * MINUTE)), False, id="at: today's is done"),
        pytest.param(WEEKLY, past(ran("weekly", 2 * DAY)), False, id="weekly: this Monday's is done"),
        pytest.param(WEEKLY, past(ran("weekly", 3 * DAY)), True, id="weekly: last week's is done"),
        pytest.param(WEEKLY, past(ran("weekly", 50 * DAY)), True, id="weekly: seven were missed, one is due"),
        pytest.param(SYNC, past(ran("sync", -9 * DAY)), True, id="every: the clock was ahead"),
        pytest.param(CHECK, past(ran("sync", HOUR), ran("check", -9 * DAY)), True, id="after: the clock was ahead"),
        pytest.param(CHECK, past(ran("sync", -9 * DAY)), False, id="after: only that of the clock that was ahead"),
        pytest.param(DIGEST, past(ran("digest", -9 * DAY), born=DAY), True, id="at: the clock was ahead"),
        pytest.param(Asked(job="tell"), past(), True, id="asked: by somebody"),
        pytest.param(Asked(job="other"), past(), False, id="asked: by nobody"),
        pytest.param(Asked(job="tell"), past(ran("tell", MINUTE)), False, id="asked: done this moment"),
        pytest.param(Asked(job="tell"), past(ran("tell", 2 * MINUTE)), True, id="asked: done a minute ago"),
        pytest.param(Asked(job="tell"), past(ran("tell", -9 * DAY)), True, id="asked: the clock was ahead"),
    ],
)  # fmt: skip
def test_due(timing: Timing, before: Past, is_due: bool) -> None:
    assert bool(due([timing], before, NOW, asked={"tell"})) == is_due


@pytest.mark.parametrize(
    ("outcomes", "ago", "is_rested"),
    [
        pytest.param([], HOUR, True, id="never ran"),
        pytest.param(["ok"], MINUTE, True, id="it was good"),
        pytest.param(["failed"], MINUTE, False, id="it has just failed"),
        pytest.param(["failed"], 2 * MINUTE, True, id="a minute ago"),
        pytest.param(["failed"] * 3, 4 * MINUTE, False, id="the third time: four minutes"),
        pytest.param(["failed"] * 3, 5 * MINUTE, True, id="the third time, and four are over"),
        pytest.param(["hung"] * 40, 60 * MINUTE, False, id="an hour at most: not yet"),
        pytest.param(["hung"] * 40, 61 * MINUTE, True, id="an hour at most"),
        pytest.param(["interrupted"], MINUTE, True, id="interrupted once: at once"),
        pytest.param(["interrupted"] * 4, 4 * MINUTE, False, id="what kills finops again and again waits"),
        pytest.param(["skipped"], MINUTE, False, id="another finops is writing"),
        pytest.param(["failed"] * 9, -9 * DAY, True, id="the clock was ahead"),
    ],
)
def test_a_job_that_missed_rests(outcomes: list[Outcome], ago: timedelta, is_rested: bool) -> None:
    before = past(*(ran("sync", ago, outcome) for outcome in outcomes))
    assert rested(before.of("sync"), NOW) == is_rested


@pytest.mark.parametrize(
    ("outcomes", "known"),
    [
        pytest.param(["ok"], False, id="good"),
        pytest.param(["failed"], True, id="failed once"),
        pytest.param(["failed", "ok"], False, id="works again"),
        pytest.param(["hung"], True, id="hung once"),
        pytest.param(["failed", "interrupted", "skipped"], True, id="failed, and did not run since"),
        pytest.param(["interrupted"] * 2, False, id="two restarts"),
        pytest.param(["interrupted"] * 3, True, id="it never comes to an end"),
        pytest.param(["skipped"] * 11, False, id="another finops takes hours"),
        pytest.param(["skipped"] * 12, True, id="another finops never ends"),
    ],
)
def test_when_people_should_know(outcomes: list[Outcome], known: bool) -> None:
    assert failing(past(*(ran("sync", HOUR, outcome) for outcome in outcomes)).of("sync")) == known


class Month:
    """A service whose clock is ours: looked at every ten minutes, unless it is down. A run takes four."""

    TIMETABLE = (SYNC, CHECK, DIGEST, WEEKLY, At(job="housekeeping", at="03:30"))

    def __init__(self, path: Path, start: datetime) -> None:
        self.path = path
        self.now = start
        self.ran: list[tuple[str, datetime]] = []
        self.ends: dict[str, Iterator[Outcome]] = {}

    def perform(self, job: str) -> Ended:
        self.ran.append((job, self.now))
        self.now += 4 * MINUTE
        return Ended(outcome=next(self.ends.get(job, iter(())), "ok"))

    def until(self, end: datetime, step: timedelta = 10 * MINUTE) -> None:
        """A new process each time: what it knows is what is on file."""
        worker = Worker(self.path, lambda: self.TIMETABLE, lambda: self.now, self.perform)
        while self.now < end:
            worker.tick()
            self.now += step

    def count(self, since: datetime | None = None) -> dict[str, int]:
        return dict(Counter(job for job, at in self.ran if since is None or at >= since))

    def times(self, job: str) -> list[datetime]:
        return [at for name, at in self.ran if name == job]


@pytest.fixture
def month(tmp_path: Path) -> Month:
    return Month(
        tmp_path / FILE, datetime(2026, 10, 5, 7, 0, tzinfo=UTC)
    )  # a Monday; clocks change on the 25th


def test_a_month_every_job_ran_when_due(month: Month) -> None:
    start = month.now
    month.until(start + 30 * DAY)
    syncs, checks = month.times("sync"), month.times("check")
    assert 116 <= len(syncs) <= 120, "four a day"
    assert all(timedelta(0) < check - sync < 10 * MINUTE for sync, check in zip(syncs, checks, strict=True))
    for job, at in (("digest", "08:00"), ("housekeeping", "03:30")):
        days = month.times(job)
        assert len({day.date() for day in days}) == len(days) == 30
        late = [day - day.replace(hour=int(at[:2]), minute=int(at[3:])) for day in days]
        assert all(timedelta(0) <= one <= 20 * MINUTE for one in late), "also in the night when clocks change"
    assert [day.date().isoformat() for day in month.times("weekly")] == [
        "2026-10-05", "2026-10-12", "2026-10-19", "2026-10-26", "2026-11-02",
    ]  # fmt: skip
    with Runs(month.path) as runs:
        record = runs.recent(10_000)
    assert [(run.job, run.started_at) for run in reversed(record)] == month.ran, "each is on record"
    assert all(a.ended_at <= b.started_at for b, a in pairwise(record) if a.ended_at)


def test_a_week_of_downtime_is_caught_up_with_once(month: Month) -> None:
    month.until(month.now + 10 * DAY)
    month.now += 7 * DAY
    back = month.now
    month.until(back + HOUR)
    assert month.count(back) == {"sync": 1, "check": 1, "digest": 1, "weekly": 1, "housekeeping": 1}
    assert [job for job, at in month.ran if at >= back][:2] == ["sync", "check"], (
        "what tells speaks of fresh data"
    )
    month.until(back + 3 * DAY)
    assert month.count(back)["digest"] == 4


def test_a_job_that_fails_for_a_day_rests_and_the_others_go_on(month: Month) -> None:
    month.until(month.now + 2 * DAY)
    broken = month.now
    month.ends["sync"] = iter(["failed"] * 26)
    month.until(broken + 2 * DAY)
    sync, others = month.times("sync"), month.count(broken)
    gaps = [b - a for a, b in pairwise(sync) if a >= broken]
    assert max(gaps[:25]) <= HOUR + 15 * MINUTE
    assert others["sync"] < 40, "no storm"
    assert others["digest"] == others["housekeeping"] == 2


def test_a_service_that_is_killed_again_and_again_loses_nothing_and_storms_nobody(month: Month) -> None:
    class Killed(BaseException):
        pass

    def dies(job: str) -> Ended:
        month.ran.append((job, month.now))
        raise Killed

    start = month.now
    for _ in range(60):  # restarted each minute
        worker = Worker(month.path, lambda: Month.TIMETABLE, lambda: month.now, dies)
        with Runs(month.path) as runs:
            runs.interrupt(month.now)
        with contextlib.suppress(Killed):
            worker.tick()
        month.now += MINUTE
    assert month.count() == {"sync": 7}, "at once, then after 1, 2, 4, 8, 16 minutes"
    month.until(start + 3 * HOUR)
    with Runs(month.path) as runs:
        outcomes = Counter(run.outcome for run in runs.recent(100) if run.job == "sync")
    assert outcomes == {"interrupted": 7, "ok": 1}


def test_a_job_that_hangs_is_ended_and_the_others_run(tmp_path: Path) -> None:
    """A real process, which nothing but a signal ends."""
    now = NOW

    def perform(job: str) -> Ended:
        nonlocal now
        code = "import time; time.sleep(60)" if job == "sync" else "print('{}')"
        left = Process().run([sys.executable, "-c", code], 0.5)
        now += HOUR if left.why == "deadline" else MINUTE
        return jobs.ended("tell", left, 60)

    timetable = (SYNC, CHECK, At(job="digest", at="08:00"), Asked(job="tell"))
    with Runs(tmp_path / FILE) as runs:
        runs.end(runs.begin("sync", NOW - DAY), NOW - DAY, Ended(outcome="ok"))
    worker = Worker(tmp_path / FILE, lambda: timetable, lambda: now, perform)
    worker.tick()
    with Runs(tmp_path / FILE) as runs:
        first = list(reversed(runs.recent(100)))[:4]
        assert [(run.job, run.outcome) for run in first] == [
            ("sync", "ok"), ("sync", "hung"), ("check", "ok"), ("digest", "ok"),
        ]  # fmt: skip
        assert failing(runs.past().of("sync"))
