"""The service: a scheduler that ticks, a web server that answers, and an orderly end."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import signal
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from finops import config
from finops.config import Settings
from finops.errors import ConfigError, FinopsError, LedgerError
from finops.ledger import Ledger
from finops.schedule.runs import FILE, Ended, Runs
from finops.schedule.timetable import Timing
from finops.serve import jobs, report
from finops.serve.gauges import Gauges
from finops.serve.process import Process
from finops.serve.slack import Buttons
from finops.serve.web import build
from finops.serve.worker import Worker

log = logging.getLogger("finops.serve")

TICK_SECONDS = 10
HEARTBEAT = timedelta(seconds=6 * TICK_SECONDS)  # whoever has not looked for so long does not work
MOST_AT_ONCE = 64  # requests; the next is told 503
DRAIN_SECONDS = 3  # for answers that are under way


class Service:
    """`run` returns when it is told to stop, by `stop` or a signal; a second one ends it at once."""

    def __init__(
        self, home: Path, settings: Settings, clock: Callable[[], datetime], tick: float = TICK_SECONDS
    ) -> None:
        self._home = home
        self._settings = settings
        self._read_at = _changed_at(home)
        self._clock = clock
        self._tick = tick
        self._process = Process()
        self._gauges = Gauges(home, clock)
        self._buttons = Buttons(home, lambda: self._settings, clock)
        self._worker = Worker(
            home / FILE, self._timetable, clock, self._perform, self._asked, self._gauges.heard
        )
        self._stopping = False
        self._told = SimpleQueue[
            None
        ]()  # to stop; unlike an event, a signal may fill it while its thread waits on it

    def run(self, host: str, port: int) -> None:
        with _alone(self._home), _listening(host, port) as listener, self._signals():
            with Runs(self._home / FILE) as runs:
                torn = runs.interrupt(self._clock())
            if torn:
                log.warning(
                    "a run was torn when finops ended; it is done again", extra={"event": "interrupted"}
                )
            with self._web(listener):
                scheduler = self._ticking()
                threading.Thread(target=self._buttons.listen, daemon=True).start()
                self._wait()
                log.info("stopping", extra={"event": "stopping"})
                self._end(scheduler)
        log.info("stopped", extra={"event": "stopped"})

    def _wait(self) -> None:
        """Until told to stop. A signal does not wake a thread that is just falling asleep: it looks at times."""
        while not self._stopping:
            with contextlib.suppress(Empty):
                self._told.get(timeout=1)

    def stop(self) -> None:
        self._stopping = True
        self._told.put(None)

    def troubles(self) -> list[str]:
        """Why it is not ready. What it has published stays published while a source or a job fails: that is told."""
        found = []
        if not Ledger(self._home).link.exists():
            found.append("nothing is published yet: no sync has been good")
        beat = self._worker.beat
        if self._stopping:
            found.append("it is stopping")
        elif beat is None or self._clock() - beat > HEARTBEAT:
            found.append("the scheduler does not run")
        if self._worker.trouble:
            found.append(self._worker.trouble)
        return found

    def _timetable(self) -> Sequence[Timing]:
        """Of finops.toml as it is now; of what was read last, where it cannot be read: its jobs will say so."""
        changed = _changed_at(self._home)
        if changed != self._read_at:
            self._read_at = changed
            try:
                self._settings = config.complete(config.read(self._home))
            except ConfigError as exc:
                log.error("%s", exc, extra={"event": "configuration"})
        return jobs.timetable(self._settings)

    def _perform(self, job: str) -> Ended:
        deadline = float(self._settings.schedule.deadline_minutes)
        try:
            left = self._process.run(jobs.command(self._home, self._settings, job), deadline * 60)
        except OSError as exc:
            return Ended(outcome="failed", error=f"its process cannot be started: {exc}")
        for line in left.stderr.splitlines():
            log.info("%s", line, extra={"event": "said"})
        return jobs.ended(job, left, deadline)

    def _asked(self, now: datetime) -> Collection[str]:
        with Runs(self._home / FILE) as runs:
            past = runs.past()
        try:
            return (report.TELLS,) if report.wanted(self._home, past, now) else ()
        except LedgerError:
            return (report.TELLS,)  # which says what is wrong with the state, and holds up no other job

    def _ticking(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self._worker.tick,
            "interval",
            seconds=self._tick,
            next_run_time=self._clock(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=2,  # one runs a job, the other sees that it does
        )
        scheduler.start()
        return scheduler

    @contextlib.contextmanager
    def _web(self, listener: socket.socket) -> Iterator[None]:
        """In a thread of its own, where uvicorn leaves signals alone."""
        app = build(self.troubles, self._gauges.text, self._buttons)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
        thread.start()
        host, port = listener.getsockname()[:2]
        log.info(
            "listening on %s port %s",
            host,
            port,
            extra={"event": "listening", "did": {"host": host, "port": port}},
        )
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()

    def _end(self, scheduler: BackgroundScheduler) -> None:
        """Let what runs finish for a while; then end it, and see that it is written down."""
        if not self._worker.stop(self._settings.schedule.grace_seconds):
            self._process.stop()
        scheduler.shutdown(wait=True)
        self._buttons.stop()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def told(number: int, frame: FrameType | None) -> None:
            if self._stopping:
                self._process.kill()
            self.stop()

        before = {number: signal.signal(number, told) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _changed_at(home: Path) -> int | None:
    try:
        return (home / config.FILE).stat().st_mtime_ns
    except OSError:
        return None


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One service a home. A killed one lets go."""
    path = home / ".serve.lock"
    try:
        lock = path.open("a+")
    except OSError as exc:
        raise LedgerError(f"{path}: {exc.strerror}; choose another --home, or make it writable") from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise LedgerError(
                f"{home}: another finops serve runs; stop it, or choose another --home"
            ) from exc
        yield


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as exc:
        raise FinopsError(
            f"cannot listen on {host} port {port}: {exc}; choose another --host or --port"
        ) from exc
    with listener:
        yield listener
