"""Tell people: decide and record in one transaction, then send what is pending, then mark it sent.

A crash after a send repeats that message; a crash before it loses nothing. What a channel does not
take in a run is told in the same run by the first other channel that takes it and is no pager, and by the
console where none does. What it may take later waits for it as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, runtime_checkable

from finops.channels import Channel, Console, PagerDuty
from finops.errors import DeliveryError, LedgerError
from finops.incidents.machine import Policy, decide
from finops.messages.compose import LATE, compose, late
from finops.model import Billed, Decision, Finding, Incident, Message, Notice, Value, Window
from finops.notify.damage import RESTORED, UNREADABLE, damages
from finops.notify.owners import Knows, addressed
from finops.notify.redraw import Redraws, current, redraw, shown
from finops.state.outbox import Pending
from finops.state.store import State

CONSOLE = "console"
FAILED = "channel_failed"
UNKNOWN = "owner_unknown"
STALE = timedelta(days=1)  # what a channel did not take for so long is told in one message
BACKOFF = timedelta(minutes=1)  # doubled for each failure
LONGEST_BACKOFF = timedelta(hours=1)
MENDED_WITHIN = timedelta(days=7)


@runtime_checkable
class Attaches(Protocol):
    def attach(self, message: Message, ref: str) -> None:
        """Add the picture to what `send` has sent; DeliveryError as `send` raises it."""


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
) -> Decision:
    """Decide on findings and write down incidents with the messages they need; nothing is sent yet.

    `planned`: windows of finops.toml, besides those that the state knows; `billed` as `decide` takes it.
    """
    with state.exclusive():
        found = [*findings, *damages(state, now.date())]
        ran = {**evaluated, UNREADABLE: now.date(), RESTORED: now.date()}
        decision = decide(state.incidents(), found, ran, now, policy, (*state.planned(), *planned), billed)
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


def address(notices: Sequence[Notice], channels: Mapping[str, Channel]) -> dict[str, list[Notice]]:
    """Who is told what, in order; that a channel failed, another one. What nobody else asked for goes to
    the fallback."""
    told: dict[str, list[Notice]] = {}
    for notice in notices:
        failed = notice.incident.subject if notice.incident.rule == FAILED else None
        readers = [name for name, one in channels.items() if name != failed and one.wants(notice.incident)]
        for name in readers or [fallback(channels, failed)]:
            told.setdefault(name, []).append(notice)
    return told


def fallback(channels: Mapping[str, Channel], failed: str | None = None) -> str:
    """The first channel, but for the one that failed, that is no pager, which nobody wants to ring for the
    rest; the console where there is none."""
    return next((name for name in _quiet(channels) if name != failed), CONSOLE)


def _quiet(channels: Mapping[str, Channel]) -> list[str]:
    return [name for name, one in channels.items() if not isinstance(one, PagerDuty)]


def send_pending(state: State, channels: Mapping[str, Channel], now: datetime) -> list[Outcome]:
    """Send what is due, then draw anew what stands otherwise by now. A channel that does not answer is left
    alone until the next run.

    A console that nobody configured speaks on stderr, as errors do: stdout is the command's.
    """
    last = fallback(channels)
    everywhere = {CONSOLE: Console(stream="stderr"), **channels}
    # The fallback comes after the others, they have another turn after it, and the console comes last, so that
    # what one does not take still goes out in this run.
    others = [name for name in channels if name not in (last, CONSOLE)]
    outcomes: list[Outcome] = []
    with state.sending():
        state.adopt([*everywhere], last)
        for name in (*others, last, *others, CONSOLE):
            outcomes += _drain(state, name, everywhere[name], channels, now)
        failed = {outcome.channel for outcome in outcomes if outcome.error}
        outcomes += _redraw(state, {n: one for n, one in channels.items() if n not in failed}, now)
    return outcomes


def show(state: State, channels: Mapping[str, Channel], now: datetime) -> list[Outcome]:
    """Draw anew what stands otherwise by now, such as what somebody has just answered."""
    with state.sending():
        return _redraw(state, channels, now)


def _redraw(state: State, channels: Mapping[str, Channel], now: datetime) -> list[Outcome]:
    outcomes = []
    for name, channel in channels.items():
        error = redraw(state, name, channel, now) if isinstance(channel, Redraws) else None
        if error:
            outcomes.append(Outcome(channel=name, key="", headline="a message drawn anew", error=error))
    return outcomes


def _drain(
    state: State, name: str, channel: Channel, channels: Mapping[str, Channel], now: datetime
) -> list[Outcome]:
    """Send until the channel is busy. What it did not take is told by another, each message once."""
    outcomes: list[Outcome] = []
    _fold(state, name, now)
    waiting = state.pending(name, now)
    known = {incident.id: incident for incident in state.incidents()} if waiting else {}
    for number, pending in enumerate(waiting):
        outcome = _send(state, channel, pending, known, sum(one.attempts for one in waiting), now)
        if outcome.error is None:
            outcomes.append(outcome)
            continue
        with state.exclusive():
            state.failed(outcome.key, name, outcome.error, now, outcome.retry_at, outcome.left)
            if outcome.retry_at is not None:
                state.postpone(name, outcome.retry_at)
            untold = waiting[number:] if outcome.retry_at else [pending]
            told = [_tell_instead(state, one.message, name, channels, now) for one in untold]
        outcomes.append(outcome.model_copy(update={"instead": told[0]}))
        if outcome.retry_at is not None:
            break
    return outcomes


def _tell_instead(
    state: State, message: Message, failed: str, channels: Mapping[str, Channel], now: datetime
) -> str | None:
    """The first that is no pager and did not fail that message itself, else the console; None where none is left."""
    left = (name for name in dict.fromkeys((*_quiet(channels), CONSOLE)) if name != failed)
    instead = next((name for name in left if not state.refused(message.key, name, now)), None)
    if instead and not message.key.startswith(LATE):  # its parts were told there
        state.enqueue(instead, message, now)
    return instead


def _fold(state: State, name: str, now: datetime) -> None:
    """What waits for longer than a day is told in one message, of which the latest digest is no part."""
    if not state.pending(name, now):
        return  # it asked for patience
    stale = state.stale(name, now - STALE)
    news = [one for one in stale if not one.message.digest]
    digests = [one for one in stale if one.message.digest]
    if len(news) > 1:
        state.fold(name, news, late([one.message for one in news], news[0].created_at), now)
    if len(digests) > 1:
        state.fold(name, digests[:-1], digests[-1].message, now)


def _send(
    state: State,
    channel: Channel,
    pending: Pending,
    known: Mapping[str, Incident],
    attempts: int,
    now: datetime,
) -> Outcome:
    """`attempts`: how often the channel failed before, over all that waits for it."""
    name, message = pending.channel, _prepared(state, pending, known)
    ids = tuple(notice.incident.id for notice in message.notices)
    message, unknown, lacking = _called(state, channel, message, now)
    outcome = Outcome(
        channel=name,
        key=message.key,
        headline=message.headline,
        incidents=ids,
        called=message.owners,
        unknown=unknown,
    )
    try:
        ref = channel.send(message)
    except DeliveryError as exc:
        retry_at = _again(exc, pending, attempts, now)
        return outcome.model_copy(update={"error": str(exc), "retry_at": retry_at, "left": exc.left})
    except Exception as exc:  # noqa: BLE001  one message that cannot be laid out must not stop the rest
        return outcome.model_copy(update={"error": f"{type(exc).__name__}: {exc}"})
    state.sent(message.key, name, ref, now, None if message.thread else shown(message), message.owners)
    notes = [note for note in (lacking, _attached(channel, message, ref)) if note]
    return outcome.model_copy(update={"note": "; ".join(notes) or None})


def _called(
    state: State, channel: Channel, message: Message, now: datetime
) -> tuple[Message, dict[str, str], str | None]:
    """With its owners, those who are unknown, and why it calls nobody: to look somebody up never costs the words."""
    if not isinstance(channel, Knows):
        return message, {}, None
    try:
        return *addressed(state, channel, message, now), None
    except LedgerError:
        raise  # of the state, not of the message
    except Exception as exc:  # noqa: BLE001  one owner who cannot be looked up must not stop the rest
        return message, {}, f"sent without calling its owners: {type(exc).__name__}: {exc}"


def _attached(channel: Channel, message: Message, ref: str | None) -> str | None:
    """After the message is on record as sent: a picture never costs the words."""
    if ref is None or not isinstance(channel, Attaches):
        return None
    try:
        channel.attach(message, ref)
    except DeliveryError as exc:
        return f"sent without its chart: {str(exc).removesuffix('; it is tried again')}"
    except Exception as exc:  # noqa: BLE001  one picture that cannot be drawn must not stop the rest
        return f"sent without its chart: {type(exc).__name__}: {exc}"
    return None


def _prepared(state: State, pending: Pending, known: Mapping[str, Incident]) -> Message:
    """With the thread that it belongs to, and the answers given since it was written."""
    message = current(pending.message, known)
    if len(message.notices) != 1:
        return message
    thread = state.thread(pending.channel, message.notices[0].incident.id)
    return message.model_copy(update={"thread": thread})


def _again(fault: DeliveryError, pending: Pending, attempts: int, now: datetime) -> datetime | None:
    """When to try again. What somebody has to mend is tried every hour, and given up after a week."""
    if fault.retry:
        return now + _patience(attempts, fault.after)
    return now + LONGEST_BACKOFF if fault.mend and now - pending.created_at < MENDED_WITHIN else None


def _patience(attempts: int, asked: float | None) -> timedelta:
    """What the other side asked for, and at least our own back-off."""
    ours = min(BACKOFF * (1 << min(attempts, 10)), LONGEST_BACKOFF)
    return max(ours, timedelta(seconds=asked or 0))


def delivered(outcomes: Sequence[Outcome]) -> frozenset[str]:
    """The ids of the incidents that somebody was told of, on whichever channel."""
    return frozenset(one for outcome in outcomes if outcome.error is None for one in outcome.incidents)


def failures(outcomes: Sequence[Outcome], day: date) -> list[Finding]:
    """An unreachable channel is itself found, once however many messages wait for it; so is an owner whom
    a channel does not know."""
    return [*_channels_failed(outcomes, day), *_owners_unknown(outcomes, day)]


def evaluated(outcomes: Sequence[Outcome], day: date) -> dict[str, date]:
    """What of `failures` could be seen: an owner is known again only when somebody was looked for."""
    called = any(outcome.called for outcome in outcomes)
    return {FAILED: day, **({UNKNOWN: day} if called else {})}


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
