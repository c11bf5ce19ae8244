"""Saved AWS CLI answers; their shapes are held against AWS's own service models."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import botocore.session
import duckdb
import pytest
from botocore.model import Shape as AwsShape
from botocore.validate import ParamValidator
from home import reading

from finops.errors import SourceError
from finops.sources.inventory import Inventory, shapes

ACCOUNT, PAYER = "000000000012", "999988887777"
REGION = "us-east-1"
PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/grjihoh0los8"
PROVISIONED = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:provisioned-model/abcdef012345"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:chat"
STATES = f"arn:aws:states:eu-west-1:{ACCOUNT}:stateMachine:s"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/chat"
SONNET = "anthropic.claude-sonnet-4-6"
HAIKU = "anthropic.claude-haiku-4-5"


def model_arn(model_id: str, region: str = REGION) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


def tagged(arn: str, **tags: str) -> dict[str, Any]:
    return {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def profile(*model_arns: str) -> dict[str, Any]:
    return {
        "inferenceProfileName": "chat-sonnet",
        "createdAt": "2026-01-02T03:04:05.678901+00:00",
        "inferenceProfileArn": PROFILE,
        "models": [{"modelArn": arn} for arn in model_arns],
        "inferenceProfileId": "grjihoh0los8",
        "status": "ACTIVE",
        "type": "APPLICATION",
    }


def provisioned(**changes: Any) -> dict[str, Any]:
    return {
        "provisionedModelName": "reserved-sonnet",
        "provisionedModelArn": PROVISIONED,
        "modelArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:custom-model/{SONNET}/tuned",
        "desiredModelArn": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:custom-model/{SONNET}/tuned",
        "foundationModelArn": model_arn(SONNET),
        "modelUnits": 2,
        "desiredModelUnits": 3,
        "status": "InService",
        "commitmentDuration": "SixMonths",
        "commitmentExpirationTime": "2026-12-31T23:00:00-05:00",
        "creationTime": "2026-07-01T00:00:00Z",
        "lastModifiedTime": "2026-07-01T00:00:00Z",
    } | changes


def function(**changes: Any) -> dict[str, Any]:
    return {"FunctionName": "chat", "FunctionArn": FUNCTION, "Runtime": "python3.13", "Role": ROLE} | changes


def machine() -> dict[str, Any]:
    return {"stateMachineArn": STATES, "name": "s", "type": "STANDARD", "creationDate": datetime(2026, 1, 2)}


def member(account: str = ACCOUNT, name: str = "Search production") -> dict[str, Any]:
    arn = f"arn:aws:organizations::{PAYER}:account/o-exampleorgid/{account}"
    return {"Id": account, "Arn": arn, "Name": name, "State": "ACTIVE"}


def save(base: Path, name: str, answer: Any) -> Path:
    file = base / "inventory" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(answer, indent=4))
    return file


def loaded(base: Path, select: str) -> list[Any]:
    source = Inventory(path="inventory")
    (delivery,) = source.deliveries(reading(base))
    with duckdb.connect() as con:
        source.load(con, delivery, reading(base))
        return con.execute(select).fetchall()


def aws_shape(service: str, operation: str, member: str) -> AwsShape:
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).output_shape.members[member].member


ANSWERS = [
    pytest.param(
        "resourcegroupstaggingapi", "GetResources", "ResourceTagMappingList",
        tagged(FUNCTION, Workload="chat"), shapes.ResourceTagMapping, id="get-resources",
    ),
    pytest.param(
        "bedrock", "ListInferenceProfiles", "inferenceProfileSummaries",
        profile(model_arn(SONNET)), shapes.InferenceProfileSummary, id="list-inference-profiles",
    ),
    pytest.param(
        "bedrock", "ListProvisionedModelThroughputs", "provisionedModelSummaries",
        provisioned(), shapes.ProvisionedModelSummary, id="list-provisioned-model-throughputs",
    ),
    pytest.param(
        "lambda", "ListFunctions", "Functions",
        function(), shapes.FunctionConfiguration, id="list-functions",
    ),
    pytest.param(
        "stepfunctions", "ListStateMachines", "stateMachines",
        machine(), shapes.StateMachineListItem, id="list-state-machines",
    ),
    pytest.param(
        "organizations", "ListAccounts", "Accounts",
        member(), shapes.OrganizationAccount, id="list-accounts",
    ),
    pytest.param(
        "bedrock", "ListTagsForResource", "tags", {"key": "Team", "value": "search"}, shapes.BedrockTag,
        id="list-tags-for-resource",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "member", "item", "shape"), ANSWERS)
def test_shapes_are_those_of_aws(
    service: str, operation: str, member: str, item: dict[str, Any], shape: type[shapes.Shape]
) -> None:
    aws = aws_shape(service, operation, member)
    assert not ParamValidator().validate(item, aws).has_errors()
    assert item.keys() <= aws.members.keys()
    assert shape.model_fields.keys() <= aws.members.keys()
    assert member in shapes.Answer.model_fields


def test_bedrock_members_that_are_required_here_are_required_there() -> None:
    aws = aws_shape("bedrock", "ListProvisionedModelThroughputs", "provisionedModelSummaries")
    fields = shapes.ProvisionedModelSummary.model_fields
    assert {name for name, field in fields.items() if field.is_required()} <= set(aws.required_members)


def test_one_resource_is_merged_from_several_answers(tmp_path: Path) -> None:
    save(
        tmp_path,
        "2026-11-20/a.json",
        {"ResourceTagMappingList": [tagged(FUNCTION, Workload="chat", Team="search")]},
    )
    save(tmp_path, "2026-11-20/b.json", {"Functions": [function()]})
    assert loaded(tmp_path, "from resources") == [
        (date(2026, 11, 20), FUNCTION, ACCOUNT, REGION, "function", "chat",
         {"Workload": "chat", "Team": "search"}, None, ROLE),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "tags"),
    [
        pytest.param([{"ResourceTagMappingList": [tagged(FUNCTION)]}], {}, id="previously tagged"),
        pytest.param([{"Functions": [function()]}], {}, id="never tagged"),
        pytest.param(
            [
                {
                    "ResourceTagMappingList": [tagged(FUNCTION, Team="old", Gone="x")],
                    "PaginationToken": "next",
                },
                {"ResourceTagMappingList": [tagged(FUNCTION, Team="new")], "PaginationToken": ""},
            ],
            {"Team": "new"},
            id="the later file wins whole",
        ),
        pytest.param(
            [
                {"resourceARN": FUNCTION, "tags": [{"key": "Team", "value": "search"}]},
                {"Functions": [function()]},
            ],
            {"Team": "search"},
            id="tags of one resource, named by hand",
        ),
        pytest.param(
            [{"ResourceTagMappingList": [tagged(FUNCTION, **{"aws:x": 'a"b', "Größe": "😀 '"})]}],
            {"aws:x": 'a"b', "Größe": "😀 '"},
            id="any text",
        ),
    ],
)
def test_tags(tmp_path: Path, answers: list[dict[str, Any]], tags: dict[str, str]) -> None:
    for number, answer in enumerate(answers):
        save(tmp_path, f"{number}.json", answer)
    assert loaded(tmp_path, "select tags from resources") == [(tags,)]


@pytest.mark.parametrize(
    ("arns", "model_id"),
    [
        pytest.param([model_arn(SONNET)], SONNET, id="one region"),
        pytest.param(
            [model_arn(SONNET), model_arn(SONNET, "us-west-2")], SONNET, id="one model in two regions"
        ),
        pytest.param(
            [model_arn(SONNET), model_arn(HAIKU)], None, id="two models are unknown, not one of them"
        ),
    ],
)
def test_model_of_an_inference_profile(tmp_path: Path, arns: list[str], model_id: str | None) -> None:
    save(tmp_path, "profiles.json", {"inferenceProfileSummaries": [profile(*arns)]})
    assert loaded(tmp_path, "select resource_type, name, model_id from resources") == [
        ("application-inference-profile", "chat-sonnet", model_id)
    ]


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        pytest.param(PROVISIONED, (ACCOUNT, REGION, "provisioned-model"), id="provisioned model"),
        pytest.param(ROLE, (ACCOUNT, "", "role"), id="role"),
        pytest.param(STATES, (ACCOUNT, "eu-west-1", "stateMachine"), id="state machine"),
        pytest.param("arn:aws-cn:s3:::bucket", ("", "", "s3"), id="no type, no account"),
        pytest.param(f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue", (ACCOUNT, REGION, "sqs"), id="no type"),
    ],
)
def test_account_region_and_type_are_the_arns(
    tmp_path: Path, arn: str, expected: tuple[str, str, str]
) -> None:
    save(tmp_path, "tags.json", {"ResourceTagMappingList": [tagged(arn)]})
    assert loaded(tmp_path, "select account_id, region, resource_type from resources") == [expected]


def test_commitment_is_what_is_billed_now_in_utc(tmp_path: Path) -> None:
    save(tmp_path, "x.json", {"provisionedModelSummaries": [provisioned()]})
    select = "select * replace (created_at::varchar as created_at, expires_at::varchar as expires_at)"
    assert loaded(tmp_path, f"{select} from commitments") == [
        (None, PROVISIONED, "reserved-sonnet", ACCOUNT, REGION, SONNET, 2, "InService", "SixMonths",
         "2026-07-01 00:00:00", "2027-01-01 04:00:00"),
    ]  # fmt: skip
    assert loaded(tmp_path, "select resource_type, model_id from resources") == [
        ("provisioned-model", SONNET)
    ]


def test_no_commitment_has_no_term_and_no_end(tmp_path: Path) -> None:
    uncommitted = provisioned()
    del uncommitted["commitmentDuration"], uncommitted["commitmentExpirationTime"]
    save(tmp_path, "x.json", {"provisionedModelSummaries": [uncommitted]})
    save(tmp_path, "y.json", {"provisionedModelSummaries": [uncommitted]})
    assert loaded(tmp_path, "select term, expires_at from commitments") == [(None, None)]


def test_accounts_have_names_and_stand_among_the_resources(tmp_path: Path) -> None:
    save(tmp_path, "2026-11-20/accounts.json", {"Accounts": [member(), member("000000000013", "Lab")]})
    save(
        tmp_path, "2026-11-20/machines.json", {"stateMachines": [machine() | {"creationDate": "2026-01-02"}]}
    )
    assert loaded(tmp_path, "from accounts order by all") == [
        (ACCOUNT, "Search production"),
        ("000000000013", "Lab"),
    ]
    assert loaded(tmp_path, "select resource_type, name from resources order by all") == [
        ("account", "Lab"),
        ("account", "Search production"),
        ("stateMachine", "s"),
    ]


def test_nothing_found_is_an_answer(tmp_path: Path) -> None:
    save(tmp_path, "x.json", {"provisionedModelSummaries": []})
    assert loaded(tmp_path, "from resources") == []


def test_one_delivery_a_snapshot_day(tmp_path: Path) -> None:
    for name in ("2026-11-20/functions.json", "tags-2026-11-20.json", "2026-11-19/us/a.json", "undated.json"):
        save(tmp_path, name, {"Functions": []})
    found = Inventory(path="inventory").deliveries(reading(tmp_path))
    assert [(one.partition, len(one.files)) for one in found] == [
        ("2026-11-19", 1),
        ("2026-11-20", 2),
        ("all", 1),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_shells_encoding(tmp_path: Path, encoding: str) -> None:
    file = save(tmp_path, "x.json", {})
    file.write_text(json.dumps({"Functions": [function()]}), encoding=encoding)
    assert loaded(tmp_path, "select name from resources") == [("chat",)]


def without(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != name}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param("", "not readable as JSON", id="empty file"),
        pytest.param('{"Functions": [', "not readable as JSON", id="cut file"),
        pytest.param(
            {"Buckets": [], "NextToken": ""},
            "holds Buckets, NextToken, which is no answer understood",
            id="unknown",
        ),
        pytest.param([], "holds no object", id="an array"),
        pytest.param({"tags": []}, 'do not say whose they are; add "resourceARN"', id="nobody's tags"),
        pytest.param({"Functions": {}}, "Functions: Input should be a valid list", id="not a list"),
        pytest.param(
            {"provisionedModelSummaries": [provisioned(), without(provisioned(), "provisionedModelArn")]},
            r"provisionedModelSummaries\[1\]\.provisionedModelArn: Field required; save",
            id="no ARN",
        ),
        pytest.param(
            {"Functions": [function(FunctionArn="chat")]},
            r"Functions\[0\]\.FunctionArn: String should",
            id="no such ARN",
        ),
        pytest.param(
            {"provisionedModelSummaries": [provisioned(creationTime="2026-07-01T00:00:00")]},
            r"creationTime: Input should have timezone info",
            id="an instant without zone",
        ),
        pytest.param(
            {"provisionedModelSummaries": [provisioned(modelUnits="some")]}, "modelUnits", id="units in words"
        ),
    ],
)
def test_what_is_no_answer_is_named(tmp_path: Path, content: Any, says: str) -> None:
    file = save(tmp_path, "2026-11-20/x.json", content)
    if isinstance(content, str):
        file.write_text(content)
    with pytest.raises(SourceError, match=says) as caught:
        loaded(tmp_path, "from resources")
    assert str(file) in str(caught.value)
