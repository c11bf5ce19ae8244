"""kill -9 at every file operation of a sync, and anywhere between: the last good generation stands.

This file is the victim, too: `python test_kill.py HOME...` runs `finops --home HOME sync` once per home,
each in a fork of its own; the nth kills itself just before its nth file operation, until one lives.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

TOUCHES = {
    "open",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.symlink",
    "os.chmod",
    "os.rmdir",
    "shutil.copyfile",
}
POINTS = 60  # more than a sync has


def main(homes: list[str]) -> None:
    import finops.cli
    import finops.pipeline  # imported before the first operation counts

    for number, home in enumerate(homes, 1):
        if (child := os.fork()) == 0:
            die_before(number, home)
            sys.argv = ["finops", "--home", home, "sync"]
            finops.cli.main()
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.stdout.write(str(number))
            return


def die_before(number: int, home: str) -> None:
    left = number

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in TOUCHES and str(arguments[0]).startswith(home):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.exit()

import pytest  # noqa: E402 (the victim needs none of it)
from bill import cur2, line  # noqa: E402
from home import Home  # noqa: E402

OCTOBER = line("2026-10-05 10:00", 1)
LATER = [line("2026-11-05 10:00", 2), line("2026-11-06 10:00", 4)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("made") / "home")
    cur2(home.exports, [OCTOBER])
    home.sync()
    cur2(home.exports, LATER)
    return home


@pytest.fixture
def due(made: Home, tmp_path: Path) -> Home:
    """A generation of $1 is published; the next sync has $7 to publish."""
    return made.copy(tmp_path / "home")


def told(home: Home) -> tuple[int, int]:
    ((generation, checksum, total),) = home.ask(
        "select generation, checksum_usd, sum(gross_usd) from meta, attributed group by all"
    )
    assert checksum == total
    return generation, int(total)


def heal(home: Home) -> None:
    home.sync()
    assert told(home)[1] == 7
    assert not home.sync().published
    assert [p.name for p in home.path.rglob("*") if p.suffix in (".tmp", ".new", ".wal")] == []


def test_killed_before_every_file_operation(due: Home, tmp_path: Path) -> None:
    homes = [due.copy(tmp_path / f"home-{n:02d}") for n in range(1, POINTS + 1)]
    victims = [sys.executable, __file__, *(str(home.path) for home in homes)]
    done = subprocess.run(victims, check=True, capture_output=True, timeout=120)
    homes = homes[: int(done.stdout)]
    outcomes = [told(home) for home in homes]
    assert len(homes) > 25  # the last one lived
    assert set(outcomes) == {(1, 1), (2, 7)}
    assert outcomes == sorted(outcomes)  # whoever dies later has got at least as far
    turn = outcomes.index((2, 7))
    for home in (homes[0], homes[turn // 2], *homes[turn - 5 : turn + 2]):
        heal(home)


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.2 + 0.05 * n for n in range(24)])
def test_killed_at_any_moment(due: Home, delay: float) -> None:
    command = [sys.executable, "-m", "finops", "--home", str(due.path), "sync"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as victim:
        time.sleep(delay)
        victim.kill()
    assert told(due) in {(1, 1), (2, 7)}
    heal(due)
