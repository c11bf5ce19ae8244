"""What became of an incident since it was told, and which ledger a message speaks from."""

from __future__ import annotations

from finops.messages.text import VALUE, cut, instant, one_line
from finops.model import Incident, Message
from finops.money import percent, usd


def standing(incident: Incident) -> str:
    """What became of it since it was told: who answered, what the bill said. Empty while nothing did."""
    by = f" by {cut(one_line(incident.by), VALUE)}" if incident.by else ""
    until = f" until {instant(incident.until)}" if incident.until else ""
    answered = f"{incident.state}{until}{by}" if incident.state not in ("open", "resolved") else ""
    over = f"resolved {instant(incident.resolved_at)}" if incident.resolved_at else ""
    return " · ".join(part for part in (answered, over, billed(incident)) if part)


def billed(incident: Incident) -> str:
    """What the bill said of an estimate, and how far off that was."""
    bill = incident.billed
    if bill is None:
        return ""
    if bill.usd is None or bill.estimated_usd is None:
        return f"the bill through {bill.through} agrees with the estimate"
    words = f"billed {usd(bill.usd)} through {bill.through}, estimated {usd(bill.estimated_usd)}"
    if bill.error is None:
        return words
    return f"{words}: {percent(abs(bill.error), 1)} too {'high' if bill.error >= 0 else 'low'}"


def ledger_words(message: Message) -> tuple[str, ...]:
    """Which ledger it speaks from."""
    parts = []
    if message.settled_through is not None:
        parts.append(f"bill settled through {message.settled_through}")
    if message.generation is not None:
        parts.append(f"generation {message.generation}")
    return tuple(parts)
