"""The invocation log's statement on Trino: the table's part in our names, and what is added up over it."""

from __future__ import annotations

from datetime import date

import estate
from trino_engine import TrinoEngine
from trino_server import METASTORE

from finops.sources.athena import dialect
from finops.sources.athena.dialect import Table
from finops.sources.athena.records import records

BY_DAY = dict.fromkeys(("year", "month", "day"), "string")
LOG = Table(database="billing", name="invocations", columns=estate.LOG, partitions=BY_DAY)
INPUT = "row(inputtokencount bigint, cachereadinputtokencount bigint, cachewriteinputtokencount bigint)"
MADE = f"""
create table "billing"."invocations" with (format = 'PARQUET', partitioned_by = array['year', 'month', 'day']) as
select 'ModelInvocationLog' as schematype, at as "timestamp", '111122223333' as accountid, 'us-east-1' as region,
    id as requestid, 'Converse' as operation, 'a.b' as modelid, cast(null as varchar) as errorcode,
    map(array['Work-load', 'trace'], array['it''s "odd" ✓', 'x']) as requestmetadata,
    cast(row('arn:aws:sts::111122223333:assumed-role/Chat/' || session) as row(arn varchar)) as identity,
    cast(row('standard') as row(latency varchar)) as performanceconfig,
    cast(row(fresh, 0, 0) as {INPUT}) as input, cast(row(150) as row(outputtokencount bigint)) as output,
    '2026' as year, '11' as month, '19' as day
from (values
    ('1', '2026-11-19T12:00:00Z', 'a', 25), ('2', '2026-11-19T12:30:00.123Z', 'b', 5000),
    ('2', '2026-11-19T12:30:00.123Z', 'b', 5000), ('3', '2026-11-19T12:59:59Z', 'b', 0),
    ('4', '2026-11-19T12:00:00+02:00', 'b', 1), (null, 'nonsenseZ', 'b', 1)
) as log (id, at, session, fresh)
"""


def test_calls_are_added_up_as_the_ledger_has_them(engine: TrinoEngine) -> None:
    engine.trino.run(f"create schema if not exists \"billing\" with (location = '{METASTORE}billing/')")
    engine.trino.run('drop table if exists "billing"."invocations"')
    engine.trino.run(MADE)
    relation = records(LOG, date(2026, 11, 19), wanted=("workload",))
    answer = engine.trino.run(dialect.render("calls", records=relation))
    rows = [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
    faults = sorted((row["fault"], row["calls"]) for row in rows if row["fault"])
    assert faults == [("delivered again", 1), ("without a time in UTC", 2)]
    (calls,) = (row for row in rows if not row["fault"])
    assert (calls["principal"], calls["metadata"]) == (
        "arn:aws:iam::111122223333:role/Chat",
        '{"Work-load":"it\'s \\"odd\\" ✓"}',
    )
    assert (calls["calls"], calls["sessions"], calls["max_calls_per_session"], calls["input_tokens"]) == (
        3,
        2,
        2,
        5025,
    )
    assert {int(size): count for size, count in dict(calls["input_sizes"]).items()} == {0: 1, 67: 1, 176: 1}
