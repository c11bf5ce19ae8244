"""Slack's layout of a digest: the lead, an even table, and the rest as lists."""

from __future__ import annotations

from finops.channels.slack.text import SECTION, Block, bullets, context, escape, section
from finops.channels.tables import aligned, digest_table
from finops.messages.standing import ledger_words
from finops.model import Message

FENCE = "```"


def digest_blocks(message: Message) -> list[Block]:
    digest = message.digest
    if digest is None:
        return []
    table = [_table(aligned(digest_table(digest)))] if digest.workloads else []
    lists = [block for title, lines in digest.sections for block in bullets(lines, title)]
    standing = ledger_words(message)
    lead = [section(escape(digest.lead))] if digest.lead else []
    return [*lead, *table, *lists, *([context(standing)] if standing else [])]


def _table(lines: list[str]) -> Block:
    """Whole lines only, so that the fence is always closed."""
    kept: list[str] = []
    for line in map(escape, lines):
        if sum(map(len, kept)) + len(kept) + len(line) + 2 * len(FENCE) > SECTION:
            break
        kept.append(line)
    return section(FENCE + "\n".join(kept) + FENCE)
