"""A door before S3 that refuses to list some buckets, as a policy without s3:ListBucket does; moto has no such policy.

with s3_door.before(moto, {"billing"}) as url:      # set AWS_ENDPOINT_URL_S3 to url
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@contextmanager
def before(moto: str, buckets: Collection[str]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = urlsplit(self.path)
            if "list-type" in asked.query and asked.path.strip("/") in buckets:
                self._send(403, DENIED, {"Content-Type": "application/xml"})
                return
            there = HTTPConnection(urlsplit(moto).netloc, timeout=60)
            there.request(self.command, self.path, body, dict(self.headers))
            answer = there.getresponse()
            dropped = ("content-length", "transfer-encoding", "connection")
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in dropped}
            self._send(answer.status, answer.read(), kept)
            there.close()

        do_GET = do_POST = do_PUT = do_DELETE = _pass

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
