"""A check looks at every day that nobody has looked at, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bill import Row, cur2, line
from home import Home

from finops import config, pipeline
from finops.model import OF_ITSELF
from finops.notify.damage import RESTORED, UNREADABLE
from finops.notify.outcome import UNKNOWN
from finops.notify.readers import FAILED
from finops.rules.files import known_rules
from finops.serve.report import RULE

FIRST = date(2026, 9, 1)
SEARCH = {"Workload": "search", "Environment": "prod"}


def bill(days: int, spikes: dict[int, int]) -> list[Row]:
    """$100 in the last hour of each day of one workload, and what `spikes` says instead."""
    usd = [spikes.get(n, 100) for n in range(days)]
    return [
        line(f"{FIRST + timedelta(days=n)} 23:00", usd[n], amount=usd[n] * 1000, resource_tags=SEARCH)
        for n in range(days)
    ]


def looked(home: Home, days: int) -> list[str]:
    """What is told on the morning after `days` days."""
    now = datetime(2026, 9, 1, 8, tzinfo=UTC) + timedelta(days=days)
    home.sync(now)
    ran = pipeline.check(home.path, config.read(home.path, {}), now)
    return [f"{n.incident.rule} {n.incident.finding.day} {n.reason}" for n in ran.decision.notices]


def test_a_spike_while_nobody_looked_is_told_once(home: Home) -> None:
    cur2(home.exports, bill(40, {}))
    assert looked(home, 40) == []
    cur2(home.exports, bill(50, {43: 5000}))
    assert looked(home, 50) == ["spend_spike 2026-10-14 opened"]
    assert looked(home, 50) == []


def test_what_a_switched_off_rule_had_told_ends(home: Home) -> None:
    cur2(home.exports, bill(40, {}))
    looked(home, 40)
    cur2(home.exports, bill(42, {41: 5000}))
    assert looked(home, 42) == ["spend_spike 2026-10-12 opened"]
    home.configure("[rules.spend_spike]\nenabled = false\n")
    assert looked(home, 42) == ["spend_spike 2026-10-12 resolved"]
    assert looked(home, 42) == []


def test_what_finops_finds_of_itself_has_no_rule_file() -> None:
    assert {FAILED, UNKNOWN, UNREADABLE, RESTORED, RULE, "rule_failed"} == OF_ITSELF
    assert not OF_ITSELF & {rule.name for rule in known_rules({})}


def test_the_first_check_does_not_dig_up_the_past(home: Home) -> None:
    cur2(home.exports, bill(50, {30: 5000}))
    assert looked(home, 50) == []


def storage(at: str) -> Row:
    """A line of another service."""
    return line(
        at,
        1,
        code="AmazonS3",
        usage_type="TimedStorage-ByteHrs",
        product_product_family="Storage",
        product_servicecode="AmazonS3",
    )


def test_an_account_without_bedrock_is_quiet_not_broken(home: Home) -> None:
    """A new account, or one that only stores files: nothing to tell is no failure."""
    cur2(home.exports, [storage("2026-09-05 10:00")])
    assert looked(home, 5) == []


def test_a_bill_that_has_just_begun_is_not_judged_yet(home: Home) -> None:
    cur2(home.exports, [line("2026-09-06 05:00", 5000, resource_tags=SEARCH)])
    assert looked(home, 5) == []
    ran = pipeline.check(home.path, config.read(home.path, {}), datetime(2026, 9, 6, 8, tzinfo=UTC))
    assert ran.checked.blind["spend_spike"] == "no complete bill for 2026-09-05"


def test_a_runaway_that_was_stopped_is_still_told(home: Home) -> None:
    """No Bedrock line comes after it, but the bill goes on: its day is complete."""
    others = [storage(f"{FIRST + timedelta(days=n)} 23:00") for n in range(44)]
    burst = line("2026-10-12 15:00", 5000, amount=5_000_000, resource_tags=SEARCH)
    cur2(home.exports, [*bill(40, {}), burst, *others])
    assert looked(home, 44) == ["spend_spike 2026-10-12 opened"]
