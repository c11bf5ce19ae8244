"""AWS's answers that make the inventory, by AWS's own names; what is not needed is not read."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from finops.sources.inventory.rows import Account, Arn, Commitment, Instant, Resource


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Tag(Shape):
    Key: str
    Value: str


class BedrockTag(Shape):
    key: str
    value: str


class ResourceTagMapping(Shape):
    ResourceARN: Arn
    Tags: list[Tag] = []  # empty: once tagged, now untagged

    def resource(self) -> Resource:
        return Resource(arn=self.ResourceARN, tags={tag.Key: tag.Value for tag in self.Tags})


class InferenceProfileModel(Shape):
    modelArn: Arn


class InferenceProfileSummary(Shape):
    inferenceProfileArn: Arn
    inferenceProfileName: str
    models: list[InferenceProfileModel]

    def resource(self) -> Resource:
        ids = {_model_id(model.modelArn) for model in self.models}  # one model in several regions is one id
        return Resource(
            arn=self.inferenceProfileArn,
            name=self.inferenceProfileName,
            model_id=ids.pop() if len(ids) == 1 else None,
        )


class ProvisionedModelSummary(Shape):
    provisionedModelArn: Arn
    provisionedModelName: str
    foundationModelArn: Arn  # of a custom model, too: what the units are priced by
    modelUnits: int
    status: str
    commitmentDuration: str | None = None
    creationTime: Instant
    commitmentExpirationTime: Instant | None = None

    def resource(self) -> Resource:
        return Resource(
            arn=self.provisionedModelArn,
            name=self.provisionedModelName,
            model_id=_model_id(self.foundationModelArn),
        )

    def commitment(self) -> Commitment:
        return Commitment(
            arn=self.provisionedModelArn,
            name=self.provisionedModelName,
            model_id=_model_id(self.foundationModelArn),
            units=self.modelUnits,
            status=self.status,
            term=self.commitmentDuration,
            created_at=self.creationTime,
            expires_at=self.commitmentExpirationTime,
        )


class FunctionConfiguration(Shape):
    FunctionArn: Arn
    FunctionName: str
    Role: Arn

    def resource(self) -> Resource:
        return Resource(arn=self.FunctionArn, name=self.FunctionName, role_arn=self.Role)


class StateMachineListItem(Shape):
    stateMachineArn: Arn
    name: str

    def resource(self) -> Resource:
        return Resource(arn=self.stateMachineArn, name=self.name)


class StateMachineRole(Shape):
    """Of DescribeStateMachine."""

    stateMachineArn: Arn
    roleArn: Arn

    def resource(self) -> Resource:
        return Resource(arn=self.stateMachineArn, role_arn=self.roleArn)


class AgentRole(Shape):
    """Of GetAgent, whose answer holds the agent's instruction too."""

    agentArn: Arn
    agentName: str
    agentResourceRoleArn: Arn

    def resource(self) -> Resource:
        return Resource(arn=self.agentArn, name=self.agentName, role_arn=self.agentResourceRoleArn)


class OrganizationAccount(Shape):
    """Of an account in any state: what it used before it was closed is on a bill, too."""

    Id: str
    Arn: Arn
    Name: str | None = None

    def resource(self) -> Resource:
        return Resource(arn=self.Arn, name=self.Name)

    def account(self) -> Account:
        return Account(account_id=self.Id, account_name=self.Name)


class Answer(Shape):
    """One saved answer: one of these lists, or the tags of one resource."""

    ResourceTagMappingList: list[ResourceTagMapping] = []
    inferenceProfileSummaries: list[InferenceProfileSummary] = []
    provisionedModelSummaries: list[ProvisionedModelSummary] = []
    Functions: list[FunctionConfiguration] = []
    stateMachines: list[StateMachineListItem] = []
    Accounts: list[OrganizationAccount] = []
    resourceARN: Arn | None = None
    tags: list[BedrockTag] = []

    def resources(self) -> Iterator[Resource]:
        yield from (item.resource() for item in self.ResourceTagMappingList)
        yield from (item.resource() for item in self.inferenceProfileSummaries)
        yield from (item.resource() for item in self.provisionedModelSummaries)
        yield from (item.resource() for item in self.Functions)
        yield from (item.resource() for item in self.stateMachines)
        yield from (item.resource() for item in self.Accounts)
        if self.resourceARN is not None:
            yield Resource(arn=self.resourceARN, tags={tag.key: tag.value for tag in self.tags})


def _model_id(arn: str) -> str:
    return arn.rpartition("/")[2]
