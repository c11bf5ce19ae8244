"""What accounts and regions have, made through AWS's own API, and words that every test of the inventory uses."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from home import Home

from finops.aws import Access, Aws

OWN, OTHER = "123456789012", "111122223333"
EAST, WEST = "us-east-1", "eu-west-1"
HAIKU, SONNET = "anthropic.claude-haiku-4-5", "anthropic.claude-sonnet-4-6"
D19, D20 = datetime(2026, 11, 19, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)
LIVE = '[[sources]]\nkind = "inventory"\n'
BOTH = f'[aws]\naccounts = ["{OWN}", "{OTHER}"]\nregions = ["{EAST}", "{WEST}"]\nrole = "finops"\n'
TOLD = "select problem is null, notes from freshness where kind = 'inventory'"
DEFINITION = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})


class Estate:
    """What the accounts have, made through AWS's own API."""

    def __init__(self) -> None:
        self.aws = Aws(Access(role="finops"))

    def client(self, service: str, account: str = OWN, region: str = EAST) -> Any:
        return self.aws.client(service, region, account)

    def role(self, name: str, account: str = OWN) -> str:
        """Made where it is not there yet. Returns its ARN."""
        trust = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
        iam = self.client("iam", account)
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        return f"arn:aws:iam::{account}:role/{name}"

    def function(
        self, name: str, *, account: str = OWN, region: str = EAST, runs_as: str = "some-role", **tags: str
    ) -> str:
        answer = self.client("lambda", account, region).create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role(runs_as, account),
            Handler="a.b",
            Code={"ZipFile": b"x"},
            Tags=tags,
        )
        return str(answer["FunctionArn"])

    def machine(self, name: str, *, runs_as: str = "some-role", **tags: str) -> str:
        answer = self.client("stepfunctions").create_state_machine(
            name=name,
            definition=DEFINITION,
            roleArn=self.role(runs_as),
            tags=[{"key": key, "value": value} for key, value in tags.items()],
        )
        return str(answer["stateMachineArn"])

    def member(self, name: str, **tags: str) -> str:
        """An account of the organisation, which is made first where it is not there. Returns its id."""
        organizations = self.client("organizations")
        with contextlib.suppress(organizations.exceptions.AlreadyInOrganizationException):
            organizations.create_organization(FeatureSet="ALL")
        made = organizations.create_account(AccountName=name, Email=f"{name.replace(' ', '-')}@example.com")
        account = str(made["CreateAccountStatus"]["AccountId"])
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        organizations.tag_resource(ResourceId=account, Tags=pairs)
        return account


def tags_of(home: Home, arn: str) -> list[tuple[Any, ...]]:
    return home.ask(f"select snapshot_day::varchar, tags from resources where arn = '{arn}' order by all")


def tagged(arn: str, **tags: str) -> dict[str, Any]:
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": pairs}], "PaginationToken": ""}
