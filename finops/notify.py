"""Tell people: decide and record in one transaction, then send what is pending, then mark it sent.

A crash after a send repeats that message; a crash before it loses nothing. Channels are tried in
order; what one refuses for good is told elsewhere, at the last on the console.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from finops.channels import Channel, Console
from finops.errors import DeliveryError
from finops.incidents import Policy, decide
from finops.messages import compose
from finops.model import Decision, Finding, Message, Notice, Value
from finops.state import Pending, State

CONSOLE = "console"
BACKOFF = timedelta(minutes=1)  # doubled for each failure
LONGEST_BACKOFF = timedelta(hours=1)


class Outcome(Value):
    """What became of one message on one channel. `error` is None when it was sent."""

    channel: str
    key: str
    headline: str
    error: str | None = None
    retry_at: datetime | None = None  # None with an error: this channel will never take it


def record(
    state: State,
    findings: Sequence[Finding],
    evaluated: Mapping[str, date],
    now: datetime,
    policy: Policy,
    channels: Mapping[str, Channel],
    generation: int | None = None,
    settled_through: date | None = None,
) -> Decision:
    """Decide on findings and write down incidents with the messages they need; nothing is sent yet."""
    with state.exclusive():
        decision = decide(state.incidents(), findings, evaluated, now, policy, state.planned())
        outbox = [
            (name, message)
            for name, notices in address(decision.notices, channels).items()
            for message in compose(notices, policy.group_above, generation, settled_through)
        ]
        state.record(decision, outbox, now)
    return decision


def address(notices: Sequence[Notice], channels: Mapping[str, Channel]) -> dict[str, list[Notice]]:
    """Who is told what, in order. What nobody asked for goes to the first channel, or the console."""
    told: dict[str, list[Notice]] = {}
    for notice in notices:
        readers = [name for name, channel in channels.items() if channel.wants(notice.incident)]
        for name in readers or [fallback(channels)]:
            told.setdefault(name, []).append(notice)
    return told


def fallback(channels: Mapping[str, Channel]) -> str:
    return next(iter(channels), CONSOLE)


def send_pending(state: State, channels: Mapping[str, Channel], now: datetime) -> list[Outcome]:
    """Send what is due. A channel that does not answer is left alone until the next run."""
    last = fallback(channels)
    everywhere = {CONSOLE: Console(), **channels}
    # The fallback and the console come last, so that what others refuse still goes out in this run.
    order = [*(name for name in channels if name not in (last, CONSOLE)), *dict.fromkeys((last, CONSOLE))]
    outcomes: list[Outcome] = []
    with state.sending():
        state.adopt(order, last)
        for name in order:
            for pending in state.pending(name, now):
                outcome = _send(state, everywhere[name], pending, now)
                outcomes.append(outcome)
                if outcome.error and outcome.retry_at is None and name != CONSOLE:
                    state.enqueue(CONSOLE if name == last else last, pending.message, now)
                if outcome.retry_at is not None:
                    break
    return outcomes


def _send(state: State, channel: Channel, pending: Pending, now: datetime) -> Outcome:
    name, message = pending.channel, pending.message
    outcome = Outcome(channel=name, key=message.key, headline=message.headline)
    try:
        ref = channel.send(_threaded(state, name, message))
    except DeliveryError as exc:
        retry_at = now + _patience(pending.attempts, exc.after) if exc.retry else None
        outcome = outcome.model_copy(update={"error": str(exc), "retry_at": retry_at})
    except Exception as exc:  # noqa: BLE001  one message that cannot be laid out must not stop the rest
        outcome = outcome.model_copy(update={"error": f"{name}: {type(exc).__name__}: {exc}"})
    else:
        state.sent(message.key, name, ref, now)
        return outcome
    state.failed(message.key, name, str(outcome.error), now, outcome.retry_at)
    return outcome


def _threaded(state: State, channel: str, message: Message) -> Message:
    if len(message.notices) > 1:
        return message
    thread = state.thread(channel, message.notices[0].incident.id)
    return message.model_copy(update={"thread": thread})


def _patience(attempts: int, asked: float | None) -> timedelta:
    """What the other side asked for, and at least our own back-off."""
    ours = min(BACKOFF * (1 << min(attempts, 10)), LONGEST_BACKOFF)
    return max(ours, timedelta(seconds=asked or 0))


def failures(outcomes: Sequence[Outcome], day: date) -> list[Finding]:
    """An unreachable channel is itself found, once however many messages wait for it."""
    latest = {outcome.channel: outcome for outcome in outcomes if outcome.error}
    return [
        Finding(
            rule="channel_failed",
            title="A channel does not take messages",
            severity="warn",
            subject=name,
            day=day,
            summary=f"channel {name} does not take messages: {outcome.error}",
            next_step="Fix its settings; what it refused was told elsewhere, the rest waits for it.",
            runbook="docs/rules.md#channel_failed",
        )
        for name, outcome in sorted(latest.items())
    ]
