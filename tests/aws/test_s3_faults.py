"""What goes wrong with a bucket: said with what to do, nothing half stored, and healed by the next run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from bill import cur2, line
from home import Home, reading
from s3_bucket import Bucket, stream
from weather import Answer, Asked, Pass, Rule, Weather, refusal

from finops.aws import AwsError
from finops.errors import FinopsError, SourceError
from finops.sources import Cur, MetricStream
from finops.sources.files.fetch import TRIES

DAY = "2026/11/20"
ROWS = [line(f"2026-{month}-05 10:00", month) for month in (10, 11)]
CUT = 500


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


def refused(status: int, code: str, message: str = "no") -> Rule:
    return lambda asked, ask: refusal(status, code, message) if asked.is_data else None


def unlisted(status: int, code: str) -> Rule:
    return lambda asked, ask: refusal(status, code) if "list-type" in asked.query else None


def cut(times: int) -> Rule:
    """The line goes dead after CUT bytes of an object, so often."""
    left = [times]

    def rule(asked: Asked, ask: Pass) -> Answer | None:
        if not asked.is_data or left[0] == 0:
            return None
        left[0] -= 1
        return ask()._replace(sent=CUT)

    return rule


def spoilt(times: int) -> Rule:
    """One byte of an object arrives as another, so often."""
    left = [times]

    def rule(asked: Asked, ask: Pass) -> Answer | None:
        if not asked.is_data or left[0] == 0:
            return None
        left[0] -= 1
        answer = ask()
        return answer._replace(body=answer.body[:-9] + bytes([answer.body[-9] ^ 1]) + answer.body[-8:])

    return rule


@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [
        pytest.param(
            unlisted(403, "AccessDenied"),
            "AccessDenied",
            r"listing s3://billing/exports/of us \(s3:ListBucket\): AccessDenied.*allow this action",
            id="may not list",
        ),
        pytest.param(
            unlisted(301, "PermanentRedirect"),
            "PermanentRedirect",
            r"set `region` in \[\[sources\]\] to the bucket's own",
            id="another region",
        ),
        pytest.param(unlisted(400, "ExpiredToken"), "ExpiredToken", "renew the credentials", id="expired"),
        pytest.param(unlisted(503, "SlowDown"), "SlowDown", "slow down", id="throttled for minutes"),
        pytest.param(unlisted(500, "InternalError"), "InternalError", "run it again", id="a storm of 500"),
        pytest.param(
            refused(403, "AccessDenied"),
            "AccessDenied",
            r"reading s3://billing/exports/of us/2026/11/20/a \(s3:GetObject\): AccessDenied.*allow this action",
            id="may not read",
        ),
        pytest.param(
            refused(403, "AccessDenied", "not authorized to perform: kms:Decrypt on the resource"),
            "AccessDenied",
            "kms:Decrypt.*allow this action",
            id="may not decrypt",
        ),
        pytest.param(
            refused(403, "InvalidObjectState", "not valid for the object's storage class"),
            "InvalidObjectState",
            "it is archived; restore it",
            id="in Glacier",
        ),
        pytest.param(refused(503, "ServiceUnavailable"), "ServiceUnavailable", "run it again", id="503"),
        pytest.param(cut(99), "IncompleteReadError", "s3://.*check the network", id="cut each time"),
    ],
)
def test_a_refusal_of_aws_is_the_sources_alone(
    bucket: Bucket,
    aws: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rule: Rule,
    code: str,
    said: str,
) -> None:
    bucket.put(f"{DAY}/a", stream("a", *range(100)))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    source = MetricStream(path=bucket.url)
    with Weather(aws, rule) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        with pytest.raises(AwsError, match=said) as caught:
            load(source, tmp_path)
    assert caught.value.code == code


def load(source: MetricStream, home: Path) -> list[tuple[object, ...]]:
    read = reading(home)
    (delivery,) = source.deliveries(read)
    with duckdb.connect() as con:
        source.load(con, delivery, read)
        return con.execute("select sum(sum) from datapoints").fetchall()


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        pytest.param(
            "s3://nowhere/x", AwsError, "NoSuchBucket.*check the bucket's name", id="no such bucket"
        ),
        pytest.param(
            "s3://billing/typo", SourceError, "s3://billing/typo holds no files; check `path`", id="no prefix"
        ),
        pytest.param("s3://billing/exp", SourceError, "holds no files", id="half a directory's name"),
        pytest.param("s3://", SourceError, "names no bucket", id="no name"),
    ],
)
def test_a_path_that_is_not_there(
    bucket: Bucket, tmp_path: Path, path: str, error: type[SourceError], said: str
) -> None:
    bucket.put(f"{DAY}/a", stream("a", 1))
    with pytest.raises(error, match=said):
        MetricStream(path=path).deliveries(reading(tmp_path))


def test_a_bill_that_is_not_there(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cur: s3://billing/typo: no .parquet or .csv.gz file below it"):
        Cur(path="s3://billing/typo").deliveries(reading(tmp_path))


def test_what_aws_refuses_does_not_stop_other_sources(home: Home, tmp_path: Path) -> None:
    config = home.path / "finops.toml"
    config.write_text(config.read_text() + '[[sources]]\nkind = "metric_stream"\npath = "s3://nowhere/x"\n')
    done = home.sync()
    assert len(done.read) == 2
    assert list(done.unreachable) == ["metric_stream:s3://nowhere/x"]


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        pytest.param(cut(1), [None, f"bytes={CUT}-"], id="cut once"),
        pytest.param(cut(3), [None, f"bytes={CUT}-", f"bytes={2 * CUT}-", f"bytes={3 * CUT}-"], id="thrice"),
        pytest.param(spoilt(1), [None, None], id="damaged on its way"),
    ],
)
def test_a_broken_answer_is_mended(
    bucket: Bucket,
    aws: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rule: Rule,
    asked: list[str | None],
) -> None:
    bucket.put(f"{DAY}/a", stream("a", *range(100)))
    with Weather(aws, rule) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        assert load(MetricStream(path=bucket.url), tmp_path) == [(4950.0,)]
    assert [one.headers.get("Range") for one in weather.data()] == asked
    assert all(one.headers["If-Match"].startswith('"') for one in weather.data())


def test_what_is_damaged_each_time_is_refused(
    bucket: Bucket, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put(f"{DAY}/a", stream("a", 1))
    with Weather(aws, spoilt(99)) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        with pytest.raises(AwsError, match=r"2026/11/20/a: arrives cut or damaged each time"):
            load(MetricStream(path=bucket.url), tmp_path)
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file() and file.stat().st_size]


def test_a_server_that_knows_no_ranges_starts_anew(
    bucket: Bucket, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole(asked: Asked, ask: Pass) -> Answer | None:
        if "Range" not in asked.headers:
            return None
        content = stream("a", *range(100))
        return Answer(200, [("ETag", asked.headers["If-Match"])], content)

    bucket.put(f"{DAY}/a", stream("a", *range(100)))
    with Weather(aws, whole, cut(1)) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        assert load(MetricStream(path=bucket.url), tmp_path) == [(4950.0,)]


def test_what_stopped_goes_on_where_it_stopped(
    home: Home, bucket: Bucket, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """November's data breaks off each time; October's is not fetched again, and November's from where it was."""
    november = cut(99)
    with Weather(aws, lambda asked, ask: november(asked, ask) if "2026-11" in asked.key else None) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        first = home.sync()
        assert (len(first.read), len(first.unreachable)) == (1, 1)
        weather.rules.clear()
        weather.asked.clear()
        assert home.sync().read == (
            f"{bucket.url}/org-cur/metadata/BILLING_PERIOD=2026-11/org-cur-Manifest.json",
        )
        (asked,) = weather.data()
        assert "2026-11" in asked.key
        assert asked.headers["Range"] == f"bytes={TRIES * CUT}-"


def test_a_killed_sync_goes_on_where_it_stopped(
    home: Home, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, over = threading.Event(), threading.Event()

    def stuck(asked: Asked, ask: Pass) -> Answer | None:
        if asked.is_data and "2026-11" in asked.key:
            reached.set()
            over.wait(60)
        return None

    with Weather(aws, stuck) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        command = [sys.executable, "-m", "finops", "--home", str(home.path), "sync"]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=dict(os.environ))
        assert reached.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait()
        over.set()
        weather.rules.clear()
        weather.asked.clear()
        assert len(home.sync().read) == 2
        assert {asked.key.split("=")[1][:7] for asked in weather.data()} == {"2026-11"}


def test_a_full_disk_leaves_the_last_good_ledger(home: Home, bucket: Bucket) -> None:
    bucket.put("org-cur/data/BILLING_PERIOD=2026-12/x-00001.csv", b"a,b\n" * 500_000)
    done = home.run("sync", largest_file=1_000_000)
    assert done.returncode == 2
    assert re.search(
        r"cache/s3: File too large; copies.*give them room.*`cache_gib` in \[aws\]", done.stderr
    ), done
    assert not (home.path / "finops.duckdb").exists()


def test_an_error_in_a_copy_names_the_object(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put(f"{DAY}/a.gz", b"no gzip")
    with pytest.raises(
        FinopsError, match=r"metric_stream: s3://billing/exports/of us/2026/11/20/a\.gz is cut"
    ):
        load(MetricStream(path=bucket.url), tmp_path)


def test_objects_come_several_at_a_time(
    bucket: Bucket, aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        bucket.put(f"{DAY}/{number}", stream(str(number), 1))
    together = threading.Barrier(4, timeout=20)

    def wait(asked: Asked, ask: Pass) -> Answer | None:
        if asked.is_data:
            together.wait()
        return None

    with Weather(aws, wait) as weather:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", weather.url)
        assert load(MetricStream(path=bucket.url), tmp_path) == [(4.0,)]
