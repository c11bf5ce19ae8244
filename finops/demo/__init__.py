"""A made-up company that writes what AWS would write for it, and knows the truth about its bill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import duckdb

from finops.demo import activity, bill, inventory, metrics
from finops.demo.bill import Fact, Withheld
from finops.demo.company import STORIES
from finops.demo.files import put
from finops.errors import ConfigError

__all__ = ["Company", "Fact", "Planted", "write"]

_CONFIGURATION = Path(__file__).with_name("finops.toml")
_SNAPSHOT_AGES = (45, 2)  # an email profile lives only in the first, the model unit only in the second
_FEWEST_DAYS = 60  # the oldest story needs a whole last month and a week of calm before it


@dataclass(frozen=True)
class Planted:
    """A story that the files tell, from `first_day` to `last_day`."""

    key: str
    workload: str
    first_day: date
    last_day: date
    what: str


@dataclass(frozen=True)
class Company:
    """The truth: `facts` add up to the cent and beyond to the Bedrock lines that were written."""

    first_day: date
    last_day: date
    facts: tuple[Fact, ...]
    stories: tuple[Planted, ...]

    def story(self, key: str) -> Planted:
        return next(story for story in self.stories if story.key == key)


def write(
    home: Path,
    today: date,
    *,
    until: datetime | None = None,
    morning: Literal["yesterday", "today"] = "today",
    seed: int = 7,
    days: int = 120,
) -> Company:
    """Write exports and finops.toml into `home` as they stand on one of two mornings; same input, same bytes.

    `today`'s files hold the `days` complete days before it. `yesterday`'s lack the last of them, the
    evenings of the last two days' Marketplace lines, and one evening of last month, not yet invoiced.
    CloudWatch is minutes behind, the bill a day: metrics reach `until` (UTC), that morning's midnight if left out.
    """
    if days < _FEWEST_DAYS:
        raise ConfigError(f"demo: {days} days are too few for its stories; ask for at least {_FEWEST_DAYS}")
    _configure(home)
    first, last = today - timedelta(days=days), today - timedelta(days=1)
    this_month = today.replace(day=1)
    restated = (this_month - timedelta(days=1)).replace(day=20)
    through, withheld = last, list[Withheld]()
    if morning == "yesterday":
        through = last - timedelta(days=1)
        withheld = _delivered_a_day_late(through, restated)
    exports = home / "exports"
    open_from = this_month if morning == "today" else restated.replace(day=1)
    with duckdb.connect() as con:
        activity.fill(con, today, seed, days)
        midnight = datetime.combine(through + timedelta(days=1), time())
        metrics.write(con, exports / "metrics", first, until.replace(tzinfo=None) if until else midnight)
        facts = bill.write(
            con, exports / "bedrock", first, last, through=through, open_from=open_from, withheld=withheld
        )
    for age in _SNAPSHOT_AGES:
        inventory.write(exports / "inventory", today, age)
    return Company(first, through, facts, _planted(today, first, through, restated))


def _configure(home: Path) -> None:
    """A home that is somebody's own is left alone."""
    ours, there = _CONFIGURATION.read_text(encoding="utf-8"), home / _CONFIGURATION.name
    if there.exists() and there.read_text(encoding="utf-8") != ours:
        raise ConfigError(f"{there}: not the demo's; give the demo a --home of its own")
    put(there, ours.encode())


def _delivered_a_day_late(through: date, restated: date) -> list[Withheld]:
    return [
        Withheld(through, 14, billing_entity="AWS Marketplace"),
        Withheld(through - timedelta(days=1), 20, billing_entity="AWS Marketplace"),
        Withheld(restated, 17, workload="claims-pipeline"),
    ]


def _planted(today: date, first: date, through: date, restated: date) -> tuple[Planted, ...]:
    """The stories in days, as far as they have happened by `through`."""
    planted = []
    for story in STORIES:
        begun = max(first, today - timedelta(days=story.first_age))
        ended = min(through, today - timedelta(days=story.last_age))
        if story.key == "restated":
            begun = ended = restated
        if begun <= ended:
            planted.append(Planted(story.key, story.workload, begun, ended, story.what))
    return tuple(planted)
