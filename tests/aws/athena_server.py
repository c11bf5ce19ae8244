"""Athena, and the list of Data Exports, as a server on loopback that runs its SQL.

Trino's dialect is transpiled to DuckDB and run over what is in S3. Tables are Glue's and objects are S3's, both asked
at AWS_ENDPOINT_URL (moto). What a statement meets besides its rows is a `Fate`: a refusal, a queue, failure, or no
end. Answers are checked against AWS's own shapes.

    with athena_server.running() as athena:      # set AWS_ENDPOINT_URL_ATHENA (and _BCM_DATA_EXPORTS) to athena.url
        athena.workgroups["primary"] = {...}     # GetWorkGroup's Configuration
        athena.fates.append(Fate(failed="SYNTAX_ERROR: ..."))
        athena.hidden.add("2026-11")             # a partition that the catalogue does not have
    athena.statements                        # what was run, oldest first
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import athena_engine
import botocore.session
from botocore.validate import ParamValidator

PAGE = 1000  # AWS's most
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


class Refused(Exception):
    """An error answer: AWS's code, and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Lost(Exception):
    """The connection breaks before the answer."""


@dataclass
class Fate:
    """What the next statement meets. `waits`: status answers before it ends; `then` runs once it has run."""

    refused: tuple[str, str] | None = None
    waits: int = 0
    failed: str | None = None
    cancelled: str | None = None
    endless: bool = False
    lost: bool = False  # it is begun, and nobody hears of it
    scanned: int | None = None
    then: Callable[[], None] = lambda: None


@dataclass
class Execution:
    id: str
    sql: str
    context: dict[str, str]
    group: str
    output: str
    fate: Fate
    state: str = "QUEUED"
    reason: str = ""
    scanned: int = 0
    manifest: str | None = None
    reused: bool = False
    hidden: set[str] = field(default_factory=set)
    engine: Callable[..., athena_engine.Done] = athena_engine.run
    rows: athena_engine.Rows = field(default_factory=athena_engine.Rows)

    def advance(self) -> None:
        """One status answer nearer to the end."""
        if self.state in ENDED:
            return
        self.state = "RUNNING"
        if self.fate.endless:
            self.scanned = self.fate.scanned or 0
            return
        if self.fate.waits > 0:
            self.fate.waits -= 1
        elif self.fate.failed or self.fate.cancelled:
            self.state = "FAILED" if self.fate.failed else "CANCELLED"
            self.reason = self.fate.failed or self.fate.cancelled or ""
        else:
            self.run()

    def run(self) -> None:
        try:
            done = self.engine(self.sql, self.hidden, self.id, self.output)
        except athena_engine.Failure as exc:
            self.state, self.reason = "FAILED", str(exc)
            return
        self.state, self.rows, self.scanned, self.manifest = (
            "SUCCEEDED",
            done.rows,
            done.scanned,
            done.manifest,
        )
        if self.fate.scanned is not None:
            self.scanned = self.fate.scanned
        self.fate.then()

    def described(self) -> dict[str, Any]:
        statistics: dict[str, Any] = {"DataScannedInBytes": 0 if self.reused else self.scanned}
        statistics["ResultReuseInformation"] = {"ReusedPreviousResult": self.reused}
        if self.manifest:
            statistics["DataManifestLocation"] = self.manifest
        status = {"State": self.state} | ({"StateChangeReason": self.reason} if self.reason else {})
        return {
            "QueryExecutionId": self.id,
            "Query": self.sql,
            "StatementType": "DML",
            "ResultConfiguration": {"OutputLocation": f"{self.output}{self.id}.csv"} if self.output else {},
            "QueryExecutionContext": self.context,
            "Status": status,
            "Statistics": statistics,
            "WorkGroup": self.group,
        }


class Athena:
    """The service's state. Every operation that finops needs is a method of its name."""

    def __init__(self) -> None:
        self.url = ""
        self.moto = os.environ["AWS_ENDPOINT_URL"]  # where everything else is
        self.workgroups: dict[str, dict[str, Any]] = {"primary": {"EnforceWorkGroupConfiguration": False}}
        self.fates: deque[Fate] = deque()
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, str] = {}
        self.stopped: list[str] = []
        self.hidden: set[str] = set()
        self.engine: Callable[..., athena_engine.Done] = athena_engine.run
        self.exports: list[dict[str, Any]] = []  # of ListExports
        self.lock = threading.RLock()

    @property
    def statements(self) -> list[str]:
        return [execution.sql for execution in self.executions.values()]

    def start_query_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        token = request.get("ClientRequestToken", "")
        if len(token) < 32:
            raise Refused("InvalidRequestException", "ClientRequestToken has fewer than 32 characters")
        if token in self.tokens:
            return {"QueryExecutionId": self.tokens[token]}
        fate = self.fates.popleft() if self.fates else Fate()
        if fate.refused:
            raise Refused(*fate.refused)
        group = request.get("WorkGroup", "primary")
        execution = Execution(
            id=str(uuid.uuid4()),
            sql=request["QueryString"],
            context=request.get("QueryExecutionContext", {}),
            group=group,
            output=self._output(group, request.get("ResultConfiguration", {})),
            fate=fate,
            hidden=self.hidden,
            engine=self.engine,
        )
        self._reuse(execution, request)
        self.executions[execution.id] = execution
        self.tokens[token] = execution.id
        if fate.lost:
            raise Lost
        return {"QueryExecutionId": execution.id}

    def get_query_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        execution = self._execution(request)
        execution.advance()
        return {"QueryExecution": execution.described()}

    def stop_query_execution(self, request: dict[str, Any]) -> dict[str, Any]:
        execution = self._execution(request)
        self.stopped.append(execution.id)
        if execution.state not in ENDED:
            execution.state, execution.reason = "CANCELLED", "Query cancelled by user"
        return {}

    def get_query_results(self, request: dict[str, Any]) -> dict[str, Any]:
        execution = self._execution(request)
        if execution.state != "SUCCEEDED":
            raise Refused(
                "InvalidRequestException", f"Query has not yet finished. Current state: {execution.state}"
            )
        start, size = int(request.get("NextToken", 0)), min(request.get("MaxResults", PAGE), PAGE)
        rows = execution.rows.as_aws()
        more = {"NextToken": str(start + size)} if start + size < len(rows) else {}
        answer = {
            "Rows": rows[start : start + size],
            "ResultSetMetadata": {"ColumnInfo": execution.rows.columns},
        }
        return {"ResultSet": answer, "UpdateCount": 0} | more

    def get_work_group(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["WorkGroup"]
        return {"WorkGroup": {"Name": name, "State": "ENABLED", "Configuration": self._group(name)}}

    def get_table_metadata(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"TableMetadata": athena_engine.described(request["DatabaseName"], request["TableName"])}
        except athena_engine.Failure as exc:
            raise Refused("MetadataException", f"EntityNotFoundException: {exc}") from exc

    def list_exports(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Exports": self.exports}

    def _execution(self, request: dict[str, Any]) -> Execution:
        found = self.executions.get(request["QueryExecutionId"])
        if found is None:
            raise Refused(
                "InvalidRequestException", f"QueryExecution {request['QueryExecutionId']} was not found"
            )
        return found

    def _group(self, name: str) -> dict[str, Any]:
        if name not in self.workgroups:
            raise Refused("InvalidRequestException", f"WorkGroup {name} is not found.")
        return self.workgroups[name]

    def _output(self, group: str, given: dict[str, Any]) -> str:
        settings = self._group(group)
        own = settings.get("ResultConfiguration", {}).get("OutputLocation", "")
        if settings.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
            if given:
                raise Refused(
                    "InvalidRequestException", "ResultConfiguration cannot be set with managed results"
                )
            return ""
        chosen = own if settings["EnforceWorkGroupConfiguration"] else given.get("OutputLocation", own)
        if not chosen:
            raise Refused(
                "InvalidRequestException",
                "No output location provided. An output location is required either through the Workgroup result "
                "configuration setting or as an API input.",
            )
        return chosen.rstrip("/") + "/"

    def _reuse(self, execution: Execution, request: dict[str, Any]) -> None:
        asked = request.get("ResultReuseConfiguration", {}).get("ResultReuseByAgeConfiguration", {})
        same = [e for e in self.executions.values() if e.sql == execution.sql and e.state == "SUCCEEDED"]
        if asked.get("Enabled") and same and not execution.sql.startswith("unload"):
            execution.state, execution.rows, execution.reused = "SUCCEEDED", same[-1].rows, True


@cache
def _model(target: str) -> Any:
    service = "athena" if target == "AmazonAthena" else "bcm-data-exports"
    return botocore.session.get_session().get_service_model(service)


def _checked(target: str, operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    shape = _model(target).operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    if report.has_errors():
        raise AssertionError(f"{operation} answers what AWS cannot: {report.generate_report()}")
    return answer


def _handler(athena: Athena) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            target, _, operation = self.headers["X-Amz-Target"].partition(".")
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method = "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")
            try:
                with athena.lock:
                    self.answer(200, _checked(target, operation, getattr(athena, method)(request)))
            except Lost:
                self.close_connection = True
            except Refused as exc:
                self.answer(400, {"__type": exc.code, "message": str(exc)})
            except Exception:  # noqa: BLE001 (a server that dies tells its test nothing)
                self.answer(400, {"__type": "ThisServerIsBroken", "message": traceback.format_exc()})

        def answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextlib.contextmanager
def running() -> Iterator[Athena]:
    athena = Athena()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(athena)) as server:
        server.daemon_threads = True
        athena.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield athena
        finally:
            server.shutdown()
            thread.join()
