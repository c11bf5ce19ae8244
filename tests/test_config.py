"""finops.toml and the environment: strict, with the nearest right word in every refusal."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from finops import config
from finops.channels import Slack, Sns, Webhook, named
from finops.doctor.channels import lines
from finops.errors import ConfigError
from finops.model import Window
from finops.reports import digest
from finops.setup.directory import WHOM_TO_TELL

PLANNED = (
    '[[planned]]\nworkload = "search-api"\nfrom = 2026-11-27\nto = 2026-11-30\nreason = "Black Friday"\n'
)
SLACK = '[[channels]]\nkind = "slack"\n'
HOOK = "https://hooks.slack.test/services/T/B/x"


def read(home: Path, text: str, **environment: str) -> config.Settings:
    (home / "finops.toml").write_text(text, encoding="utf-8")
    return config.read(home, environment)


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "our-alerts").mkdir()
    settings = read(
        tmp_path,
        """
        production = ["live"]
        alerts = ["our-alerts"]
        [[sources]]
        kind = "cur"
        path = "exports"
        cost_categories = true
        [[sources]]
        kind = "prices"
        [tags]
        workload = ["Workload", "app"]
        [accounts.111122223333]
        team = "search"
        [principals."role/indexer"]
        workload = "indexer"
        [cost_categories]
        team = "Business Unit"
        [[workloads]]
        name = "claims"
        unit = "states:claims"
        [[workloads]]
        name = "chat"
        [rules.spend_spike]
        ratio = 2.5
        [rules.spend_spike.workloads.batch]
        ratio = 10
        """,
    )
    assert [source.kind for source in settings.sources] == ["cur", "prices"]
    assert (settings.tags.workload, settings.tags.team) == (("Workload", "app"), ("Team",))
    assert dict(settings.plan.naming.accounts["111122223333"].given()) == {"team": "search"}
    assert [(one.name, one.namespace, one.resource) for one in settings.plan.workloads] == [
        ("claims", "AWS/States", "claims"),
        ("chat", "AWS/Bedrock", None),
    ]
    assert (settings.rules["spend_spike"].model_extra or {})["ratio"] == Decimal("2.5")
    assert settings.alerts == (tmp_path / "our-alerts",)


def test_planned_days_are_whole_days_of_utc(tmp_path: Path) -> None:
    (planned,) = read(tmp_path, PLANNED).planned
    assert planned.window == Window(
        name="search-api", first_day=date(2026, 11, 27), until=datetime(2026, 12, 1, tzinfo=UTC),
        by="finops.toml: Black Friday",
    )  # fmt: skip


def test_nothing_is_needed(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert (settings.sources, settings.channels) == ((), ())
    assert "prod" in settings.production


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("sorces = []", "sorces: unknown key; did you mean sources?", id="a table"),
        pytest.param('[[sources]]\nkind = "cur"\npath = "x"\nexprot = "y"', "unknown key; did you mean export?",
                     id="of a source"),
        pytest.param('[[sources]]\nkind = "curr"\npath = "x"',
                     "prices; did you mean cur?",
                     id="a kind of source"),
        pytest.param('[[channels]]\nkind = "teams"',
                     "channels.0: kind 'teams' is none of console, slack, webhook", id="nothing near"),
        pytest.param('[[sources]]\nkind = "cur"', "sources.0.cur.path: is missing", id="a key left out"),
        pytest.param('[[sources]]\npath = "x"', "sources.0: has no kind; there is cur, athena,",
                     id="a kind left out"),
        pytest.param('[tags]\nworklod = ["x"]', "tags.worklod: unknown key; did you mean workload?", id="of a tag"),
        pytest.param('[tags]\nworkload = "x"', 'tags.workload: expected a list of texts, such as ["x"]',
                     id="a word for a list"),
        pytest.param("[tags]\nworkload = 5", 'expected a list of texts, such as ["Workload"]', id="a number as list"),
        pytest.param("[tags]\nworkload = [5]", 'tags.workload.0: expected a text, such as "search"', id="not texts"),
        pytest.param('[sources]\nkind = "cur"', "sources: expected a list of tables, each under [[sources]]",
                     id="a table for a list of them"),
        pytest.param('sources = ["cur"]', "sources.0: expected a table", id="a word for a table"),
        pytest.param('tags = "x"', "tags: expected a table", id="a word for the tags"),
        pytest.param("[rules]\nspend_spike = 3", "rules.spend_spike: expected a table", id="a number for a table"),
        pytest.param('[[sources]]\nkind = "prices"\ndiscount = 25', "discount: expected less than or equal to 1",
                     id="percent for a share"),
        pytest.param('[[sources]]\nkind = "prices"\ndiscount = "x"', "discount: expected a number", id="no number"),
        pytest.param("[accounts.12]\nteam = 'x'", "accounts.12: expected an account id of twelve digits",
                     id="an account id too short"),
        pytest.param("[accounts.111122223333]\nteems = 'x'", "did you mean team?", id="of an account"),
        pytest.param('[principals."role/x"]\nenviroment = "x"', "did you mean environment?", id="of a principal"),
        pytest.param('[cost_categories]\nowner = "x"', "[cost_categories] owner: not one of workload, team",
                     id="of a cost category"),
        pytest.param('[[workloads]]\nname = "x"\nunits = "y"', "unknown key; did you mean unit?", id="of a workload"),
        pytest.param('[[workloads]]\nname = "x"\nunit = "sqs:y"', "workloads.0.unit: expected bedrock_invocations,",
                     id="a unit"),
        pytest.param(SLACK + 'chanel = "#x"', "unknown key; did you mean channel?", id="of a channel"),
        pytest.param("[rules.spend_spike]\nseverity = 'loud'", "severity: expected 'info', 'warn' or 'page'",
                     id="a severity"),
        pytest.param("[rules.spend_spke]", "[rules.spend_spke]: no such rule; did you mean spend_spike?", id="a rule"),
        pytest.param("[rules.spend_spike]\nration = 2", "no parameter ration; did you mean ratio?", id="a parameter"),
        pytest.param("[rules.spend_spike]\nenabld = false", "no parameter enabld; did you mean enabled?",
                     id="a key of every rule"),
        pytest.param(PLANNED + "until = 2026-11-30", "planned.0.until: unknown key", id="of a plan"),
        pytest.param(PLANNED.replace("to", "tos"), "did you mean to?", id="the end of a plan"),
        pytest.param(PLANNED.replace("2026-11-30", "'soon'"), "planned.0.to: expected a day, such as 2026-11-27",
                     id="no day"),
        pytest.param(PLANNED.replace("2026-11-30", "2026-11-20"), "ends on 2026-11-20, before it begins on 2026-11-27",
                     id="a plan that ends before it begins"),
        pytest.param(PLANNED.replace("2026-11-30", "9999-12-31"), "'Black Friday': ends on 9999-12-31, the last day",
                     id="a plan for ever"),
        pytest.param(PLANNED.replace("2026-11-27", "2026-11-27T08:00:00Z"),
                     "planned.0.from: expected a day, such as 2026-11-27, without a time", id="an hour for a day"),
        pytest.param('[[workloads]]\nname = ""', "workloads.0.name: expected a text that is not empty", id="no name"),
        pytest.param("[schedule]\ndeadline_minutes = 1e30", "deadline_minutes: expected less than or equal to 44640",
                     id="a deadline for ever"),
        pytest.param("[schedule]\nsync_minutes = 1e300", "sync_minutes: expected less than or equal to 44640",
                     id="never again"),
        pytest.param("[schedule]\nkeep_runs_days = 999999999999", "keep_runs_days: expected less than or equal to 3660",
                     id="before the calendar"),
        pytest.param(PLANNED + 'team = "shop"', "'Black Friday': give `workload` or `team`", id="a plan of both"),
        pytest.param("[owners]\nsearch = 'ana'", "owners.search: expected an e-mail address, or the id of a Slack user",
                     id="an owner"),
        pytest.param('alerts = ["nowhere"]', "nowhere: no such directory", id="a directory"),
        pytest.param("sources = [", "finops.toml: ", id="no TOML"),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_refused_with_the_nearest_right_one(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "finops.toml") in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"channels\.0\.webhook\.url: expected a text") as caught:
        read(tmp_path, '[[channels]]\nkind = "webhook"\nurl = ["https://x.test/secret"]')
    assert "x.test" not in str(caught.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, 'sorces = []\n[tags]\nworklod = ["x"]')
    assert len(str(caught.value).splitlines()) == 2


def test_a_missing_file_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"finops\.toml: not there; .*finops"):
        config.read(tmp_path, {})


def test_a_byte_order_mark_is_no_statement(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + 'production = ["live"]').production == ("live",)


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_bytes(b'[tags]\nworkload = ["caf\xe9"]')
    with pytest.raises(ConfigError, match=r"finops\.toml: .*utf-8"):
        config.read(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        pytest.param("FINOPS_SLACK_WEBHOOK", "FINOPS_SLACK_WEBHOOK_URL", id="cut short"),
        pytest.param("FINOPS_SLCK_TOKEN", "FINOPS_SLACK_TOKEN", id="a letter less"),
        pytest.param("FINOPS_SLACK_TOKEN_FIEL", "FINOPS_SLACK_TOKEN_FILE", id="letters swapped"),
    ],
)
def test_a_misspelt_variable_is_refused(tmp_path: Path, name: str, nearest: str) -> None:
    with pytest.raises(ConfigError, match=f"environment: {name} is not known; did you mean {nearest}"):
        read(tmp_path, "", **{name: "x"})


def test_variables_of_others_are_theirs(tmp_path: Path) -> None:
    read(tmp_path, "", AWS_PROFILE="x", MY_FINOPS_THING="y", FINOPS_HOME="z")


@pytest.mark.parametrize("key", ["token", "webhook_url"])
def test_secrets_are_not_for_the_file(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"channels\.{key} is a secret; take it out and set FINOPS_SLACK_"):
        read(tmp_path, SLACK + f'{key} = "xoxb-1"')


def test_a_secret_from_the_environment(tmp_path: Path) -> None:
    (slack,) = read(tmp_path, SLACK, FINOPS_SLACK_WEBHOOK_URL=HOOK).channels
    assert isinstance(slack, Slack)
    assert slack.webhook_url is not None
    assert slack.webhook_url.get_secret_value() == HOOK
    assert HOOK not in repr(slack)


def test_owners_are_those_of_every_slack_channel(tmp_path: Path) -> None:
    text = (
        SLACK
        + '[channels.owners]\nads = "S0123456789"\n'
        + SLACK
        + '[owners]\nsearch = "ana@example.com"\nads = "U0123456789"\n'
    )
    first, second = read(tmp_path, text, FINOPS_SLACK_WEBHOOK_URL=HOOK).channels
    assert isinstance(first, Slack)
    assert isinstance(second, Slack)
    assert first.owners == {"search": "ana@example.com", "ads": "S0123456789"}
    assert second.owners == {"search": "ana@example.com", "ads": "U0123456789"}


def test_a_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-1\n")
    (slack,) = read(
        tmp_path, SLACK + 'channel = "#costs"', FINOPS_SLACK_TOKEN_FILE=str(tmp_path / "token")
    ).channels
    assert isinstance(slack, Slack)
    assert slack.token is not None
    assert slack.token.get_secret_value() == "xoxb-1"


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        pytest.param(SLACK, {}, "slack has no secret; set FINOPS_SLACK_WEBHOOK_URL", id="none"),
        pytest.param(SLACK, {"FINOPS_SLACK_TOKEN": "x"}, "a token needs `channel", id="a token without a channel"),
        pytest.param(SLACK, {"FINOPS_SLACK_TOKEN": "x", "FINOPS_SLACK_TOKEN_FILE": "y"}, "both .* are set; keep one",
                     id="twice"),
        pytest.param('[[channels]]\nkind = "webhook"', {}, "no address; set FINOPS_WEBHOOK_URL", id="webhook"),
        pytest.param(SLACK, {"FINOPS_SLACK_TOKEN_FILE": "/nowhere"}, "FINOPS_SLACK_TOKEN_FILE: .*No such file",
                     id="no such file"),
    ],
)  # fmt: skip
def test_a_channel_without_its_secret(
    tmp_path: Path, text: str, environment: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        config.complete(read(tmp_path, text, **environment))


def test_what_sends_nothing_needs_no_secret(tmp_path: Path) -> None:
    """A sync, housekeeping and looking run where nobody has the channel's secret."""
    settings = read(tmp_path, SLACK)
    (line,) = lines(settings)
    assert (line.subject, line.status, line.said) == ("slack", "problem", "slack has no secret")
    assert str(line.fix).startswith("set FINOPS_SLACK_WEBHOOK_URL")


PAGER = '[[channels]]\nkind = "pagerduty"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(SLACK + '[digest]\nchannels = ["slak"]', "no channel 'slak'; did you mean slack?", id="misspelt"),
        pytest.param(PAGER + '[digest]\nchannels = ["x"]', "no channel 'x'; there is pagerduty", id="not there"),
        pytest.param(PAGER + '[digest]\nchannels = ["pagerduty"]', "pagerduty is a pager", id="a pager"),
        pytest.param('[digest]\nchannels = ["slack"]', "no channel 'slack'; there is console", id="none configured"),
    ],
)  # fmt: skip
def test_who_cannot_get_a_digest_is_told_when_the_file_is_read(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"finops.toml: [digest] channels: {message}")):
        read(tmp_path, text)


def test_a_channel_below_what_init_writes_gets_the_digests(tmp_path: Path) -> None:
    settings = read(tmp_path, "\n".join([*WHOM_TO_TELL, SLACK]), FINOPS_SLACK_WEBHOOK_URL=HOOK)
    assert digest.readers(settings.digest.channels, named(settings.channels)) == ["slack"]


MAIL = '[[channels]]\nkind = "email"\nhost = "smtp.example.com"\nsender = "finops@example.com"\n'
TO = 'to = ["costs@example.com"]\n'
SNS = '[[channels]]\nkind = "sns"\n'
TOPIC = "arn:aws:sns:eu-west-1:111122223333:costs"


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        pytest.param(MAIL, {}, "channels.0.email.to: is missing", id="mail to nobody"),
        pytest.param(MAIL + "to = []", {}, "at least 1 item", id="mail to an empty list"),
        pytest.param(MAIL + 'to = ["costs"]', {}, 'a bare address, such as "costs@example.com"', id="no address"),
        pytest.param(MAIL + TO + 'user = "finops"', {}, "set FINOPS_SMTP_PASSWORD", id="a user without a password"),
        pytest.param(MAIL + TO + 'password = "x"', {}, "password is a secret; take it out and set FINOPS_SMTP_PASSWORD",
                     id="a password in the file"),
        pytest.param('[[channels]]\nkind = "pagerduty"', {}, "set FINOPS_PAGERDUTY_ROUTING_KEY", id="no routing key"),
        pytest.param(SNS, {}, "topic_arn: is missing", id="no topic"),
        pytest.param(SNS + 'topic_arn = "costs"', {}, 'a topic such as "arn:aws:sns:', id="a topic's bare name"),
    ],
)  # fmt: skip
def test_what_a_channel_needs(tmp_path: Path, text: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        config.complete(read(tmp_path, text, **environment))


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        pytest.param("", "billing", id="that of [aws]"),
        pytest.param('profile = "alerts"', "alerts", id="its own"),
    ],
)
def test_a_topic_is_published_to_with_a_profile(tmp_path: Path, text: str, profile: str) -> None:
    settings = read(tmp_path, f'[aws]\nprofile = "billing"\n{SNS}topic_arn = "{TOPIC}"\n{text}')
    (topic,) = settings.channels
    assert isinstance(topic, Sns)
    assert (topic.profile, topic.region) == (profile, "eu-west-1")


def test_a_webhook_is_signed_with_a_secret_of_the_environment(tmp_path: Path) -> None:
    (hook,) = read(
        tmp_path,
        '[[channels]]\nkind = "webhook"\n',
        FINOPS_WEBHOOK_URL="https://x.test/",
        FINOPS_WEBHOOK_SECRET="s",
    ).channels
    assert isinstance(hook, Webhook)
    assert hook.secret is not None
    assert hook.secret.get_secret_value() == "s"


@pytest.mark.parametrize("kind", ["metric_stream", "invocation_log", "inventory"])
@pytest.mark.parametrize(
    ("one", "other"),
    [("told", "./told/"), ("s3://bucket/told", "s3://bucket/told/")],
    ids=["a directory", "a prefix"],
)
def test_one_place_spelled_twice_counts_once(tmp_path: Path, kind: str, one: str, other: str) -> None:
    text = "".join(f'[[sources]]\nkind = "{kind}"\npath = "{path}"\n' for path in (one, other))
    with pytest.raises(ConfigError, match=f"has {kind}:{one} 2 times; keep one"):
        read(tmp_path, text)
