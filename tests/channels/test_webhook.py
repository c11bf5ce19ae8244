from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from pydantic import SecretStr
from scripted_server import Scripted

from finops.channels import Webhook
from finops.channels.webhook import payload
from finops.errors import DeliveryError
from finops.model import Message


def test_it_holds_every_field_of_aws_cost_anomaly_detection(samples: dict[str, Message]) -> None:
    sent = payload(samples["page"])
    names = "accountName anomalyId anomalyStartDate anomalyEndDate dimensionValue impact rootCauses feedback"
    assert set(names.split()) <= sent.keys()
    assert sent["impact"] == {
        "maxImpact": 1912.0,
        "totalActualSpend": 2710.11,
        "totalExpectedSpend": 798.11,
        "totalImpact": 1912.0,
        "totalImpactPercentage": pytest.approx(239.566, abs=0.001),
    }
    assert sent["incident"]["peak_usd"] == "1912.00", "exact decimals are text"


def test_the_signature_is_of_the_body_as_sent(server: Scripted, samples: dict[str, Message]) -> None:
    Webhook(url=SecretStr(server.url), secret=SecretStr("k1")).send(samples["page"])
    ((_, headers, body),) = server.requests
    assert headers["X-Finops-Signature-256"] == "sha256=" + hmac.new(b"k1", body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == samples["page"].key
    assert json.loads(body)["headline"] == samples["page"].headline


@pytest.mark.parametrize(
    ("status", "headers", "retry", "after", "text"),
    [
        pytest.param(500, {}, True, None, "HTTP 500", id="server error"),
        pytest.param(502, {}, True, None, "HTTP 502", id="bad gateway"),
        pytest.param(429, {"Retry-After": "7"}, True, 7.0, "HTTP 429", id="asked to wait"),
        pytest.param(
            429, {"Retry-After": "Wed, 21 Oct"}, True, None, "HTTP 429", id="asked to wait until a date"
        ),
        pytest.param(
            429, {"Retry-After": "9" * 14}, True, 86400.0, "HTTP 429", id="asked to wait for an age: a day"
        ),
        pytest.param(
            429, {"Retry-After": "9" * 400}, True, 86400.0, "HTTP 429", id="asked to wait for ever: a day"
        ),
        pytest.param(404, {}, False, None, "check `url`", id="no such address"),
        pytest.param(401, {}, False, None, "check `url` and `secret`", id="not authorised"),
        pytest.param(413, {}, False, None, "HTTP 413", id="too large"),
        pytest.param(302, {"Location": "/other"}, False, None, "give the final address", id="redirect"),
        pytest.param(0, {}, True, None, "no answer", id="hung up"),
    ],
)
def test_refusals(
    server: Scripted,
    samples: dict[str, Message],
    status: int,
    headers: dict[str, str],
    retry: bool,
    after: float | None,
    text: str,
) -> None:
    server.will((status, headers, "no"))
    with pytest.raises(DeliveryError, match=text) as caught:
        Webhook(url=SecretStr(server.url + "s3cret"), secret=SecretStr("k1")).send(samples["page"])
    assert (caught.value.retry, caught.value.after) == (retry, after)
    assert caught.value.mend is not (retry or status in (413, 422))
    assert "s3cret" not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "retry"),
    [
        pytest.param(None, False, id="none"),
        pytest.param("file:///etc/hosts", False, id="a file"),
        pytest.param("http://127.0.0.1:1/s3cret", True, id="nobody listens"),
        pytest.param("http://127.0.0.1:1/s3cret with space", True, id="malformed"),
    ],
)
def test_addresses(url: str | None, retry: bool, samples: dict[str, Message]) -> None:
    with pytest.raises(DeliveryError) as caught:
        Webhook(url=SecretStr(url) if url else None).send(samples["page"])
    assert caught.value.retry is retry
    assert "s3cret" not in str(caught.value)
