"""Logs with the records that AWS documents, added up by hour, caller and model."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from home import reading
from log_records import FOLDER, HOUR, ROLE, THROTTLED, call, record, session, write

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.invocation_log import InvocationLog, Log

WANTED = ("Workload", "Team")


def deliveries(base: Path, **settings: Any) -> list[Delivery]:
    return InvocationLog(**{"path": "logs", "metadata": WANTED} | settings).deliveries(reading(base))


def loaded(base: Path, select: str, **settings: Any) -> list[Any]:
    """Of all deliveries together, as the catalogue has them."""
    with duckdb.connect() as con:
        tables: list[str] = []
        for number, delivery in enumerate(deliveries(base, **settings)):
            with con.cursor() as one:
                source = InvocationLog(**{"path": "logs", "metadata": WANTED} | settings)
                source.load(one, delivery, reading(base))
                for table in source.tables:
                    one.execute(f"create table main.{table}_{number} as from temp.{table}")
            tables.append(f"from calls_{number}")
        con.execute(f"create view calls as {' union all by name '.join(tables)}")
        con.execute(f"create view notes as {' union all '.join(t.replace('calls', 'notes') for t in tables)}")
        return con.execute(select).fetchall()


def test_documented_record_is_one_call_of_its_role(tmp_path: Path) -> None:
    write(tmp_path / "logs", "a.json.gz", record())
    assert loaded(tmp_path, "from calls") == [
        (datetime(2026, 11, 19, 12), "111122223333", "us-east-1", "Converse", "us.anthropic.claude-sonnet-4-6",
         ROLE, {"workload": "chat"}, None, None, 1, 1, 1, 1, 25, 150, 0, 0, 25, 150, {67: 1}, {104: 1}),
    ]  # fmt: skip
    assert loaded(tmp_path, "from notes") == []


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        pytest.param({"timestamp": "2026-11-19T12:59:59.999Z"}, "hour", datetime(2026, 11, 19, 12), id="last moment"),
        pytest.param({"accountId": "000000000012"}, "account_id", "000000000012", id="leading zeros"),
        pytest.param({"accountId": None}, "account_id", "(unknown)", id="no account"),
        pytest.param({"region": None}, "region", "(unknown)", id="no region"),
        pytest.param({"operation": None}, "operation", "(unknown)", id="no operation"),
        pytest.param({"modelId": ""}, "model_id", "(unknown)", id="no model"),
        pytest.param(
            {"modelId": "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc"},
            "model_id", "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc", id="an ARN stays",
        ),
        pytest.param({"identity": None}, "principal", None, id="nobody"),
        pytest.param({"identity": None}, "sessions", None, id="nobody's sessions are unknown"),
        pytest.param(
            {"identity": {"arn": "arn:aws:iam::111122223333:user/jo"}}, "principal",
            "arn:aws:iam::111122223333:user/jo", id="a user",
        ),
        pytest.param(
            {"identity": {"arn": "arn:aws-cn:sts::111122223333:assumed-role/R/s"}}, "principal",
            "arn:aws-cn:iam::111122223333:role/R", id="another partition",
        ),
        pytest.param({"requestMetadata": None}, "metadata", {}, id="no metadata"),
        pytest.param({"requestMetadata": {"Work_Load": "a"}}, "metadata", {"Work_Load": "a"}, id="any spelling"),
        pytest.param({"requestMetadata": {"workload": " "}}, "metadata", {}, id="a blank value"),
        pytest.param({"requestMetadata": {"workload": None}}, "metadata", {}, id="no value"),
        pytest.param({"requestMetadata": {"workload": 7}}, "metadata", {"workload": "7"}, id="a number"),
        pytest.param({"requestMetadata": "chat"}, "metadata", {}, id="metadata that is no object"),
        pytest.param({"requestMetadata": {"user": "jo", "team": "x"}}, "metadata", {"team": "x"}, id="others go"),
        pytest.param({"serviceTier": "flex"}, "service_tier", "flex", id="tier"),
        pytest.param({"serviceTier": {"type": "priority"}}, "service_tier", "priority", id="tier as the API has it"),
        pytest.param({"serviceTier": "default"}, "service_tier", "standard", id="default tier"),
        pytest.param({"performanceConfig": {"latency": "optimized"}}, "service_tier", "latency", id="fast"),
        pytest.param({"performanceConfig": {"latency": "standard"}}, "service_tier", None, id="not fast"),
        pytest.param(THROTTLED, "(error, calls, counted)", ("ThrottlingException", 1, 0), id="throttled"),
        pytest.param(THROTTLED, "(input_tokens, max_output_tokens, input_sizes)", (None, None, None), id="no counts"),
        pytest.param({"output": {}}, "(counted, input_tokens, output_tokens)", (1, 25, None), id="an embedding"),
        pytest.param({"input": {"inputTokenCount": -1}}, "input_tokens", None, id="a negative count"),
        pytest.param({"input": {"inputTokenCount": 10**12}}, "input_tokens", None, id="an impossible count"),
        pytest.param({"input": {"inputTokenCount": "many"}}, "input_tokens", None, id="a count in words"),
        pytest.param({"input": "text"}, "(input_tokens, output_tokens)", (None, 150), id="no counts of the input"),
        pytest.param({"requestId": None}, "calls", 1, id="no request id"),
    ],
)  # fmt: skip
def test_one_call(tmp_path: Path, changes: dict[str, Any], column: str, expected: object) -> None:
    write(tmp_path / "logs", "a.json.gz", record(**changes))
    assert loaded(tmp_path, f"select {column} from calls") == [(expected,)]


@pytest.mark.parametrize(
    ("lines", "select", "expected"),
    [
        pytest.param([call(1), call(2)], "calls", [2], id="two requests"),
        pytest.param([call(1), call(1)], "calls", [1], id="one delivered twice"),
        pytest.param([call(1), call(1, region="eu-west-1")], "calls", [1, 1], id="one id in two regions"),
        pytest.param([call(1, schemaType="Other"), call(1)], "calls", [1], id="one of another kind is no first copy"),
        pytest.param([record(requestId=None)] * 2, "calls", [2], id="without an id nothing is a copy"),
        pytest.param([call(1), call(2, timestamp="2026-11-19T13:00:00Z")], "calls", [1, 1], id="two hours"),
        pytest.param([call(1), call(2, **THROTTLED)], "calls", [1, 1], id="an error apart"),
        pytest.param([call(1, 10, 5), call(2, 20, 7)], "input_tokens, output_tokens", [30, 12], id="sums"),
        pytest.param([call(1, 10, 5, 100, 50), call(2, 20, 7)], "input_tokens", [30], id="input without the cache"),
        pytest.param([call(1, 10, 5, 100, 50), call(2, 20, 7)], "cache_read_tokens, cache_write_tokens", [100, 50],
                     id="the cache apart"),
        pytest.param([call(1, 10, 5, 100, 50), call(2, 20, 7)], "max_input_tokens, max_output_tokens", [160, 7],
                     id="the largest call, cache included"),
        pytest.param([call(n, identity=session(f"s{n % 3}")) for n in range(7)], "sessions, max_calls_per_session",
                     [3, 3], id="sessions of a role"),
        pytest.param([call(1, 0, 0)], "input_sizes, output_sizes", [{0: 1}, {0: 1}], id="no token is a size"),
        pytest.param([call(1, 1), call(2, 2), call(3, 3)], "input_sizes", [{1: 1, 15: 1, 24: 1}], id="small sizes"),
        pytest.param([call(1, 1000), call(2, 1004)], "input_sizes", [{143: 2}], id="sizes that differ by little"),
    ],
)  # fmt: skip
def test_several_calls(tmp_path: Path, lines: list[str], select: str, expected: list[object]) -> None:
    write(tmp_path / "logs", "a.json.gz", "".join(lines))
    rows = loaded(tmp_path, f"select {select} from calls order by hour, error")
    assert [value for row in rows for value in row] == expected


def test_a_copied_file_counts_once_and_is_told(tmp_path: Path) -> None:
    for name in ("a.json.gz", "b.json.gz"):
        write(tmp_path / "logs", name, call(1) + call(2))
    assert loaded(tmp_path, "select sum(calls) from calls") == [(2,)]
    assert loaded(tmp_path, "from notes") == [("2 record(s) delivered again, counted once",)]


def test_batches_add_up_to_what_one_reading_gives(tmp_path: Path) -> None:
    for number in range(6):
        lines = [
            call(n, n, 2 * n, identity=session(f"s{n % 4}")) for n in range(40 * number, 40 * number + 60)
        ]
        write(tmp_path / "logs", f"{number}.json.gz", "".join(lines))
    (delivery,) = deliveries(tmp_path)
    with duckdb.connect() as con:
        for table in InvocationLog.tables:
            con.execute(sqlfile.read("ledger", table).sql)
        files = dict.fromkeys(delivery.files, "")
        assert Log(con=con, delivery=delivery, files=files, wanted=WANTED, batch=1).read() is None
        assert con.execute("from calls").fetchall() == loaded(tmp_path, "from calls")
        assert con.execute("select calls, sessions from calls").fetchall() == [(260, 4)]


def test_an_hour_around_midnight_comes_in_two_deliveries(tmp_path: Path) -> None:
    write(
        tmp_path / "logs",
        f"{FOLDER.replace('19/12', '19/23')}/a.json.gz",
        call(1, timestamp="2026-11-19T23:59:59Z"),
    )
    write(
        tmp_path / "logs",
        f"{FOLDER.replace('19/12', '20/00')}/b.json.gz",
        call(2, timestamp="2026-11-19T23:59:59Z"),
    )
    assert [found.partition for found in deliveries(tmp_path)] == ["2026-11-19", "2026-11-20"]
    assert loaded(tmp_path, "select hour, calls from calls") == [(datetime(2026, 11, 19, 23), 1)] * 2


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        pytest.param("b.json.gz", True, id="a log"),
        pytest.param("b.json", True, id="a plain log"),
        pytest.param(f"prefix/{FOLDER}/b.json.gz", True, id="below a prefix"),
        pytest.param("flat/b.json.gz", True, id="a flat directory"),
        pytest.param("data/b.json.gz", True, id="a directory of one's own that is called data"),
        pytest.param(f"{FOLDER}/data/ff4b_input.json.gz", False, id="a large body"),
        pytest.param(f"{FOLDER}/data/image", False, id="a large body of any name"),
        pytest.param(f"{HOUR}/data/x.json.gz", False, id="a large body below a shorter path"),
        pytest.param("flat/ff4b_output.json.gz", False, id="a large body in a flat directory"),
        pytest.param("AWSLogs/111122223333/BedrockModelInvocationLogs/amazon-bedrock-logs-permission-check", False,
                     id="AWS's test of the bucket"),
    ],
)  # fmt: skip
def test_which_files_are_logs(tmp_path: Path, name: str, counted: bool) -> None:
    write(tmp_path / "logs", "a.json.gz", call(1))
    write(tmp_path / "logs", name if "/" in name else f"{FOLDER}/{name}", call(2))
    assert loaded(tmp_path, "select sum(calls) from calls") == [(1 + counted,)]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        pytest.param('{"schemaType":"ModelInv\n', "1 line(s) that are no record, not counted: ", id="a cut line"),
        pytest.param("no json\n", "1 line(s) that are no record, not counted: ", id="no JSON"),
        pytest.param("[1]\n\nnull\n", "2 line(s) that are no record, not counted: ", id="JSON that is no object"),
        pytest.param(record().strip() + record(), "1 line(s) that are no record, not counted: ", id="two in one line"),
        pytest.param('{"eventVersion":"1.09"}\n', "1 line(s) that are no record, not counted: ", id="CloudTrail"),
        pytest.param(record(schemaType="Other"), "1 line(s) of another kind, not counted: ", id="another schema"),
        pytest.param(record(timestamp="noon"), "1 line(s) without a time in UTC, not counted: ", id="no time"),
        pytest.param(record(timestamp="2026-11-19T12:00:00+02:00"), "1 line(s) without a time in UTC, not counted: ",
                     id="a local time"),
    ],
)  # fmt: skip
def test_what_is_no_call_is_counted_and_named(tmp_path: Path, line: str, note: str) -> None:
    write(tmp_path / "logs", "a.json.gz", call(1))
    write(tmp_path / "logs", "b.json.gz", line)
    lines = note.split(" ")[0]
    assert loaded(tmp_path, "select calls from calls") == [(1,)]
    assert loaded(tmp_path, "from notes") == [(f"{note}{FOLDER}/b.json.gz ({lines})",)]


def test_metadata_that_is_not_kept_is_told_by_name(tmp_path: Path) -> None:
    lines = [call(n, requestMetadata={"team": "a", "trace": f"value-{n}", "user": "jo"}) for n in range(50)]
    write(tmp_path / "logs", "a.json.gz", "".join(lines))
    assert loaded(tmp_path, "select metadata, calls from calls") == [({"team": "a"}, 50)]
    ((note,),) = loaded(tmp_path, "from notes")
    assert note.startswith("request metadata not kept: trace, user; ")
    assert loaded(tmp_path, "select count(*) from calls", metadata=("trace",)) == [(50,)]


def test_a_request_id_in_a_key_that_is_kept_does_not_explode_the_ledger(tmp_path: Path) -> None:
    for file in range(3):
        ids = range(file * 4_000, file * 4_000 + 4_000)
        lines = [call(n, requestMetadata={"workload": f"r{n}", "team": "a"}) for n in ids]
        write(tmp_path / "logs", f"{file}.json.gz", "".join(lines))
    assert loaded(tmp_path, "select metadata, calls from calls") == [({"team": "a"}, 12_000)]
    assert loaded(tmp_path, "from notes") == [
        ("request metadata with more than 10,000 values a day, not kept: workload",)
    ]


def test_other_keys_to_keep_are_another_signature(tmp_path: Path) -> None:
    write(tmp_path / "logs", "a.json.gz", call(1))
    first, again, other = (deliveries(tmp_path, metadata=m)[0] for m in (("a", "b"), ("b", "a"), ("a",)))
    assert first.signature == again.signature != other.signature


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("b.json.gz", b"not gzip", "cut short or damaged", id="no gzip"),
        pytest.param(
            "b.json.gz", "gzip", "of 2026-11-19 not one line is a record.*must end in .gz", id="no record"
        ),
    ],
)
def test_a_file_that_is_no_log_is_named(tmp_path: Path, name: str, content: str | bytes, says: str) -> None:
    broken = write(tmp_path / "logs", name, content)
    with pytest.raises(SourceError, match=says) as caught:
        loaded(tmp_path, "from calls")
    assert broken.name in str(caught.value)


def test_an_empty_log_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "logs", "a.json.gz", "")
    assert loaded(tmp_path, "from calls") == []
