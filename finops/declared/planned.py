"""`[[planned]]` in finops.toml: activity that is expected, so that nobody is told of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from pydantic import ConfigDict, Field

from finops.model import Value, Window


class Planned(Value):
    """Activity of a workload or a team that is known in advance, from its first day through its last, UTC.
    What is found of those days is recorded and not told."""

    model_config = ConfigDict(populate_by_name=True)

    workload: str | None = None
    team: str | None = None
    first_day: date = Field(alias="from")
    last_day: date = Field(alias="to")
    reason: str

    def fault(self) -> str | None:
        if (self.workload is None) == (self.team is None):
            return f"{self.reason!r}: give `workload` or `team`, one of them"
        if self.last_day == date.max:
            return f"{self.reason!r}: ends on {self.last_day}, the last day there is; give an earlier one"
        if self.last_day < self.first_day:
            return f"{self.reason!r}: ends on {self.last_day}, before it begins on {self.first_day}"
        return None

    @property
    def window(self) -> Window:
        until = datetime.combine(self.last_day + timedelta(days=1), time(), UTC)
        by = f"finops.toml: {self.reason}"
        return Window(name=self.workload, team=self.team, first_day=self.first_day, until=until, by=by)
