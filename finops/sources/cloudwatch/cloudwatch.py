"""CloudWatch asked by account and region of [aws]: hourly sums of what the views need, a delivery a UTC day.

A day is asked for until every place has answered it to its end; what did not answer keeps the rows that it had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import ClassVar, Literal, get_args

import duckdb
from pydantic import Field, PrivateAttr

from finops import sqlfile
from finops.model import Delivery, Stored, Value
from finops.sources.cloudwatch.collection import Round
from finops.sources.cloudwatch.days import Day, Outcome, Place, closed_hour, knows, lacks_since, plan
from finops.sources.cloudwatch.series import Namespace
from finops.sources.reading import Reading

INCOMPLETE, SINCE = " incomplete", " since "  # of a signature


class CloudWatch(Value):
    """Asks AWS for `datapoints`, within its limits; it bills $0.01 for 1,000 metrics. A first sync reaches
    `backfill_days` back; an hour counts once it was over `quiet_minutes` ago. Of Lambda's functions, those that
    bear a tag are asked for, and those whose names match `functions`."""

    kind: Literal["cloudwatch"] = "cloudwatch"
    namespaces: tuple[Namespace, ...] = Field(get_args(Namespace), min_length=1)
    backfill_days: int = Field(14, ge=0, le=455)
    quiet_minutes: int = Field(15, ge=0, le=720)
    functions: tuple[str, ...] = ()
    tables: ClassVar[tuple[str, ...]] = ("datapoints", "collections")
    _round: Round | None = PrivateAttr(None)

    @property
    def name(self) -> str:
        return self.kind

    def deliveries(self, reading: Reading) -> list[Delivery]:
        """A day whose every answer is held has its held signature. Who refused one is tried, nothing else asked."""
        targets = reading.aws.targets()
        places = frozenset(Place(*target, name) for target in targets for name in self.namespaces)
        stored = self._stored(reading)
        held = _held(reading, stored)
        end = closed_hour(reading.now, timedelta(minutes=self.quiet_minutes))
        asking = Round(reading=reading, functions=self.functions, places=places, held=held)
        backfill = timedelta(days=self.backfill_days)
        asking.plan(plan(held, places, reading.now, end, backfill, _lacking(stored)))
        self._round = asking
        return [self._delivery(day, stored.get(day.day)) for day in asking.days.values()]

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        """The day as far as it is known now. AwsError where everybody is asked and nobody answers."""
        if self._round is None or self._round.reading is not reading:
            self.deliveries(reading)
        assert self._round is not None
        day = self._round.days[date.fromisoformat(delivery.partition)]
        file, answered = self._round.answers(day.day)
        before = reading.before(delivery, "datapoints")
        _fill(con, day.day, file, before, answered)
        file.unlink()
        known = self._round.held.get(day.day, {})
        outcomes = {**known, **answered}
        _note(con, outcomes | _unseen(con, outcomes))
        if not day.asked:
            return delivery
        since = lacks_since(
            _lacking(self._stored(reading)).get(day.day), known, outcomes, reading.now.astimezone(UTC).date()
        )
        return delivery.model_copy(update={"signature": _signature(day, outcomes, since)})

    def _stored(self, reading: Reading) -> dict[date, Stored]:
        return {
            date.fromisoformat(stored.delivery.partition): stored
            for stored in reading.held.values()
            if stored.delivery.source == self.name
        }

    def _delivery(self, day: Day, stored: Stored | None) -> Delivery:
        asks = f"to ask through {day.until}"
        return Delivery(
            source=self.name,
            kind=self.kind,
            partition=day.day.isoformat(),
            signature=asks if stored is None or day.asked else stored.delivery.signature,
            files=(),
            origin=f"CloudWatch on {day.day}",
        )


def _signature(day: Day, outcomes: Mapping[Place, Outcome], since: date | None) -> str:
    complete = all(knows(outcomes.get(place), day.until) for place in day.asked)
    if day.until.date() == day.day:
        return f"through {day.until:%H:%M}" + ("" if complete else INCOMPLETE)
    return "closed" + (f"{INCOMPLETE}{SINCE}{since}" if since else "" if complete else INCOMPLETE)


def _lacking(stored: Mapping[date, Stored]) -> dict[date, date]:
    """Days that are over and known in part, and since when."""
    told = {day: one.delivery.signature.partition(SINCE)[2] for day, one in stored.items()}
    return {day: date.fromisoformat(since) for day, since in told.items() if since}


def _held(reading: Reading, stored: Mapping[date, Stored]) -> dict[date, dict[Place, Outcome]]:
    """How every day that the ledger holds was answered."""
    if not stored:
        return {}
    days = {str(reading.home / "ledger" / one.tables["collections"]): day for day, one in stored.items()}
    query = sqlfile.read("sources", "cloudwatch", "held")
    held: dict[date, dict[Place, Outcome]] = {day: {} for day in stored}
    with duckdb.connect() as con:
        for file, account, region, subject, *answer in con.execute(
            query.sql, query.bind(files=list(days))
        ).fetchall():
            held[days[file]][Place(account, region, subject)] = Outcome(*answer)
    return held


def _fill(
    con: duckdb.DuckDBPyConnection,
    day: date,
    file: Path,
    before: Path | None,
    answered: Mapping[Place, Outcome],
) -> None:
    """Rows of who answered; and of who did not, and of series that stayed unknown, those that were held."""
    told = [place._asdict() for place, one in answered.items() if one.status in ("complete", "partial")]
    con.execute(sqlfile.read("ledger", "datapoints").sql)
    for name in ("answers", "told", "datapoints", *(("kept",) if before else ())):
        query = sqlfile.read("sources", "cloudwatch", name)
        values = {"day": day, "file": str(file), "told": json.dumps(told), "before": str(before)}
        con.execute(query.sql, query.bind(**{name: values[name] for name in query.names})).fetchall()


def _unseen(con: duckdb.DuckDBPyConnection, outcomes: Mapping[Place, Outcome]) -> dict[Place, Outcome]:
    """The account's own total, published without a ModelId, against the series that we know."""
    found = {}
    for account, region, calls, tokens in con.execute(
        sqlfile.read("sources", "cloudwatch", "unseen").sql
    ).fetchall():
        place = Place(account, region, "AWS/Bedrock")
        if place in outcomes and outcomes[place].status == "complete":
            word = f"{calls:,} invocations and {tokens:,} tokens of the account's total are in no series that we know"
            found[place] = outcomes[place]._replace(detail=word)
    return found


def _note(con: duckdb.DuckDBPyConnection, outcomes: Mapping[Place, Outcome]) -> None:
    rows = [
        {
            "account_id": place.account_id,
            "region": place.region,
            "subject": place.namespace,
            "collected_through": outcome.through and outcome.through.isoformat(),
            "status": outcome.status,
            "detail": outcome.detail,
        }
        for place, outcome in sorted(outcomes.items())
    ]
    con.execute(sqlfile.read("ledger", "collections").sql)
    fill = sqlfile.read("sources", "cloudwatch", "collections")
    con.execute(fill.sql, fill.bind(rows=json.dumps(rows))).fetchall()
