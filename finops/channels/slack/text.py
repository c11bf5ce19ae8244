"""Pieces of Slack's layout, within its limits. Text is escaped here and nowhere else."""

from __future__ import annotations

import re
from typing import Any

from finops.messages.headline import HEADLINE
from finops.messages.text import cut

Block = dict[str, Any]

SECTION = 3000
FIELD = 2000
FIELDS = 10
BLOCKS = 48  # fifty a message, less the header and the owners
JOINER = "\u2060"  # invisible; keeps `@here` and `https://` from being recognised


ITALIC = re.compile(r"(?<!\w)_(?=\S)([^\n]*?\S)_(?!\w)")  # `_so_`, and not the underscores of `snake_case`


def escape(text: str) -> str:
    """As plain text inside mrkdwn: no mention, no link, no way out of a code span, no bold word like our labels."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = ITALIC.sub("\u02cd\\1\u02cd", text)
    return _disarm(text.replace("*", "\u2217").replace("~", "\u223c"))


def _disarm(text: str) -> str:
    return text.replace("`", "'").replace("@", f"@{JOINER}").replace("://", f":{JOINER}//")


def header(text: str) -> Block:
    """plain_text knows no escapes, so other brackets stand in."""
    plain = _disarm(text.replace("<", "\u2039").replace(">", "\u203a"))
    return {"type": "header", "text": {"type": "plain_text", "text": cut(plain, HEADLINE), "emoji": False}}


def labelled(label: str, text: str, after: str = "") -> list[Block]:
    if not text and not after:
        return []
    start = f"*{label}* "
    return [section(start + _cut(escape(text), SECTION - len(start) - len(after)) + after)]


def bullets(lines: tuple[str, ...], title: str = "") -> list[Block]:
    """As many lines a section as fit; what fits in no block is counted, and `incidents list` has it."""
    sections, held, shown = [], f"*{escape(title)}*" if title else "", 0
    for line in lines:
        bullet = f"• {escape(line)}"
        if len(held) + len(bullet) + 1 > SECTION:
            sections.append(section(held))
            held = ""
            if len(sections) == BLOCKS - 2:  # room for the count and the context
                break
        held = f"{held}\n{bullet}" if held else bullet
        shown += 1
    if held:
        return [*sections, section(held)]
    return [*sections, section(f"and {len(lines) - shown} more: `finops incidents list`")]


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text, SECTION)}


def context(parts: tuple[str, ...], *, escaped: bool = False) -> Block:
    text = " · ".join(part if escaped else escape(part) for part in parts)
    return {"type": "context", "elements": [mrkdwn(text, FIELD)]}


def mrkdwn(text: str, limit: int = SECTION) -> Block:
    return {"type": "mrkdwn", "text": _cut(text, limit), "verbatim": True}


def _cut(text: str, limit: int) -> str:
    """Never inside `&amp;`, never leaving a code span open."""
    if len(text) <= limit:
        return text
    start = text[: limit - 2]
    if start.rfind("&") > start.rfind(";"):
        start = start[: start.rfind("&")]
    return f"{start}…`" if start.count("`") % 2 else f"{start}…"


def link(runbook: str) -> str:
    """From the rule's own header; a path is shown as it is."""
    plain = runbook.startswith("https://") and not set(runbook) & set("<>|` ")
    return f"<{runbook.replace('&', '&amp;')}>" if plain else escape(runbook)
