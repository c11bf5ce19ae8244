"""The whole line over a live organisation, with nothing but endpoints set: one ledger, however the bill is read."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import bill
import pytest
from home import Home
from organisation import BILLS, LINES, NOW, RUNGS, SETTINGS, Organisation, later, standing

from finops.errors import SourceError

TOLD = "select * from attributed order by all"


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    with standing(tmp_path_factory.mktemp("bill") / "exports") as made:
        yield made


@pytest.fixture(scope="module")
def homes(organisation: Organisation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Home]:
    made = {name: Home(tmp_path_factory.mktemp(name) / "home") for name in BILLS}
    for name, home in made.items():
        home.configure(SETTINGS, sources=BILLS[name])
        if name == "files":
            bill.cur2(home.exports, LINES)
        synced = home.sync(NOW)
        assert synced.unreachable == {}, synced
    return made


@pytest.mark.parametrize("name", ["s3", "athena"])
def test_the_ledger_is_the_same_from_everywhere(homes: dict[str, Home], name: str) -> None:
    assert homes[name].ask(TOLD) == homes["files"].ask(TOLD)


@pytest.mark.parametrize("name", BILLS)
def test_every_dollar_is_attributed(homes: dict[str, Home], name: str) -> None:
    billed = sum(Decimal(str(line["line_item_unblended_cost"])) for line in LINES[:-1])
    assert homes[name].ask("select sum(gross_usd) from attributed") == [(billed,)]


@pytest.mark.parametrize("name", BILLS)
def test_every_rung_names_somebody(homes: dict[str, Home], name: str) -> None:
    assert dict(homes[name].ask("select distinct workload, attribution from attributed")) == RUNGS


def test_shares_are_as_the_log_and_the_functions_tell(homes: dict[str, Home]) -> None:
    shared = homes["s3"].ask(
        "select workload, sum(gross_usd) from attributed where attribution like '%split' group by all order by all"
    )
    assert shared == [
        ("alpha", Decimal("12.5")),
        ("beta", Decimal("37.5")),
        ("invoices", Decimal(15)),
        ("letters", Decimal(45)),
    ]


def test_requests_have_the_workload_of_their_profile(homes: dict[str, Home]) -> None:
    counted = homes["s3"].ask(
        "select workload, requests from requests_hourly where namespace = 'AWS/Bedrock' order by workload"
    )
    assert counted == [("catalog", 7), ("search", 5)]


def test_every_source_says_how_far_it_reaches(homes: dict[str, Home]) -> None:
    told = homes["athena"].ask("select kind, problem from freshness where kind <> 'prices' order by kind")
    assert told == [(kind, None) for kind in ("athena", "cloudwatch", "inventory", "invocation_log")]


@pytest.mark.parametrize("name", BILLS)
def test_what_is_unchanged_is_not_asked_for_again(
    homes: dict[str, Home], organisation: Organisation, name: str
) -> None:
    statements = len(organisation.athena.statements)
    synced = homes[name].sync(NOW)
    assert (synced.read, synced.published, len(organisation.athena.statements)) == ((), False, statements)


def test_an_hour_later_only_what_moves_is_asked(homes: dict[str, Home], organisation: Organisation) -> None:
    before = homes["s3"].ask(TOLD)
    organisation.cloudwatch.now = later(1)
    synced = homes["s3"].sync(later(1))
    assert [origin.partition(" ")[0] for origin in synced.read] == ["CloudWatch"]
    assert homes["s3"].ask(TOLD) == before


def test_commands_of_a_process_of_their_own_see_the_same(homes: dict[str, Home]) -> None:
    asked = homes["s3"].run("sql", "--format", "csv", "select sum(gross_usd) as usd from attributed")
    assert asked.stdout.split() == ["usd", "280.000000000007"]
    assert homes["s3"].run("status").returncode == 0


SYNC = f"""
import sys
from pathlib import Path
from datetime import datetime
from finops import config, pipeline
home = Path(sys.argv[1])
pipeline.sync(home, config.read(home, {{}}), datetime.fromisoformat("{NOW.isoformat()}"))
"""


@pytest.mark.parametrize("questions", [2, 25])
def test_a_sync_killed_between_two_questions_is_healed_by_the_next(
    homes: dict[str, Home], organisation: Organisation, tmp_path: Path, questions: int
) -> None:
    organisation.cloudwatch.now = NOW
    home = Home(tmp_path / "home")
    home.configure(SETTINGS, sources=BILLS["s3"])
    before = organisation.cloudwatch.asked.total() + organisation.bedrock.asked.total()
    with subprocess.Popen([sys.executable, "-c", SYNC, str(home.path)], stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if (
                organisation.cloudwatch.asked.total() + organisation.bedrock.asked.total() - before
                >= questions
            ):
                process.kill()
            time.sleep(0.005)
    assert process.returncode == -signal.SIGKILL
    home.sync(NOW)
    for view in ("attributed", "requests_hourly", "calls_daily", "splits_daily"):
        told = f"select * from {view} order by all"
        assert home.ask(told) == homes["s3"].ask(told), view


def test_what_was_paid_for_before_a_fault_is_not_asked_again(
    homes: dict[str, Home], organisation: Organisation, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    stream = '[[sources]]\nkind = "metric_stream"\npath = "stream"\n'
    home.configure(SETTINGS, sources=BILLS["athena"])
    (home.path / "finops.toml").write_text((home.path / "finops.toml").read_text() + stream)
    damaged = home.path / "stream" / "2026" / "11" / "18" / "x.gz"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x1f\x8b not gzip")
    with pytest.raises(SourceError, match="damaged"):
        home.sync(NOW)
    statements, asked = len(organisation.athena.statements), organisation.cloudwatch.asked.total()
    damaged.unlink()
    (home.path / "finops.toml").write_text((home.path / "finops.toml").read_text().replace(stream, ""))
    home.sync(NOW)
    assert (len(organisation.athena.statements), organisation.cloudwatch.asked.total()) == (statements, asked)
    assert home.ask(TOLD) == homes["athena"].ask(TOLD)


def test_a_source_that_was_never_reached_is_told_everywhere(homes: dict[str, Home], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.configure(SETTINGS.replace("s3://logs", "s3://nologs"), sources=BILLS["s3"])
    assert "NoSuchBucket" in home.sync(NOW).unreachable["invocation_log:s3://nologs"]
    assert home.ask("select kind, deliveries from freshness where problem is not null") == [
        ("invocation_log", 0)
    ]
    assert "invocation_log:s3://nologs: not reached" in home.run("status").stdout
    assert home.run("sync").returncode == 2
    found = home.run("--json", "check")
    assert "invocation_log:s3://nologs was never reached" in found.stdout
