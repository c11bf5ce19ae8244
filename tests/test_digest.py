"""A digest says what was spent and what moved, is sent once, and is one line on a quiet day."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bill import ACCOUNT, Row, cur2, line
from home import Home
from pydantic import SecretStr
from typer.testing import CliRunner

from finops import config, pipeline
from finops.channels import Console, PagerDuty, Webhook, named
from finops.commands.context import Context
from finops.commands.digest import app
from finops.errors import ConfigError, FinopsError
from finops.model import Digest, Message
from finops.reports import digest
from finops.rules.files import Limits, known_rules
from finops.schedule.timetable import At, Digests
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LAST = date(2026, 11, 18)  # the last complete day of the bill: a Wednesday
FIRST = LAST - timedelta(days=69)
BROKEN_DOOR = '[[channels]]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n[[channels]]\nkind = "console"\n'


Usd = Callable[[str, date], float]


def bill(usd: Usd) -> list[Row]:
    """Of two workloads and what nobody claims, a line a day each; no line where `usd` is nothing."""
    return [
        line(f"{day} 23:00", amount, amount=amount * 1000, resource_tags={"Workload": name} if name else {})
        for day in (FIRST + timedelta(days=n) for n in range(70))
        for name in ("search", "chat", "")
        if (amount := usd(name, day))
    ]


def steady(name: str, day: date) -> float:
    return {"search": 100, "chat": 40, "": 0}[name]


def spiked(name: str, day: date) -> float:
    return 500 if (name, day) == ("search", LAST) else steady(name, day)


def weekly_job(name: str, day: date) -> float:
    """Each Wednesday five times a Tuesday: usual for the day, and yet three times the day before."""
    return steady(name, day) * (5 if name == "chat" and day.weekday() == 2 else 1)


def untagged(name: str, day: date) -> float:
    return 20 if name == "" and day == LAST else steady(name, day)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Usd], Home]:
    @cache
    def make(usd: Usd) -> Home:
        home = Home(tmp_path_factory.mktemp("digest") / "home")
        cur2(home.exports, bill(usd))
        home.sync(NOW)
        return home

    return make


@pytest.fixture
def made(synced: Callable[[Usd], Home], tmp_path: Path) -> Callable[..., Home]:
    def make(usd: Usd, more: str = "") -> Home:
        home = synced(usd).copy(tmp_path / "home")
        home.configure(more)
        return home

    return make


def told(
    home: Home,
    now: datetime = NOW,
    period: digest.Period = "daily",
    day: date = LAST,
    alerts: Sequence[Path] = (),
    limits: Limits = Limits(),
) -> Message:
    with pipeline.published(home.path) as con, State(home.path / FILE) as state:
        rule = digest.literal(known_rules({}, alerts))
        return digest.compose(con, "k", period, day, now, state.incidents(), rule, limits)


def parts(message: Message) -> Digest:
    assert message.digest is not None
    return message.digest


def lines(message: Message, title: str) -> tuple[str, ...]:
    return dict(parts(message).sections).get(title, ())


def test_a_quiet_day_is_one_line(made: Callable[..., Home]) -> None:
    message = told(made(steady))
    assert message.headline == "Bedrock, Wed 18 Nov: $140.00 (0% vs usual) · nothing open"
    assert parts(message).model_dump(include={"quiet", "lead", "workloads", "sections"}) == {
        "quiet": True, "lead": "", "workloads": (), "sections": (),
    }  # fmt: skip


def test_how_many_more_moved_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    names = [f"new-{n}" for n in range(7)]
    cur2(home.exports, bill(steady) + [
        line(f"{LAST} 23:00", 100, amount=100_000, resource_tags={"Workload": name}) for name in names
    ])  # fmt: skip
    home.sync(NOW)
    *moved, rest = lines(told(home), "Moved")
    assert ([one.split()[0] for one in moved], rest) == (names[:5], "and 2 more")


def test_what_moved_is_named_with_its_dollars_and_why(made: Callable[..., Home]) -> None:
    message = told(made(spiked))
    assert message.headline == "Bedrock, Wed 18 Nov: $540.00 (+286% vs usual) · nothing open"
    (moved,) = lines(message, "Moved")
    assert moved.startswith("search +$400.00 (+400%): ")
    assert "+$400.00" in moved.split(": ", 1)[1], "the cause accounts for all of it"
    assert parts(message).lead.startswith(
        "$540.00: +286% against a usual Wednesday, +286% against the Wednesday"
    )
    assert "November so far $2,920 net, heading for " in parts(message).lead


def test_of_a_month_that_went_on_nobody_knows_where_it_was_heading(made: Callable[..., Home]) -> None:
    before = LAST - timedelta(days=1)
    home = made(lambda name, day: 500 if (name, day) == ("search", before) else steady(name, day))
    lead = parts(told(home, day=before)).lead
    assert "November by then $2,780 net" in lead
    assert "heading" not in lead


def test_the_table_has_every_dollar_of_the_days(made: Callable[..., Home]) -> None:
    found = parts(told(made(spiked), period="weekly"))
    assert [
        (one.workload, str(one.usd), str(one.usual_usd), str(one.before_usd)) for one in found.workloads
    ] == [
        ("search", "1100.00", "700.00", "700.00"),
        ("chat", "280.00", "280.00", "280.00"),
    ]
    assert found.total is not None
    assert found.total.usd == sum(one.usd for one in found.workloads) == 1380
    assert [(day, str(usd)) for day, usd in found.total.series][-2:] == [
        (LAST - timedelta(days=1), "140.00"), (LAST, "540.00"),
    ]  # fmt: skip


def test_every_threefold_day_is_listed_whatever_its_weekday_usually_is(made: Callable[..., Home]) -> None:
    message = told(made(weekly_job))
    assert lines(message, "3 times the day before") == ("chat $200.00 after $40.00 (5.0x)",)
    assert lines(message, "Moved") == ()


HEADER = 'title = "t"\nseverity = "warn"\nheadline = "h"\nsummary = "s"\nwhy = "w"\nnext_step = "n"\n'


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("selec 1", id="no SQL"),
        pytest.param(f"/*---\n{HEADER}---*/\nselect 'x' as subject where false", id="another rule"),
    ],
)
def test_a_file_of_the_users_for_the_rule_of_spikes_stops_no_digest(
    made: Callable[..., Home], tmp_path: Path, sql: str
) -> None:
    (tmp_path / "spend_spike.sql").write_text(sql)
    message = told(made(weekly_job), alerts=[tmp_path])
    assert lines(message, "3 times the day before") == ("chat $200.00 after $40.00 (5.0x)",)


PARAMS = "".join(f'[params.{name}]\nvalue = {value}\nunit = "times"\n'
                 for name, value in (("ratio", "3"), ("guard", "true")))  # fmt: skip


def test_threefold_days_that_cannot_be_had_are_not_known(made: Callable[..., Home], tmp_path: Path) -> None:
    (tmp_path / "spend_spike.sql").write_text(
        f"/*---\n{HEADER}{PARAMS}---*/\nselect $ratio, $guard from nowhere where day = $day"
    )
    (unknown,) = lines(told(made(steady), alerts=[tmp_path]), "Not known")
    assert unknown.startswith(
        "not all that cost 3 times the day before: Catalog Error: Table with name nowhere"
    )


def test_a_digest_keeps_to_the_limits_of_a_rule(made: Callable[..., Home]) -> None:
    home = made(lambda name, day: (5 if day == LAST else 1) * steady(name, day))
    message = told(home, limits=Limits(rule_findings=1))
    assert lines(message, "3 times the day before") == ("search $500.00 after $100.00 (5.0x)",)
    (unknown,) = lines(message, "Not known")
    assert unknown.startswith("not all that cost 3 times the day before: spend_spike found 2 offenders")


def test_what_cannot_be_said_is_said(made: Callable[..., Home]) -> None:
    home = made(untagged)
    assert lines(told(home), "Not known") == (
        "12.5% of the dollars ($20.00) have no workload; in the four weeks before it was 0.0%",
    )
    (late, _) = lines(told(home, NOW + timedelta(days=4)), "Not known")
    assert late == "the bill is complete through Wed 2026-11-18 only"


def test_budgets_stand_with_how_far_they_are(made: Callable[..., Home]) -> None:
    home = made(spiked, '[[budgets]]\nname = "all of it"\namount_usd = 3000\n')
    home.sync(NOW)
    (line,) = lines(told(home), "Budgets")
    assert line == "all of it: $2,920 of $3,000 (97%), heading for $5,286 (176%), full on Thu 2026-11-19"


def test_what_was_spent_since_is_estimated_where_tokens_are_counted(tmp_path: Path) -> None:
    arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/ours"
    tokens = {"usage_type": "USE1-NovaPro-input-tokens", "resource": arn}
    home = Home(tmp_path / "home")
    cur2(home.exports, [
        line(f"2026-11-{day} 23:00", usd, amount=usd * 250, resource_tags={"Workload": "search"}, **tokens)
        for day, usd in ((16, 4), (17, 4), (18, 40))
    ])  # fmt: skip
    stream = home.path / "stream" / "points.json"
    stream.parent.mkdir()
    stream.write_text("\n".join(used(day, hour) for day, hour in ((19, 23), (20, 6))))
    home.configure('[[sources]]\nkind = "metric_stream"\npath = "stream"\n')
    home.sync(NOW)
    message = told(home)
    assert lines(message, "Since then, by tokens alone") == (
        "Thu 2026-11-19: $4.00, estimated", "Fri 2026-11-20 until 07:00: $4.00, estimated",
    )  # fmt: skip
    assert lines(told(home, day=date(2026, 11, 17)), "Since then, by tokens alone") == (), (
        "the bill has these days"
    )


def used(day: int, hour: int) -> str:
    """A million tokens of input in that hour."""
    at = int(datetime(2026, 11, day, hour, tzinfo=UTC).timestamp() * 1000)
    count = {"sum": 1_000_000, "count": 1, "min": 0, "max": 1_000_000}
    return json.dumps({
        "metric_stream_name": "s", "account_id": ACCOUNT, "region": "us-east-1", "namespace": "AWS/Bedrock",
        "metric_name": "InputTokenCount", "dimensions": {"ModelId": "ours"}, "timestamp": at, "value": count,
        "unit": "Count",
    })  # fmt: skip


def test_open_incidents_stand_with_age_and_owner(made: Callable[..., Home]) -> None:
    home = made(spiked)
    pipeline.check(home.path, config.read(home.path, {}), NOW)
    message = told(home, NOW + timedelta(days=1))
    (spike, *_) = [line for line in lines(message, "Open") if "spend 5.0x the usual Wednesday" in line]
    assert spike.startswith("[WARN] search spend 5.0x the usual Wednesday · for a day · ")
    assert "open: " in message.headline
    (first,) = lines(message, "Do first")
    assert first.startswith("Ask ")


def outcome(home: Home, *arguments: str, now: datetime = NOW) -> Any:
    done = CliRunner().invoke(app, list(arguments), obj=Context(home.path, False, now))
    if done.exception and not isinstance(done.exception, FinopsError | SystemExit):
        raise done.exception
    return done


def test_it_is_sent_once_a_day_and_once_a_week(made: Callable[..., Home]) -> None:
    home = made(steady)
    sent = "Bedrock, Wed 18 Nov: $140.00 (0% vs usual) · nothing open"
    first = outcome(home)
    assert (sent in first.stdout, first.stderr) == (True, "digest-daily-2026-11-20: sent to console\n")
    again = outcome(home, now=NOW + timedelta(hours=9))
    assert (again.stdout, again.stderr) == ("", "digest-daily-2026-11-20: console had it already\n")
    weekly = [outcome(home, "--weekly", now=NOW + timedelta(days=days)).stderr for days in (0, 2, 3)]
    assert weekly == [
        "digest-weekly-2026-W47: sent to console\n",
        "digest-weekly-2026-W47: console had it already\n",
        "digest-weekly-2026-W48: sent to console\n",
    ]
    assert sent in outcome(home, now=NOW + timedelta(days=1)).stdout, "the next morning"


def test_a_dry_run_prints_it_and_leaves_it_to_be_sent(made: Callable[..., Home]) -> None:
    home = made(spiked)
    shown = outcome(home, "--dry-run")
    assert "Moved\n    search +$400.00" in shown.stdout
    assert json.loads(outcome(home, "--dry-run", "--json").stdout)["digest"]["period"] == "daily"
    assert outcome(home).stderr == "digest-daily-2026-11-20: sent to console\n"


def test_a_channel_that_is_down_is_told_later_and_another_meanwhile(made: Callable[..., Home]) -> None:
    home = made(steady, BROKEN_DOOR + '[digest]\nchannels = ["webhook"]\n')
    done = outcome(home)
    assert done.exit_code == 2
    assert "finops: webhook: no answer" in done.stderr
    assert "nothing open" in done.stdout, "the console tells it meanwhile"
    with State(home.path / FILE) as state:
        assert [one.attempts for one in state.pending("webhook", NOW + timedelta(hours=2))] == [1]


HOOK = Webhook(url=SecretStr("https://x.example"))
PAGER = PagerDuty(routing_key=SecretStr("k"))


@pytest.mark.parametrize(
    ("wanted", "channels", "names"),
    [
        pytest.param([], [HOOK, Console()], ["webhook"], id="the first"),
        pytest.param([], [PAGER, HOOK], ["webhook"], id="the first that is no pager"),
        pytest.param([], [PAGER], ["console"], id="nobody but a pager"),
        pytest.param(["console"], [HOOK, Console()], ["console"], id="the one that is named"),
    ],
)
def test_who_gets_it(wanted: list[str], channels: list[Any], names: list[str]) -> None:
    assert digest.readers(wanted, named(channels)) == names


@pytest.mark.parametrize(
    ("settings", "timings"),
    [
        pytest.param(
            {}, [At(job="digest", at="08:00"), At(job="weekly digest", at="08:00", weekday="monday")],
            id="as shipped",
        ),
        pytest.param({"daily": "off", "weekly": "off"}, [], id="never"),
        pytest.param(
            {"daily": "off", "weekly": "Fri 16:30"}, [At(job="weekly digest", at="16:30", weekday="friday")],
            id="on Fridays",
        ),
    ],
)  # fmt: skip
def test_when(settings: dict[str, str], timings: list[At]) -> None:
    assert list(Digests.model_validate(settings).timings()) == timings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('daily = "8:00"', 'a time of day in UTC, such as "08:00", or "off"', id="an hour"),
        pytest.param('weekly = "Monday 08:00"', 'such as "Mon 08:00", or "off"', id="a day"),
        pytest.param('dayly = "08:00"', "unknown key; did you mean daily?", id="a key"),
    ],
)
def test_settings_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "finops.toml").write_text(f"[digest]\n{text}\n")
    with pytest.raises(ConfigError, match=message):
        config.read(tmp_path, {})


def test_a_cause_that_cannot_be_had_costs_no_digest_and_asks_for_no_one_day(
    made: Callable[..., Home],
) -> None:
    with pipeline.published(made(spiked).path) as con:
        con.execute("create temp table drivers_daily as select 1 as one")  # a view that cannot be read
        message = digest.compose(con, "k", "daily", LAST, NOW, (), digest.literal(()), Limits())
        assert con.execute("select getvariable('explained_day')").fetchall() == [(None,)]
    (moved,) = lines(message, "Moved")
    assert moved.startswith("search +$400.00 (+400%): could not be found out: Binder Error")
