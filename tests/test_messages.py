from __future__ import annotations

import shlex
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from finops.incidents.machine import Policy, decide
from finops.messages.card import card
from finops.messages.compose import compose
from finops.model import Finding

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "subject", "command"),
    [
        pytest.param(
            "spend_spike", "a; rm -rf ~", "finops rules run spend_spike --day 2026-11-17", id="a rule"
        ),
        pytest.param(
            "rule_failed", "spend_spike", "finops rules run spend_spike --day 2026-11-17", id="a broken rule"
        ),
        pytest.param(
            "rule_failed", "my rule", "finops rules run 'my rule' --day 2026-11-17", id="a name with a blank"
        ),
        pytest.param("channel_failed", "slack", "finops check", id="a channel"),
        pytest.param("state_unreadable", "incident 7f3a2c", "finops incidents list", id="a row on file"),
    ],
)
def test_what_reproduces_it_is_a_command_without_text_from_tags(
    rule: str, subject: str, command: str
) -> None:
    found = Finding(
        rule=rule, title="t", severity="warn", subject=subject, day=date(2026, 11, 17), summary="s"
    )
    (message,) = compose(decide([], [found], {}, NOW, Policy()).notices, 5)
    shown = card(message)
    assert shown.reproduce == command
    assert all("rm" not in shlex.split(text) for text in (shown.reproduce, *shown.actions))


@pytest.mark.parametrize(
    ("workload", "headline"),
    [
        pytest.param("search", "[PAGE] search spend 31.4x the usual Friday (+$1,912)", id="short"),
        pytest.param(
            "w" * 300, f"[PAGE] {'w' * 103}… spend 31.4x the usual Friday (+$1,912)", id="the name gives way"
        ),
    ],
)
def test_what_is_said_survives_a_long_name(workload: str, headline: str) -> None:
    found = Finding(
        rule="spend_spike", title="t", severity="page", subject=workload, workload=workload,
        day=date(2026, 11, 17), summary="s", headline=f"{workload} spend 31.4x the usual Friday",
        facts={"excess_usd": "1912"},
    )  # fmt: skip
    (message,) = compose(decide([], [found], {}, NOW, Policy()).notices, 5)
    assert message.headline == headline
    assert len(message.headline) <= 150


def test_a_page_beside_a_dearer_day_says_how_much_that_was() -> None:
    dear = Finding(
        rule="spend_spike", title="t", severity="warn", subject="search", day=date(2026, 11, 16), summary="s",
        usd=Decimal(900),
    )  # fmt: skip
    worse = dear.model_copy(update={"severity": "page", "day": date(2026, 11, 17), "usd": Decimal(100)})
    (message,) = compose(decide([], [dear, worse], {}, NOW, Policy()).notices, 5)
    shown = card(message)
    assert shown.tone == "page"
    assert {("At stake", "$100.00, as of Tue 17 Nov"), ("At its peak", "$900.00 at stake")} <= set(
        shown.fields
    )
