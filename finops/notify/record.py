"""Decide, and write down incidents with the messages that they need, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from finops.channels import Channel
from finops.incidents.machine import Policy, decide
from finops.messages.compose import compose
from finops.model import OF_ITSELF, Billed, Decision, Finding, Window
from finops.notify.damage import RESTORED, UNREADABLE, damages
from finops.notify.readers import address
from finops.state.store import State


def record(
    state: State,
    findings: Sequence[Finding],
    evaluated: Mapping[str, date],
    now: datetime,
    policy: Policy,
    channels: Mapping[str, Channel],
    generation: int | None = None,
    settled_through: date | None = None,
    planned: Sequence[Window] = (),
    billed: Mapping[str, Billed] | None = None,
    rules: Collection[str] | None = None,
) -> Decision:
    """Decide on findings and write down incidents with the messages they need; nothing is sent yet.

    `planned`: windows of finops.toml, besides those that the state knows; `billed` as `decide` takes it; `rules`: those
    that there are, where they are known.
    """
    with state.exclusive():
        found = [*findings, *damages(state, now.date())]
        ran = {**evaluated, UNREADABLE: now.date(), RESTORED: now.date()}
        incidents = state.incidents()
        gone = set() if rules is None else {one.rule for one in incidents} - {*rules} - OF_ITSELF
        decision = decide(incidents, found, ran, now, policy, (*state.planned(), *planned), billed, gone)
        write(state, decision, channels, now, policy, evaluated, generation, settled_through)
        state.count()
    state.remember()
    return decision


def write(
    state: State,
    decision: Decision,
    channels: Mapping[str, Channel],
    now: datetime,
    policy: Policy,
    evaluated: Mapping[str, date] | None = None,
    generation: int | None = None,
    settled_through: date | None = None,
) -> None:
    """Its incidents, and the messages that they need, each to whom it is for."""
    outbox = [
        (name, message)
        for name, notices in address(decision.notices, channels).items()
        for message in compose(notices, policy.group_above, generation, settled_through)
    ]
    state.record(decision, outbox, now, evaluated)
