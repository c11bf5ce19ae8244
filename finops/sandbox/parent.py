"""A person's own SQL, run where it can do no harm: in a throw-away process with hard limits.

DuckDB has no privilege boundary inside a process, so the operating system is the boundary; the
read-only file, the locked configuration and the parser's gate (`finops.sandbox.child`) stand before it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import Field

from finops.errors import QueryError
from finops.model import Value

FileFormat = Literal["csv", "parquet"]

GRACE = 1.5  # seconds for the process to start: they are not the query's
SAID = 3  # as in child, which is not imported: it would load DuckDB here too
ENTRY = """
import sys
sys.path += sys.argv[1:]
sys.modules.update(numpy=None, pandas=None)  # DuckDB 1.5 imports them to look at a parameter: 0.4 s
from finops.sandbox.child import main
main()
"""


class Limits(Value):
    """Seconds of wall clock; rows of the answer; MB of address space, and of the answer."""

    memory_mb: Annotated[int, Field(ge=512)] = 2048
    seconds: Annotated[float, Field(gt=0)] = 30
    rows: Annotated[int, Field(ge=1)] = 100_000
    output_mb: Annotated[int, Field(ge=1)] = 512


class Answer(Value):
    """`types` are DuckDB's names; `cut`: there were more than `Limits.rows` rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    cut: bool


class Result(Answer):
    """A cell is what JSON holds exactly (None, bool, int, float, list, dict), everything else is text.

    DECIMAL, dates and instants are text as DuckDB writes them, also inside lists, structs and maps.
    """

    rows: tuple[tuple[Any, ...], ...]


def run(path: Path, sql: str, limits: Limits | None = None) -> Result:
    """Raises QueryError: refused, failed, or out of its limits."""
    with _asked(path, sql, "rows", limits or Limits()) as (head, chunks):
        lines = b"".join(chunks).split(b"\n")[:-1]  # not splitlines: text may hold other line ends
    rows = tuple(tuple(json.loads(line, parse_constant=str)) for line in lines)
    return Result(columns=head.columns, types=head.types, cut=head.cut, rows=rows)


def write(
    path: Path, sql: str, out: BinaryIO, file_format: FileFormat, limits: Limits | None = None
) -> Answer:
    """The answer as a file with DuckDB's own types. When this raises QueryError, `out` may hold a part."""
    with _asked(path, sql, file_format, limits or Limits()) as (head, chunks):
        out.writelines(chunks)
    return head


@contextlib.contextmanager
def _asked(path: Path, sql: str, answer: str, limits: Limits) -> Iterator[tuple[Answer, Iterator[bytes]]]:
    if not path.exists():
        raise QueryError(f"no ledger at {path}; run `finops sync` first (or `finops demo`)")
    request = {"path": str(path.resolve()), "sql": sql, "format": answer} | limits.model_dump()
    late = threading.Event()
    with _child() as child:

        def stop() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(limits.seconds + GRACE, stop)
        timer.start()
        try:
            assert child.stdin
            assert child.stdout
            assert child.stderr
            with contextlib.suppress(BrokenPipeError), child.stdin:  # it died at once: its exit code says why
                child.stdin.write(json.dumps(request).encode())
            head = child.stdout.readline()
            if head.endswith(b"\n"):
                timer.cancel()  # all is computed: from here the reader, perhaps a pager, sets the pace
                yield Answer.model_validate_json(head), _chunks(child.stdout, limits)
            said = child.stderr.read().decode(errors="replace")
            code = child.wait()
        finally:
            timer.cancel()
            child.kill()
    if code:
        raise QueryError(_why(code, said, late.is_set(), limits))


def _child() -> subprocess.Popen[bytes]:
    """An interpreter without our environment, and of the site directories only the two that it needs."""
    duckdb = importlib.util.find_spec("duckdb")
    if duckdb is None or duckdb.origin is None:
        raise QueryError("the duckdb package is not installed beside finops; install finops again")
    places = [str(Path(__file__).parents[2]), str(Path(duckdb.origin).parents[1])]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", ENTRY, *places],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"MALLOC_ARENA_MAX": "2"},  # glibc's arenas take address space, which is limited
        cwd="/",
    )


def _chunks(pipe: Any, limits: Limits) -> Iterator[bytes]:
    seen = 0
    while chunk := pipe.read1(1 << 16):
        seen += len(chunk)
        if seen > limits.output_mb << 20:
            raise QueryError(
                f"the answer is larger than {limits.output_mb} MB; ask for fewer rows or columns"
            )
        yield chunk


def _why(code: int, said: str, late: bool, limits: Limits) -> str:
    if code == SAID:
        return said
    if late or code == -signal.SIGXCPU:
        return f"the query was stopped after {limits.seconds:g} s; narrow it, e.g. to fewer days"
    if code < 0:
        name = signal.Signals(-code).name
        return f"the query was stopped by {name}, most likely beyond its {limits.memory_mb} MB; narrow it"
    last_line = said.strip().rpartition("\n")[2]
    return f"the query's process ended with code {code}: {last_line}"
