"""What Prometheus is told. Labels are bounded: jobs and outcomes are ours, sources are configured, workloads are
the dearest twenty and the others together."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from finops import database, pipeline
from finops.errors import FinopsError, QueryError
from finops.ledger import Ledger
from finops.model import SEVERITIES
from finops.schedule.runs import FILE, Run, Runs
from finops.sqlfile import read
from finops.state.store import State

WORKLOADS = 20
SECONDS = (1, 5, 15, 60, 300, 900, 3600, 7200)

Row = dict[str, Any]
Sample = tuple[list[str], Any]


class Published(NamedTuple):
    """What one generation holds of what is told."""

    standing: Row
    settled_through: date | None
    sources: list[Row]
    spend: list[Row]


class Gauges:
    """Counters grow with each run that the service performs; all else is looked up when it is asked for."""

    def __init__(self, home: Path, clock: Callable[[], datetime]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for every counter, of when the service began
        self._registry = CollectorRegistry()
        self._runs = Counter(
            "finops_runs", "Runs by job and outcome", ["job", "outcome"], registry=self._registry
        )
        self._seconds = Histogram(
            "finops_run_seconds", "How long runs took", ["job"], buckets=SECONDS, registry=self._registry
        )
        self._requests = Counter("finops_aws_requests", "Requests sent to AWS", registry=self._registry)
        self._usd = Counter("finops_aws_usd", "What AWS bills for having been asked", registry=self._registry)
        self._registry.register(_Standing(home, clock))

    def heard(self, run: Run) -> None:
        self._runs.labels(run.job, run.outcome).inc()
        if run.ended_at is not None:
            self._seconds.labels(run.job).observe((run.ended_at - run.started_at).total_seconds())
        self._requests.inc(run.aws_requests)
        self._usd.inc(float(run.aws_usd))

    def text(self) -> bytes:
        return generate_latest(self._registry)


class _Standing(Collector):
    def __init__(self, home: Path, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._clock = clock
        self._known: tuple[Path, Published] | None = None  # a generation never changes

    def describe(self) -> list[Any]:
        return []  # nothing is looked up to be registered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each part by itself: where one cannot be read, the others are still told."""
        for part in (self._of_ledger, self._of_runs, self._of_state):
            name, readable = part.__name__.removeprefix("_of_"), 1.0
            try:
                yield from part()
            except FinopsError:
                readable = 0.0
            yield _one(f"finops_{name}_readable", f"Whether the {name} could be looked up", readable)

    def _of_ledger(self) -> Iterator[GaugeMetricFamily]:
        published = self._published()
        if published is None:
            return
        age = self._clock().timestamp() - published.standing["published_at"]
        yield _one("finops_generation", "The published generation", published.standing["generation"])
        yield _one("finops_generation_age_seconds", "How long ago it was published", max(age, 0.0))
        if published.settled_through is not None:
            settled = datetime.combine(published.settled_through + timedelta(days=1), time(), UTC).timestamp()
            yield _one(
                "finops_settled_through_timestamp_seconds", "Until when every bill is settled", settled
            )
        reach = (("data", "data_through", "End of the last hour that it has"),
                 ("complete", "complete_through", "End of its last whole day"),
                 ("settled", "settled_through", "Until when its dollars are final"))  # fmt: skip
        for word, column, meaning in reach:
            name = f"finops_source_{word}_through_timestamp_seconds"
            yield _many(name, meaning, ["source"], [([r["source"]], r[column]) for r in published.sources])
        reached = [([row["source"]], float(row["reached"])) for row in published.sources]
        yield _many("finops_source_reached", "Whether the last sync could ask it", ["source"], reached)
        spend = [([row["workload"]], row["usd"]) for row in published.spend]
        yield _many("finops_spend_usd", "Net dollars of the last complete day", ["workload"], spend)

    def _published(self) -> Published | None:
        link = Ledger(self._home).link
        if not link.exists():
            return None
        target = link.resolve()
        if self._known is None or self._known[0] != target:
            with pipeline.published(self._home) as con:
                self._known = (target, _published(con))
        return self._known[1]

    def _of_runs(self) -> Iterator[GaugeMetricFamily]:
        with Runs(self._home / FILE) as runs:
            jobs = runs.past().jobs
        good = [([job], h.good.started_at.timestamp()) for job, h in jobs.items() if h.good]
        missed = [([job], float(sum(h.missed.values()))) for job, h in jobs.items()]
        yield _many("finops_last_good_run_timestamp_seconds", "When it last began a good run", ["job"], good)
        yield _many("finops_runs_missed", "Runs since the last good one", ["job"], missed)

    def _of_state(self) -> Iterator[GaugeMetricFamily]:
        with State(self._home / database.FILE) as state:
            undelivered = state.undelivered()
            severities = collections.Counter(incident.severity for incident in state.standing())
        incidents: list[Sample] = [([severity], float(severities[severity])) for severity in SEVERITIES]
        messages = [([status], float(count)) for status, count in undelivered.items()]
        yield _many("finops_incidents_open", "Incidents that are not resolved", ["severity"], incidents)
        yield _many(
            "finops_messages_undelivered", "Messages that a channel did not take", ["status"], messages
        )


def _published(con: duckdb.DuckDBPyConnection) -> Published:
    try:
        settled = con.execute(read("rules", "standing").sql).fetchall()[0][1]
        (standing,) = read("serve", "published").rows(con)
        spend = read("serve", "spend").rows(con, workloads=WORKLOADS)
        return Published(standing, settled, read("serve", "sources").rows(con), spend)
    except duckdb.Error as exc:
        raise QueryError(f"the ledger: {exc}") from exc


def _one(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _many(name: str, meaning: str, labels: list[str], values: list[Sample]) -> GaugeMetricFamily:
    """What is unknown has no sample, and is not 0."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for label, value in values:
        if value is not None:
            family.add_metric(label, float(value))
    return family
