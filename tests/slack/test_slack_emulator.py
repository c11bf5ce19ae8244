"""The life of an incident in somebody else's Slack: what we send is what their server understands and keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from channel_samples import SPIKE
from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier

from finops.answers.actions import parse, verify
from finops.answers.press import hear, say_back
from finops.channels import Slack
from finops.errors import DeliveryError
from finops.incidents.machine import Policy
from finops.model import Finding
from finops.notify.outcome import Outcome, evaluated, failures
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import FILE, State

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture
def slack(slack_url: str) -> Slack:
    owners = {"search": "ana@example.com", "ads": "nobody@example.com"}
    return Slack(
        token=SecretStr("xoxb-whole"), signing_secret=SecretStr(SECRET), channel="costs", owners=owners,
        api_url=f"{slack_url}api/", pace_seconds=0,
    )  # fmt: skip


class Company:
    """A home, its channel and its days, beside what the other side has of it."""

    def __init__(self, home: Path, slack: Slack) -> None:
        self.home, self.channels = home, {"slack": slack}
        self.web = WebClient("xoxb-whole", slack.api_url)
        listed = self.web.conversations_list()["channels"]
        self.channel = next(one["id"] for one in listed if one["name"] == "costs")
        self.before = len(self.history())

    def history(self) -> list[dict[str, Any]]:
        """Of the channel, oldest first."""
        messages: list[dict[str, Any]] = self.web.conversations_history(channel=self.channel, limit=999)[
            "messages"
        ]
        return messages[::-1]

    def said(self) -> list[dict[str, Any]]:
        return self.history()[self.before :]

    def thread(self, ts: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.web.conversations_replies(channel=self.channel, ts=ts)[
            "messages"
        ]
        return messages

    def run(self, days: int, *found: Finding) -> list[Outcome]:
        now, day = NOW + timedelta(days=days), SPIKE.day + timedelta(days=days)
        with State(self.home / FILE) as state:
            record(state, found, {"spend_spike": day}, now, Policy(), self.channels)
            outcomes = send_pending(state, self.channels, now)
            record(state, failures(outcomes, day), evaluated(outcomes, day), now, Policy(), self.channels)
            return outcomes + send_pending(state, self.channels, now)

    @property
    def incident(self) -> str:
        with State(self.home / FILE) as state:
            return next(one.id for one in state.incidents() if one.rule == "spend_spike")


@pytest.fixture
def company(tmp_path: Path, slack: Slack) -> Company:
    return Company(tmp_path, slack)


def on(days: int, **update: Any) -> Finding:
    return SPIKE.model_copy(update={"day": SPIKE.day + timedelta(days=days), **update})


def press(company: Company, ts: str) -> Any:
    """As Slack posts it, signed by Slack's own SDK."""
    payload = {
        "type": "block_actions", "user": {"id": "U000000001", "username": "admin"},
        "channel": {"id": company.channel}, "message": {"ts": ts},
        "actions": [{"action_id": "finops_ack", "value": company.incident, "action_ts": "1763446200.1"}],
    }  # fmt: skip
    body = urlencode({"payload": json.dumps(payload)})
    at = str(int(NOW.timestamp()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
    assert verify(SECRET, at, body.encode(), signature or "", NOW)
    return parse(body.encode())


def test_the_life_of_an_incident(company: Company) -> None:
    (outcome,) = company.run(0, on(0, severity="warn"))
    assert (outcome.error, outcome.note) == (None, None)
    (root,) = company.said()
    assert root["text"].startswith("[WARN] search-api")
    ana = company.web.users_lookupByEmail(email="ana@example.com")["user"]["id"]
    assert root["blocks"][1]["text"]["text"] == f"Owner <@{ana}>"
    assert root["metadata"]["event_type"] == "finops_incident"
    assert root["attachments"][0]["blocks"][-1]["type"] == "actions"

    _, chart = company.thread(root["ts"])
    (file,) = chart["files"]
    assert file["name"] == f"{company.incident}.png"

    reply = hear(press(company, root["ts"]), company.home, NOW)
    assert reply is not None
    assert say_back(reply, company.home, company.channels, NOW) == []
    (drawn,) = company.said()
    assert (drawn["ts"], drawn["blocks"]) == (root["ts"], root["blocks"]), "whom it called stays"
    assert drawn["attachments"][0]["blocks"][0]["text"]["text"] == "*Acknowledged by admin (U000000001)*"

    company.run(1, on(1, usd=Decimal(9000)))
    worse = company.thread(root["ts"])[2]
    assert (worse["text"][:13], worse["thread_ts"]) == ("[PAGE, worse]", root["ts"])

    for days in (2, 3, 4):
        company.run(days)
    over = company.thread(root["ts"])[-1]
    assert over["text"].startswith("[RESOLVED]")
    first = company.thread(root["ts"])[0]
    assert first["attachments"][0]["color"] == "#28a745"
    assert first["attachments"][0]["blocks"][0]["text"]["text"] == "*Resolved 2026-11-22 06:00Z*"
    assert first["text"] == root["text"], "what it said stays"


def test_hostile_tags_arrive_as_words(company: Company) -> None:
    hostile = "<!channel> <@U000000001> *b* `x` https://evil.example"
    company.run(0, on(0, subject=hostile, workload=hostile, summary=hostile, team=hostile, facts={}))
    (root,) = company.said()
    kept = json.dumps(root, ensure_ascii=False)
    assert "<!channel>" not in kept
    assert "<@U000000001>" not in kept
    assert "https://evil" not in kept


def test_an_owner_whom_slack_does_not_know_is_written_out_and_said_once(company: Company) -> None:
    company.run(0, on(0, team="ads"))
    company.run(1, on(1, team="ads", usd=Decimal(9000)))
    texts = [message["text"] for message in company.said()]
    assert sum("nobody@\u2060example.com is not known on channel slack" in text for text in texts) == 1
    assert company.said()[0]["blocks"][1]["text"]["text"] == "Owner nobody@\u2060example.com"


def test_a_message_that_was_deleted_is_let_go(company: Company) -> None:
    company.run(0, on(0))
    (root,) = company.said()
    company.web.chat_delete(channel=company.channel, ts=root["ts"])
    with State(company.home / FILE) as state:
        state.acknowledge(company.incident, "ana", NOW)
    assert [one.error for one in company.run(1)] == []


@pytest.mark.parametrize(
    ("update", "text"),
    [
        pytest.param({"channel": "nowhere"}, "channel_not_found: .*invite", id="no such channel"),
        pytest.param({"token": SecretStr("")}, "not_authed: .*FINOPS_SLACK_TOKEN", id="no token"),
    ],
)
def test_refusals_say_what_to_do(update: dict[str, Any], text: str, company: Company) -> None:
    refused = company.channels["slack"].model_copy(update=update)
    company.channels = {"slack": refused}
    outcomes = company.run(0, on(0))
    assert outcomes[0].error is not None
    with pytest.raises(DeliveryError, match=text):
        raise DeliveryError(outcomes[0].error, retry=False)
    assert company.said() == []


def test_without_the_scope_for_files_the_words_come_alone(company: Company) -> None:
    words = {"token": SecretStr("xoxb-words"), "owners": {}}
    company.channels = {"slack": company.channels["slack"].model_copy(update=words)}
    (outcome,) = company.run(0, on(0))
    assert outcome.error is None
    assert outcome.note == (
        "sent without its chart: missing_scope: the app needs the scope files:write; add it and install the app anew"
    )
    assert len(company.said()) == 1


def test_an_incoming_webhook(company: Company, slack_url: str) -> None:
    url = SecretStr(f"{slack_url}services/T000000001/B000000001/X000000001")
    company.channels = {"slack": Slack(webhook_url=url, pace_seconds=0)}
    listed = company.web.conversations_list()["channels"]
    company.channel = next(one["id"] for one in listed if one["name"] == "general")
    company.before = len(company.history())
    (outcome,) = company.run(0, on(0))
    assert outcome.error is None
    (message,) = company.said()
    assert message["attachments"][0]["color"] == "#dc3545"
    assert "finops incidents ack" in json.dumps(message["attachments"]), (
        "commands where nobody hears a button"
    )


def test_a_group_is_one_message_whose_lines_say_how_each_stands(company: Company) -> None:
    many = [on(0, subject=f"w{n}", workload=f"w{n}", severity="warn", usd=Decimal(n)) for n in range(1, 8)]
    company.run(0, *many)
    (root,) = company.said()
    with State(company.home / FILE) as state:
        dearest = max(state.incidents(), key=lambda one: one.peak_usd or 0)
        state.snooze(dearest.id, datetime(2026, 11, 20, tzinfo=UTC), "ana", NOW)
    company.run(0)
    (drawn,) = company.said()
    lines = [block for block in drawn["attachments"][0]["blocks"] if block["type"] == "section"]
    assert drawn["ts"] == root["ts"]
    assert lines[0]["text"]["text"].endswith("snoozed until 2026-11-20 00:00Z by ana")
    assert ["accessory" in line for line in lines] == [False] + [True] * 6, "a button where it is open"
