"""An export that AWS writes anew while we look at it: never half of the old and half of the new."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bill import cur2, line
from home import Home
from s3_bucket import PREFIX, Bucket
from weather import Answer, Asked, Pass, Weather

from finops.errors import SourceError

ROWS = [line(f"2026-{month}-05 10:00", month) for month in (10, 11)]


@pytest.fixture
def bucket(aws: str) -> Bucket:
    return Bucket()


@pytest.fixture
def home(tmp_path: Path, bucket: Bucket) -> Home:
    """Its one source is a bucket with two months of a bill."""
    cur2(tmp_path / "exports", ROWS)
    bucket.upload(tmp_path / "exports")
    home = Home(tmp_path / "home")
    home.configure(sources=f'[[sources]]\nkind = "cur"\npath = "{bucket.url}"\n')
    return home


def rewritten_data(bucket: Bucket) -> None:
    name = next(name for name in bucket.names() if "2026-11" in name and name.endswith("parquet"))
    bucket.put(name, b"another")


def rewritten_manifest(bucket: Bucket) -> None:
    name = next(name for name in bucket.names() if "2026-11" in name and name.endswith("json"))
    key = f"{PREFIX}/{name}"
    body = bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
    bucket.put(name, body + b" ")


def removed_data(bucket: Bucket) -> None:
    name = next(name for name in bucket.names() if "2026-11" in name and name.endswith("parquet"))
    bucket.client.delete_object(Bucket=bucket.name, Key=f"{PREFIX}/{name}")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param(rewritten_data, "org-cur-00001.snappy.parquet", id="its data"),
        pytest.param(rewritten_manifest, "org-cur-Manifest.json", id="its manifest"),
        pytest.param(removed_data, "org-cur-00001.snappy.parquet", id="data removed"),
    ],
)
def test_an_export_rewritten_meanwhile_is_refused_and_read_by_the_next_sync(
    home: Home,
    bucket: Bucket,
    aws: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Bucket], None],
    name: str,
) -> None:
    home.sync()
    cur2(tmp_path / "exports", [*ROWS, line("2026-11-06 10:00", 30)])
    bucket.upload(tmp_path / "exports")
    before = home.standing()
    once = [change]

    def meanwhile(asked: Asked, ask: Pass) -> Answer | None:
        if asked.is_data and once:
            once.pop()(bucket)
        return None

    with Weather(aws, meanwhile) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        with pytest.raises(
            SourceError, match=rf"2026-11/{re.escape(name)}: is being rewritten; run the sync again"
        ):
            home.sync()
        assert home.standing() == before
        bucket.upload(tmp_path / "exports")
        assert home.sync().published
    assert home.ask("select sum(gross_usd)::integer from attributed") == [(51,)]


@pytest.mark.parametrize(
    ("age", "read"),
    [
        pytest.param(20, 0, id="still being written: what the ledger holds stays"),
        pytest.param(90, 1, id="given up: read as it is"),
    ],
)
def test_data_newer_than_its_manifest_waits_for_it(
    home: Home, bucket: Bucket, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, read: int
) -> None:
    """The clock of AWS is the real one here; data was written `age` minutes before the sync, the manifest yesterday."""
    home.sync()
    cur2(tmp_path / "exports", [*ROWS, line("2026-11-06 10:00", 30)])
    data = next((tmp_path / "exports").rglob("*2026-11/*.parquet"))
    bucket.put(data.relative_to(tmp_path / "exports").as_posix(), data.read_bytes())

    def dated(asked: Asked, ask: Pass) -> Answer | None:
        if "list-type" not in asked.query:
            return None
        answer = ask()
        hour = f"{8 if age < 60 else 7}:{40 if age < 60 else 30}"
        written = rf"\1<LastModified>2026-11-20T0{hour}:00.000Z</LastModified>"
        body = re.sub(r"(parquet</Key>)<LastModified>[^<]*</LastModified>", written, answer.body.decode())
        old = r"\1<LastModified>2026-11-19T09:00:00.000Z</LastModified>"
        body = re.sub(r"(json</Key>)<LastModified>[^<]*</LastModified>", old, body)
        return answer._replace(body=body.encode())

    with Weather(aws, dated) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        assert len(home.sync().read) == read
        fresh = Home(tmp_path / "fresh")
        fresh.configure(sources=(home.path / "finops.toml").read_text())
        if read:
            assert len(fresh.sync().read) == 2
        else:
            with pytest.raises(SourceError, match=r"Manifest\.json: is being rewritten; run the sync again"):
                fresh.sync()
        weather.rules.clear()
        assert len(home.sync().read) == 1 - read
