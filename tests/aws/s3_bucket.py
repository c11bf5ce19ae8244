"""A bucket on loopback that holds what a directory holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3

from finops.aws import Access, Aws
from finops.sources import Reading

NAME, PREFIX = "billing", "exports/of us"
HOUR = 1_795_162_800_000  # 2026-11-20T09:00:00Z


class Bucket:
    def __init__(self, name: str = NAME) -> None:
        self.name = name
        self.client: Any = boto3.client("s3")
        self.client.create_bucket(Bucket=name)

    @property
    def url(self) -> str:
        return f"s3://{self.name}/{PREFIX}"

    def upload(self, directory: Path) -> None:
        """Every file below `directory`, as AWS writes an export: manifests last."""
        files = (file for file in directory.rglob("*") if file.is_file())
        for file in sorted(files, key=lambda file: (file.suffix == ".json", file)):
            self.put(file.relative_to(directory).as_posix(), file.read_bytes())

    def put(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=f"{PREFIX}/{name}", Body=content)

    def names(self) -> list[str]:
        answer = self.client.list_objects_v2(Bucket=self.name, Prefix=f"{PREFIX}/")
        return [one["Key"].removeprefix(f"{PREFIX}/") for one in answer["Contents"]]


def stream(name: str, *amounts: int) -> bytes:
    """An object of datapoints, `name` so that no two are alike."""
    point = {"account_id": "111122223333", "region": "us-east-1", "namespace": "AWS/Bedrock", "unit": "Count"}
    point |= {"metric_name": "Invocations", "dimensions": {"ModelId": name}}
    lines = [
        point | {"timestamp": HOUR + number * 1000, "value": {"sum": amount, "count": 1, "max": 1, "min": 1}}
        for number, amount in enumerate(amounts)
    ]
    return "\n".join(map(json.dumps, lines)).encode()


def requests(reading: Reading) -> dict[str, int]:
    """What S3 was asked, by operation."""
    return {operation: count for (service, operation), count in reading.aws.calls.items() if service == "s3"}


def bounded(gib: str) -> Aws:
    return Aws(Access.model_validate({"cache_gib": gib}))
