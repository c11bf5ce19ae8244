"""A message as lines of plain text: the terminal, the body of a mail, what a topic hands on."""

from __future__ import annotations

from typing import NamedTuple

from finops.channels.tables import aligned, digest_table
from finops.messages.card import Card, card, grouped
from finops.messages.headline import Tone
from finops.messages.standing import ledger_words
from finops.model import Digest, Message

LABEL = 17


class Plain(NamedTuple):
    tone: Tone
    headline: str
    lines: tuple[str, ...]


def plain(message: Message) -> Plain:
    if message.digest:
        lines = (*_digest(message.digest), " · ".join(ledger_words(message)))
        return Plain("info", message.headline, tuple(filter(None, lines)))
    if len(message.notices) > 1:
        many = grouped(message)
        return Plain(many.tone, many.headline, (*many.lines, " · ".join(many.context)))
    one = card(message)
    return Plain(one.tone, one.headline, _card(one))


def _card(one: Card) -> tuple[str, ...]:
    labelled = (
        ("What changed", one.changed),
        ("Next", one.next_step),
        ("Runbook", one.runbook),
        *one.fields,
        ("Why it matters", one.why),
        ("Last 14 days", one.trend),
        ("Reproduce", one.reproduce),
    )
    lines = [f"{label:<{LABEL}}{value}" for label, value in labelled if value]
    summary = [one.summary] if one.summary else []
    return (*summary, *lines, " · ".join(one.context), *one.actions)


def _digest(digest: Digest) -> tuple[str, ...]:
    sections = (line for title, lines in digest.sections for line in (title, *(f"  {one}" for one in lines)))
    return (digest.lead, *aligned(digest_table(digest)), *sections)
