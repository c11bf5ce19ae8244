"""When a job is due: pure, from a timetable, what the runs on record say, and the time. All of it in UTC.

What was missed is made up for once, however long nobody was there: a job is due or it is not, and how
often it would have been is not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from finops.model import Value
from finops.schedule.runs import History, Past, Run

CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
CLOCK_OR_OFF = r"^(off|([01]\d|2[0-3]):[0-5]\d)$"
WEEKLY = r"^(off|(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):[0-5]\d)$"
REST = timedelta(minutes=1)  # after a miss; doubled for each further one
LONGEST_REST = timedelta(hours=1)
PATIENCE = {"failed": 1, "hung": 1, "interrupted": 3, "skipped": 12}  # so many since a good run are a failure

Minutes = Annotated[Decimal, Field(gt=0, le=31 * 24 * 60)]  # no clock counts on for ever
ClockTime = Annotated[str, Field(pattern=CLOCK)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Schedule(Value):
    """When `finops serve` does what; times of day are UTC. All sources are read every `sync_minutes`; those that
    know the last hours (`cloudwatch`, `metric_stream`, `invocation_log`) every `meters_minutes` as well. A job
    that takes longer than `deadline_minutes` is stopped, and reported; one that runs when finops is told to
    stop has `grace_seconds` to finish. What was delivered longer ago than `keep_messages_days`, of incidents that are
    over as long, is forgotten."""

    sync_minutes: Minutes = Decimal(360)
    meters_minutes: Minutes = Decimal(60)
    housekeeping_at: ClockTime = "03:30"
    deadline_minutes: Minutes = Decimal(120)
    grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 15
    keep_runs_days: Annotated[int, Field(ge=1, le=3660)] = 90
    keep_messages_days: Annotated[int, Field(ge=14, le=3660)] = 90
    keep_backups: Annotated[int, Field(ge=0, le=3660)] = 7


class Every(Value):
    """`minutes` after the last good run began, its own or one `of` those that do its work too; at once where
    there is none."""

    job: str
    minutes: Decimal
    of: tuple[str, ...] = ()


class At(Value):
    """Once for each `at` that has passed since the last good run, or since the first run of anything.
    Every day, or on one `weekday`."""

    job: str
    at: ClockTime
    weekday: Weekday | None = None


class After(Value):
    """When one `of` these has ended, well or not, since the last good run began; never before it was good once."""

    job: str
    of: tuple[str, ...]


class Asked(Value):
    """When somebody asks for it, but not at once after it was good: what it could not do would hold up all."""

    job: str


Timing = Every | At | After | Asked


class Digests(Value):
    """When digests are sent, in UTC; `off` is never. `channels` are those that get them, by name; the first one
    that is no pager where none are named."""

    daily: Annotated[str, Field(pattern=CLOCK_OR_OFF)] = "08:00"
    weekly: Annotated[str, Field(pattern=WEEKLY)] = "Mon 08:00"
    channels: tuple[str, ...] = ()

    def timings(self) -> tuple[At, ...]:
        daily = [At(job="digest", at=self.daily)] if self.daily != "off" else []
        name, _, at = self.weekly.partition(" ")
        days = {day[:3].title(): day for day in WEEKDAYS}
        weekly = [At(job="weekly digest", at=at, weekday=days[name])] if at else []
        return (*daily, *weekly)


def due(
    timetable: Sequence[Timing], past: Past, now: datetime, asked: Collection[str] = ()
) -> tuple[str, ...]:
    """The jobs to run now, in the timetable's order. One that missed rests before it is tried again, and gives
    way to the others, which it would hold up forever if it took long to fail."""
    wanted = (timing.job for timing in timetable if _wanted(timing, past, now, asked))
    return tuple(
        sorted(
            (job for job in wanted if rested(past.of(job), now)), key=lambda job: bool(past.of(job).missed)
        )
    )


def _wanted(timing: Timing, past: Past, now: datetime, asked: Collection[str]) -> bool:
    good = _known(past.of(timing.job).good, now)
    match timing:
        case Every(minutes=minutes, of=of):
            others = (_known(past.of(job).good, now) for job in of)
            begun = [run.started_at for run in (good, *others) if run]
            return not begun or now - max(begun) >= timedelta(minutes=float(minutes))
        case At(at=at, weekday=weekday):
            since = good.started_at if good else past.born
            return since is not None and since < _latest(at, weekday, now)
        case After(of=of):
            before = [_known(past.of(job).tried, now) for job in of if past.of(job).good]
            ended = [run.ended_at for run in before if run and run.ended_at]
            return bool(ended) and (good is None or good.started_at < max(ended))
        case Asked(job=job):
            return job in asked and (good is None or good.ended_at is None or now - good.ended_at >= REST)


def _known(run: Run | None, now: datetime) -> Run | None:
    """One that is still to come was dated by a clock that was ahead, and says nothing."""
    return run if run and run.ended_at and run.ended_at <= now else None


def _latest(at: str, weekday: Weekday | None, now: datetime) -> datetime:
    """The last such moment that is not in the future."""
    moment = datetime.combine(now.date(), time.fromisoformat(at), now.tzinfo)
    back = (moment.weekday() - WEEKDAYS.index(weekday)) % 7 if weekday else 0
    moment -= timedelta(days=back)
    return moment if moment <= now else moment - timedelta(days=7 if weekday else 1)


def rested(history: History, now: datetime) -> bool:
    """Being interrupted once is nobody's fault: then it is tried again at once."""
    last = _known(history.last, now)
    misses = sum(history.missed.values()) - (last is not None and last.outcome == "interrupted")
    if last is None or last.ended_at is None or misses <= 0:
        return True
    return now >= last.ended_at + min(REST * (1 << min(misses - 1, 10)), LONGEST_REST)


def failing(history: History) -> bool:
    """Whether people should know: it failed or hung, or is interrupted or kept from running again and again."""
    return any(history.missed.get(outcome, 0) >= enough for outcome, enough in PATIENCE.items())
