"""S3 on a bad day: a server before the real one that cuts, spoils, delays or refuses what it is told to.

`with Weather(address) as weather:` gives `weather.url` for AWS_ENDPOINT_URL_S3. A rule is asked for each
request, in order, until one answers; without one the request passes.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Protocol, Self
from urllib.parse import unquote, urlsplit


class Asked(NamedTuple):
    method: str
    key: str  # of the object, without its bucket; empty of a listing
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_data(self) -> bool:
        return self.method == "GET" and bool(self.key) and not self.key.endswith(".json")


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    sent: int | None = None  # bytes of the body before the line goes dead; all of them


class Pass(Protocol):
    """What the real server says, asked with `more` in its query."""

    def __call__(self, more: str = "") -> Answer: ...


Rule = Callable[[Asked, Pass], Answer | None]


class Weather:
    def __init__(self, address: str, *rules: Rule) -> None:
        self.rules = list(rules)
        self.asked: list[Asked] = []
        self._behind = urlsplit(address).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def data(self) -> list[Asked]:
        """What was asked of objects that are no manifests."""
        return [asked for asked in self.asked if asked.is_data]

    def _answer(self, handler: BaseHTTPRequestHandler) -> Answer:
        place = urlsplit(handler.path)
        _, _, key = unquote(place.path).removeprefix("/").partition("/")
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        asked = Asked(handler.command, key, place.query, dict(handler.headers), body)
        self.asked.append(asked)

        def ask(more: str = "") -> Answer:
            behind = http.client.HTTPConnection(self._behind, timeout=30)
            behind.request(handler.command, handler.path + more, body, dict(handler.headers))
            response = behind.getresponse()
            ours = {"connection", "transfer-encoding"} | (
                {"content-length"} if handler.command == "GET" else set()
            )
            kept = [pair for pair in response.getheaders() if pair[0].lower() not in ours]
            return Answer(response.status, kept, response.read())

        for rule in self.rules:
            answer = rule(asked, ask)
            if answer is not None:
                return answer
        return ask()

    def _handler(weather) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = weather._answer(self)
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if self.command != "HEAD":
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body[: answer.sent])
                self.close_connection = self.close_connection or answer.sent is not None

            do_HEAD = do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler


def refusal(status: int, code: str, message: str = "no") -> Answer:
    """S3's own error document."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return Answer(status, [("Content-Type", "application/xml")], body)
