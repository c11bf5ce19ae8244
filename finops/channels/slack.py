"""Slack, by a bot token (chat.postMessage: threads, references) or by an incoming webhook.

A bot token needs the scope `chat:write` and a bot that is a member of `channel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import SecretStr

from finops.channels.audience import Audience
from finops.channels.slack_blocks import payload
from finops.errors import DeliveryError
from finops.model import Message

if TYPE_CHECKING:
    from slack_sdk.http_retry import RetryHandler

PASSING = {
    "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "message_limit_exceeded", "rollup_error",
}  # fmt: skip
REMEDIES = {
    "invalid_auth": "the token is wrong; set FINOPS_SLACK_TOKEN to the bot token (xoxb-...)",
    "not_authed": "the token is empty; set FINOPS_SLACK_TOKEN",
    "token_revoked": "the token was revoked; install the app again and set FINOPS_SLACK_TOKEN",
    "token_expired": "the token expired; set FINOPS_SLACK_TOKEN to a fresh one",
    "account_inactive": "the app was removed from the workspace; install it again",
    "missing_scope": "the app needs the scope chat:write",
    "channel_not_found": "no such channel, or the bot is not in it; check `channel` and /invite the bot",
    "not_in_channel": "the bot is not in the channel; /invite it",
    "is_archived": "the channel is archived; choose another `channel`",
    "channel_is_archived": "the channel is archived; make a webhook for another",
    "no_service": "the webhook was removed; make a new one and set FINOPS_SLACK_WEBHOOK_URL",
    "invalid_token": "the webhook was removed; make a new one and set FINOPS_SLACK_WEBHOOK_URL",
}
PATIENCE_SECONDS = 30.0  # the longest Retry-After to wait for; a longer one is left to the next run
TIMEOUT_SECONDS = 15


class Slack(Audience):
    """Secrets come from the environment. With both, the token wins: it can answer in threads."""

    secrets: ClassVar[Mapping[str, str]] = {
        "webhook_url": "FINOPS_SLACK_WEBHOOK_URL",
        "token": "FINOPS_SLACK_TOKEN",
    }
    kind: Literal["slack"] = "slack"
    webhook_url: SecretStr | None = None
    token: SecretStr | None = None
    channel: str | None = None
    api_url: str = "https://slack.com/api/"
    timeout_seconds: int = TIMEOUT_SECONDS

    def lacking(self) -> str | None:
        if not (self.webhook_url or self.token):
            return "slack has no secret; set FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and `channel`"
        if self.token and not self.webhook_url and not self.channel:
            return 'slack with a token needs `channel = "#name"` or a channel id'
        return None

    def send(self, message: Message) -> str | None:
        """Returns the message's `ts` with a token, None with a webhook."""
        try:
            if self.token is not None and self.channel:
                return self._post(self.token.get_secret_value(), self.channel, message)
            if self.webhook_url is not None:
                self._hook(self.webhook_url.get_secret_value(), message)
                return None
        except (OSError, HTTPException) as exc:  # URLError and timeouts are OSErrors
            reason = getattr(exc, "reason", type(exc).__name__)  # its text may hold the secret address
            raise DeliveryError(f"no answer: {reason}; it is tried again", retry=True) from exc
        raise DeliveryError(
            "nowhere to send; set FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and `channel`",
            retry=False,
        )

    def _post(self, token: str, channel: str, message: Message) -> str | None:
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackApiError

        client = WebClient(token, self.api_url, self.timeout_seconds, retry_handlers=_retries())
        try:
            answer = client.chat_postMessage(
                channel=channel,
                thread_ts=message.thread,
                reply_broadcast=True if message.thread else None,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": "finops_incident", "event_payload": {"key": message.key}},
                **payload(message),
            )
        except SlackApiError as exc:
            response = exc.response
            raise _refused(response.status_code, str(response.get("error")), response.headers) from exc
        return str(answer["ts"])

    def _hook(self, url: str, message: Message) -> None:
        from slack_sdk.webhook import WebhookClient

        if not url.startswith(("https://", "http://")):
            raise DeliveryError("FINOPS_SLACK_WEBHOOK_URL is no http(s) address", retry=False)
        client = WebhookClient(url, self.timeout_seconds, retry_handlers=_retries())
        answer = client.send_dict({**payload(message), "unfurl_links": False, "unfurl_media": False})
        if answer.status_code != 200:
            raise _refused(answer.status_code, answer.body, answer.headers)


def _retries() -> list[RetryHandler]:
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
            return limited and (_wait(response.headers if response else {}) or 0) <= PATIENCE_SECONDS

    return [Patient(max_retry_count=3), ServerErrorRetryHandler(max_retry_count=2)]


def _refused(status: int, body: str, headers: Any) -> DeliveryError:
    error = body if body.isidentifier() else f"HTTP {status} and no answer of Slack's"
    if status == 429 or status >= 500 or error in PASSING:
        return DeliveryError(f"{error}; it is tried again", retry=True, after=_wait(headers))
    remedy = REMEDIES.get(error, "see docs.slack.dev/reference/methods/chat.postMessage")
    return DeliveryError(f"{error}: {remedy}", retry=False)


def _wait(headers: Any) -> float | None:
    """Seconds in Retry-After, whatever its spelling and whether its values are lists."""
    for name, value in headers.items():
        text = value[0] if isinstance(value, list) and value else value
        if name.lower() == "retry-after" and str(text).isdecimal():
            return float(text)
    return None
