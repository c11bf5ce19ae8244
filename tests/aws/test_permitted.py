"""The policy is what the code asks for: no call without a grant, no grant without a call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import duckdb
import pytest
from home import Home
from organisation import BILLS, NOW, SETTINGS, standing

import finops
from finops import config
from finops.aws import Aws
from finops.setup import permissions
from finops.sources import Reading

PACKAGE = Path(finops.__file__).parent
IN_OUR_NAME = {  # what Athena does, and PyAthena when a query is to stop
    "athena:StopQueryExecution", "glue:GetDatabase", "glue:GetTable", "s3:AbortMultipartUpload", "s3:GetBucketLocation",
    "s3:ListMultipartUploadParts", "s3:PutObject",
}  # fmt: skip


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[tuple[str, str]]]:
    """Every operation that a sync of all sources asks for."""
    home = Home(tmp_path_factory.mktemp("permitted") / "home")
    home.configure(SETTINGS, sources=BILLS["s3"] + BILLS["athena"])
    with standing(home.exports):
        settings = config.read(home.path, {})
        reading = Reading(home=home.path, now=NOW, aws=Aws(settings.aws))
        for source in settings.sources:
            for delivery in source.deliveries(reading):
                with duckdb.connect() as con:
                    source.load(con, delivery, reading)
        yield set(reading.aws.calls)


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    home = Home(tmp_path_factory.mktemp("granted") / "home")
    home.configure(SETTINGS, sources=BILLS["s3"] + BILLS["athena"])
    grants = permissions.own(config.read(home.path, {}))
    return {action for grant in grants for action in grant.actions}


def test_no_call_without_a_grant(called: set[tuple[str, str]], granted: set[str]) -> None:
    needed = {permissions.action(service, operation) for service, operation in called} - {None}
    assert len(needed) > 15
    assert needed <= granted | {"sts:AssumeRole"}


def test_no_grant_without_a_call(called: set[tuple[str, str]], granted: set[str]) -> None:
    asked = {permissions.action(service, operation) for service, operation in called}
    code = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    written = {action for action in granted if re.search(rf"\b{_method(action)}\b", code)}
    assert granted - asked - written == IN_OUR_NAME | {"sts:AssumeRole"}


def _method(action: str) -> str:
    """boto3's name: bedrock:ListInferenceProfiles is list_inference_profiles."""
    return botocore.xform_name(action.partition(":")[2])
