"""Socket Mode against a WebSocket server on loopback that speaks Slack's envelopes."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import Scripted
from websockets.sync.server import ServerConnection, serve

from finops.answers.socket import listen
from finops.channels import Slack
from finops.errors import DeliveryError

WAIT = 20.0


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The SDK logs what it then raises."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("slack_sdk").setLevel(logging.NOTSET)


class Sockets:
    """Sends each envelope to whoever connects, and keeps what is acknowledged."""

    def __init__(self, *envelopes: dict[str, Any]) -> None:
        self.envelopes = envelopes
        self.acknowledged: list[str] = []
        self.done = threading.Event()

    def __call__(self, connection: ServerConnection) -> None:
        connection.send(json.dumps({"type": "hello", "num_connections": 1}))
        for envelope in self.envelopes:
            connection.send(json.dumps(envelope))
        for text in connection:
            if "envelope_id" in text:
                self.acknowledged.append(json.loads(text)["envelope_id"])
            if len(self.acknowledged) == len(self.envelopes):
                self.done.set()


@contextmanager
def running(sockets: Sockets) -> Iterator[str]:
    with serve(sockets, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()
        thread.join()


def slack(server: Scripted) -> Slack:
    return Slack(
        token=SecretStr("xoxb-1"), app_token=SecretStr("xapp-s3cret"), channel="C1", api_url=server.url
    )


def test_presses_are_acknowledged_and_heard_and_a_fault_ends_nothing(server: Scripted) -> None:
    sockets = Sockets(
        {"type": "interactive", "envelope_id": "e1", "payload": {"n": 1}},
        {"type": "events_api", "envelope_id": "e2", "payload": {"n": 2}},
        {"type": "interactive", "envelope_id": "e3", "payload": {"n": 3}},
    )
    heard: list[Any] = []
    said: list[str] = []
    all_heard = threading.Event()

    def hear(payload: Mapping[str, Any]) -> None:
        heard.append(payload["n"])
        if len(heard) == 2:
            all_heard.set()
        if payload["n"] == 1:
            raise ZeroDivisionError("cannot be done")

    stop = threading.Event()
    with running(sockets) as url:
        server.will((200, {}, {"ok": True, "url": url}))
        listener = threading.Thread(target=listen, args=(slack(server), hear, stop, said.append))
        listener.start()
        assert sockets.done.wait(WAIT)
        assert all_heard.wait(WAIT)
        stop.set()
        listener.join(WAIT)
        assert not listener.is_alive()
    assert sorted(sockets.acknowledged) == ["e1", "e2", "e3"]
    assert sorted(heard) == [1, 3]
    assert "Socket Mode: connected; buttons in Slack are heard" in said
    assert any("a button was not heard: ZeroDivisionError" in text for text in said)
    ((path, headers, _),) = server.requests
    assert (path, headers["Authorization"]) == ("/apps.connections.open", "Bearer xapp-s3cret")


def test_a_refusal_says_where_to_look(server: Scripted) -> None:
    server.will((200, {}, {"ok": False, "error": "invalid_auth"}))
    with pytest.raises(
        DeliveryError, match=r"Socket Mode: invalid_auth; look at FINOPS_SLACK_APP_TOKEN"
    ) as caught:
        listen(slack(server), lambda _: None, threading.Event(), lambda _: None)
    assert "s3cret" not in str(caught.value)


def test_where_slack_is_not_reached_it_is_tried_again(server: Scripted) -> None:
    stop = threading.Event()
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == 2:
            stop.set()

    server.will((0, {}, ""))
    listen(slack(server), lambda _: None, stop, say, again_seconds=0.01)
    assert said == ["Socket Mode: no answer: RemoteDisconnected; it is tried again"] * 2
