"""What is to be sent and what was: one row a message and channel, written with the incidents that it tells of,
sent afterwards, marked after that. A crash in between repeats a message and never loses one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from finops.database import Database, text
from finops.errors import LONGEST_WAIT_SECONDS
from finops.model import Message, Value

PENDING = """select attempts, created_at, message as value, 'message ' || rowid as name,
             'delete from deliveries where rowid = ' || rowid as forget from deliveries where status = 'pending'"""
# A root is a message of its own in the channel, which a channel that can do so draws anew.
ROOTS = """select key, ref, shown, message as value, 'message ' || rowid as name, '' as forget from deliveries
           where channel = :channel and ref is not null and shown is not null and created_at >= :since
           order by created_at, rowid"""


# A clock that was ahead leaves what no channel may ask for: to wait for longer than a day.
DUE = "(next_at <= :now or next_at > :parked)"
LONGEST_WAIT = timedelta(seconds=LONGEST_WAIT_SECONDS)
# What was taken long ago, or was not and is over since; but for the latest that its channel took, for what says that
# something is not to be sent again (the key waits for another channel, a digest of a day that was asked for), and for
# where later news belongs.
FORGOTTEN = """with latest as materialized (
                   select channel, max(changed_at) as changed_at from deliveries where status = 'sent' group by channel
               )
               delete from deliveries as one where status <> 'pending' and changed_at < :before
               and changed_at < (select changed_at from latest where latest.channel = one.channel)
               and key not like 'digest-%-of-%'
               and key not in (select key from deliveries where status = 'pending')
               and not exists (
                   select 1 from json_each(iif(json_valid(message), message, '{}'), '$.notices') as notice
                   join incidents on incidents.id = json_extract(notice.value, '$.incident.id')
                   where incidents.state <> 'resolved'
                   or datetime(json_extract(incidents.value, '$.resolved_at')) >= datetime(:before))"""


class Pending(Value):
    """`attempts`: how often it failed already."""

    channel: str
    message: Message
    attempts: int
    created_at: datetime


class Root(Value):
    """`ref`: the channel's own reference; `shown`: how its incidents stood when it was last drawn."""

    ref: str
    shown: str
    message: Message


class Outbox(Database):
    def enqueue(self, channel: str, message: Message, at: datetime) -> None:
        """One that is known already is left as it is."""
        self.execute(
            "insert or ignore into deliveries"
            " (key, channel, status, message, next_at, created_at, changed_at)"
            " values (:key, :channel, 'pending', :message, :at, :at, :at)",
            key=message.key,
            channel=channel,
            message=message.model_dump_json(),
            at=text(at),
        )

    def known(self, key: str, channel: str) -> bool:
        """Whether that message was written down for that channel, whatever became of it."""
        sql = "select 1 from deliveries where key = :key and channel = :channel"
        return bool(self.rows(sql, key=key, channel=channel))

    def pending(self, channel: str, now: datetime) -> tuple[Pending, ...]:
        """Due by now. The least often failed first: one that never succeeds holds up no other, but for later news of
        its incident, which does not come before it."""
        due = f"channel = :channel and {DUE} order by created_at, rowid"
        waiting = self._pending(channel, due, now=text(now), parked=text(now + LONGEST_WAIT))
        tried: dict[str, int] = {}
        turns = []
        for one in waiting:
            incidents = {notice.incident.id for notice in one.message.notices}
            turn = one.attempts
            if len(incidents) == 1:
                turn = max(turn, *(tried.get(incident, 0) for incident in incidents))
                tried |= dict.fromkeys(incidents, turn)
            turns.append(turn)
        return tuple(waiting[number] for number in sorted(range(len(waiting)), key=turns.__getitem__))

    def stale(self, channel: str, before: datetime) -> tuple[Pending, ...]:
        """Written down before then, due or not; oldest first."""
        old = "channel = :channel and created_at < :before order by created_at, rowid"
        return self._pending(channel, old, before=text(before))

    def _pending(self, channel: str, which: str, **instants: str) -> tuple[Pending, ...]:
        rows = self.rows(f"{PENDING} and {which}", channel=channel, **instants)
        return tuple(
            Pending(channel=channel, message=message, attempts=row["attempts"], created_at=row["created_at"])
            for row, message in self.readable(Message, rows)
        )

    def waiting(self, now: datetime) -> bool:
        """Whether a message is due by now, on whichever channel; one that cannot be read is never sent."""
        due = self.rows(f"{PENDING} and {DUE}", now=text(now), parked=text(now + LONGEST_WAIT))
        return any(True for _ in self.readable(Message, due))

    def refused(self, key: str, channel: str, now: datetime) -> bool:
        """Whether that channel did not take that message, for now or for good."""
        sql = (
            "select 1 from deliveries where key = :key and channel = :channel"
            " and (status = 'dead' or (status = 'pending' and next_at > :now))"
        )
        return bool(self.rows(sql, key=key, channel=channel, now=text(now)))

    def postpone(self, channel: str, retry_at: datetime) -> None:
        """Nothing that waits for that channel is due before then."""
        self.execute(
            "update deliveries set next_at = iif(next_at > :parked, :retry_at, max(next_at, :retry_at))"
            " where status = 'pending' and channel = :channel",
            channel=channel,
            retry_at=text(retry_at),
            parked=text(retry_at + LONGEST_WAIT),
        )

    def undelivered(self) -> dict[str, int]:
        """Messages that failed: `pending`, to be tried again, and `dead`, which their channel will never take. Those
        are over when it has taken another since."""
        rows = self.rows(
            "select status, count(*) as messages from deliveries as failed"
            " where (status = 'pending' and attempts > 0) or (status = 'dead' and not exists ("
            " select 1 from deliveries as later where later.channel = failed.channel and later.status = 'sent'"
            " and later.changed_at > failed.changed_at)) group by status"
        )
        return {"pending": 0, "dead": 0} | {row["status"]: row["messages"] for row in rows}

    def fold(self, channel: str, pending: Sequence[Pending], one: Message, at: datetime) -> None:
        """`one` is sent in their place."""
        with self.exclusive():
            for gone in pending:
                self.execute(
                    "update deliveries set status = 'sent', error = :error, changed_at = :at"
                    " where key = :key and channel = :channel",
                    error=f"told in {one.key}",
                    key=gone.message.key,
                    channel=channel,
                    at=text(at),
                )
            self.enqueue(channel, one, at)

    def adopt(self, channels: Sequence[str], heir: str) -> None:
        """Pending messages of channels that are configured no longer go to `heir`, but for those that it has."""
        with self.exclusive():
            places = [row["channel"] for row in self.rows("select distinct channel from deliveries")]
            for gone in sorted(set(places) - set(channels)):
                self.execute(
                    "update or ignore deliveries set channel = :heir, next_at = created_at"
                    " where status = 'pending' and channel = :gone",
                    heir=heir,
                    gone=gone,
                )
                self.execute("delete from deliveries where status = 'pending' and channel = :gone", gone=gone)

    def threads(self, channel: str, incident: str) -> tuple[str, ...]:
        """The channel's references to the messages about this incident, oldest first."""
        rows = self.rows(
            "select ref from deliveries, json_each(iif(json_valid(message), message, '{}'), '$.notices') as notice"
            " where channel = :channel and ref is not null"
            " and json_extract(notice.value, '$.incident.id') = :incident"
            " order by created_at, deliveries.rowid",
            channel=channel,
            incident=incident,
        )
        return tuple(row["ref"] for row in rows)

    def sent(
        self,
        key: str,
        channel: str,
        ref: str | None,
        at: datetime,
        shown: str | None = None,
        owners: Sequence[str] = (),
    ) -> None:
        """`shown`: how the incidents of a root stand in it, None for what is in a thread; `owners`: whom it called."""
        self.execute(
            "update deliveries set status = 'sent', ref = :ref, shown = :shown, error = null, changed_at = :at,"
            " message = iif(:owners = '[]', message, json_set(message, '$.owners', json(:owners)))"
            " where key = :key and channel = :channel",
            owners=json.dumps(list(owners)),
            key=key,
            channel=channel,
            ref=ref,
            shown=shown,
            at=text(at),
        )

    def failed(
        self,
        key: str,
        channel: str,
        error: str,
        at: datetime,
        retry_at: datetime | None,
        left: Sequence[str] = (),
    ) -> None:
        """Without `retry_at` the delivery is dead: this channel will never take it. `left`: whom it is still for."""
        self.execute(
            "update deliveries set status = iif(:retry_at is null, 'dead', 'pending'), error = :error,"
            " attempts = attempts + 1, next_at = coalesce(:retry_at, next_at), changed_at = :at,"
            " message = iif(:left = '[]', message, json_set(message, '$.left', json(:left)))"
            " where key = :key and channel = :channel",
            key=key,
            channel=channel,
            left=json.dumps(list(left)),
            error=error,
            at=text(at),
            retry_at=retry_at and text(retry_at),
        )

    def roots(self, channel: str, since: datetime) -> tuple[Root, ...]:
        rows = self.rows(ROOTS, channel=channel, since=text(since))
        return tuple(
            Root(ref=row["ref"], shown=row["shown"], message=message)
            for row, message in self.readable(Message, rows)
        )

    def forget(self, before: datetime) -> int:
        """Drop what was delivered before then and is needed no more; how many that were."""
        return self.execute(FORGOTTEN, before=text(before))

    def drawn(self, key: str, channel: str, shown: str, at: datetime) -> None:
        self.execute(
            "update deliveries set shown = :shown, changed_at = :at where key = :key and channel = :channel",
            key=key,
            channel=channel,
            shown=shown,
            at=text(at),
        )
