"""What the inventory knows, one value a row of the ledger, whether AWS was asked or its answers were saved."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal

import duckdb
from pydantic import AfterValidator, AwareDatetime, Field

from finops import sqlfile
from finops.model import Value

Arn = Annotated[str, Field(pattern=r"^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$")]
Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC).replace(tzinfo=None))]
Status = Literal["complete", "partial", "refused", "failed", "absent"]


class Resource(Value):
    """What one answer says about one resource; None where it does not say."""

    arn: str
    name: str | None = None
    tags: dict[str, str] | None = None
    model_id: str | None = None
    role_arn: str | None = None

    def told(self, more: Resource) -> Resource:
        """With what another answer says of it, which wins where it says anything."""
        return self.model_copy(update=more.model_dump(exclude_none=True))


class Commitment(Value):
    arn: str
    name: str
    model_id: str
    units: int
    status: str
    term: str | None
    created_at: datetime
    expires_at: datetime | None


class Account(Value):
    account_id: str
    account_name: str | None


class Asked(Value):
    """One question to one account and region, by the name that IAM has for it, and how it was answered."""

    account_id: str
    region: str
    subject: str
    collected_through: datetime | None
    status: Status
    detail: str | None = None


def merged(resources: Iterable[Resource]) -> dict[str, Resource]:
    """One a resource; where two answers differ, the later wins."""
    found: dict[str, Resource] = {}
    for resource in resources:
        found[resource.arn] = found.get(resource.arn, resource).told(resource)
    return found


def fill(con: duckdb.DuckDBPyConnection, table: str, day: str | None, rows: Iterable[Value]) -> None:
    """Make `table` of the ledger, with these rows. `day` is the snapshot's, None where it bears no date."""
    insert = sqlfile.read("sources", "inventory", table)
    con.execute(sqlfile.read("ledger", table).sql)
    text = json.dumps([row.model_dump(mode="json") for row in rows])
    values = {"rows": text, "snapshot_day": day}
    con.execute(insert.sql, insert.bind(**{name: values[name] for name in insert.names})).fetchall()
