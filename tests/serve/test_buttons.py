"""Buttons in Slack follow finops.toml as it is when they are pressed."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from finops.answers.actions import Reply
from finops.channels import Slack
from finops.config import Settings
from finops.serve.slack import Buttons

NOW = datetime(2026, 11, 18, 6, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9/"
BODY = b"payload=%7B%7D"


def slack(channel: str = "#costs", secret: str | None = "shh", app_token: str | None = None) -> Slack:
    return Slack(
        token=SecretStr("xoxb-1"), channel=channel, api_url=NOWHERE, timeout_seconds=1, pace_seconds=0,
        signing_secret=SecretStr(secret) if secret else None, app_token=SecretStr(app_token) if app_token else None,
    )  # fmt: skip


class File:
    """finops.toml as somebody edits it."""

    def __init__(self, *channels: Slack) -> None:
        self.settings = Settings(channels=channels)

    def says(self, *channels: Slack) -> None:
        self.settings = Settings(channels=channels)

    def read(self) -> Settings:
        return self.settings


def buttons(home: Path, read: Callable[[], Settings]) -> Buttons:
    return Buttons(home, read, lambda: NOW, look_seconds=0.01)


def proven(pressed: Buttons, secret: str) -> bool:
    stamp = str(int(NOW.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + BODY, hashlib.sha256).hexdigest()
    return pressed.proven(stamp, f"v0={digest}", BODY)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """By us, not by the SDK."""
    return [record.getMessage() for record in caplog.records if record.name == "finops.slack"]


def test_a_slack_that_is_added_is_heard_and_one_that_is_removed_is_not(tmp_path: Path) -> None:
    file = File()
    pressed = buttons(tmp_path, file.read)
    heard = []
    for channels in ((), (slack(secret=None, app_token="xapp-1"),), (slack(),), (slack(secret="new"),), ()):
        file.says(*channels)
        heard.append((pressed.by_http, proven(pressed, "shh"), proven(pressed, "new")))
    assert heard == [
        (False, False, False),
        (False, False, False),
        (True, True, False),
        (True, False, True),
        (False, False, False),
    ]


def test_an_answer_is_shown_where_people_are_now(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = File()
    pressed = buttons(tmp_path, file.read)
    reply = Reply(text="t", user="U1", channel="C1", thread=None, incident="abc", changed=False)
    pressed.show(reply)
    assert said(caplog) == [], "nobody to show it to"
    file.says(slack())
    pressed.show(reply)
    assert len(said(caplog)) == 1, "it was tried"


def test_an_app_token_that_comes_later_is_listened_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file = File(slack())
    pressed = buttons(tmp_path, file.read)
    listening = threading.Thread(target=pressed.listen)
    listening.start()
    listening.join(0.1)
    assert (listening.is_alive(), said(caplog)) == (True, [])
    file.says(slack(app_token="xapp-1"))
    for _ in range(1000):
        listening.join(0.01)
        if said(caplog):
            break
    pressed.stop()
    listening.join(30)
    assert not listening.is_alive()
    assert said(caplog)[0].startswith("Socket Mode: ")
