"""What cannot be rebuilt: incidents, and what people said about them. What was sent where is the outbox's."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Literal

from finops.database import FILE, VERSION, text
from finops.errors import ConfigError, LedgerError
from finops.incidents.silence import heard, mutes, taken_back
from finops.model import Decision, Incident, Message, Value, Window
from finops.state.outbox import PENDING, Outbox

__all__ = ["FILE", "VERSION", "Event", "Feedback", "State", "Verdict"]

SEEN = ".seen"
PRESSED_KEPT = timedelta(days=30)
STANDING = """select value, 'incident ' || id as name, '' as forget from incidents
              where state <> 'resolved' and rule = coalesce(:rule, rule) order by id"""
INCIDENTS = """select id, value, 'incident ' || id as name,
               'delete from incidents where id = ' || quote(id) as forget from incidents order by id"""


Verdict = Literal["expected", "not-an-anomaly"]


class Event(Value):
    at: datetime
    incident: str
    event: str  # a reason, or acknowledged, snoozed, planned
    by: str | None
    detail: str


class Feedback(Value):
    """What somebody said an incident was, as `finops replay` counts it."""

    incident: str
    rule: str
    subject: str
    first_day: date
    last_day: date
    verdict: Verdict
    by: str
    at: datetime


class Person(Value):
    """Whom a channel knows under an address; without an id, nobody."""

    id: str | None
    at: datetime


class State(Outbox):
    def incidents(self) -> tuple[Incident, ...]:
        """All that can be read; what cannot is told by `unreadable`, and stops no other."""
        return tuple(incident for _, incident in self.readable(Incident, self.rows(INCIDENTS)))

    def standing(self, rule: str | None = None) -> tuple[Incident, ...]:
        """Of those that can be read, the ones that are not resolved; of one rule, or of all."""
        return tuple(incident for _, incident in self.readable(Incident, self.rows(STANDING, rule=rule)))

    def unreadable(self) -> dict[str, str]:
        """The incidents and pending messages that cannot be read: which -> why, and what to do about it."""
        errors: dict[str, str] = {}
        for kind, sql in ((Incident, INCIDENTS), (Message, PENDING)):
            for row in self.rows(sql):
                try:
                    self.parse(kind, row)
                except LedgerError as exc:
                    errors[row["name"]] = str(exc)
        return errors

    def incident(self, incident_id: str) -> Incident:
        rows = {row["id"]: row for row in self.rows(INCIDENTS)}
        if incident_id in rows:
            return self.parse(Incident, rows[incident_id])
        near = difflib.get_close_matches(incident_id, rows)
        hint = f"; the nearest are {', '.join(near)}" if near else ""
        raise ConfigError(f"no incident {incident_id!r}{hint}; see finops incidents list --all")

    def evaluated(self) -> dict[str, date]:
        """Rule -> the last day it really ran on."""
        rows = self.rows("select rule, day from evaluated order by rule")
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
            told = {notice.incident.id for notice in decision.notices}
            for incident in decision.incidents:
                if incident.id not in told or incident.state == "planned":
                    self._log_silent(incident, at)
                self._store(incident)
            for notice in decision.notices:
                self._log(at, notice.incident.id, notice.reason, None, notice.incident.finding.summary)
            for channel, message in deliveries:
                self.enqueue(channel, message, at)
            for rule, day in (evaluated or {}).items():
                self.execute(
                    "insert into evaluated (rule, day) values (:rule, :day)"
                    " on conflict (rule) do update set day = max(day, excluded.day)",
                    rule=rule,
                    day=day.isoformat(),
                )

    def count(self) -> None:
        """One run more than this home ever had. After `forgotten` was asked: what it says is over then."""
        self.execute("update runs_recorded set count = max(count, :seen) + 1", seen=self._seen())

    def forgotten(self) -> int:
        """Runs that this home has recorded and this file does not know: it is a copy of an earlier day."""
        (row,) = self.rows("select count from runs_recorded")
        return max(0, self._seen() - int(row["count"]))

    @contextmanager
    def answering(self) -> Iterator[None]:
        """`exclusive`, for what a restored copy would not know: counted, and what is forgotten stays so."""
        if self._con.in_transaction:
            yield
            return
        with self.exclusive():
            yield
            forgotten = self.forgotten()
            self.execute("update runs_recorded set count = count + 1")
        self.remember(forgotten)

    def remember(self, forgotten: int = 0) -> None:
        """Beside the file, so that a restored one is noticed. After what `count` wrote is on disk."""
        (row,) = self.rows("select count + :forgotten as count from runs_recorded", forgotten=forgotten)
        place = self.path.with_suffix(SEEN)
        try:
            place.with_suffix(f"{SEEN}.new").write_text(f"{row['count']}\n", encoding="ascii")
            place.with_suffix(f"{SEEN}.new").replace(place)
        except OSError as exc:
            raise LedgerError(f"{place}: {exc}; is there room, and may it be written?") from exc

    def _seen(self) -> int:
        try:
            return int(self.path.with_suffix(SEEN).read_text(encoding="ascii"))
        except (OSError, ValueError):  # a new home, or one that lost it: nothing is known to be forgotten
            return 0

    def acknowledge(self, incident_id: str, by: str, at: datetime) -> Incident:
        """Silent until its severity rises, or it resolves."""
        return self._answer(incident_id, "acknowledged", None, by, at)

    def snooze(self, incident_id: str, until: datetime, by: str, at: datetime) -> Incident:
        return self._answer(incident_id, "snoozed", until, by, at)

    def plan(self, name: str, until: datetime, by: str, at: datetime) -> tuple[Incident, ...]:
        """Expected activity of a subject or workload, or of an incident's subject; returns what it mutes now.

        What opens for it before `until` opens silently.
        """
        with self.answering():
            known = {incident.id: incident for incident in self.incidents()}
            subject = known[name].subject if name in known else name
            self.execute(
                "insert or replace into plans (name, until, by, at) values (:name, :until, :by, :at)",
                name=subject,
                until=text(until),
                by=by,
                at=text(at),
            )
            return tuple(
                self._answer(incident.id, "planned", until, by, at)
                for incident in known.values()
                if incident.state != "resolved" and subject in (incident.subject, incident.finding.workload)
            )

    def planned(self) -> tuple[Window, ...]:
        """Activity that people announced for a subject or workload, also when it is over."""
        rows = self.rows("select name, until, by from plans order by name")
        return tuple(Window.model_validate(row) for row in rows)

    def unmute(
        self, name: str, by: str, at: datetime, in_file: Sequence[Window] = ()
    ) -> tuple[tuple[Window, ...], tuple[Incident, ...]]:
        """Take back the answer to an incident, or what was announced for a subject or workload; returns the plans
        that are no more and the incidents that are open again, or planned by another plan, as `in_file`.
        """
        with self.answering():
            known = {incident.id: incident for incident in self.incidents()}
            one = known.get(name)
            plans = tuple(
                plan
                for plan in self.planned()
                if plan.name == name or (one is not None and (plan.name == one.subject or mutes(plan, one)))
            )
            muted = [
                incident
                for incident in known.values()
                if any(mutes(plan, incident) for plan in plans)
                or (incident.id == name and incident.state in ("acknowledged", "snoozed"))
            ]
            if not plans and not muted:
                raise ConfigError(_nothing_to_take_back(name, one, in_file))
            for plan in plans:
                self.execute("delete from plans where name = :name", name=plan.name)
            left = [*in_file, *self.planned()]
            unmuted = tuple(taken_back(incident, left, at) for incident in muted)
            for incident in unmuted:
                self._store(incident)
                self._log(at, incident.id, "unmuted", by, "")
            return plans, unmuted

    def judge(self, incident_id: str, verdict: Verdict, by: str, at: datetime) -> Incident:
        """What it really was, also when it is over; the latest word of each person counts."""
        with self.answering():
            incident = self.incident(incident_id)
            self.execute(
                "insert or replace into feedback (incident, verdict, by, at) values (:id, :verdict, :by, :at)",
                id=incident_id,
                verdict=verdict,
                by=by,
                at=text(at),
            )
            self._log(at, incident_id, verdict, by, "")
            return incident

    def feedback(self) -> tuple[Feedback, ...]:
        """Oldest first; of incidents that can be read."""
        known = {incident.id: incident for incident in self.incidents()}
        rows = self.rows("select incident, verdict, by, at from feedback order by at, rowid")
        return tuple(
            Feedback(
                **row,
                **known[row["incident"]].model_dump(include={"rule", "subject", "first_day", "last_day"}),
            )
            for row in rows
            if row["incident"] in known
        )

    def press(self, key: str, at: datetime) -> bool:
        """Whether this press of a button is heard for the first time. Slack repeats for minutes, not for days."""
        self.execute("delete from pressed where at < :before", before=text(at - PRESSED_KEPT))
        return bool(
            self.execute("insert or ignore into pressed (key, at) values (:key, :at)", key=key, at=text(at))
        )

    def person(self, address: str) -> Person | None:
        rows = self.rows("select id, at from people where address = :address", address=address)
        return Person.model_validate(rows[0]) if rows else None

    def meet(self, address: str, known_as: str | None, at: datetime) -> None:
        self.execute(
            "insert or replace into people (address, id, at) values (:address, :id, :at)",
            address=address,
            id=known_as,
            at=text(at),
        )

    def history(self, incident_id: str) -> tuple[Event, ...]:
        rows = self.rows("select * from history where incident = :id order by rowid", id=incident_id)
        return tuple(Event.model_validate(dict(row)) for row in rows)

    def _answer(
        self,
        incident_id: str,
        state: Literal["acknowledged", "snoozed", "planned"],
        until: datetime | None,
        by: str,
        at: datetime,
    ) -> Incident:
        with self.answering():
            before = self.incident(incident_id)
            if before.state == "resolved":
                raise ConfigError(
                    f"incident {incident_id} is resolved since {before.resolved_at}; nothing to answer"
                )
            update: dict[str, object] = {"state": state, "until": until, "by": by, "aloud": False}
            if state == "acknowledged":
                update |= heard(before, at)
            after = before.model_copy(update=update)
            self._store(after)
            self._log(at, incident_id, state, by, f"until {text(until)}" if until else "")
            return after

    def _log_silent(self, incident: Incident, at: datetime) -> None:
        """What changed without a word: planned in advance, a snooze that is over, an end that nobody heard of."""
        rows = self.rows("select state from incidents where id = :id", id=incident.id)
        if not rows or rows[0]["state"] != incident.state:
            until = f"until {text(incident.until)}" if incident.until else ""
            self._log(at, incident.id, incident.state, incident.by, until or incident.finding.summary)

    def _store(self, incident: Incident) -> None:
        self.execute(
            "insert or replace into incidents (id, rule, subject, state, value)"
            " values (:id, :rule, :subject, :state, :value)",
            id=incident.id,
            rule=incident.rule,
            subject=incident.subject,
            state=incident.state,
            value=incident.model_dump_json(),
        )

    def _log(self, at: datetime, incident: str, event: str, by: str | None, detail: str) -> None:
        self.execute(
            "insert into history (at, incident, event, by, detail)"
            " values (:at, :incident, :event, :by, :detail)",
            at=text(at),
            incident=incident,
            event=event,
            by=by,
            detail=detail,
        )


def _nothing_to_take_back(name: str, incident: Incident | None, in_file: Sequence[Window]) -> str:
    if incident is None and any(name in (window.name, window.team) for window in in_file):
        return f"{name!r} is planned in finops.toml; take that [[planned]] entry out"
    if incident is None:
        return f"no incident or plan {name!r} to take back; see finops incidents list"
    if incident.state == "planned":
        return f"incident {name} is planned in finops.toml; take that [[planned]] entry out"
    return f"incident {name} is {incident.state}; nothing to take back"
