"""Data Exports, legacy reports and Cost Explorer's tags, as far as AWS answers a reader about them.

An answer may hold only members that botocore's model of the operation knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import botocore.session

SERVICES = {
    "AWSBillingAndCostManagementDataExports": "bcm-data-exports",
    "AWSOrigamiServiceGatewayService": "cur",
    "AWSInsightsIndexService": "ce",
}
Answers = Mapping[str, Any]  # operation -> what AWS says; an operation that is not here is denied


@contextmanager
def billing(answers: Answers) -> Iterator[str]:
    """The server's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self.rfile.read(length)
            target, _, operation = self.headers["X-Amz-Target"].partition(".")
            if operation in answers:
                _check(SERVICES[target], operation, answers[operation])
                self._say(200, answers[operation])
            else:
                denied = {
                    "__type": "AccessDeniedException",
                    "message": f"not authorized to perform {operation}",
                }
                self._say(400, denied)

        def _say(self, status: int, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _check(service: str, operation: str, answer: Any) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    assert model.output_shape is not None
    _members(model.output_shape, answer, operation)


def _members(shape: Any, value: Any, place: str) -> None:
    if shape.type_name == "structure":
        assert value.keys() <= shape.members.keys(), (
            f"{place}: AWS knows no {value.keys() - shape.members.keys()}"
        )
        for name, part in value.items():
            _members(shape.members[name], part, f"{place}.{name}")
    elif shape.type_name == "list":
        for part in value:
            _members(shape.member, part, f"{place}[]")
