"""JSON to any address: a superset of what AWS Cost Anomaly Detection sends, so that its readers can stay.

With a secret, `X-Finops-Signature-256: sha256=<hex>` is the HMAC-SHA256 of the body as sent.
`Idempotency-Key` is the same for a repeated message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

from finops.channels.audience import Audience
from finops.channels.http import TIMEOUT_SECONDS, post
from finops.errors import DeliveryError
from finops.messages.headline import tone
from finops.messages.text import amount
from finops.model import Finding, Message, Notice


class Webhook(Audience):
    """`url` may carry a secret in its path, so it is kept like one; both may come from the environment."""

    secrets: ClassVar[Mapping[str, str]] = {"url": "FINOPS_WEBHOOK_URL", "secret": "FINOPS_WEBHOOK_SECRET"}
    kind: Literal["webhook"] = "webhook"
    url: SecretStr | None = None
    secret: SecretStr | None = None
    timeout_seconds: float = TIMEOUT_SECONDS

    def lacking(self) -> str | None:
        return (
            None if self.url else "webhook has no address; set FINOPS_WEBHOOK_URL, or `url` in [[channels]]"
        )

    def send(self, message: Message) -> str | None:
        body = json.dumps(payload(message), ensure_ascii=False, separators=(",", ":")).encode()
        headers = self._headers(message, body)
        post(self._address(), body, headers, self.timeout_seconds, "check `url` and `secret`")
        return None

    def _address(self) -> str:
        url = self.url.get_secret_value() if self.url else ""
        if not url.startswith(("https://", "http://")):
            raise DeliveryError(
                "no http(s) address; set FINOPS_WEBHOOK_URL or `url` in [[channels]]", retry=False, mend=True
            )
        return url

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        headers = {"Idempotency-Key": message.key}
        if self.secret is not None:
            key = self.secret.get_secret_value().encode()
            headers["X-Finops-Signature-256"] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
        return headers


def payload(message: Message) -> dict[str, Any]:
    """AWS's fields at the top, for the dearest notice; all of them under `notices`. A digest has none."""
    notices = [_notice(notice) for notice in message.notices]
    return {
        **(notices[0] if notices else {}),
        **({"digest": message.digest.model_dump(mode="json")} if message.digest else {}),
        **({"test": True} if message.test else {}),
        "key": message.key,
        "headline": message.headline,
        "generation": message.generation,
        "settledThrough": message.settled_through.isoformat() if message.settled_through else None,
        "notices": notices,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    incident, finding = notice.incident, notice.incident.finding
    return {
        "accountId": finding.account_id,
        "accountName": finding.facts.get("account_name") or finding.account_id,
        "anomalyId": incident.id,
        "anomalyStartDate": incident.first_day.isoformat(),
        "anomalyEndDate": incident.last_day.isoformat(),
        "dimensionValue": finding.workload or incident.subject,
        "impact": _impact(notice),
        "rootCauses": [_root_cause(finding)],
        "monitorName": incident.rule,
        "feedback": "PLANNED_ACTIVITY" if incident.state == "planned" else None,
        "reason": notice.reason,
        "tone": tone(notice),
        "incident": incident.model_dump(mode="json", exclude={"aloud"}),
    }


def _impact(notice: Notice) -> dict[str, float | None]:
    """Numbers, because AWS's are; the exact decimals are text in `incident`."""
    facts = notice.incident.finding.facts
    expected, excess = amount(facts.get("expected_usd")), amount(facts.get("excess_usd"))
    percentage = excess / expected * 100 if excess is not None and expected else None
    impact = {
        "maxImpact": notice.incident.peak_usd,
        "totalActualSpend": amount(facts.get("actual_usd")),
        "totalExpectedSpend": expected,
        "totalImpact": excess,
        "totalImpactPercentage": percentage,
    }
    return {name: None if value is None else float(value) for name, value in impact.items()}


def _root_cause(finding: Finding) -> dict[str, Any]:
    excess = amount(finding.facts.get("excess_usd"))
    return {
        "service": "Amazon Bedrock",
        "region": finding.facts.get("region"),
        "linkedAccount": finding.account_id,
        "linkedAccountName": finding.facts.get("account_name"),
        "usageType": finding.facts.get("usage_type"),
        "impact": {"contribution": None if excess is None else float(excess)},
    }
