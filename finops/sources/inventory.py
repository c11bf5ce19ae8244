"""Saved AWS CLI answers (`aws ... --output json > FILE`) as the inventory of taggable resources.

An answer is recognised by its top-level key, whatever its file is called:

    aws resourcegroupstaggingapi get-resources             ResourceTagMappingList
    aws bedrock list-inference-profiles                    inferenceProfileSummaries
    aws bedrock list-provisioned-model-throughputs         provisionedModelSummaries
    aws lambda list-functions                              Functions
    aws bedrock list-tags-for-resource                     tags, with "resourceARN" put beside it by hand

The members below carry AWS's own names; what is not needed is not read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import duckdb
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Delivery, Value
from finops.sources import directory
from finops.sources.reading import Reading

Arn = Annotated[str, Field(pattern=r"^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$")]
Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC).replace(tzinfo=None))]


class Resource(Value):
    """What one answer says about one resource; None where it does not say."""

    arn: str
    name: str | None = None
    tags: dict[str, str] | None = None
    model_id: str | None = None
    role_arn: str | None = None


class Commitment(Value):
    arn: str
    name: str
    model_id: str
    units: int
    status: str
    term: str | None
    created_at: datetime
    expires_at: datetime | None


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


class Answer(Shape):
    """One saved answer: one of these lists, or the tags of one resource."""

    ResourceTagMappingList: list[ResourceTagMapping] = []
    inferenceProfileSummaries: list[InferenceProfileSummary] = []
    provisionedModelSummaries: list[ProvisionedModelSummary] = []
    Functions: list[FunctionConfiguration] = []
    resourceARN: Arn | None = None
    tags: list[BedrockTag] = []

    def resources(self) -> Iterator[Resource]:
        yield from (item.resource() for item in self.ResourceTagMappingList)
        yield from (item.resource() for item in self.inferenceProfileSummaries)
        yield from (item.resource() for item in self.provisionedModelSummaries)
        yield from (item.resource() for item in self.Functions)
        if self.resourceARN is not None:
            yield Resource(arn=self.resourceARN, tags={tag.key: tag.value for tag in self.tags})


class Inventory(Value):
    """Fills `resources` and `commitments`. A delivery is a snapshot: a day in the path, else `all`."""

    kind: Literal["inventory"] = "inventory"
    path: str
    tables: ClassVar[tuple[str, ...]] = ("resources", "commitments")

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.path}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        return directory.by_day(self.kind, self.path, reading)

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        """Answers about one ARN are merged; where two of them differ, the later file by name wins."""
        answers = [_answer(Path(file)) for file in delivery.files]
        commitments = {
            item.provisionedModelArn: item.commitment()
            for answer in answers
            for item in answer.provisionedModelSummaries
        }
        day = None if delivery.partition == directory.ALL else delivery.partition
        _fill(con, "resources", day, _merged(answers))
        _fill(con, "commitments", day, commitments.values())
        return delivery


def _answer(file: Path) -> Answer:
    try:
        document = json.loads(file.read_bytes())  # bytes: PowerShell saves UTF-16
    except (OSError, ValueError) as exc:
        raise SourceError(
            f"inventory: {file}: not readable as JSON ({exc}); save the AWS CLI answer again "
            "with --output json, or move the file away"
        ) from exc
    _recognise(file, document)
    try:
        return Answer.model_validate(document)
    except ValidationError as exc:
        wrong = exc.errors()[0]
        raise SourceError(
            f"inventory: {file}: {_place(wrong['loc'])}: {wrong['msg']}; save the AWS CLI answer again "
            "with --output json and without --query"
        ) from exc


def _recognise(file: Path, document: Any) -> None:
    keys = sorted(document) if isinstance(document, dict) else []
    if "tags" in keys and "resourceARN" not in keys:
        raise SourceError(
            f'inventory: {file}: these tags do not say whose they are; add "resourceARN": "arn:..." beside '
            '"tags", or save `aws resourcegroupstaggingapi get-resources` instead'
        )
    known = Answer.model_fields.keys() - {"resourceARN"}
    if not known & set(keys):
        raise SourceError(
            f"inventory: {file}: holds {', '.join(keys) or 'no object'}, which is no answer understood here; "
            f"expected one of {', '.join(sorted(known))} at the top level"
        )


def _place(location: tuple[int | str, ...]) -> str:
    """("Functions", 3, "Role") -> Functions[3].Role, counted from 0 as `--query` does."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")


def _merged(answers: Iterable[Answer]) -> Iterable[Resource]:
    merged: dict[str, Resource] = {}
    for resource in (resource for answer in answers for resource in answer.resources()):
        before = merged.get(resource.arn, resource)
        merged[resource.arn] = before.model_copy(update=resource.model_dump(exclude_none=True))
    return merged.values()


def _fill(con: duckdb.DuckDBPyConnection, table: str, day: str | None, rows: Iterable[Value]) -> None:
    fill = sqlfile.read("sources", f"inventory_{table}")
    con.execute(sqlfile.read("ledger", table).sql)
    text = json.dumps([row.model_dump(mode="json") for row in rows])
    con.execute(fill.sql, fill.bind(rows=text, snapshot_day=day)).fetchall()


def _model_id(arn: str) -> str:
    return arn.rpartition("/")[2]
