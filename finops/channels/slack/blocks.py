"""Slack's layout of a message, within Slack's limits.

Top level holds the header, so that `text` is only the notification; the rest sits in an attachment,
whose bar has the colour of the severity.
"""

from __future__ import annotations

import re

from finops.channels.slack.buttons import ack, button_row
from finops.channels.slack.digest import digest_blocks
from finops.channels.slack.text import (
    BLOCKS,
    FIELD,
    FIELDS,
    Block,
    bullets,
    context,
    escape,
    header,
    labelled,
    link,
    mrkdwn,
    section,
)
from finops.messages.card import Card, card, grouped
from finops.messages.headline import OVER, Tone
from finops.messages.standing import standing
from finops.model import Message, Notice

COLOURS: dict[Tone, str] = {"page": "#dc3545", "warn": "#ffc107", "info": "#0d6efd", "resolved": "#28a745"}
PRESSED = 40  # lines of a group that have a button
ANSWERED = "#6c757d"  # somebody is on it, or nobody need be


def payload(message: Message, *, buttons: bool = False, dashboard_url: str | None = None) -> Block:
    """Drawn as its incidents stand. Without `buttons`, commands say how to answer."""
    if message.digest:
        colour, blocks = COLOURS["info"], digest_blocks(message)
    elif len(message.notices) > 1:
        many = grouped(message)
        lines = [_with_standing(line, one) for line, one in zip(many.lines, message.notices, strict=True)]
        colour, blocks = COLOURS[many.tone], [*_bullets(lines, message, buttons), context(many.context)]
    else:
        one, notice = card(message), message.notices[0]
        pressed = buttons and bool(one.actions) and notice.incident.state != "resolved"
        shown = one.model_copy(update={"actions": ()}) if buttons or _over(notice) else one
        colour, blocks = _colour(one.tone, notice), [*_standing(notice), *_blocks(shown)][: BLOCKS - 1]
        blocks += [button_row(notice.incident.id, dashboard_url)] if pressed else []
    return {
        "text": escape(message.headline),
        "blocks": [header(message.headline), *_owners(message.owners)],
        "attachments": [{"color": colour, "blocks": blocks[:BLOCKS]}],
    }


def _bullets(lines: list[str], message: Message, buttons: bool) -> list[Block]:
    """Each with a button of its own, where one hears it and there are not too many."""
    if not buttons or len(lines) > PRESSED:
        return bullets(tuple(lines))
    told = zip(lines, message.notices, strict=True)
    return [
        section(f"• {escape(line)}") | ({"accessory": ack(one.incident.id)} if _waits(one) else {})
        for line, one in told
    ]


def _waits(notice: Notice) -> bool:
    return notice.incident.state == "open" and notice.reason not in OVER


def _owners(owners: tuple[str, ...]) -> list[Block]:
    """Above the attachment, where a mention is heard."""
    return [section(f"Owner {' '.join(map(_mention, owners))}")] if owners else []


def _mention(owner: str) -> str:
    """From finops.toml or from Slack itself, never from a tag."""
    if not re.fullmatch(r"[UWS][A-Z0-9]+", owner):
        return escape(owner)
    return f"<!subteam^{owner}>" if owner.startswith("S") else f"<@{owner}>"


def _over(notice: Notice) -> bool:
    return notice.incident.state == "resolved"


def _colour(tone: Tone, notice: Notice) -> str:
    if notice.reason in OVER or notice.incident.state == "open":
        return COLOURS[tone]
    return COLOURS["resolved"] if _over(notice) else ANSWERED


def _standing(notice: Notice) -> list[Block]:
    """What became of it since; what tells that itself does not repeat it."""
    words = "" if notice.reason in (*OVER, "confirmed") else standing(notice.incident)
    return [section(f"*{escape(words[0].upper() + words[1:])}*")] if words else []


def _with_standing(line: str, notice: Notice) -> str:
    words = "" if notice.reason in OVER else standing(notice.incident)
    return f"{line} · {words}" if words else line


def _blocks(one: Card) -> list[Block]:
    fields = [mrkdwn(f"*{label}*\n{escape(value)}", FIELD) for label, value in one.fields[:FIELDS]]
    after = f"\n*Runbook* {link(one.runbook)}" if one.runbook else ""
    sections = [  # who and how much, why, and what to do come before the figures
        *([section(escape(one.summary))] if one.summary else []),
        *labelled("What changed", one.changed),
        *labelled("Next", one.next_step, after),
        *([{"type": "section", "fields": fields}] if fields else []),
        *labelled("Why it matters", one.why),
        *([section(f"`{one.trend}` 14 days")] if one.trend else []),
        section(f"*Reproduce* `{escape(one.reproduce)}`"),
        context(one.context),
    ]
    if one.actions:
        sections.append(context(tuple(f"`{action}`" for action in one.actions), escaped=True))
    return sections
