"""`finops sql` and `finops export`, on a real file behind its symlink."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from finops import config
from finops.commands import query
from finops.commands.context import Context
from finops.errors import ConfigError, FinopsError, QueryError
from finops.pipeline import sync

NOW = datetime(2026, 11, 18, tzinfo=UTC)
MANUAL = Path(__file__).parents[1] / "docs" / "sql.md"


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger as `finops sync` publishes it, with nothing in it but the shipped price book."""
    home = tmp_path_factory.mktemp("real")
    (home / "finops.toml").write_text('[[sources]]\nkind = "prices"\n')
    sync(home, config.read(home), NOW)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    with duckdb.connect(str(home / "finops-000001.duckdb")) as con:
        con.execute(
            """create table lines as from (values
        ('2026-10', date '2026-10-31', 'search', 0.1::decimal(24, 12), 9007199254740993, map {'Team': 'a'}),
        ('2026-11', date '2026-11-01', 'chat\x1b[2J', 1.05::decimal(24, 12), null, map {}),
        ('2026-11', date '2026-11-02', 'it''s', -2::decimal(24, 12), 7, null)
        ) as t(billing_period, day, workload, net_usd, tokens, tags)"""
        )
        con.execute("create view attributed as from lines")
        con.execute("create view spend_daily as select day, sum(net_usd) as net_usd from lines group by all")
        con.execute("comment on view spend_daily is 'Spend by day: day'")
    (home / "finops.duckdb").symlink_to("finops-000001.duckdb")
    return home


class Outcome:
    """What a command printed and raised: errors are printed and become exit codes in `finops.cli`."""

    def __init__(self, home: Path, *arguments: str, stdin: str = "", as_json: bool = False) -> None:
        context = Context(home=home, json=as_json, now=NOW)
        done = CliRunner().invoke(query.app, list(arguments), input=stdin, obj=context)
        self.error = done.exception if isinstance(done.exception, FinopsError) else None
        if done.exception and not self.error:
            raise done.exception
        self.out, self.bytes, self.err = done.stdout, done.stdout_bytes, done.stderr


def test_a_table_is_plain_and_whole_when_piped(home: Path) -> None:
    done = Outcome(home, "sql", "select workload, net_usd, tokens, tags from attributed order by day")
    assert done.out.splitlines() == [
        "workload          net_usd            tokens  tags",
        "--------  ---------------  ----------------  -------------",
        'search     0.100000000000  9007199254740993  {"Team": "a"}',
        "chat [2J   1.050000000000              NULL  {}",
        "it's      -2.000000000000                 7  NULL",
    ]


def test_json_is_exact(home: Path) -> None:
    done = Outcome(home, "sql", "--format", "json", "from attributed where billing_period = '2026-10'")
    assert json.loads(done.out) == [
        {
            "billing_period": "2026-10",
            "day": "2026-10-31",
            "workload": "search",
            "net_usd": "0.100000000000",
            "tokens": 9007199254740993,
            "tags": {"Team": "a"},
        }
    ]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_json_is_always_an_array(home: Path, rows: int) -> None:
    done = Outcome(home, "sql", f"select range as i from range({rows})", as_json=True)
    assert json.loads(done.out) == [{"i": i} for i in range(rows)]


def test_csv_reads_back(home: Path) -> None:
    done = Outcome(home, "sql", "--format", "csv", "select workload, net_usd from attributed order by day")
    rows = list(csv.reader(io.StringIO(done.out)))
    assert rows == [
        ["workload", "net_usd"],
        ["search", "0.100000000000"],
        ["chat\x1b[2J", "1.050000000000"],
        ["it's", "-2.000000000000"],
    ]


def test_the_file_name_says_the_format(home: Path, tmp_path: Path) -> None:
    sql = "select day, net_usd from attributed order by day"
    for name in ("a.parquet", "a.csv", "a.json"):
        done = Outcome(home, "sql", sql, "-o", str(tmp_path / name))
        assert (done.out, done.err) == ("", f"wrote {tmp_path / name}\n")
    ours = duckdb.sql(f"from '{tmp_path / 'a.parquet'}'")
    assert [str(kind) for kind in ours.types] == ["DATE", "DECIMAL(24,12)"]
    assert (
        duckdb.sql(f"select day, net_usd::decimal(24, 12) from '{tmp_path / 'a.csv'}'").fetchall()
        == ours.fetchall()
    )
    assert len(json.loads((tmp_path / "a.json").read_text())) == 3
    assert Outcome(home, "sql", sql, "-o", str(tmp_path / "a.csv")).err == f"replaced {tmp_path / 'a.csv'}\n"


def test_parquet_through_a_pipe(home: Path, tmp_path: Path) -> None:
    done = Outcome(home, "sql", "--format", "parquet", "from spend_daily")
    (tmp_path / "piped.parquet").write_bytes(done.bytes)
    assert len(duckdb.sql(f"from '{tmp_path / 'piped.parquet'}'")) == 3


def test_a_failed_query_leaves_the_file_as_it_was(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "kept.csv"
    target.write_text("yesterday's")
    done = Outcome(home, "sql", "select nothing from spend_daily", "-o", str(target))
    assert isinstance(done.error, QueryError)
    assert [path.name for path in tmp_path.iterdir() if path != home] == ["kept.csv"]
    assert target.read_text() == "yesterday's"


def test_sql_from_stdin(home: Path) -> None:
    assert Outcome(home, "sql", "-", stdin="select 7 as n\n").out == "n\n-\n7\n"


def test_a_cut_is_told_beside_the_answer(home: Path) -> None:
    done = Outcome(home, "sql", "--limit", "2", "from attributed")
    assert len(done.out.splitlines()) == 4
    assert done.err == "cut at 2 rows; raise with --limit\n"


def test_no_sql_lists_the_views(home: Path) -> None:
    assert Outcome(home, "sql").out == "attributed\nspend_daily  Spend by day: day\n"
    assert json.loads(Outcome(home, "sql", as_json=True).out) == [
        {"view": "attributed", "about": None},
        {"view": "spend_daily", "about": "Spend by day: day"},
    ]


def test_export_writes_a_file_per_billing_period(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "it's out"
    done = Outcome(home, "export", "-o", str(out))
    assert done.err == f"wrote {out}/attributed-2026-10.parquet\nwrote {out}/attributed-2026-11.parquet\n"
    files = duckdb.read_parquet([str(path) for path in sorted(out.iterdir())])
    with duckdb.connect(str(home / "finops.duckdb"), read_only=True) as con:
        ledger = con.view("attributed")
        assert files.types == ledger.types
        assert files.order("day").fetchall() == ledger.order("day").fetchall()


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json"])
def test_export_of_one_period_and_again(home: Path, tmp_path: Path, suffix: str) -> None:
    arguments = ("export", "-o", str(tmp_path / "out"), "--period", "2026-11", "--format", suffix)
    assert Outcome(home, *arguments).err.startswith("wrote ")
    assert Outcome(home, *arguments).err.startswith("replaced ")
    [path] = (tmp_path / "out").iterdir()
    assert path.name == f"attributed-2026-11.{suffix}"
    total = f"select count(*), sum(net_usd::decimal(24, 12))::varchar from '{path}'"
    assert duckdb.sql(total).fetchall() == [(2, "-0.950000000000")]


def test_export_of_an_empty_ledger_says_so(real_home: Path, tmp_path: Path) -> None:
    assert "holds no lines yet" in str(Outcome(real_home, "export", "-o", str(tmp_path)).error)


def test_export_of_a_view_without_periods(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    Outcome(home, "export", "-o", str(out), "--view", "spend_daily", "--format", "json")
    rows = json.loads((out / "spend_daily.json").read_text())
    assert sorted(row["net_usd"] for row in rows) == ["-2.000000000000", "0.100000000000", "1.050000000000"]


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        pytest.param(["sql", "drop view attributed"], QueryError, "this is DROP", id="refused"),
        pytest.param(["sql", "from atributed"], QueryError, "did you mean attributed?", id="misspelt"),
        pytest.param(["sql", "select 1", "-o", "x.xlsx"], ConfigError, "ends in none of .csv", id="suffix"),
        pytest.param(
            ["sql", "select 1", "-o", "/no/such/x.csv"], ConfigError, "choose another -o", id="directory"
        ),
        pytest.param(["export", "--view", "line"], QueryError, "no view line", id="a table is no view"),
        pytest.param(["export", "--view", "spend_dayly"], QueryError, "did you mean spend_daily?", id="view"),
        pytest.param(["export", "--period", "2026-13"], QueryError, "it has 2026-10, 2026-11", id="period"),
        pytest.param(
            ["export", "--view", "spend_daily", "--period", "2026-11"],
            ConfigError,
            "no billing periods",
            id="none",
        ),
        pytest.param(
            ["export", "-o", "/dev/null/x"], ConfigError, "choose another -o", id="export directory"
        ),
    ],
)
def test_what_is_wrong_is_said(home: Path, arguments: list[str], error: type[FinopsError], says: str) -> None:
    done = Outcome(home, *arguments)
    assert isinstance(done.error, error)
    assert says in str(done.error)


@pytest.mark.parametrize("arguments", [["sql"], ["sql", "select 1"], ["export"]])
def test_no_ledger_says_how_to_make_one(tmp_path: Path, arguments: list[str]) -> None:
    assert "run `finops sync` first" in str(Outcome(tmp_path, *arguments).error)


@pytest.mark.parametrize(
    "sql", re.findall(r"```sql\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
)
def test_the_questions_in_the_manual_run(real_home: Path, sql: str) -> None:
    done = Outcome(real_home, "sql", sql)
    assert not done.error, done.error
