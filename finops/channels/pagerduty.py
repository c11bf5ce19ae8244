"""PagerDuty, by its Events API v2: one alert an incident, which resolves when the incident does.

It takes no digests: a pager is for what must wake somebody. Events repeat harmlessly, since the
incident's id is the `dedup_key`. Who answers elsewhere, in Slack or by a command, answers there too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, ClassVar, Literal

from pydantic import SecretStr

from finops.channels.audience import Audience
from finops.channels.http import TIMEOUT_SECONDS, post
from finops.errors import DeliveryError
from finops.messages.card import card
from finops.messages.headline import headline
from finops.messages.text import one_line
from finops.model import Message, Notice, Severity, State

Event = dict[str, Any]

SEVERITY: dict[Severity, str] = {"page": "critical", "warn": "warning", "info": "info"}
ANSWERS: dict[State, str] = {
    "acknowledged": "acknowledge",
    "snoozed": "acknowledge",
    "planned": "acknowledge",
    "resolved": "resolve",
}
KNOWN = "dedup_key"  # the reference to every message: PagerDuty knows an alert by its incident
SUMMARY = 1024  # characters that PagerDuty takes
ADVICE = "FINOPS_PAGERDUTY_ROUTING_KEY must be the integration key of an `Events API v2` integration"


class PagerDuty(Audience):
    """`severity` is `page` unless set otherwise. `api_url`: accounts in the EU have `https://events.eu.pagerduty.com`."""

    secrets: ClassVar[Mapping[str, str]] = {"routing_key": "FINOPS_PAGERDUTY_ROUTING_KEY"}
    kind: Literal["pagerduty"] = "pagerduty"
    severity: Severity = "page"
    routing_key: SecretStr | None = None
    api_url: str = "https://events.pagerduty.com"
    timeout_seconds: float = TIMEOUT_SECONDS

    def lacking(self) -> str | None:
        return None if self.routing_key else "pagerduty has no key; set FINOPS_PAGERDUTY_ROUTING_KEY"

    def send(self, message: Message) -> str | None:
        """One event a notice; those of a group that were sent before a fault are sent again with the rest."""
        if self.routing_key is None:
            raise DeliveryError(f"nowhere to send; {ADVICE}", retry=False, mend=True)
        if message.digest:
            raise DeliveryError("a pager takes no digest; take it out of [digest] `channels`", retry=False)
        self._post(self.routing_key, events(message))
        return KNOWN

    def redraw(self, message: Message, ref: str) -> None:
        """Whoever answered elsewhere has answered here: the alert stops ringing."""
        if self.routing_key is not None:
            self._post(self.routing_key, answers(message))

    def _post(self, key: SecretStr, said: Sequence[Event]) -> None:
        for event in said:
            body = json.dumps({"routing_key": key.get_secret_value(), **event}, ensure_ascii=False).encode()
            post(f"{self.api_url.rstrip('/')}/v2/enqueue", body, {}, self.timeout_seconds, ADVICE)


def answers(message: Message) -> list[Event]:
    """What people said of its incidents since; nothing of one that is open."""
    return [
        {"dedup_key": _dedup(notice), "event_action": ANSWERS[notice.incident.state]}
        for notice in message.notices
        if notice.incident.state in ANSWERS
    ]


def events(message: Message) -> list[Event]:
    """A test resolves what it has triggered: nobody has to tidy up after it. That the bill confirms an estimate is
    no event: whoever had resolved the alert would be rung for it again."""
    said = [_event(message, notice) for notice in message.notices if notice.reason != "confirmed"]
    over = [{"dedup_key": event["dedup_key"], "event_action": "resolve"} for event in said]
    return [*said, *over] if message.test else said


def _event(message: Message, notice: Notice) -> Event:
    incident = notice.incident
    finding = incident.finding
    action = ANSWERS.get(incident.state, "trigger")
    place = {
        "component": finding.model,
        "group": finding.team,
        "class": incident.rule,
    }
    return {
        "event_action": action,
        "dedup_key": _dedup(notice),
        "client": "finops",
        "links": _links(finding.runbook),
        "payload": {
            "summary": headline(notice, message.test)[:SUMMARY],
            "source": one_line(finding.workload or incident.subject) or incident.rule,
            "severity": SEVERITY[incident.severity],
            "timestamp": incident.opened_at.astimezone(UTC).isoformat(timespec="seconds"),
            **{name: one_line(text) for name, text in place.items() if text},
            "custom_details": _details(message, notice),
        },
    }


def _dedup(notice: Notice) -> str:
    return f"finops-{notice.incident.id}"


def _details(message: Message, notice: Notice) -> dict[str, str]:
    one = card(message.model_copy(update={"notices": (notice,)}))
    said = {
        "Summary": one.summary,
        "What changed": one.changed,
        "Next": one.next_step,
        "Runbook": one.runbook,
        **dict(one.fields),
        "Why it matters": one.why,
        "Reproduce": one.reproduce,
        "Standing": " · ".join(one.context),
        "Answer": "\n".join(one.actions),
    }
    return {label: text for label, text in said.items() if text}


def _links(runbook: str) -> list[dict[str, str]]:
    return [{"href": runbook, "text": "Runbook"}] if runbook.startswith("https://") else []
