"""`finops replay`: what would have been sent, from the ledger or from a file of series, and nothing touched."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bill import cur2, line
from home import NOW, Home

from finops import pipeline
from finops.config import Settings
from finops.errors import ConfigError
from finops.reports import replay
from finops.reports.replay import Sent
from finops.rules.files import known_rules
from finops.sources import Prices

FIRST = date(2026, 8, 3)  # a Monday
PROD = {"Workload": "search", "Environment": "prod"}
Value = tuple[int, str, float, int | None]  # day number, subject, usd, and days until it is known


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def calm(subject: str, days: int, usd: float = 100) -> list[Value]:
    return [(n, subject, usd, None) for n in range(days)]


def written(file: Path, values: list[Value], **keys: str) -> Path:
    """A CSV; `known_on` only where some value says when."""
    told = any(known is not None for *_, known in values)
    rows = [
        {"day": day(n), "subject": subject, "usd": usd, **keys}
        | ({"known_on": day(n + (known or 1))} if told else {})
        for n, subject, usd, known in values
    ]
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def ran(home: Home, *arguments: str) -> str:
    done = home.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told(found: Iterable[Sent]) -> list[tuple[str, str, int, int]]:
    """Rule, subject, the number of the day and that of the morning."""
    return [(one.rule, one.subject, (one.day - FIRST).days, (one.sent_on - FIRST).days) for one in found]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = tmp_path_factory.mktemp("empty")
    pipeline.sync(home, Settings(sources=(Prices(),)), NOW)
    with pipeline.published(home) as con:
        yield con


def replayed(
    con: duckdb.DuckDBPyConnection, file: Path, first: int = 55, last: int = 90, rule: str = ""
) -> list[Sent]:
    replay.know_file(con, file)
    wanted = [one for one in known_rules({}) if rule in ("", one.name)]
    return list(replay.replay(con, wanted, day(first), day(last), of_file=True).sent)


CALM = calm("search", 60)
LATE = [(n, "search", 100.0, 1) for n in range(57)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(CALM, [], id="nothing happens"),
        pytest.param([*CALM, (60, "search", 500, None)], [("spend_spike", "search", 60, 61)], id="a spike"),
        pytest.param([*CALM, (60, "search", 250, None)], [("spend_anomaly", "search", 60, 61)], id="an anomaly"),
        pytest.param([*CALM, *((n, "search", 500, None) for n in (60, 61, 62))], [("spend_spike", "search", 60, 61)],
                     id="what lasts is told once"),
        pytest.param([*CALM, *calm("chat", 66)], [("spend_drop", "search", 61, 64)],
                     id="a drop, when two days are final; days without a row cost nothing"),
        pytest.param([*CALM, *((n, "chat", 200, None) for n in range(57, 60))], [("spend_spike", "chat", 57, 58)],
                     id="a newcomer that is a spike is told as that"),
        pytest.param([*LATE, (57, "search", 90, 1), (57, "search", 500, 2)], [("spend_spike", "search", 57, 59)],
                     id="a late day, when it is known"),
        pytest.param([*LATE, (57, "search", 500, 1), (57, "search", 100, 2)], [("spend_spike", "search", 57, 58)],
                     id="a day that is restated was told"),
        pytest.param([*LATE, (57, "search", 10, 1), (57, "search", 100, 2), (58, "search", 10, 1),
                      (58, "search", 100, 2),
                      (59, "search", 100, 1)], [], id="partial days are no drop"),
        pytest.param([*LATE, (20, "search", 9000, 37), (57, "search", 500, 1)], [("spend_spike", "search", 57, 58)],
                     id="an old day restated today was another one yesterday"),
    ],
)  # fmt: skip
def test_a_series_is_judged_as_it_was_known(
    empty: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    values: list[Value],
    expected: list[tuple[str, str, int, int]],
) -> None:
    assert told(replayed(empty, written(tmp_path / "series.csv", values))) == expected


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param({30}, id="one day"),
        pytest.param({n for n in range(60) if day(n).weekday() > 4}, id="weekends"),
    ],
)
def test_days_that_nobody_has_shift_no_other(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, lacking: set[int]
) -> None:
    values = [*(one for one in CALM if one[0] not in lacking), (60, "search", 500, None)]
    found = replayed(empty, written(tmp_path / "series.csv", values))
    assert told(found) == [("spend_spike", "search", 60, 61)]


def test_a_columns_name_may_be_written_in_capitals(empty: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    rows = [f"{day(n)},search,{500 if n == 60 else 100},{day(n + 1)}" for n in range(61)]
    file.write_text("\n".join(["Day,Subject,USD,Known_On", *rows]), encoding="utf-8")
    assert told(replayed(empty, file)) == [("spend_spike", "search", 60, 61)]


def test_what_is_known_of_a_message(home: Home) -> None:
    """From Parquet, with keys of its own; the day's dollars beside those that were expected."""
    file = home.path / "series.parquet"
    source = written(home.path / "series.csv", [*CALM, (60, "search", 500, None)],
                     workload="search", model="Nova Pro", environment="prod", cell="7")  # fmt: skip
    with duckdb.connect() as con:
        con.read_csv(str(source)).write_parquet(str(file))
    (sent,) = json.loads(ran(home, "--json", "replay", "--series", str(file), "--from", "2026-10-01"))
    assert sent.pop("summary").startswith("search spent $500.00 on Friday 02 Oct (Nova Pro)")
    assert sent == {
        "rule": "spend_spike", "day": "2026-10-02", "sent_on": "2026-10-03", "subject": "search", "direction": "up",
        "severity": "page", "reason": "opened", "usd": 500, "expected": 100, "stake_usd": 400, "workload": "search",
        "model": "Nova Pro", "environment": "prod", "cell": 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        pytest.param(
            {"first": 58, "rule": "spend_anomaly"}, ["spend_anomaly"], id="one rule, which yields to nobody"
        ),
        pytest.param({"first": 58, "last": 59}, [], id="until the day before"),
        pytest.param({"first": 60}, ["spend_spike"], id="from the day on"),
        pytest.param({"first": 61}, [], id="from the day after"),
    ],
)
def test_a_span_and_a_rule(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, span: dict[str, Any], expected: list[str]
) -> None:
    file = written(tmp_path / "series.csv", [*CALM, (60, "search", 500, None), *calm("chat", 63)])
    assert [one.rule for one in replayed(empty, file, **span)] == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("s.csv", "day,subject\n2026-01-01,a\n", "no column usd", id="no dollars"),
        pytest.param("s.csv", "day,subject,usd\n2026-13-01,a,1\n", "row 1: its day is 2026-13-01, no", id="no date"),
        pytest.param("s.csv", "day,subject,usd\n2026-01-01,a,1\n2026-01-02,a,x\n", "row 2: its usd is x", id="words"),
        pytest.param("s.csv", "day,subject,usd\n2026-01-01,a,1e300\n", "row 1: its usd is 1e300", id="absurd"),
        pytest.param("s.csv", "day,subject,usd\n99999-01-01,a,5\n", "row 1: its day is 99999-01-01, no date", id="far"),
        pytest.param("s.csv", "day,subject,usd\n2026-01-01,,1\n", "row 1: it has no subject", id="nobody"),
        pytest.param("s.csv", "day,subject,usd\n2026-01-01,a,1\n2026-01-01,a,2\n", "there more than once", id="twice"),
        pytest.param("s.csv", "day,subject,usd,known_on\n2026-01-01,a,1,2026-01-01\n", "before 2026-01-01 was over",
                     id="known before it was over"),
        pytest.param("s.json", "{}", "is neither .parquet nor .csv", id="another kind of file"),
        pytest.param("s.parquet", "no", "too small to be a Parquet file; write it anew, as PARQUET", id="no Parquet"),
        pytest.param("s.csv", "day,subject,usd\n2026-01-01,a\n2026-01-02,b,2,3\n", "as many fields in each row",
                     id="rows of unequal length"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        replay.know_file(empty, tmp_path / name)


def test_a_file_that_is_not_there_is_said_so(empty: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"s\.csv: no such file"):
        replay.know_file(empty, tmp_path / "s.csv")


@pytest.mark.parametrize(
    ("days", "span", "message"),
    [
        pytest.param([0, 9], (5, 2), "--to 2026-08-05 is before --from 2026-08-08", id="the wrong way round"),
        pytest.param([0, 9], (20, 30), "only 2026-08-03 to 2026-08-12 is known", id="later than is known"),
        pytest.param([0, 99_999], (None, None), "is a day mistyped?", id="hundreds of years"),
    ],
)
def test_a_span_that_is_none_is_refused(
    empty: duckdb.DuckDBPyConnection, tmp_path: Path, days: list[int],
    span: tuple[int | None, int | None], message: str,
) -> None:  # fmt: skip
    replay.know_file(empty, written(tmp_path / "s.csv", [(n, "search", 1, None) for n in days]))
    first, last = (None if n is None else day(n) for n in span)
    with pytest.raises(ConfigError, match=re.escape(message)):
        replay.replay(empty, [], first, last, of_file=True)


@pytest.fixture
def spiky(home: Home) -> Home:
    usd = [100] * 40 + [500] + [100] * 9
    cur2(home.exports, [line(f"{day(n)} 23:00", amount, resource_tags=PROD) for n, amount in enumerate(usd)])
    home.sync()
    return home


def test_the_ledger_is_replayed_and_the_state_left_alone(spiky: Home) -> None:
    found = json.loads(ran(spiky, "--json", "replay", "--from", str(day(38)), "--to", str(day(42))))
    spikes = [(one["subject"], one["day"], one["sent_on"]) for one in found if one["rule"] == "spend_spike"]
    assert spikes == [("search", str(day(40)), str(day(41)))]
    assert not (spiky.path / "state.sqlite").exists()


def test_what_is_planned_is_not_in_a_replay(spiky: Home) -> None:
    window = f'[[planned]]\nworkload = "search"\nfrom = {day(40)}\nto = {day(41)}\nreason = "sale"\n'
    spiky.configure(window)
    of = ("replay", "--rule", "spend_spike", "--from", str(day(38)), "--to", str(day(42)))
    assert json.loads(ran(spiky, "--json", *of)) == []


def test_a_subject_is_printed_as_it_is(home: Home) -> None:
    name = "[red]boss[/red] [/] x"
    cur2(home.exports, [
        line(f"{day(n)} 23:00", 900 if n == 39 else 100, resource_tags={"Workload": name}) for n in range(40)
    ])  # fmt: skip
    home.sync()
    assert name in ran(home, "replay", "--rule", "spend_spike", "--from", str(day(36)))


def test_no_rule_sees_a_day_after_the_morning_that_is_looked_at(home: Home) -> None:
    """On the last of sixty days there are dollars of a kind that nobody knows."""
    lines = [line(f"{day(n)} 23:00", 100, resource_tags=PROD) for n in range(60)]
    lines.append(line(f"{day(59)} 23:00", 70, resource_tags=PROD, line_item_usage_type="USE1-Nobody-knows"))
    cur2(home.exports, lines)
    home.sync()
    found = json.loads(ran(home, "--json", "replay", "--rule", "unclassified_usage", "--from", str(day(50))))
    assert [(one["rule"], one["day"]) for one in found] == [("unclassified_usage", str(day(59)))]


def test_a_person_sees_what_people_said(spiky: Home) -> None:
    ran(spiky, "check", "--day", str(day(40)))
    incidents = json.loads(ran(spiky, "incidents", "list", "--json"))
    (incident,) = [one for one in incidents if one["rule"] == "spend_spike"]
    ran(spiky, "incidents", "feedback", incident["id"], "not-an-anomaly")
    lines = ran(
        spiky, "replay", "--rule", "spend_spike", "--from", str(day(37)), "--to", str(day(43))
    ).splitlines()
    assert lines[1].split()[:6] == ["Sun", "2026-09-13", "page", "spend_spike", "search", "2026-09-12"]
    assert lines[3].split() == ["spend_spike", "1", "1.0", "1", "0", "1", "0%"]
    assert "1 messages, 1.0 a week" in lines[4]
