"""POST, for channels that take JSON over HTTP: what is worth another try, and what never will be."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message as Headers
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from finops.errors import DeliveryError

RETRYABLE = (408, 425, 429)  # and every 5xx
UNFIT = (413, 422)  # the message itself is refused; whatever else is, a setting mends
TIMEOUT_SECONDS = 15.0


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_seconds: float, advice: str) -> None:
    """DeliveryError on anything but success; `advice` ends it where the other side refuses for good."""
    given = {"Content-Type": "application/json", "User-Agent": "finops", **headers}
    try:
        request = Request(url, data=body, headers=given, method="POST")
        with build_opener(_NoRedirect).open(request, timeout=timeout_seconds):
            return
    except HTTPError as exc:
        with exc:
            raise _refused(exc, advice) from exc
    except (OSError, HTTPException) as exc:
        reason = getattr(exc, "reason", type(exc).__name__)  # its text may hold the secret address
        raise DeliveryError(f"no answer: {reason}; it is tried again", retry=True) from exc


class _NoRedirect(HTTPRedirectHandler):
    """Following one would turn our POST into a GET without its body: lost, and reported as sent."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Headers, newurl: str
    ) -> None:
        return None


def _refused(answer: HTTPError, advice: str) -> DeliveryError:
    if answer.code in RETRYABLE or answer.code >= 500:
        after = answer.headers.get("Retry-After", "")
        wait = float(after) if after.isdecimal() else None
        return DeliveryError(f"HTTP {answer.code}; it is tried again", retry=True, after=wait)
    fix = "give the final address" if 300 <= answer.code < 400 else advice
    return DeliveryError(
        f"HTTP {answer.code} {answer.reason}; {fix}", retry=False, mend=answer.code not in UNFIT
    )
