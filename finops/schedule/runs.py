"""What `finops serve` did and when, in a file of its own: a history that is lost costs no incident.

Only one service writes a home. A run that has no end when the next one begins was interrupted: nothing
else ends without a word.
"""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from finops.database import Database, text
from finops.errors import LedgerError
from finops.model import Value
from finops.sqlfile import QUERIES

FILE = "runs.sqlite"  # in the home directory
VERSION = 1

Outcome = Literal["ok", "findings", "failed", "hung", "skipped", "interrupted"]
GOOD: tuple[Outcome, ...] = ("ok", "findings")  # `findings`: it did its work, and found something

MARKED = ("good", "tried", "last")
LATEST = """select job, max(id) filter (where outcome in ('ok', 'findings')) as good,
                max(id) filter (where outcome in ('ok', 'findings', 'failed', 'hung')) as tried,
                max(id) filter (where ended_at is not null) as last
            from runs group by job"""
MISSED = """with good as (select job, max(id) as id from runs where outcome in ('ok', 'findings') group by job)
            select r.job, r.outcome, count(*) as runs from runs as r left join good as g using (job)
            where r.id > coalesce(g.id, 0) and r.ended_at is not null group by r.job, r.outcome"""


class Ended(Value):
    """How a run ended. `did`: what it did, by name; `error`: why it is not good."""

    outcome: Outcome
    did: dict[str, Any] = {}
    aws_requests: int = 0
    aws_usd: Decimal = Decimal(0)
    error: str | None = None


class Run(Value):
    """`outcome` is None while it runs."""

    id: int
    job: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    did: dict[str, Any] = {}
    aws_requests: int = 0
    aws_usd: Decimal = Decimal(0)
    error: str | None = None


class History(Value):
    """Of one job. `tried`: the last that came to an end of its own; `missed`: outcome -> how many since `good`."""

    good: Run | None = None
    tried: Run | None = None
    last: Run | None = None
    missed: dict[str, int] = {}


class Past(Value):
    """`born`: when the first run on record began."""

    born: datetime | None = None
    jobs: dict[str, History] = {}

    def of(self, job: str) -> History:
        return self.jobs.get(job, History())


class Runs(Database):
    """Open for one thread."""

    def begin(self, job: str, at: datetime) -> int:
        """What is still open was interrupted: one service runs one job at a time."""
        self.interrupt(at)
        self.rows("insert into runs (job, started_at) values (:job, :at)", job=job, at=text(at))
        return int(self.rows("select last_insert_rowid() as id")[0]["id"])

    def end(self, run: int, at: datetime, ended: Ended) -> None:
        self.rows(
            "update runs set ended_at = :at, outcome = :outcome, did = :did, aws_requests = :requests,"
            " aws_usd = :usd, error = :error where id = :run",
            run=run,
            at=text(at),
            outcome=ended.outcome,
            did=json.dumps(ended.did, default=str),
            requests=ended.aws_requests,
            usd=str(ended.aws_usd),
            error=ended.error,
        )

    def interrupt(self, at: datetime) -> int:
        """Give every run without an end one. Returns how many there were."""
        torn = self.rows(
            "update runs set ended_at = max(started_at, :at), outcome = 'interrupted',"
            " error = 'finops was stopped while it ran' where ended_at is null returning id",
            at=text(at),
        )
        return len(torn)

    def past(self) -> Past:
        """What decides when each job is due."""
        born = self.rows("select min(started_at) as born from runs")[0]["born"]
        latest = self.rows(LATEST)
        ids = {row[name] for row in latest for name in MARKED}
        chosen = self.rows(
            "select * from runs where id in (select value from json_each(:ids))", ids=json.dumps(list(ids))
        )
        runs = {row["id"]: _run(row) for row in chosen}
        missed: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self.rows(MISSED):
            missed[row["job"]][row["outcome"]] = row["runs"]
        jobs = {
            row["job"]: History(missed=missed[row["job"]], **{name: runs.get(row[name]) for name in MARKED})
            for row in latest
        }
        return Past(born=born, jobs=jobs)

    def recent(self, limit: int) -> tuple[Run, ...]:
        """The latest first."""
        return tuple(map(_run, self.rows("select * from runs order by id desc limit :limit", limit=limit)))

    def forget(self, before: datetime) -> int:
        """Drop what ended before; the last good run of each job stays, for it says when the next is due."""
        gone = self.rows(
            "delete from runs where ended_at < :before and id not in"
            " (select max(id) from runs where outcome in ('ok', 'findings') group by job) returning id",
            before=text(before),
        )
        self.execute("vacuum")
        return len(gone)

    def _migrate(self) -> None:
        if self._version() == VERSION:  # who only reads waits for no writer
            return
        with self.exclusive():
            version = self._version()
            for step in range(version + 1, VERSION + 1):
                schema = (QUERIES / "runs" / f"{step}.sql").read_text(encoding="utf-8")
                for statement in filter(str.strip, schema.split(";\n")):
                    self.execute(statement)
                self.execute(f"pragma user_version = {step}")
        if version > VERSION:
            raise LedgerError(
                f"{self.path}: written by a newer finops (schema {version}, this one knows {VERSION});"
                " upgrade finops, or move the file away: it is a history only"
            )

    def _version(self) -> int:
        return int(self.rows("pragma user_version")[0]["user_version"])


def _run(row: dict[str, Any]) -> Run:
    return Run.model_validate(row | {"did": json.loads(row["did"])})
