"""Readers see whole generations only, and no generation in which a dollar is lost."""

from __future__ import annotations

import json
import re
import shutil
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from bill import cur2, line
from home import NOW, SOURCE, Home

from finops import pipeline, sqlfile
from finops.errors import FinopsError, LedgerError, QueryError, ReconciliationError

DAY = "2026-11-05 10:00"


def test_the_link_is_relative_and_the_file_read_only(home: Home) -> None:
    cur2(home.exports, [line(DAY)])
    home.sync()
    link = home.path / "finops.duckdb"
    assert link.readlink() == Path("catalogue/finops-000001.duckdb")
    assert oct(link.stat().st_mode)[-3:] == "444"
    moved = home.path.rename(home.path.with_name("moved"))
    assert Home(moved).ask("select generation from meta") == [(1,)]


def test_any_duckdb_since_1_4_opens_the_file(home: Home) -> None:
    cur2(home.exports, [line(DAY)])
    home.sync()
    with duckdb.connect(str(home.path / "finops.duckdb"), read_only=True) as con:
        ((tags,),) = con.execute("select tags from duckdb_databases() where not internal").fetchall()
    assert "v1.4" in str(tags)


def test_an_open_reader_keeps_its_generation(home: Home) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    with pipeline.published(home.path) as reader:
        cur2(home.exports, [line(DAY, 2)] * 9)
        home.sync()
        assert reader.execute("select generation, checksum_usd from meta").fetchall() == [(1, 1)]
        assert reader.execute("select sum(gross_usd) from attributed").fetchall() == [(1,)]
    assert home.ask("select generation, checksum_usd from meta") == [(2, 18)]


def test_readers_during_a_publish_see_whole_generations_only(home: Home) -> None:
    """Each generation's bill is its number in dollars, so that half of one would show."""
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    seen: list[tuple[int, Decimal, Decimal]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.extend(
                home.ask("select generation, checksum_usd, sum(gross_usd) from meta, attributed group by all")
            )

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for generation in (2, 3, 4):
            cur2(home.exports, [line(DAY, 1)] * generation)
            home.sync()
    finally:
        done.set()
        reader.join()
    assert {generation for generation, _, _ in seen} >= {1, 2}
    assert all(generation == checksum == total for generation, checksum, total in seen)
    assert [row[0] for row in seen] == sorted(row[0] for row in seen)


def test_meta_says_what_is_published(home: Home) -> None:
    cur2(home.exports, [line(DAY, "0.1")] * 3)
    home.sync()
    columns = "generation, published_at, duckdb_version, billed_lines, checksum_usd"
    assert home.ask(f"select {columns} from meta") == [
        (1, NOW.replace(tzinfo=None), duckdb.__version__, 3, Decimal("0.3"))
    ]  # fmt: skip
    assert home.ask("select source, partition, generation from deliveries") == [("cur:exports", "2026-11", 1)]


LOSSES = [
    pytest.param("delete from catalogue.lines where gross_usd = 2", id="a line lost"),
    pytest.param("insert into catalogue.lines from catalogue.lines limit 1", id="a line twice"),
    pytest.param(
        "update catalogue.lines set gross_usd = gross_usd + 1e-12::decimal(24, 12)",
        id="a trillionth of a dollar",
    ),
    pytest.param("update catalogue.lines set net_usd = 0", id="net cost"),
    pytest.param("update catalogue.lines set account_id = '000000000000'", id="another account"),
    pytest.param("update catalogue.lines set identity_id = 99", id="a line without an identity"),
    pytest.param("update catalogue.lines set kind_id = 99", id="a line without a kind"),
    pytest.param("update catalogue.identities set workload = null", id="an identity without a name"),
]


@pytest.mark.parametrize("damage", LOSSES)
def test_every_lost_dollar_is_seen(home: Home, damage: str) -> None:
    """By the query that every publication asks first."""
    cur2(home.exports, [line(DAY, 1), line("2026-11-06 10:00", 2)])
    home.sync()
    copy = home.path / "copy.duckdb"
    copy.write_bytes((home.path / "finops.duckdb").read_bytes())
    unreconciled = sqlfile.read("publish", "unreconciled").sql
    with duckdb.connect() as con:
        con.execute(f"attach '{copy}' as catalogue")
        assert con.execute(unreconciled).fetchall() == []
        con.execute(damage)
        assert con.execute(unreconciled).fetchall() != []


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        pytest.param("shapes", "limit 1", id="a shape lost"),
        pytest.param("tag_sets", "union all from kept", id="tag sets twice"),
        pytest.param("tag_sets", "limit 1", id="a tag set lost"),
    ],
)
def test_a_lost_dollar_is_not_published(home: Home, table: str, rows: str) -> None:
    """The record is damaged where lines find their kind or their tags: joined to it, dollars vanish or double."""
    bill = [
        line(DAY, 1, resource_tags={"Workload": "a"}),
        line(DAY, 2, usage_type="USE1-Claude4.5Haiku-output-tokens"),
    ]
    cur2(home.exports, bill)
    home.sync()
    (file,) = home.path.glob(f"ledger/*/*/*/{table}.parquet")
    with duckdb.connect() as con:
        con.execute(f"create table kept as from '{file}'")
        con.sql(f"from kept {rows}").write_parquet(str(file))
    for catalogue in home.path.rglob("*.duckdb"):
        catalogue.unlink()
    with pytest.raises(
        ReconciliationError, match="nothing is published: 2026-11-05 account 111122223333 Usage: billed"
    ):
        home.sync()
    assert list(home.path.rglob("*.duckdb")) == []
    cur2(home.exports, [*bill, line(DAY, 4)])
    home.sync()
    assert home.ask("select checksum_usd from meta") == [(7,)]


def test_a_failed_build_leaves_nothing_behind(home: Home) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    (home.path / "views").mkdir()
    bad = '/*---\ntitle = "Bad"\ngrain = "none"\n---*/\nselect nothing from nowhere'
    (home.path / "views" / "bad.sql").write_text(bad)
    home.configure(sources='metrics = ["views"]\n' + SOURCE)
    files = sorted(home.path.rglob("*"))
    with pytest.raises(FinopsError, match=r"views/bad\.sql: .*nowhere"):
        home.sync()
    assert sorted(home.path.rglob("*")) == files
    assert home.ask("select generation from meta") == [(1,)]


@pytest.mark.parametrize(
    "kilobytes", [pytest.param(1, id="for the record"), pytest.param(300, id="for the catalogue")]
)
def test_a_full_disk_leaves_the_last_generation(home: Home, kilobytes: int) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    cur2(home.exports, [line(DAY, 1)] * 3)
    before = home.standing()
    done = home.run("sync", largest_file=kilobytes * 1024)
    assert done.returncode == 2
    assert "make room or choose another --home" in done.stderr
    assert "Traceback" not in done.stderr
    assert home.standing() == before
    assert list(home.path.rglob("*.tmp*")) == []
    home.sync()
    assert home.ask("select checksum_usd from meta") == [(3,)]


@pytest.mark.parametrize(
    "kilobytes", [20, 60, 120], ids=["for the tables", "for the first views", "for the views"]
)
def test_a_disk_that_is_full_at_the_first_sync_is_no_fault_of_finops(home: Home, kilobytes: int) -> None:
    cur2(home.exports, [line(DAY, 1)])
    done = home.run("sync", largest_file=kilobytes * 1024)
    assert done.returncode == 2
    said = (
        r"finops: \S*catalogue/finops-000001\.tmp: cannot be written: .*; make room or choose another --home"
    )
    assert re.match(said, done.stderr)
    assert list(home.path.rglob("*.tmp*")) == []


def test_another_schema_is_built_anew_from_the_record(home: Home) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    schema = home.ask("select schema_version from meta")
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("update meta set schema_version = 0")
        con.execute("alter table restated rename to something_else")
    cur2(home.exports, [line(DAY, 1)] * 3)
    home.sync()
    assert home.ask("select schema_version from meta") == schema
    assert home.ask("select checksum_usd from meta") == [(3,)]


def test_a_period_is_loaded_anew_only_where_it_or_its_tags_changed(home: Home) -> None:
    """September's files are taken away where nobody may ask for them."""
    home.configure(sources=SOURCE + '[[sources]]\nkind = "inventory"\npath = "inventory"\n')
    profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/"

    def snapshot(day: str, **workloads: str) -> None:
        file = home.path / "inventory" / day / "tags.json"
        file.parent.mkdir(parents=True)
        tags = [
            {"ResourceARN": profile + name, "Tags": [{"Key": "Workload", "Value": workload}]}
            for name, workload in workloads.items()
        ]
        file.write_text(json.dumps({"ResourceTagMappingList": tags}))

    def october(usd: int) -> None:
        cur2(home.exports, [line("2026-10-05 10:00", usd, resource=profile + "b")])

    snapshot("2026-09-01", a="old", b="b", idle="idle")
    cur2(home.exports, [line(f"2026-09-{day} 10:00", 1, resource=profile + "a") for day in ("05", "25")])
    october(1)
    home.sync()
    (file,) = home.path.glob("ledger/*/2026-09/*/usage.parquet")
    away = file.rename(home.path / "away")
    snapshot("2026-09-10", a="old", b="b", idle="another")
    for usd in (2, 3):
        october(usd)
        home.sync()
        assert home.ask("select sum(gross_usd) from attributed") == [(2 + usd,)]
    away.rename(file)
    snapshot("2026-09-20", a="new", b="b", idle="another")
    october(4)
    home.sync()
    assert home.ask("select day, workload, gross_usd from attributed order by 1") == [
        (date(2026, 9, 5), "old", 1),
        (date(2026, 9, 25), "new", 1),
        (date(2026, 10, 5), "b", 4),
    ]


def test_views_of_ones_own_follow_their_files(home: Home) -> None:
    """Views are made anew only where they, or what they read, may be others."""
    own = home.path / "metrics"
    own.mkdir()
    home.configure(sources='metrics = ["metrics"]\n' + SOURCE)
    header = "/*---\ntitle = 'Mine'\ngrain = 'one row'\n---*/\n"
    cur2(home.exports, [line(DAY, 1)])
    for answer in (1, 2, 2):
        (own / "mine.sql").write_text(
            f"{header}select {answer} as answer, sum(gross_usd) as usd from attributed"
        )
        home.sync()
        cur2(home.exports, [line(DAY, 1)] * (answer + 1))
        home.sync()
        assert home.ask("select * from mine") == [(answer, answer + 1)]
    (own / "mine.sql").unlink()
    home.sync()
    assert home.ask("select view_name from duckdb_views() where view_name = 'mine'") == []


def test_without_a_ledger_a_reader_is_told_what_to_do(home: Home) -> None:
    with pytest.raises(QueryError, match=r"no ledger at .*; run `finops sync` first"):
        home.ask("from meta")


def test_a_damaged_ledger_says_how_to_mend_it(home: Home) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(LedgerError, match="run `finops sync --rebuild`"):
        home.ask("from meta")
    home.sync(rebuild=True)
    assert home.ask("select checksum_usd from meta") == [(1,)]


def test_a_lost_ledger_is_read_again_and_never_reuses_a_generation(home: Home) -> None:
    """Deleting the ledger and syncing is always safe: changed bills are seen, readers keep a file."""
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    for _ in range(4):
        home.sync(rebuild=True)
    shutil.rmtree(home.path / "ledger")
    cur2(home.exports, [line(DAY, 7)])
    home.sync()
    assert home.ask("select generation, checksum_usd from meta") == [(6, 7)]


def test_a_rebuild_starts_from_nothing(home: Home) -> None:
    """A catalogue that other hands changed is not the base of the next one."""
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("insert into lines select * replace (99 as gross_usd) from lines")
    home.sync(rebuild=True)
    assert home.ask("select checksum_usd from meta") == [(1,)]
