"""Send what is pending, then mark it sent.

A crash after a send repeats that message; a crash before it loses nothing. What a channel does not
take in a run is told in the same run by the first other channel that takes it and is no pager, and by the
console where none does. What it may take later waits for it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from finops.channels import Channel, Console
from finops.messages.compose import LATE, late
from finops.model import Message
from finops.notify.deliver import deliver
from finops.notify.outcome import Outcome
from finops.notify.readers import CONSOLE, fallback, quiet
from finops.notify.redraw import Redraws, redraw
from finops.state.store import State

STALE = timedelta(days=1)  # what a channel did not take for so long is told in one message


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


def draw_anew(state: State, channels: Mapping[str, Channel], now: datetime) -> list[Outcome]:
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
        outcome = deliver(state, channel, pending, known, sum(one.attempts for one in waiting), now)
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
    left = (name for name in dict.fromkeys((*quiet(channels), CONSOLE)) if name != failed)
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
