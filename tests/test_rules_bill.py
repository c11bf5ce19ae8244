"""A day of the bill that cannot be trusted is told, and judged by no spend rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from alert_cases import DAY, judged, spent
from bill import Row, cur2, line
from home import NOW, Home

from finops import config, pipeline
from finops.rules import judge
from finops.rules.files import known_rules

WORKLOADS = ("search", "chat", "claims", "code")
Change = Callable[[date, str, int], str | None]


def usual(day: date, workload: str, hour: int) -> str:
    """Never the same to the cent on two days."""
    return f"{10 + WORKLOADS.index(workload) + day.toordinal() % 7 / 100:.2f}"


def bill(change: Change, last: date = DAY) -> list[Row]:
    """Six weeks of four lines a day and workload, as `change` has them; None is a line that is missing."""
    lines = []
    for ago in range(42):
        day = last - timedelta(days=ago)
        for workload in WORKLOADS:
            for hour in range(4):
                usd = change(day, workload, hour)
                if usd is not None:
                    lines.append(
                        spent(day, usd, workload, "prod", amount=100 * float(usd))
                        | {"line_item_usage_start_date": f"{day} {20 + hour}:00:00"}
                    )
    return lines


def stopped(day: date, workload: str, hour: int) -> str | None:
    """Of the last day there is a line of one workload, in its last hour, and it is a spike."""
    if day == DAY:
        return "900" if (workload, hour) == ("chat", 3) else None
    return usual(day, workload, hour)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param(usual, None, id="a day like any other"),
        pytest.param(lambda d, w, h: None if d == DAY and h < 3 else usual(d, w, h), "not all there", id="some"),
        pytest.param(lambda d, w, h: None if d == DAY and h < 2 else usual(d, w, h), None, id="half of it"),
        pytest.param(
            lambda d, w, h: None if d == DAY and w != "search" else usual(d, w, h), "not all there", id="one of four"
        ),
        pytest.param(
            lambda d, w, h: None if d == DAY and w == "search" else usual(d, w, h), None, id="one workload is still"
        ),
        pytest.param(
            lambda d, w, h: usual(d - timedelta(days=1) if d == DAY else d, w, h), "that of the day before", id="frozen"
        ),
        pytest.param(lambda d, w, h: "10", None, id="always the same"),
    ],
)  # fmt: skip
def test_bill_incomplete(home: Home, change: Change, fault: str | None) -> None:
    cur2(home.exports, bill(change))
    home.sync()
    assert [f.facts["fault"] for f in judged(home, "bill_incomplete", {})] == ([fault] if fault else [])


def test_a_day_without_any_line_is_not_all_there(home: Home) -> None:
    """The day after it says that it is over."""
    cur2(home.exports, bill(lambda d, w, h: None if d == DAY else usual(d, w, h), DAY + timedelta(days=1)))
    home.sync()
    assert [(f.facts["fault"], f.facts["lines"]) for f in judged(home, "bill_incomplete", {})] == [
        ("not all there", "0")
    ]


def test_days_that_the_bill_lacks_are_no_collapse_however_old(home: Home) -> None:
    """Nor is one that it lacked four weeks before the usual of that weekday."""
    lost = {DAY, DAY - timedelta(days=1), DAY - timedelta(days=21)}
    cur2(home.exports, bill(lambda d, w, h: None if d in lost else usual(d, w, h), DAY + timedelta(days=4)))
    home.sync(NOW + timedelta(days=4))
    with pipeline.published(home.path) as con:
        found = judge.check(con, known_rules({}), DAY + timedelta(days=1), NOW + timedelta(days=4)).findings
    assert {(f.rule, f.day) for f in found} == {
        ("bill_incomplete", DAY), ("bill_incomplete", DAY - timedelta(days=1))
    }  # fmt: skip


def test_a_workload_of_two_bills_is_not_settled_before_the_slower_one(tmp_path: Path) -> None:
    """What it costs in the faster one is no collapse; a bill that ended long ago holds nothing back."""
    home = Home(tmp_path / "home")
    sources = [
        f'[[sources]]\nkind = "cur"\npath = "{home.path / name}"\n' for name in ("fast", "slow", "ended")
    ]
    (home.path / "finops.toml").write_text("".join(sources))
    for payer, (name, usd, late) in enumerate((("fast", 100, 0), ("slow", 900, 5), ("ended", 50, 35))):
        days = (DAY - timedelta(days=ago) for ago in range(late, 60))
        rows = [
            line(
                f"{day} 23:00", usd, amount=usd, payer=f"99999999999{payer}", resource_tags={"Workload": "w"}
            )
            for day in days
        ]
        cur2(home.path / name, rows, export=name)
    home.sync()
    with pipeline.published(home.path) as con:
        found = judge.check(con, known_rules({}), DAY, NOW).findings
    assert {f.rule for f in found} == {"source_stale"}
    assert home.ask(
        "select min(day) from series_daily where basis = 'provisional' and day > '2026-11-01'"
    ) == [(DAY - timedelta(days=6),)]


def test_a_day_that_is_not_all_there_is_judged_when_it_is(home: Home) -> None:
    """The spike of its one line is told by nobody, until the bill is whole."""
    cur2(home.exports, bill(stopped))
    home.sync()
    known = known_rules({})
    with pipeline.published(home.path) as con:
        late = judge.check(con, known, DAY, NOW)
    cur2(home.exports, bill(lambda d, w, h: stopped(d, w, h) or usual(d, w, h)))
    home.sync()
    with pipeline.published(home.path) as con:
        whole = judge.check(con, known, DAY, NOW)
    assert {(f.rule, f.day) for f in late.findings} == {("bill_incomplete", DAY)}
    assert late.evaluated["spend_spike"] == DAY - timedelta(days=1)
    assert {(f.rule, f.subject, f.day) for f in whole.findings} == {("spend_spike", "chat", DAY)}


def test_a_day_that_is_whole_only_days_later_is_judged_then(home: Home) -> None:
    """By then it is settled, and none of the days that a check looks at again."""

    def partly(day: date, workload: str, hour: int) -> str | None:
        return None if day == DAY and workload != "search" else usual(day, workload, hour)

    def wholly(day: date, workload: str, hour: int) -> str:
        return "900" if (day, workload, hour) == (DAY, "chat", 3) else usual(day, workload, hour)

    told = [looked(home, partly, 0), looked(home, partly, 4), looked(home, wholly, 5)]
    assert told == [{("bill_incomplete", DAY)}, set(), {("spend_spike", DAY)}]


def looked(home: Home, change: Change, later: int) -> set[tuple[str, date]]:
    """What a check tells of the bill as it is so many days later."""
    days = timedelta(days=later)
    cur2(home.exports, bill(change, DAY + days))
    home.sync(NOW + days)
    ran = pipeline.check(home.path, config.read(home.path, {}), NOW + days)
    return {(n.incident.rule, n.incident.finding.day) for n in ran.decision.notices if n.reason == "opened"}


def test_an_empty_day_of_the_bill_is_not_a_collapse(home: Home) -> None:
    """A line of another service says that the day is complete."""
    cur2(
        home.exports,
        bill(lambda d, w, h: usual(d, w, h) if d < DAY else ("0.01" if (w, h) == ("code", 3) else None)),
    )
    home.sync()
    with pipeline.published(home.path) as con:
        found = judge.check(con, known_rules({}), DAY, NOW).findings
    assert {f.rule for f in found} == {"bill_incomplete"}


@pytest.mark.parametrize(
    ("day", "fires"),
    [
        pytest.param(NOW.date(), False, id="today"),
        pytest.param(NOW.date() + timedelta(days=1), True, id="tomorrow"),
    ],
)
def test_bill_ahead(tmp_path: Path, day: date, fires: bool) -> None:
    home = Home(tmp_path / "home")
    cur2(home.exports, [spent(DAY, "1", "search"), spent(day, "2", "search")])
    home.sync()
    found = judged(home, "bill_ahead", {})
    assert [(f.subject, f.usd) for f in found] == [("the bill", 2)] * fires
