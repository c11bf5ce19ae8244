"""`finops alert test` goes through every channel for real, is marked, and leaves no trace."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from home import Home
from typer.testing import CliRunner

from finops.commands import alert
from finops.commands.context import Context
from finops.errors import ConfigError, FinopsError
from finops.reports import trial
from finops.state.store import FILE

sys.path.append(str(Path(__file__).parent / "channels"))
from mail_server import HOST, running
from scripted_server import serving

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CONSOLE = '[[channels]]\nkind = "console"\n'
HOOK = '[[channels]]\nkind = "webhook"\nurl = "{}"\n'
MAIL = '[[channels]]\nkind = "email"\nhost = "{}"\nport = {}\nsecurity = "none"\nsender = "f@a.test"\n'
MAIL += 'to = ["c@a.test"]\n'


class Outcome:
    def __init__(self, home: Home, *arguments: str) -> None:
        done = CliRunner().invoke(alert.app, list(arguments), obj=Context(home.path, False, NOW))
        self.error = done.exception if isinstance(done.exception, FinopsError) else None
        if done.exception and not isinstance(done.exception, FinopsError | SystemExit):
            raise done.exception
        self.code, self.stdout, self.stderr = done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("kind", ["page", "warn", "info", "resolved", "digest"])
def test_every_kind_reaches_every_channel_and_is_marked(kind: str, home: Home) -> None:
    with serving() as hook, running() as box:
        home.configure(CONSOLE + HOOK.format(hook.url) + MAIL.format(HOST, box.port) + 'severity = "page"\n')
        done = Outcome(home, "--kind", kind)
    (request,) = [json.loads(body) for _, _, body in hook.requests]
    (mail,) = box.mails
    assert done.code == 0
    for headline in (request["headline"], mail["Subject"], done.stdout):
        assert headline.startswith("[TEST")
    assert request["test"] is True
    assert [said for said in done.stdout.splitlines() if ": sent" in said] == [
        "console: sent", "webhook: sent", f"email: sent, reference {mail['Message-ID']}",
    ]  # fmt: skip
    assert not (home.path / FILE).exists(), "nothing is recorded"


def test_one_that_fails_does_not_keep_the_others_from_being_tried(home: Home) -> None:
    home.configure(HOOK.format("http://127.0.0.1:1/") + CONSOLE)
    done = Outcome(home)
    assert done.code == 2
    assert "webhook: no answer" in done.stderr
    assert "console: sent" in done.stdout


def test_only_the_one_that_is_named(home: Home) -> None:
    home.configure(HOOK.format("http://127.0.0.1:1/") + CONSOLE)
    assert Outcome(home, "--channel", "console").code == 0
    refused = Outcome(home, "--channel", "consol")
    assert isinstance(refused.error, ConfigError)
    assert "did you mean console?" in str(refused.error)


def test_for_a_program(home: Home) -> None:
    home.configure(HOOK.format("http://127.0.0.1:1/") + CONSOLE)
    done = Outcome(home, "--json")
    said: list[dict[str, Any]] = json.loads(done.stdout)
    assert [(one["channel"], one["error"] is None) for one in said] == [("webhook", False), ("console", True)]
    assert "[TEST INFO]" in done.stderr, "the console speaks where it does not disturb"


def test_without_channels_the_console_is_tried(home: Home) -> None:
    assert "console: sent" in Outcome(home).stdout


def test_a_repeated_test_is_another_message() -> None:
    later = NOW.replace(second=1)
    assert trial.message("warn", NOW).key != trial.message("warn", later).key
