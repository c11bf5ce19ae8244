"""What is wrong with the state itself: rows that cannot be read, a file that is an older copy. Each is a finding."""

from __future__ import annotations

from datetime import date

from finops.model import Finding
from finops.state.store import State

UNREADABLE = "state_unreadable"
RESTORED = "state_restored"


def damages(state: State, day: date) -> list[Finding]:
    return [*_unreadable(state, day), *_restored(state, day)]


def _unreadable(state: State, day: date) -> list[Finding]:
    """What is on file and cannot be read stops nothing else, and is itself found."""
    return [
        Finding(
            rule=UNREADABLE,
            title="An incident or message on file cannot be read",
            severity="warn",
            subject=name,
            headline=f"{name} on file cannot be read",
            day=day,
            summary=error,
            why="A message that cannot be read is never sent; an incident is opened and told anew when its rule"
            " finds it again, and what people answered to it is lost.",
        )
        for name, error in state.unreadable().items()
    ]


def _restored(state: State, day: date) -> list[Finding]:
    runs = state.forgotten()
    if not runs:
        return []
    return [
        Finding(
            rule=RESTORED,
            title="The state is an older copy",
            severity="warn",
            subject=state.path.name,
            headline=f"{state.path.name} is an older copy",
            day=day,
            summary=f"{state.path.name} does not know the last {runs} records of this home: it was restored, or"
            " begun anew.",
            why="Messages sent since then may come a second time; what people answered since then is lost.",
            next_step="Acknowledge and plan anew what was answered since that copy.",
        )
    ]
