"""What the bill says of the days for which an estimate has raised an incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb

from finops.incidents.estimates import awaits_bill, told_on
from finops.model import Billed, Incident
from finops.rules.bounded import ask
from finops.sqlfile import read

DAY = timedelta(days=1)
CENT = Decimal("0.01")


def billed(
    con: duckdb.DuckDBPyConnection,
    incidents: Sequence[Incident],
    now: datetime,
    cooldown: timedelta,
    seconds: float = 60,
) -> dict[str, Billed]:
    """By incident; one that is not there yet waits. Rolling hours began the day before they were told.
    RuleError where one takes longer than `seconds`."""
    found = {}
    for incident in incidents:
        if not awaits_bill(incident, now, cooldown):
            continue
        query = read("rules", "billed")
        day = told_on(incident)
        bound = query.bind(
            workload=incident.finding.workload or incident.subject,
            told_on=day,
            first_day=day - DAY,
            last_day=max(day, incident.last_day),
        )
        for through, usd, estimated_usd in ask(con, query.sql, bound, seconds=seconds, most=1).rows:
            found[incident.id] = Billed(through=through, usd=_cents(usd), estimated_usd=_cents(estimated_usd))
    return found


def _cents(usd: Decimal | float | None) -> Decimal | None:
    return None if usd is None else Decimal(str(usd)).quantize(CENT)
