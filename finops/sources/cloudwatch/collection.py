"""What one sync asks of CloudWatch: every place surveyed once, every span of days asked once, by day on disk."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TextIO

import duckdb

from finops import sqlfile
from finops.aws import AwsError, Target
from finops.sources.cloudwatch import asking
from finops.sources.cloudwatch.asking import Answer, Pace, Surveyed
from finops.sources.cloudwatch.days import FORGOTTEN, Day, Held, Outcome, Place, Span, spans, spared
from finops.sources.reading import Reading

THREADS = 8  # accounts and regions asked at a time


@dataclass
class Round:
    """`held`: how the days that the ledger has were answered. `days`: those that are asked, set once planned."""

    reading: Reading
    functions: tuple[str, ...]
    places: frozenset[Place]
    held: Held
    days: dict[date, Day] = field(default_factory=dict)
    outcomes: dict[date, dict[Place, Outcome]] = field(default_factory=lambda: defaultdict(dict))
    surveys: dict[Place, Surveyed | AwsError] = field(default_factory=dict)
    paces: dict[Target, Pace] = field(default_factory=lambda: defaultdict(Pace))

    @cached_property
    def directory(self) -> Path:
        """Its own. Only a sync asks, and under the ledger's lock: what else is there is a killed run's."""
        root = self.reading.cache / "cloudwatch"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(dir=root))

    def plan(self, days: Mapping[date, Day]) -> None:
        self.days = dict(days)
        self.days = {day: spared(one, self.held, self.refuses) for day, one in days.items()}

    def refuses(self, place: Place) -> bool:
        return isinstance(self._survey(place), AwsError)

    def answers(self, day: date) -> tuple[Path, Mapping[Place, Outcome]]:
        """The file of what was answered about a day, and by whom. AwsError where nobody answers at all, or where
        the file is gone: a day without a file is not a day without calls."""
        file = self.directory / f"{day}.json"
        if not self.days[day].asked:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            return file, {}
        if day not in self.outcomes:
            self._ask(next(span for span in spans(self.days.values()) if self.days[day] in span.days))
        if not file.exists():
            raise AwsError(
                f"cloudwatch: {file}: what AWS answered about {day} was removed before it was read, the ledger keeps "
                "what it had; leave cache/ alone while a sync runs, and run finops sync again",
                "AnswerRemoved",
            )
        return file, self.outcomes[day]

    def _survey(self, place: Place) -> Surveyed | AwsError:
        if place not in self.surveys:
            now, rows = self.reading.now, self._remembered.get(place, [])
            try:
                self.surveys[place] = asking.survey(self.reading.aws, now, place, self.functions, rows)
            except AwsError as exc:
                self.surveys[place] = exc
        return self.surveys[place]

    @cached_property
    def _remembered(self) -> Mapping[Place, list[dict[str, Any]]]:
        """Series that the ledger has ever seen, from whatever source: ListMetrics forgets after two weeks."""
        long_ago = (self.reading.now.astimezone(UTC) - FORGOTTEN).date()
        asked = (day.day for day in self.days.values() if day.asked)
        return remembered(self.reading) if min(asked, default=long_ago) < long_ago else {}

    def _ask(self, span: Span) -> None:
        _by_target(span.places, lambda _, places: [self._survey(place) for place in places])
        surveyed = {place: self.surveys[place] for place in span.places}
        faults = {place: found for place, found in surveyed.items() if isinstance(found, AwsError)}
        there = {place: found for place, found in surveyed.items() if isinstance(found, Surveyed)}
        metrics = sum(len(one.metrics) for found in there.values() for one in found.series)
        said = f"{metrics:,} metrics of {len(there)} places from {span.since} to {span.until} UTC"
        self.reading.say(f"cloudwatch: asking {said}: ${metrics * asking.USD:.2f} or less")
        spent = self.reading.aws.charges.get(asking.CHARGE, 0)
        with Answers(self.directory, span) as answers:

            def ask(target: Target, places: Collection[Place]) -> None:
                for place in places:
                    try:
                        self._ask_place(span, place, there[place], self.paces[target], answers)
                    except AwsError as exc:
                        faults[place] = exc

            _by_target(there, ask)
        if faults.keys() == self.places:
            raise min(faults.items())[1]
        for day in span.days:
            before = self.held.get(day.day, {})
            for place, exc in faults.items():
                self.outcomes[day.day][place] = asking.outcome(exc, before.get(place))
        spent = self.reading.aws.charges.get(asking.CHARGE, 0) - spent
        self.reading.say(f"cloudwatch: asked for ${spent:.2f}; {len(faults)} places did not answer")

    def _ask_place(self, span: Span, place: Place, there: Surveyed, pace: Pace, answers: Answers) -> None:
        unknown: Counter[str] = Counter()
        asked = asking.ask(self.reading.aws, pace, place, there.series, span.since, span.until)
        for answer in asked:
            if answers.write(place, answer):
                continue
            unknown["; ".join([answer.status, *answer.words])] += 1
        for day in span.days:
            if there.absent:
                outcome = Outcome("absent", day.until, "AWS has no Bedrock in this region")
            elif unknown:
                before = self.held.get(day.day, {}).get(place)
                (words, _), count = unknown.most_common(1)[0], unknown.total()
                outcome = Outcome("partial", before and before.through, f"{count} series unknown: {words}")
            else:
                outcome = Outcome("complete", day.until, there.note)
            self.outcomes[day.day][place] = outcome


class Answers:
    """Files of one line a series and day, written from several threads."""

    def __init__(self, directory: Path, span: Span) -> None:
        self.span = span
        self._directory = directory
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._files: list[TextIO] = []
        self._start = int(span.since.replace(tzinfo=UTC).timestamp())

    def __enter__(self) -> Answers:
        self._directory.mkdir(parents=True, exist_ok=True)
        for day in self.span.days:
            file = self._directory / f"{day.day}.json"
            self._files.append(self._stack.enter_context(file.open("w", encoding="utf-8")))
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def write(self, place: Place, answer: Answer) -> bool:
        """Whether the series is known: answered completely, about the hours that were asked."""
        by_day: dict[int, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for at, value in zip(answer.at, answer.sums, strict=True):
            number, hour = divmod((int(at.timestamp()) - self._start) // 3600, 24)
            by_day[number][0].append(hour)
            by_day[number][1].append(value)
        known = answer.status == "Complete" and by_day.keys() <= set(range(len(self._files)))
        series = answer.series
        about = place._asdict() | {
            "dimension": series.level.dimension,
            "metric": answer.metric,
            "series": series.values,
            "complete": known,
            **series.row(),
        }
        for number, file in enumerate(self._files):
            if number in by_day or not known:
                hours, values = by_day.get(number, ([], []))
                line = json.dumps(about | {"hours": hours, "values": values})
                with self._lock:
                    file.write(line + "\n")
        return known


def _by_target(places: Collection[Place], work: Callable[[Target, list[Place]], object]) -> None:
    """In parallel, but one account and region in one thread: AWS's limits are for each of them."""
    targets: dict[Target, list[Place]] = defaultdict(list)
    for place in sorted(places):
        targets[Target(place.account_id, place.region)].append(place)
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, target, theirs) for target, theirs in targets.items()]:
            done.result()


def remembered(reading: Reading) -> dict[Place, list[dict[str, Any]]]:
    query = sqlfile.read("sources", "cloudwatch", "remembered")
    files = [
        str(reading.home / "ledger" / stored.tables["datapoints"])
        for stored in reading.held.values()
        if "datapoints" in stored.tables
    ]
    found: dict[Place, list[dict[str, Any]]] = defaultdict(list)
    if files:
        with duckdb.connect() as con:
            for row in query.rows(con, files=files):
                found[Place(row["account_id"], row["region"], row["namespace"])].append(row)
    return found
