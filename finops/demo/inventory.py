"""Saved AWS CLI answers about what the company owned on a day: what is gone since keeps its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from finops.demo.company import FLOWS
from finops.demo.files import put
from finops.demo.flow import Flow
from finops.demo.models import Model

Answer = dict[str, list[dict[str, object]]]


def write(root: Path, today: date, age: int) -> None:
    """Write the answers of `age` days before `today`, one of each kind for each account and region."""
    directory = root / (today - timedelta(days=age)).isoformat()
    alive = [flow for flow in FLOWS if flow.alive(age) and flow.named not in ("account", "nowhere")]
    for account, region in sorted({(flow.account, flow.region) for flow in alive}):
        here = [flow for flow in alive if (flow.account, flow.region) == (account, region)]
        for command, answer in _answers(here, today).items():
            printed = json.dumps(answer, indent=4) + "\n"
            put(directory / f"{command}-{account}-{region}.json", printed.encode())


def _answers(flows: list[Flow], today: date) -> dict[str, Answer]:
    units = [flow for flow in flows if flow.unit]
    return {
        "get-resources": {"ResourceTagMappingList": list(_tagged(flows))},
        "list-inference-profiles": {
            "inferenceProfileSummaries": list(
                {
                    flow.resource_arn: _profile(flow, today) for flow in flows if flow.resource == "profile"
                }.values()
            )
        },
        "list-provisioned-model-throughputs": {
            "provisionedModelSummaries": [
                _provisioned(flow, today) for flow in flows if flow.resource == "provisioned"
            ]
        },
        "list-functions": {
            "Functions": [
                _function(flow, today) for flow in units if flow.unit and flow.unit.kind == "lambda"
            ]
        },
    }


def _tagged(flows: list[Flow]) -> Iterator[dict[str, object]]:
    """The company's own resources; the Tagging API knows no foundation model and no system profile."""
    tags = {flow.resource_arn: flow.tags for flow in flows if flow.resource in ("profile", "provisioned")}
    tags |= {flow.unit.arn(flow.account, flow.region): flow.tags for flow in flows if flow.unit}
    for arn, pairs in tags.items():
        listed = [{"Key": key, "Value": value} for key, value in pairs.items()]
        yield {"ResourceARN": arn, "Tags": listed}


def _profile(flow: Flow, today: date) -> dict[str, object]:
    created = _created(flow, today)
    return {
        "inferenceProfileName": flow.resource_name,
        "createdAt": created,
        "updatedAt": created,
        "inferenceProfileArn": flow.resource_arn,
        "models": [{"modelArn": _model_arn(flow.model, flow.region)}],
        "inferenceProfileId": flow.metric_model_id,
        "status": "ACTIVE",
        "type": "APPLICATION",
    }


def _provisioned(flow: Flow, today: date) -> dict[str, object]:
    model, created = _model_arn(flow.model, flow.region), _created(flow, today)
    return {
        "provisionedModelName": flow.resource_name,
        "provisionedModelArn": flow.resource_arn,
        "modelArn": model,
        "desiredModelArn": model,
        "foundationModelArn": model,
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "status": "InService",
        "creationTime": created,
        "lastModifiedTime": created,
    }


def _function(flow: Flow, today: date) -> dict[str, object]:
    assert flow.unit is not None
    return {
        "FunctionName": flow.unit.name,
        "FunctionArn": flow.unit.arn(flow.account, flow.region),
        "Runtime": "python3.13",
        "Role": flow.role_arn,
        "Handler": "app.handler",
        "MemorySize": 512,
        "LastModified": _created(flow, today).replace("+00:00", ".000+0000"),
    }


def _model_arn(model: Model, region: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model.model_id}"


def _created(flow: Flow, today: date) -> str:
    """The flow's first day; what has always been there came a year ago."""
    return f"{today - timedelta(days=min(flow.first_age, 365)):%Y-%m-%d}T00:00:00+00:00"
