"""A look at an AWS account, and the finops.toml that suits it: where the bill is, where Bedrock is used, which tags.

Everything asked is read-only, and what may not be asked is said in the file it writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from finops.aws import Aws, explained
from finops.errors import FinopsError
from finops.model import KEYS, Value
from finops.setup.directory import SYNONYMS, TAGS_INTRODUCED, WHOM_TO_TELL, plain

BILLING = "us-east-1"  # where billing services answer
NOT_HERE = ("UnrecognizedClient", "InvalidClientTokenId", "AuthFailure", "EndpointConnectionError")


class Bill(Value):
    """An export, or a table over one."""

    kind: str  # cur, athena
    place: str  # s3://bucket/prefix/name, or database.table
    region: str
    what: str


class Found(Value):
    account: str
    accounts: int | None  # of the organisation; None: unknown
    bills: tuple[Bill, ...]
    regions: tuple[str, ...]  # with Bedrock traffic in the last two weeks
    tag_keys: tuple[str, ...]
    unknown: tuple[str, ...]  # what could not be asked, in AWS's words


def look(aws: Aws, say: Callable[[str], None]) -> Found:
    """Ask the credentials' own account. Raises AwsError where not even that is known."""
    unknown: list[str] = []

    def tried(what: str, ask: Callable[[], Any], otherwise: Any) -> Any:
        say(f"looking for {what}")
        try:
            return ask()
        except FinopsError as exc:
            unknown.append(str(exc))
            return otherwise

    account = aws.account
    accounts = tried("accounts", lambda: len(aws.pages("organizations", "list_accounts", "Accounts")), None)
    bills = tried("data exports", lambda: list(_exports(aws)), [])
    bills += tried("legacy reports", lambda: list(_legacy(aws)), [])
    homes = {bill.region for bill in bills} | set(aws.regions)
    for home in sorted(homes):
        bills += tried(f"tables in {home}", partial(_list_tables, aws, home), [])
    regions = [
        region for region in _candidates(aws) if tried(f"traffic in {region}", _traffic(aws, region), False)
    ]
    keys: set[str] = set()
    for region in regions:
        keys |= set(tried(f"tag keys in {region}", _tag_keys(aws, region), ()))
    return Found(
        account=account,
        accounts=accounts,
        bills=tuple(bills),
        regions=tuple(regions),
        tag_keys=tuple(sorted(keys)),
        unknown=tuple(unknown),
    )


def _exports(aws: Aws) -> Iterator[Bill]:
    client = aws.client("bcm-data-exports", BILLING)
    for summary in aws.pages("bcm-data-exports", "list_exports", "Exports", region=BILLING):
        with explained(f"bcm-data-exports:GetExport of {summary['ExportName']}"):
            export = client.get_export(ExportArn=summary["ExportArn"])["Export"]
        if "COST_AND_USAGE_REPORT" not in export["DataQuery"]["QueryStatement"].upper():
            continue
        place = export["DestinationConfigurations"]["S3Destination"]
        path = "/".join(
            filter(None, (place["S3Bucket"], place.get("S3Prefix", "").strip("/"), export["Name"]))
        )
        yield Bill(kind="cur", place=f"s3://{path}", region=place["S3Region"], what="CUR 2.0 export")


def _legacy(aws: Aws) -> Iterator[Bill]:
    for report in aws.pages("cur", "describe_report_definitions", "ReportDefinitions", region=BILLING):
        path = "/".join(
            filter(None, (report["S3Bucket"], report["S3Prefix"].strip("/"), report["ReportName"]))
        )
        yield Bill(kind="cur", place=f"s3://{path}", region=report["S3Region"], what="legacy report")


def _list_tables(aws: Aws, region: str) -> list[Bill]:
    return list(_tables(aws, region))


def _tables(aws: Aws, region: str) -> Iterator[Bill]:
    """Tables of the data catalogue that hold line items."""
    for database in aws.pages("glue", "get_databases", "DatabaseList", region=region):
        for table in aws.pages(
            "glue", "get_tables", "TableList", region=region, DatabaseName=database["Name"]
        ):
            columns = {column["Name"] for column in table.get("StorageDescriptor", {}).get("Columns", ())}
            if "line_item_usage_type" in columns:
                what = (
                    "CUR 2.0 table"
                    if "bill_payer_account_name" in columns or "tags" in columns
                    else "report table"
                )
                yield Bill(
                    kind="athena", place=f"{database['Name']}.{table['Name']}", region=region, what=what
                )


def _candidates(aws: Aws) -> tuple[str, ...]:
    """Every region that has Bedrock, or those of [aws] where some are named."""
    return aws.access.regions or aws.regions_of("bedrock")


def _traffic(aws: Aws, region: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            found = aws.pages("cloudwatch", "list_metrics", "Metrics", region=region, Namespace="AWS/Bedrock")
        except FinopsError as exc:
            if getattr(exc, "code", "").startswith(NOT_HERE):
                return False  # a region that this account has not switched on
            raise
        return bool(found)

    return ask


def _tag_keys(aws: Aws, region: str) -> Callable[[], list[str]]:
    return lambda: aws.pages("resourcegroupstaggingapi", "get_tag_keys", "TagKeys", region=region)


def configuration(found: Found) -> str:
    """finops.toml for what was seen, every choice explained beside it."""
    return (
        "\n".join([*_head(found), "", *_aws(found), "", *_sources(found), "", *_tags(found), "", *_REST])
        + "\n"
    )


def _head(found: Found) -> list[str]:
    return [
        "# What finops reads, how it names what it reads, and whom it tells. Every key: docs/configuration.md",
        f"# As account {found.account} looked when it was asked.",
        *(f"# Not known: {' '.join(said.split())}" for said in found.unknown),
    ]


def _aws(found: Found) -> list[str]:
    lines = ["[aws]", f"regions = {json.dumps(found.regions)}  # with Bedrock traffic in the last two weeks"]
    if not found.regions:
        lines[1] = 'regions = ["us-east-1"]  # no Bedrock traffic was seen; name the regions that you use'
    if found.accounts is None or found.accounts > 1:
        many = (
            "all accounts of the organisation" if found.accounts is None else f"all {found.accounts} accounts"
        )
        lines += [
            f"# {many}: each needs the role that `finops init --template` makes",
            "# organization = true",
            '# role = "FinopsReader"',
        ]
    return lines


def _sources(found: Found) -> list[str]:
    lines = []
    chosen = next((bill for bill in found.bills if bill.kind == "cur"), next(iter(found.bills), None))
    for bill in found.bills:
        mark = "" if bill is chosen else "# "
        lines += [f"# {bill.what}", *(f"{mark}{line}" for line in _bill(bill)), ""]
    if not found.bills:
        lines += [
            "# No export was found here: the account that is billed has it, or `finops init --export` prints one.",
            "# [[sources]]", '# kind = "cur"', '# path = "s3://BUCKET/PREFIX/EXPORT"', "",
        ]  # fmt: skip
    return [
        *lines,
        "# Requests and tokens, minutes behind. AWS bills $0.01 for 1,000 metrics asked for.",
        '[[sources]]\nkind = "cloudwatch"',
        "",
        "# Tags of profiles, functions and provisioned throughputs; names of accounts.",
        '[[sources]]\nkind = "inventory"',
        "",
        '[[sources]]\nkind = "prices"  # the shipped price book',
    ]


def _bill(bill: Bill) -> list[str]:
    if bill.kind == "cur":
        return [
            "[[sources]]",
            'kind = "cur"',
            f"path = {json.dumps(bill.place)}",
            f'region = "{bill.region}"',
        ]
    database, _, table = bill.place.partition(".")
    place = [
        f"database = {json.dumps(database)}",
        f"table = {json.dumps(table)}",
        f'region = "{bill.region}"',
    ]
    return ["[[sources]]", 'kind = "athena"', *place]


def _tags(found: Found) -> list[str]:
    lines = [TAGS_INTRODUCED, "[tags]"]
    for ours in KEYS:
        keys = [key for meaning in SYNONYMS[ours] for key in found.tag_keys if plain(key) == meaning]
        if keys:
            lines.append(f"{ours} = {json.dumps(keys)}  # in use on resources")
        else:
            lines.append(f"# {ours}: no tag key in use looks like it; add yours")
    return lines


_REST = [
    *WHOM_TO_TELL,
]
