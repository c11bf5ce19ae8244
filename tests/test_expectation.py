"""What a day is expected to cost, by the ledger and by a check: series without holes, weekdays, levels, noise."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

from bill import cur2, line
from home import NOW, Home

from finops import pipeline
from finops.config import Settings
from finops.reports import replay
from finops.rules import expectation
from finops.sources import Prices


def test_expected_daily_fills_days_and_leaves_the_last_two_out(tmp_path: Path) -> None:
    """Ten days of $10, a day without a line, one of $50: nothing of the last three days is in the baseline."""
    home = Home(tmp_path / "home")
    days = [line(f"2026-11-{d:02d} 23:00", 10, resource_tags={"Workload": "w"}) for d in range(1, 11)]
    cur2(home.exports, [*days, line("2026-11-12 23:00", 50, resource_tags={"Workload": "w"})])
    home.sync()
    columns = "day, usd, age_days, weekday_index, level_usd, expected_usd, highest_usd, sigma"
    assert home.ask(f"select {columns} from deviation_daily where day >= '2026-11-10' order by day") == [
        (date(2026, 11, 10), 10, 9, 1, 10, 10, 10, 0.29),
        (date(2026, 11, 11), 0, 10, 1, 10, 10, 10, 0.10),
        (date(2026, 11, 12), 50, 11, 1, 10, 10, 10, 0.10),
    ]


def test_a_day_without_lines_shifts_no_other_while_the_last_one_has_only_begun(tmp_path: Path) -> None:
    """Sixty days without the 41st, the dearest the 60th, and some hours of the 61st."""
    home = Home(tmp_path / "home")
    first = date(2026, 9, 1)
    bill = [
        line(
            f"{first + timedelta(days=n)} {hour}:00", 900 if n == 59 else 100, resource_tags={"Workload": "w"}
        )
        for n, hour in (*((n, 23) for n in range(60) if n != 40), (60, "05"))
    ]
    cur2(home.exports, bill)
    home.sync()
    told = home.ask(
        "select day, usd, previous_usd, expected_usd from expected_daily where age_days in (40, 41, 59)"
    )
    assert sorted(told) == [
        (date(2026, 10, 11), 0, 100, 100),
        (date(2026, 10, 12), 100, 0, 100),
        (date(2026, 10, 30), 900, 100, 100),
    ]
    assert home.ask("select max(day) from expected_daily") == [(date(2026, 10, 30),)]


def test_a_deviation_is_measured_by_what_expected_daily_says_of_the_past(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    first, chance = date(2026, 7, 1), random.Random(7)
    cur2(home.exports, [
        line(f"{first + timedelta(days=n)} 23:00", round(100 * chance.lognormvariate(0, 0.3), 2),
             resource_tags={"Workload": workload})
        for workload, age in (("old", 120), ("young", 50)) for n in range(120 - age, 120)
    ])  # fmt: skip
    home.sync()
    assert home.ask("""
        with misses as (
            select d.series_id, d.day, d.sigma, d.worst_ratio, d.highest_usd, e.usd, d.day - e.day as days_ago,
                ln((e.usd + 5) / (e.expected_usd + 5)) as miss
            from deviation_daily as d
            join expected_daily as e on e.series_id = d.series_id and e.day between d.day - 44 and d.day - 3
        ),
        measured as (
            select any_value(sigma) as sigma, any_value(worst_ratio) as worst_ratio,
                any_value(highest_usd) as highest_usd,
                case when count(miss) < 5 then 0.29
                    else greatest(0.1, 1.4826 * median(abs(miss)), quantile_cont(abs(miss), 0.9) / 1.645) end as sizes,
                exp(max(miss)) as worst, max(usd) filter (days_ago <= 37) as highest
            from misses
            group by series_id, day
        )
        select count(*), max(abs(sigma - sizes)) < 1e-9, max(abs(worst_ratio - worst)) < 1e-9,
            max(abs(highest_usd - highest)) < 1e-9
        from measured
    """) == [(117 + 47, True, True, True)]


def test_a_day_without_lines_has_the_labels_of_the_dearest_line_of_the_last_day(tmp_path: Path) -> None:
    """A workload of two environments stops; a third, dearer one had left it before."""
    home = Home(tmp_path / "home")
    cur2(home.exports, [
        line(f"2026-11-{d:02d} 23:00", usd, resource_tags={"Workload": "w", "Environment": name})
        for name, usd, days in (("old", 9000, (1, 2)), ("dev", 1, (3, 4, 5)), ("prod", 900, (3, 4, 5)))
        for d in days
    ] + [line("2026-11-07 23:00", resource_tags={"Workload": "other"})])  # fmt: skip
    home.sync()
    assert home.ask(
        "select distinct environment from series_daily where workload = 'w' and day > '2026-11-05'"
    ) == [("prod",)]


def test_a_credit_owns_nothing(tmp_path: Path) -> None:
    """A workload stops, and is given back money under other labels."""
    home = Home(tmp_path / "home")
    spent = [
        line(f"2026-11-{d:02d} 23:00", resource_tags={"Workload": "w", "Environment": "prod"})
        for d in range(1, 5)
    ]
    credit = line(
        "2026-11-09 23:00", -5, type="Credit", resource_tags={"Workload": "w", "Environment": "other"}
    )
    cur2(home.exports, [*spent, credit, line("2026-11-10 23:00", resource_tags={"Workload": "x"})])
    home.sync()
    assert home.ask("select distinct environment from series_daily where workload = 'w'") == [("prod",)]


def test_less_than_nothing_makes_no_day_unusual(tmp_path: Path) -> None:
    """Money that comes back as negative usage: $-60, -$5, and days of it."""
    home = Home(tmp_path / "home")
    first, back = date(2026, 9, 21), {20: -60, 30: -5, 33: -60, 34: -60, 35: -60, 36: -60}
    cur2(home.exports, [
        line(f"{first + timedelta(days=n)} 23:00", back.get(n, 20 + n % 3), resource_tags={"Workload": "w"})
        for n in range(50)
    ])  # fmt: skip
    home.sync()
    assert home.ask("""
        select bool_and(isfinite(deviation) and isfinite(sigma) and isfinite(worst_ratio) and weekday_index >= 0)
        from deviation_daily
        where age_days > 9
    """) == [(True,)]


def test_in_a_file_of_business_days_mondays_are_dear_and_fridays_are_not(tmp_path: Path) -> None:
    """A week that lacks days is compared with the mean of those it has."""
    first = date(2026, 8, 3)  # a Monday
    days = [first + timedelta(days=n) for n in range(84) if n % 7 < 5]
    rows = [f"{day},w,{500 if day.weekday() == 0 else 100}" for day in days]
    (tmp_path / "days.csv").write_text("\n".join(["day,subject,usd", *rows]))
    pipeline.sync(tmp_path, Settings(sources=(Prices(),)), NOW)
    with pipeline.published(tmp_path) as con:
        replay.know_file(con, tmp_path / "days.csv")
        replay.replay(con, [], of_file=True)
        assert con.execute("""
            select dayname(day), expected_usd::decimal(9, 2)
            from expected_settled
            where day between '2026-10-19' and '2026-10-23'
            order by day
        """).fetchall() == [
            ("Monday", 500), ("Tuesday", 100), ("Wednesday", 100), ("Thursday", 100), ("Friday", 100)
        ]  # fmt: skip


def test_a_check_expects_of_days_before_what_the_ledger_does_or_nothing(tmp_path: Path) -> None:
    """One series is older than what a check holds, one is younger."""
    home = Home(tmp_path / "home")
    first, chance = date(2026, 4, 1), random.Random(7)
    cur2(home.exports, [
        line(f"{first + timedelta(days=n)} 23:00", round(100 * chance.lognormvariate(0, 0.3), 2),
             resource_tags={"Workload": workload})
        for workload, age in (("old", 230), ("young", 120)) for n in range(230 - age, 230)
    ])  # fmt: skip
    home.sync()
    asked = (
        "select workload, day, usd, age_days, weekday_index, expected_usd from expected_daily order by all"
    )
    with pipeline.published(home.path) as con:
        ledger = con.execute(asked).fetchall()
        expectation.prepare(con, first + timedelta(days=228))
        check = con.execute(asked).fetchall()
    known = 228 - expectation.PAST + expectation.WEEKS
    assert check == [row for row in ledger if row[0] == "young" or row[3] >= known]
