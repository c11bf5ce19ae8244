"""Where messages go. A channel is its own settings plus `send`, which returns the channel's reference
to the message, or None, and raises DeliveryError, whose text need not name the channel: who sends does.
A new one: its module, and its name in `Channel`."""

from __future__ import annotations

from collections.abc import Iterable

from finops.channels.console import Console, Stream
from finops.channels.email.email import Email
from finops.channels.pagerduty import PagerDuty
from finops.channels.slack.slack import Slack
from finops.channels.sns import Sns
from finops.channels.webhook import Webhook
from finops.errors import ConfigError

Channel = Console | Slack | Webhook | Sns | Email | PagerDuty

__all__ = ["Channel", "Console", "Email", "PagerDuty", "Slack", "Sns", "Webhook", "named"]


def named(channels: Iterable[Channel], stream: Stream | None = None) -> dict[str, Channel]:
    """By the name under which deliveries are remembered: `name`, else the kind, else kind-2 ...

    `stream`: where consoles print, whatever their settings say; for a command whose stdout is a program's.
    """
    result: dict[str, Channel] = {}
    for channel in channels:
        name, count = channel.name or channel.kind, 1
        if channel.name in result or (channel.name == "console") > (channel.kind == "console"):
            raise ConfigError(
                f"channels: the name {channel.name!r} is taken; give each channel its own `name`"
            )
        while name in result:
            count += 1
            name = f"{channel.kind}-{count}"
        redirected = isinstance(channel, Console) and stream is not None
        result[name] = channel.model_copy(update={"stream": stream}) if redirected else channel
    return result
