"""A mail's HTML, from the template beside it: Jinja escapes every value, and nothing is fetched."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from finops.channels.tables import digest_table
from finops.messages.card import card, grouped
from finops.messages.headline import Tone
from finops.messages.standing import ledger_words
from finops.model import Message

if TYPE_CHECKING:
    from jinja2 import Template

MOST_LINES = 200  # Gmail cuts a mail off at 102 kB
COLOURS: dict[Tone, str] = {"page": "#c62828", "warn": "#b26a00", "info": "#1f5fbf", "resolved": "#2e7d32"}


def html(message: Message, picture: str | None = None) -> str:
    """`picture` is the Content-ID of the chart that comes with it."""
    return _template().render(**_parts(message), picture=picture)


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("email.html")


def _first(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The plain text beside it has them all."""
    left = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], f"and {left} more: finops incidents list") if left > 0 else lines


def _parts(message: Message) -> dict[str, object]:
    """What the template may name; `one` and `digest` are None where there is none."""
    many = grouped(message) if len(message.notices) > 1 else None
    one = card(message) if len(message.notices) == 1 else None
    tone: Tone = "info"
    if found := many or one:
        tone = found.tone
    digest = message.digest
    return {
        "headline": message.headline,
        "colour": COLOURS[tone],
        "one": one,
        "lines": _first(many.lines) if many else (),
        "digest": digest,
        "table": digest_table(digest) if digest else (),
        "context": found.context if found else ledger_words(message),
    }
