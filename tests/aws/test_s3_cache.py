"""Copies of objects: bounded, the least recently used go first, and none of them matters."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import reading
from s3_bucket import Bucket, bounded, requests, stream

from finops.model import Delivery
from finops.sources import MetricStream, Reading
from finops.sources.files import s3


@pytest.fixture
def bucket(aws: str) -> Bucket:
    """Five days with an object of a KiB each."""
    bucket = Bucket()
    for day in range(1, 6):
        bucket.put(f"2026/11/0{day}/a", stream("a", 1).ljust(1024))
    return bucket


def load(bucket: Bucket, read: Reading, *days: int) -> None:
    source = MetricStream(path=bucket.url)
    found = source.deliveries(read)
    for day in days:
        with duckdb.connect() as con:
            source.load(con, found[day - 1], read)


def kept(home: Path) -> list[int]:
    files = (file for file in (home / "cache").rglob("*") if file.is_file())
    return sorted(int(file.relative_to(home / "cache").parts[6]) for file in files)


def small(home: Path, kib: int, **more: Any) -> Reading:
    return reading(home, aws=bounded(str(kib * 2**-20)), **more)


@pytest.mark.parametrize(
    ("kib", "read", "stays"),
    [
        pytest.param(10, (1, 2, 3), [1, 2, 3], id="there is room for all"),
        pytest.param(3, (1, 2, 3, 4, 5), [3, 4, 5], id="the oldest go"),
        pytest.param(3, (1, 2, 3, 1, 4), [1, 3, 4], id="the least recently used go"),
        pytest.param(2, (5, 4, 3), [3, 4], id="by use, not by name"),
        pytest.param(0, (1, 2), [], id="nothing is kept"),
    ],
)
def test_the_least_recently_used_go(
    bucket: Bucket, tmp_path: Path, kib: int, read: tuple[int, ...], stays: list[int]
) -> None:
    load(bucket, small(tmp_path, kib), *read)
    assert kept(tmp_path) == stays


def test_use_is_remembered_from_run_to_run(bucket: Bucket, tmp_path: Path) -> None:
    for day in (1, 2, 3, 1, 4):
        load(bucket, small(tmp_path, 3), day)
    assert kept(tmp_path) == [1, 3, 4]


def test_what_is_kept_is_not_fetched_again(bucket: Bucket, tmp_path: Path) -> None:
    read = small(tmp_path, 3)
    load(bucket, read, 1, 2, 3, 3, 2, 1)
    assert requests(read)["GetObject"] == 3


def test_a_delivery_larger_than_the_cache_is_read_and_said(bucket: Bucket, tmp_path: Path) -> None:
    for number in range(4):
        bucket.put(f"2026/11/01/b{number}", stream("b", number).ljust(1024))
    said: list[str] = []
    load(bucket, small(tmp_path, 3, say=said.append), 2, 1)
    assert [text for text in said if "are needed at once, more than `cache_gib` in [aws] allows" in text]
    assert kept(tmp_path) == [1, 1, 1]


@pytest.mark.parametrize("lost", ["all of it", "half a file", "a file"])
def test_a_cache_that_lost_something_is_filled_again(bucket: Bucket, tmp_path: Path, lost: str) -> None:
    load(bucket, reading(tmp_path), 1, 2)
    first = next(file for file in sorted((tmp_path / "cache").rglob("a")))
    if lost == "all of it":
        shutil.rmtree(tmp_path / "cache")
    elif lost == "half a file":
        first.write_bytes(first.read_bytes()[:500])
    else:
        first.unlink()
    read = reading(tmp_path)
    load(bucket, read, 1, 2)
    assert requests(read)["GetObject"] == (2 if lost == "all of it" else 1)
    assert kept(tmp_path) == [1, 2]


def test_a_local_delivery_needs_no_copy(tmp_path: Path) -> None:
    (tmp_path / "2026-11-01").write_bytes(stream("a", 1))
    source, read = MetricStream(path="."), reading(tmp_path)
    (delivery,) = source.deliveries(read)
    assert isinstance(delivery, Delivery)
    assert delivery.objects == ()
    with duckdb.connect() as con:
        source.load(con, delivery, read)
    assert not (tmp_path / "cache").exists()


def test_of_a_delivery_only_its_files_are_fetched(bucket: Bucket, tmp_path: Path) -> None:
    """A source may leave out some of what a day holds."""
    bucket.put("2026/11/01/body", b"a prompt")
    source, read = MetricStream(path=bucket.url), reading(tmp_path)
    delivery = source.deliveries(read)[0]
    fewer = delivery.model_copy(update={"files": delivery.files[:1]})
    with duckdb.connect() as con:
        source.load(con, fewer, read)
    assert requests(read) == {"ListObjectsV2": 1, "GetObject": 1}
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["a"]


def test_what_is_near_is_as_far_below_its_origin(bucket: Bucket, tmp_path: Path) -> None:
    source, read = MetricStream(path=bucket.url), reading(tmp_path)
    delivery = source.deliveries(read)[0]
    with s3.near(source.kind, delivery, read) as here:
        (file,) = (Path(file).relative_to(here.origin) for file in here.files)
    assert (file.parts[:3], file.name) == (("2026", "11", "01"), "a")
