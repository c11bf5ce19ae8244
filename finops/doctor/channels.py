"""Whether whom we would tell can be told."""

from __future__ import annotations

from collections.abc import Iterator

from finops.channels import Slack
from finops.channels.slack import REMEDIES
from finops.config import Settings
from finops.doctor.line import Line, ok, problem, unknown

NEEDED = {"chat:write"}
HOOK = "https://hooks.slack.com/"


def lines(settings: Settings) -> Iterator[Line]:
    if not settings.channels:
        yield ok("channels", "none: findings are printed")
    for channel in settings.channels:
        if isinstance(channel, Slack) and channel.token is not None:
            yield _token(channel, channel.token.get_secret_value())
        elif isinstance(channel, Slack):
            usual = channel.webhook_url is not None and channel.webhook_url.get_secret_value().startswith(
                HOOK
            )
            said = "by incoming webhook: no threads, no buttons"
            yield (
                ok("slack", said)
                if usual
                else ok("slack", said, f"the webhook's URL does not begin with {HOOK}")
            )
        else:
            yield ok(channel.kind, "configured; nothing was sent")


def _token(channel: Slack, token: str) -> Line:
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        answer = WebClient(token, base_url=channel.api_url, timeout=channel.timeout_seconds).auth_test()
    except SlackApiError as exc:
        code = str(exc.response.get("error"))
        return problem(
            "slack", f"Slack says {code}", REMEDIES.get(code, "look at the app's page at api.slack.com")
        )
    except (SlackClientError, OSError) as exc:
        return unknown("slack", f"{channel.api_url} was not reached: {exc}", "check the network")
    scopes = set(filter(None, str(answer.headers.get("x-oauth-scopes", "")).replace(" ", "").split(",")))
    if scopes and not scopes >= NEEDED:
        return problem(
            "slack", f"the app lacks {', '.join(sorted(NEEDED - scopes))}", "add it and install the app anew"
        )
    return ok("slack", f"{answer.get('user')} of {answer.get('team')}, into {channel.channel}")
