"""The policies and the template: nothing but reading, and the same everywhere it is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.decode import decode
from home import Home

from finops import config
from finops.commands.init import TEMPLATE
from finops.setup import export, permissions

WRITES = {  # of query results only
    "athena:StartQueryExecution", "athena:StopQueryExecution", "s3:AbortMultipartUpload", "s3:DeleteObject",
    "s3:PutObject",
}  # fmt: skip
READS = ("Get", "List", "Describe")
SETTINGS = """
[aws]
role = "FinopsReader"
organization = true
[[sources]]
kind = "cur"
path = "s3://bills/bedrock/export"
[[sources]]
kind = "athena"
database = "billing"
table = "cur2"
output = "s3://results/finops"
region = "us-east-1"
[[sources]]
kind = "athena_log"
database = "logs"
table = "calls"
workgroup = "finops"
role_arn = "arn:aws:iam::111122223333:role/logs"
[[sources]]
kind = "inventory"
agent_roles = true
"""


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    found, faults = decode(str(TEMPLATE))
    assert not faults
    return json.loads(json.dumps(found))


def grants(path: Path) -> dict[str, permissions.Grant]:
    home = Home(path / "home")
    home.configure(sources=SETTINGS)
    return {grant.purpose: grant for grant in permissions.own(config.read(home.path, {}))}


def test_a_topic_may_be_published_to_and_no_other(tmp_path: Path) -> None:
    ours, theirs = ("arn:aws:sns:us-east-1:111122223333:costs", "arn:aws:sns:us-east-1:444455556666:costs")
    home = Home(tmp_path / "home")
    topic = '[[channels]]\nkind = "sns"\ntopic_arn = "{}"\n'
    role = 'role_arn = "arn:aws:iam::444455556666:role/teller"\n'
    home.configure(topic.format(ours) + topic.format(theirs) + role)
    found = {grant.purpose: grant for grant in permissions.own(config.read(home.path, {}))}
    assert found["Messages"].resources == (ours,)
    assert "arn:aws:iam::444455556666:role/teller" in found["OtherAccounts"].resources


def test_nothing_is_written_but_query_results(tmp_path: Path) -> None:
    allowed = {action for grant in grants(tmp_path).values() for action in grant.actions}
    assert {a for a in allowed if not a.partition(":")[2].startswith(READS)} == WRITES | {"sts:AssumeRole"}


@pytest.mark.parametrize(
    ("purpose", "resource"),
    [
        pytest.param(
            "ReadDeliveries", "arn:{partition}:s3:::bills/bedrock/export/*", id="objects of the path"
        ),
        pytest.param("ListDeliveries", "arn:{partition}:s3:::bills", id="their bucket"),
        pytest.param("OtherAccounts", "arn:{partition}:iam::*:role/FinopsReader", id="the one role"),
        pytest.param("Queries", "arn:{partition}:athena:us-east-1:*:workgroup/primary", id="the workgroup"),
        pytest.param("TableOfQueries", "arn:{partition}:glue:us-east-1:*:table/billing/*", id="the database"),
        pytest.param("OtherAccounts", "arn:aws:iam::111122223333:role/logs", id="a source's own role"),
        pytest.param("Queries2", "arn:{partition}:athena:*:*:workgroup/finops", id="the log's workgroup"),
        pytest.param(
            "RolesOfAgents", "arn:{partition}:bedrock:*:*:agent/*", id="agents, where their roles are wished"
        ),
        pytest.param("ResultsOfQueries", "arn:{partition}:s3:::results/finops/*", id="the place of results"),
    ],
)
def test_a_grant_is_as_narrow_as_the_settings(tmp_path: Path, purpose: str, resource: str) -> None:
    assert resource in grants(tmp_path)[purpose].resources


def test_the_template_is_sound() -> None:
    found = lint(TEMPLATE.read_text(encoding="utf-8"), regions=["us-east-1"])  # where Data Exports are
    assert [str(match) for match in found if not match.rule.id.startswith("I")] == []


def test_the_template_grants_what_the_code_asks_for(template: dict[str, Any]) -> None:
    (written,) = template["Resources"]["Reader"]["Properties"]["Policies"]
    generated = permissions.policy(permissions.member(), "${AWS::Partition}")
    for statement in generated["Statement"]:
        arns = statement["Resource"]
        statement["Resource"] = "*" if arns == ["*"] else [{"Fn::Sub": arn} for arn in arns]
    assert written["PolicyDocument"] == generated


def test_the_template_makes_the_export_that_init_prints(template: dict[str, Any]) -> None:
    made = template["Resources"]["Export"]["Properties"]["Export"]
    printed = export.definition(export.Destination())
    place = {"S3Bucket", "S3Prefix", "S3Region"}
    for one in (made, printed):
        one["DestinationConfigurations"]["S3Destination"] = {
            k: v for k, v in one["DestinationConfigurations"]["S3Destination"].items() if k not in place
        }
    assert {k: v for k, v in made.items() if k != "Name"} == {k: v for k, v in printed.items() if k != "Name"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        pytest.param("--policy", '"arn:aws:s3:::bills/bedrock/export/*"', id="policy"),
        pytest.param("--member", '"cloudwatch:GetMetricData"', id="member policy"),
        pytest.param("--template", "Type: AWS::BCMDataExports::Export", id="template"),
    ],
)
def test_init_prints(tmp_path: Path, option: str, said: str) -> None:
    home = Home(tmp_path / "home")
    home.configure(sources=SETTINGS)
    done = home.run("init", option)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
