"""What is told once a day or a week: spend beside what it usually is, what moved and why, what is open, and
what cannot be said. Composed once; each channel lays it out. A quiet day is one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import duckdb

from finops.channels import Channel
from finops.errors import RuleError
from finops.explain.causes import sentences
from finops.messages.text import UNTAGGED, amount, cut, one_line
from finops.model import SEVERITIES, Digest, Finding, Incident, Message, Spend
from finops.money import change, percent, usd
from finops.notify.outcome import Outcome
from finops.notify.readers import fallback
from finops.notify.send import send_pending
from finops.rules import expectation, judge
from finops.rules.files import Limits, Rule, parse
from finops.sqlfile import ALERTS, read
from finops.state.store import State

Period = Literal["daily", "weekly"]

SPIKES = "spend_spike"
DAYS: dict[Period, int] = {"daily": 1, "weekly": 7}
WORKLOADS = 8  # rows of the table that have a name
MOVERS = 5
LISTED = 10  # lines of a section
LEAST_USD, LEAST_SHARE = Decimal(25), Decimal("0.2")  # below this nothing has moved
LATE = timedelta(days=2)  # a bill that is further behind is itself news
WORDS = 200  # characters of a cause


def key_of(period: Period, now: datetime, day: date | None) -> str:
    """One digest a UTC day, or an ISO week; of a `day` that was asked for, one ever."""
    moment = f"of-{day}" if day else f"{now:%Y-%m-%d}" if period == "daily" else f"{now:%G-W%V}"
    return f"digest-{period}-{moment}"


def literal(rules: Sequence[Rule]) -> Rule:
    """The rule of spikes without its guard: three times the day before, and nothing else. What it would say every
    day is listed in the digest; its ratio is the one in finops.toml. Ours, where a file of the user's has no guard
    or is no rule."""
    named = (one for one in rules if one.name == SPIKES and one.values.keys() >= {"guard", "ratio"})
    rule = next(named, None) or parse(ALERTS / f"{SPIKES}.sql")
    return rule.model_copy(update={"values": {**rule.values, "guard": False}, "by_workload": {}})


def readers(wanted: Sequence[str], channels: Mapping[str, Channel]) -> list[str]:
    """The names of the channels that get digests."""
    return list(wanted) or [fallback(channels)]


def send(
    state: State, channels: Mapping[str, Channel], names: Sequence[str], message: Message, now: datetime
) -> list[Outcome]:
    """To each channel once; one that does not answer gets it with what else waits. Nothing for who had it."""
    with state.answering():
        new = [name for name in names if not state.known(message.key, name)]
        for name in new:
            state.enqueue(name, message, now)
    outcomes = send_pending(state, channels, now) if new else []
    return [outcome for outcome in outcomes if outcome.key == message.key]


def compose(
    con: duckdb.DuckDBPyConnection,
    key: str,
    period: Period,
    day: date,
    now: datetime,
    incidents: Sequence[Incident],
    literal: Rule,
    limits: Limits,
) -> Message:
    """`day` is the last one that it tells of, `key` says of which morning it is."""
    first = day - timedelta(days=DAYS[period] - 1)
    expectation.prepare(con, first)
    generation, settled_through = con.execute(read("rules", "standing").sql).fetchall()[0]
    rows = read("digest", "workloads").rows(con, first=first, last=day, top=WORKLOADS)
    spends = [(row["place"], _spend(row)) for row in rows]
    total = next((one for place, one in spends if place == 2), Spend(workload="All", usd=Decimal(0)))
    open_ones = sorted((one for one in incidents if one.state != "resolved"), key=_worst_first)
    news = _news(con, first, day, now, open_ones, literal, limits)
    quiet = not any(news.values())
    sections = {} if quiet else {**news, **_besides(con, day, now)}
    digest = Digest(
        period=period,
        first_day=first,
        last_day=day,
        quiet=quiet,
        lead="" if quiet else _lead(con, period, day, total),
        total=None if quiet else total,
        workloads=() if quiet else tuple(one for place, one in spends if place < 2),
        sections=tuple((title, _most(lines)) for title, lines in sections.items() if lines),
    )
    return Message(
        key=key,
        notices=(),
        headline=_headline(period, day, total, open_ones),
        digest=digest,
        generation=generation,
        settled_through=settled_through,
    )


def _news(
    con: duckdb.DuckDBPyConnection,
    first: date,
    last: date,
    now: datetime,
    open_ones: Sequence[Incident],
    literal: Rule,
    limits: Limits,
) -> dict[str, list[str]]:
    """What makes a day other than quiet."""
    late = _newest(con, last) and now.date() - last > LATE
    unknown = [f"the bill is complete through {last:%a} {last} only"] if late else []
    unknown += [
        cut(one_line(row["text"]), WORDS)
        for row in read("digest", "unknown").rows(con, first=first, last=last)
    ]
    times = f"{_plain(literal.values['ratio'])} times the day before"
    jumps, fault = _jumps(con, literal, first, last, now, limits)
    unknown += [f"not all that cost {times}: {cut(one_line(fault), WORDS)}"] if fault else []
    return {
        "Do first": [_action(one) for one in open_ones if one.state == "open" and one.finding.next_step][:1],
        "Moved": _movers(con, first, last, limits),
        "Open": [_open(incident, now) for incident in open_ones],
        times: jumps,
        "Not known": unknown,
    }


def _besides(con: duckdb.DuckDBPyConnection, last: date, now: datetime) -> dict[str, list[str]]:
    """What is worth reading once there is something to read."""
    since = (
        read("digest", "since").rows(con, last=last, now=now.replace(tzinfo=None))
        if _newest(con, last)
        else []
    )
    return {
        "Since then, by tokens alone": [_estimate(row) for row in since],
        "Budgets": [_budget(row, last) for row in read("digest", "budgets").rows(con, last=last)],
    }


def _newest(con: duckdb.DuckDBPyConnection, day: date) -> bool:
    return day >= (judge.reaches(con)["bill"].furthest or day)


def _spend(row: Mapping[str, Any]) -> Spend:
    return Spend(
        workload=row["workload"],
        usd=row["usd"],
        usual_usd=row["usual_usd"],
        before_usd=row["before_usd"],
        usd_per_query=row["usd_per_query"],
        series=tuple(tuple(pair) for pair in row["series"]),
    )


def _movers(con: duckdb.DuckDBPyConnection, first: date, last: date, limits: Limits) -> list[str]:
    least = {"least_usd": LEAST_USD, "least_share": LEAST_SHARE}
    rows = read("digest", "movers").rows(con, first=first, last=last, top=MOVERS, **least)
    lines = []
    for row in rows:
        moved = row["usd"] - row["usual_usd"]
        share = change(row["usd"], row["usual_usd"])
        lines.append(
            f"{_name(row['workload'])} {'+' if moved >= 0 else ''}{usd(moved)}{f' ({share})' if share else ''}"
            f"{_why(con, row['workload'], row['most_day'], first != last, limits)}"
        )
    left = rows[0]["movers"] - len(rows) if rows else 0
    return [*lines, f"and {left} more"] if left else lines


def _why(con: duckdb.DuckDBPyConnection, workload: str, day: date, named: bool, limits: Limits) -> str:
    """Nothing where the views know no cause."""
    cause = one_line(sentences(con, day, [workload], limits.rule_seconds).get(workload))
    return f": {f'on {day:%a} {day}, ' if named else ''}{cut(cause, WORDS)}" if cause else ""


def _jumps(
    con: duckdb.DuckDBPyConnection, literal: Rule, first: date, last: date, now: datetime, limits: Limits
) -> tuple[list[str], str | None]:
    """Every workload that cost so many times what it cost the day before, whatever its weekday usually costs; and
    why these are not all."""
    found: list[Finding] = []
    try:
        for back in range((last - first).days, -1, -1):
            found += judge.offenders(con, literal, last - timedelta(days=back), now, limits)
    except (duckdb.Error, RuleError) as exc:
        return [], str(exc)
    faults = [one.summary for one in found if one.rule != literal.name]
    jumps = sorted((one for one in found if one.rule == literal.name), key=_dearest_first)
    return [_jump(one, first != last) for one in jumps], next(iter(faults), None)


def _jump(finding: Finding, named: bool) -> str:
    actual, before = (amount(finding.facts.get(name)) for name in ("actual_usd", "previous_usd"))
    on = f" on {finding.day:%a} {finding.day}" if named else ""
    times = f" ({actual / before:,.1f}x)" if actual is not None and before else ""
    amounts = "" if actual is None else f" {usd(actual)} after {usd(before or Decimal(0))}{times}"
    return f"{_name(finding.workload or finding.subject)}{amounts}{on}"


def _dearest_first(finding: Finding) -> Decimal:
    return -(finding.usd or Decimal(0))


def _worst_first(incident: Incident) -> tuple[int, Decimal, datetime]:
    return -SEVERITIES.index(incident.severity), -(incident.peak_usd or Decimal(0)), incident.opened_at


def _action(incident: Incident) -> str:
    """Of the worst that nobody has answered."""
    return f"{cut(one_line(incident.finding.next_step), WORDS)} (finops incidents show {incident.id})"


def _open(incident: Incident, now: datetime) -> str:
    """What it is, how old, whose, and who answered."""
    finding = incident.finding
    days = (now.date() - incident.opened_at.date()).days
    age = {0: "since today", 1: "for a day"}.get(days, f"for {days} days")
    by = f" by {one_line(incident.by)}" if incident.by else ""
    parts = (
        f"[{incident.severity.upper()}] {cut(one_line(finding.headline or finding.summary), WORDS)}",
        age,
        f"team {_name(finding.team)}" if finding.team and finding.team != UNTAGGED else "nobody's",
        "" if incident.state == "open" else f"{incident.state}{by}",
        incident.id,
    )
    return " · ".join(part for part in parts if part)


def _most(lines: Sequence[str]) -> tuple[str, ...]:
    left = len(lines) - LISTED
    return (*lines[:LISTED], f"and {left} more") if left > 0 else tuple(lines)


def _headline(period: Period, day: date, total: Spend, open_ones: Sequence[Incident]) -> str:
    counts = Counter(incident.severity for incident in open_ones)
    states = ", ".join(f"{counts[level]} {level}" for level in reversed(SEVERITIES) if counts[level])
    when = f"{day:%a} {day.day} {day:%b}" if period == "daily" else f"week to {day:%a} {day.day} {day:%b}"
    share = change(total.usd, total.usual_usd)
    usual = f" ({share} vs usual)" if share else ""
    return f"Bedrock, {when}: {usd(total.usd)}{usual} · {f'open: {states}' if states else 'nothing open'}"


def _lead(con: duckdb.DuckDBPyConnection, period: Period, day: date, total: Spend) -> str:
    usual, before = (f"a usual {day:%A}", f"the {day:%A} before")
    if period == "weekly":
        usual, before = "a usual week", "the week before"
    compared = [
        f"{share} against {words}"
        for share, words in (
            (change(total.usd, total.usual_usd), usual),
            (change(total.usd, total.before_usd), before),
        )
        if share
    ]
    first = day - timedelta(days=DAYS[period] - 1)
    named = [
        f"{row['share']:.1%} has a workload's name"
        for row in read("digest", "coverage").rows(con, first=first, last=day)
    ]
    months = [_month(row, day) for row in read("digest", "month").rows(con, last=day)]
    return (
        ". ".join([f"{usd(total.usd)}{': ' if compared else ''}{', '.join(compared)}", *named, *months]) + "."
    )


def _month(row: Mapping[str, Any], day: date) -> str:
    heading = f", heading for {usd(row['projected_usd'])}" if row["projected_usd"] is not None else ""
    before = f" after {usd(row['previous_usd'])} the month before" if row["previous_usd"] is not None else ""
    until = "by then" if row["is_past"] else "so far"
    return f"{day:%B} {until} {usd(row['net_usd'])} net{heading}{before}"


def _estimate(row: Mapping[str, Any]) -> str:
    """What counts no tokens, such as provisioned throughput, is not in it."""
    whole = row["until_at"].date() > row["day"]
    until = "" if whole else f" until {row['until_at']:%H:%M}"
    return f"{row['day']:%a} {row['day']}{until}: {usd(row['estimated_usd'])}, estimated"


def _budget(row: Mapping[str, Any], day: date) -> str:
    """The rule `budget` tells when one is crossed; here stands how far each is."""
    full = row["breach_day"]
    reached = f", {'reached' if full <= day else 'full'} on {full:%a} {full}" if full else ""
    return (
        f"{_name(row['budget'])}: {usd(row['actual_usd'])} of {usd(row['amount_usd'])} ({percent(row['share'])}), "
        f"heading for {usd(row['projected_usd'])} ({percent(row['projected_share'])}){reached}"
    )


def _name(text: str | None) -> str:
    return cut(one_line(text), 60)


def _plain(value: object) -> str:
    return f"{Decimal(str(value)).normalize():f}"
