"""`python -m bench.runaway`: how soon does `spend_spike_now` tell of a loop, and how often of nothing?

Workloads with an hourly estimate, as CloudWatch and the price book give it: office hours, consumers, flat ones,
nightly jobs, and trials, which are not in production; a weekly rhythm, growth, noise that lasts, bursts that mean
nothing. In one of five something runs away in the last four weeks, for hours or days. Every hour of these is judged,
as by `finops serve`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.random import Generator, default_rng

from finops.incidents.machine import Policy, decide
from finops.model import Incident
from finops.rules import judge
from finops.rules.files import Limits, known_rules
from finops.sqlfile import QUERIES, Header, load

FIRST = datetime(2026, 9, 21, tzinfo=UTC)  # a Monday
WEEKS, JUDGED = 8, 4
HOURS, BEGINS = WEEKS * 168, (WEEKS - JUDGED) * 168
HELD = timedelta(days=29)  # more than the rule's three weeks and a day
NOISE = {"office": 0.30, "consumer": 0.25, "flat": 0.20, "nightly": 0.35, "trial": 0.90}
SHARES = (0.3, 0.25, 0.2, 0.1, 0.15)
WORTH = 25  # USD in 24 hours over the usual: the least that is material
BARS = {"recall": 0.90, "false alarms": 10.0, "hours": 6.0}
TABLES = """
create table told (
    workload varchar, team varchar, environment varchar, model varchar, hour timestamp, estimated_usd double);
create table settings as select ['prod'] as production;
create view priced_hourly as from told where hour >= getvariable('now')::timestamp - interval 29 days
"""


class Loop(NamedTuple):
    """Hours since FIRST; `usd` is what it costs an hour, `usual_usd` what the workload costs in a mean one."""

    begins: int
    ends: int
    usd: float
    usual_usd: float

    @property
    def usd_of_a_day(self) -> float:
        return self.usd * min(24, self.ends - self.begins)

    @property
    def triples(self) -> bool:
        """Whether 24 hours with it cost three times those without."""
        return self.usd_of_a_day >= 2 * 24 * self.usual_usd


class Told(NamedTuple):
    workload: int
    hour: int  # since FIRST: the first that the message cannot know


def main() -> int:
    options = arguments()
    rng = default_rng(options.seed)
    loops: dict[int, Loop] = {}
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(TABLES)
        for path in sorted((QUERIES / "macros").glob("*.sql")):
            con.execute(load(path, Header)[0].sql)
        for number in range(options.workloads):
            kind = str(rng.choice(list(NOISE), p=SHARES))
            usd = spend(rng, kind)
            if rng.random() < 0.2:
                loops[number] = loop = runaway(rng, usd)
                usd[loop.begins : loop.ends] += loop.usd
            keep(con, number, "dev" if kind == "trial" else "prod", usd)
        began = time.process_time()
        told = list(messages(con))
        spent = time.process_time() - began
    show(options.workloads, loops, told)
    print(f"{JUDGED * 168} hours judged in {spent:.0f} CPU s, {spent / JUDGED / 168:.2f} s each")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.runaway", description=__doc__)
    parser.add_argument("--workloads", type=int, default=600)
    parser.add_argument("--seed", type=int, default=301)
    return parser.parse_args()


def spend(rng: Generator, kind: str) -> Any:
    """USD of each hour."""
    hour, day = np.arange(HOURS) % 24, np.arange(HOURS) // 24
    weekend = day % 7 >= 5
    shape = {
        "office": np.where((hour >= 7) & (hour < 19) & ~weekend, 1.8, 0.15),
        "consumer": (1 + 0.6 * np.sin((hour - 9) / 24 * 2 * np.pi)) * np.where(weekend, 1.2, 1),
        "flat": np.ones(HOURS),
        "nightly": np.where((hour >= 1) & (hour < 5), 6.0, 0.0),
        "trial": np.where((hour >= 8) & (hour < 20) & (rng.random(HOURS) < 0.6), 1.5, 0.0),
    }[kind]
    growth = np.exp(np.log(1 + rng.uniform(0.03, 0.1)) * day / 7) if rng.random() < 0.2 else 1
    burst = np.ones(HOURS)
    for begins in rng.integers(0, HOURS, rng.poisson(2)):
        burst[begins : begins + rng.integers(4, 13)] = rng.uniform(1.2, 1.7)
    days = np.exp(rng.normal(0, NOISE[kind] / 2, WEEKS * 7))[day]
    return rng.lognormal(0, 1.2) * shape * growth * burst * days * np.exp(lasting(rng, NOISE[kind]))


def lasting(rng: Generator, sigma: float) -> Any:
    """Student's t of four degrees, at most four sigmas, which hangs over from hour to hour."""
    steps = np.clip(rng.standard_t(4, HOURS), -4, 4) * sigma * np.sqrt(1 - 0.6**2)
    noise = np.zeros(HOURS)
    for hour in range(1, HOURS):
        noise[hour] = 0.6 * noise[hour - 1] + steps[hour]
    return noise


def runaway(rng: Generator, usd: Any) -> Loop:
    """A loop does not sleep: it costs two to 49 times the mean hour of the workload, around the clock."""
    begins = int(rng.integers(BEGINS, HOURS - 96))
    lasts = int(rng.integers(6, 73))
    usual = float(usd.mean())
    return Loop(begins, begins + lasts, usual * (np.exp(rng.uniform(np.log(3), np.log(50))) - 1), usual)


def keep(con: duckdb.DuckDBPyConnection, number: int, environment: str, usd: Any) -> None:
    con.execute(
        "insert into told select 'w' || $number, 't', $environment, 'Sonnet', $first::timestamp + to_hours(hour), usd"
        " from (select unnest($usd::double[]) as usd, unnest(range(len($usd::double[]))) as hour) where usd > 0",
        {
            "number": number,
            "environment": environment,
            "first": FIRST.replace(tzinfo=None),
            "usd": usd.tolist(),
        },
    )


def messages(con: duckdb.DuckDBPyConnection) -> Iterator[Told]:
    """What is sent in the last weeks, hour by hour."""
    (rule,) = (rule for rule in known_rules({}) if rule.name == "spend_spike_now")
    incidents: dict[str, Incident] = {}
    for hour in range(BEGINS, HOURS + 1):
        now = FIRST + timedelta(hours=hour)
        con.execute("set variable now = $now::timestamp", {"now": now.replace(tzinfo=None)})
        found = judge.offenders(con, rule, now.date(), now, Limits())
        decision = decide(
            tuple(incidents.values()), found, {rule.name: now.date()}, now, Policy(group_above=10**6)
        )
        incidents |= {incident.id: incident for incident in decision.incidents}
        for notice in decision.notices:
            if notice.reason in ("opened", "reopened", "escalated", "reminder"):
                yield Told(int(notice.incident.subject[1:]), hour)


def show(workloads: int, loops: dict[int, Loop], told: Sequence[Told]) -> None:
    material = {number: loop for number, loop in loops.items() if loop.usd_of_a_day >= WORTH}
    heard = {number: min(hours) for number, loop in material.items() if (hours := _heard(number, loop, told))}
    delays = [hour - loops[number].begins for number, hour in heard.items()]
    burnt = [
        min(1, delay / (loops[number].ends - loops[number].begins))
        for number, delay in zip(heard, delays, strict=True)
    ]
    tripling = {number for number, loop in material.items() if loop.triples}
    wrong = [one for one in told if not _of_a_loop(one, loops)]
    months = workloads * JUDGED * 7 / 30
    p50, p90 = np.percentile(delays, [50, 90])
    print(
        f"{len(material)} runaways of {WORTH} USD a day and more, in {workloads} workloads of {JUDGED} weeks"
    )
    print(f"recall                             {len(heard) / len(material):6.2f}  bar {BARS['recall']:.2f}")
    print(f"  of those that triple 24 hours    {len(tripling & heard.keys()) / len(tripling):6.2f}")
    print(
        f"false alarms in 100 series-months  {len(wrong) / months * 100:6.2f}  bar {BARS['false alarms']:.2f}"
    )
    print(f"hours to the message, median       {p50:6.1f}  bar {BARS['hours']:.1f}")
    print(f"                      nine of ten  {p90:6.1f}")
    share = (sum(burnt) + len(material) - len(heard)) / len(material)
    print(f"burnt before it, share of dollars  {share:6.2f}")


def _heard(number: int, loop: Loop, told: Sequence[Told]) -> list[int]:
    return [one.hour for one in told if one.workload == number and loop.begins < one.hour <= loop.ends + 24]


def _of_a_loop(one: Told, loops: dict[int, Loop]) -> bool:
    """Also where the loop is over and the 24 hours that hold it are not."""
    loop = loops.get(one.workload)
    return loop is not None and bool(_heard(one.workload, loop, [one]))


if __name__ == "__main__":
    sys.exit(main())
