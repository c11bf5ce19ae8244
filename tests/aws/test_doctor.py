"""`finops doctor` against AWS's shapes: each fault is seen, each has its fix."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from fake_billing import billing
from home import Home

from finops import config
from finops.commands import clock
from finops.doctor import Line, examine
from finops.setup import export

OWN, OTHER = "123456789012", "111122223333"
ARN = "arn:aws:bcm-data-exports:us-east-1:123456789012:export/ours-1"
SETTINGS = """
[aws]
accounts = ["123456789012", "111122223333"]
regions = ["us-east-1"]
role = "finops"
[[sources]]
kind = "inventory"
[[sources]]
kind = "athena"
database = "billing"
table = "cur2"
region = "us-east-1"
"""
SOUND: dict[str, Any] = {
    "ListExports": {"Exports": [{"ExportArn": ARN, "ExportName": "ours", "ExportStatus": {"StatusCode": "HEALTHY"}}]},
    "GetExport": {
        "Export": export.definition(export.Destination(name="ours", bucket="b")),
        "ExportStatus": {"StatusCode": "HEALTHY", "LastRefreshedAt": 1_795_000_000},
    },
    "DescribeReportDefinitions": {"ReportDefinitions": []},
    "ListCostAllocationTags": {
        "CostAllocationTags": [
            {"TagKey": "Workload", "Type": "UserDefined", "Status": "Active"},
            {"TagKey": "Team", "Type": "UserDefined", "Status": "Active"},
        ]
    },
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sound answers with one thing otherwise; None takes it away."""
    answers = copy.deepcopy(SOUND)
    *way, last = path.split("/")
    place = answers
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return answers


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.configure(sources=SETTINGS)
    return made


def seen(
    home: Home, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], *, now: datetime | None = None
) -> dict[str, Line]:
    with billing(answers) as url:
        for service in ("BCM_DATA_EXPORTS", "COST_AND_USAGE_REPORT_SERVICE", "COST_EXPLORER"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        settings = config.read(home.path, {})
        lines = examine(home.path, settings, now or clock.now(), tags=True)
        return {line.subject: line for line in lines}


def test_what_is_sound_is_ok(aws: str, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    found = seen(home, monkeypatch, SOUND)
    sound = (
        "credentials",
        "clock",
        f"account {OWN}",
        f"account {OTHER}",
        "export ours",
        "cost allocation tags",
    )
    assert {subject: found[subject].status for subject in sound} == dict.fromkeys(sound, "ok")


@pytest.mark.parametrize(
    ("path", "value", "subject", "said", "fix"),
    [
        pytest.param(
            "GetExport/Export/DataQuery/TableConfigurations/COST_AND_USAGE_REPORT/INCLUDE_IAM_PRINCIPAL_DATA", None,
            "export ours", "nobody can be named by who called", "finops init --export", id="no callers",
        ),
        pytest.param(
            "GetExport/Export/DataQuery/TableConfigurations/COST_AND_USAGE_REPORT/TIME_GRANULARITY", "DAILY",
            "export ours", "hours cannot be told apart", "finops init --export", id="daily",
        ),
        pytest.param(
            "GetExport/Export/DataQuery/QueryStatement", "SELECT line_item_usage_type FROM COST_AND_USAGE_REPORT",
            "export ours", "tags are not selected", "finops init --export", id="no tags",
        ),
        pytest.param(
            "GetExport/ExportStatus/StatusCode", "UNHEALTHY", "export ours", "AWS cannot write it", "bucket's policy",
            id="cannot be written",
        ),
        pytest.param(
            "DescribeReportDefinitions/ReportDefinitions",
            [{"ReportName": "old", "TimeUnit": "DAILY", "AdditionalSchemaElements": [], "RefreshClosedReports": False}],
            "report old", "not hourly; without resource ids; closed months", "edit the report", id="legacy report",
        ),
        pytest.param(
            "ListCostAllocationTags/CostAllocationTags/0/Status", "Inactive", "cost allocation tags",
            "Workload: known and not active", "TagKey=Workload,Status=Active", id="a tag is not active",
        ),
        pytest.param(
            "ListCostAllocationTags/CostAllocationTags", [], "cost allocation tags", "has ever been used",
            "name your own keys", id="no tag of ours",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_billing_has_its_fix(
    aws: str,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    value: Any,
    subject: str,
    said: str,
    fix: str,
) -> None:
    monkeypatch.setitem(SOUND, "DescribeReportDefinitions", {"ReportDefinitions": []})
    found = seen(home, monkeypatch, changed(path, value))
    lines = [line for line in found.values() if line.subject == subject and line.status == "problem"]
    assert lines, found[subject]
    assert said in lines[0].said
    assert fix in (lines[0].fix or "")


@pytest.mark.parametrize("operation", ["ListExports", "DescribeReportDefinitions", "ListCostAllocationTags"])
def test_what_may_not_be_asked_is_unknown(
    aws: str, home: Home, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    found = seen(home, monkeypatch, {k: v for k, v in SOUND.items() if k != operation})
    unknown = [line.said for line in found.values() if line.status == "unknown"]
    assert any("AccessDenied" in said for said in unknown)


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        pytest.param(0, "ok", id="right"),
        pytest.param(-4, "ok", id="four minutes behind"),
        pytest.param(9, "problem", id="nine ahead"),
    ],
)
def test_the_clock_is_compared_with_awss(
    aws: str, home: Home, monkeypatch: pytest.MonkeyPatch, minutes: int, status: str
) -> None:
    now = clock.now() + timedelta(minutes=minutes)
    assert seen(home, monkeypatch, SOUND, now=now)["clock"].status == status


def test_the_workgroup_without_a_place_for_results(
    aws: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = seen(home, monkeypatch, SOUND)["workgroup primary"]
    assert (line.status, line.fix) == ("problem", 'set `output = "s3://bucket/prefix/"` in [[sources]]')


def test_the_log_that_keeps_prose_is_advised_against(
    aws: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    boto3.client("s3").create_bucket(Bucket="logs")
    boto3.client("bedrock").put_model_invocation_logging_configuration(
        loggingConfig={"s3Config": {"bucketName": "logs"}, "textDataDeliveryEnabled": True}
    )
    found = seen(home, monkeypatch, SOUND)
    line = found[f"invocation log of {OWN} us-east-1"]
    assert (line.status, line.said) == ("ok", "to s3://logs")
    assert "counts only" in (line.fix or "")


def test_without_credentials_the_rest_is_looked_at(
    aws: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    found = seen(home, monkeypatch, SOUND)
    assert found["credentials"].status == "problem"
    assert "AWS_PROFILE" in (found["credentials"].fix or "")
    assert found["disk"].status == "ok"
