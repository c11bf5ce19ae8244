"""`finops slack listen`: the buttons, for who runs finops by cron. `finops serve` listens by itself."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from threading import Event
from typing import Any

import typer

from finops.answers import press, socket
from finops.channels import Slack, named
from finops.commands.clock import now
from finops.commands.context import Context
from finops.errors import ConfigError

app = typer.Typer(help="Buttons below messages in Slack.", no_args_is_help=True)


@app.callback()
def slack() -> None:
    """Buttons below messages in Slack."""


@app.command(epilog="Example: finops --home ~/bedrock slack listen")
def listen(ctx: typer.Context) -> None:
    """Hear what people press in Slack, over Socket Mode, until it is stopped. Needs FINOPS_SLACK_APP_TOKEN."""
    context: Context = ctx.obj
    channels = named(context.telling.channels)
    asked = [one for one in channels.values() if isinstance(one, Slack) and one.token and one.app_token]
    if not asked:
        raise ConfigError(
            "slack listen: set FINOPS_SLACK_TOKEN and FINOPS_SLACK_APP_TOKEN, and a [[channels]] of kind slack"
        )
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def hear(payload: Mapping[str, Any]) -> None:
        reply = press.hear(payload, context.home, now())
        for fault in press.say_back(reply, context.home, channels, now()) if reply else ():
            _say(fault)

    socket.listen(asked[0], hear, stop, _say)


def _say(text: str) -> None:
    sys.stderr.write(f"finops: {text}\n")
