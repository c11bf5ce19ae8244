"""What is wrong with a bill is said in one sentence, and the published ledger stays as it was."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from bill import Row, cur2, cur2_csv, legacy, line, manifest, parquet, text
from home import NOW, SOURCE, Home, reading

from finops import pipeline
from finops.errors import FinopsError, LedgerError, SourceError
from finops.rules import judge
from finops.rules.files import Limits, known_rules
from finops.sources.cur import Cur

GOOD = line("2026-10-05 10:00", 8, resource_tags={"Workload": "search"})
BAD = "2026-11-05 10:00"  # bad lines are of the month after, so that the good one is there to be lost


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("bad") / "home")
    cur2(home.exports, [GOOD])
    home.sync()
    return home


@pytest.fixture
def good(tmp_path: Path, once: Home) -> Home:
    """A home with one published generation of $8."""
    return once.copy(tmp_path / "home")


def november(root: Path) -> Path:
    return cur2(root, [line(BAD, 1)] * 9, parts=2)


def truncated(root: Path) -> None:
    file = november(root)
    file.write_bytes(file.read_bytes()[:-100])


def damaged_inside(root: Path) -> None:
    file = november(root)
    content = file.read_bytes()
    file.write_bytes(content[:200] + bytes(400) + content[600:])


def not_parquet(root: Path) -> None:
    november(root).write_text("<html>AccessDenied</html>")


def csv_with(root: Path, change: Callable[[str], str]) -> None:
    file = cur2_csv(root, [line(BAD, n) for n in range(5)])
    content = gzip.decompress(file.read_bytes()).decode()
    file.write_bytes(gzip.compress(change(content).encode("latin-1")))


def row_too_long(root: Path) -> None:
    csv_with(root, lambda content: content.replace("\r\n", ",surplus\r\n").replace(",surplus", "", 3))


def row_too_short(root: Path) -> None:
    csv_with(root, lambda content: content.rstrip().rpartition(",")[0])


def csv_cut_short(root: Path) -> None:
    file = cur2_csv(root, [line(BAD, n, line_item_operation=f"{n * 7919}") for n in range(5)])
    file.write_bytes(file.read_bytes()[:-20])


def csv_not_a_number(root: Path) -> None:
    cur2_csv(root, [line(BAD, "one dollar")])


def csv_parts_differ(root: Path) -> None:
    text(root / "billing_period=2026-11" / "a.csv", [line(BAD)])
    text(root / "billing_period=2026-11" / "b.csv", [line(BAD)], ["line_item_usage_type"])


def not_utf8_in_parquet(root: Path) -> None:
    file = cur2(root, [line(BAD, resource_tags={"Workload": "qqqqqqqq"})])
    parquet(file, [line(BAD, resource_tags={"Workload": "qqqqqqqq"})], compression="uncompressed")
    file.write_bytes(file.read_bytes().replace(b"qqqqqqqq", b"caf\xe9 caf"))


def not_utf8_in_csv(root: Path) -> None:
    csv_with(root, lambda content: content.replace("search-prod", "caf\xe9"))


def another_report(root: Path) -> None:
    parquet(
        root / "focus.parquet",
        [{"BilledCost": "1", "ChargePeriodStart": "2026-11-01", "ServiceName": "Bedrock"}],
    )


def both_reports(root: Path) -> None:
    november(root)
    legacy(root, [line(BAD)], report="old")


def parquet_beside_csv(root: Path) -> None:
    parquet(root / "billing_period=2026-11" / "a.parquet", [line(BAD)])
    text(root / "billing_period=2026-11" / "b.csv", [line(BAD)])


def missing_part(root: Path) -> None:
    november(root).unlink()


def two_currencies(root: Path) -> None:
    cur2(root, [line(BAD, 1), line(BAD, 1, currency="CNY")])


def another_currency(root: Path) -> None:
    cur2(root, [line(BAD, 1, currency="EUR")])


def more_than_a_ledger_holds(root: Path) -> None:
    cur2(root, [line(BAD, 1e13)])


FAULTS = [
    pytest.param(truncated, r"BILLING_PERIOD=2026-11/org-cur-00001.*copy it again", id="truncated Parquet"),
    pytest.param(damaged_inside, r"org-cur-00001.*copy it again", id="Parquet damaged inside"),
    pytest.param(not_parquet, r"org-cur-00001.*copy it again", id="an error page called .parquet"),
    pytest.param(row_too_long, r"org-cur-00001\.csv\.gz.*Line: [45]", id="CSV row too long"),
    pytest.param(row_too_short, r"org-cur-00001\.csv\.gz.*Line: 6", id="CSV row too short"),
    pytest.param(csv_cut_short, r"org-cur-00001\.csv\.gz.*(cut short|again)", id="CSV.gz cut short"),
    pytest.param(csv_not_a_number, r"2026-11.*one dollar", id="a cost that is no number"),
    pytest.param(
        csv_parts_differ, r"a\.csv: its parts have different columns", id="CSV parts with other columns"
    ),
    pytest.param(not_utf8_in_parquet, r"org-cur-00001.*UTF-?8", id="Parquet tag not UTF-8"),
    pytest.param(not_utf8_in_csv, r"org-cur-00001.*(?i:utf-?8)", id="CSV not UTF-8"),
    pytest.param(another_report, r"focus\.parquet: has no column line_item", id="FOCUS is another report"),
    pytest.param(both_reports, "2026-11 is delivered twice", id="two report types of one month"),
    pytest.param(
        parquet_beside_csv, r"2026-11: holds Parquet and CSV", id="Parquet and CSV in one directory"
    ),
    pytest.param(missing_part, "names s3://.*the copy is incomplete", id="manifest names a missing file"),
    pytest.param(
        two_currencies, "1 lines in CNY, first in 2026-11.*never added", id="two currencies in a period"
    ),
    pytest.param(
        another_currency, "1 lines in EUR, first in 2026-11.*--home of its own", id="a second currency"
    ),
    pytest.param(more_than_a_ledger_holds, r"2026-11.*10000000000000", id="ten trillion dollars"),
]


@pytest.mark.parametrize(("arrange", "message"), FAULTS)
def test_a_fault_is_told_and_the_ledger_untouched(
    good: Home, arrange: Callable[[Path], None], message: str
) -> None:
    before = good.standing()
    arrange(good.exports)
    with pytest.raises(FinopsError, match=message) as caught:
        good.sync()
    assert caught.value.exit_code == 2
    assert good.standing() == before
    assert good.ask("select sum(gross_usd) from attributed") == [(8,)]


def test_two_sources_of_one_month_are_refused(good: Home) -> None:
    cur2(good.path / "copy", [GOOD])
    good.configure(sources=SOURCE + SOURCE.replace("exports", "copy"))
    with pytest.raises(
        LedgerError, match=r"2026-10 of payer 999988887777 is delivered by .*exports.* and .*copy"
    ):
        good.sync()
    assert good.ask("select generation, checksum_usd from meta") == [(1, 8)]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root reads everything; the test must not."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.mark.parametrize("what", ["directory", "file"])
def test_no_permission(tmp_path: Path, what: str) -> None:
    file = cur2(tmp_path / "exports", [GOOD])
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o711)
    target = file if what == "file" else file.parent
    tmp_path.chmod(0o755)
    target.chmod(0)
    try:
        with (
            as_nobody(),
            pytest.raises(SourceError, match=r"BILLING_PERIOD=2026-10.*[Pp]ermission denied.*read access"),
        ):
            read_everything(tmp_path)
    finally:
        target.chmod(0o755)


def read_everything(base: Path) -> None:
    source = Cur(path="exports")
    for delivery in source.deliveries(reading(base)):
        with duckdb.connect() as con:
            source.load(con, delivery, reading(base))


KEPT = [
    pytest.param(line(BAD, -3), "negative usage", id="usage below zero"),
    pytest.param(line(BAD, 1e9), "absurd amount", id="a billion dollars in an hour"),
    pytest.param(line(BAD, 5, amount=1e17), "tokens that cannot be counted", id="more tokens than bigint counts"),
    pytest.param(line(BAD, 5, amount=-1000), "negative count", id="a negative count of tokens"),
    pytest.param(line(BAD, 5, amount=0.001), "absurd price per token", id="a price of a wrong unit"),
    pytest.param(line(BAD, 5, amount=0), "absurd price per token", id="dollars for no token"),
    pytest.param(line(BAD, 5, amount=None), "tokens that cannot be counted", id="a token line without an amount"),
    pytest.param(line(BAD, 5, type="Surcharge"), "unknown line type Surcharge", id="a line type nobody knows"),
    pytest.param(line(BAD, 5, type=None), "unknown line type", id="no line type"),
    pytest.param(line(BAD, 5, unit="gross of tokens"), "unknown unit 'gross of tokens'", id="a unit nobody knows"),
    pytest.param(line(BAD, 5, usage_type="USE1-Quux-frobs"), "unknown usage type", id="a usage type nobody knows"),
    pytest.param(line(BAD, 5, usage_type=None), "no usage type", id="no usage type"),
    pytest.param(line(BAD, 5, account=None), None, id="no account"),
    pytest.param(line(BAD, 5, resource_tags={"Workload": "é " * 200 + "<!channel>"}), None, id="a tag in any script"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "flag"), KEPT)
def test_what_is_odd_is_kept_to_the_cent_and_flagged(good: Home, row: Row, flag: str | None) -> None:
    cur2(good.exports, [row, line("2026-11-07 00:00", 1)])
    good.sync()
    usd = Decimal(str(row["line_item_unblended_cost"]))
    assert good.ask("select sum(gross_usd) from attributed where day = '2026-11-05'") == [(usd,)]
    with pipeline.published(good.path) as con:
        (rule,) = [r for r in known_rules({}) if r.name == "unclassified_usage"]
        told = [f.summary for f in judge.offenders(con, rule, NOW.date(), NOW, Limits())]
    assert len(told) == (flag is not None)
    assert all(flag in summary for summary in told if flag)


def empty_manifest(root: Path) -> None:
    manifest(root / "org-cur/metadata/BILLING_PERIOD=2026-11", "org-cur", "2026-11", {"dataFiles": []})


def no_rows(root: Path) -> None:
    parquet(cur2(root, [line(BAD)]), [], list(line()))


def no_csv_rows(root: Path) -> None:
    text(cur2_csv(root, [line(BAD)]), [], list(line()))


def no_bedrock_rows(root: Path) -> None:
    other = line(BAD, code="AmazonEC2", product_product_family="Compute", product_servicecode="AmazonEC2")
    cur2(root, [other])


@pytest.mark.parametrize("arrange", [empty_manifest, no_rows, no_csv_rows, no_bedrock_rows])
def test_an_empty_period_is_a_period_of_nothing(good: Home, arrange: Callable[[Path], None]) -> None:
    arrange(good.exports)
    good.sync()
    assert good.ask("select sum(gross_usd) from attributed") == [(8,)]


def test_a_ledger_may_begin_empty(home: Home) -> None:
    no_bedrock_rows(home.exports)
    home.sync()
    assert home.ask("select count(*), sum(gross_usd) from attributed") == [(0, None)]
    assert home.run("status").returncode == 0


@pytest.mark.parametrize(
    ("configuration", "code", "words"),
    [
        pytest.param(SOURCE, 2, "no .parquet or .csv.gz file below it", id="a source without files"),
        pytest.param(SOURCE + "[tag]\n", 3, "tag: unknown key; did you mean tags?", id="a misspelt table"),
        pytest.param("", 3, "no [[sources]]", id="no source"),
    ],
)
def test_the_command_says_it_in_words_and_in_its_exit_code(
    home: Home, configuration: str, code: int, words: str
) -> None:
    home.configure(sources=configuration)
    done = home.run("sync")
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
