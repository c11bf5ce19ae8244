"""What others ask the service over HTTP: whether it lives, whether it works, its numbers; and Slack's buttons."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from fastapi import BackgroundTasks, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from finops.answers.actions import parse
from finops.errors import FinopsError, SourceError
from finops.serve.slack import Buttons

log = logging.getLogger("finops.slack")

LARGEST_BODY = 1 << 18  # bytes; Slack's presses have a few thousand
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def build(troubles: Callable[[], Sequence[str]], numbers: Callable[[], bytes], buttons: Buttons) -> FastAPI:
    """`troubles`: why the service is not ready, empty when it is; `numbers`: for Prometheus."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(_Guarded)

    @app.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    @app.get("/readyz")
    def readyz() -> Response:
        found = list(troubles())
        return JSONResponse({"ready": not found, "troubles": found}, status_code=503 if found else 200)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(numbers(), media_type=CONTENT_TYPE_LATEST)

    @app.post("/slack/actions")
    async def slack_actions(request: Request, later: BackgroundTasks) -> Response:
        if not buttons.by_http:
            return _refused(404, "no signing secret is set: FINOPS_SLACK_SIGNING_SECRET")
        body = await _body(request)
        if body is None:
            return _refused(413, f"more than {LARGEST_BODY} bytes")
        stamp, signature = (
            request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature")
        )
        if not buttons.proven(stamp, signature, body):
            return _refused(401, "not signed by Slack, or not lately")
        return await run_in_threadpool(_pressed, buttons, body, later)

    return app


def _pressed(buttons: Buttons, body: bytes, later: BackgroundTasks) -> Response:
    try:
        reply = buttons.record(parse(body))
    except SourceError as exc:
        return _refused(400, str(exc))
    except FinopsError as exc:  # of the state: locked, full or damaged
        log.error("%s", exc, extra={"event": "answer_not_recorded"})
        return _refused(503, str(exc))
    if reply is not None:
        later.add_task(buttons.show, reply)  # Slack waits three seconds to be told that it was heard
    return Response(status_code=200)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)


async def _body(request: Request) -> bytes | None:
    """None where it is too large; no more of it is read then."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


class _Guarded:
    """Every answer carries the headers that keep a browser from doing anything with it."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
