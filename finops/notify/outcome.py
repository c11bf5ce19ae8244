"""What became of messages, and what is itself to be told of that: an unreachable channel, an unknown owner."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from finops.model import Finding, Value
from finops.notify.readers import FAILED

UNKNOWN = "owner_unknown"


class Outcome(Value):
    """What became of one message on one channel. `error` is None when it was sent."""

    channel: str
    key: str
    headline: str
    incidents: tuple[str, ...] = ()  # the ids of those it tells of
    error: str | None = None  # does not name the channel
    retry_at: datetime | None = None  # None with an error: this channel will never take it
    instead: str | None = None  # with an error: the channel that is told meanwhile
    left: tuple[str, ...] = ()  # with an error: the recipients who were not told, where others were
    note: str | None = None  # what is missing of a message that was sent
    called: tuple[str, ...] = ()  # owners, by id or address
    unknown: dict[str, str] = {}  # addresses of owners that the channel does not know, and why


def delivered(outcomes: Sequence[Outcome]) -> frozenset[str]:
    """The ids of the incidents that somebody was told of, on whichever channel."""
    return frozenset(one for outcome in outcomes if outcome.error is None for one in outcome.incidents)


def failures(outcomes: Sequence[Outcome], day: date) -> list[Finding]:
    """An unreachable channel is itself found, once however many messages wait for it; so is an owner whom
    a channel does not know."""
    return [*_channels_failed(outcomes, day), *_owners_unknown(outcomes, day)]


def evaluated(outcomes: Sequence[Outcome], day: date, broken: Collection[str] = ()) -> dict[str, date]:
    """What of `failures` could be seen: an owner is known again only when somebody was looked for, and a channel
    takes messages again only when those that are known to be `broken` were tried."""
    tried = {outcome.channel for outcome in outcomes}
    called = any(outcome.called for outcome in outcomes)
    return ({FAILED: day} if tried >= set(broken) else {}) | ({UNKNOWN: day} if called else {})


def _owners_unknown(outcomes: Sequence[Outcome], day: date) -> list[Finding]:
    unknown = {address: (one.channel, why) for one in outcomes for address, why in one.unknown.items()}
    return [
        Finding(
            rule=UNKNOWN,
            title="An owner cannot be called",
            headline=f"{address} is not known on channel {name}",
            severity="info",
            subject=address,
            day=day,
            summary=f"{address} is not known on channel {name}: {why}",
            why="Messages for this owner's teams name the address and call nobody.",
            next_step="Mend the address in [owners] of finops.toml, or give the id of the person or the user group.",
            runbook="docs/slack.md#owners",
        )
        for address, (name, why) in sorted(unknown.items())
    ]


def _channels_failed(outcomes: Sequence[Outcome], day: date) -> list[Finding]:
    latest = {outcome.channel: outcome for outcome in outcomes if outcome.error}
    return [
        Finding(
            rule=FAILED,
            title="A channel does not take messages",
            headline=f"channel {name} does not take messages",
            severity="warn",
            subject=name,
            day=day,
            summary=f"channel {name} does not take messages: {outcome.error}",
            next_step=f"Mend its settings or its other end. Meanwhile its messages are told by"
            f" {outcome.instead or 'nobody'}; those that it may still take go out with the next check.",
            runbook="docs/rules.md#channel_failed",
        )
        for name, outcome in sorted(latest.items())
    ]
