"""A door before moto: what it does not refuse goes through as it came, and the answer comes back as it is.

Any service can so be made to refuse, throttle or break, in one account and region, for ever or some times.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.iam.models import get_account_id_from

SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


@dataclass
class Rule:
    """None matches all. `account` is whose credentials ask; of sts:AssumeRole, whose role is asked for."""

    service: str | None
    account: str | None
    region: str | None
    code: str
    status: int
    times: int | None

    def met(self, service: str, account: str, region: str) -> bool:
        asked = ((self.service, service), (self.account, account), (self.region, region))
        return self.times != 0 and all(mine in (None, theirs) for mine, theirs in asked)


@dataclass
class Gate:
    """`service` is the name that requests are signed for: sts, tagging, lambda, states, organizations."""

    url: str = ""
    rules: list[Rule] = field(default_factory=list)
    instead: dict[str, Any] = field(default_factory=dict)  # service -> what it answers, where moto knows less
    lock: Any = field(default_factory=threading.Lock)

    def shut(
        self,
        service: str | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
        code: str = "AccessDenied",
        status: int = 403,
        times: int | None = None,
    ) -> None:
        self.rules.append(Rule(service, account, region, code, status, times))

    def open(self) -> None:
        self.rules.clear()

    def met(self, service: str, account: str, region: str) -> Rule | None:
        with self.lock:
            rule = next((rule for rule in self.rules if rule.met(service, account, region)), None)
            if rule is not None and rule.times is not None:
                rule.times -= 1
            return rule


@contextmanager
def before(moto: str) -> Iterator[Gate]:
    """A gate before that address. Its `url` is for AWS_ENDPOINT_URL, as long as the block lasts."""
    gate = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every answer waits 40 ms
        wbufsize = -1

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            scope = SCOPE.search(self.headers["Authorization"])
            assert scope is not None
            account, service = get_account_id_from(scope["key"]), scope["service"]
            if service == "sts" and (role := parse_qs(body.decode()).get("RoleArn")):
                account = role[0].split(":")[4]
            rule = gate.met(service, account, scope["region"])
            if rule is not None:
                self._send(rule.status, _fault(service, rule.code), {"x-amzn-ErrorType": rule.code})
            elif service in gate.instead:
                self._send(200, json.dumps(gate.instead[service]).encode(), {})
            else:
                self._forward(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass

        def _forward(self, body: bytes) -> None:
            there = HTTPConnection(urlsplit(moto).netloc, timeout=60)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in DROPPED}
            self._send(answer.status, answer.read(), headers)
            there.close()

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    gate.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


DROPPED = {"content-length", "transfer-encoding", "connection"}


def _fault(service: str, code: str) -> bytes:
    """As the service's protocol words it."""
    message = "not this time"
    if service == "sts":
        return (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
            f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        ).encode()
    return json.dumps({"__type": code, "message": message}).encode()
