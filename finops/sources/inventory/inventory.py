"""The inventory of taggable resources: AWS is asked, or, with `path`, its answers were saved by the AWS CLI.

A saved answer (`aws ... --output json > FILE`) is recognised by its top-level key, whatever its file is called:

    aws resourcegroupstaggingapi get-resources             ResourceTagMappingList
    aws bedrock list-inference-profiles                    inferenceProfileSummaries
    aws bedrock list-provisioned-model-throughputs         provisionedModelSummaries
    aws lambda list-functions                              Functions
    aws stepfunctions list-state-machines                  stateMachines
    aws organizations list-accounts                        Accounts
    aws bedrock list-tags-for-resource                     tags, with "resourceARN" put beside it by hand
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import duckdb
from pydantic import Field, ValidationError

from finops.errors import SourceError
from finops.model import Delivery, Value
from finops.sources.files import directory, s3
from finops.sources.files.listing import plain
from finops.sources.inventory import live
from finops.sources.inventory.rows import fill, merged
from finops.sources.inventory.shapes import Answer
from finops.sources.reading import Reading


class Inventory(Value):
    """Fills `resources`, `commitments` and `accounts`. Without `path` every account and region of [aws] is asked,
    once in each `every_hours` of a UTC day, what did not answer at every sync; a delivery is the snapshot of a day.
    `agent_roles` asks whom tagged Bedrock agents run as, too: AWS tells that together with the agent's
    instructions, which are thrown away. With `path` saved answers are read, from a directory or S3; a delivery is
    a snapshot: a day in the path, else `all`. `region` and `role_arn` are of a bucket.
    """

    kind: Literal["inventory"] = "inventory"
    path: str | None = None
    every_hours: Annotated[int, Field(ge=1, le=24)] = 6
    agent_roles: bool = False
    region: str | None = None
    role_arn: str | None = None
    tables: ClassVar[tuple[str, ...]] = ("resources", "commitments", "accounts", "collections")

    @property
    def name(self) -> str:
        return f"{self.kind}:{plain(self.path) if self.path else 'aws'}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        if self.path is None:
            return [live.snapshot(self.name, reading, self.every_hours, self.agent_roles)]
        return directory.by_day(self.kind, self.path, reading, self.region, self.role_arn)

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        if self.path is None:
            return live.load(con, delivery, reading, self.every_hours, self.agent_roles)
        with s3.near(self.kind, delivery, reading, self.region, self.role_arn) as here:
            _load_saved(con, here)
        return delivery


def _load_saved(con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Answers about one ARN are merged; where two of them differ, the later file by name wins."""
    answers = [_answer(Path(file)) for file in delivery.files]
    resources = merged(resource for answer in answers for resource in answer.resources())
    units = [item for answer in answers for item in answer.provisionedModelSummaries]
    commitments = {item.provisionedModelArn: item.commitment() for item in units}
    accounts = {item.Id: item.account() for answer in answers for item in answer.Accounts}
    day = None if delivery.partition == directory.ALL else delivery.partition
    fill(con, "resources", day, resources.values())
    fill(con, "commitments", day, commitments.values())
    fill(con, "accounts", day, accounts.values())
    fill(con, "collections", day, ())


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
