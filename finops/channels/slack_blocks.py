"""Slack's layout of a message, within Slack's limits.

Top level holds the header, so that `text` is only the notification; the rest sits in an attachment,
whose bar has the colour of the severity.
"""

from __future__ import annotations

from typing import Any

from finops.channels.slack_buttons import buttons as button_row
from finops.messages import HEADLINE, OVER, Card, Tone, card, cut, grouped, standing
from finops.model import Message, Notice

Block = dict[str, Any]

COLOURS: dict[Tone, str] = {"page": "#dc3545", "warn": "#ffc107", "info": "#0d6efd", "resolved": "#28a745"}
ANSWERED = "#6c757d"  # somebody is on it, or nobody need be
SECTION = 3000
FIELD = 2000
FIELDS = 10
BLOCKS = 49  # fifty a message, one of them the header
JOINER = "\u2060"  # invisible; keeps `@here` and `https://` from being recognised


def payload(message: Message, *, buttons: bool = False, dashboard_url: str | None = None) -> Block:
    """Drawn as its incidents stand. Without `buttons`, commands say how to answer."""
    if len(message.notices) > 1:
        many = grouped(message)
        lines = [_with_standing(line, one) for line, one in zip(many.lines, message.notices, strict=True)]
        colour, blocks = COLOURS[many.tone], [*_bullets(tuple(lines)), _context(many.context)]
    else:
        one, notice = card(message), message.notices[0]
        pressed = buttons and bool(one.actions) and notice.incident.state != "resolved"
        shown = one.model_copy(update={"actions": ()}) if buttons or _over(notice) else one
        colour, blocks = _colour(one.tone, notice), [*_standing(notice), *_blocks(shown)][: BLOCKS - 1]
        blocks += [button_row(notice.incident.id, dashboard_url)] if pressed else []
    return {
        "text": escape(message.headline),
        "blocks": [_header(message.headline)],
        "attachments": [{"color": colour, "blocks": blocks[:BLOCKS]}],
    }


def _over(notice: Notice) -> bool:
    return notice.incident.state == "resolved"


def _colour(tone: Tone, notice: Notice) -> str:
    if notice.reason in OVER or notice.incident.state == "open":
        return COLOURS[tone]
    return COLOURS["resolved"] if _over(notice) else ANSWERED


def _standing(notice: Notice) -> list[Block]:
    """What became of it since; what tells that itself does not repeat it."""
    words = "" if notice.reason in (*OVER, "confirmed") else standing(notice.incident)
    return [_section(f"*{escape(words[0].upper() + words[1:])}*")] if words else []


def _with_standing(line: str, notice: Notice) -> str:
    words = "" if notice.reason in OVER else standing(notice.incident)
    return f"{line} · {words}" if words else line


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
