"""Firehose files with the records AWS documents, read into hours."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import reading

from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.metric_stream import MetricStream

MINUTE = 1_763_640_000_000  # 2025-11-20T12:00:00Z
DAY = "2025/11/20/12"
AGENT = {"Operation": "InvokeAgent", "AgentAliasArn": "arn:alias", "ModelId": "m1"}

# AWS's own example of the JSON format, with its additional statistics.
DOCUMENTED = {
    "metric_stream_name": "MyMetricStream",
    "account_id": "000000000012",
    "region": "us-east-1",
    "namespace": "AWS/Bedrock",
    "metric_name": "InputTokenCount",
    "dimensions": {"ModelId": "m1"},
    "timestamp": MINUTE,
    "value": {"count": 3.0, "sum": 20.0, "max": 18.0, "min": 0.0, "p99": 17.56, "TM(25%:75%)": 16.43},
    "unit": "Count",
}


def record(**changes: Any) -> str:
    return json.dumps(DOCUMENTED | changes)


def point(amount: float, **changes: Any) -> str:
    return record(value={"max": amount, "min": 0.0, "sum": amount, "count": 1.0}, **changes)


def write(root: Path, name: str, content: str | bytes) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") and isinstance(content, str) else data)
    return file


def deliveries(base: Path, path: str = "stream") -> list[Delivery]:
    return MetricStream(path=path).deliveries(reading(base))


def loaded(base: Path, select: str) -> list[Any]:
    (delivery,) = deliveries(base)
    with duckdb.connect() as con:
        MetricStream(path="stream").load(con, delivery, reading(Path("/nowhere")))
        return con.execute(select).fetchall()


def test_documented_record_keeps_its_leading_zeros_and_falls_into_its_hour(tmp_path: Path) -> None:
    write(tmp_path, f"stream/{DAY}/a.gz", record(timestamp=MINUTE + 59 * 60_000) + "\n")
    assert loaded(tmp_path, "select * replace (hour::varchar as hour) from datapoints") == [
        ("2025-11-20 12:00:00", "000000000012", "us-east-1", "AWS/Bedrock",
         "InputTokenCount", "ModelId", "m1", None, None, None, 20.0, 3.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "total"),
    [
        pytest.param(point(1) + "\n" + point(2, timestamp=MINUTE + 60_000) + "\n", 3.0, id="one a line"),
        pytest.param(point(1) + point(2, timestamp=MINUTE + 60_000), 3.0, id="no newline between objects"),
        pytest.param(f"{point(1)}\n{point(1)}\n", 1.0, id="delivered twice"),
        pytest.param(
            point(1, metric_stream_name="a") + point(1, metric_stream_name="b"), 1.0, id="two streams"
        ),
        pytest.param(point(1) + point(1, unit="None"), 1.0, id="unit is no part of the series"),
        pytest.param(point(1) + point(2, region="eu-west-1"), 3.0, id="two regions"),
        pytest.param(point(1) + point(2, account_id="12"), 3.0, id="account 12 is not 000000000012"),
        pytest.param(point(0), 0.0, id="zero is a value"),
    ],
)
def test_amounts(tmp_path: Path, content: str, total: float) -> None:
    write(tmp_path, f"stream/{DAY}/a", content)
    assert loaded(tmp_path, "select sum(sum) from datapoints") == [(total,)]


def test_duplicate_in_another_file_of_the_day_is_counted_once(tmp_path: Path) -> None:
    write(tmp_path, f"stream/{DAY}/a.gz", point(1))
    write(tmp_path, "stream/2025/11/20/13/b", point(1))
    assert loaded(tmp_path, "select sum(sum), sum(samples) from datapoints") == [(1.0, 1.0)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["CacheReadInputTokens"], ("CacheReadInputTokenCount", 7.0), id="the guide's name"),
        pytest.param(["CacheReadInputTokenCount"], ("CacheReadInputTokenCount", 7.0), id="the live name"),
        pytest.param(
            ["CacheReadInputTokenCount", "CacheReadInputTokens"],
            ("CacheReadInputTokenCount", 7.0),
            id="both: max, not sum",
        ),
        pytest.param(
            ["CacheWriteInputTokens", "CacheWriteInputTokenCount"],
            ("CacheWriteInputTokenCount", 7.0),
            id="both names of writes",
        ),
    ],
)
def test_cache_metric_names_are_aliases(
    tmp_path: Path, names: list[str], expected: tuple[str, float]
) -> None:
    write(tmp_path, f"stream/{DAY}/a", "".join(point(7, metric_name=name) for name in names))
    assert loaded(tmp_path, "select metric, sum from datapoints") == [expected]


@pytest.mark.parametrize(
    ("namespace", "dimensions", "expected"),
    [
        pytest.param("AWS/Bedrock", {"ModelId": "m1"}, ("ModelId", "m1"), id="model"),
        pytest.param("AWS/Bedrock", {}, ("", ""), id="control total"),
        pytest.param("AWS/Bedrock", None, ("", ""), id="no dimensions is the control total too"),
        pytest.param(
            "AWS/Bedrock",
            {"ModelId": "m1", "ServiceTier": "flex", "ResolvedServiceTier": "default"},
            ("ServiceTier", "m1"),
            id="tiers are apart from models, which they would double",
        ),
        pytest.param("AWS/Bedrock", {"ModelId": "m1", "ServiceTier": "flex"}, None, id="half a tier"),
        pytest.param("AWS/BedrockMantle", {"Project": "p1"}, None, id="mantle project"),
        pytest.param(
            "AWS/BedrockMantle",
            {"Project": "p1", "Model": "m1"},
            ("Project", "p1"),
            id="mantle project and model",
        ),
        pytest.param("AWS/BedrockMantle", {}, None, id="mantle account"),
        pytest.param("AWS/Bedrock/Agents", AGENT, ("AgentAliasArn", "arn:alias"), id="agent"),
        pytest.param(
            "AWS/Bedrock/Agents",
            dict(reversed(AGENT.items())),
            ("AgentAliasArn", "arn:alias"),
            id="agent, any order",
        ),
        pytest.param("AWS/Bedrock/Agents", {"Operation": "InvokeAgent"}, None, id="agents by operation"),
        pytest.param("AWS/Lambda", {"FunctionName": "f"}, ("FunctionName", "f"), id="function"),
        pytest.param("AWS/Lambda", {}, None, id="all functions"),
        pytest.param("AWS/Lambda", {"FunctionName": "f", "Resource": "f:live"}, None, id="function version"),
        pytest.param(
            "AWS/States", {"StateMachineArn": "arn:s"}, ("StateMachineArn", "arn:s"), id="state machine"
        ),
        pytest.param("AWS/States", {"ServiceIntegrationResourceArn": "x"}, None, id="service integration"),
        pytest.param("AWS/EC2", {"InstanceId": "i"}, None, id="another namespace"),
    ],
)
def test_one_dimension_set_of_each_namespace(
    tmp_path: Path, namespace: str, dimensions: dict[str, str] | None, expected: tuple[str, str] | None
) -> None:
    write(tmp_path, f"stream/{DAY}/a", record(namespace=namespace, dimensions=dimensions))
    found = loaded(tmp_path, "select dimension, resource from datapoints")
    assert found == ([] if expected is None else [expected])


def test_an_agent_alias_is_counted_by_model_and_duplicates_once(tmp_path: Path) -> None:
    series = [AGENT, AGENT, AGENT | {"ModelId": "m2"}]
    lines = [point(1, namespace="AWS/Bedrock/Agents", dimensions=dimensions) for dimensions in series]
    write(tmp_path, f"stream/{DAY}/a", "\n".join(lines))
    assert loaded(tmp_path, "select resource, model_id, sum from datapoints order by all") == [
        ("arn:alias", "m1", 1.0),
        ("arn:alias", "m2", 1.0),
    ]


def without(*names: str) -> str:
    return json.dumps({name: value for name, value in DOCUMENTED.items() if name not in names})


def cut_between_records() -> bytes:
    stream = zlib.compressobj(wbits=31)
    return stream.compress((record() + "\n").encode() * 10) + stream.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(
            "a", record() + "\n" + record()[:80], "Malformed JSON.*output format must be JSON", id="cut line"
        ),
        pytest.param("a", "not json", "Malformed JSON", id="not JSON"),
        pytest.param("a", f"[{record()}]", "Expected OBJECT", id="an array"),
        pytest.param(
            "a", gzip.compress(record().encode()), "gzipped files end in .gz", id="gzip by another name"
        ),
        pytest.param(
            "a.gz", gzip.compress(record().encode() * 99)[:-30], "cut short or damaged", id="cut gzip"
        ),
        pytest.param(
            "a.gz", cut_between_records(), "cut short or damaged", id="gzip cut between two records"
        ),
        pytest.param("a.gz", b"not gzip", "cut short or damaged", id="no gzip"),
        pytest.param("a", without("namespace"), "lacks its account_id", id="no namespace"),
        pytest.param("a", without("account_id"), "AWS/Bedrock, InputTokenCount", id="no account"),
        pytest.param("a", without("value"), "lacks", id="no value"),
        pytest.param("a", record(value={"sum": 1.0}), "lacks", id="no sample count"),
        pytest.param("a", without("timestamp"), "lacks", id="no timestamp"),
        pytest.param("a", record(timestamp=MINUTE // 1000), "timestamp in milliseconds", id="seconds"),
        pytest.param("a", record(dimensions={"ModelId": None}), "a dimension's value", id="no model id"),
        pytest.param("a", record(timestamp="noon"), "cast", id="a timestamp in words"),
        pytest.param("a", '{"Functions": []}', "no namespace", id="another file"),
    ],
)
def test_a_damaged_file_is_named_and_nothing_is_loaded(
    tmp_path: Path, name: str, content: str | bytes, says: str
) -> None:
    write(tmp_path, f"stream/{DAY}/0.gz", record())
    broken = write(tmp_path, f"stream/{DAY}/{name}", content)
    (delivery,) = deliveries(tmp_path)
    with duckdb.connect() as con:
        with pytest.raises(SourceError, match=says) as caught:
            MetricStream(path="stream").load(con, delivery, reading(Path("/nowhere")))
        assert con.execute("from datapoints").fetchall() == []
    assert str(broken) in str(caught.value)


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, f"stream/{DAY}/a", "")
    assert loaded(tmp_path, "from datapoints") == []


@pytest.mark.parametrize(
    ("name", "partition"),
    [
        pytest.param(
            "stream/2025/11/20/13/x-2025-11-21-00-00-01.gz", "2025-11-20", id="the path before the name"
        ),
        pytest.param("stream/prefix/us-east-1/2025/11/20/13/x", "2025-11-20", id="below a prefix"),
        pytest.param("stream/year=2025/month=11/day=20/x", "2025-11-20", id="hive names"),
        pytest.param("stream/Quick-1-2025-11-20-13-00-05-0f.gz", "2025-11-20", id="only in the name"),
        pytest.param("stream/2025/13/45/x", "all", id="no such day"),
        pytest.param("stream/x", "all", id="no day"),
        pytest.param("stream/1112025/11/203/x", "all", id="longer digits"),
    ],
)
def test_arrival_day(tmp_path: Path, name: str, partition: str) -> None:
    write(tmp_path, name, "")
    assert [delivery.partition for delivery in deliveries(tmp_path)] == [partition]


def test_day_of_the_configured_path_counts_when_the_files_name_none(tmp_path: Path) -> None:
    write(tmp_path, "stream/2025/11/20/13/x", "")
    assert [found.partition for found in deliveries(tmp_path, "stream/2025/11/20")] == ["2025-11-20"]


def test_one_delivery_a_day_without_hidden_files(tmp_path: Path) -> None:
    kept = [write(tmp_path, f"stream/2025/11/{name}", "") for name in ("21/00/a", "20/12/b", "20/13/c")]
    write(tmp_path, "stream/2025/11/20/13/.part", "")
    write(tmp_path, "stream/.cache/2025/11/22/d", "")
    first, second = deliveries(tmp_path)
    assert (first.partition, first.files) == ("2025-11-20", (str(kept[1]), str(kept[2])))
    assert (second.partition, second.files) == ("2025-11-21", (str(kept[0]),))
    assert first.origin == str(tmp_path / "stream")


def test_signature_changes_with_name_size_and_time_only(tmp_path: Path) -> None:
    file = write(tmp_path, f"stream/{DAY}/a", "1")
    os.utime(file, ns=(1, 1))
    signatures = [deliveries(tmp_path)[0].signature]
    file.write_text("2")
    os.utime(file, ns=(9, 1))  # same size and mtime: contents are not read
    assert deliveries(tmp_path)[0].signature == signatures[0]
    os.utime(file, ns=(1, 2))
    signatures.append(deliveries(tmp_path)[0].signature)
    file.write_text("22")
    os.utime(file, ns=(1, 2))
    signatures.append(deliveries(tmp_path)[0].signature)
    file.rename(file.with_name("b"))
    signatures.append(deliveries(tmp_path)[0].signature)
    assert len(set(signatures)) == 4


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("missing", r"missing: No such file or directory; check `path`", id="missing"),
        pytest.param("file", r"file: Not a directory; check `path`", id="a file"),
        pytest.param("empty", r"empty holds no files", id="empty"),
        pytest.param("dangling", r"gone: No such file or directory", id="a link to nowhere"),
        pytest.param(
            "s3:///stream", r"names no bucket; `path` in \[\[sources\]\]", id="a bucket without a name"
        ),
    ],
)
def test_what_cannot_be_listed_says_what_to_do(tmp_path: Path, path: str, says: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling").mkdir()
    (tmp_path / "dangling/gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SourceError, match=says):
        deliveries(tmp_path, path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_directory_below_is_an_error_not_a_gap(tmp_path: Path) -> None:
    write(tmp_path, "stream/a", "")
    (tmp_path / "stream/locked").mkdir(mode=0)
    with pytest.raises(SourceError, match="Permission denied"):
        deliveries(tmp_path)


def test_absolute_path_ignores_the_base(tmp_path: Path) -> None:
    write(tmp_path, "stream/a", "")
    assert deliveries(Path("elsewhere"), str(tmp_path / "stream"))[0].files == (str(tmp_path / "stream/a"),)
