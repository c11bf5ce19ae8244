"""One organisation in which every rung of the ladder names somebody: bill, metrics, logs, inventory, accounts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import athena_server
import bill
import boto3
import estate
import fake_bedrock
import fake_cloudwatch
import loopback
import pytest

NOW = datetime(2026, 11, 20, 9, 20, tzinfo=UTC)
NOON = datetime(2026, 11, 18, 12)
PAYER, SEARCH, LAB = "123456789012", "111122223333", "444455556666"
EAST, WEST = "us-east-1", "eu-west-1"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
ROLE = f"arn:aws:iam::{SEARCH}:role/Chat"
LOGS = "logs"
SETTINGS = f"""
[aws]
accounts = ["{PAYER}", "{SEARCH}", "{LAB}"]
regions = ["{EAST}", "{WEST}"]
role = "finops"

[accounts.{PAYER}]
workload = "platform"

[[sources]]
kind = "cloudwatch"
backfill_days = 3
[[sources]]
kind = "inventory"
[[sources]]
kind = "invocation_log"
path = "s3://{LOGS}"
[[sources]]
kind = "prices"
"""
BILLS = {
    "files": '[[sources]]\nkind = "cur"\npath = "exports"\n',
    "s3": f'[[sources]]\nkind = "cur"\npath = "s3://{estate.BUCKET}/prefix"\n',
    "athena": f'[[sources]]\nkind = "athena"\ndatabase = "{estate.DATABASE}"\ntable = "{estate.TABLE}"\n'
    f'output = "{estate.OUTPUT}"\nregion = "{EAST}"\n',
}
RUNGS = {  # workload -> the rung that names it
    "search": "resource_tag",
    "catalog": "inventory_tag",
    "batcher": "principal_tag",
    "chat": "principal",
    "alpha": "log_split",
    "beta": "log_split",
    "invoices": "consumer_split",
    "letters": "consumer_split",
    "platform": "account",
    "(untagged)": "untagged",
}


@dataclass
class Organisation:
    moto: str
    cloudwatch: fake_cloudwatch.CloudWatch
    bedrock: fake_bedrock.Bedrock
    athena: athena_server.Athena
    environment: pytest.MonkeyPatch


def profile(name: str) -> str:
    return f"arn:aws:bedrock:{EAST}:{SEARCH}:application-inference-profile/{name}"


def used(usd: str, *, hour: int = 12, account: str = SEARCH, region: str = EAST, **more: Any) -> bill.Row:
    """Input tokens of Claude Haiku on the 18th."""
    prefix = {"us-east-1": "USE1", "eu-west-1": "EUW1"}[region]
    return bill.line(
        f"2026-11-18 {hour}:00", usd, account=account, amount=1000, product_region_code=region,
        usage_type=f"{prefix}-Claude4.5Haiku-input-tokens", payer=PAYER, **more,
    )  # fmt: skip


LINES = [
    used("10", resource=profile("tagged"), resource_tags={"Workload": "search", "Team": "web"}),
    used("20", resource=profile("listed")),
    used("30", other_tags={"iamPrincipal/Workload": "batcher"}),
    used("40", principal=f"arn:aws:sts::{SEARCH}:assumed-role/Chat/session"),
    used("50", account=LAB),
    used("60", region=WEST),
    used("70", account=PAYER),
    used("0.000000000007", account=LAB, region=WEST),
    bill.line("2026-11-19 22:00", "1", account=SEARCH, payer=PAYER, code="AmazonEC2", product={},
              product_product_family="Compute Instance", product_servicecode="AmazonEC2"),
]  # fmt: skip


@contextmanager
def standing(exports: Path) -> Iterator[Organisation]:
    """All its servers, and an environment that leads to them. `exports` receives the bill as files, too."""
    with ExitStack() as stack:
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        moto = stack.enter_context(loopback.running())
        loopback.enter(moto, environment)
        made = Organisation(
            moto=moto,
            cloudwatch=stack.enter_context(fake_cloudwatch.serving(fake_cloudwatch.CloudWatch(NOW))),
            bedrock=stack.enter_context(fake_bedrock.serving(fake_bedrock.Bedrock())),
            athena=stack.enter_context(athena_server.running()),
            environment=environment,
        )
        environment.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", made.cloudwatch.url)
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK", made.bedrock.url)
        environment.setenv("AWS_ENDPOINT_URL_ATHENA", made.athena.url)
        environment.setenv("AWS_ENDPOINT_URL_BCM_DATA_EXPORTS", made.athena.url)
        bill.cur2(exports, LINES)
        estate.cur2(exports)
        _inventory(made)
        _metrics(made)
        _logs()
        yield made


def client(service: str, account: str, region: str = EAST) -> Any:
    """As that account's own administrator."""
    role = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/admin", RoleSessionName="admin"
    )
    keys = role["Credentials"]
    return boto3.client(
        service, region_name=region, aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys["SessionToken"],
    )  # fmt: skip


def _inventory(made: Organisation) -> None:
    made.bedrock.profile(SEARCH, EAST, "tagged", HAIKU)
    made.bedrock.profile(SEARCH, EAST, "listed", HAIKU, Workload="catalog")
    _function("chat", EAST, ROLE, Workload="chat")
    _function("invoices", WEST, f"arn:aws:iam::{SEARCH}:role/Invoices", Workload="invoices", Model="haiku")
    _function("letters", WEST, f"arn:aws:iam::{SEARCH}:role/Letters", Workload="letters", Model="haiku")


def _function(name: str, region: str, role: str, **tags: str) -> None:
    iam = client("iam", SEARCH)
    iam.create_role(RoleName=role.rpartition("/")[2], AssumeRolePolicyDocument="{}")
    client("lambda", SEARCH, region).create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="a.b", Code={"ZipFile": b"x"}, Tags=tags
    )


def _metrics(made: Organisation) -> None:
    for resource, calls in (("tagged", 5.0), ("listed", 7.0)):
        made.cloudwatch.put((SEARCH, EAST), "Invocations", {NOON: calls}, ModelId=resource)
        made.cloudwatch.put((SEARCH, EAST), "InputTokenCount", {NOON: 1_000_000.0}, ModelId=resource)
    for name, times in (("invoices", 1.0), ("letters", 3.0)):
        made.cloudwatch.put(
            (SEARCH, WEST), "Invocations", {NOON: times}, namespace="AWS/Lambda", FunctionName=name
        )


def _logs() -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=LOGS)
    records = [
        {
            "schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": f"2026-11-18T12:0{number}:00Z",
            "accountId": LAB, "region": EAST, "requestId": f"r{number}", "operation": "Converse", "modelId": HAIKU,
            "identity": {"arn": f"arn:aws:sts::{LAB}:assumed-role/Lab/s"}, "requestMetadata": {"workload": workload},
            "input": {"inputContentType": "application/json", "inputTokenCount": tokens},
            "output": {"outputContentType": "application/json", "outputTokenCount": 1},
        }
        for number, (workload, tokens) in enumerate((("alpha", 250_000), ("beta", 750_000)))
    ]  # fmt: skip
    body = gzip.compress("".join(json.dumps(record) + "\n" for record in records).encode())
    key = f"AWSLogs/{LAB}/BedrockModelInvocationLogs/{EAST}/2026/11/18/12/20261118T1200_x.json.gz"
    s3.put_object(Bucket=LOGS, Key=key, Body=body)


def later(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)
