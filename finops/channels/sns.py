"""Amazon SNS: a short text for phones, the whole of it for mail, and JSON for programs, in one publication.

Filter policies of subscriptions can choose by `severity`, `reason`, `rule`, `workload`, `team` and
`environment`. The role needs `sns:Publish` on the topic, and `kms:GenerateDataKey*` and `kms:Decrypt`
where a key of your own encrypts it. Nothing else that finops does writes to AWS in your name.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from finops.aws import Access, Aws, AwsError, explained
from finops.channels.audience import Audience
from finops.channels.plain import plain
from finops.channels.webhook import payload
from finops.errors import DeliveryError
from finops.messages.text import cut
from finops.model import Message

TOPIC = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$"
MOST_BYTES = 250_000  # of the 262,144 that a publication with its attributes may have
PHONE = 140  # characters of one text message
SUBJECT = 100
PLAIN = str.maketrans({"·": "-", "…": "."})  # a subject is ASCII
ATTEMPTS = 3  # what SNS does not take now waits for the next run
FOR_GOOD = {  # refusals that the same message meets again, until somebody mends what they name
    "AccessDenied", "AuthorizationError", "EndpointDisabled", "InvalidParameter", "InvalidParameterValue",
    "KMSAccessDenied", "KMSDisabled", "KMSInvalidState", "KMSNotFound", "NotFound", "NotFoundException",
}  # fmt: skip
PROGRAMS = ("http", "https", "lambda", "sqs", "firehose")


class Sns(Audience):
    """`topic_arn` says the region; `role_arn` is a role that may publish there, where the credentials may not.
    `profile` is that of [aws] unless it is set."""

    kind: Literal["sns"] = "sns"
    topic_arn: Annotated[str, Field(pattern=TOPIC)]
    role_arn: str | None = None
    profile: str | None = None

    @property
    def region(self) -> str:
        return self.topic_arn.split(":")[3]

    def send(self, message: Message) -> str | None:
        """Returns SNS's id of the message."""
        try:
            with explained(f"sns:Publish to {self.topic_arn}"):
                answer = self.client.publish(**publication(self.topic_arn, message))
        except AwsError as exc:
            said, refused = str(exc).removeprefix("aws: "), exc.code in FOR_GOOD
            mend = refused and not exc.code.startswith("InvalidParameter")
            raise DeliveryError(said, retry=not refused, mend=mend) from exc
        return str(answer["MessageId"])

    @cached_property
    def client(self) -> Any:
        aws = Aws(Access(profile=self.profile), attempts=ATTEMPTS)
        return aws.client("sns", self.region, role_arn=self.role_arn)


def publication(topic_arn: str, message: Message) -> dict[str, Any]:
    """What boto3's `publish` is given."""
    ascii_only = message.headline.translate(PLAIN).encode("ascii", "replace").decode()
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in _attributes(message).items()
    }
    given = {
        "TopicArn": topic_arn,
        "Subject": ascii_only if len(ascii_only) <= SUBJECT else f"{ascii_only[: SUBJECT - 3]}...",
        "MessageStructure": "json",
        "Message": _bodies(message),
        "MessageAttributes": attributes,
    }
    if topic_arn.endswith(".fifo"):
        given["MessageGroupId"] = _digest(_group(message))
        given["MessageDeduplicationId"] = _digest(message.key)
    return given


def _attributes(message: Message) -> dict[str, str]:
    if message.digest:
        return {"severity": "info", "reason": f"{message.digest.period}_digest"}
    notice = message.notices[0]
    finding = notice.incident.finding
    labels = {
        "severity": notice.incident.severity,
        "reason": notice.reason if len(message.notices) == 1 else "group",
        "rule": finding.rule,
        "workload": finding.workload,
        "team": finding.team,
        "environment": finding.environment,
    }
    return {name: cut(text, 256) for name, text in labels.items() if text}


def _bodies(message: Message) -> str:
    """One text a protocol, all in one publication."""
    short = cut(plain(message).headline, PHONE)
    machine = _machine(message)
    bodies = {"default": short, "sms": short, "email": _mail(message), **dict.fromkeys(PROGRAMS, machine)}
    return json.dumps(bodies, ensure_ascii=False)


def _machine(message: Message) -> str:
    """What is too long loses the cheapest notices; `headline` still counts them."""
    kept = message.notices
    while True:
        text = json.dumps(payload(message.model_copy(update={"notices": kept})), ensure_ascii=False)
        if len(kept) <= 1 or _size(text) <= MOST_BYTES // 2 // len(PROGRAMS):
            return text
        kept = kept[: len(kept) // 2]


def _mail(message: Message) -> str:
    """What is too long loses its last lines, which are counted."""
    said = plain(message)
    lines = said.lines
    while True:
        dropped = len(said.lines) - len(lines)
        more = [f"... and {dropped} more lines: finops incidents list"] if dropped else []
        text = "\n".join([said.headline, "", *lines, *more])
        if len(lines) <= 1 or _size(text) <= MOST_BYTES // 3:
            return text
        lines = lines[: len(lines) // 2]


def _size(text: str) -> int:
    """Bytes that it takes inside a JSON document."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def _group(message: Message) -> str:
    return message.notices[0].incident.id if len(message.notices) == 1 else "finops"


def _digest(text: str) -> str:
    """At most 128 characters of those that SNS allows."""
    return hashlib.sha256(text.encode()).hexdigest()
