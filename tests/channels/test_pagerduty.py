from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from channel_samples import NOW, all_samples
from pydantic import SecretStr
from scripted_server import Scripted

from finops.channels import Channel, PagerDuty, Webhook
from finops.channels.pagerduty import events
from finops.errors import DeliveryError
from finops.incidents.machine import Policy
from finops.model import Digest, Incident, Message
from finops.notify.readers import address, fallback
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import State

ACCEPTED = (202, {}, {"status": "success", "message": "Event processed", "dedup_key": "finops-x"})
LIMITS = {"summary": 1024, "source": 255, "component": 255, "group": 255, "class": 255}


def pager(server: Scripted) -> PagerDuty:
    return PagerDuty(routing_key=SecretStr("s3cret"), api_url=server.url, timeout_seconds=5)


def posted(server: Scripted) -> list[dict[str, Any]]:
    return [json.loads(body) for _, _, body in server.requests]


@pytest.mark.parametrize("name", [name for name, one in all_samples().items() if one.notices])
def test_every_event_is_within_the_limits(name: str, samples: dict[str, Message]) -> None:
    for event in (
        one for one in events(samples[name]) if one["event_action"] != "resolve" or "payload" in one
    ):
        for field, limit in LIMITS.items():
            assert len(event["payload"].get(field, "")) <= limit
        assert event["payload"]["summary"]
        assert event["payload"]["source"]
        assert len(json.dumps(event).encode()) < 512 * 1024


def test_an_incident_is_one_alert_that_resolves(server: Scripted, samples: dict[str, Message]) -> None:
    server.will(ACCEPTED)
    for name in ("page", "resolved"):
        pager(server).send(samples[name])
    first, last = posted(server)
    assert (first["event_action"], first["payload"]["severity"]) == ("trigger", "critical")
    assert (last["event_action"], last["dedup_key"]) == ("resolve", first["dedup_key"])
    assert {path for path, _, _ in server.requests} == {"/v2/enqueue"}
    assert {event["routing_key"] for event in (first, last)} == {"s3cret"}


@pytest.mark.parametrize(
    ("state", "action"),
    [
        pytest.param("open", "trigger", id="open"),
        pytest.param("acknowledged", "acknowledge", id="acknowledged"),
        pytest.param("resolved", "resolve", id="resolved"),
    ],
)
def test_the_state_of_the_incident_is_told(state: str, action: str, samples: dict[str, Message]) -> None:
    notice = samples["page"].notices[0]
    incident = Incident.model_validate({**notice.incident.model_dump(), "state": state})
    told = samples["page"].model_copy(update={"notices": (notice.model_copy(update={"incident": incident}),)})
    assert [event["event_action"] for event in events(told)] == [action]


@pytest.mark.parametrize(
    ("state", "action"),
    [
        pytest.param("acknowledged", "acknowledge", id="somebody is on it"),
        pytest.param("snoozed", "acknowledge", id="not now"),
        pytest.param("planned", "acknowledge", id="expected"),
        pytest.param("resolved", "resolve", id="over"),
        pytest.param("open", None, id="nobody answered"),
    ],
)
def test_who_answers_elsewhere_has_answered_here(
    state: str, action: str | None, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will(ACCEPTED)
    notice = samples["page"].notices[0]
    incident = notice.incident.model_copy(update={"state": state})
    answered = samples["page"].model_copy(
        update={"notices": (notice.model_copy(update={"incident": incident}),)}
    )
    pager(server).redraw(answered, "dedup_key")
    said = [(one["dedup_key"], one["event_action"]) for one in posted(server)]
    assert said == ([(f"finops-{incident.id}", action)] if action else [])


def test_an_acknowledgement_is_told_once(
    tmp_path: Path, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will(ACCEPTED)
    channels: dict[str, Channel] = {"pagerduty": pager(server)}
    (found,) = (notice.incident.finding for notice in samples["page"].notices)
    with State(tmp_path / "state.sqlite") as state:
        (notice,) = record(state, [found], {}, NOW, Policy(), channels).notices
        send_pending(state, channels, NOW)
        state.acknowledge(notice.incident.id, "ann", NOW)
        for _ in range(2):
            send_pending(state, channels, NOW)
    assert [event["event_action"] for event in posted(server)] == ["trigger", "acknowledge"]


def test_each_incident_of_a_group_is_its_own_alert(server: Scripted, samples: dict[str, Message]) -> None:
    server.will(ACCEPTED)
    pager(server).send(samples["grouped"])
    assert len({event["dedup_key"] for event in posted(server)}) == len(samples["grouped"].notices)


def test_a_confirmed_estimate_rings_nobody(samples: dict[str, Message]) -> None:
    assert events(samples["confirmed"]) == []
    assert [event["event_action"] for event in events(samples["corrected"])] == ["resolve"]


def test_a_test_tidies_up_after_itself(samples: dict[str, Message]) -> None:
    first, last = events(samples["page"].model_copy(update={"test": True}))
    assert (first["event_action"], last["event_action"]) == ("trigger", "resolve")
    assert first["dedup_key"] == last["dedup_key"]
    assert "[TEST PAGE]" in first["payload"]["summary"]


@pytest.mark.parametrize(
    ("answer", "retry", "text"),
    [
        pytest.param((429, {"Retry-After": "7"}, ""), True, "HTTP 429", id="too many"),
        pytest.param((500, {}, ""), True, "HTTP 500", id="server error"),
        pytest.param((0, {}, ""), True, "no answer", id="hung up"),
        pytest.param((400, {}, ""), False, "FINOPS_PAGERDUTY_ROUTING_KEY must be", id="a wrong key"),
    ],
)
def test_refusals(answer: Any, retry: bool, text: str, server: Scripted, samples: dict[str, Message]) -> None:
    server.will(answer)
    with pytest.raises(DeliveryError, match=text) as caught:
        pager(server).send(samples["page"])
    assert caught.value.retry is retry
    assert "s3cret" not in str(caught.value)


def test_it_takes_no_digest(server: Scripted, samples: dict[str, Message]) -> None:
    day = samples["page"].notices[0].incident.first_day
    digest = Digest(period="daily", first_day=day, last_day=day, quiet=True, lead="Nothing to tell.")
    with pytest.raises(DeliveryError, match="takes no digest") as caught:
        pager(server).send(samples["page"].model_copy(update={"notices": (), "digest": digest}))
    assert not caught.value.retry
    assert server.requests == []


def test_without_a_key_nothing_is_sent(samples: dict[str, Message]) -> None:
    assert "FINOPS_PAGERDUTY_ROUTING_KEY" in str(PagerDuty().lacking())
    with pytest.raises(DeliveryError, match="FINOPS_PAGERDUTY_ROUTING_KEY"):
        PagerDuty().send(samples["page"])


def test_it_is_for_pages_unless_told_otherwise() -> None:
    assert (PagerDuty().severity, PagerDuty(severity="warn").severity) == ("page", "warn")


def test_what_nobody_asked_for_does_not_ring_it(samples: dict[str, Message]) -> None:
    ring = PagerDuty(routing_key=SecretStr("k"))
    assert fallback({"pagerduty": ring, "webhook": Webhook()}) == "webhook"
    assert fallback({"pagerduty": ring}) == "console"
    assert address(samples["info"].notices, {"pagerduty": ring}).keys() == {"console"}
    assert address(samples["page"].notices, {"pagerduty": ring}).keys() == {"pagerduty"}
