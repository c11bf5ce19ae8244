"""What cannot be rebuilt: incidents, what was sent where, and what people said about it. SQLite, WAL.

Deliveries are an outbox: written in the same transaction as the incidents they tell about, sent
afterwards, marked after that. A crash in between repeats a message and never loses one.
"""

from __future__ import annotations

import difflib
import fcntl
import shlex
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from finops.errors import ConfigError, LedgerError
from finops.model import Decision, Incident, Message, Value
from finops.sqlfile import QUERIES

FILE = "state.sqlite"  # in the home directory
VERSION = 1
BUSY_SECONDS = 30.0

SCHEMA = QUERIES / "state" / "schema.sql"
# `value` is JSON; `name` and `forget` are for the error that it cannot be read.
INCIDENTS = """select id, value, 'incident ' || id as name,
               'delete from incidents where id = ' || quote(id) as forget from incidents order by id"""
PENDING = """select attempts, message as value, 'message ' || rowid as name,
             'delete from deliveries where rowid = ' || rowid as forget from deliveries where status = 'pending'"""

Row = dict[str, Any]
V = TypeVar("V", bound=Value)


class Pending(Value):
    """`attempts`: how often it failed already."""

    channel: str
    message: Message
    attempts: int


class Event(Value):
    at: datetime
    incident: str
    event: str  # a reason, or acknowledged, snoozed, planned
    by: str | None
    detail: str


class State:
    """Open for one thread. Instants are aware; two processes may use the file at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> State:
        try:
            self._con = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as exc:
            raise LedgerError(f"{self.path}: {exc}; is --home right, and writable?") from exc
        try:
            self._execute("pragma journal_mode = wal")
            self._execute("pragma synchronous = full")
            self._migrate()
        except BaseException:
            self._con.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """What is read inside cannot change before it is written: no answer of a person is overwritten."""
        if self._con.in_transaction:
            yield
            return
        self._execute("begin immediate")
        try:
            yield
        except BaseException:
            self._con.rollback()
            raise
        self._execute("commit")

    @contextmanager
    def sending(self) -> Iterator[None]:
        """One sender at a time, or two would both find a message pending. A killed one lets go."""
        with self.path.with_suffix(".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def incidents(self) -> tuple[Incident, ...]:
        """All that can be read; what cannot is told by `unreadable`, and stops no other."""
        return tuple(incident for _, incident in self._readable(Incident, self._rows(INCIDENTS)))

    def unreadable(self) -> dict[str, str]:
        """The incidents and pending messages that cannot be read: which -> why, and what to do about it."""
        errors: dict[str, str] = {}
        for kind, sql in ((Incident, INCIDENTS), (Message, PENDING)):
            for row in self._rows(sql):
                try:
                    self._parse(kind, row)
                except LedgerError as exc:
                    errors[row["name"]] = str(exc)
        return errors

    def incident(self, incident_id: str) -> Incident:
        rows = {row["id"]: row for row in self._rows(INCIDENTS)}
        if incident_id in rows:
            return self._parse(Incident, rows[incident_id])
        near = difflib.get_close_matches(incident_id, rows)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ConfigError(f"no incident {incident_id!r}{hint}; see finops incidents list --all")

    def evaluated(self) -> dict[str, date]:
        """Rule -> the last day it really ran on."""
        rows = self._rows("select rule, day from evaluated order by rule")
        return {row["rule"]: date.fromisoformat(row["day"]) for row in rows}

    def record(
        self,
        decision: Decision,
        deliveries: Iterable[tuple[str, Message]],
        at: datetime,
        evaluated: Mapping[str, date] | None = None,
    ) -> None:
        """All or nothing. `deliveries`: channel name and message; one already known is left as it is.

        `evaluated`: rule -> latest day it ran on; an earlier day than the known one changes nothing.
        """
        with self.exclusive():
            for incident in decision.incidents:
                self._store(incident)
            for notice in decision.notices:
                self._log(at, notice.incident.id, notice.reason, None, notice.incident.finding.summary)
            for channel, message in deliveries:
                self.enqueue(channel, message, at)
            for rule, day in (evaluated or {}).items():
                self._execute(
                    "insert into evaluated (rule, day) values (:rule, :day)"
                    " on conflict (rule) do update set day = max(day, excluded.day)",
                    rule=rule,
                    day=day.isoformat(),
                )

    def enqueue(self, channel: str, message: Message, at: datetime) -> None:
        self._execute(
            "insert or ignore into deliveries"
            " (key, channel, status, message, next_at, created_at, changed_at)"
            " values (:key, :channel, 'pending', :message, :at, :at, :at)",
            key=message.key,
            channel=channel,
            message=message.model_dump_json(),
            at=_text(at),
        )

    def pending(self, channel: str, now: datetime) -> tuple[Pending, ...]:
        """Due by now. The least often failed first: one that never succeeds holds up no other."""
        rows = self._rows(
            f"{PENDING} and channel = :channel and next_at <= :now order by attempts, created_at, rowid",
            channel=channel,
            now=_text(now),
        )
        return tuple(
            Pending(channel=channel, message=message, attempts=row["attempts"])
            for row, message in self._readable(Message, rows)
        )

    def adopt(self, channels: Sequence[str], heir: str) -> None:
        """Pending messages of channels that are configured no longer go to `heir`."""
        places = [row["channel"] for row in self._rows("select distinct channel from deliveries")]
        for gone in sorted(set(places) - set(channels)):
            self._execute(
                "update or ignore deliveries set channel = :heir, next_at = created_at"
                " where status = 'pending' and channel = :gone",
                heir=heir,
                gone=gone,
            )

    def thread(self, channel: str, incident: str) -> str | None:
        """The channel's reference to the first message about this incident."""
        rows = self._rows(
            "select ref from deliveries, json_each(iif(json_valid(message), message, '{}'), '$.notices') as notice"
            " where channel = :channel and ref is not null"
            " and json_extract(notice.value, '$.incident.id') = :incident"
            " order by created_at, deliveries.rowid",
            channel=channel,
            incident=incident,
        )
        return rows[0]["ref"] if rows else None

    def sent(self, key: str, channel: str, ref: str | None, at: datetime) -> None:
        self._execute(
            "update deliveries set status = 'sent', ref = :ref, error = null, changed_at = :at"
            " where key = :key and channel = :channel",
            key=key,
            channel=channel,
            ref=ref,
            at=_text(at),
        )

    def failed(self, key: str, channel: str, error: str, at: datetime, retry_at: datetime | None) -> None:
        """Without `retry_at` the delivery is dead: this channel will never take it."""
        self._execute(
            "update deliveries set status = iif(:retry_at is null, 'dead', 'pending'), error = :error,"
            " attempts = attempts + 1, next_at = coalesce(:retry_at, next_at), changed_at = :at"
            " where key = :key and channel = :channel",
            key=key,
            channel=channel,
            error=error,
            at=_text(at),
            retry_at=retry_at and _text(retry_at),
        )

    def acknowledge(self, incident_id: str, by: str, at: datetime) -> Incident:
        """Silent until its severity rises, or it resolves."""
        return self._answer(incident_id, "acknowledged", None, by, at)

    def snooze(self, incident_id: str, until: datetime, by: str, at: datetime) -> Incident:
        return self._answer(incident_id, "snoozed", until, by, at)

    def plan(self, name: str, until: datetime, by: str, at: datetime) -> tuple[Incident, ...]:
        """Expected activity of a subject or workload, or of an incident's subject; returns what it mutes now.

        What opens for it before `until` opens silently.
        """
        with self.exclusive():
            known = {incident.id: incident for incident in self.incidents()}
            subject = known[name].subject if name in known else name
            self._execute(
                "insert or replace into plans (name, until, by, at) values (:name, :until, :by, :at)",
                name=subject,
                until=_text(until),
                by=by,
                at=_text(at),
            )
            return tuple(
                self._answer(incident.id, "planned", until, by, at)
                for incident in known.values()
                if incident.state != "resolved" and subject in (incident.subject, incident.finding.workload)
            )

    def planned(self) -> Mapping[str, datetime]:
        """Subject or workload -> end of the activity announced for it, also when it is over."""
        rows = self._rows("select name, until from plans order by name")
        return {row["name"]: datetime.fromisoformat(row["until"]) for row in rows}

    def history(self, incident_id: str) -> tuple[Event, ...]:
        rows = self._rows("select * from history where incident = :id order by rowid", id=incident_id)
        return tuple(Event.model_validate(dict(row)) for row in rows)

    def _answer(
        self,
        incident_id: str,
        state: Literal["acknowledged", "snoozed", "planned"],
        until: datetime | None,
        by: str,
        at: datetime,
    ) -> Incident:
        with self.exclusive():
            before = self.incident(incident_id)
            if before.state == "resolved":
                raise ConfigError(
                    f"incident {incident_id} is resolved since {before.resolved_at}; nothing to answer"
                )
            after = before.model_copy(update={"state": state, "until": until, "by": by})
            self._store(after)
            self._log(at, incident_id, state, by, f"until {_text(until)}" if until else "")
            return after

    def _store(self, incident: Incident) -> None:
        self._execute(
            "insert or replace into incidents (id, rule, subject, state, value)"
            " values (:id, :rule, :subject, :state, :value)",
            id=incident.id,
            rule=incident.rule,
            subject=incident.subject,
            state=incident.state,
            value=incident.model_dump_json(),
        )

    def _log(self, at: datetime, incident: str, event: str, by: str | None, detail: str) -> None:
        self._execute(
            "insert into history (at, incident, event, by, detail)"
            " values (:at, :incident, :event, :by, :detail)",
            at=_text(at),
            incident=incident,
            event=event,
            by=by,
            detail=detail,
        )

    def _migrate(self) -> None:
        with self.exclusive():
            if not self._rows("select 1 from sqlite_master where name = 'schema_version'"):
                for statement in filter(str.strip, SCHEMA.read_text(encoding="utf-8").split(";")):
                    self._execute(statement)
                self._execute("insert into schema_version values (:version)", version=VERSION)
            version = self._rows("select max(version) as version from schema_version")[0]["version"]
        if version > VERSION:
            raise LedgerError(
                f"{self.path}: written by a newer finops (schema {version}, this one knows {VERSION});"
                " upgrade finops, or use another --home"
            )

    def _rows(self, sql: str, **values: Any) -> list[Row]:
        try:
            with closing(self._con.execute(sql, values)) as cursor:
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except sqlite3.Error as exc:
            busy = "locked" in str(exc)
            advice = "another finops is writing; try again" if busy else "restore it, or move it away"
            raise LedgerError(f"{self.path}: {exc}; {advice}") from exc

    def _execute(self, sql: str, **values: Any) -> None:
        self._rows(sql, **values)

    def _readable(self, kind: type[V], rows: Sequence[Row]) -> Iterator[tuple[Row, V]]:
        for row in rows:
            with suppress(LedgerError):  # told by `unreadable`
                yield row, self._parse(kind, row)

    def _parse(self, kind: type[V], row: Row) -> V:
        try:
            return kind.model_validate_json(row["value"])
        except ValidationError as exc:
            why, file = exc.errors()[0]["msg"], shlex.quote(str(self.path))
            raise LedgerError(
                f"{self.path}: cannot read {row['name']}: {why}; restore the file from a backup,"
                f' or let go of it: sqlite3 {file} "{row["forget"]}"'
            ) from exc


def _text(at: datetime) -> str:
    """Sorts as text: always UTC, always six decimals."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
