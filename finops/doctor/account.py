"""Who we are in AWS, whom we may become, and what each account and region shows of Bedrock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from finops.aws import Aws, Target, explained
from finops.doctor.line import Line, ok, problem, refused, unknown
from finops.errors import FinopsError

SKEW = timedelta(minutes=5)  # beyond it AWS refuses signatures
CACHE_NAMES = ("CacheReadInputTokenCount", "CacheReadInputTokens")


def lines(aws: Aws, now: datetime, *, everywhere: bool) -> Iterator[Line]:
    """`everywhere`: also each account and region that is read live."""
    try:
        with explained("asking who we are (sts:GetCallerIdentity)"):
            answer = aws.client("sts").get_caller_identity()
    except FinopsError as exc:
        yield refused("credentials", exc)
        return
    yield ok("credentials", f"{answer['Arn']} of account {answer['Account']}")
    yield from _clock(answer["ResponseMetadata"]["HTTPHeaders"].get("date"), now)
    if everywhere:
        yield from _places(aws)


def _clock(date: str | None, now: datetime) -> Iterator[Line]:
    if date is None:
        yield unknown("clock", "AWS told no time")
        return
    skew = now - parsedate_to_datetime(date)
    said = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta() else 'behind'} AWS's"
    if abs(skew) <= SKEW:
        yield ok("clock", said)
    else:
        yield problem(
            "clock", said, "set this machine's clock (timedatectl set-ntp true): AWS refuses such requests"
        )


def _places(aws: Aws) -> Iterator[Line]:
    try:
        accounts = aws.accounts()
    except FinopsError as exc:
        yield refused("accounts", exc)
        return
    for account in accounts:
        try:
            with explained(f"becoming a reader of {account} (sts:AssumeRole)"):
                aws.client("sts", account=account).get_caller_identity()
        except FinopsError as exc:
            yield refused(f"account {account}", exc)
            continue
        yield ok(f"account {account}", "can be read")
        for region in aws.regions:
            yield from _metrics(aws, Target(account, region))
            yield from _logging(aws, Target(account, region))


def _metrics(aws: Aws, place: Target) -> Iterator[Line]:
    subject = f"metrics of {place.account_id} {place.region}"
    try:
        found = aws.pages(
            "cloudwatch", "list_metrics", "Metrics", region=place.region, account=place.account_id,
            Namespace="AWS/Bedrock",
        )  # fmt: skip
    except FinopsError as exc:
        yield refused(subject, exc)
        return
    names = {metric["MetricName"] for metric in found}
    models = {d["Value"] for metric in found for d in metric["Dimensions"] if d["Name"] == "ModelId"}
    if not names:
        yield ok(
            subject, "no Bedrock traffic in two weeks", "leave the region out of [aws] regions if it has none"
        )
        return
    cache = [name for name in CACHE_NAMES if name in names]
    yield ok(subject, f"{len(models)} models and profiles; cache reads as {' and '.join(cache) or 'none'}")


def _logging(aws: Aws, place: Target) -> Iterator[Line]:
    subject = f"invocation log of {place.account_id} {place.region}"
    try:
        with explained("bedrock:GetModelInvocationLoggingConfiguration"):
            client = aws.client("bedrock", place.region, place.account_id)
            found = client.get_model_invocation_logging_configuration().get("loggingConfig") or {}
    except FinopsError as exc:
        yield unknown(subject, str(exc))
        return
    bucket = found.get("s3Config", {}).get("bucketName")
    if not bucket:
        advice = "switch it on to S3 (text delivery off) to split lines that several workloads share"
        yield ok(subject, "off, or not to S3", advice)
        return
    prose = any(
        found.get(f"{kind}DataDeliveryEnabled") for kind in ("text", "image", "embedding", "video", "audio")
    )
    advice = "finops needs counts only: switch the delivery of bodies off unless somebody else reads them"
    yield ok(subject, f"to s3://{bucket}", advice if prose else None)
