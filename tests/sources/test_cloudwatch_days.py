"""Which days are asked of whom, in how few questions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from finops.sources.cloudwatch.days import (
    Day,
    Outcome,
    Place,
    Status,
    closed_hour,
    lacks_since,
    plan,
    spans,
    spared,
)

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
END = datetime(2026, 11, 20, 9)
A, B = Place("1", "r", "n"), Place("2", "r", "n")
WEEK = timedelta(days=7)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def told(status: Status, text: str, place: Place = A) -> dict[Place, Outcome]:
    """An answer of a place that reaches to the end of a day, or to an hour of it."""
    at = day(text[:5])
    until = datetime(at.year, at.month, at.day) + timedelta(hours=int(text[6:] or 24))
    return {place: Outcome(status, until)}


def asked(held: dict[str, dict[Place, Outcome]], *places: Place, backfill: int = 2) -> dict[str, str]:
    """Days, and the accounts that are asked for them."""
    known = {day(text): outcomes for text, outcomes in held.items()}
    planned = plan(known, places or (A,), NOW, END, timedelta(days=backfill), {})
    return {f"{at:%m-%d}": "".join(sorted(p.account_id for p in one.asked)) for at, one in planned.items()}


@pytest.mark.parametrize(
    ("now", "quiet", "end"),
    [
        pytest.param("09:14", 15, "08", id="the ninth hour is not quiet"),
        pytest.param("09:15", 15, "09", id="to the minute"),
        pytest.param("09:59", 0, "09", id="no quiet"),
        pytest.param("09:30", 120, "07", id="hours of quiet"),
    ],
)
def test_the_last_hour(now: str, quiet: int, end: str) -> None:
    at = datetime.fromisoformat(f"2026-11-20T{now}+00:00")
    assert closed_hour(at, timedelta(minutes=quiet)) == datetime.fromisoformat(f"2026-11-20T{end}:00")


def test_just_after_midnight_yesterday_is_still_open() -> None:
    end = closed_hour(datetime(2026, 11, 20, 0, 5, tzinfo=UTC), timedelta(minutes=15))
    assert list(plan({}, [A], NOW, end, timedelta(0), {})) == [day("11-19")]


@pytest.mark.parametrize(
    ("held", "found"),
    [
        pytest.param({}, {"11-18": "1", "11-19": "1", "11-20": "1"}, id="the first time"),
        pytest.param(
            {"11-19": told("complete", "11-19"), "11-20": told("complete", "11-20 09")},
            {"11-18": "1", "11-19": "", "11-20": ""},
            id="more backfill than before",
        ),
        pytest.param(
            {"11-18": told("complete", "11-18"), "11-19": told("complete", "11-19 23")},
            {"11-18": "", "11-19": "1", "11-20": "1"},
            id="a day that had not ended",
        ),
        pytest.param(
            {"11-08": told("complete", "11-08")},
            {"11-08": ""} | {f"11-{n:02}": "1" for n in range(9, 21)},
            id="a gap beyond backfill",
        ),
        pytest.param(
            {"11-18": told("partial", "11-18"), "11-19": told("absent", "11-19")},
            {"11-18": "1", "11-19": "", "11-20": "1"},
            id="partial is asked again, absent is an answer",
        ),
    ],
)
def test_days_that_are_asked(held: dict[str, dict[Place, Outcome]], found: dict[str, str]) -> None:
    assert asked(held) == found


def test_an_account_that_comes_is_asked_for_the_backfill_and_one_that_goes_for_nothing() -> None:
    held = {f"11-{n:02}": told("complete", f"11-{n:02}") for n in range(10, 20)}
    assert asked(held, A, B)["11-17"] == ""
    assert asked(held, A, B)["11-18"] == "2"
    assert asked(held, B)["11-19"] == "2"


def test_nothing_older_than_cloudwatch_keeps_is_asked() -> None:
    planned = plan({date(2025, 1, 1): {A: Outcome("failed", None)}}, [A], NOW, END, timedelta(days=455), {})
    assert next(at for at, one in planned.items() if one.asked) == date(2025, 8, 23)


@pytest.mark.parametrize(
    ("held", "places", "refuses", "spares"),
    [
        pytest.param(told("refused", "11-18 0"), {A}, True, True, id="refused, and still does"),
        pytest.param(told("failed", "11-18 0"), {A}, False, False, id="it answers again"),
        pytest.param(
            told("complete", "11-18 9"), {A}, True, False, id="it answered before: the day must tell"
        ),
        pytest.param(told("partial", "11-18 0"), {A}, True, False, id="partial"),
        pytest.param(told("refused", "11-18 0"), {A, B}, True, False, id="another was never asked"),
    ],
)
def test_who_still_refuses_is_not_written_down_twice(
    held: dict[Place, Outcome], places: set[Place], refuses: bool, spares: bool
) -> None:
    one = Day(day("11-18"), END, frozenset(places))
    assert (spared(one, {one.day: held}, lambda _: refuses).asked == frozenset()) is spares


@pytest.mark.parametrize(
    ("days", "found"),
    [
        pytest.param([("11-01", 7, {A})], [7], id="a week is one question"),
        pytest.param([("11-01", 17, {A})], [7, 7, 3], id="more are several"),
        pytest.param([("11-01", 2, {A}), ("11-03", 2, {A, B})], [2, 2], id="other places, another question"),
        pytest.param(
            [("11-01", 2, {A}), ("11-03", 1, set()), ("11-04", 1, {A})], [2, 1], id="a day that is known"
        ),
        pytest.param([("11-01", 1, {A}), ("11-04", 1, {A})], [1, 1], id="days apart"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_spans(days: list[tuple[str, int, set[Place]]], found: list[int]) -> None:
    one_by_one = [
        Day(day(first) + timedelta(days=n), END, frozenset(places))
        for first, count, places in days
        for n in range(count)
    ]
    assert [len(span.days) for span in spans(one_by_one)] == found


@pytest.mark.parametrize(
    ("since", "before", "now", "found"),
    [
        pytest.param(None, {}, {A: "partial"}, "11-20", id="from now"),
        pytest.param("11-18", {A: "partial"}, {A: "partial", B: "complete"}, "11-18", id="as before"),
        pytest.param("11-18", {A: "partial"}, {A: "partial", B: "partial"}, "11-20", id="one more: anew"),
        pytest.param(
            "11-18", {A: "partial"}, {A: "complete", B: "refused"}, None, id="a refusal costs nothing"
        ),
    ],
)
def test_since_when_a_day_is_known_in_part(
    since: str | None, before: dict[Place, Status], now: dict[Place, Status], found: str | None
) -> None:
    then, by_now = ({place: Outcome(one, None) for place, one in some.items()} for some in (before, now))
    assert lacks_since(since and day(since), then, by_now, NOW.date()) == (found and day(found))
