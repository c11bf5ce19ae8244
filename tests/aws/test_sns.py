"""Messages through SNS: what a queue that is subscribed to the topic receives."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

sys.path.append(str(Path(__file__).parents[1] / "channels"))
from channel_samples import all_samples

from finops.channels import Sns
from finops.channels.sns import MOST_BYTES, publication
from finops.config import Settings
from finops.doctor.channels import lines
from finops.errors import DeliveryError
from finops.model import Digest, Message

TOPIC = "arn:aws:sns:us-east-1:123456789012:costs"


@pytest.fixture
def samples() -> dict[str, Message]:
    return all_samples()


def subscribed(name: str, policy: dict[str, Any] | None = None) -> tuple[str, Any, str]:
    """A topic, and a queue that receives from it what `policy` lets through."""
    fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
    queues = {"FifoQueue": "true"} if fifo else {}
    topic = boto3.client("sns").create_topic(Name=name, Attributes=fifo)["TopicArn"]
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=queues)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    chosen = {"FilterPolicy": json.dumps(policy)} if policy else {}
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=chosen)
    return topic, sqs, url


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    return [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url).get("Messages", [])]


@pytest.mark.parametrize("name", ["costs", "costs.fifo"])
def test_a_queue_receives_what_the_webhook_would(name: str, aws: str, samples: dict[str, Message]) -> None:
    topic, sqs, url = subscribed(name)
    assert Sns(topic_arn=topic).send(samples["page"])
    (got,) = received(sqs, url)
    assert got["Subject"] == samples["page"].headline
    assert json.loads(got["Message"])["impact"]["totalImpact"] == 1912.0


@pytest.mark.parametrize(
    ("policy", "passes"),
    [
        pytest.param({"severity": ["page"]}, True, id="its severity"),
        pytest.param({"team": ["search"], "environment": ["prod"]}, True, id="its team and environment"),
        pytest.param({"workload": [{"anything-but": "search-api"}]}, False, id="another workload"),
        pytest.param({"severity": ["info"]}, False, id="another severity"),
    ],
)
def test_subscriptions_filter_by_attributes(
    policy: dict[str, Any], passes: bool, aws: str, samples: dict[str, Message]
) -> None:
    topic, sqs, url = subscribed("filtered", policy)
    Sns(topic_arn=topic).send(samples["page"])
    assert bool(received(sqs, url)) is passes


def test_a_role_publishes_elsewhere(aws: str, samples: dict[str, Message]) -> None:
    topic, sqs, url = subscribed("roles")
    Sns(topic_arn=topic, role_arn="arn:aws:iam::111122223333:role/teller").send(samples["page"])
    assert received(sqs, url)


@pytest.mark.parametrize(
    ("made", "status"), [pytest.param(True, "ok", id="there"), pytest.param(False, "problem", id="not there")]
)
def test_doctor_looks_for_the_topic(made: bool, status: str, aws: str) -> None:
    topic = subscribed("looked-at")[0] if made else TOPIC
    (line,) = lines(Settings(channels=(Sns(topic_arn=topic),)))
    assert (line.subject, line.status) == ("sns", status)


def test_no_such_topic_is_for_good(aws: str, samples: dict[str, Message]) -> None:
    with pytest.raises(DeliveryError, match=r"sns:Publish to .*costs: NotFound") as caught:
        Sns(topic_arn=TOPIC).send(samples["page"])
    assert not caught.value.retry


def test_an_unreached_endpoint_is_tried_again(
    aws: str, monkeypatch: pytest.MonkeyPatch, samples: dict[str, Message]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(DeliveryError, match="check the network") as caught:
        Sns(topic_arn=TOPIC).send(samples["page"])
    assert caught.value.retry


@pytest.mark.parametrize("name", sorted(all_samples()))
def test_every_publication_is_one_that_sns_takes(name: str, samples: dict[str, Message]) -> None:
    given = publication(TOPIC, samples[name])
    bodies = json.loads(given["Message"])
    assert len(given["Message"].encode()) <= MOST_BYTES
    assert len(bodies["sms"]) <= 140
    assert 0 < len(given["Subject"]) <= 100
    assert given["Subject"].isprintable()
    assert given["Subject"].isascii()
    assert all(one["StringValue"] for one in given["MessageAttributes"].values())
    json.loads(bodies["sqs"])


def test_what_is_left_out_of_a_flood_is_counted(samples: dict[str, Message]) -> None:
    mail = json.loads(publication(TOPIC, samples["flood"])["Message"])["email"].splitlines()
    kept = [line for line in mail if line.startswith("[")]
    assert len(kept) > 100
    assert mail[-1] == f"... and {3001 - len(kept)} more lines: finops incidents list"


def test_a_digest_says_which(samples: dict[str, Message]) -> None:
    digest = Digest(
        period="weekly", first_day=date(2026, 11, 9), last_day=date(2026, 11, 15), quiet=True, lead="Quiet."
    )
    sent = Message(key="digest-weekly-2026-11-15", notices=(), headline="Bedrock: quiet", digest=digest)
    attributes = publication(TOPIC, sent)["MessageAttributes"]
    assert attributes["reason"]["StringValue"] == "weekly_digest"
