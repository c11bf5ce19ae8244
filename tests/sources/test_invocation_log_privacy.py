"""What people asked and were told is in the same lines, and never in anything that finops writes or says."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest
from bill import cur2, line
from home import Home, reading
from log_records import FOLDER, call, record, session, write

from finops import pipeline
from finops.errors import FinopsError
from finops.sources.invocation_log import InvocationLog

SECRET = "SECRET-4111-1111"
BODY = {"inputBodyJson": {"messages": [{"text": SECRET * 5_000}]}, "inputTokenCount": 25}
ANSWER = {"outputBodyJson": [{"delta": SECRET}, {"usage": {"x": SECRET}}], "outputTokenCount": 5}
LOGS = '[[sources]]\nkind = "invocation_log"\npath = "exports"\n'

BROKEN = {
    "a cut line": record(input=BODY).strip()[:-90],
    "a body without its end": f'{{"schemaType":"ModelInvocationLog","input":{{"inputBodyJson":"{SECRET}\n',
    "no JSON": f"{SECRET}\n",
    "a body that is no text": json.dumps({"input": SECRET}) + "\n" + f'{{"a": "{SECRET}\\ud800"}}\n',
    "counts that are texts": record(
        input={"inputTokenCount": SECRET}, output={"outputTokenCount": {"x": SECRET}}
    ),
    "a body where a struct should be": record(input=SECRET, output=SECRET),
    "another kind": record(schemaType="Other", input=BODY),
    "a time that is a text": record(timestamp=SECRET),
    "metadata that is not kept": record(requestMetadata={"prompt": SECRET}),
    "a tier that is a text": record(serviceTier=SECRET, performanceConfig={"latency": SECRET}),
    "two records in a line": record(input=BODY).strip() + record(input=BODY),
    "control characters": f'{{"x": "{SECRET}\x00\x01"}}\n',
}


def found(directory: Path) -> Iterator[Path]:
    """Files below it that have the secret, the log itself apart."""
    for file in directory.rglob("*"):
        if file.is_file() and "exports" not in file.parts and SECRET.encode() in file.read_bytes():
            yield file


@pytest.mark.parametrize("line", [pytest.param(line, id=name) for name, line in BROKEN.items()])
def test_no_line_however_broken_is_repeated(tmp_path: Path, line: str) -> None:
    write(tmp_path / "logs", "a.json", call(1, input=BODY, output=ANSWER) + line)
    source = InvocationLog(path="logs", metadata=("workload",))
    (delivery,) = source.deliveries(reading(tmp_path))
    with duckdb.connect() as con:
        source.load(con, delivery, reading(tmp_path))
        tables = con.execute("select table_name from duckdb_tables()").fetchall()
        assert SECRET not in "".join(str(con.execute(f'from "{name}"').fetchall()) for (name,) in tables)


def test_nothing_in_a_home_has_a_word_of_them(home: Home) -> None:
    home.configure(sources=LOGS)
    for name in ("a.json.gz", "b.json"):
        write(
            home.exports,
            name,
            "".join(call(n, input=BODY, output=ANSWER) for n in range(99)) + "".join(BROKEN.values()),
        )
    synced, status = home.run("--json", "sync"), home.run("status")
    assert (synced.returncode, status.returncode) == (0, 0), synced.stderr + status.stderr
    assert list(found(home.path)) == []
    tables = [name for (name,) in home.ask("select table_name from duckdb_tables()")]
    told = "".join(str(home.ask(f'from "{table}"')) for table in tables)
    assert SECRET not in synced.stdout + synced.stderr + status.stdout + status.stderr + told
    assert "not counted" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.json", f"{SECRET}\n".encode(), id="no record at all"),
        pytest.param("a.json.gz", f"{SECRET}\n".encode(), id="no gzip"),
        pytest.param("a.json", record(input=BODY).encode().replace(b"SECRET", b"\xffSECRET"), id="no UTF-8"),
        pytest.param("a.json", f'{{"x": "{SECRET * (2 << 20)}"}}\n'.encode(), id="a line above 16 MiB"),
    ],
)
def test_no_error_repeats_a_line(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path / "logs", name, content)
    source = InvocationLog(path="logs")
    (delivery,) = source.deliveries(reading(tmp_path))
    with duckdb.connect() as con, pytest.raises(FinopsError) as caught:
        source.load(con, delivery, reading(tmp_path))
    assert name in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)


def test_what_a_sync_spills_is_encrypted_where_it_reads_a_log(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bill has nobody's words, and encryption would cost as much as the rest of its reading."""
    asked, scratch = [], pipeline.scratch

    def noted(directory: Path, *, encrypted: bool) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        asked.append(encrypted)
        return scratch(directory, encrypted=encrypted)

    monkeypatch.setattr(pipeline, "scratch", noted)
    cur2(home.path / "bill", [line("2026-11-05 10:00")])
    write(home.exports, "a.json", call(1, input=BODY))
    bill = f'[[sources]]\nkind = "cur"\npath = "{home.path / "bill"}"\n'
    for sources in (bill, bill + LOGS, bill + LOGS):
        home.configure(sources=sources)
        home.sync()
    assert asked == [False, True, False], "the third finds nothing to read"


def test_bodies_of_100_kb_take_little_memory_and_are_in_no_temporary_file(tmp_path: Path) -> None:
    """240 MB of text in as much memory as a sync has; then what is left of it is pushed out to disk."""
    body = {"inputBodyJson": {"text": SECRET * 6_000}, "inputTokenCount": 25}
    for file in range(8):
        ids = range(file * 300, file * 300 + 300)
        lines = [call(n, input=body, identity=session(f"s{n}")) for n in ids]
        write(tmp_path / "logs", f"{FOLDER}/{file}.json.gz", "".join(lines))
    source = InvocationLog(path="logs", metadata=("workload",))
    spilled = tmp_path / "spilled"
    with pipeline.scratch(spilled, encrypted=True) as con:
        (delivery,) = source.deliveries(reading(tmp_path))
        source.load(con, delivery, reading(tmp_path))
        assert con.execute("select sum(calls), sum(sessions) from calls").fetchall() == [(2_400, 2_400)]
        con.execute("create temp table pushed as select random() from range(40_000_000)")
        assert any(spilled.iterdir())
        assert list(found(spilled)) == []
