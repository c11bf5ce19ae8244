"""How the bill is exported, and whether its tags are switched on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from finops.aws import Aws, explained
from finops.config import Settings
from finops.doctor.line import Line, ok, problem, refused, unknown
from finops.errors import FinopsError
from finops.model import KEYS
from finops.sources import Athena, AthenaLog

HOME = "us-east-1"  # where billing services answer
CE_USD = Decimal(
    "0.01"
)  # a Cost Explorer request (aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing)
WANTED = {
    "TIME_GRANULARITY": ("HOURLY", "hours cannot be told apart"),
    "INCLUDE_RESOURCES": ("TRUE", "inference profiles cannot be told apart"),
    "INCLUDE_IAM_PRINCIPAL_DATA": ("TRUE", "nobody can be named by who called"),
}
RECREATE = "make a new export: finops init --export prints it"


def lines(aws: Aws, settings: Settings, *, tags: bool) -> Iterator[Line]:
    yield from _exports(aws)
    yield from _legacy(aws)
    for source in settings.sources:
        if isinstance(source, Athena | AthenaLog):
            yield from _workgroup(aws, source)
    if tags:
        yield from _tags(aws, settings)
    else:
        yield unknown("cost allocation tags", "not asked", "finops doctor --tags asks Cost Explorer ($0.01)")


def _exports(aws: Aws) -> Iterator[Line]:
    """Data Exports of CUR 2.0 in the credentials' own account."""
    try:
        found = aws.pages("bcm-data-exports", "list_exports", "Exports", region=HOME)
    except FinopsError as exc:
        yield unknown("data exports", str(exc))
        return
    for summary in found:
        try:
            with explained(f"bcm-data-exports:GetExport of {summary['ExportName']}"):
                client = aws.client("bcm-data-exports", HOME)
                answer = client.get_export(ExportArn=summary["ExportArn"])
        except FinopsError as exc:
            yield unknown(f"export {summary['ExportName']}", str(exc))
            continue
        yield from _export(answer)
    if not found:
        yield ok("data exports", "none in this account", "the account that is billed has them")


def _export(answer: dict[str, Any]) -> Iterator[Line]:
    export, state = answer["Export"], answer.get("ExportStatus", {})
    query = export["DataQuery"]
    configured = query.get("TableConfigurations", {}).get("COST_AND_USAGE_REPORT")
    if configured is None:
        return  # of another table: no bill
    subject = f"export {export['Name']}"
    lacking = [why for key, (value, why) in WANTED.items() if configured.get(key) != value]
    selected = query["QueryStatement"].lower().replace(",", " ").split()
    if not {"tags", "resource_tags"} & set(selected):
        lacking.append("tags are not selected")
    if lacking:
        yield problem(subject, "; ".join(lacking), RECREATE)
    elif state.get("StatusCode") == "UNHEALTHY":
        yield problem(subject, f"AWS cannot write it: {state.get('StatusReason')}", "see its bucket's policy")
    else:
        at = state.get("LastRefreshedAt")
        yield ok(
            subject,
            f"hourly, with resources, callers and tags; refreshed {at:%Y-%m-%d %H:%M}" if at else "new",
        )


def _legacy(aws: Aws) -> Iterator[Line]:
    try:
        found = aws.pages("cur", "describe_report_definitions", "ReportDefinitions", region=HOME)
    except FinopsError as exc:
        yield unknown("legacy reports", str(exc))
        return
    for report in found:
        subject = f"report {report['ReportName']}"
        lacking = []
        if report["TimeUnit"] != "HOURLY":
            lacking.append("not hourly")
        if "RESOURCES" not in report["AdditionalSchemaElements"]:
            lacking.append("without resource ids")
        if not report.get("RefreshClosedReports"):
            lacking.append("closed months are not refreshed: late credits stay out")
        told = "; ".join(lacking)
        yield (
            problem(subject, told, "edit the report") if lacking else ok(subject, "hourly, with resource ids")
        )


def _workgroup(aws: Aws, source: Athena | AthenaLog) -> Iterator[Line]:
    subject = f"workgroup {source.workgroup}"
    try:
        with explained(f"athena:GetWorkGroup of {source.workgroup}"):
            client = aws.client("athena", source.region, role_arn=source.role_arn)
            group = client.get_work_group(WorkGroup=source.workgroup)["WorkGroup"]
    except FinopsError as exc:
        yield refused(subject, exc)
        return
    configured = group.get("Configuration", {})
    own = configured.get("ResultConfiguration", {}).get("OutputLocation")
    if group.get("State") == "DISABLED":
        yield problem(
            subject, "is disabled", f"enable it: aws athena update-work-group --work-group {source.workgroup}"
        )
    elif not (own or source.output):
        yield problem(
            subject, "names no place for results", 'set `output = "s3://bucket/prefix/"` in [[sources]]'
        )
    elif own and source.output and configured.get("EnforceWorkGroupConfiguration"):
        yield ok(subject, f"writes to {own}, whatever `output` says")
    else:
        yield ok(subject, f"writes to {source.output or own}")


def _tags(aws: Aws, settings: Settings) -> Iterator[Line]:
    """Whether the keys that [tags] looks for are switched on as cost allocation tags."""
    wanted = {spelling for key in KEYS for spelling in getattr(settings.tags, key)}
    try:
        found = aws.pages("ce", "list_cost_allocation_tags", "CostAllocationTags", region=HOME)
    except FinopsError as exc:
        yield unknown("cost allocation tags", str(exc))
        return
    aws.charge("Cost Explorer", CE_USD)
    state = {tag["TagKey"]: tag["Status"] for tag in found}
    off = sorted(key for key in wanted & state.keys() if state[key] != "Active")
    on = sorted(key for key in wanted & state.keys() if state[key] == "Active")
    if on:
        yield ok("cost allocation tags", f"{', '.join(on)}: active")
    if off:
        keys = " ".join(f"TagKey={key},Status=Active" for key in off)
        fix = f"aws ce update-cost-allocation-tags-status --cost-allocation-tags-status {keys}"
        yield problem("cost allocation tags", f"{', '.join(off)}: known and not active", fix)
    if not on and not off:
        yield problem(
            "cost allocation tags", f"none of {', '.join(sorted(wanted))} has ever been used",
            "tag inference profiles, or name your own keys in [tags]",
        )  # fmt: skip
