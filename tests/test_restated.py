"""Every replacement that changes a day's dollars is kept, once, whatever became of the sync that met it."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest
from bill import Row, cur2, line
from home import NOW, Home

DAY = "2026-11-05 10:00"


def tagged(usd: float, workload: str, at: str = DAY, **columns: Any) -> Row:
    return line(at, usd, resource_tags={"Workload": workload}, **columns)


RESTATED = [
    pytest.param([tagged(1, "a")], [tagged(1, "a")] * 2, [("a", 1, 2)], "bill", id="dearer"),
    pytest.param([tagged(1, "a")] * 2, [tagged(1, "a")], [("a", 2, 1)], "bill", id="cheaper"),
    pytest.param([tagged(1, "a")], [tagged(1, "b")], [("a", 1, 0), ("b", 0, 1)], "names", id="another name"),
    pytest.param([tagged(1, "a")], [tagged(1, "a"), tagged(1, "a", "2026-11-06 10:00")], [], None,
                 id="a new day is news"),
    pytest.param([tagged(1, "a")], [tagged(0.5, "a"), tagged(0.5, "a")], [], None, id="other lines, the same dollars"),
    pytest.param([tagged(1, "a"), tagged(1, "b")], [tagged(1, "b")], [("a", 1, 0)], "bill", id="a line less"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "restated", "cause"), RESTATED)
def test_what_changes_a_known_days_dollars_is_kept(
    home: Home,
    before: list[Row],
    after: list[Row],
    restated: list[tuple[str, int, int]],
    cause: str | None,
) -> None:
    cur2(home.exports, before)
    assert home.sync().restated_days == 0
    cur2(home.exports, after)
    assert home.sync().restated_days == (1 if cause == "bill" else 0)
    assert home.ask("select workload, before_usd, after_usd from restatements order by all") == restated
    if restated:
        assert home.ask(
            "select distinct billing_period, day, basis_before, generation, seen_at, cause from restatements"
        ) == [("2026-11", date(2026, 11, 5), "provisional", 2, NOW.replace(tzinfo=None), cause)]


def test_restatements_outlive_a_rebuild(home: Home) -> None:
    cur2(home.exports, [tagged(1, "a")])
    home.sync()
    cur2(home.exports, [tagged(2, "a")] * 2)
    home.sync()
    home.sync(rebuild=True)
    assert home.ask("select before_usd, after_usd from restatements") == [(1, 4)]


BASES = [
    pytest.param({}, "2026-11-04 23:00", "final", id="two days before the last hour"),
    pytest.param({}, "2026-11-05 00:00", "provisional", id="not quite"),
    pytest.param({"bill_billing_entity": "AWS Marketplace"}, "2026-11-04 23:00", "provisional", id="Marketplace"),
    pytest.param({"bill_billing_entity": "AWS Marketplace"}, "2026-11-03 23:00", "final", id="after three days"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "at", "basis"), BASES)
def test_what_was_final_is_said_so_when_it_changes(home: Home, columns: Row, at: str, basis: str) -> None:
    """As `attributed` said of the day before it changed."""
    for usd in (1, 2):
        cur2(home.exports, [line(at, usd, **columns), line("2026-11-06 23:00")])
        home.sync()
    assert home.ask("select basis_before, before_usd, after_usd from restatements") == [(basis, 1, 2)]


def test_a_rebuild_of_a_bill_that_has_changed_keeps_what_it_was(home: Home) -> None:
    cur2(home.exports, [tagged(1, "a"), tagged(1, "b")])
    home.sync()
    cur2(home.exports, [tagged(4, "a"), tagged(1, "b")])
    assert home.sync(rebuild=True).restated_days == 1
    home.sync(rebuild=True)
    assert home.ask("select generation, workload, before_usd, after_usd, cause from restatements") == [
        (2, "a", 1, 4, "bill")
    ]


def test_a_rebuild_does_not_ask_a_damaged_catalogue_what_it_was(home: Home) -> None:
    cur2(home.exports, [tagged(1, "a")])
    home.sync()
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute("alter table lines rename to something_else")
    cur2(home.exports, [tagged(4, "a")])
    home.sync(rebuild=True)
    assert home.ask("select checksum_usd from meta") == [(4,)]


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_restatement_of_a_generation_that_nobody_saw_is_kept_once(home: Home, rebuild: bool) -> None:
    """A sync that died after its record was current and before readers got its catalogue."""
    cur2(home.exports, [tagged(1, "a")])
    home.sync()
    cur2(home.exports, [tagged(4, "a")])
    home.sync()
    link = home.path / "finops.duckdb"
    link.resolve().unlink()
    link.unlink()
    link.symlink_to("catalogue/finops-000001.duckdb")
    first = home.sync(rebuild=rebuild).generation
    home.sync(rebuild=True)
    assert home.ask("select generation, before_usd, after_usd from restatements") == [(first, 1, 4)]


def test_a_renamed_workload_is_a_restatement_of_names_not_of_the_bill(home: Home) -> None:
    cur2(home.exports, [tagged(1, "a")])
    home.sync()
    home.configure('[tags]\nworkload = ["Nothing"]\n')
    assert home.sync().restated_days == 0
    assert home.ask("select workload, before_usd, after_usd, cause from restatements order by all") == [
        ("(untagged)", 0, 1, "names"),
        ("a", 1, 0, "names"),
    ]
    assert home.ask("select sum(before_usd) - sum(after_usd) from restatements") == [(0,)]


def test_restatements_outlive_the_catalogue(home: Home) -> None:
    cur2(home.exports, [line(DAY, 1)])
    home.sync()
    cur2(home.exports, [line(DAY, 3)])
    home.sync()
    known = home.ask("from restatements")
    assert len(known) == 1
    home.sync(rebuild=True)
    assert home.ask("from restatements") == known
