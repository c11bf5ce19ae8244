"""CloudWatch collected: what is asked, what the ledger makes of it, day after day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from fake_bedrock import Bedrock
from fake_bedrock import serving as serving_bedrock
from fake_cloudwatch import CloudWatch, Place, serving
from home import Home

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NOON = datetime(2026, 11, 19, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OWN, OTHER = "123456789012", "111122223333"
EAST, WEST = "us-east-1", "eu-west-1"
HERE: Place = (OWN, EAST)
SOURCE = '[[sources]]\nkind = "cloudwatch"\nbackfill_days = 2\n'
AWS = f'[aws]\naccounts = ["{OWN}", "{OTHER}"]\nregions = ["{EAST}", "{WEST}"]\nrole = "finops"\n'


@pytest.fixture
def bedrock(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    with serving_bedrock(Bedrock()) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", bedrock.url)
        yield bedrock


@pytest.fixture
def cloudwatch(bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    with serving(CloudWatch(NOW)) as cloudwatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url)
        yield cloudwatch


@pytest.fixture
def home(home: Home) -> Home:
    home.configure(f'[aws]\nregions = ["{EAST}"]\n', sources=SOURCE)
    return home


def sums(home: Home, *columns: str, where: str = "true") -> list[Any]:
    return home.ask(
        f"select {', '.join(columns)}, sum(sum) from datapoints where {where} group by all order by all"
    )


def test_moto_answers_the_same_way(home: Home, aws: str, bedrock: Bedrock) -> None:
    clients = {region: boto3.client("cloudwatch", region) for region in (EAST, WEST)}
    for minute, value in ((0, 1.0), (59, 2.0), (60, 4.0)):
        for region, client in clients.items():
            client.put_metric_data(
                Namespace="AWS/Bedrock",
                MetricData=[
                    {
                        "MetricName": "Invocations",
                        "Dimensions": [{"Name": "ModelId", "Value": "m1"}],
                        "Timestamp": NOON.replace(tzinfo=UTC) + timedelta(minutes=minute),
                        "Value": value if region == EAST else 10 * value,
                    }
                ],
            )
    home.configure(f'[aws]\nregions = ["{EAST}", "{WEST}"]\n', sources=SOURCE)
    home.sync(NOW)
    assert sums(home, "hour", "region", "resource") == [
        (NOON, WEST, "m1", 30.0),
        (NOON, EAST, "m1", 3.0),
        (NOON + HOUR, WEST, "m1", 40.0),
        (NOON + HOUR, EAST, "m1", 4.0),
    ]


def test_all_accounts_and_regions_are_asked_as_themselves(home: Home, cloudwatch: CloudWatch) -> None:
    home.configure(AWS, sources=SOURCE)
    for number, place in enumerate([(OWN, EAST), (OWN, WEST), (OTHER, EAST), (OTHER, WEST)], 1):
        cloudwatch.put(place, "Invocations", {NOON: number}, ModelId="m1")
    home.sync(NOW)
    assert sums(home, "account_id", "region") == [
        (OTHER, WEST, 4.0), (OTHER, EAST, 3.0), (OWN, WEST, 2.0), (OWN, EAST, 1.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("namespace", "metric", "dimensions", "row"),
    [
        pytest.param("AWS/Bedrock", "Invocations", {"ModelId": "m"}, ("ModelId", "m", None), id="model"),
        pytest.param("AWS/Bedrock", "Invocations", {}, ("", "", None), id="control total"),
        pytest.param(
            "AWS/BedrockMantle",
            "InputTokens",
            {"Project": "p", "Model": "m"},
            ("Project", "p", "m"),
            id="mantle project and model",
        ),
        pytest.param("AWS/BedrockMantle", "TotalInputTokens", {"Project": "p"}, None, id="mantle project"),
        pytest.param("AWS/BedrockMantle", "Inferences", {}, None, id="mantle account"),
        pytest.param(
            "AWS/Bedrock/Agents",
            "ModelInvocationCount",
            {"Operation": "InvokeAgent", "AgentAliasArn": "arn:a", "ModelId": "m"},
            ("AgentAliasArn", "arn:a", "m"),
            id="agent alias",
        ),
        pytest.param(
            "AWS/Bedrock/Agents",
            "InvocationCount",
            {"Operation": "InvokeAgent"},
            None,
            id="agents' operation",
        ),
        pytest.param(
            "AWS/States",
            "ExecutionsStarted",
            {"StateMachineArn": "s"},
            ("StateMachineArn", "s", None),
            id="machine",
        ),
        pytest.param(
            "AWS/States", "ExecutionTime", {"StateMachineArn": "s"}, None, id="a metric no view has"
        ),
        pytest.param("AWS/EC2", "CPUUtilization", {"InstanceId": "i"}, None, id="another namespace"),
    ],
)
def test_one_dimension_set_of_each_namespace(
    home: Home,
    cloudwatch: CloudWatch,
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    row: tuple[str, str, str | None] | None,
) -> None:
    cloudwatch.put(HERE, metric, {NOON: 5}, namespace, **dimensions)
    home.sync(NOW)
    assert sums(home, "dimension", "resource", "model_id") == ([] if row is None else [(*row, 5.0)])


def test_tiers_are_apart_and_no_view_adds_them(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON: 10}, ModelId="m")
    for served, calls in (("flex", 7), ("default", 3)):
        cloudwatch.put(
            HERE, "Invocations", {NOON: calls}, ModelId="m", ServiceTier="flex", ResolvedServiceTier=served
        )
    home.sync(NOW)
    assert home.ask("select sum(requests) from requests_hourly") == [(10,)]
    assert sums(home, "resource", "asked_tier", "service_tier", where="dimension = 'ServiceTier'") == [
        ("m", "flex", "default", 3.0),
        ("m", "flex", "flex", 7.0),
    ]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["CacheReadInputTokens"], id="the guide's name"),
        pytest.param(["CacheReadInputTokenCount"], id="the published name"),
        pytest.param(["CacheReadInputTokens", "CacheReadInputTokenCount"], id="both: max, not sum"),
    ],
)
def test_cache_metric_names_are_aliases(home: Home, cloudwatch: CloudWatch, names: list[str]) -> None:
    for name in names:
        cloudwatch.put(HERE, name, {NOON: 7, NOON + HOUR: 1}, ModelId="m")
    home.sync(NOW)
    assert sums(home, "metric") == [("CacheReadInputTokenCount", 8.0)]


@pytest.mark.parametrize(
    ("setting", "paid"),
    [
        pytest.param("", ["ours"], id="those that somebody tagged"),
        pytest.param('functions = ["named-*"]', ["named-1", "ours"], id="and those named"),
        pytest.param('functions = ["*"]', ["bare", "made", "named-1", "ours"], id="all"),
    ],
)
def test_functions_are_paid_for_where_somebody_asks_for_them(
    home: Home, cloudwatch: CloudWatch, setting: str, paid: list[str]
) -> None:
    trust = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]})
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for name, tags in (
        ("ours", {"Workload": "chat"}),
        ("made", {"aws:cloudformation:stack-name": "s"}),
        ("bare", {}),
        ("named-1", {}),
    ):
        boto3.client("lambda", EAST).create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="a.b",
            Code={"ZipFile": b"x"},
            Tags=tags,
        )
        for metric in ("Invocations", "Duration"):
            cloudwatch.put(HERE, metric, {NOON: 1}, "AWS/Lambda", FunctionName=name)
    home.configure(f'[aws]\nregions = ["{EAST}"]\n', sources=f"{SOURCE}{setting}\n")
    home.sync(NOW)
    assert sums(home, "resource") == [(name, 1.0) for name in paid]
    assert len(cloudwatch.queried) == len(paid)


def test_an_idle_throughput_is_asked_for_though_cloudwatch_has_forgotten_it(
    home: Home, cloudwatch: CloudWatch, bedrock: Bedrock
) -> None:
    arn = bedrock.throughput(OWN, EAST, "abcdefghijkl", "anthropic.claude-sonnet-4-6")
    cloudwatch.put(HERE, "Invocations", {NOON - 20 * DAY: 3}, ModelId=arn)
    home.sync(NOW)
    assert [key for key in cloudwatch.queried if key[2] == (("ModelId", arn),)] == [
        ("AWS/Bedrock", "Invocations", (("ModelId", arn),))
    ]
    assert (
        home.ask("select subject, status from collections where subject = 'AWS/Bedrock'")
        == [("AWS/Bedrock", "complete")] * 3
    )


def test_hours_count_once_they_are_over_and_quiet(home: Home, cloudwatch: CloudWatch) -> None:
    """At 09:20, with fifteen minutes of quiet, the ninth hour is the last."""
    midnight = datetime(2026, 11, 20)
    cloudwatch.put(HERE, "Invocations", {midnight + n * HOUR: 1 for n in range(10)}, ModelId="m")
    home.sync(NOW)
    assert home.ask("select max(hour) from datapoints") == [(midnight + 8 * HOUR,)]
    home.sync(NOW + 40 * timedelta(minutes=1))  # 10:00 is not quiet yet
    assert home.ask("select max(hour) from datapoints") == [(midnight + 8 * HOUR,)]
    cloudwatch.now = NOW + HOUR
    home.sync(NOW + HOUR)
    assert home.ask("select max(hour), count(*) from datapoints") == [(midnight + 9 * HOUR, 10)]


def test_an_hour_is_asked_once_and_a_day_that_is_over_never_again(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON: 1}, ModelId="m")
    first = home.sync(NOW)
    assert first.read == ("CloudWatch on 2026-11-18", "CloudWatch on 2026-11-19", "CloudWatch on 2026-11-20")
    before = cloudwatch.asked.copy()
    again = home.sync(NOW)
    assert (again.read, again.unchanged, again.published) == ((), 3, False)
    assert cloudwatch.asked == before
    cloudwatch.now = NOW + HOUR
    assert home.sync(NOW + HOUR).read == ("CloudWatch on 2026-11-20",)
    assert sums(home, "hour") == [(NOON, 1.0)]


def test_a_late_point_of_an_open_day_is_taken_up(home: Home, cloudwatch: CloudWatch) -> None:
    early = datetime(2026, 11, 20, 3)
    cloudwatch.put(HERE, "Invocations", {early: 1}, ModelId="m")
    home.sync(NOW)
    cloudwatch.put(HERE, "Invocations", {early: 5}, ModelId="m")
    cloudwatch.now = NOW + HOUR
    home.sync(NOW + HOUR)
    assert sums(home, "hour") == [(early, 5.0)]


def test_ten_days_down_are_filled_in_two_spans(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON + n * DAY: 1 for n in range(12)}, ModelId="m")
    home.sync(NOW)
    cloudwatch.now = NOW + 10 * DAY
    cloudwatch.asked.clear()
    home.sync(NOW + 10 * DAY)
    assert home.ask(
        "select hour::date::varchar, sum from datapoints where dimension = 'ModelId' order by 1"
    ) == [((NOON + n * DAY).date().isoformat(), 1.0) for n in range(11)]
    assert cloudwatch.asked[(*HERE, "GetMetricData")] == 2  # 20 to 26 November, 27 to 30


def test_ids_that_cloudwatch_has_forgotten_are_remembered(home: Home, cloudwatch: CloudWatch) -> None:
    """Down for a month; the profile was called on the first day of it, and never again."""
    cloudwatch.put(HERE, "CacheReadInputTokens", {NOON: 1, NOON + 2 * DAY: 2}, ModelId="m")
    tiers = {"ModelId": "m", "ServiceTier": "flex", "ResolvedServiceTier": "default"}
    cloudwatch.put(HERE, "Invocations", {NOON: 3, NOON + 2 * DAY: 4}, **tiers)
    home.sync(NOW)
    cloudwatch.now = NOW + 30 * DAY
    home.sync(NOW + 30 * DAY)
    assert sums(home, "hour", "dimension") == [
        (NOON, "ModelId", 1.0),
        (NOON, "ServiceTier", 3.0),
        (NOON + 2 * DAY, "ModelId", 2.0),
        (NOON + 2 * DAY, "ServiceTier", 4.0),
    ]


def test_days_beyond_retention_are_not_asked(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON: 1}, ModelId="m")
    home.configure(f'[aws]\nregions = ["{EAST}"]\n', sources=SOURCE.replace("2", "455"))
    read = home.sync(NOW).read
    assert (len(read), read[0]) == (455, "CloudWatch on 2025-08-23")
    assert cloudwatch.asked[(*HERE, "GetMetricData")] == 65


def test_a_new_account_is_asked_and_the_others_are_not_again(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON: 1}, ModelId="m")
    cloudwatch.put((OTHER, EAST), "Invocations", {NOON: 2}, ModelId="m")
    home.sync(NOW)
    cloudwatch.asked.clear()
    home.configure(
        f'[aws]\naccounts = ["{OWN}", "{OTHER}"]\nregions = ["{EAST}"]\nrole = "finops"\n', sources=SOURCE
    )
    home.sync(NOW)
    assert sums(home, "account_id") == [(OTHER, 2.0), (OWN, 1.0)]
    assert {account for account, _, _ in cloudwatch.asked} == {OTHER}


def test_what_it_costs_is_said_before_and_after(home: Home, cloudwatch: CloudWatch) -> None:
    for number in range(1000):
        cloudwatch.put(HERE, "Invocations", {NOON: 1}, ModelId=f"m{number}")
    said: list[str] = []
    done = home.sync(NOW, say=said.append)
    assert done.aws_usd == Decimal("0.01")
    assert [words for words in said if words.startswith("cloudwatch")] == [
        "cloudwatch: asking 1,000 metrics of 5 places from 2026-11-18 00:00:00 to 2026-11-20 09:00:00 UTC: "
        "$0.01 or less",
        "cloudwatch: asked for $0.01; 0 places did not answer",
    ]


@pytest.mark.parametrize(
    ("total", "errors", "tokens", "says"),
    [
        pytest.param(10, 0, 100, None, id="all of it is in series"),
        pytest.param(12, 2, 100, None, id="the total counts calls with client errors"),
        pytest.param(15, 2, 100, "3 invocations and 0 tokens", id="calls of nobody"),
        pytest.param(10, 0, 140, "0 invocations and 40 tokens", id="tokens of nobody"),
        pytest.param(8, 0, 100, "-2 invocations and 0 tokens", id="more than there are"),
    ],
)
def test_the_accounts_own_total_tells_what_is_in_no_series(
    home: Home, cloudwatch: CloudWatch, total: int, errors: int, tokens: int, says: str | None
) -> None:
    cloudwatch.put(HERE, "Invocations", {NOON: 10}, ModelId="m")
    cloudwatch.put(HERE, "InputTokenCount", {NOON: 100}, ModelId="m")
    cloudwatch.put(HERE, "Invocations", {NOON: total})
    cloudwatch.put(HERE, "InputTokenCount", {NOON: tokens})
    cloudwatch.put(HERE, "InvocationClientErrors", {NOON: errors})
    home.sync(NOW)
    detail = home.ask("select detail from collections where detail is not null")
    assert [words.partition(" of the")[0] for (words,) in detail] == ([] if says is None else [says])


def test_a_stream_of_the_same_series_fills_the_ledger_alike(home: Home, cloudwatch: CloudWatch) -> None:
    """All but `samples`, which is not asked for."""
    series: list[tuple[str, str, dict[str, str]]] = [
        ("AWS/Bedrock", "Invocations", {"ModelId": "m"}),
        ("AWS/Bedrock", "Invocations", {}),
        ("AWS/Bedrock", "CacheReadInputTokens", {"ModelId": "m"}),
        ("AWS/Bedrock", "CacheReadInputTokenCount", {"ModelId": "m"}),
        ("AWS/Bedrock", "InputTokenCount", {"ModelId": "m", "ServiceTier": "x", "ResolvedServiceTier": "y"}),
        ("AWS/BedrockMantle", "InputTokens", {"Project": "p", "Model": "m"}),
        ("AWS/BedrockMantle", "InputTokens", {"Project": "p", "Model": "n"}),
        ("AWS/Bedrock/Agents", "InvocationCount", {"Operation": "a", "AgentAliasArn": "z", "ModelId": "m"}),
        ("AWS/Bedrock/Agents", "InvocationCount", {"Operation": "b", "AgentAliasArn": "z", "ModelId": "m"}),
        ("AWS/Lambda", "Invocations", {"FunctionName": "f"}),
        ("AWS/States", "ExecutionsStarted", {"StateMachineArn": "s"}),
    ]
    records = []
    for number, (namespace, metric, dimensions) in enumerate(series, 3):
        values = {NOON + n * HOUR: float(number * n) for n in range(30)}
        cloudwatch.put(HERE, metric, values, namespace, **dimensions)
        records += [
            {
                "account_id": OWN, "region": EAST, "namespace": namespace, "metric_name": metric,
                "dimensions": dimensions, "timestamp": int(hour.replace(tzinfo=UTC).timestamp() * 1000),
                "value": {"sum": value, "count": 1.0},
            }
            for hour, value in values.items() if hour < datetime(2026, 11, 20, 9)
        ]  # fmt: skip
    file = home.path / "stream" / "2026/11/20/x"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(map(json.dumps, records)))
    home.configure(
        f'[aws]\nregions = ["{EAST}"]\n',
        sources=SOURCE + 'functions = ["*"]\n[[sources]]\nkind = "metric_stream"\npath = "stream"\n',
    )
    home.sync(NOW)
    rows = """
        from (
            select p.* exclude (delivery_id, samples), d.kind
            from datapoints as p join deliveries as d using (delivery_id)
        )
        select * exclude (kind) where kind = '{}' order by all
    """
    collected = home.ask(rows.format("cloudwatch"))
    assert len(collected) == 21 * 9  # eleven series: two under one name, two of one alias
    assert collected == home.ask(rows.format("metric_stream"))
    assert home.ask(
        "select requests from requests_hourly where resource = 'm' and hour = '2026-11-19 13:00'"
    ) == [(3,)]
