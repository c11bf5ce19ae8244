"""CloudWatch as a server that keeps to its documented rules, where moto's is lenient.

AWS JSON 1.0 over HTTP, as botocore speaks it. GetMetricData: 500 queries with Ids of their own and 100,800
datapoints a call, further pages by token, retention by period, calls and datapoints by the second. ListMetrics:
500 a page, of the last two weeks, fifteen minutes late. What is asked and answered is proven against botocore's
model. Whose request it is moto's STS knows by the access key, in which region the signature says.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import botocore.session
from botocore.validate import ParamValidator
from moto.iam.models import get_account_id_from

Place = tuple[str, str]  # account, region
Key = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, metric, sorted dimensions
SERVICE = botocore.session.get_session().get_service_model("cloudwatch")
SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/")
HOUR = 3600
HELD = timedelta(days=455)  # sums by the hour; finer ones are not here
COARSE = ((timedelta(hours=3), 60), (timedelta(days=15), 300), (timedelta(days=63), HOUR))
STATUS = {"InternalServiceFault": 500, "ServiceUnavailable": 503, "AccessDenied": 403, "ExpiredToken": 403}


class RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Fault(NamedTuple):
    """The code to refuse with, after so many requests, so many times (None: for ever)."""

    code: str
    after: int
    times: int | None


class Spoilt(NamedTuple):
    """A series that is answered with another status than Complete, and with some of its points."""

    status: str
    points: int
    message: str


class Bucket:
    """Lets through so much a second, and no more than that at once."""

    def __init__(self, rate: float) -> None:
        self.rate, self.left, self.at = rate, rate, time.monotonic()

    def take(self, amount: float) -> bool:
        now = time.monotonic()
        self.left = min(self.rate, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < amount:
            return False
        self.left -= amount
        return True


@dataclass
class CloudWatch:
    """`now` is its clock. `page` and `points` bound an answer, at AWS's limits unless a test lowers them."""

    now: datetime
    page: int = 500
    points: int = 100_800
    proves: bool = True  # the shape of answers, too
    url: str = ""
    series: dict[Place, dict[Key, dict[int, float]]] = field(default_factory=lambda: defaultdict(dict))
    faults: dict[tuple[Place, str], Fault] = field(default_factory=dict)
    spoilt: dict[tuple[Place, str], Spoilt] = field(default_factory=dict)
    asked: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # account, region, operation
    queried: list[Key] = field(default_factory=list)
    throttled: int = 0
    buckets: dict[tuple[Place, str], Bucket] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.RLock)

    def put(
        self,
        place: Place,
        metric: str,
        values: Mapping[datetime, float],
        namespace: str = "AWS/Bedrock",
        **dimensions: str,
    ) -> None:
        """Hourly sums of one series."""
        points = self.series[place].setdefault((namespace, metric, tuple(sorted(dimensions.items()))), {})
        points.update({int(hour.replace(tzinfo=UTC).timestamp()): value for hour, value in values.items()})

    def fail(
        self, place: Place, code: str, what: str = "*", *, after: int = 0, times: int | None = None
    ) -> None:
        """Refuse an operation, what is asked of a namespace, or everything."""
        self.faults[place, what] = Fault(code, after, times)

    def spoil(self, place: Place, metric: str, status: str, points: int = 0, message: str = "") -> None:
        self.spoilt[place, metric] = Spoilt(status, points, message)

    def heal(self) -> None:
        self.faults.clear()
        self.spoilt.clear()

    def answer(self, operation: str, place: Place, arguments: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.asked[(*place, operation)] += 1
            for what in (operation, *sorted(_namespaces(arguments)), "*"):
                self._refuse(place, what)
        prove(SERVICE.operation_model(operation).input_shape, _with_dates(arguments))
        return (self._list if operation == "ListMetrics" else self._data)(place, arguments)

    def _refuse(self, place: Place, what: str) -> None:
        fault = self.faults.get((place, what))
        if fault is None or fault.times == 0:
            return
        if fault.after > 0:
            self.faults[place, what] = fault._replace(after=fault.after - 1)
            return
        self.faults[place, what] = fault._replace(times=None if fault.times is None else fault.times - 1)
        raise RefusedError(fault.code, f"not this time: {what}")

    def _list(self, place: Place, arguments: dict[str, Any]) -> dict[str, Any]:
        _only(arguments, "Namespace", "MetricName", "NextToken")
        found = [
            (namespace, metric, dimensions)
            for (namespace, metric, dimensions), points in self.series[place].items()
            if arguments.get("Namespace", namespace) == namespace
            and arguments.get("MetricName", metric) == metric
            and self._listed(points)
        ]
        start = int(arguments.get("NextToken", "0").removeprefix("from-"))
        more = {"NextToken": f"from-{start + self.page}"} if start + self.page < len(found) else {}
        return {
            "Metrics": [
                {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
                }
                for namespace, metric, dimensions in found[start : start + self.page]
            ]
        } | more

    def _listed(self, points: dict[int, float]) -> bool:
        now = self.now.timestamp()
        return any(now - 14 * 86400 < at <= now - 900 for at in points)

    def _data(self, place: Place, arguments: dict[str, Any]) -> dict[str, Any]:
        _only(arguments, "MetricDataQueries", "StartTime", "EndTime", "NextToken", "ScanBy")
        queries, since, until = arguments["MetricDataQueries"], arguments["StartTime"], arguments["EndTime"]
        if since >= until:
            raise RefusedError("ValidationError", "The parameter StartTime must be less than EndTime")
        if len(queries) > 500:
            raise RefusedError("ValidationError", "MetricDataQueries must not have a size greater than 500")
        if len({query["Id"] for query in queries}) < len(queries):
            raise RefusedError(
                "ValidationError", "The values for parameter id in MetricDataQueries are not unique"
            )
        self._limit(place, since, sum((until - since) // q["MetricStat"]["Period"] for q in queries))
        first, skipped = map(int, arguments.get("NextToken", "0:0").split(":"))
        left, results, more = self.points, [], {}
        for number, query in enumerate(queries[first:], first):
            begin = skipped if number == first else 0
            points, status, words = self._points(place, query, since, until)
            page = points[begin : begin + left]
            left -= len(page)
            whole = begin + len(page) == len(points)
            results.append(_result(query["Id"], page, status if whole else "PartialData", words))
            if not whole or (left == 0 and number + 1 < len(queries)):
                more = {"NextToken": f"{number + 1}:0" if whole else f"{number}:{begin + len(page)}"}
                break
        return {"MetricDataResults": results, "Messages": []} | more

    def _limit(self, place: Place, since: float, points: float) -> None:
        """AWS: 50 calls a second, and datapoints by how long ago they begin."""
        rate = 180_000 if since > self.now.timestamp() - 3 * HOUR else 90_000
        with self.lock:
            calls = self.buckets.setdefault((place, "calls"), Bucket(50))
            amount = self.buckets.setdefault((place, str(rate)), Bucket(rate))
            if not (calls.take(1) and amount.take(points)):
                self.throttled += 1
                raise RefusedError("Throttling", "Rate exceeded")

    def _points(
        self, place: Place, query: dict[str, Any], since: float, until: float
    ) -> tuple[list[tuple[int, float]], str, str]:
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]{0,254}", query["Id"]) or "MetricStat" not in query:
            raise RefusedError("ValidationError", f"not a query of one metric: {query}")
        about, period = query["MetricStat"]["Metric"], query["MetricStat"]["Period"]
        age = self.now - datetime.fromtimestamp(since, UTC)
        if any(age > limit and period % coarse for limit, coarse in COARSE) or period % 60:
            raise RefusedError("ValidationError", f"Period {period} is too short for a StartTime {age} ago")
        if query["MetricStat"]["Stat"] != "Sum" or period != HOUR:
            raise RefusedError("ValidationError", "this server has sums by the hour only")
        dimensions = tuple(sorted((one["Name"], one["Value"]) for one in about.get("Dimensions", ())))
        key = (about["Namespace"], about["MetricName"], dimensions)
        self.queried.append(key)
        oldest = max(since, (self.now - HELD).timestamp())
        held = self.series[place].get(key, {})
        points = sorted((at, value) for at, value in held.items() if oldest <= at < until)
        spoilt = self.spoilt.get((place, about["MetricName"]))
        return (
            (points[: spoilt.points], spoilt.status, spoilt.message) if spoilt else (points, "Complete", "")
        )


def _result(identity: str, points: list[tuple[int, float]], status: str, message: str) -> dict[str, Any]:
    return {
        "Id": identity,
        "Label": identity,
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": status,
    } | ({"Messages": [{"Code": status, "Value": message}]} if message else {})


def _namespaces(arguments: dict[str, Any]) -> set[str]:
    queries = arguments.get("MetricDataQueries", ())
    found = {query["MetricStat"]["Metric"]["Namespace"] for query in queries if "MetricStat" in query}
    return found | ({arguments["Namespace"]} if "Namespace" in arguments else set())


def _only(arguments: dict[str, Any], *known: str) -> None:
    for name in arguments.keys() - set(known):
        raise RefusedError("ValidationError", f"this server does not know {name}")


def _with_dates(value: dict[str, Any]) -> dict[str, Any]:
    """Numbers on the wire are instants in the model."""
    dates = {n: datetime.fromtimestamp(value[n], UTC) for n in ("StartTime", "EndTime") if n in value}
    results = [
        one | {"Timestamps": [datetime.fromtimestamp(at, UTC) for at in one["Timestamps"]]}
        for one in value.get("MetricDataResults", ())
    ]
    return value | dates | ({"MetricDataResults": results} if results else {})


def prove(shape: Any, value: dict[str, Any]) -> None:
    faults = ParamValidator().validate(value, shape)
    if faults.has_errors():
        raise RefusedError("ValidationError", faults.generate_report())


@contextmanager
def serving(cloudwatch: CloudWatch) -> Iterator[CloudWatch]:
    """Its `url` is for AWS_ENDPOINT_URL_CLOUDWATCH, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits 40 ms
        wbufsize = -1

        def do_POST(self) -> None:
            arguments = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            scope = SCOPE.search(self.headers["Authorization"])
            assert scope is not None
            place = (get_account_id_from(scope["key"]), scope["region"])
            try:
                answer = cloudwatch.answer(operation, place, arguments)
                if cloudwatch.proves:
                    prove(SERVICE.operation_model(operation).output_shape, _with_dates(answer))
                self._send(200, answer)
            except RefusedError as exc:
                body = {"__type": f"com.amazonaws.cloudwatch#{exc.code}", "message": str(exc)}
                self._send(STATUS.get(exc.code, 400), body, exc.code)

        def _send(self, status: int, answer: dict[str, Any], fault: str | None = None) -> None:
            body = json.dumps(answer).encode()
            self.send_response_only(status)
            self.send_header("Date", format_datetime(cloudwatch.now, usegmt=True))
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            if fault:
                self.send_header("x-amzn-query-error", f"{fault};Sender")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    cloudwatch.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield cloudwatch
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
