"""Calls of Slack's API: what is tried again at once, and a refusal as a DeliveryError that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from finops.errors import DeliveryError

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.http_retry import RetryHandler

PASSING = {
    "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "message_limit_exceeded", "rollup_error",
}  # fmt: skip
UNFIT = {  # what no setting mends: the message itself is refused
    "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "too_many_attachments", "invalid_payload",
    "invalid_arguments", "invalid_form_data", "invalid_metadata_format", "invalid_metadata_schema",
    "metadata_too_large", "markdown_text_conflict", "msg_too_long", "msg_blocks_too_long", "no_text",
    "cannot_reply_to_message", "thread_not_found", "message_not_found",
}  # fmt: skip
REMEDIES = {
    "invalid_auth": "the token is wrong; set FINOPS_SLACK_TOKEN to the bot token (xoxb-...)",
    "not_authed": "the token is empty; set FINOPS_SLACK_TOKEN",
    "token_revoked": "the token was revoked; install the app again and set FINOPS_SLACK_TOKEN",
    "token_expired": "the token expired; set FINOPS_SLACK_TOKEN to a fresh one",
    "account_inactive": "the app was removed from the workspace; install it again",
    "channel_not_found": "no such channel, or the bot is not in it; check `channel` and /invite the bot",
    "not_in_channel": "the bot is not in the channel; /invite it",
    "is_archived": "the channel is archived; choose another `channel`",
    "channel_is_archived": "the channel is archived; make a webhook for another",
    "no_service": "the webhook was removed; make a new one and set FINOPS_SLACK_WEBHOOK_URL",
    "invalid_token": "the webhook was removed; make a new one and set FINOPS_SLACK_WEBHOOK_URL",
}
PATIENCE_SECONDS = 30.0  # the longest Retry-After to wait for; a longer one is left to the next run


def web(token: str, api_url: str, timeout_seconds: int) -> WebClient:
    from slack_sdk import WebClient

    return WebClient(token, api_url, timeout_seconds, retry_handlers=retries())


@contextmanager
def asking(needs: str = "chat:write") -> Iterator[None]:
    """Whatever goes wrong inside is a DeliveryError. `needs`: the scope to add where one is missing."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as exc:
        answer: Any = exc.response
        status, headers = getattr(answer, "status_code", 200), getattr(answer, "headers", {})
        error = str(answer.get("error") or "") if hasattr(answer, "get") else str(answer)
        raise refused(status, error, headers, needs) from exc
    except SlackClientError as exc:
        raise DeliveryError(f"{exc}; it is tried again", retry=True) from exc
    except (OSError, HTTPException) as exc:  # URLError and timeouts are OSErrors
        reason = getattr(exc, "reason", type(exc).__name__)  # its text may hold the secret address
        raise DeliveryError(f"no answer: {reason}; it is tried again", retry=True) from exc


def retries() -> list[RetryHandler]:
    """The SDK's own; connections that drop are not retried at once, since Slack may have posted."""
    from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler
    from slack_sdk.http_retry.request import HttpRequest
    from slack_sdk.http_retry.response import HttpResponse
    from slack_sdk.http_retry.state import RetryState

    class Patient(RateLimitErrorRetryHandler):
        def _can_retry(
            self,
            *,
            state: RetryState,
            request: HttpRequest,
            response: HttpResponse | None = None,
            error: Exception | None = None,
        ) -> bool:
            limited = response is not None and response.status_code == 429
            return limited and (wait(response.headers if response else {}) or 0) <= PATIENCE_SECONDS

    class AnyServerError(ServerErrorRetryHandler):
        def _can_retry(
            self,
            *,
            state: RetryState,
            request: HttpRequest,
            response: HttpResponse | None = None,
            error: Exception | None = None,
        ) -> bool:
            return response is not None and response.status_code >= 500

    return [Patient(max_retry_count=3), AnyServerError(max_retry_count=2)]


def refused(status: int, body: str, headers: Any, needs: str = "chat:write") -> DeliveryError:
    """What is no answer of Slack's, such as a proxy's page, passes."""
    error = body if body.isidentifier() else f"HTTP {status} and no answer of Slack's"
    if status == 429 or status >= 500 or error in PASSING or error != body:
        return DeliveryError(f"{error}; it is tried again", retry=True, after=wait(headers))
    remedy = REMEDIES.get(error, "see docs.slack.dev/reference/methods/chat.postMessage")
    if error == "missing_scope":
        remedy = f"the app needs the scope {needs}; add it and install the app anew"
    return DeliveryError(f"{error}: {remedy}", retry=False, mend=error not in UNFIT)


def wait(headers: Any) -> float | None:
    """Seconds in Retry-After, whatever its spelling and whether its values are lists."""
    for name, value in headers.items():
        text = value[0] if isinstance(value, list) and value else value
        if name.lower() == "retry-after" and str(text).isdecimal():
            return float(text)
    return None
