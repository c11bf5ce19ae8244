"""Does what is due, one job at a time, and writes down each run: begun before it begins, ended after it ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from finops.errors import FinopsError
from finops.schedule.runs import GOOD, Ended, Run, Runs
from finops.schedule.timetable import Timing, due
from finops.serve.logs import about

log = logging.getLogger("finops.serve")


class Worker:
    """`perform` runs a job to its end; `asked` says which jobs somebody wants now; `heard` is told of each run."""

    def __init__(
        self,
        runs: Path,
        timetable: Callable[[], Sequence[Timing]],
        clock: Callable[[], datetime],
        perform: Callable[[str], Ended],
        asked: Callable[[datetime], Collection[str]] = lambda now: (),
        heard: Callable[[Run], None] = lambda run: None,
    ) -> None:
        self._runs = runs
        self._timetable = timetable
        self._clock = clock
        self._perform = perform
        self._asked = asked
        self._heard = heard
        self._one_at_a_time = threading.Lock()
        self._stopping = False
        self.beat: datetime | None = None  # when it last looked
        self.trouble: str | None = None  # why it could not even look, or write down what it did

    def tick(self) -> None:
        """Run what is due until nothing is. Returns at once while another thread does."""
        self.beat = self._clock()
        if self._stopping or not self._one_at_a_time.acquire(blocking=False):
            return
        try:
            while not self._stopping and (job := self._next()):
                self._run(job)
        except FinopsError as exc:
            self.trouble = str(exc)
            log.error("%s", exc, extra={"event": "cannot_go_on"})
        else:
            self.trouble = None
        finally:
            self._one_at_a_time.release()

    def stop(self, patience: float) -> bool:
        """Begin nothing more. Returns whether what runs has ended within so many seconds."""
        self._stopping = True
        idle = self._one_at_a_time.acquire(timeout=patience)
        if idle:
            self._one_at_a_time.release()
        return idle

    def _next(self) -> str | None:
        now = self._clock()
        with Runs(self._runs) as runs:
            past = runs.past()
        return next(iter(due(self._timetable(), past, now, self._asked(now))), None)

    def _run(self, job: str) -> None:
        began = self._clock()
        with Runs(self._runs) as runs:
            number = runs.begin(job, began)
        with about(job=job, run=number):
            log.info("%s begins", job, extra={"event": "run_begins"})
            ended = self._perform(job)
            now = self._clock()
            with Runs(self._runs) as runs:
                runs.end(number, now, ended)
            run = Run(id=number, job=job, started_at=began, ended_at=now, **ended.model_dump())
            level = logging.INFO if ended.outcome in GOOD else logging.WARNING
            told = f"{job} {ended.outcome}" + (f": {ended.error}" if ended.error else "")
            extra = {"event": "run_ended", "outcome": ended.outcome, "did": ended.did}
            log.log(level, "%s", told, extra=extra)
            self._heard(run)
