"""`python -m bench.cloudwatch`: a day of many profiles, accounts and regions collected from a CloudWatch on loopback.

The server keeps to AWS's limits by the second and throttles whoever exceeds them, so that the clock on the wall has
AWS's pauses in it, though none of its distance. The exit code is 1 where a sum is wrong.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.measure import CHECKOUT, run

NOW = datetime(2026, 11, 20, 0, 20, tzinfo=UTC)
DAY = datetime(2026, 11, 19)
METRICS = (
    "Invocations", "InputTokenCount", "OutputTokenCount", "CacheReadInputTokenCount", "CacheWriteInputTokenCount",
)  # fmt: skip
OWN = 123456789012
REGIONS = (
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "us-east-2",
    "ca-central-1",
)


def main() -> int:
    options = arguments()
    if options.serve:
        return serve(options.profiles, options.accounts, options.regions)
    if options.collect:
        return collect(options.collect)
    with server(options) as address, tempfile.TemporaryDirectory() as home:
        os.environ |= environment(address)
        accounts = [str(OWN + number) for number in range(options.accounts)]
        places = f"accounts = {json.dumps(accounts)}\nregions = {json.dumps(REGIONS[: options.regions])}"
        source = '[[sources]]\nkind = "cloudwatch"\nbackfill_days = 1\nnamespaces = ["AWS/Bedrock"]'
        Path(home, "finops.toml").write_text(f'{source}\n[aws]\nrole = "finops"\n{places}\n')
        cost = run("bench.cloudwatch", "--collect", home)
        said = json.loads(cost.output)
        (stored,) = Path(home, "ledger").glob("*/*/*/datapoints.parquet")
        rows, total = duckdb.execute(
            "select count(*), sum(sum) from read_parquet(?)", [str(stored)]
        ).fetchall()[0]
    metrics = options.profiles * options.accounts * options.regions * len(METRICS)
    print(
        f"{options.profiles:,} profiles x {options.accounts} accounts x {options.regions} regions, one day:"
    )
    print(f"{metrics:,} metrics, {rows:,} rows of {metrics * 24:,}, {said['bytes'] / 1e6:.1f} MB of Parquet")
    print(f"{said['requests']:,} requests, {said['requests'] / said['seconds']:.1f} a second, ${said['usd']}")
    print(f"{said['seconds']:.1f} s on the wall, {cost.cpu:.1f} CPU s, {cost.mib:.0f} MiB")
    print(f"again, with nothing new: {said['again']} requests, {said['again_seconds']:.1f} s")
    return int(rows != metrics * 24 or total != metrics * sum(range(1, 25)) or bool(said["unreachable"]))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.cloudwatch", description=__doc__)
    parser.add_argument("--profiles", type=int, default=1000, help="in each account and region")
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--regions", type=int, default=5, choices=range(1, len(REGIONS) + 1))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--collect", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def collect(home: Path) -> int:
    """The measured process: a sync, and another one that has nothing to do."""
    from finops import config, pipeline

    settings = config.read(home, {})
    began = time.perf_counter()
    done = pipeline.sync(home, settings, NOW, say=lambda words: print(words, file=sys.stderr))
    middle = time.perf_counter()
    again = pipeline.sync(home, settings, NOW)
    size = sum(path.stat().st_size for path in Path(home, "ledger").rglob("*.parquet"))
    said = {
        "requests": done.aws_requests, "usd": f"{done.aws_usd:.2f}", "seconds": middle - began, "bytes": size,
        "again": again.aws_requests, "again_seconds": time.perf_counter() - middle,
        "unreachable": done.unreachable,
    }  # fmt: skip
    print(json.dumps(said))
    return 0


@contextmanager
def server(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """In a process of its own: what it uses is not the collector's."""
    sizes = ("--profiles", options.profiles, "--accounts", options.accounts, "--regions", options.regions)
    command = [sys.executable, "-m", "bench.cloudwatch", "--serve", *map(str, sizes)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    assert process.stdin
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()  # it ends when nobody listens any more
        process.wait()


def serve(profiles: int, accounts: int, regions: int) -> int:
    sys.path.insert(0, str(CHECKOUT / "tests" / "aws"))
    from fake_bedrock import Bedrock
    from fake_bedrock import serving as serving_bedrock
    from fake_cloudwatch import CloudWatch, serving
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    cloudwatch = CloudWatch(NOW, proves=False)
    first = (str(OWN), REGIONS[0])
    for number in range(profiles):
        for metric in METRICS:
            cloudwatch.put(first, metric, {}, ModelId=f"p{number:011}")
    hours = {int((DAY + n * timedelta(hours=1)).replace(tzinfo=UTC).timestamp()): n + 1.0 for n in range(24)}
    series = dict.fromkeys(cloudwatch.series[first], hours)  # one set of points for all: it is read only
    for account in range(OWN, OWN + accounts):
        cloudwatch.series |= {(str(account), region): series for region in REGIONS[:regions]}
    with ExitStack() as stack:
        stack.callback(moto.stop)
        stack.enter_context(serving(cloudwatch))
        bedrock = stack.enter_context(serving_bedrock(Bedrock()))
        host, port = moto.get_host_and_port()
        urls = {"moto": f"http://{host}:{port}", "cloudwatch": cloudwatch.url, "bedrock": bedrock.url}
        print(json.dumps(urls), flush=True)
        sys.stdin.read()
        print(f"server: {cloudwatch.throttled} calls were throttled", file=sys.stderr)
    return 0


def environment(address: dict[str, str]) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGIONS[0],
        "AWS_ENDPOINT_URL": address["moto"],
        "AWS_ENDPOINT_URL_CLOUDWATCH": address["cloudwatch"],
        "AWS_ENDPOINT_URL_BEDROCK": address["bedrock"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


if __name__ == "__main__":
    sys.exit(main())
