"""`python -m bench.detection`: what `finops replay` would have sent of simulated spend, against what really happened.

The simulation and the scorer are not part of this project: they are looked for at $ANOMALY_LAB, then beside the
checkout. Every morning of 300 days is replayed with the bill as it was known then; the scorer sees what was sent,
and nothing else. Seeds from 1 to 99 are for tuning.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import mean, median
from typing import Any, NamedTuple

import duckdb

from bench.measure import CHECKOUT, run

DATA = Path(__file__).parent / "data" / "detection"
SEEDS = [301, 302, 303, 304]
PEERS = ("dod3 (seed rule)", "CAD-default-like", "2x highest of 35d", "RWB + record rule")
SERIES = """
copy (
    select date as day, concat(workload, ' / ', model) as subject, workload, model, environment, team,
        unnest([cost_lag0, cost_lag1, cost_lag2, cost_final]) as usd,
        unnest([date + 1, date + 2, date + 3, date + 4]) as known_on
    from read_parquet($spend)
) to '{}' (format parquet)
"""
FINAL = """
copy (
    select date as day, concat(workload, ' / ', model) as subject, workload, model, environment, team, cost_final as usd
    from read_parquet($spend)
) to '{}' (format parquet)
"""
DELAY = """
select median(sent_on - "start")
from (
    select any_value(l."start") as "start", min(a.sent_on) as sent_on
    from read_parquet($labels) as l
    join alerts as a on a.workload = l.workload and a.model = l.model and a.direction = 'up'
        and a.date between l."start" and l."end" + 1
    where l.material = 1 and l.benign = 0 and l."start" >= $first
        and l.kind in ('spike', 'runaway', 'level_up', 'weekend', 'new_big')
    group by l.event_id
)
"""


class Score(NamedTuple):
    """Of one simulation: counts, and rates as the scorer gives them."""

    tp: int
    fp: int
    again: int
    months: float
    recall: float
    usd_recall: float
    delay: float  # days from the start of a rise to its first message, median; of a drift weeks, which is left out
    drop_recall: float
    drop_fp: float


class Bar(NamedTuple):
    name: str
    value: float
    must: float
    good: float
    at_most: bool = False

    def __str__(self) -> str:
        met = [self.value <= bar if self.at_most else self.value >= bar for bar in (self.good, self.must)]
        verdict = "good" if met[0] else "must" if met[1] else "NOT"
        return f"| {self.name} | {self.value:.2f} | {self.must:g} | {self.good:g} | {verdict} |"


def main() -> int:
    options = arguments()
    sys.path.insert(0, str(lab()))
    made = {
        preset: [simulation(options.data, preset, seed) for seed in options.seeds]
        for preset in options.presets
    }
    bars: list[Bar] = []
    for preset, places in made.items():
        sent = [replayed(place) for place in places]
        whole = [score(place, rows) for place, rows in zip(places, sent, strict=True)]
        pages = [
            score(place, [row for row in rows if row["severity"] == "page"])
            for place, rows in zip(places, sent, strict=True)
        ]
        show(preset, whole, pages)
        bars += judged(preset, whole, pages)
        if preset == "late_billing":
            final = [score(place, replayed(place, "final")) for place in places]
            bars += late(whole, final)
    print("| bar | measured | must | good | |\n|---|---|---|---|---|")
    print("\n".join(map(str, bars)))
    if options.peers:
        peers(options.seeds)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.detection", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--presets", nargs="+", default=["default"], help="of the generator")
    parser.add_argument("--data", type=Path, default=DATA, help="where simulations are kept")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="skip the other detectors")
    return parser.parse_args()


def lab() -> Path:
    found = Path(os.environ.get("ANOMALY_LAB", CHECKOUT.parent / "shared" / "tools" / "anomaly"))
    if not (found / "gen.py").is_file():
        raise SystemExit(f"{found}: no gen.py there; set ANOMALY_LAB to the directory of the simulation")
    return found


def simulation(data: Path, preset: str, seed: int) -> Path:
    """300 days with labels, made once and kept, and the same as a file of series."""
    place = data / f"{preset}-{seed}"
    if not (place / "final.parquet").exists():
        command = [
            sys.executable,
            str(lab() / "gen.py"),
            f"--seed={seed}",
            f"--preset={preset}",
            f"--out={place}",
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with duckdb.connect() as con:
            for made, name in ((SERIES, "series"), (FINAL, "final")):
                con.execute(made.format(place / f"{name}.parquet"), {"spend": str(place / "spend.parquet")})
    return place


def replayed(place: Path, bill: str = "series") -> list[dict[str, Any]]:
    """`bill`: `series` as it was known each morning, or `final`."""
    with tempfile.TemporaryDirectory() as home:
        cost = run("finops", "--home", home, "--json", "replay", "--series", place / f"{bill}.parquet")
    print(f"{place.name}, {bill}: replayed in {cost.cpu:.0f} CPU s, {cost.wall:.0f} s", file=sys.stderr)
    sent: list[dict[str, Any]] = json.loads(cost.output)
    return sent


def score(place: Path, sent: list[dict[str, Any]]) -> Score:
    """As `score_file.py --cooldown 0` prints it: every message counts."""
    with tempfile.TemporaryDirectory() as scratch, duckdb.connect() as con:
        alerts = Path(scratch) / "alerts.parquet"
        rows = [(row["workload"], row["model"], row["day"], row["direction"], row["sent_on"]) for row in sent]
        con.execute(
            "create table alerts (workload varchar, model varchar, date date, direction varchar, sent_on date)"
        )
        if rows:
            con.executemany("insert into alerts values (?, ?, ?, ?, ?)", rows)
        con.table("alerts").write_parquet(str(alerts))
        command = [
            sys.executable,
            str(lab() / "score_file.py"),
            f"--data={place}",
            f"--alerts={alerts}",
            "--cooldown=0",
        ]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        delay = con.execute(
            DELAY, {"labels": str(place / "labels.parquet"), "first": warm(place)}
        ).fetchall()[0][0]
    up = ast.literal_eval(told[0].replace("nan", "None"))
    down = told[3].split()
    return Score(
        tp=up["tp"],
        fp=up["fp"],
        again=up["re"],
        months=months(place),
        recall=up["recall_up"],
        usd_recall=up["usd_recall"],
        delay=math.inf if delay is None else delay,
        drop_recall=float(down[2]),
        drop_fp=float(down[4]),
    )


def months(place: Path) -> float:
    """Series-months after the warm-up, as the scorer counts them."""
    with duckdb.connect() as con:
        days = con.execute(
            "select count(*) from read_parquet($spend) where date >= $first",
            {"spend": str(place / "spend.parquet"), "first": warm(place)},
        ).fetchall()[0][0]
    return float(days) / 30.4


def warm(place: Path) -> date:
    """The first day that counts."""
    scenario = json.loads((place / "scenario.json").read_text())
    return date.fromisoformat(scenario["start"]) + timedelta(days=scenario["warmup_days"])


def precision(scores: list[Score]) -> float:
    return sum(one.tp for one in scores) / max(1, sum(one.tp + one.fp for one in scores))


def rate(scores: list[Score], field: str) -> float:
    """In 100 series-months."""
    return 100 * sum(float(getattr(one, field)) for one in scores) / sum(one.months for one in scores)


def show(preset: str, whole: list[Score], pages: list[Score]) -> None:
    print(f"\n{preset}: {len(whole)} simulations, {sum(one.months for one in whole):,.0f} series-months")
    print("| alerts | precision | recall | $ recall | FP/100sm | repeats/100sm | drops: recall | FP/100sm |")
    print("|---|---|---|---|---|---|---|---|")
    for name, scores in (("all that was sent", whole), ("pages", pages)):
        print(
            f"| {name} | {precision(scores):.2f} | {mean(s.recall for s in scores):.2f} | "
            f"{mean(s.usd_recall for s in scores):.2f} | {rate(scores, 'fp'):.2f} | {rate(scores, 'again'):.2f} | "
            f"{mean(s.drop_recall for s in scores):.2f} | {mean(s.drop_fp for s in scores):.2f} |"
        )
    print(flush=True)


def judged(preset: str, whole: list[Score], pages: list[Score]) -> list[Bar]:
    fp = rate(whole, "fp")
    limits = {"no_anomaly": (5, 3), "month_fees": (5, 3), "growth": (4.5, 2.5), "noisy": (12, 8)}
    if preset in limits:
        return [Bar(f"{preset}: FP/100sm", fp, *limits[preset], at_most=True)]
    if preset != "default":
        return []
    return [
        Bar("precision", precision(whole), 0.60, 0.68),
        Bar("recall", mean(one.recall for one in whole), 0.78, 0.85),
        Bar("$ recall", mean(one.usd_recall for one in whole), 0.88, 0.94),
        Bar("FP/100sm", fp, 4, 3, at_most=True),
        Bar("pages: precision", precision(pages), 0.80, 0.88),
        Bar("pages: FP/100sm", rate(pages, "fp"), 1.2, 0.6, at_most=True),
        Bar("repeats/100sm", rate(whole, "again"), 2, 1, at_most=True),
        Bar("drops: recall", mean(one.drop_recall for one in whole), 0.75, 0.9),
        Bar("drops: FP/100sm", mean(one.drop_fp for one in whole), 0.5, 0.5, at_most=True),
    ]


def late(whole: list[Score], final: list[Score]) -> list[Bar]:
    """A bill that comes late, against the same bill as it ended."""
    lost = mean(one.recall for one in final) - mean(one.recall for one in whole)
    return [
        Bar("late_billing: recall lost to lateness", lost, 0.02, 0.02, at_most=True),
        Bar("late_billing: drops, FP/100sm", mean(one.drop_fp for one in whole), 0.5, 0.5, at_most=True),
        Bar("late_billing: days to the message", median(one.delay for one in whole), 1, 1, at_most=True),
    ]


def peers(seeds: list[int]) -> None:
    """The lab's own detectors, on the final bill, which no morning has, with its cooldown of seven days."""
    import gen  # type: ignore[import-not-found]
    import run_lab  # type: ignore[import-not-found]

    data = [gen.make("default", seed) for seed in seeds]
    print(
        "\n| other detectors, default, on the final bill | precision | recall | $ recall | FP/100sm | repeats/100sm |"
    )
    print("|---|---|---|---|---|---|")
    for wanted in PEERS:
        results = []
        for one in data:
            (detector,) = [det for det in run_lab.FAST() if det.name.startswith(wanted)]
            results.append(run_lab.one(one, detector))
        pooled = run_lab.agg(results)
        print(
            f"| {wanted} | {pooled['precision']:.2f} | {pooled['recall_up']:.2f} | {pooled['usd_recall']:.2f} | "
            f"{pooled['fp_per_100sm']:.2f} | {pooled['re_per_100sm']:.2f} |", flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
