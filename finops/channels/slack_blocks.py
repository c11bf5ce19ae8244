"""Slack's layout of a message, within Slack's limits.

Top level holds the header, so that `text` is only the notification; the rest sits in an attachment,
whose bar has the colour of the severity.
"""

from __future__ import annotations

from typing import Any

from finops.messages import HEADLINE, Card, Tone, card, cut, grouped
from finops.model import Message

Block = dict[str, Any]

COLOURS: dict[Tone, str] = {"page": "#dc3545", "warn": "#ffc107", "info": "#0d6efd", "resolved": "#28a745"}
SECTION = 3000
FIELD = 2000
FIELDS = 10
BLOCKS = 49  # fifty a message, one of them the header
JOINER = "\u2060"  # invisible; keeps `@here` and `https://` from being recognised


def payload(message: Message) -> Block:
    if len(message.notices) > 1:
        many = grouped(message)
        tone, blocks = many.tone, [*_bullets(many.lines), _context(many.context)]
    else:
        one = card(message)
        tone, blocks = one.tone, _blocks(one)
    return {
        "text": escape(message.headline),
        "blocks": [_header(message.headline)],
        "attachments": [{"color": COLOURS[tone], "blocks": blocks[:BLOCKS]}],
    }


def escape(text: str) -> str:
    """As plain text inside mrkdwn: no mention, no link, no way out of a code span."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _disarm(text)


def _disarm(text: str) -> str:
    return text.replace("`", "'").replace("@", f"@{JOINER}").replace("://", f":{JOINER}//")


def _blocks(one: Card) -> list[Block]:
    fields = [_mrkdwn(f"*{label}*\n{escape(value)}", FIELD) for label, value in one.fields[:FIELDS]]
    after = f"\n*Runbook* {_link(one.runbook)}" if one.runbook else ""
    sections = [
        *([_section(escape(one.summary))] if one.summary else []),
        *([{"type": "section", "fields": fields}] if fields else []),
        *_labelled("What changed", one.changed),
        *_labelled("Why", one.why),
        *([_section(f"`{one.trend}` 14 days")] if one.trend else []),
        *_labelled("Next", one.next_step, after),
        _section(f"`{escape(one.reproduce)}`"),
        _context(one.context),
    ]
    if one.actions:
        sections.append(_context(tuple(f"`{action}`" for action in one.actions), escaped=True))
    return sections


def _header(text: str) -> Block:
    """plain_text knows no escapes, so other brackets stand in."""
    plain = _disarm(text.replace("<", "\u2039").replace(">", "\u203a"))
    return {"type": "header", "text": {"type": "plain_text", "text": cut(plain, HEADLINE), "emoji": False}}


def _labelled(label: str, text: str, after: str = "") -> list[Block]:
    if not text and not after:
        return []
    start = f"*{label}* "
    return [_section(start + _cut(escape(text), SECTION - len(start) - len(after)) + after)]


def _bullets(lines: tuple[str, ...]) -> list[Block]:
    """As many lines a section as fit; what fits in no block is counted, and `incidents list` has it."""
    sections, held, shown = [], "", 0
    for line in lines:
        bullet = f"• {escape(line)}"
        if len(held) + len(bullet) + 1 > SECTION:
            sections.append(_section(held))
            held = ""
            if len(sections) == BLOCKS - 2:  # room for the count and the context
                break
        held = f"{held}\n{bullet}" if held else bullet
        shown += 1
    if held:
        return [*sections, _section(held)]
    return [*sections, _section(f"and {len(lines) - shown} more: `finops incidents list`")]


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text, SECTION)}


def _context(parts: tuple[str, ...], *, escaped: bool = False) -> Block:
    text = " · ".join(part if escaped else escape(part) for part in parts)
    return {"type": "context", "elements": [_mrkdwn(text, FIELD)]}


def _mrkdwn(text: str, limit: int) -> Block:
    return {"type": "mrkdwn", "text": _cut(text, limit), "verbatim": True}


def _cut(text: str, limit: int) -> str:
    """Never inside `&amp;`, never leaving a code span open."""
    if len(text) <= limit:
        return text
    start = text[: limit - 2]
    if start.rfind("&") > start.rfind(";"):
        start = start[: start.rfind("&")]
    return f"{start}…`" if start.count("`") % 2 else f"{start}…"


def _link(runbook: str) -> str:
    """From the rule's own header; a path is shown as it is."""
    plain = runbook.startswith("https://") and not set(runbook) & set("<>|` ")
    return f"<{runbook.replace('&', '&amp;')}>" if plain else escape(runbook)
