"""Who is told what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from finops.channels import Channel, PagerDuty
from finops.model import Notice

CONSOLE = "console"
FAILED = "channel_failed"


def address(notices: Sequence[Notice], channels: Mapping[str, Channel]) -> dict[str, list[Notice]]:
    """Who is told what, in order; that a channel failed, another one. What nobody else asked for goes to
    the fallback."""
    told: dict[str, list[Notice]] = {}
    for notice in notices:
        failed = notice.incident.subject if notice.incident.rule == FAILED else None
        readers = [name for name, one in channels.items() if name != failed and one.wants(notice.incident)]
        for name in readers or [fallback(channels, failed)]:
            told.setdefault(name, []).append(notice)
    return told


def fallback(channels: Mapping[str, Channel], failed: str | None = None) -> str:
    """The first channel, but for the one that failed, that is no pager, which nobody wants to ring for the
    rest; the console where there is none."""
    return next((name for name in quiet(channels) if name != failed), CONSOLE)


def quiet(channels: Mapping[str, Channel]) -> list[str]:
    return [name for name, one in channels.items() if not isinstance(one, PagerDuty)]
