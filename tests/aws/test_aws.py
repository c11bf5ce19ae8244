"""Who we are, whom we may become, and what a refusal says."""

from __future__ import annotations

import boto3
import pytest

from finops.aws import Access, Aws, AwsError
from finops.errors import SourceError

OWN, OTHER = "123456789012", "111122223333"


def test_targets_are_accounts_by_regions(aws: str) -> None:
    session = Aws(Access(accounts=(OWN, OTHER), regions=("us-east-1", "eu-west-1"), role="finops"))
    assert [tuple(target) for target in session.targets()] == [
        (OWN, "us-east-1"),
        (OWN, "eu-west-1"),
        (OTHER, "us-east-1"),
        (OTHER, "eu-west-1"),
    ]


def test_without_settings_it_is_our_own_account_in_our_own_region(aws: str) -> None:
    assert Aws(Access()).targets() == [(OWN, "us-east-1")]


def test_another_account_is_read_through_its_role(aws: str) -> None:
    session = Aws(Access(accounts=(OTHER,), role="finops", external_id="ours"))
    session.client("s3", account=OTHER).create_bucket(Bucket="theirs")
    identity = session.client("sts", account=OTHER).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/finops/finops"
    assert session.calls["s3", "CreateBucket"] == 1


def test_a_role_is_assumed_in_the_configured_region(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    session = Aws(Access(accounts=(OTHER,), regions=("eu-west-1",), role="finops"))
    assert session.client("sts", account=OTHER).get_caller_identity()["Account"] == OTHER


def test_another_account_without_a_role_says_which_setting_is_missing(aws: str) -> None:
    with pytest.raises(SourceError, match=r"account 111122223333 is not.*123456789012.*role = "):
        Aws(Access(accounts=(OTHER,))).client("s3", account=OTHER)


def test_an_organization_gives_its_active_accounts(aws: str) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    for number in range(25):  # more than a page
        organizations.create_account(AccountName=f"a{number}", Email=f"a{number}@example.com")
    found = Aws(Access(organization=True, role="finops")).accounts()
    assert len(found) == 26
    assert found[0] < found[-1]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param(
            {"AWS_ACCESS_KEY_ID": None}, "no credentials found; set AWS_PROFILE", id="no credentials"
        ),
        pytest.param({"AWS_PROFILE": "typo"}, r"profile \(typo\).*check `profile`", id="unknown profile"),
        pytest.param({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "check the network", id="nobody answers"),
        pytest.param({"AWS_REGION": None, "AWS_DEFAULT_REGION": None}, "no region", id="no region"),
    ],
)
def test_a_fault_says_what_to_do(
    aws: str, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str | None], said: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in variables.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(SourceError, match=said):
        Aws(Access()).targets()


def test_a_refusal_keeps_the_code_of_aws(aws: str) -> None:
    with pytest.raises(
        AwsError, match=r"s3:list_objects_v2.*NoSuchBucket.*check the bucket's name"
    ) as refused:
        Aws(Access()).pages("s3", "list_objects_v2", "Contents", Bucket="nowhere")
    assert refused.value.code == "NoSuchBucket"
