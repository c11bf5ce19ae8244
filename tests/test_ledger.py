"""What a sync reads, keeps, drops and refuses; what is on the disk after it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from bill import PAYER, cur2, line, parquet
from home import SOURCE, Home

from finops.errors import LedgerError

OCTOBER, NOVEMBER = line("2026-10-05 10:00", 1), line("2026-11-05 10:00", 2)
TWO_SOURCES = SOURCE + SOURCE.replace("exports", "other")


def total(home: Home) -> int:
    ((usd,),) = home.ask("select sum(gross_usd) from attributed")
    return int(usd)


def test_what_has_not_changed_is_not_read(home: Home) -> None:
    cur2(home.exports, [OCTOBER, NOVEMBER])
    first, second = home.sync(), home.sync()
    assert (len(first.read), first.unchanged, first.published, first.generation) == (2, 0, True, 1)
    assert (len(second.read), second.unchanged, second.published, second.generation) == (0, 2, False, 1)


def test_only_the_restated_period_is_read(home: Home) -> None:
    cur2(home.exports, [OCTOBER, NOVEMBER])
    home.sync()
    untouched = {path: path.stat().st_ino for path in home.path.glob("ledger/*/2026-10/*/*")}
    cur2(home.exports, [NOVEMBER, NOVEMBER])
    done = home.sync()
    assert [Path(origin).parent.name for origin in done.read] == ["BILLING_PERIOD=2026-11"]
    assert {path: path.stat().st_ino for path in untouched} == untouched
    assert total(home) == 5


def test_a_period_that_is_no_longer_delivered_is_kept(home: Home) -> None:
    october = cur2(home.exports, [OCTOBER])
    cur2(home.exports, [NOVEMBER])
    home.sync()
    october.unlink()
    next(home.exports.rglob("*2026-10/*Manifest.json")).unlink()
    done = home.sync()
    assert (done.kept, done.published) == (("cur:exports/2026-10",), False)
    assert total(home) == 3


def test_a_loose_file_that_is_gone_takes_its_dollars_along(home: Home) -> None:
    """Renamed, it would count twice; only its name says which bill it is."""
    file = parquet(home.exports / "october.parquet", [OCTOBER])
    home.sync()
    file.rename(file.with_name("renamed.parquet"))
    done = home.sync()
    assert (len(done.read), len(done.dropped), done.kept) == (1, 1, ())
    assert total(home) == 1


def test_a_source_taken_out_is_dropped_and_told(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    cur2(home.path / "other", [NOVEMBER | {"bill_payer_account_id": "222222222222"}])
    home.configure(sources=TWO_SOURCES)
    home.sync()
    home.configure()
    done = home.sync()
    assert done.dropped == ("cur:other/2026-11",)
    assert total(home) == 1


def test_a_source_whose_directory_is_empty_for_now_keeps_what_it_had(home: Home) -> None:
    """A manifest without files, on the first of a month, is no reason to forget the months before."""
    cur2(home.exports, [OCTOBER])
    home.sync()
    for file in [*home.exports.rglob("*.parquet"), *home.exports.rglob("*.json")]:
        file.unlink()
    place = home.exports / "org-cur/metadata/BILLING_PERIOD=2026-11"
    place.mkdir()
    (place / "org-cur-Manifest.json").write_text('{"exportName": "org-cur", "dataFiles": []}')
    done = home.sync()
    assert (done.kept, done.dropped) == (("cur:exports/2026-10",), ())
    assert total(home) == 1


def test_two_payers_may_deliver_one_month(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    cur2(home.path / "other", [OCTOBER | {"bill_payer_account_id": "222222222222"}])
    home.configure(sources=TWO_SOURCES)
    home.sync()
    assert home.ask("select payer_account_id, gross_usd from attributed order by all") == [
        ("222222222222", 1),
        (PAYER, 1),
    ]


@pytest.mark.parametrize(
    ("top", "tables", "workload"),
    [
        pytest.param("", '[tags]\nworkload = ["App"]\n', "search", id="another spelling"),
        pytest.param("", '[accounts.111122223333]\nworkload = "lab"\n', "lab", id="an account's name"),
        pytest.param('production = ["live"]\n', "", "(untagged)", id="what production is called"),
    ],
)
def test_new_names_are_published_without_reading_the_bill(
    home: Home, top: str, tables: str, workload: str
) -> None:
    cur2(home.exports, [line(resource_tags={"App": "search"})])
    home.sync()
    home.configure(tables, sources=top + SOURCE)
    done = home.sync()
    assert (done.published, done.read, done.generation) == (True, (), 2)
    assert home.ask("select workload from attributed") == [(workload,)]


def test_a_new_metric_is_published_by_the_next_sync(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    home.sync()
    (home.path / "metrics").mkdir()
    (home.path / "metrics" / "mine.sql").write_text(
        '/*---\ntitle = "Mine"\ngrain = "one"\n---*/\nselect 42 as answer'
    )
    home.configure(sources='metrics = ["metrics"]\n' + SOURCE)
    assert home.sync().published
    assert home.ask("from mine") == [(42,)]
    assert not home.sync().published


def test_rebuild_reads_everything_and_says_the_same(home: Home) -> None:
    cur2(home.exports, [OCTOBER, NOVEMBER])
    home.sync()
    before = home.ask("from attributed order by all")
    done = home.sync(rebuild=True)
    assert (len(done.read), done.generation) == (2, 2)
    assert home.ask("from attributed order by all") == before


def test_a_deleted_ledger_comes_back_from_the_sources(home: Home) -> None:
    cur2(home.exports, [OCTOBER, NOVEMBER])
    home.sync()
    for path in [
        *home.path.rglob("*.duckdb"),
        *home.path.rglob("ledger/**/*.parquet"),
        home.path / "ledger/record.json",
    ]:
        path.unlink()
    home.sync()
    assert total(home) == 3


def test_a_deleted_catalogue_comes_back_from_the_record(home: Home) -> None:
    cur2(home.exports, [OCTOBER, NOVEMBER])
    home.sync()
    for path in home.path.rglob("*.duckdb"):
        path.unlink()
    done = home.sync()
    assert (done.read, done.published) == ((), True)
    assert total(home) == 3


def test_a_second_writer_is_told_at_once(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    home.sync()
    with open(home.path / ".lock", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="another finops is writing; wait for it to finish"):
            home.sync()
        assert total(home) == 1  # readers are never in the way


def test_a_damaged_record_says_what_to_do(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    home.sync()
    (home.path / "ledger" / "record.json").write_text("{")
    with pytest.raises(
        LedgerError, match=r"(?s)record.json: .*remove the ledger directory and run `finops sync` again"
    ):
        home.sync()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written(home: Home) -> None:
    cur2(home.exports, [OCTOBER])
    home.path.chmod(0o555)
    try:
        with pytest.raises(LedgerError, match="Permission denied; choose another --home"):
            home.sync()
    finally:
        home.path.chmod(0o755)


def test_old_files_go_after_a_while(home: Home) -> None:
    for generation in range(1, 7):
        cur2(home.exports, [NOVEMBER] * generation)
        home.sync()
    files = sorted(path.parent.name for path in home.path.glob("ledger/*/2026-11/*/usage.parquet"))
    catalogues = sorted(path.name for path in home.path.glob("catalogue/*"))
    assert files == ["g000006"]
    assert catalogues == [f"finops-{n:06d}.duckdb" for n in (4, 5, 6)]
