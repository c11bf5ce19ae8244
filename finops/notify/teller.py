"""Who tells people: decides and records in one transaction, then sends what is pending, then marks it sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from finops.channels import Channel
from finops.incidents.machine import Policy
from finops.model import Billed, Decision, Finding, Window
from finops.notify.outcome import Outcome
from finops.notify.record import record
from finops.notify.send import send_pending
from finops.state.store import State


@dataclass(frozen=True)
class Teller:
    """Decides and sends, in the name of one generation at one moment."""

    state: State
    channels: dict[str, Channel]
    now: datetime
    planned: tuple[Window, ...]
    billed: dict[str, Billed]
    rules: frozenset[str]
    generation: int
    settled_through: date | None

    def record(self, findings: Sequence[Finding], evaluated: dict[str, date]) -> Decision:
        return record(
            self.state,
            findings,
            evaluated,
            self.now,
            Policy(),
            self.channels,
            self.generation,
            self.settled_through,
            self.planned,
            self.billed,
            self.rules,
        )

    def send(self) -> list[Outcome]:
        return send_pending(self.state, self.channels, self.now)
