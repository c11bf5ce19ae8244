"""`finops init` on an account: what it finds, what it writes, what it says it could not ask."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from fake_billing import billing
from home import Home
from test_doctor import SOUND

from finops import config
from finops.aws import Access, Aws
from finops.setup.account import Found, configuration, look

REPORT = {
    "ReportName": "old", "TimeUnit": "HOURLY", "AdditionalSchemaElements": ["RESOURCES"], "RefreshClosedReports": True,
    "S3Bucket": "bills", "S3Prefix": "legacy/", "S3Region": "eu-west-1",
}  # fmt: skip


@pytest.fixture
def account(aws: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Traffic in two regions, a report's table, tags on functions."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for region in ("us-east-1", "eu-central-1"):
        boto3.client("cloudwatch", region_name=region).put_metric_data(
            Namespace="AWS/Bedrock",
            MetricData=[{"MetricName": "Invocations", "Dimensions": [{"Name": "ModelId", "Value": "m"}], "Value": 1,
                         "Timestamp": datetime(2026, 11, 20, tzinfo=UTC)}],
        )  # fmt: skip
    glue = boto3.client("glue")
    glue.create_database(DatabaseInput={"Name": "billing"})
    for name, columns in {"cur2": ["line_item_usage_type", "tags"], "other": ["id"]}.items():
        described = {"Columns": [{"Name": column, "Type": "string"} for column in columns]}
        glue.create_table(DatabaseName="billing", TableInput={"Name": name, "StorageDescriptor": described})
    boto3.client("s3").create_bucket(Bucket="tagged")
    boto3.client("s3").put_bucket_tagging(
        Bucket="tagged", Tagging={"TagSet": [{"Key": "app", "Value": "x"}, {"Key": "Squad", "Value": "y"}]}
    )
    return aws


def looked(monkeypatch: pytest.MonkeyPatch, *refused: str) -> Found:
    answers = SOUND | {"DescribeReportDefinitions": {"ReportDefinitions": [REPORT]}}
    with billing({name: answer for name, answer in answers.items() if name not in refused}) as url:
        for service in ("BCM_DATA_EXPORTS", "COST_AND_USAGE_REPORT_SERVICE"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        return look(Aws(Access()), lambda _: None)


def test_what_there_is_is_found(account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = looked(monkeypatch)
    assert [(bill.kind, bill.place, bill.region) for bill in found.bills] == [
        ("cur", "s3://b/bedrock/ours", "us-east-1"),
        ("cur", "s3://bills/legacy/old", "eu-west-1"),
        ("athena", "billing.cur2", "us-east-1"),
    ]
    assert found.regions == ("eu-central-1", "us-east-1")
    assert {"app", "Squad"} <= set(found.tag_keys)


def test_what_is_written_is_a_configuration(
    account: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    (home.path / "finops.toml").write_text(configuration(looked(monkeypatch)))
    settings = config.read(home.path, {})
    assert [source.kind for source in settings.sources] == ["cur", "cloudwatch", "inventory", "prices"]
    assert settings.aws.regions == ("eu-central-1", "us-east-1")
    assert settings.tags.workload == ("app",)
    assert settings.tags.team == ("Squad",)


@pytest.mark.parametrize("operation", ["ListExports", "DescribeReportDefinitions"])
def test_what_may_not_be_asked_is_said(account: str, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    found = looked(monkeypatch, operation)
    assert any("AccessDenied" in said and operation in said for said in found.unknown)
    assert "# Not known: " in configuration(found)
