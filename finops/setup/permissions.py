"""What finops may do in AWS, and no more: the policies of the role it runs as and of the role it assumes elsewhere.

Everything reads, but for what Athena itself writes, a query's result in the place that is named for it, and for
messages to a topic of SNS that [[channels]] names.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from finops.channels import Sns
from finops.config import Settings
from finops.sources import Athena, AthenaLog, Inventory

SERVICES = {  # botocore's name of a service, as its events spell it -> IAM's, where they differ
    "resource-groups-tagging-api": "tag",
    "sfn": "states",
    "cost-explorer": "ce",
    "cost-and-usage-report-service": "cur",
}
OPERATIONS = {  # calls that another action permits; None: needs none
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
    ("sts", "GetCallerIdentity"): None,
}
PLACEHOLDER = "BUCKET-OF-THE-TABLE"


class Grant(NamedTuple):
    """Actions on resources, and what they are for."""

    purpose: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)  # where AWS knows no smaller one


METRICS = Grant("CloudWatch", ("cloudwatch:GetMetricData", "cloudwatch:ListMetrics"))
INVENTORY = (
    Grant("Inventory", (
        "bedrock:ListInferenceProfiles", "bedrock:ListProvisionedModelThroughputs",
        "lambda:ListFunctions", "states:ListStateMachines", "tag:GetResources",
    )),
    Grant("TagsOfBedrock", ("bedrock:ListTagsForResource",), ("arn:{partition}:bedrock:*:*:*",)),
    Grant("RolesOfStateMachines", ("states:DescribeStateMachine",), ("arn:{partition}:states:*:*:stateMachine:*",)),
)  # fmt: skip
AGENTS = Grant("RolesOfAgents", ("bedrock:GetAgent",), ("arn:{partition}:bedrock:*:*:agent/*",))
ORGANIZATION = Grant("Accounts", ("organizations:ListAccounts", "organizations:ListTagsForResource"))
DOCTOR = Grant("DoctorOfAccount", ("bedrock:GetModelInvocationLoggingConfiguration",))
EXPORTS = Grant("SetUp", (
    "bcm-data-exports:GetExport", "bcm-data-exports:ListExports", "ce:ListCostAllocationTags",
    "cur:DescribeReportDefinitions", "glue:GetDatabases", "glue:GetTables", "tag:GetTagKeys",
))  # fmt: skip


def member(*, agents: bool = False) -> tuple[Grant, ...]:
    """In every account that is read; `agents`: with `agent_roles` of the inventory."""
    return (METRICS, *INVENTORY, *([AGENTS] if agents else []), DOCTOR)


def asks_agents(settings: Settings) -> bool:
    return any(isinstance(source, Inventory) and source.agent_roles for source in settings.sources)


def own(settings: Settings) -> tuple[Grant, ...]:
    """Of the identity that finops runs as: what `settings` make it ask for."""
    grants = [*_places(settings), EXPORTS]
    roles = [f"arn:{{partition}}:iam::*:role/{settings.aws.role}"] if settings.aws.role else []
    roles += sorted({arn for source in settings.sources if (arn := getattr(source, "role_arn", None))})
    roles += sorted({one.role_arn for one in settings.channels if isinstance(one, Sns) and one.role_arn})
    if roles:
        grants.append(Grant("OtherAccounts", ("sts:AssumeRole",), tuple(roles)))
    if settings.aws.organization or any(
        isinstance(s, Inventory) and s.path is None for s in settings.sources
    ):
        grants.append(ORGANIZATION)
    for number, source in enumerate(s for s in settings.sources if isinstance(s, Athena | AthenaLog)):
        grants += _athena(source, str(number + 1) if number else "")
    topics = [channel for channel in settings.channels if isinstance(channel, Sns)]
    if named := tuple(sorted({topic.topic_arn for topic in topics if topic.role_arn is None})):
        grants.append(Grant("Messages", ("sns:GetTopicAttributes", "sns:Publish"), named))
    return (*grants, *member(agents=asks_agents(settings)))


def _places(settings: Settings) -> list[Grant]:
    """The objects below each s3:// path."""
    paths = [
        path for s in settings.sources if (path := getattr(s, "path", None)) and str(path).startswith("s3://")
    ]
    buckets = sorted({str(path)[5:].partition("/")[0] for path in paths})
    if not paths:
        return []
    objects = sorted({f"arn:{{partition}}:s3:::{str(path)[5:].rstrip('/')}/*" for path in paths})
    return [
        Grant("ListDeliveries", ("s3:ListBucket",), tuple(f"arn:{{partition}}:s3:::{b}" for b in buckets)),
        Grant("ReadDeliveries", ("s3:GetObject",), tuple(objects)),
    ]


def _athena(source: Athena | AthenaLog, number: str) -> list[Grant]:
    region, database = source.region or "*", source.database
    glue = f"arn:{{partition}}:glue:{region}:*"
    output = (source.output or "s3://OUTPUT-OF-THE-WORKGROUP")[5:].rstrip("/")
    return [
        Grant(
            f"Queries{number}",
            ("athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup",
             "athena:StartQueryExecution", "athena:StopQueryExecution"),
            (f"arn:{{partition}}:athena:{region}:*:workgroup/{source.workgroup}",),
        ),
        Grant(
            f"TableOfQueries{number}",
            ("athena:GetTableMetadata", "glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"),
            (f"arn:{{partition}}:athena:{region}:*:datacatalog/{source.catalog}", f"{glue}:catalog",
             f"{glue}:database/{database}", f"{glue}:table/{database}/*"),
        ),
        Grant(
            f"DataOfQueries{number}",
            ("s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"),
            (f"arn:{{partition}}:s3:::{PLACEHOLDER}", f"arn:{{partition}}:s3:::{PLACEHOLDER}/*"),
        ),
        Grant(
            f"ResultsOfQueries{number}",
            ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket",
             "s3:ListMultipartUploadParts", "s3:PutObject"),
            (f"arn:{{partition}}:s3:::{output.partition('/')[0]}", f"arn:{{partition}}:s3:::{output}/*"),
        ),
    ]  # fmt: skip


def policy(grants: tuple[Grant, ...], partition: str = "aws") -> dict[str, Any]:
    """An IAM policy document."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": grant.purpose,
                "Effect": "Allow",
                "Action": sorted(grant.actions),
                "Resource": [resource.format(partition=partition) for resource in grant.resources],
            }
            for grant in grants
        ],
    }


def action(service: str, operation: str) -> str | None:
    """The IAM action that permits a call; None where a call needs none."""
    if (service, operation) in OPERATIONS:
        return OPERATIONS[service, operation]
    return f"{SERVICES.get(service, service)}:{operation}"
