"""A source below `s3://` is the same source: what it lists, fetches and leaves alone."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from bill import cur2, cur2_csv, legacy, legacy_csv, line
from home import Home, reading
from s3_bucket import Bucket, requests, stream
from weather import Answer, Asked, Pass, Weather

from finops.aws import Access, Aws
from finops.sources import Cur, MetricStream, Reading, Source
from finops.sources.files.fetch import GET_USD, LIST_USD

ROWS = [
    line(f"2026-{month}-{day:02d} 10:00", day, resource_tags={"Workload": f"w{day % 3}"})
    for month in (10, 11)
    for day in range(1, 20)
]


def metric_stream(root: Path, rows: object) -> None:
    """Two days of datapoints, one of them in two objects."""
    for number, name in enumerate(("2026/11/19/07/a.gz", "2026/11/20/08/b.gz", "2026/11/20/09/c.gz")):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(stream(name, number)))


def ledger(source: Source, read: Reading) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, by delivery and table."""
    rows = {}
    for delivery in source.deliveries(read):
        with duckdb.connect() as con:
            source.load(con, delivery, read)
            for table in source.tables:
                found = con.execute(f"from {table} order by all")
                names = [column[0] for column in found.description or ()]
                rows[f"{delivery.partition} {table}"] = [
                    dict(zip(names, row, strict=True)) for row in found.fetchall()
                ]
    return rows


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        pytest.param(Cur, cur2, id="CUR 2.0 Parquet"),
        pytest.param(Cur, cur2_csv, id="CUR 2.0 CSV"),
        pytest.param(Cur, legacy, id="legacy Parquet"),
        pytest.param(Cur, legacy_csv, id="legacy CSV"),
        pytest.param(MetricStream, metric_stream, id="metric streams"),
    ],
)
def test_the_ledger_is_the_same_row_by_row(
    aws: str, tmp_path: Path, kind: Callable[..., Source], write: Callable[..., object]
) -> None:
    write(tmp_path / "exports", ROWS)
    bucket = Bucket()
    bucket.upload(tmp_path / "exports")
    local = ledger(kind(path="exports"), reading(tmp_path))
    assert len(local) > 1
    assert all(local.values()) or kind is Cur
    assert ledger(kind(path=bucket.url), reading(tmp_path / "home")) == local


ODD = [
    "2026/11/20/a b+c%20d.json",
    "2026/11/20/größe [1]*?{x}.json",
    "2026/11/20//twice.json",
    "/2026/11/20/rooted.json",
    "2026/11/20/" + "long" * 60,
    "2026/11/20/dir",
    "2026/11/20/dir/below",
]


def test_any_key_is_read(aws: str, tmp_path: Path) -> None:
    bucket = Bucket()
    for name in (*ODD, "2026/11/20/.hidden", "2026/11/20/folder/"):
        bucket.put(name, stream(name, 1))
    (rows,) = ledger(MetricStream(path=f"{bucket.url}/"), reading(tmp_path)).values()
    assert sorted(row["resource"] for row in rows) == sorted(ODD)
    assert all(file.is_relative_to(tmp_path / "cache" / "s3") for file in tmp_path.rglob("*.json"))


def small_pages(asked: Asked, ask: Pass) -> Answer | None:
    return ask("&max-keys=2") if "list-type" in asked.query else None


def test_every_page_of_a_listing_is_asked_for(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket()
    for number in range(7):
        bucket.put(f"2026/11/20/{number}", stream(str(number), 1))
    with Weather(aws, small_pages) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        read = reading(tmp_path)
        (delivery,) = MetricStream(path=bucket.url).deliveries(read)
    assert len(delivery.files) == 7
    assert requests(read) == {"ListObjectsV2": 4}
    assert read.aws.charges == {"S3 requests": 4 * LIST_USD}


def fed(tmp_path: Path) -> tuple[Home, Bucket]:
    """A home whose one source is a bucket with two months of a bill."""
    bucket = Bucket()
    cur2(tmp_path / "exports", ROWS)
    bucket.upload(tmp_path / "exports")
    home = Home(tmp_path / "home")
    home.configure(sources=f'[[sources]]\nkind = "cur"\npath = "{bucket.url}"\n')
    return home, bucket


def test_an_unchanged_bucket_fetches_nothing(aws: str, tmp_path: Path) -> None:
    home, _ = fed(tmp_path)
    first = home.sync()
    assert (len(first.read), first.published) == (2, True)
    assert first.aws_requests == 1 + 2 + 2 + 2  # the listing; manifests, data, and manifests once more
    assert first.aws_usd == LIST_USD + 6 * GET_USD
    again = home.sync()
    assert (again.read, again.unchanged, again.published, again.aws_requests) == ((), 2, False, 1)
    assert "etag" not in (home.path / "ledger" / "record.json").read_text()


def test_without_its_cache_an_unchanged_bucket_tells_its_manifests_only(aws: str, tmp_path: Path) -> None:
    home, _ = fed(tmp_path)
    home.sync()
    shutil.rmtree(home.path / "cache")
    again = home.sync()
    assert (again.read, again.unchanged, again.aws_requests) == ((), 2, 1 + 2)


def test_only_what_changed_is_fetched(aws: str, tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.put("2026/11/19/a", stream("a", 1))
    bucket.put("2026/11/20/b", stream("b", 2))
    source = MetricStream(path=bucket.url)
    before = ledger(source, reading(tmp_path))
    bucket.put("2026/11/20/c", stream("c", 3))
    bucket.put("2026/11/19/a", stream("a", 1))  # the same content anew
    read = reading(tmp_path)
    one, other = source.deliveries(read)
    assert one.signature == source.deliveries(reading(tmp_path))[0].signature
    assert ledger(source, read)["2026-11-19 datapoints"] == before["2026-11-19 datapoints"]
    assert requests(read)["GetObject"] == 1
    bucket.put("2026/11/20/b", stream("b", 5))
    assert source.deliveries(reading(tmp_path))[1].signature != other.signature
    assert [row["sum"] for row in ledger(source, reading(tmp_path))["2026-11-20 datapoints"]] == [5.0, 3.0]


def test_manifests_of_earlier_assemblies_are_not_asked_for(aws: str, tmp_path: Path) -> None:
    for day in range(1, 6):
        legacy_csv(tmp_path / "exports", ROWS[:5], assembly=f"202611{day:02d}T010203Z")
    bucket = Bucket()
    bucket.upload(tmp_path / "exports")
    read = reading(tmp_path)
    (delivery,) = Cur(path=bucket.url).deliveries(read)
    assert "20261105T010203Z" in delivery.files[0]
    assert requests(read) == {"ListObjectsV2": 1, "GetObject": 1}


def test_another_accounts_bucket_is_read_through_its_role(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket()
    bucket.put("2026/11/20/a", stream("a", 1))
    session = Aws(Access(external_id="ours", regions=("us-east-1",)))
    role = "arn:aws:iam::999988887777:role/finops-billing"
    with Weather(aws) as s3, Weather(aws) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        ledger(
            MetricStream(path=bucket.url, region="eu-west-1", role_arn=role), reading(tmp_path, aws=session)
        )
    (assumed,) = sts.asked
    assert b"ExternalId=ours" in assumed.body
    assert quote(role, safe="").encode() in assumed.body
    signed = {asked.headers["Authorization"].split("Credential=")[1].split("/")[2] for asked in s3.asked}
    assert signed == {"eu-west-1"}
    assert not any("Credential=testing" in asked.headers["Authorization"] for asked in s3.asked)


def test_one_bucket_has_one_name(aws: str) -> None:
    assert Cur(path="s3://b/p//").name == Cur(path="s3://b/p").name == "cur:s3://b/p"


def test_init_looks_at_a_bucket(aws: str, tmp_path: Path) -> None:
    bucket = Bucket()
    cur2(tmp_path / "exports", ROWS)
    bucket.upload(tmp_path / "exports")
    home = Home(tmp_path / "home")
    done = home.run("init", "--force", bucket.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "billing periods: 2 (2026-10 to 2026-11)" in done.stdout
    assert f'path = "{bucket.url}"' in (home.path / "finops.toml").read_text()
    assert home.sync().published
