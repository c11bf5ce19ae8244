"""A person's SQL reads the ledger and does nothing else, whatever it says."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops.errors import QueryError
from finops.sandbox import child, parent
from finops.sandbox.child import Gate, Refused
from finops.sandbox.parent import Limits


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file behind its symlink: one table, two views."""
    home = tmp_path_factory.mktemp("home")
    published = home / "finops-000001.duckdb"
    with duckdb.connect(str(published)) as con:
        con.execute(
            """create table lines as select
            '2026-10' as billing_period, date '2026-10-01' + range::int as day,
            ['search', 'chat'][1 + range % 2] as workload, (range / 3)::decimal(24, 12) as net_usd,
            map {'Team': 'it''s'} as tags from range(1000)"""
        )
        con.execute("create view attributed as from lines")
        con.execute(
            "create view spend_daily as select day, workload, sum(net_usd) as usd from lines group by all"
        )
        con.execute("comment on view spend_daily is 'Spend by day: day x workload'")
    (home / "secret.csv").write_text("password\nhunter2\n")
    link = home / "finops.duckdb"
    link.symlink_to(published.name)
    return link


@pytest.fixture(scope="module")
def walled(ledger: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The child's own connection, before which the gate stands."""
    own = ledger.with_name("walled.duckdb")
    shutil.copyfile(ledger, own)
    with child.connect(str(own), memory_mb=1024, pipe=9) as con:
        yield con


ASKED = [
    "from attributed",
    "FROM Attributed;",
    "select * from main.attributed",
    'select * from "spend_daily" -- the last word',
    "/* a comment */ select 1",
    "values (1, 'a')",
    "table spend_daily",
    "with a as (from attributed), b as (from a) select count(*) from b",
    "with a as materialized (select 1) from a union all from a",
    "with recursive n as (select 1 as i union all select i + 1 from n where i < 3) from n",
    "select (with x as (select 1 as i) select max(i) from x), (select count(*) from lines)",
    "select * from range(3), generate_series(1, 2), unnest([1, 2]) as u(i)",
    "select unnest(tags), list_transform([1, 2], lambda x: x + 1) from attributed",
    "from attributed a, lateral (select a.net_usd * 2 as twice)",
    "select *, row_number() over (partition by workload order by day) as nth from attributed qualify nth = 1",
    "from (pivot attributed on workload in ('search', 'chat') using sum(net_usd))",
    "from (unpivot (select 1 as a, 2 as b) on a, b)",
    "from attributed using sample 10",
    "from spend_daily where exists (from attributed where workload = 'chat')",
    "describe attributed",
    "show attributed",
    "summarize spend_daily",
    "show tables",
]


@pytest.mark.parametrize("sql", ASKED)
def test_any_question_passes(walled: duckdb.DuckDBPyConnection, sql: str) -> None:
    Gate(walled).check(sql)


ATTEMPTS = [
    # not a SELECT
    "",
    "-- nothing",
    "select 1; select 2",
    "select 1; drop table lines",
    "select 1 /* ; */; attach 'x.duckdb'",
    "attach 'other.duckdb' as o",
    "attach ':memory:' as o",
    "detach finops",
    "use memory",
    "copy lines to 'out.csv'",
    "copy (select 1) to '/dev/stdout'",
    "copy lines from 'secret.csv'",
    "export database 'out'",
    "import database 'out'",
    "insert into lines default values",
    "update lines set net_usd = 0",
    "delete from lines",
    "truncate lines",
    "merge into lines using lines as o on false when not matched then insert",
    "create table t as select 1",
    "create temp table t as select 1",
    "create view v as select 1",
    "create macro m() as 1",
    "create secret s (type s3)",
    "drop view attributed",
    "alter table lines add column x int",
    "comment on view attributed is 'x'",
    "install httpfs",
    "load httpfs",
    "load '/tmp/x.duckdb_extension'",
    "set memory_limit = '100GB'",
    "set enable_external_access = true",
    "set variable x = 1",
    "reset memory_limit",
    "pragma database_list",
    "pragma table_info('lines')",
    "pragma enable_profiling",
    "call pragma_version()",
    "call enable_logging(storage = 'file', storage_path = '/tmp/l')",
    "explain select 1",
    "explain analyze select 1",
    "pivot lines on workload using sum(net_usd)",
    "prepare p as select 1",
    "execute p",
    "checkpoint",
    "force checkpoint",
    "vacuum",
    "analyze",
    "begin",
    "select $secret",
    # the world outside the file
    "select * from 'secret.csv'",
    "from 'https://example.com/x.parquet'",
    'from "secret.csv"',
    "from read_csv('secret.csv')",
    "from READ_CSV_AUTO('secret.csv')",
    "from \"read_csv\"('secret.csv')",
    "from read_text('/etc/passwd')",
    "from read_blob('/etc/passwd')",
    "from read_json('/etc/passwd')",
    "from read_parquet('x.parquet')",
    "from parquet_metadata('x.parquet')",
    "from sniff_csv('secret.csv')",
    "from glob('/*')",
    "select 1 from lines where exists (from read_text('/etc/passwd'))",
    "select (select content from read_text('/etc/passwd'))",
    "with x as (from read_text('/etc/passwd')) from x",
    "from lines join glob('*') on true",
    "from lines, lateral (from read_text(workload))",
    "from range(1) union all select 1 from glob('*')",
    "from (pivot read_csv('secret.csv') on password in ('a') using count(*))",
    "describe select * from read_csv('secret.csv')",
    "describe 'secret.csv'",
    "summarize 'secret.csv'",
    "/* select */ from/**/read_text('/etc/passwd')",
    # DuckDB's own inside, and ours
    "from duckdb_settings()",
    "from duckdb_databases()",
    "from duckdb_secrets()",
    "from duckdb_logs()",
    "from pragma_database_list()",
    "from information_schema.tables",
    "from pg_catalog.pg_tables",
    "from sqlite_master",
    "from duckdb_tables",
    "show databases",
    "from system.main.duckdb_views",
    "from scratch.answer",
    "from temp.main.answer",
    "from query('select 1')",
    "from query_table('sqlite_master')",
    "from json_execute_serialized_sql('{}')",
    "from which_secret('x', 's3')",
    "from duckdb_functions()",
    "from sqlite_scan('x', 'y')",
    "from python_variable",
    # a CTE's name is good only where the CTE is
    "with sqlite_master as (from sqlite_master) from sqlite_master",
    "from (with sqlite_master as (select 1) from sqlite_master), sqlite_master",
    "with a as (from b), b as (select 1) from a",
    "with a as (select 1) from main.a",
    "with recursive sqlite_master as (from sqlite_master union all from sqlite_master) from sqlite_master",
    "with gone as (delete from lines returning *) from gone",
    "with gone as (insert into lines from lines returning *) from gone",
    "with gone as (update lines set net_usd = 0 returning *) from gone",
]


@pytest.mark.parametrize("sql", ATTEMPTS)
def test_any_attempt_is_refused(walled: duckdb.DuckDBPyConnection, sql: str) -> None:
    python_variable = duckdb.sql("select 1")
    assert python_variable
    with pytest.raises((Refused, duckdb.Error)):
        Gate(walled).check(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "attach 'other.duckdb' as o",
        "copy lines to 'out.csv'",
        "copy (select 1) to '/dev/stdout'",
        "export database 'out'",
        "delete from lines",
        "create table t as select 1",
        "drop view attributed",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "set allowed_paths = ['/etc/passwd']",
        "reset lock_configuration",
        "from 'secret.csv'",
        "from read_text('/etc/passwd')",
        "from glob('/*')",
        "from read_csv('https://example.com/x.csv')",
        "from python_variable",
    ],
)
def test_behind_the_gate_stands_a_wall(walled: duckdb.DuckDBPyConnection, sql: str) -> None:
    python_variable = duckdb.sql("select 1")
    assert python_variable
    with pytest.raises(duckdb.Error):
        walled.execute(sql)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        pytest.param(
            "delete from lines", "only one SELECT statement is run here, and this is DELETE", id="kind"
        ),
        pytest.param("select 1; select 2", "and this is SELECT, SELECT", id="two statements"),
        pytest.param("", "and this is empty", id="nothing"),
        pytest.param(
            "from spend_dialy",
            "no view spend_dialy; did you mean spend_daily? Its views: attributed, spend_daily",
            id="nearest view",
        ),
        pytest.param(
            "from glob('*')", "glob is not allowed here; only generate_series, range", id="function"
        ),
        pytest.param("select $day", "the parameter $day has no value here", id="parameter"),
        pytest.param("select teem from spend_daily", 'Referenced column "teem" not found', id="column"),
        pytest.param("select day\nfrom spend_daily group day", "LINE 2: ", id="a place in the text"),
        pytest.param("select error('no' || chr(10) || 'way')", "no\nway", id="error()"),
        pytest.param("select repeat('a', 2000000000)", "more than its 1024 MB", id="one large string"),
        pytest.param("select range(3000000000)", "more than its 1024 MB", id="one large list"),
        pytest.param("select string_agg(repeat('a', 1000000)) from range(100000)", "1024 MB", id="aggregate"),
        pytest.param(
            "select list(a.range) from range(100000) a, range(100000) b", "1024 MB", id="large state"
        ),
    ],
)
def test_what_fails_says_why(ledger: Path, sql: str, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parent.run(ledger, sql, Limits(memory_mb=1024))
    assert says in f"{caught.value}\n"


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("from range(1e6::int) a, range(1e6::int) b where a.range + b.range < 0", id="join"),
        pytest.param("select lpad('a', 2000000000, 'b')", id="deaf to interrupts"),
        pytest.param(
            "with recursive n as (select 1 as i union all select i + 1 from n) select max(i) from n",
            id="endless recursion",
        ),
    ],
)
def test_what_takes_too_long_is_killed(ledger: Path, sql: str) -> None:
    with pytest.raises(QueryError, match=r"stopped after 0\.5 s"):
        parent.run(ledger, sql, Limits(memory_mb=1024, seconds=0.5))


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select " + "(" * 100_000 + "1" + ")" * 100_000, id="parentheses"),
        pytest.param("select " + "+".join("1" * 3000), id="a long sum"),
    ],
)
def test_nesting_ends_only_the_child(ledger: Path, sql: str) -> None:
    with pytest.raises(QueryError):
        parent.run(ledger, sql)


def test_a_reader_may_take_longer_than_the_query(ledger: Path) -> None:
    class Pager(io.BytesIO):
        def writelines(self, chunks: Iterable[bytes], /) -> None:
            for chunk in chunks:
                threading.Event().wait(0.12)
                self.write(chunk)

    pager = Pager()
    parent.write(ledger, "select repeat('a', 1000) from range(1200)", pager, "csv", Limits(seconds=0.5))
    assert pager.getvalue().count(b"\n") == 1201


def test_no_environment_reaches_the_child(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    with pytest.raises(QueryError):
        parent.run(ledger, "select getenv('AWS_SECRET_ACCESS_KEY')")


def test_no_ledger_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"no ledger at .*finops.duckdb; run `finops sync` first"):
        parent.run(tmp_path / "finops.duckdb", "select 1")


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "finops.duckdb"
    path.write_text("not a database, but long enough to be looked at" * 100)
    with pytest.raises(QueryError, match="not a valid DuckDB database"):
        parent.run(path, "select 1")


@pytest.mark.parametrize(
    ("rows", "limit", "cut"),
    [
        pytest.param(10, 10, False, id="exactly as many"),
        pytest.param(11, 10, True, id="one more"),
        pytest.param(0, 10, False, id="none"),
    ],
)
def test_rows_beyond_the_limit_are_cut_and_told(ledger: Path, rows: int, limit: int, cut: bool) -> None:
    result = parent.run(ledger, f"from range({rows}) order by 1 desc", Limits(rows=limit))
    assert (len(result.rows), result.cut) == (min(rows, limit), cut)
    assert result.rows == tuple((i,) for i in reversed(range(rows)))[:limit]


def test_an_answer_beyond_its_size_is_refused(ledger: Path) -> None:
    with pytest.raises(QueryError, match="larger than 1 MB"):
        parent.run(ledger, "select repeat('a', 1000) from range(5000)", Limits(output_mb=1))


CELLS = [
    ("null", None, None),
    ("true", "BOOLEAN", True),
    ("9007199254740993", "BIGINT", 9007199254740993),
    ("170141183460469231731687303715884105727::hugeint", "HUGEINT", 170141183460469231731687303715884105727),
    ("0.000000000001::decimal(24, 12)", "DECIMAL(24,12)", "0.000000000001"),
    ("12345678901234567890.10::decimal(38, 2)", "DECIMAL(38,2)", "12345678901234567890.10"),
    ("0.1::double", "DOUBLE", 0.1),
    ("'nan'::double", "DOUBLE", "NaN"),
    ("'-inf'::double", "DOUBLE", "-Infinity"),
    ("date '2026-11-18'", "DATE", "2026-11-18"),
    ("date '0044-03-15 (BC)'", "DATE", "0044-03-15 (BC)"),
    ("timestamp '2026-11-18 09:00:00.123456'", "TIMESTAMP", "2026-11-18 09:00:00.123456"),
    ("'infinity'::timestamp", "TIMESTAMP", "infinity"),
    ("interval '1 month 3 days'", "INTERVAL", "1 month 3 days"),
    ("'\\xAA'::blob", "BLOB", "\\xAA"),
    ("'it''s \"é\" ' || chr(10) || chr(8232)", "VARCHAR", 'it\'s "é" \n\u2028'),
    ("''", "VARCHAR", ""),
    ("map {'Team': 'it''s'}", "MAP(VARCHAR, VARCHAR)", {"Team": "it's"}),
    ("map {date '2026-01-01': 1.50}", "MAP(DATE, DECIMAL(3,2))", {"2026-01-01": "1.50"}),
    ("[1.10, null]", "DECIMAL(3,2)[]", ["1.10", None]),
    (
        "{'day': date '2026-01-01', 'n': [1]}",
        'STRUCT("day" DATE, n INTEGER[])',
        {"day": "2026-01-01", "n": [1]},
    ),
    ("'a'::enum('a', 'b')", "ENUM('a', 'b')", "a"),
]


def test_every_cell_survives(ledger: Path) -> None:
    result = parent.run(ledger, f"select {', '.join(sql for sql, _, _ in CELLS)}")
    assert result.rows == (tuple(value for _, _, value in CELLS),)
    for found, (sql, expected, _) in zip(result.types, CELLS, strict=True):
        assert expected is None or found.replace('"', "") == expected.replace('"', ""), sql


def test_names_that_are_no_identifiers_and_names_given_twice(ledger: Path) -> None:
    result = parent.run(ledger, 'select 1 as a, 2 as A, 3 as "a.b", 4 as "q""", count(*) from attributed')
    assert result.columns == ("a", "A_1", "a.b", 'q"', "count_star()")
    assert result.rows == ((1, 2, 3, 4, 1000),)


def test_parquet_keeps_types_and_sums_stay_exact(ledger: Path, tmp_path: Path) -> None:
    sql = """select sum(9007199254740993) as n, sum(net_usd) as usd, max(day) as day, any_value(tags) as tags,
        {'l': [timestamp '2026-01-01']} as nested from attributed"""
    path = tmp_path / "answer.parquet"
    with path.open("wb") as file:
        answer = parent.write(ledger, sql, file, "parquet")
    relation = duckdb.read_parquet(str(path))
    types = [str(kind) for kind in relation.types]
    assert types == [
        "DECIMAL(38,0)",
        "DECIMAL(38,12)",
        "DATE",
        "MAP(VARCHAR, VARCHAR)",
        "STRUCT(l TIMESTAMP[])",
    ]
    assert relation.select("n").fetchall() == [(Decimal(9007199254740993000),)]
    assert answer.types[0] == "HUGEINT"


def test_csv_tells_null_from_empty(ledger: Path, tmp_path: Path) -> None:
    path = tmp_path / "answer.csv"
    with path.open("wb") as file:
        parent.write(ledger, "select null as a, '' as b, 1.10 as c, 'x,y' as d", file, "csv")
    assert path.read_text() == 'a,b,c,d\n,"",1.10,"x,y"\n'


def test_both_sides_agree_on_the_exit_code() -> None:
    assert parent.SAID == child.SAID
