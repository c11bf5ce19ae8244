"""CloudWatch on bad days: what is not answered is unknown and asked again, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from bill import cur2, line
from botocore.config import Config
from botocore.exceptions import ClientError
from fake_bedrock import Bedrock
from fake_bedrock import serving as serving_bedrock
from fake_cloudwatch import CloudWatch, Place, serving
from gate import Gate, before
from home import Home

from finops.pipeline import published
from finops.rules.files import Limits, known_rules
from finops.rules.judge import Reach, offenders, reaches

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NOON = datetime(2026, 11, 19, 12)
EARLY = datetime(2026, 11, 20, 3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OWN, OTHER = "123456789012", "111122223333"
EAST, WEST = "us-east-1", "eu-west-1"
HERE: Place = (OWN, EAST)
THERE: Place = (OTHER, EAST)
SOURCE = '[[sources]]\nkind = "cloudwatch"\nbackfill_days = 2\n'
BOTH = f'[aws]\naccounts = ["{OWN}", "{OTHER}"]\nregions = ["{EAST}"]\nrole = "finops"\n'
SUMS = "select account_id, sum(sum) from datapoints group by all order by all"
OPEN = """
    select c.account_id, c.status, c.collected_through
    from collections as c join deliveries as d using (delivery_id)
    where d.partition = '2026-11-20' and subject = 'AWS/Bedrock' order by all
"""


@pytest.fixture
def gate(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with before(aws) as gate:
        monkeypatch.setenv("AWS_ENDPOINT_URL", gate.url)
        yield gate


@pytest.fixture
def bedrock(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    with serving_bedrock(Bedrock()) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", bedrock.url)
        yield bedrock


@pytest.fixture
def cloudwatch(bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    """Two accounts with a call yesterday and one today; clients that give up after three tries."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    with serving(CloudWatch(NOW)) as cloudwatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url)
        for place, calls in ((HERE, 1), (THERE, 10)):
            cloudwatch.put(place, "Invocations", {NOON: calls, EARLY: calls}, ModelId="m")
        yield cloudwatch


@pytest.fixture
def home(home: Home) -> Home:
    home.configure(BOTH, sources=SOURCE)
    return home


def later(home: Home, cloudwatch: CloudWatch, *, hours: int = 1) -> None:
    cloudwatch.now += hours * HOUR
    home.sync(cloudwatch.now)


@pytest.mark.parametrize(
    ("what", "code", "status"),
    [
        pytest.param("*", "AccessDenied", "refused", id="an account that refuses"),
        pytest.param("GetMetricData", "AccessDenied", "refused", id="one that only lists"),
        pytest.param("*", "UnrecognizedClientException", "refused", id="a region that is not enabled"),
        pytest.param("*", "InternalServiceFault", "failed", id="a storm of 500"),
        pytest.param("*", "ServiceUnavailable", "failed", id="a storm of 503"),
        pytest.param("GetMetricData", "Throttling", "failed", id="throttled for ever"),
    ],
)
def test_who_does_not_answer_stops_nobody_and_is_asked_again(
    home: Home, cloudwatch: CloudWatch, what: str, code: str, status: str
) -> None:
    cloudwatch.fail(THERE, code, what)
    assert home.sync(NOW).unreachable == {}
    assert home.ask(SUMS) == [(OWN, 2.0)]
    assert home.ask(OPEN) == [
        (OTHER, status, None),
        (OWN, "complete", datetime(2026, 11, 20, 9)),
    ]
    cloudwatch.heal()
    cloudwatch.asked.clear()
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert {account for account, _, _ in cloudwatch.asked} == {OTHER}
    assert home.sync(NOW).read == ()


def test_a_role_that_may_not_be_assumed_is_its_account_only(
    home: Home, cloudwatch: CloudWatch, gate: Gate
) -> None:
    gate.shut("sts", account=OTHER)
    home.sync(NOW)
    assert home.ask(SUMS) == [(OWN, 2.0)]
    ((notes, through, problem),) = home.ask("select notes, data_through, problem from freshness")
    assert "account 111122223333" in notes
    assert "AccessDenied" in notes
    assert (through, problem) == (datetime(2026, 11, 20, 9), None)
    gate.open()
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert home.ask("select notes from freshness") == [(None,)]


def test_what_a_refusal_already_told_is_not_written_again(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.fail(THERE, "AccessDenied")
    home.sync(NOW)
    again = home.sync(NOW)
    assert (again.read, again.published) == ((), False)
    cloudwatch.now += HOUR
    assert home.sync(cloudwatch.now).read == ("CloudWatch on 2026-11-20",)


def test_rows_from_before_a_refusal_stay_and_are_not_doubled(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    cloudwatch.fail(THERE, "AccessDenied")
    for place in (HERE, THERE):
        cloudwatch.put(place, "Invocations", {EARLY + 6 * HOUR: 100}, ModelId="m")
    later(home, cloudwatch)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 102.0)]
    assert home.ask(OPEN) == [
        (OTHER, "refused", datetime(2026, 11, 20, 9)),
        (OWN, "complete", datetime(2026, 11, 20, 10)),
    ]
    cloudwatch.heal()
    home.sync(cloudwatch.now)
    assert home.ask(SUMS) == [(OTHER, 120.0), (OWN, 102.0)]


def test_a_refusal_of_days_is_filled_when_it_ends(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    cloudwatch.fail(THERE, "AccessDenied")
    later(home, cloudwatch, hours=24)
    later(home, cloudwatch, hours=24)
    cloudwatch.put(THERE, "Invocations", {NOON + 2 * DAY: 1000}, ModelId="m")
    cloudwatch.heal()
    later(home, cloudwatch, hours=24)
    assert home.ask(SUMS) == [(OTHER, 1020.0), (OWN, 2.0)]


def test_one_namespace_may_be_refused(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.put(THERE, "ExecutionsStarted", {NOON: 5}, "AWS/States", StateMachineArn="s")
    cloudwatch.fail(THERE, "AccessDenied", "AWS/States")
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert set(home.ask("select account_id, subject from collections where status = 'refused'")) == {
        (OTHER, "AWS/States")
    }


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_an_answer_that_is_not_complete_is_unknown_and_not_zero(
    home: Home, cloudwatch: CloudWatch, status: str
) -> None:
    cloudwatch.put(THERE, "InputTokenCount", {EARLY: 50, EARLY + 6 * HOUR: 5}, ModelId="m")
    home.sync(NOW)
    cloudwatch.spoil(THERE, "InputTokenCount", status, 1, "not all of it")
    cloudwatch.put(THERE, "Invocations", {EARLY + 6 * HOUR: 7}, ModelId="m")
    later(home, cloudwatch)
    tokens = "select hour, sum from datapoints where metric = 'InputTokenCount'"
    assert home.ask(tokens) == [(EARLY, 50.0)]  # as it was, without the hour that is unknown
    assert home.ask(OPEN)[0] == (OTHER, "partial", datetime(2026, 11, 20, 9))
    assert (
        f"1 series unknown: {status}; {status}: not all of it"
        in home.ask("select notes from freshness")[0][0]
    )
    assert home.ask("select max(hour) from datapoints where metric = 'Invocations'") == [(EARLY + 6 * HOUR,)]
    cloudwatch.heal()
    home.sync(cloudwatch.now)
    assert sorted(home.ask(tokens)) == [(EARLY, 50.0), (EARLY + 6 * HOUR, 5.0)]


def test_one_unknown_model_makes_its_projects_sum_unknown(home: Home, cloudwatch: CloudWatch) -> None:
    for metric in ("InputTokens", "OutputTokens"):
        cloudwatch.put(HERE, metric, {NOON: 1}, "AWS/BedrockMantle", Project="p", Model="m")
    cloudwatch.spoil(HERE, "InputTokens", "PartialData", 1)
    home.sync(NOW)
    assert home.ask("select metric from datapoints where dimension = 'Project'") == [("OutputTokens",)]


def test_idle_is_known_where_cloudwatch_answered_and_unknown_where_it_did_not(
    home: Home, cloudwatch: CloudWatch
) -> None:
    """Neither has a datapoint: of one there was nothing to tell, the other told nothing."""
    cur2(
        home.exports,
        [
            line(
                "2026-11-18 23:00", 480, amount=24, unit="hour", account=account,
                resource=f"arn:aws:bedrock:{EAST}:{account}:provisioned-model/pt{account}",
                usage_type="USE1-NovaPro-ProvisionedThroughput-NoCommit-ModelUnits",
            )
            for account in (OWN, OTHER)
        ],
    )  # fmt: skip
    home.configure(BOTH, sources=SOURCE + '[[sources]]\nkind = "cur"\npath = "exports"\n')
    cloudwatch.fail(THERE, "AccessDenied")
    home.sync(NOW)
    idle = home.ask("select split_part(commitment_id, ':', 5), invocations from commitment_daily order by 1")
    assert idle == [(OTHER, None), (OWN, 0)]


def test_pages_of_lists_and_of_points_are_all_read(home: Home, cloudwatch: CloudWatch) -> None:
    """In the middle of a series a page ends with the status PartialData, which its next page takes back."""
    cloudwatch.page, cloudwatch.points = 3, 7
    for number in range(8):
        values = {NOON + n * HOUR: float(number) for n in range(10)}
        cloudwatch.put(HERE, "OutputTokenCount", values, ModelId=f"m{number}")
    home.sync(NOW)
    found = home.ask(
        "select resource, sum(sum) from datapoints where metric = 'OutputTokenCount' group by 1 order by 1"
    )
    assert found == [(f"m{number}", 10.0 * number) for number in range(8)]
    assert cloudwatch.asked[(*HERE, "GetMetricData")] >= 80 / 7


def test_more_series_than_a_call_takes_are_asked_in_several(home: Home, cloudwatch: CloudWatch) -> None:
    for number in range(1201):
        cloudwatch.put(HERE, "Invocations", {NOON: 1}, ModelId=f"n{number:04}")
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 1203.0)]
    assert cloudwatch.asked[(*HERE, "GetMetricData")] == 3
    assert cloudwatch.throttled == 0


def test_throttling_that_passes_is_waited_for(home: Home, cloudwatch: CloudWatch) -> None:
    cloudwatch.fail(HERE, "Throttling", "GetMetricData", times=2)
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert cloudwatch.asked[(*HERE, "GetMetricData")] == 3


def test_credentials_that_expire_on_the_way_keep_what_was_answered(
    home: Home, cloudwatch: CloudWatch
) -> None:
    """The first seven days are answered, then nothing is; the next sync asks for the rest only."""
    home.configure(BOTH, sources=SOURCE.replace("2", "13"))
    for place in (HERE, THERE):
        cloudwatch.put(place, "Invocations", {NOON - n * DAY: 100 for n in range(12)}, ModelId="old")
        cloudwatch.fail(place, "ExpiredToken", "GetMetricData", after=1)
    home.sync(NOW)
    assert home.ask("select max(hour)::date::varchar from datapoints") == [("2026-11-13",)]
    notes = home.ask("select notes from freshness")[0][0]
    assert "failed, last answered 2026-11-14 00:00: aws: cloudwatch:GetMetricData" in notes
    assert "ExpiredToken: not this time: GetMetricData; renew the credentials" in notes
    cloudwatch.heal()
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 1220.0), (OWN, 1202.0)]


def test_nobody_answers_and_the_ledger_stays(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    for place in (HERE, THERE):
        cloudwatch.fail(place, "InternalServiceFault")
    cloudwatch.now += HOUR
    assert "InternalServiceFault" in home.sync(cloudwatch.now).unreachable["cloudwatch"]
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert home.ask("select data_through, problem is not null from freshness") == [
        (datetime(2026, 11, 20, 9), True)
    ]


def test_a_clock_ahead_of_aws_closes_no_hour(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    done = home.sync(NOW + 16 * HOUR)
    assert "clock is 16:00:00 ahead of AWS's" in done.unreachable["cloudwatch"]
    cloudwatch.now = NOW + 16 * HOUR
    cloudwatch.put(HERE, "Invocations", {EARLY + 15 * HOUR: 5}, ModelId="m")
    home.sync(NOW + 16 * HOUR)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 7.0)]


def test_who_did_not_answer_is_told_as_stale_and_holds_nobody_back(
    home: Home, cloudwatch: CloudWatch
) -> None:
    cloudwatch.fail(THERE, "AccessDenied")
    home.sync(NOW)
    with published(home.path) as con:
        (rule,) = (one for one in known_rules({}) if one.name == "source_stale")
        found = offenders(con, rule, NOON.date(), NOW, Limits())
        assert [finding.subject for finding in found] == [f"cloudwatch in {OTHER}"]
        assert found[0].summary.startswith("cloudwatch in 111122223333 reaches 18 Nov 00:00, 57 hours ago")
        assert reaches(con)["metrics"] == Reach(furthest=NOON.date(), slowest=NOON.date())


def test_a_clock_behind_only_asks_for_less(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW - 7 * HOUR)
    assert home.ask(SUMS) == [(OTHER, 10.0), (OWN, 1.0)]
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]


def test_a_region_without_bedrock_is_absent_and_no_fault(home: Home, cloudwatch: CloudWatch) -> None:
    home.configure('[aws]\nregions = ["us-east-1", "ap-east-1"]\n', sources=SOURCE)
    home.sync(NOW)
    assert home.ask(
        "select distinct subject, status from collections where region = 'ap-east-1' order by all"
    ) == [
        ("AWS/Bedrock", "absent"),
        ("AWS/Bedrock/Agents", "absent"),
        ("AWS/BedrockMantle", "absent"),
        ("AWS/Lambda", "complete"),
        ("AWS/States", "complete"),
    ]
    assert home.ask("select notes from freshness") == [(None,)]
    assert home.sync(NOW).read == ()


def test_without_the_list_of_throughputs_metrics_are_collected(
    home: Home, cloudwatch: CloudWatch, bedrock: Bedrock
) -> None:
    bedrock.fail(OWN, EAST, "AccessDeniedException")
    home.sync(NOW)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    ((status, detail),) = home.ask(
        f"select distinct status, detail from collections where account_id = '{OWN}' and subject = 'AWS/Bedrock'"
    )
    assert status == "complete"
    assert detail.startswith("idle provisioned throughputs are not asked for: aws: bedrock:list_provisioned")


def test_a_rebuild_asks_nothing_and_loses_nothing(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    cloudwatch.asked.clear()
    home.sync(NOW, rebuild=True)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]
    assert cloudwatch.asked.total() == 0
    assert home.sync(NOW).read == ()


def test_an_account_that_is_no_longer_read_keeps_its_rows(home: Home, cloudwatch: CloudWatch) -> None:
    home.sync(NOW)
    home.configure(f'[aws]\nregions = ["{EAST}"]\n', sources=SOURCE)
    later(home, cloudwatch)
    assert home.ask(SUMS) == [(OTHER, 20.0), (OWN, 2.0)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({"count": 501}, "greater than 500", id="501 queries"),
        pytest.param({"ids": "same"}, "not unique", id="an Id twice"),
        pytest.param(
            {"period": 300, "since": NOW - 70 * DAY}, "too short", id="a period too fine for its age"
        ),
        pytest.param({"since": NOW}, "less than EndTime", id="an empty window"),
    ],
)
def test_the_server_keeps_to_the_documented_limits(
    cloudwatch: CloudWatch, change: dict[str, object], says: str
) -> None:
    client = boto3.client("cloudwatch", EAST, config=Config(retries={"total_max_attempts": 1}))
    metric = {"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": []}
    stat = {"Metric": metric, "Period": change.get("period", 3600), "Stat": "Sum"}
    names = [change.get("ids", f"q{n}") for n in range(int(str(change.get("count", 2))))]
    with pytest.raises(ClientError, match=says):
        client.get_metric_data(
            MetricDataQueries=[{"Id": name, "MetricStat": stat} for name in names],
            StartTime=change.get("since", NOW - DAY),
            EndTime=NOW,
        )
