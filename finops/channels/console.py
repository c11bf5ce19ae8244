"""The terminal: colours for a person, plain text when piped."""

from __future__ import annotations

import sys
from typing import Literal

from rich.console import Console as Terminal
from rich.text import Text

from finops.channels.audience import Audience
from finops.errors import DeliveryError
from finops.messages import Card, Tone, card, grouped
from finops.model import Message

STYLES: dict[Tone, str] = {"page": "bold red", "warn": "yellow", "info": "cyan", "resolved": "green"}
LABEL = 17

Stream = Literal["stdout", "stderr"]


class Console(Audience):
    """`stream`: where a command prints its own result to stdout, messages belong on stderr."""

    kind: Literal["console"] = "console"
    stream: Stream = "stdout"

    def send(self, message: Message) -> str | None:
        stream = sys.stdout if self.stream == "stdout" else sys.stderr
        terminal = Terminal(
            file=stream,
            force_terminal=stream.isatty(),
            markup=False,
            highlight=False,
            emoji=False,
            soft_wrap=True,
        )
        try:
            terminal.print(render(message), end="\n\n")
        except (OSError, UnicodeError) as exc:
            raise DeliveryError(f"cannot write to {self.stream}: {exc}", retry=True) from exc
        return None


def render(message: Message) -> Text:
    if len(message.notices) > 1:
        many = grouped(message)
        return _text(many.tone, many.headline, [*many.lines, " · ".join(many.context)])
    one = card(message)
    return _text(one.tone, one.headline, _lines(one))


def _lines(one: Card) -> list[str]:
    labelled = (
        *one.fields,
        ("What changed", one.changed),
        ("Why", one.why),
        ("Last 14 days", one.trend),
        ("Next", one.next_step),
        ("Runbook", one.runbook),
        ("Reproduce", one.reproduce),
    )
    lines = [f"{label:<{LABEL}}{value}" for label, value in labelled if value]
    summary = [one.summary] if one.summary else []
    return [*summary, *lines, " · ".join(one.context), *one.actions]


def _text(tone: Tone, headline: str, lines: list[str]) -> Text:
    return Text.assemble((headline, STYLES[tone]), *(f"\n  {line}" for line in lines))
