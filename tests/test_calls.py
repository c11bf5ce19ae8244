"""Calls as people see them: `calls_hourly` and `calls_daily` over logs that a sync has read."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest
from home import Home
from log_records import FOLDER, ROLE, THROTTLED, call, record, session, write

from finops.errors import LedgerError

LOGS = '[[sources]]\nkind = "invocation_log"\npath = "exports"\n'
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
NEXT_DAY = FOLDER.replace("19/12", "20/00")


def synced(home: Home, *lines: str, later: str = "") -> Home:
    home.configure(sources=LOGS)
    write(home.exports, f"{FOLDER}/a.json.gz", "".join(lines))
    if later:
        write(home.exports, f"{NEXT_DAY}/b.json.gz", later)
    home.sync()
    return home


def test_an_hour_of_a_caller(home: Home) -> None:
    lines = [call(n, 100, 10, read=50, identity=session(f"s{n % 2}")) for n in range(3)]
    synced(home, *lines, call(3, **THROTTLED), call(4, errorCode="ValidationException", output=None))
    assert home.ask(
        "select hour, workload, model, tier, resource, principal, calls, errors, throttles, counted, sessions, "
        "calls_per_session, max_calls_per_session, input_tokens, cache_read_tokens, output_tokens from calls_hourly"
    ) == [
        (datetime(2026, 11, 19, 12), "chat", "Claude Sonnet 4.6", "sonnet", "us.anthropic.claude-sonnet-4-6", ROLE,
         5, 2, 1, 4, 2, 2.5, 2, 325, 150, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        pytest.param({"modelId": PROFILE}, "resource", "abc123def456", id="a profile by its id"),
        pytest.param({"modelId": PROFILE}, "model", None, id="a profile that nobody listed has no model"),
        pytest.param({"requestMetadata": None}, "workload", "(untagged)", id="nobody says"),
        pytest.param({"requestMetadata": {"Team": "search"}}, "team", "search", id="a team"),
        pytest.param({"identity": None}, "calls_per_session", None, id="no caller, no sessions"),
        pytest.param(
            THROTTLED, "(input_tokens, input_p50, input_max, output_p99)", (None,) * 4, id="no counts"
        ),
        pytest.param({"output": {}}, "(input_p50, output_p50)", (25, None), id="an embedding has no output"),
    ],
)
def test_one_call(home: Home, changes: dict[str, object], column: str, expected: object) -> None:
    synced(home, record(**changes))
    assert home.ask(f"select {column} from calls_hourly") == [(expected,)]
    assert home.ask("select sum(calls) from calls_daily") == [(1,)]


def test_an_hour_from_two_deliveries_is_one_row_and_its_quantiles_are_of_all_calls(home: Home) -> None:
    late = call(9, 1_000, 1, timestamp="2026-11-19T12:59:59Z")
    synced(home, *(call(n, 10, 1) for n in range(4)), later=late)
    assert home.ask("select calls, input_p50, input_p99, input_max from calls_hourly") == [
        (5, 10, 1_000, 1_000)
    ]


def test_a_day_is_the_sum_of_its_hours_and_its_quantiles_are_of_all_calls(home: Home) -> None:
    morning = [call(n, 10, 1, timestamp="2026-11-19T08:00:00Z") for n in range(98)]
    synced(home, *morning, call(98, 5_000, 1), call(99, 5_000, 1))
    assert home.ask(
        "select day, calls, session_hours, input_p50, input_p95, input_p99, input_max from calls_daily"
    ) == [(date(2026, 11, 19), 100, 2, 10, 10, 5_000, 5_000)]


@pytest.mark.parametrize("spread", [0.1, 1.0, 2.5])
def test_quantiles_are_within_a_fortieth_of_the_exact_ones(home: Home, spread: float) -> None:
    chance = random.Random(spread)
    sizes = sorted(int(chance.lognormvariate(6, spread)) for _ in range(999))
    synced(home, *(call(n, size, size) for n, size in enumerate(sizes)))
    ((*found, largest),) = home.ask("select input_p50, input_p95, output_p99, output_max from calls_hourly")
    assert largest == sizes[-1]
    assert found == [pytest.approx(sizes[rank], rel=0.025, abs=0.5) for rank in (499, 949, 989)]


def test_freshness_tells_how_far_the_log_reaches_and_what_it_lacks(home: Home) -> None:
    synced(home, call(1), "cut\n")
    assert home.ask("select data_through, complete_through, notes from freshness") == [
        (datetime(2026, 11, 19, 13), date(2026, 11, 18),
         f"1 line(s) that are no record, not counted: {FOLDER}/a.json.gz (1)"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param('path = "copy"', True, id="a copy"),
        pytest.param('path = "moved"', False, id="a log that moved on that day"),
    ],
)
def test_a_log_that_two_sources_tell_is_refused(home: Home, other: str, same: bool) -> None:
    home.configure(f'[[sources]]\nkind = "invocation_log"\n{other}\n', sources=LOGS)
    lines = [call(n, 100 + n, 10) for n in range(3)]
    write(home.exports, f"{FOLDER}/a.json.gz", "".join(lines))
    write(home.path / "copy", f"{FOLDER}/a.json.gz", "".join(lines))
    write(home.path / "moved", f"{FOLDER}/b.json.gz", call(9, 7, 3))
    if same:
        with pytest.raises(LedgerError, match="would count twice: remove one of these"):
            home.sync()
    else:
        home.sync()
        assert home.ask("select sum(calls) from calls_daily") == [(4,)]
