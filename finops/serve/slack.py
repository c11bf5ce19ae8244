"""Buttons in Slack, heard by HTTP or by Socket Mode."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from finops import answers
from finops.channels import Slack, named
from finops.channels.slack_actions import Reply, verify
from finops.channels.slack_socket import listen
from finops.config import Settings
from finops.errors import FinopsError

log = logging.getLogger("finops.slack")


class Buttons:
    """`slack` has the secret by which a press is proven, or the token by which presses are fetched."""

    def __init__(self, home: Path, settings: Settings, slack: Slack, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._channels = named(settings.channels)
        self._slack = slack
        self._clock = clock
        self._stop = threading.Event()

    @property
    def by_http(self) -> bool:
        return self._slack.signing_secret is not None

    def proven(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether Slack sent this, lately."""
        secret = self._slack.signing_secret
        if secret is None:
            return False
        return verify(secret.get_secret_value(), timestamp, body, signature, self._clock())

    def record(self, payload: Mapping[str, Any]) -> Reply | None:
        """What must have happened before Slack is told that it was heard."""
        reply = answers.record(payload, self._home, self._clock())
        if reply is not None:
            did = {"incident": reply.incident, "changed": reply.changed}
            log.info("a button of incident %s", reply.incident, extra={"event": "button", "did": did})
        return reply

    def show(self, reply: Reply) -> None:
        """Say so to who pressed it, and draw messages anew. What fails is logged: the next run draws it."""
        for fault in answers.show(reply, self._home, self._channels, self._clock()):
            log.warning("%s", fault, extra={"event": "answer_not_shown"})

    def listen(self) -> None:
        """Until `stop`; at once over where there is no app token. For a thread of its own."""
        if self._slack.app_token is None:
            return
        try:
            listen(self._slack, self._hear, self._stop, self._say)
        except FinopsError as exc:
            log.error("%s", exc, extra={"event": "not_listening"})

    def stop(self) -> None:
        self._stop.set()

    def _hear(self, payload: Mapping[str, Any]) -> None:
        reply = self.record(payload)
        if reply is not None:
            self.show(reply)

    def _say(self, text: str) -> None:
        log.info("%s", text, extra={"event": "socket_mode"})


def buttons(home: Path, settings: Settings, clock: Callable[[], datetime]) -> Buttons | None:
    """None where no channel shows any."""
    slack = next((one for one in settings.channels if isinstance(one, Slack) and one.heard), None)
    return Buttons(home, settings, slack, clock) if slack else None
