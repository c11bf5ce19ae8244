"""Decide what to tell about findings: pure, so that every rule of silence is a line in a test.

    no incident ──finding──► open ──quiet days──► resolved ──finding in cooldown──► open (reopened)
                              │ ▲
             ack, snooze, plan▼ │worse, or the time is over
                acknowledged, snoozed, planned

- One incident per (rule, subject); the worst of its new days leads, or a day that turns out worse than all that was
  told; its dearest day is its peak.
- Told when it opens, re-opens, grows worse, is still there after a while, and once when it resolves.
- Still there is what this run finds on the last day that its rule ran on, also when that day stands
  still: a source that stopped is reminded of although no new day comes.
- A day that is over is news only when it is worse than all that was told, or its dollars grew much; a day at or
  before the last one of a resolved incident never is, nor once that began again: a restated bill wakes nobody twice.
- Acknowledged: silent until the severity rises, which takes the acknowledgement back, on a planned day silently.
  Snoozed or planned: silent, and held, until the time is over.
- Planned in advance, by a person or in finops.toml: what a finding says of those days is recorded and not told;
  a plan keeps nobody from hearing of another day, whichever was found first, and its dollars measure no other day.
- A rule that did not run says nothing: its incidents hold. Those of a rule that is switched off or gone end.
- What an estimate raised may end by the bill's word, before any quiet day: see `estimates`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from finops.incidents import estimates, history
from finops.incidents.history import Key
from finops.incidents.several import continued, opened, peak, rank, reopened
from finops.incidents.silence import MUTED, aloud, held, planned, spoken_of, unplanned, untold, woken
from finops.model import Billed, Decision, Finding, Incident, Notice, Reason, Severity, Value, Window

Step = tuple[Incident, Reason | None]

NOTIFIED = ("notified_at", "notified_usd", "notified_severity")
JITTER = timedelta(hours=1)  # a daily run never starts exactly a day after the last one


class Policy(Value):
    """When to tell again. A severity without an interval is not reminded of.

    Three quiet days, because two are a weekend: what stops on Friday evening is not over on Sunday.
    """

    renotify: dict[Severity, timedelta] = {"page": timedelta(hours=24), "warn": timedelta(days=7)}
    resolve_after_quiet_days: int = 3
    cooldown: timedelta = timedelta(days=7)
    escalate_ratio: Decimal = Decimal(2)
    group_above: int = 5
    happened: tuple[str, ...] = ("state_restored",)  # rules of what happens once: there is no end to tell
    monthly: tuple[str, ...] = ("budget",)  # rules of what stands until the month is over


class _Run(Value):
    evaluated: Mapping[str, date]
    now: datetime
    policy: Policy
    planned: Sequence[Window]
    agreeing: Mapping[str, Sequence[Finding]]
    billed: Mapping[str, Billed] | None
    settled: Mapping[Key, date]
    gone: frozenset[str]


def decide(
    incidents: Sequence[Incident],
    findings: Sequence[Finding],
    evaluated: Mapping[str, date],
    now: datetime,
    policy: Policy,
    planned: Sequence[Window] = (),
    billed: Mapping[str, Billed] | None = None,
    gone: Collection[str] = (),
) -> Decision:
    """`evaluated`: rule -> latest day it ran on with complete data; absent = no data, nothing resolves.

    `billed`: by the id of an estimate's incident, what the bill says of its days; None where nobody asked it,
    and its rules alone confirm. `gone`: rules that nobody runs any longer. The same call on its own result decides
    nothing.
    """
    watched = [incident for incident in incidents if incident.rule not in gone]
    own, agreeing = estimates.split(findings, watched, now, policy.cooldown)
    run = _Run(
        evaluated=evaluated,
        now=now,
        policy=policy,
        planned=planned,
        agreeing=agreeing,
        billed=billed,
        settled=history.settled(incidents),
        gone=frozenset(gone),
    )
    known, found = history.latest(incidents), history.fresh(own, incidents, planned, now)
    taken = {incident.id for incident in incidents}
    steps: list[tuple[Incident, Notice | None]] = []
    after_all = dict(known)
    for key in sorted(known.keys() | found.keys(), key=_estimates_last):
        before = known.get(key)
        new: Sequence[Finding] = found.get(key, [])
        if key[0] in estimates.ESTIMATED:
            warm = before is not None and not _cold(before, run)
            new = estimates.believed(new, before if warm else None, after_all.values())
        if before is None and not new:
            continue
        after, notice = _noticed(before, new, run, taken)
        after_all[key] = after
        taken.add(after.id)
        if after != before:
            steps.append((after, notice))
    notices = [notice for _, notice in steps if notice]
    return Decision(
        incidents=tuple(incident for incident, _ in steps),
        notices=tuple(sorted(notices, key=_dearest_first)),
    )


def _noticed(
    before: Incident | None, found: Sequence[Finding], run: _Run, taken: Collection[str]
) -> tuple[Incident, Notice | None]:
    if before is not None and before.rule in run.gone:
        return _unwatched(before, run)
    found = spoken_of(found, run.planned, run.now)
    after, reason = _turned(before, found, run, taken)
    if reason and after.state == "planned":
        return after, Notice(reason=reason, incident=aloud(after, _surprise(after, found, run)))
    return after, Notice(reason=reason, incident=after) if reason else None


def _turned(before: Incident | None, found: Sequence[Finding], run: _Run, taken: Collection[str]) -> Step:
    """A correction would end what somebody silenced: it waits until that is over."""
    known = _begun(before, found, run, taken)
    billed, said = _billed(known, run)
    after, reason = _step(billed, found, run)
    if said == "corrected" and held(after, run.now):
        return _step(known, found, run)
    return _said(known, after, reason, said, run)


def _begun(before: Incident | None, found: Sequence[Finding], run: _Run, taken: Collection[str]) -> Incident:
    if before is not None and (before.state != "resolved" or not found):
        return before
    if before is None or _cold(before, run):
        return planned(opened(found, run.now, taken), run.planned, run.now)
    return planned(reopened(before, found, run.now), run.planned, run.now)


def _billed(known: Incident, run: _Run) -> tuple[Incident, Reason | None]:
    """What an estimate raised, with what the bill says of it by now."""
    if not estimates.awaits_bill(known, run.now, run.policy.cooldown):
        return known, None
    agreeing = estimates.recent(known, run.agreeing.get(known.id, ()))
    if run.billed is None:
        bill = Billed(through=max(finding.day for finding in agreeing)) if agreeing else None
    else:
        bill = run.billed.get(known.id)
    if bill is not None and run.billed is not None and bill.through < estimates.told_on(known):
        bill = None  # of another time that it was told
    return estimates.verdict(known, agreeing, bill)


def _said(known: Incident, after: Incident, reason: Reason | None, said: Reason | None, run: _Run) -> Step:
    """It is told in the thread, unless there is worse, or it is over, or nobody heard of it."""
    told = known.notified_at is not None
    if said == "corrected" and after.state != "resolved":
        if estimates.doubled(known, after):
            return estimates.outgrown(after), reason
        update: dict[str, object] = {"state": "resolved", "until": None, "resolved_at": run.now}
        update |= {} if told else {name: getattr(known, name) for name in NOTIFIED}  # it goes untold
        return after.model_copy(update=update), said if told else None
    return after, reason or (said if told and after.state not in MUTED else None)


def _step(known: Incident, found: Sequence[Finding], run: _Run) -> Step:
    if known.state == "resolved":
        return known, None
    surprise = _surprise(known, found, run)
    found = spoken_of([*found, *run.agreeing.get(known.id, ())], run.planned, run.now)
    met = woken(continued(known, found, untold(known, surprise, run.now)), run.planned, run.now)
    incident, judged = _judged(_measured(_foreseen(met, known, found, run), known, found, run), run)
    after, reason = _despite(incident, surprise, run)
    if reason:
        return after, reason
    return _closed(incident, judged, _news(incident, found, run), run)


def _measured(incident: Incident, known: Incident, found: Sequence[Finding], run: _Run) -> Incident:
    """Dollars of planned days are no measure of a day that nobody planned."""
    if not found or incident.state == "planned":
        return incident
    before = known.notified_usd if known.state == "planned" else known.peak_usd
    return incident.model_copy(update={"peak_usd": peak(unplanned(found, run.planned, run.now), before)})


def _surprise(incident: Incident, found: Sequence[Finding], run: _Run) -> list[Finding]:
    """What nobody planned; of what the bill finds beside an estimate, what neither has told and ended."""
    over = run.settled.get((incident.rule, incident.subject), date.min)
    agreeing = [
        one
        for one in run.agreeing.get(incident.id, ())
        if one.day > max(over, run.settled.get((one.rule, one.subject), date.min))
    ]
    return unplanned([*found, *agreeing], run.planned, run.now)


def _despite(incident: Incident, surprise: Sequence[Finding], run: _Run) -> Step:
    """What a plan mutes is told of a day that nobody planned as if that were all of it, and goes on in silence."""
    if incident.state != "planned" or not surprise:
        return incident, None
    alone = aloud(incident, surprise)
    reason = _news(alone, surprise, run)
    if reason is None or reason == "reminder":
        return incident, None
    told = _told(alone, reason, run.now)
    update = {"aloud": True} | {name: getattr(told, name) for name in NOTIFIED}
    return incident.model_copy(update=update), reason


def _news(incident: Incident, found: Sequence[Finding], run: _Run) -> Reason | None:
    if not found or incident.state in MUTED:
        return None
    if incident.notified_at is None:
        return "reopened" if incident.reopened_at else "opened"  # planned when it began, and still there
    if rank(incident.severity) > rank(incident.notified_severity):
        return "escalated"
    if incident.state == "acknowledged":
        return None
    if _grew(incident, run.policy.escalate_ratio):
        return "escalated"
    standing = any(_stands(incident, finding, incident.notified_at, run) for finding in found)
    return "reminder" if standing and _due(incident, incident.notified_at, run) else None


def _stands(incident: Incident, finding: Finding, notified_at: datetime, run: _Run) -> bool:
    """Still there on the last day that was looked at. The bill's last day is another one than the estimate's, and
    says something new of what an estimate raised once it is a day after the message."""
    if finding.rule != incident.rule and finding.day > notified_at.date():
        return finding.day >= max(incident.last_day, run.evaluated.get(finding.rule, date.min))
    return finding.day >= max(incident.last_day, estimates.last_run(incident, run.evaluated) or date.min)


def _grew(incident: Incident, ratio: Decimal) -> bool:
    if incident.peak_usd is None or not incident.notified_usd:
        return False
    return incident.peak_usd >= ratio * incident.notified_usd


def _due(incident: Incident, notified_at: datetime, run: _Run) -> bool:
    if incident.until is not None and notified_at < incident.until <= run.now:
        return True  # whoever snoozed it wants to hear when that is over
    interval = run.policy.renotify.get(incident.severity)
    return interval is not None and run.now - notified_at >= interval - JITTER


def _foreseen(incident: Incident, known: Incident, found: Sequence[Finding], run: _Run) -> Incident:
    """What goes on already is planned from the first planned day on; who planned it without a day said so then."""
    if not found or incident.state in MUTED:
        return incident
    if incident.state == "acknowledged":  # by somebody whom dollars are no news to
        if rank(incident.severity) <= rank(incident.notified_severity):
            return incident
        dollars = peak(unplanned(found, run.planned, run.now), known.peak_usd)
        incident = incident.model_copy(update={"notified_usd": dollars})
    windows = [window for window in run.planned if window.first_day is not None]
    after = planned(incident, windows, run.now)
    answered = known.state != "open" or planned(known, windows, run.now) is not known
    if after is incident or known.notified_at is None or answered:
        return after
    return after.model_copy(update={"aloud": True})


def _judged(incident: Incident, run: _Run) -> tuple[Incident, bool]:
    """Count a quiet day once, however often it is evaluated; a day that nobody evaluated does not count."""
    day = estimates.last_run(incident, run.evaluated)
    if day is None or day <= max(incident.last_day, incident.judged_day or date.min):
        return incident, False
    update = {"quiet_days": incident.quiet_days + 1, "judged_day": day}
    return incident.model_copy(update=update), True


def _closed(incident: Incident, judged: bool, reason: Reason | None, run: _Run) -> Step:
    over = judged and incident.quiet_days >= run.policy.resolve_after_quiet_days
    if reason is not None or held(incident, run.now) or not over:
        return _told(incident, reason, run.now), reason
    return _resolved(incident, run)


def _unwatched(incident: Incident, run: _Run) -> tuple[Incident, Notice | None]:
    if incident.state == "resolved":
        return incident, None
    summary = f"Nobody looks at it any longer: the rule {incident.rule} is switched off or gone."
    finding = incident.finding.model_copy(update={"summary": summary})
    after, reason = _resolved(incident.model_copy(update={"finding": finding}), run)
    told = reason is not None and not held(incident, run.now)
    return after, Notice(reason="resolved", incident=after) if told else None


def _resolved(incident: Incident, run: _Run) -> Step:
    """Who heard nothing needs no all-clear."""
    resolved = incident.model_copy(update={"state": "resolved", "until": None, "resolved_at": run.now})
    heard = incident.notified_at is not None and not _happened(incident, run.policy)
    return resolved, "resolved" if heard else None


def _happened(incident: Incident, policy: Policy) -> bool:
    """What has no end to tell; what is of a month does not end by the month's end."""
    to_the_end = (incident.last_day + timedelta(days=1)).day == 1
    return incident.rule in policy.happened or (incident.rule in policy.monthly and to_the_end)


def _told(incident: Incident, reason: Reason | None, now: datetime) -> Incident:
    if reason is None:
        return incident
    highest = max(incident.severity, incident.notified_severity, key=rank)
    update: dict[str, object] = {
        "notified_at": now,
        "notified_usd": incident.peak_usd,
        "notified_severity": highest,
    }
    if incident.state == "acknowledged":
        update |= {"state": "open", "by": None}  # it was acknowledged for less than it is now
    if incident.state not in MUTED:
        update["until"] = None  # a silence that is over has been heard of
    return incident.model_copy(update=update)


def _cold(incident: Incident, run: _Run) -> bool:
    return incident.resolved_at is None or run.now - incident.resolved_at > run.policy.cooldown


def _estimates_last(key: Key) -> tuple[bool, Key]:
    return key[0] in estimates.ESTIMATED, key


def _dearest_first(notice: Notice) -> tuple[Decimal, int, str, str]:
    incident = notice.incident
    return -(incident.peak_usd or Decimal(0)), -rank(incident.severity), incident.rule, incident.subject
