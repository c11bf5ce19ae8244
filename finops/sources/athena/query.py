"""One workgroup of Athena: a statement in, rows or Parquet out, within a deadline and a number of dollars.

A statement is started once: a start that AWS throttles has not begun, and one whose answer is lost is repeated with
the same token, which AWS knows. A statement that is given up is stopped, because it is billed for as long as it scans.
"""

from __future__ import annotations

import logging
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from finops.aws import Aws, AwsError, explained
from finops.errors import SourceError
from finops.model import Value
from finops.sources.athena import dialect
from finops.sources.reading import Reading

NAME = r"^[A-Za-z0-9_-]+$"
PLACE = r"^s3://[a-z0-9.-]+(/.*)?$"
Name = Annotated[str, Field(pattern=NAME)]
MIB = 1 << 20
TB = 1 << 40
BILLED_AT_LEAST = 10 * MIB  # https://aws.amazon.com/athena/pricing: 10 MB a query, then by the megabyte
POLL_SECONDS = 0.5
GRACE_SECONDS = 60  # that a stopped statement gets to end
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
LOST = {  # a word of Athena's reason: what to do about it
    "Access Denied": "let the role read the table's bucket and write to `output`",
    "AccessDenied": "let the role read the table's bucket and write to `output`",
    "Insufficient permissions": "let the role read the table and its bucket (Lake Formation counts, too)",
    "HIVE_BAD_DATA": "the table's column types are not the files'; run its crawler again, or mend the table",
    "HIVE_PARTITION_SCHEMA_MISMATCH": "run the table's crawler again, so that partitions have the table's columns",
    "Query exhausted resources": "run it again; if it stays, read fewer months at once",
    "Bytes scanned limit": "raise the workgroup's limit of scanned bytes a query",
}

# Faults reach the caller as exceptions; the same fault with a traceback on stderr tells nobody more.
logging.getLogger("pyathena").addHandler(logging.NullHandler())


class Workgroup(Value):
    """Where statements run, and what they may take. `output` is needed where the workgroup names no place for
    results, or manages them itself. `max_usd_per_run` is what one sync may spend on this source; a statement that
    could cost more than what is left is not begun."""

    database: Name
    workgroup: Name = "primary"
    output: Annotated[str, Field(pattern=PLACE)] | None = None
    region: str | None = None
    role_arn: str | None = None
    catalog: Name = "AwsDataCatalog"
    deadline_minutes: Annotated[Decimal, Field(gt=0)] = Decimal(30)
    result_reuse_minutes: Annotated[int, Field(ge=0, le=10_080)] = 0
    max_usd_per_run: Annotated[Decimal, Field(gt=0)] = Decimal(5)
    usd_per_tb: Annotated[Decimal, Field(ge=0)] = Decimal(5)

    def price(self, scanned_bytes: int) -> Decimal:
        billed = max(BILLED_AT_LEAST, -(-scanned_bytes // MIB) * MIB)
        return self.usd_per_tb * billed / TB


class Place(NamedTuple):
    bucket: str
    prefix: str  # ends in / unless it is the bucket itself

    @classmethod
    def of(cls, url: str) -> Place:
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return cls(bucket, prefix.rstrip("/") + "/" if prefix.strip("/") else "")

    def below(self, name: str) -> Place:
        return Place(self.bucket, f"{self.prefix}{name}/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass
class Services:
    """The clients that one source speaks through: its region, its role."""

    aws: Aws
    region: str | None
    role_arn: str | None

    def client(self, service: str, region_name: str | None = None, **_: Any) -> Any:
        """As a boto3 session's, which PyAthena asks for its clients; ours are shared and counted."""
        return self.aws.client(service, region_name or self.region, role_arn=self.role_arn)

    def objects(self, place: Place, more: str = "") -> list[dict[str, Any]]:
        with explained(f"s3:ListBucket of {place}{more}"):
            pages = self.client("s3").get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=place.bucket, Prefix=place.prefix + more)
            return [item for page in found for item in page.get("Contents", [])]


class Engine:
    """`what` names the source in messages and in what is charged."""

    def __init__(self, settings: Workgroup, reading: Reading, what: str) -> None:
        self.settings = settings
        self.what = what
        self.reading = reading
        self.services = Services(reading.aws, settings.region, settings.role_arn)
        self.untidy = False  # what is written stays where it may not be removed
        with explained(f"athena:GetWorkGroup of {settings.workgroup}"):
            group = self.services.client("athena").get_work_group(WorkGroup=settings.workgroup)
        configured = group["WorkGroup"].get("Configuration", {})
        own = configured.get("ResultConfiguration", {}).get("OutputLocation")
        self.managed = bool(configured.get("ManagedQueryResultsConfiguration", {}).get("Enabled"))
        self.result_place = None if own or self.managed else settings.output
        chosen = settings.output or own
        if not chosen:
            raise SourceError(
                f"{what}: workgroup {settings.workgroup} names no place for results; set "
                '`output = "s3://bucket/prefix/"` in [[sources]]'
            )
        self.root = Place.of(chosen)

    @property
    def left_usd(self) -> Decimal:
        spent = self.reading.aws.charges.get(self.what, Decimal(0))
        return self.settings.max_usd_per_run - spent

    def rows(self, sql: str, *, at_most: int | None = None, reuse: bool = False) -> list[tuple[Any, ...]]:
        """`reuse`: an earlier result may answer, for as long as the settings say."""
        minutes = self.settings.result_reuse_minutes if reuse else 0
        with self._run(sql, at_most, minutes) as cursor:
            rows = [tuple(row) for row in cursor.fetchall()]
            if not minutes:
                self._remove(self._results(cursor))
        return rows

    def parquet(self, select: str, directory: Path, *, at_most: int | None = None) -> list[str]:
        """The rows as Parquet files in `directory`; none where there are no rows."""
        place = self.root.below(f"finops/{uuid.uuid4().hex}")
        try:
            with self._run(dialect.unload(select, str(place)), at_most, 0) as cursor:
                results = self._results(cursor)
            found = self.services.objects(place)
            files = [self._fetch(place, item, directory) for item in found]
        except BaseException:  # an interrupt too: Athena leaves what a failed statement had written
            self._remove([(place, "")])
            raise
        self._remove([(place, ""), *results])
        return files

    @contextmanager
    def _run(self, sql: str, at_most: int | None, reuse_minutes: int) -> Iterator[Any]:
        self._afford(at_most)
        watch = Watch(self)
        try:
            with _explained(self.what, watch):
                watch.execute(sql, reuse_minutes)
                yield watch.cursor
        except (
            BaseException
        ):  # an interrupt too: what runs at AWS goes on, and is paid for, until it is stopped
            watch.give_up()
            raise
        finally:
            self._charge(watch)

    def _afford(self, at_most: int | None) -> None:
        estimate = self.settings.price(at_most or 0)
        if at_most is not None:
            self.reading.say(f"{self.what}: at most {_size(at_most)} to scan, ${estimate:.4f}")
        if estimate > self.left_usd:
            size = _size(at_most) if at_most is not None else "an unknown number of bytes"
            raise AwsError(
                f"{self.what}: a statement over {size} may cost ${estimate:.4f}, and ${max(self.left_usd, 0):.4f} of "
                f"`max_usd_per_run` = {self.settings.max_usd_per_run} is left; raise it in [[sources]], or let the "
                "next sync go on from here",
                "SpendCap",
            )

    def _charge(self, watch: Watch) -> None:
        if watch.seen is None or watch.seen.state == "FAILED":  # AWS bills no failed statement
            return
        scanned = watch.seen.data_scanned_in_bytes or 0
        usd = Decimal(0) if watch.seen.reused_previous_result else self.settings.price(scanned)
        self.reading.aws.charge(self.what, usd)
        self.reading.say(f"{self.what}: scanned {_size(scanned)}, ${usd:.4f} (query {watch.seen.query_id})")

    def _fetch(self, place: Place, item: dict[str, Any], directory: Path) -> str:
        target = directory / item["Key"].rpartition("/")[2]
        with explained(f"s3:GetObject of s3://{place.bucket}/{item['Key']}"):
            body = self.services.client("s3").get_object(Bucket=place.bucket, Key=item["Key"])["Body"]
            with open(target, "wb") as file:
                shutil.copyfileobj(body, file, MIB)
        return str(target)

    def _results(self, cursor: Any) -> list[tuple[Place, str]]:
        """What a statement leaves where the workgroup keeps results: all begin with its id."""
        if self.managed or not cursor.output_location:
            return []
        return [(Place.of(cursor.output_location.rpartition("/")[0]), cursor.query_id)]

    def _remove(self, places: list[tuple[Place, str]]) -> None:
        """Remove what our statements wrote. To be refused is no fault: a lifecycle rule may do it as well."""
        s3 = self.services.client("s3")
        try:
            for place, start in places:
                for item in [] if self.untidy else self.services.objects(place, start):
                    with explained(f"s3:DeleteObject of s3://{place.bucket}/{item['Key']}"):
                        s3.delete_object(Bucket=place.bucket, Key=item["Key"])
        except AwsError as exc:
            self.untidy = True
            self.reading.say(f"{self.what}: query results stay at {self.root}: {exc}")


class Watch:
    """One statement while it runs: stops it at the deadline, and when it scans more than may be spent."""

    def __init__(self, engine: Engine) -> None:
        from pyathena import connect  # a third of a second, which commands that never ask Athena do not pay
        from pyathena.util import RetryConfig

        settings = engine.settings
        self.engine = engine
        self.seen: Any = None
        self.stopped = ""
        self.connection = connect(
            session=engine.services,  # it asks a session for nothing but clients
            region_name=engine.services.client("athena").meta.region_name,
            work_group=settings.workgroup,
            s3_staging_dir=engine.result_place or "",
            schema_name=settings.database,
            catalog_name=settings.catalog,
            poll_interval=POLL_SECONDS,
            retry_config=RetryConfig(attempt=1),  # botocore's retries are ours already
            on_poll=self.look,
        )
        self.cursor = self.connection.cursor()
        self.deadline = time.monotonic() + float(settings.deadline_minutes) * 60

    def execute(self, sql: str, reuse_minutes: int) -> None:
        self.cursor.execute(
            sql, result_reuse_enable=reuse_minutes > 0, result_reuse_minutes=reuse_minutes or None
        )

    def give_up(self) -> None:
        """Stop a statement that nobody waits for any more: what it scans is billed."""
        if self.seen is not None and self.seen.state not in ENDED:
            with suppress(Exception):  # what made us give up is the news
                self.cursor.cancel()

    def look(self, execution: Any) -> None:
        self.seen = execution
        if execution.state in ENDED:
            return
        now = time.monotonic()
        if self.stopped and now > self.deadline + GRACE_SECONDS:
            raise AwsError(
                f"{self.engine.what}: query {execution.query_id} {self.stopped} and does not stop; look at it in the "
                "Athena console",
                "Endless",
            )
        reason = self._reason(execution, now)
        if reason and not self.stopped:
            self.stopped, self.deadline = reason, now
            self.cursor.cancel()

    def _reason(self, execution: Any, now: float) -> str:
        settings = self.engine.settings
        if now > self.deadline:
            return f"took longer than `deadline_minutes` = {settings.deadline_minutes}"
        scanned = execution.data_scanned_in_bytes or 0
        if scanned and settings.price(scanned) > self.engine.left_usd:
            return (
                f"scanned {_size(scanned)}, more than `max_usd_per_run` = {settings.max_usd_per_run} has left"
            )
        return ""


@contextmanager
def _explained(what: str, watch: Watch) -> Iterator[None]:
    """PyAthena's faults: AWS's own behind them, or the end of a statement in AWS's words."""
    from botocore.exceptions import BotoCoreError, ClientError
    from pyathena.error import Error

    try:
        with explained(f"{what}: a query in workgroup {watch.engine.settings.workgroup}"):
            try:
                yield
            except Error as exc:
                if isinstance(exc.__cause__, ClientError | BotoCoreError):
                    raise exc.__cause__ from exc
                raise
    except Error as exc:
        state = watch.seen.state if watch.seen else "not started"
        query = watch.seen.query_id if watch.seen else ""
        if watch.stopped:
            raise AwsError(
                f"{what}: query {query} {watch.stopped} and was stopped; raise the limit, or ask for fewer `months`",
                "Stopped",
            ) from exc
        said = str(exc).rstrip(".")
        fix = next(
            (fix for word, fix in LOST.items() if word in said), "look at it in the Athena console's history"
        )
        raise AwsError(f"{what}: query {query} {state}: {said}; {fix}", str(state)) from exc


def _size(count: int) -> str:
    for unit, size in (("TB", TB), ("GB", 1 << 30)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / MIB:.1f} MB"
