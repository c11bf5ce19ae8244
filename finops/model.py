"""Frozen values that cross a boundary between two stages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["info", "warn", "page"]
Basis = Literal["estimated", "provisional", "final"]
State = Literal["open", "acknowledged", "snoozed", "planned", "resolved"]
Reason = Literal["opened", "reopened", "escalated", "reminder", "confirmed", "corrected", "resolved"]

SEVERITIES: tuple[Severity, ...] = ("info", "warn", "page")
KEYS = ("workload", "team", "environment", "cost_center", "model_tag")  # what a line is attributed to
NAME = r"\S"  # what somebody can be called by


def at_least(severity: Severity, floor: Severity) -> bool:
    return SEVERITIES.index(severity) >= SEVERITIES.index(floor)


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Finding(Value):
    """One offender of one rule on one day.

    `subject` identifies it within its rule across days; `usd` is the money at stake, NULL where a
    rule is not about money; `facts` are all columns that the rule's SQL returned, as text.
    `workload` ... `model` route the message and are None where they do not apply.
    """

    rule: str
    title: str
    headline: str = ""  # a few words with the number; the summary stands in where a rule gives none
    severity: Severity
    subject: str
    day: date
    usd: Decimal | None = None
    summary: str
    why: str = ""
    next_step: str = ""
    runbook: str = ""
    basis: Basis | None = None
    workload: str | None = None
    team: str | None = None
    environment: str | None = None
    account_id: str | None = None
    model: str | None = None
    facts: dict[str, str | None] = {}
    series: tuple[tuple[date, Decimal], ...] = ()  # recent days of the subject's dollars, oldest first
    usual: tuple[tuple[date, Decimal], ...] = ()  # what such days were expected to cost

    def began(self, day: date) -> date:
        """The first day that what is found on `day` is about: an estimate's twenty-four hours began the day before."""
        return day - timedelta(days=1) if self.basis == "estimated" else day


class Billed(Value):
    """What the bill said of the days for which an estimate had raised an incident, beside the estimate of
    the same days; both NULL where only a rule on the bill agreed. `corrects`: it ended the incident."""

    through: date
    usd: Decimal | None = None
    estimated_usd: Decimal | None = None
    corrects: bool = False

    @property
    def error(self) -> Decimal | None:
        """Of the estimate, as a share of the bill; positive: it was too high."""
        if self.usd is None or self.estimated_usd is None or self.usd <= 0:
            return None
        return (self.estimated_usd - self.usd) / self.usd


class Incident(Value):
    """A finding that lasts: one per (rule, subject) until it resolves.

    `id` is stable for one opening; `quiet_days` counts evaluated days without a finding since the last,
    `judged_day` is the latest of them. What was last told is remembered, so that only news is told.
    """

    id: str
    rule: str
    subject: str
    state: State
    severity: Severity
    opened_at: datetime
    first_day: date
    last_day: date
    peak_usd: Decimal | None
    notified_at: datetime | None = None
    notified_usd: Decimal | None = None
    notified_severity: Severity | None = None  # the highest told since it opened
    quiet_days: int = 0
    judged_day: date | None = None
    until: datetime | None = None  # end of a snooze or of planned activity
    by: str | None = None  # who acknowledged, snoozed or planned it
    aloud: bool = False  # planned, but what was told is of a day that nobody planned, and unanswered
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    settled_day: date | None = None  # the last day of the time before it was reopened
    billed: Billed | None = None  # of one that an estimate raised
    finding: Finding  # the worst of the last days that were new, or what turned out worse than was told

    @property
    def heard_usd(self) -> Decimal | None:
        """Without what a plan keeps silent."""
        return self.notified_usd if self.state == "planned" else self.peak_usd

    @property
    def heard_severity(self) -> Severity | None:
        """Without what a plan keeps silent."""
        return self.notified_severity if self.state == "planned" else self.severity

    @property
    def since(self) -> date:
        """The first day that its last day is about."""
        return self.finding.began(self.last_day)


OF_ITSELF = frozenset(  # rules without a file: what finops finds of itself
    {
        "channel_failed",
        "job_failed",
        "owner_unknown",
        "rule_failed",
        "state_restored",
        "state_unreadable",
    }
)


class Window(Value):
    """Activity announced in advance for a workload, a subject or a team.

    `first_day`: None where it was announced for what was going on already. Kept after it is over: the bill is
    late, and findings about planned days come after them.
    """

    name: str | None = None
    team: str | None = None
    first_day: date | None = None
    until: datetime
    by: str

    def names(self, finding: Finding) -> bool:
        named = self.name is not None and self.name in (finding.subject, finding.workload)
        return named or (self.team is not None and self.team == finding.team)

    def covers(self, finding: Finding, day: date, now: datetime) -> bool:
        """`day`: the last on which it was found."""
        if not self.names(finding):
            return False
        if finding.began(day) < self.until.date():
            return self.first_day is None or self.first_day <= day
        return self.first_day is None and now < self.until


class Notice(Value):
    """One thing to tell: why now, about which incident."""

    reason: Reason
    incident: Incident


class Decision(Value):
    """What a run makes of its findings: incidents to store, and what to tell, most dollars first."""

    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()


class Spend(Value):
    """What one workload cost over a digest's days. `usual_usd` is what these weekdays are expected to cost,
    `before_usd` the same days a week before; NULL where it has no past. `series` ends with the last day."""

    workload: str
    usd: Decimal
    usual_usd: Decimal | None = None
    before_usd: Decimal | None = None
    usd_per_query: Decimal | None = None
    series: tuple[tuple[date, Decimal], ...] = ()


class Digest(Value):
    """What is told once a day or a week, whatever happened. `sections` are titles with lines of plain words."""

    period: Literal["daily", "weekly"]
    first_day: date
    last_day: date
    quiet: bool  # nothing that anyone must know: one line is enough
    lead: str
    total: Spend | None = None
    workloads: tuple[Spend, ...] = ()
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Message(Value):
    """What a channel sends: one notice, several grouped, or a digest. Channels render, they never decide.

    `key` is the idempotency key: two messages with one key say the same thing. `thread` is the
    channel's own reference to the incident's first message there, if there was one. `owners` are whom the
    channel can call by its own ids; both are known only when it is sent. `left`: where some recipients of a
    channel were told before, the others.
    """

    key: str
    notices: tuple[Notice, ...]
    headline: str
    generation: int | None = None
    settled_through: date | None = None
    thread: str | None = None
    owners: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    digest: Digest | None = None  # then there are no notices
    test: bool = False  # `finops alert test`: of an incident that there is not


class S3Object(NamedTuple):
    """One content of one key. `size` is in bytes."""

    url: str
    etag: str
    size: int


class Delivery(Value):
    """One replaceable unit that a source has for the ledger, described without reading its data.

    `partition` is a billing period `YYYY-MM`, a day `YYYY-MM-DD` or `all`; `signature` changes
    whenever what AWS delivered changes (manifest, names, sizes, ETag or mtime).
    """

    source: str
    kind: str
    partition: str
    signature: str
    files: tuple[str, ...]
    origin: str  # the manifest or directory it was found by, for messages
    objects: Annotated[tuple[S3Object, ...], Field(exclude=True)] = ()  # in S3: of `files`, and of a manifest

    @property
    def key(self) -> str:
        return f"{self.source}/{self.partition}"


class Stored(Value):
    """A delivery that the ledger holds: its files by table, relative to the ledger's directory."""

    delivery: Delivery
    generation: int
    tables: dict[str, str]

    @property
    def key(self) -> str:
        return self.delivery.key
