"""Which days are asked of whom: what the ledger lacks, as far back as CloudWatch still knows it. Decided, not done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

RETENTION = timedelta(days=455)  # of hourly datapoints
FORGOTTEN = timedelta(days=13)  # ListMetrics shows what had data in two weeks; a day to spare
PATIENCE = timedelta(days=3)  # with series of a day that is over: each question is billed, answered or not
LONGEST = (
    7  # days that one request spans: 500 series of so many hours are 84,000 datapoints, within every limit
)
DAY = timedelta(days=1)

Status = Literal["complete", "partial", "refused", "failed", "absent"]


class Place(NamedTuple):
    """Whom one question goes to."""

    account_id: str
    region: str
    namespace: str


class Outcome(NamedTuple):
    """How it was answered. `through`: the end of what was answered completely; instants are UTC without a zone."""

    status: Status
    through: datetime | None
    detail: str | None = None


class Day(NamedTuple):
    """`until`: the end of what can be known of the day by now. `asked`: whom to ask, nobody if all is known."""

    day: date
    until: datetime
    asked: frozenset[Place]


class Span(NamedTuple):
    """Days in a row of which the same places are asked: CloudWatch bills by the metric, not by the day."""

    days: tuple[Day, ...]

    @property
    def places(self) -> frozenset[Place]:
        return self.days[0].asked

    @property
    def since(self) -> datetime:
        return midnight(self.days[0].day)

    @property
    def until(self) -> datetime:
        return self.days[-1].until


Held = Mapping[date, Mapping[Place, Outcome]]


def midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def closed_hour(now: datetime, quiet: timedelta) -> datetime:
    """The end of the last hour that is over, and was `quiet` before now: points come minutes late."""
    utc = (now.astimezone(UTC) - quiet).replace(tzinfo=None)
    return utc.replace(minute=0, second=0, microsecond=0)


def plan(
    held: Held,
    places: Collection[Place],
    now: datetime,
    end: datetime,
    backfill: timedelta,
    lacking: Mapping[date, date],
) -> dict[date, Day]:
    """Every day that is held or lacks an answer, to the last that has an hour over.

    A place is wanted from the day on which it was first asked, or for `backfill` if that reaches further; one
    that answers a day in part, until PATIENCE is over since the day that `lacking` says.
    """
    oldest = (now.astimezone(UTC) - RETENTION).date() + DAY
    recent = max((end - backfill).date(), oldest)
    first = {place: min([recent, *(day for day in held if place in held[day])]) for place in places}
    days = {}
    day = min([recent, *held])
    while midnight(day) < end:
        until = min(end, midnight(day + DAY))
        known = held.get(day, {})
        given_up = day in lacking and lacking[day] + PATIENCE < now.astimezone(UTC).date()
        wanted = (place for place in places if day >= max(first[place], oldest))
        asked = frozenset(
            place
            for place in wanted
            if not (knows(known.get(place), until) or (given_up and in_part(known.get(place))))
        )
        if asked or day in held:
            days[day] = Day(day, until, asked)
        day += DAY
    return days


def spared(day: Day, held: Held, refuses: Callable[[Place], bool]) -> Day:
    """Without questions, if it lacks nothing but places that did not answer before and do not now: the
    ledger says so already."""
    known = held.get(day.day, {})
    again = all(place in known and known[place].status in ("refused", "failed") for place in day.asked)
    return day._replace(asked=frozenset()) if again and all(map(refuses, day.asked)) else day


def knows(outcome: Outcome | None, until: datetime) -> bool:
    """Whether nothing more can be told of a place than it has told."""
    return (
        outcome is not None
        and outcome.status in ("complete", "absent")
        and outcome.through is not None
        and outcome.through >= until
    )


def in_part(outcome: Outcome | None) -> bool:
    """Whether a place answered, but not about every series."""
    return outcome is not None and outcome.status == "partial"


def lacks_since(
    since: date | None, before: Mapping[Place, Outcome], outcomes: Mapping[Place, Outcome], today: date
) -> date | None:
    """Since when a day that is over is known in part: anew with each place that was not so before."""
    partial = {place for place, outcome in outcomes.items() if in_part(outcome)}
    if not partial:
        return None
    return since if since and all(in_part(before.get(place)) for place in partial) else today


def spans(days: Iterable[Day]) -> Iterator[Span]:
    """The days that are to be asked, in as few questions as there can be."""
    together: list[Day] = []
    for day in days:
        if together and (
            day.asked != together[0].asked or len(together) == LONGEST or day.day - together[-1].day > DAY
        ):
            yield Span(tuple(together))
            together = []
        if day.asked:
            together.append(day)
    if together:
        yield Span(tuple(together))
