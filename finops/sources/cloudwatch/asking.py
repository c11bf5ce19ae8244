"""CloudWatch asked, within its documented limits: what there is, then its hours. A place at a time, in any thread.

AWS: GetMetricData takes 500 queries and answers 100,800 datapoints a call, 50 calls and (asked for what is hours
old) 90,000 datapoints a second; it bills by the metric. ListMetrics tells what had data in the last two weeks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from finops.aws import Aws, AwsError, explained
from finops.sources.cloudwatch import series
from finops.sources.cloudwatch.days import Outcome, Place, Status
from finops.sources.cloudwatch.series import Series, Wanted

QUERIES, POINTS = 500, 100_800  # of one call
CALLS_PER_SECOND, POINTS_PER_SECOND = 50, 90_000  # of one account and region
USD = Decimal("0.00001")  # a metric
CHARGE = "CloudWatch GetMetricData"
SKEW = timedelta(minutes=5)  # more than that and AWS refuses signatures anyway
REFUSED = {
    "AccessDenied", "AccessDeniedException", "AuthFailure", "InvalidClientTokenId", "OptInRequired",
    "UnauthorizedOperation", "UnrecognizedClientException",
}  # fmt: skip


class Surveyed(NamedTuple):
    """What there is to ask of a place."""

    series: list[Series]
    absent: bool  # AWS does not have the service in that region
    note: str | None


@dataclass
class Answer:
    """What came of one query. Anything but Complete is unknown, however many points came with it."""

    series: Series
    metric: str
    status: str = "no answer"
    at: list[datetime] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def outcome(exc: AwsError, before: Outcome | None) -> Outcome:
    """A place that did not answer: what was had of it before is still so."""
    status: Status = "refused" if exc.code in REFUSED else "failed"
    return Outcome(status, before.through if before else None, str(exc))


def survey(
    aws: Aws, now: datetime, place: Place, functions: Sequence[str], remembered: Iterable[dict[str, Any]]
) -> Surveyed:
    """Series that CloudWatch lists, those `remembered`, and provisioned throughputs that it has forgotten.

    Of functions, whoever told of them, only those that somebody asks for."""
    wanted = Wanted()
    keep = _functions(aws, place, functions) if place.namespace == "AWS/Lambda" else _any
    for metrics in _listed(aws, now, place):
        wanted.listed(metrics, keep)
    for row in remembered:
        wanted.remembered(place.namespace, row, keep)
    note, absent = None, False
    if place.namespace.startswith("AWS/Bedrock"):
        absent = not (wanted.series() or _offered(place.region))
    if place.namespace == "AWS/Bedrock" and not absent:
        note = _throughputs(aws, place, wanted)
    return Surveyed(wanted.series(), absent, note)


def _any(_: str) -> bool:
    return True


def _listed(aws: Aws, now: datetime, place: Place) -> Iterator[list[dict[str, Any]]]:
    only = series.single_metric(place.namespace)
    filters = {"Namespace": place.namespace} | ({"MetricName": only} if only else {})
    with explained(f"cloudwatch:ListMetrics of {_named(place)}"):
        client = aws.client("cloudwatch", place.region, place.account_id)
        for page in client.get_paginator("list_metrics").paginate(**filters):
            _agree_on_time(now, page["ResponseMetadata"]["HTTPHeaders"].get("date"))
            yield page["Metrics"]


def _named(place: Place) -> str:
    return f"{place.namespace} in {place.account_id} {place.region}"


def _agree_on_time(now: datetime, said: str | None) -> None:
    """A clock ahead of AWS's would take hours for over that are not, and never ask for their rest."""
    ahead = now - parsedate_to_datetime(said).astimezone(UTC) if said else timedelta(0)
    if ahead > SKEW:
        raise AwsError(
            f"cloudwatch: this machine's clock is {ahead} ahead of AWS's ({said}), hours that are not over would "
            "count as complete; set the clock, then run it again",
            "ClockSkew",
        )


def _functions(aws: Aws, place: Place, patterns: Sequence[str]) -> Callable[[str], bool]:
    """An account may have thousands, and each is billed: those that somebody has tagged, and those named."""
    if "*" in patterns:
        return _any
    tagged = {
        item["ResourceARN"].rpartition(":")[2]
        for item in aws.pages(
            "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList",
            region=place.region, account=place.account_id,
            ResourceTypeFilters=["lambda:function"], ResourcesPerPage=100,
        )
        if any(not tag["Key"].startswith("aws:") for tag in item.get("Tags", ()))
    }  # fmt: skip
    return lambda name: name in tagged or any(fnmatchcase(name, pattern) for pattern in patterns)


def _throughputs(aws: Aws, place: Place, wanted: Wanted) -> str | None:
    """Ask for those, too, that CloudWatch does not list: idle for two weeks is what one most wants to know.

    By ARN and by id: AWS does not say which of them ModelId has.
    """
    try:
        found = aws.pages(
            "bedrock", "list_provisioned_model_throughputs", "provisionedModelSummaries",
            region=place.region, account=place.account_id, maxResults=1000,
        )  # fmt: skip
    except AwsError as exc:
        return f"idle provisioned throughputs are not asked for: {exc}"
    for one in found:
        arn = one["provisionedModelArn"]
        for name in (arn, arn.rpartition("/")[2]):
            wanted.add_unless_known(series.BY_MODEL, (name,), "Invocations")
    return None


@cache
def _offered(region: str) -> bool:
    """Whether AWS's own list has Bedrock in that region."""
    from botocore.session import Session

    session = Session()
    partitions = session.get_available_partitions()
    return any(region in session.get_available_regions("bedrock", partition) for partition in partitions)


class Pace:
    """Keeps what one account and region is asked below AWS's limits by the second."""

    def __init__(self) -> None:
        self._free = 0.0
        self._lock = threading.Lock()

    def wait(self, points: int) -> None:
        """Until a call that asks for so many points may be made."""
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._free)
            self._free = begin + max(1 / CALLS_PER_SECOND, points / POINTS_PER_SECOND)
        time.sleep(begin - now)


def ask(
    aws: Aws, pace: Pace, place: Place, asked: Sequence[Series], since: datetime, until: datetime
) -> Iterator[Answer]:
    """Hourly sums of every metric of these series from `since` until before `until`, UTC."""
    hours = max(1, (until - since) // timedelta(hours=1))
    waiting = series.queries(asked)
    while chunk := list(islice(waiting, min(QUERIES, POINTS // hours))):
        pace.wait(len(chunk) * hours)
        yield from _call(aws, place, chunk, since, until)


def _call(
    aws: Aws, place: Place, chunk: list[tuple[Series, str, dict[str, Any]]], since: datetime, until: datetime
) -> list[Answer]:
    """One call and its further pages: a series may go on there, and its last status is the one that counts."""
    answers = [Answer(one, metric) for one, metric, _ in chunk]
    with explained(f"cloudwatch:GetMetricData of {_named(place)}"):
        client = aws.client("cloudwatch", place.region, place.account_id)
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[{"Id": f"q{n}", "MetricStat": stat} for n, (_, _, stat) in enumerate(chunk)],
            StartTime=since.replace(tzinfo=UTC),
            EndTime=until.replace(tzinfo=UTC),
            ScanBy="TimestampAscending",
        )
        for page in pages:
            aws.charge(CHARGE, len(chunk) * USD)
            for result in page["MetricDataResults"]:
                answer = answers[int(result["Id"][1:])]
                answer.status = result.get("StatusCode", answer.status)
                answer.at += result.get("Timestamps", ())
                answer.sums += result.get("Values", ())
                answer.words += [_words(message) for message in result.get("Messages", ())]
    return answers


def _words(message: dict[str, str]) -> str:
    return ": ".join(filter(None, (message.get("Code"), message.get("Value"))))
