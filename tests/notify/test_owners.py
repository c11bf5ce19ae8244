"""Whom a message calls, and what is said where it cannot."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest

from finops.channels.audience import Audience
from finops.errors import DeliveryError
from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.model import Finding, Message, Severity
from finops.notify.outcome import evaluated, failures
from finops.notify.owners import addressed
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
DAY = date(2026, 11, 17)


class Directory(Audience):
    """A channel that knows `people`, and is asked for `asked`."""

    kind: Literal["directory"] = "directory"
    owners: dict[str, str] = {"search": "ana@example.com", "ads": "S0123456789", "chat": "bo@example.com"}
    people: dict[str, str] = {}
    asked: list[str] = []
    received: list[Message] = []
    error: DeliveryError | None = None
    model_config = {"arbitrary_types_allowed": True}

    def find(self, address: str) -> str | None:
        self.asked.append(address)
        if self.error is not None:
            raise self.error
        return self.people.get(address)

    def send(self, message: Message) -> str | None:
        self.received.append(message)
        return f"ref-{len(self.received)}"


def directory(error: DeliveryError | None = None, **people: str) -> Directory:
    known = {f"{name}@example.com": user for name, user in people.items()}
    return Directory(people=known, asked=[], received=[], error=error)


def finding(team: str | None, severity: Severity = "page", day: date = DAY) -> Finding:
    return Finding(
        rule="spend_spike", title="Spend jumped", severity=severity, subject=f"{team}-api", day=day,
        usd=Decimal(100), summary="it jumped", team=team,
    )  # fmt: skip


def message(*found: Finding) -> Message:
    (composed,) = compose(decide([], found, {}, NOW, Policy()).notices, 1)
    return composed


@pytest.mark.parametrize(
    ("found", "called"),
    [
        pytest.param([finding("search")], ("U1",), id="by address"),
        pytest.param([finding("ads")], ("S0123456789",), id="by id: nobody is looked for"),
        pytest.param([finding("billing")], (), id="a team without an owner"),
        pytest.param([finding(None)], (), id="no team"),
        pytest.param([finding("search", "warn")], ("U1",), id="a warning"),
        pytest.param([finding("search", "info")], (), id="information wakes nobody"),
        pytest.param([finding("chat")], ("bo@example.com",), id="unknown there: written out"),
        pytest.param(
            [finding("search", "warn"), finding("ads", "warn")],
            ("S0123456789", "U1"),
            id="a group: each once",
        ),
    ],
)
def test_who_is_called(found: list[Finding], called: tuple[str, ...], state: State) -> None:
    to_send, _ = addressed(state, directory(ana="U1"), message(*found), NOW)
    assert to_send.owners == called


def test_who_is_on_it_is_not_called(state: State) -> None:
    told = message(finding("search"))
    notice = told.notices[0]
    known = notice.incident.model_copy(update={"state": "acknowledged"})
    told = told.model_copy(update={"notices": (notice.model_copy(update={"incident": known}),)})
    assert addressed(state, directory(ana="U1"), told, NOW)[0].owners == ()


@pytest.mark.parametrize(
    ("people", "days", "asked"),
    [
        pytest.param({"ana": "U1"}, 29, 1, id="known: for a month"),
        pytest.param({"ana": "U1"}, 30, 2, id="and asked again"),
        pytest.param({}, 0, 1, id="unknown: for a day"),
        pytest.param({}, 1, 2, id="unknown, and asked again"),
    ],
)
def test_slack_is_asked_once_in_a_while(people: dict[str, str], days: int, asked: int, state: State) -> None:
    slack = directory(**people)
    for at in (NOW, NOW + timedelta(days=days)):
        addressed(state, slack, message(finding("search")), at)
    assert len(slack.asked) == asked


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        pytest.param(DeliveryError("missing_scope: add users:read.email", retry=False), True, id="refused"),
        pytest.param(DeliveryError("HTTP 503", retry=True), False, id="down: no word about the address"),
    ],
)
def test_a_look_up_that_fails_falls_back_to_the_address(
    error: DeliveryError, unknown: bool, state: State
) -> None:
    slack = directory(error)
    for _ in range(2):
        to_send, faults = addressed(state, slack, message(finding("search")), NOW)
        assert to_send.owners == ("ana@example.com",)
        assert bool(faults) is unknown
    assert len(slack.asked) == 2, "a failure is no answer to keep"


def test_an_unknown_owner_is_said_once_and_over_when_known(state: State) -> None:
    slack = directory()
    channels: dict[str, Any] = {"slack": slack}
    for days in range(6):
        day, now = DAY + timedelta(days=days), NOW + timedelta(days=days)
        if days == 2:
            slack.people["ana@example.com"] = "U1"
        record(state, [finding("search", day=day)], {"spend_spike": day}, now, Policy(), channels)
        outcomes = send_pending(state, channels, now)
        record(state, failures(outcomes, day), evaluated(outcomes, day), now, Policy(), channels)
    send_pending(state, channels, now)
    told = [one.headline for one in slack.received if one.notices[0].incident.rule == "owner_unknown"]
    assert told == [
        "[INFO] ana@example.com is not known on channel slack",
        "[RESOLVED] ana@example.com is not known on channel slack",
    ]
