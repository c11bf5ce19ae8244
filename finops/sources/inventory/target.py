"""One account and region, or the organisation, asked for all that the inventory wants of it.

A question that is refused or fails does not stop the next one; what it would have told stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from finops.aws import Aws, AwsError, Target, explained
from finops.sources.inventory import shapes
from finops.sources.inventory.rows import Account, Asked, Commitment, Resource, Status, merged

BOUND = 500  # resources that one collection asks about one by one; the others wait for the next one
REFUSED = {
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
    "NoCredentials", "UnauthorizedOperation",
}  # fmt: skip
# the region is not enabled in this account; there is no organisation; there is no such place
ABSENT = {"AWSOrganizationsNotInUseException", "UnknownEndpointError", "UnrecognizedClientException"}
GONE = {"ResourceNotFoundException", "StateMachineDoesNotExist", "TargetNotFoundException"}
BARS = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
TAGGABLE = {"application-inference-profile", "provisioned-model"}  # of Bedrock's, those that are listed


class Listing(NamedTuple):
    """A paged answer, by IAM's name for the question; asked once for each of `variants`."""

    subject: str
    service: str
    operation: str
    member: str
    shape: type[shapes.Shape]
    variants: tuple[Mapping[str, Any], ...] = ({},)


ACCOUNTS = Listing(
    "organizations:ListAccounts",
    "organizations",
    "list_accounts",
    "Accounts",
    shapes.OrganizationAccount,
)
LISTINGS = (
    Listing(
        "tag:GetResources", "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList",
        shapes.ResourceTagMapping,
        ({"ResourceTypeFilters": ["bedrock", "lambda:function", "states:stateMachine"], "ResourcesPerPage": 100},),
    ),
    Listing(
        "bedrock:ListInferenceProfiles", "bedrock", "list_inference_profiles", "inferenceProfileSummaries",
        shapes.InferenceProfileSummary,  # without a type AWS lists its own profiles only
        ({"typeEquals": "SYSTEM_DEFINED", "maxResults": 1000}, {"typeEquals": "APPLICATION", "maxResults": 1000}),
    ),
    Listing(
        "bedrock:ListProvisionedModelThroughputs", "bedrock", "list_provisioned_model_throughputs",
        "provisionedModelSummaries", shapes.ProvisionedModelSummary, ({"maxResults": 1000},),
    ),
    Listing("lambda:ListFunctions", "lambda", "list_functions", "Functions", shapes.FunctionConfiguration),
    Listing(
        "states:ListStateMachines", "stepfunctions", "list_state_machines", "stateMachines",
        shapes.StateMachineListItem, ({"maxResults": 1000},),
    ),
)  # fmt: skip


@dataclass
class Answered:
    """What one place told. Tags that are None, and commitments and accounts that are None, are not known."""

    resources: dict[str, Resource] = field(default_factory=dict)
    commitments: list[Commitment] | None = None
    accounts: list[Account] | None = None
    asked: list[Asked] = field(default_factory=list)
    error: AwsError | None = None


@dataclass
class Place:
    """Keeps account of what was asked of an account and region. `turn` counts collections."""

    aws: Aws
    account: str
    region: str
    now: datetime
    turn: int
    asked: list[Asked] = field(default_factory=list)
    error: AwsError | None = None
    barred: tuple[Status, str] | None = None  # it answers nobody, so nothing more is asked

    def listed(self, listing: Listing) -> list[Any] | None:
        """All that a paged question is answered with; None where it is not answered."""
        found: list[Any] = []

        def ask() -> None:
            for variant in listing.variants:
                items = self.aws.pages(
                    listing.service, listing.operation, listing.member,
                    region=self.region or None, account=self.account, **variant,
                )  # fmt: skip
                found.extend(listing.shape.model_validate(item) for item in items)

        return found if self._put(listing.subject, listing.service, ask) else None

    def each(
        self, subject: str, service: str, names: Iterable[str], question: Callable[[Any, str], Resource]
    ) -> list[Resource]:
        """Answers about one resource after the other, at most BOUND of them, in each collection others."""
        found: list[Resource] = []
        everyone = sorted(names)
        start = self.turn * BOUND % len(everyone) if len(everyone) > BOUND else 0
        mine = (everyone[start:] + everyone[:start])[:BOUND]
        waiting = len(everyone) - len(mine)

        def ask() -> None:
            for name in mine:
                with suppressed(GONE), explained(f"{subject} of {name}"):
                    found.append(question(self.aws.client(service, self.region or None, self.account), name))

        if mine:
            self._put(
                subject,
                service,
                ask,
                waiting and f"{waiting} of {len(everyone)} wait for the next collection",
            )
        return found

    def _put(self, subject: str, service: str, ask: Callable[[], None], waits: str | Literal[0] = 0) -> bool:
        """Ask, and note how it went. `waits` says what is left for another time."""
        status: Status = "partial" if waits else "complete"
        detail = waits or None
        try:
            if self.barred is not None:
                status, detail = self.barred
            else:
                ask()
        except AwsError as exc:
            status, detail = self._fault(service, exc)
        except ValidationError as exc:
            wrong = exc.errors()[0]
            place = ".".join(map(str, wrong["loc"]))
            status, detail = "failed", f"aws: {subject}: {place}: {wrong['msg']}; please report it"
        self.asked.append(
            Asked(
                account_id=self.account,
                region=self.region,
                subject=subject,
                collected_through=None if status in ("refused", "failed") else self.now,
                status=status,
                detail=detail,
            )
        )
        return status not in ("refused", "failed")

    def _fault(self, service: str, exc: AwsError) -> tuple[Status, str]:
        self.error = self.error or exc
        status: Status = "failed"
        if exc.code in REFUSED:
            status = "refused"
        elif exc.code in ABSENT or (
            exc.code == "EndpointConnectionError" and not offered(service, self.region)
        ):
            status = "absent"
        if exc.code in BARS or getattr(exc.__cause__, "operation_name", "") == "AssumeRole":
            self.barred = (status, str(exc))
        return status, str(exc)


def ask_target(aws: Aws, target: Target, now: datetime, turn: int, agent_roles: bool) -> Answered:
    place = Place(aws, *target, now, turn)
    lists = {listing.subject: place.listed(listing) for listing in LISTINGS}
    resources = merged(item.resource() for items in lists.values() for item in items or ())
    resources = merged((*resources.values(), *_native_tags(place, resources, lists["tag:GetResources"])))
    resources = merged((*resources.values(), *_roles(place, resources, agent_roles)))
    units = lists["bedrock:ListProvisionedModelThroughputs"]
    return Answered(
        resources=resources,
        commitments=None if units is None else [unit.commitment() for unit in units],
        asked=place.asked,
        error=place.error,
    )


def ask_organization(aws: Aws, now: datetime, turn: int) -> Answered:
    """Names and tags of all accounts. Only the management account, or one that it delegated to, is told."""
    place = Place(aws, aws.account, "", now, turn)
    accounts = place.listed(ACCOUNTS)
    resources = merged(item.resource() for item in accounts or ())
    arns = {item.Id: item.Arn for item in accounts or ()}

    def tags(client: Any, account: str) -> Resource:
        pages = client.get_paginator("list_tags_for_resource").paginate(ResourceId=account)
        found = [shapes.Tag.model_validate(tag) for page in pages for tag in page["Tags"]]
        return Resource(arn=arns[account], tags={tag.Key: tag.Value for tag in found})

    for answer in place.each("organizations:ListTagsForResource", "organizations", arns, tags):
        resources[answer.arn] = resources[answer.arn].told(answer)
    return Answered(
        resources=resources,
        accounts=None if accounts is None else [item.account() for item in accounts],
        asked=place.asked,
        error=place.error,
    )


def _native_tags(
    place: Place, resources: Mapping[str, Resource], tagged: list[shapes.ResourceTagMapping] | None
) -> Iterator[Resource]:
    """The tagging API tells tagged resources only, and not surely of every type that Bedrock has: where it tells
    none of a type, Bedrock is asked. What neither told of keeps unknown tags."""
    known = {_type(item.ResourceARN) for item in tagged or ()}
    unknown = [arn for arn, resource in resources.items() if resource.tags is None]
    asked = [arn for arn in unknown if _type(arn) in TAGGABLE - known]
    if tagged is not None:
        yield from (Resource(arn=arn, tags={}) for arn in set(unknown).difference(asked))
    else:
        yield from (Resource(arn=arn, tags={}) for arn in unknown if _type(arn) == "inference-profile")

    def tags(client: Any, arn: str) -> Resource:
        answer = client.list_tags_for_resource(resourceARN=arn)
        found = [shapes.BedrockTag.model_validate(tag) for tag in answer.get("tags", [])]
        return Resource(arn=arn, tags={tag.key: tag.value for tag in found})

    yield from place.each("bedrock:ListTagsForResource", "bedrock", asked, tags)


def _roles(place: Place, resources: Mapping[str, Resource], agent_roles: bool) -> Iterator[Resource]:
    """Whom tagged state machines and agents run as: they answer for what that role calls."""
    tagged = [arn for arn, resource in resources.items() if resource.tags]

    def of_machine(client: Any, arn: str) -> Resource:
        answer = client.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
        return shapes.StateMachineRole.model_validate(answer).resource()

    def of_agent(client: Any, arn: str) -> Resource:
        answer = client.get_agent(agentId=arn.rpartition("/")[2])
        return shapes.AgentRole.model_validate(answer["agent"]).resource()

    machines = [arn for arn in tagged if _type(arn) == "stateMachine"]
    yield from place.each("states:DescribeStateMachine", "stepfunctions", machines, of_machine)
    if agent_roles:
        agents = [arn for arn in tagged if _type(arn) == "agent"]
        yield from place.each("bedrock:GetAgent", "bedrock-agent", agents, of_agent)


@contextmanager
def suppressed(codes: Collection[str]) -> Iterator[None]:
    """What went between being listed and being asked about tells nothing, and that is no fault."""
    try:
        yield
    except AwsError as exc:
        if exc.code not in codes:
            raise


def offered(service: str, region: str) -> bool:
    """Whether AWS's own list has the service in that region: if so, not reaching it is a fault."""
    from botocore.session import Session

    session = Session()
    return any(
        region in session.get_available_regions(service, partition)
        for partition in session.get_available_partitions()
    )


def _type(arn: str) -> str:
    """arn:aws:bedrock:R:A:provisioned-model/x -> provisioned-model"""
    return arn.split(":", 5)[5].replace(":", "/").partition("/")[0]
