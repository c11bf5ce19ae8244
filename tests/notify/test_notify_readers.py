"""Who is told what, and in how many messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from recorder import DAY, NOW, channels, finding, note, recorder

from finops.incidents.machine import Policy
from finops.notify.outcome import Outcome, failures
from finops.notify.readers import address
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import State


@pytest.mark.parametrize(
    ("count", "messages"),
    [pytest.param(5, 5, id="five: one each"), pytest.param(6, 1, id="six: one for all")],
)
def test_grouping(count: int, messages: int, state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    note(state, to, *(finding(f"w{n}", usd=n) for n in range(count)))
    send_pending(state, to, NOW)
    assert len(slack.received) == messages
    told = [notice.incident.subject for message in slack.received for notice in message.notices]
    assert told == [f"w{n}" for n in reversed(range(count))], "most dollars first"


def test_a_page_among_many_stands_alone(state: State) -> None:
    slack = recorder()
    to = channels(slack=slack)
    note(state, to, finding("w9"), *(finding(f"w{n}", usd=n, severity="warn") for n in range(6)))
    send_pending(state, to, NOW)
    assert [len(message.notices) for message in slack.received] == [1, 6]
    assert slack.headlines[0] == "[PAGE] w9 jumped ($100.00)"


@pytest.mark.parametrize(
    ("audience", "takes"),
    [
        pytest.param({}, True, id="everyone"),
        pytest.param({"severity": "page"}, False, id="pages only"),
        pytest.param({"severity": "warn"}, True, id="warnings and pages"),
        pytest.param({"workloads": ("a",)}, True, id="its workload"),
        pytest.param({"workloads": ("b",)}, False, id="another workload"),
        pytest.param({"teams": ("search", "ads")}, True, id="its team"),
        pytest.param({"environments": ("dev",)}, False, id="another environment"),
        pytest.param({"teams": ("search",), "workloads": ("b",)}, False, id="its team, another workload"),
    ],
)
def test_routing_and_the_fallback_for_what_nobody_asked_for(
    audience: dict[str, Any], takes: bool, state: State
) -> None:
    first, second = recorder(severity="page"), recorder(**audience)
    to = channels(first=first, second=second)
    note(state, to, finding(severity="warn"))
    send_pending(state, to, NOW)
    assert (len(first.received), len(second.received)) == ((0, 1) if takes else (1, 0))


def test_whoever_was_paged_hears_that_it_is_over(state: State) -> None:
    pages = recorder(severity="page")
    to = channels(everything=recorder(), pages=pages)
    note(state, to, finding())
    note(state, to, finding(severity="warn", day=DAY + timedelta(days=1)), now=NOW + timedelta(days=1))
    for days in (2, 3, 4):
        note(state, to, now=NOW + timedelta(days=days))
    send_pending(state, to, NOW + timedelta(days=4))
    assert pages.headlines[-1].startswith("[RESOLVED]")


def test_without_channels_the_console_is_told(state: State, capsys: pytest.CaptureFixture[str]) -> None:
    note(state, {}, finding())
    (outcome,) = send_pending(state, {}, NOW)
    assert (outcome.channel, outcome.error) == ("console", None)
    printed = capsys.readouterr()
    assert "[PAGE] a jumped" in printed.err
    assert printed.out == "", "stdout is the command's"


@pytest.mark.parametrize(
    ("names", "failed", "told"),
    [
        pytest.param(["slack"], "slack", ["console"], id="the only one"),
        pytest.param(["slack", "hook"], "slack", ["hook"], id="the first of two"),
        pytest.param(["slack", "hook"], "hook", ["slack"], id="the second of two"),
        pytest.param(["slack", "pages"], "slack", ["pages"], id="the other one, which did not ask for it"),
        pytest.param(["pages", "slack"], "slack", ["pages"], id="only the fallback is left"),
        pytest.param(["console"], "console", ["console"], id="the console: nowhere else to go"),
    ],
)
def test_that_a_channel_failed_is_told_elsewhere(
    names: list[str], failed: str, told: list[str], state: State
) -> None:
    to = channels(**{name: recorder(severity="page" if name == "pages" else "info") for name in names})
    found = failures([Outcome(channel=failed, key="k", headline="h", error="HTTP 500")], DAY)
    decision = record(state, found, {"channel_failed": DAY}, NOW, Policy(), to)
    assert list(address(decision.notices, to)) == told
