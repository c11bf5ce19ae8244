"""Buttons in Slack, heard by HTTP or by Socket Mode."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from finops.answers import press
from finops.answers.actions import Reply, verify
from finops.answers.socket import listen
from finops.channels import Slack, named
from finops.config import Settings
from finops.errors import FinopsError

log = logging.getLogger("finops.slack")


LOOK_SECONDS = 10.0  # as often as the service looks whether finops.toml has changed


class Buttons:
    """`settings` are those of the moment. All Slack channels share the secret by which a press is proven, and the
    token by which presses are fetched: the first that is heard speaks for them."""

    def __init__(
        self,
        home: Path,
        settings: Callable[[], Settings],
        clock: Callable[[], datetime],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._home = home
        self._settings = settings
        self._clock = clock
        self._look_seconds = look_seconds
        self._stop = threading.Event()

    @property
    def _slack(self) -> Slack | None:
        """None where no channel shows any button."""
        return next((one for one in self._settings().channels if isinstance(one, Slack) and one.heard), None)

    @property
    def by_http(self) -> bool:
        slack = self._slack
        return slack is not None and slack.signing_secret is not None

    def proven(self, timestamp: str, signature: str, body: bytes) -> bool:
        """Whether Slack sent this, lately."""
        slack = self._slack
        if slack is None or slack.signing_secret is None:
            return False
        return verify(slack.signing_secret.get_secret_value(), timestamp, body, signature, self._clock())

    def record(self, payload: Mapping[str, Any]) -> Reply | None:
        """What must have happened before Slack is told that it was heard."""
        reply = press.hear(payload, self._home, self._clock())
        if reply is not None:
            did = {"incident": reply.incident, "changed": reply.changed}
            log.info("a button of incident %s", reply.incident, extra={"event": "button", "did": did})
        return reply

    def show(self, reply: Reply) -> None:
        """Say so to who pressed it, and draw messages anew. What fails is logged: the next run draws it."""
        channels = named(self._settings().channels)
        for fault in press.say_back(reply, self._home, channels, self._clock()):
            log.warning("%s", fault, extra={"event": "answer_not_shown"})

    def listen(self) -> None:
        """Until `stop`, from when there is an app token. For a thread of its own; the connection stays as it was
        made."""
        while not self._stop.is_set():
            slack = self._slack
            if slack is None or slack.app_token is None:
                self._stop.wait(self._look_seconds)
                continue
            try:
                listen(slack, self._hear, self._stop, self._say)
            except FinopsError as exc:
                log.error("%s", exc, extra={"event": "not_listening"})
                return

    def stop(self) -> None:
        self._stop.set()

    def _hear(self, payload: Mapping[str, Any]) -> None:
        reply = self.record(payload)
        if reply is not None:
            self.show(reply)

    def _say(self, text: str) -> None:
        log.info("%s", text, extra={"event": "socket_mode"})
