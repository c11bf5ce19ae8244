"""Copies are refused and no legitimate part is; a value that the ledger cannot hold is named in its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from bill import Row, cur2, cur2_csv, legacy_csv, line, parquet, text
from home import SOURCE, Home, reading

from finops.errors import ConfigError, FinopsError, SourceError
from finops.sources.cur import Cur

DAYS = [line(f"2026-10-{day:02d} 10:00", day) for day in range(1, 21)]
MONTH = "billing_period=2026-10"


def load(root: Path, select: str, zone: str = "UTC") -> list[tuple[object, ...]]:
    source = Cur(path=".")
    rows = []
    for delivery in source.deliveries(reading(root)):
        with duckdb.connect() as con:
            con.execute(f"set timezone = '{zone}'")
            source.load(con, delivery, reading(root))
            rows += con.execute(select).fetchall()
    return rows


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("bill.csv", "bill (1).csv", id="a file downloaded twice"),
        pytest.param("a/bill.csv", "b/bill.csv", id="in two directories"),
        pytest.param("a-00001.csv", "b-00001.csv", id="two exports"),
        pytest.param("file-1/a.csv", "file-2/a.csv", id="below directories called file-"),
        pytest.param("bill.csv", "bill.csv.gz", id="packed and unpacked"),
        pytest.param("a/bill-00001.csv", "b/bill-00002.csv", id="parts in two directories"),
        pytest.param(f"{MONTH}/bill.csv", f"{MONTH}/bill (1).csv", id="in the directory of the month"),
        pytest.param(f"{MONTH}/bill.csv", "bill.csv", id="in the directory of the month and above"),
    ],
)
def test_copies_are_refused(home: Home, one: str, other: str) -> None:
    for name in (one, other):
        text(home.exports / name, DAYS)
    with pytest.raises(FinopsError, match=r"2026-10.*(count twice|one part in two formats)") as caught:
        home.sync()
    assert all(name.partition("-0")[0] in str(caught.value) for name in (Path(one).name, Path(other).name))


def test_two_sources_of_one_month_are_refused_wherever_they_stand(home: Home) -> None:
    """As the same directory under another name is."""
    text(home.exports / "file-1" / "bill.csv", DAYS)
    text(home.exports / "file-2" / "bill.csv", DAYS)
    home.configure(sources="".join(f'[[sources]]\nkind = "cur"\npath = "exports/file-{n}"\n' for n in (1, 2)))
    with pytest.raises(
        FinopsError, match=r"delivered by .*of cur:exports/file-1 and .*of cur:exports/file-2"
    ):
        home.sync()


def test_one_directory_by_two_names_is_refused(home: Home) -> None:
    text(home.exports / "bill.csv", DAYS)
    home.configure(
        sources=f'[[sources]]\nkind = "cur"\npath = "exports"\n[[sources]]\nkind = "cur"\npath = "{home.exports}"\n'
    )
    with pytest.raises(FinopsError, match=r"bill.csv of cur:/.*/exports and .*bill.csv of cur:exports;"):
        home.sync()


@pytest.mark.parametrize("again", ["exports", "./exports", "exports/"])
def test_one_directory_named_twice_is_refused(home: Home, again: str) -> None:
    text(home.exports / "bill.csv", DAYS)
    home.configure(sources=SOURCE + SOURCE.replace("exports", again))
    with pytest.raises(ConfigError, match=r"finops.toml: \[\[sources\]\] has cur:exports 2 times; keep one"):
        home.sync()


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_an_older_version_beside_a_newer_is_a_copy(tmp_path: Path, suffix: str) -> None:
    write = parquet if suffix == ".parquet" else text
    write(tmp_path / MONTH / f"bill{suffix}", DAYS[:12])
    write(tmp_path / MONTH / f"bill (1){suffix}", [*DAYS[:11], line("2026-10-12 10:00", 99), *DAYS[12:]])
    with pytest.raises(SourceError, match=r"bill \(1\).* and bill.* tell 11 lines alike.*remove one"):
        load(tmp_path, "from usage")


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        pytest.param(["a.csv", "b.csv"], [DAYS[:12], DAYS[12:]], id="names of their own, lines of their own"),
        pytest.param(
            ["a.csv", "b.csv"], [DAYS[:12], [*DAYS[10:12], *DAYS[12:]]], id="a few lines that look alike"
        ),
        pytest.param(["a-00001.csv", "a-00002.csv"], [DAYS, DAYS], id="numbered, every line alike"),
    ],
)
def test_parts_are_added(tmp_path: Path, names: Sequence[str], parts: Sequence[Sequence[Row]]) -> None:
    for name, rows in zip(names, parts, strict=True):
        text(tmp_path / MONTH / name, rows)
    billed = sum(row["line_item_unblended_cost"] for rows in parts for row in rows)
    assert load(tmp_path, "select sum(gross_usd) from usage") == [(billed,)]


@pytest.mark.parametrize(
    ("columns", "place"),
    [
        pytest.param({"usd": "NaN"}, "line_item_unblended_cost is 'NaN'.*a plain number", id="a cost of NaN"),
        pytest.param({"usd": "1,234.50"}, "line_item_unblended_cost is '1,234.50'", id="a thousands separator"),
        pytest.param({"usd": "1e12"}, "line_item_unblended_cost is '1e12'.*below a trillion", id="a trillion"),
        pytest.param({"net": "free"}, "line_item_net_unblended_cost is 'free'", id="net in words"),
        pytest.param({"list_usd": "$1"}, "pricing_public_on_demand_cost is '\\$1'", id="a dollar sign"),
        pytest.param({"amount": "1e30"}, "line_item_usage_amount is '1e30'.*10\\^26", id="a nonillion tokens"),
        pytest.param({"line_item_usage_start_date": "garbage"}, "line_item_usage_start_date is 'garbage'.*a time",
                     id="no date"),
        pytest.param({"line_item_usage_start_date": ""}, "line_item_usage_start_date is empty", id="an empty date"),
        pytest.param({"bill_billing_period_start_date": "Oct"}, "bill_billing_period_start_date is 'Oct'",
                     id="no month"),
        pytest.param({"tags": "{x"}, "tags is '{x'.*a JSON object", id="half a map"),
        pytest.param({"product": "[1]"}, r"product is '\[1\]'.*a JSON object", id="a list for a map"),
    ],
)  # fmt: skip
def test_a_value_is_named_with_its_place(tmp_path: Path, columns: Row, place: str) -> None:
    other = line(code="AmazonEC2", usd="not ours", product_product_family="", product_servicecode="AmazonEC2")
    rows = [other, DAYS[1], line(**{"net": 1} | columns), DAYS[2], line("2026-10-09 10:00", "wrong as well")]
    text(
        tmp_path / MONTH / "a-00001.csv", [DAYS[3] | {"line_item_net_unblended_cost": 1}] * 5, sorted(rows[2])
    )
    text(tmp_path / MONTH / "a-00002.csv", rows, sorted(rows[2]))
    with pytest.raises(
        SourceError, match=rf"a-00002\.csv: row 3 below the header: {place}.*correct the row$"
    ):
        load(tmp_path, "from usage")


def test_a_value_in_parquet_is_named_with_its_place(tmp_path: Path) -> None:
    """JSON has no NaN, so the file is written anew."""
    file = parquet(tmp_path / "bill.parquet", DAYS)
    with duckdb.connect() as con:
        rows = con.read_parquet(str(file)).fetchall()
        assert len(rows) == 20
        con.execute(f"create table bill as from '{file}'")
        con.execute("update bill set line_item_unblended_cost = 'nan' where line_item_unblended_cost = 7")
        con.table("bill").write_parquet(str(file))
    with pytest.raises(SourceError, match=r"bill\.parquet: row 7: line_item_unblended_cost is 'nan'"):
        load(tmp_path, "from usage")


def test_a_column_is_named_as_its_file_names_it(tmp_path: Path) -> None:
    legacy_csv(tmp_path, [line(usd="1,0")])
    with pytest.raises(SourceError, match="lineItem/UnblendedCost is '1,0'"):
        load(tmp_path, "from usage")


def test_a_sum_beyond_the_ledger_is_not_called_damage(tmp_path: Path) -> None:
    text(tmp_path / "bill.csv", [line(usd="900000000000")] * 3)
    with pytest.raises(SourceError, match=r"bill\.csv: .*2700000000000.*more than a trillion dollars"):
        load(tmp_path, "from usage")


@pytest.mark.parametrize("when", ["before it is listed", "before it is read"])
def test_a_file_that_vanishes_is_told(tmp_path: Path, when: str) -> None:
    file = text(tmp_path / "bill.csv", DAYS)
    source = Cur(path=".")
    (delivery,) = source.deliveries(reading(tmp_path))
    file.unlink()
    gone = pytest.raises(SourceError, match=r"bill\.csv: is gone.*sync again|no \.parquet")
    if when == "before it is listed":
        with gone:
            source.deliveries(reading(tmp_path))
    else:
        with duckdb.connect() as con, gone:
            source.load(con, delivery, reading(tmp_path))


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_hours_are_utc_in_every_zone(tmp_path: Path, zone: str) -> None:
    """Engines that write CUR anew may type its times with a zone."""
    file = parquet(tmp_path / "bill.parquet", [line("2026-10-01 00:00")])
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create table bill as from '{file}'")
        for column in ("line_item_usage_start_date", "bill_billing_period_start_date"):
            con.execute(f"alter table bill alter {column} type timestamptz")
        con.table("bill").write_parquet(str(file))
    assert load(tmp_path, "select billing_period, hour from usage", zone) == [
        ("2026-10", datetime(2026, 10, 1))
    ]
    assert load(tmp_path, "from reach", zone) == [(datetime(2026, 10, 1),)]


OTHER = {"code": "AmazonEC2", "product_product_family": "", "product_servicecode": "AmazonEC2"}


@pytest.mark.parametrize(
    ("row", "reach"),
    [
        pytest.param(line("2026-10-07 13:30", **OTHER), 7, id="a later line of another service"),
        pytest.param(line("2026-10-03 13:30", **OTHER), 5, id="an earlier one"),
        pytest.param(line("2026-10-31 23:00", type="Tax"), 5, id="a tax line, dated ahead"),
    ],
)
def test_a_bill_reaches_as_far_as_any_usage(tmp_path: Path, row: Row, reach: int) -> None:
    cur2(tmp_path, [line("2026-10-05 13:00"), row])
    assert load(tmp_path, "from reach") == [(datetime(2026, 10, reach, 13),)]


def test_a_csv_reaches_as_far_as_its_bedrock_lines(tmp_path: Path) -> None:
    """Its lines are parsed once, and others are let go."""
    cur2_csv(tmp_path, [line("2026-10-05 13:00"), line("2026-10-07 13:00", **OTHER)])
    assert load(tmp_path, "from reach") == [(datetime(2026, 10, 5, 13),)]


def test_a_bill_without_usage_reaches_nowhere(tmp_path: Path) -> None:
    cur2(tmp_path, [line(type="Tax")])
    assert load(tmp_path, "from reach") == []
