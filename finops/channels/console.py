"""The terminal: colours for a person, plain text when piped."""

from __future__ import annotations

import sys
from typing import Literal

from rich.console import Console as Terminal
from rich.text import Text

from finops.channels.audience import Audience
from finops.channels.plain import plain
from finops.errors import DeliveryError
from finops.messages.headline import Tone
from finops.model import Message

STYLES: dict[Tone, str] = {"page": "bold red", "warn": "yellow", "info": "cyan", "resolved": "green"}

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
    said = plain(message)
    return Text.assemble((said.headline, STYLES[said.tone]), *(f"\n  {line}" for line in said.lines))
