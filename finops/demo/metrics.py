"""The company's CloudWatch metrics as Metric Streams delivers them: JSON lines, gzip, one file a day."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb

from finops import sqlfile
from finops.demo.company import FLOWS
from finops.demo.files import put
from finops.demo.flow import Flow

_BEDROCK = {
    "calls": "Invocations",
    "input": "InputTokenCount",
    "output": "OutputTokenCount",
    "cache_read": "CacheReadInputTokenCount",
    "cache_write_5m": "CacheWriteInputTokenCount",
}
_MANTLE = {"calls": "Inferences", "input": "TotalInputTokens", "output": "TotalOutputTokens"}
_MANTLE_FINEST = {"calls": "Inferences", "input": "InputTokens", "output": "OutputTokens"}


class Gauge(NamedTuple):
    """One CloudWatch series that a measure of a flow counts into."""

    flow: int
    measure: str
    account_id: str
    region: str
    namespace: str
    metric_name: str
    dimensions: str  # as JSON


def write(con: duckdb.DuckDBPyConnection, root: Path, first: date, until: datetime) -> None:
    """Write the datapoints of `activity` before `until`, one file for each day."""
    gauges = [gauge._asdict() for number, flow in enumerate(FLOWS) for gauge in _gauges(number, flow)]
    con.execute(sqlfile.read("demo", "datapoints").sql, {"gauges": json.dumps(gauges)})
    day_of_output = sqlfile.read("demo", "metrics").sql
    day = first
    while (midnight := datetime.combine(day, time())) < until:
        file = root / day.strftime("%Y/%m/%d/00") / day.strftime("acme-finops-1-%Y-%m-%d-00-00-00.gz")
        lines = con.execute(day_of_output, {"since": midnight, "until": until}).fetchall()
        text = "".join(f"{line}\n" for (line,) in lines)
        put(file, gzip.compress(text.encode(), compresslevel=1, mtime=0))
        day += timedelta(days=1)


def _gauges(number: int, flow: Flow) -> Iterator[Gauge]:
    namespace = "AWS/BedrockMantle" if flow.shape == "mantle" else "AWS/Bedrock"
    for dimensions, metrics in _dimension_sets(flow):
        for measure, metric in metrics.items():
            yield Gauge(number, measure, flow.account, flow.region, namespace, metric, json.dumps(dimensions))
    if flow.unit is not None:
        namespace, metric, dimension, value = flow.unit.counted_as(flow.account, flow.region)
        for dimensions in ({dimension: value}, {}):
            yield Gauge(number, "unit", flow.account, flow.region, namespace, metric, json.dumps(dimensions))


def _dimension_sets(flow: Flow) -> list[tuple[dict[str, str], dict[str, str]]]:
    """AWS publishes each call once per set: adding the sets up would count it several times."""
    if flow.shape == "mantle":
        project, model = {"Project": "default"}, {"Model": flow.model.model_id}
        return [({}, _MANTLE), (project, _MANTLE), (model, _MANTLE), (project | model, _MANTLE_FINEST)]
    by_model = {"ModelId": flow.metric_model_id}
    tier = {"ServiceTier": flow.model.tier, "ResolvedServiceTier": flow.model.tier}
    finer = [(by_model | tier, _BEDROCK)] if flow.model.tier != "standard" else []
    return [({}, _BEDROCK), (by_model, _BEDROCK), *finer]
