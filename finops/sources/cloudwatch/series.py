"""Which series are asked of CloudWatch: of each namespace one dimension set, of that the metrics that views need.

CloudWatch publishes the same events at several dimension sets, and adding two of them counts twice. The sets are
those of queries/sources/metric_stream.sql, so that a stream and the collector fill the ledger alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

Namespace = Literal["AWS/Bedrock", "AWS/BedrockMantle", "AWS/Bedrock/Agents", "AWS/Lambda", "AWS/States"]

# each under two names, the guide's and the one that is published: asked for both, never added
CACHE = {
    "CacheReadInputTokens": "CacheReadInputTokenCount",
    "CacheWriteInputTokens": "CacheWriteInputTokenCount",
}
TOKENS = ("Invocations", "InputTokenCount", "OutputTokenCount", *CACHE, *CACHE.values())
FAULTS = ("InvocationClientErrors", "InvocationServerErrors", "InvocationThrottles")


class Level(NamedTuple):
    """A dimension set. `columns` of the ledger hold the values of `names`; over one without, it is summed."""

    namespace: Namespace
    dimension: str  # what the ledger calls it
    names: tuple[str, ...]  # sorted
    columns: tuple[str | None, ...]
    metrics: tuple[str, ...]


LEVELS = (
    Level("AWS/Bedrock", "ModelId", ("ModelId",), ("resource",), (*TOKENS, *FAULTS)),
    Level("AWS/Bedrock", "", (), (), (*TOKENS, *FAULTS)),  # the account's control total
    Level(
        "AWS/Bedrock",
        "ServiceTier",  # a finer look at what ModelId counts
        ("ModelId", "ResolvedServiceTier", "ServiceTier"),
        ("resource", "service_tier", "asked_tier"),
        TOKENS,
    ),
    Level(
        "AWS/BedrockMantle",
        "Project",
        ("Model", "Project"),
        ("model_id", "resource"),
        ("Inferences", "InferenceClientErrors", "InputTokens", "OutputTokens"),
    ),
    Level(
        "AWS/Bedrock/Agents",
        "AgentAliasArn",
        ("AgentAliasArn", "ModelId", "Operation"),
        ("resource", "model_id", None),
        ("InvocationCount", "ModelInvocationCount", "InputTokenCount", "outputTokenCount"),
    ),
    Level("AWS/Lambda", "FunctionName", ("FunctionName",), ("resource",), ("Invocations",)),
    Level("AWS/States", "StateMachineArn", ("StateMachineArn",), ("resource",), ("ExecutionsStarted",)),
)
AT = {(level.namespace, level.names): level for level in LEVELS}
BY_MODEL = AT["AWS/Bedrock", ("ModelId",)]
OPERATION = (
    "InvokeAgent"  # an agent's calls are summed over it; a forgotten series is asked for under this one
)


class Series(NamedTuple):
    """One resource at one level, and its metrics."""

    level: Level
    values: tuple[str, ...]  # of the level's names
    metrics: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Where it stands in the ledger."""
        found = {"resource": "", "model_id": None, "service_tier": None, "asked_tier": None}
        told = zip(self.level.columns, self.values, strict=True)
        return found | {column: value for column, value in told if column}


class Wanted:
    """Series of one namespace, collected from several places; one told twice is asked for once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Level, tuple[str, ...]], set[str]] = {}

    def listed(self, metrics: Iterable[Mapping[str, Any]], keep: Callable[[str], bool]) -> None:
        """What ListMetrics told, as far as it is at our levels and its resource is one to `keep`."""
        for metric in metrics:
            told = sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions", ()))
            level = AT.get((metric["Namespace"], tuple(name for name, _ in told)))
            if level and metric["MetricName"] in level.metrics:
                values = tuple(value for _, value in told)
                if _kept(level, values, keep):
                    self.add(level, values, metric["MetricName"])

    def add(self, level: Level, values: tuple[str, ...], *metrics: str) -> None:
        self._found.setdefault((level, values), set()).update(metrics)

    def add_unless_known(self, level: Level, values: tuple[str, ...], *metrics: str) -> None:
        if (level, values) not in self._found:
            self.add(level, values, *metrics)

    def remembered(self, namespace: str, row: Mapping[str, Any], keep: Callable[[str], bool]) -> None:
        """A row of the ledger, back to the series that it came from, if its resource is one to `keep`."""
        names = [name for name, metric in CACHE.items() if metric == row["metric"]]
        for level in LEVELS:
            if (level.namespace, level.dimension) == (namespace, row["dimension"]):
                values = tuple(row[column] if column else OPERATION for column in level.columns)
                asked = [name for name in (row["metric"], *names) if name in level.metrics]
                if asked and None not in values and _kept(level, values, keep):
                    self.add(level, values, *asked)

    def series(self) -> list[Series]:
        """In their order. Sets of metrics that are alike share their memory: there may be 100,000 resources."""
        shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        found = []
        for (level, values), metrics in sorted(self._found.items()):
            names = tuple(sorted(metrics))
            found.append(Series(level, values, shared.setdefault(names, names)))
        return found


def _kept(level: Level, values: tuple[str, ...], keep: Callable[[str], bool]) -> bool:
    return "resource" not in level.columns or keep(values[level.columns.index("resource")])


def single_metric(namespace: str) -> str | None:
    """The only metric that is asked for in a namespace, if it is only one."""
    metrics = {metric for level in LEVELS if level.namespace == namespace for metric in level.metrics}
    return metrics.pop() if len(metrics) == 1 else None


def queries(series: Iterable[Series]) -> Iterator[tuple[Series, str, dict[str, Any]]]:
    """Series, metric and what GetMetricData is to be asked of it, without the Id."""
    for one in series:
        dimensions = [
            {"Name": name, "Value": value} for name, value in zip(one.level.names, one.values, strict=True)
        ]
        for metric in one.metrics:
            about = {"Namespace": one.level.namespace, "MetricName": metric, "Dimensions": dimensions}
            yield one, metric, {"Metric": about, "Period": 3600, "Stat": "Sum"}
