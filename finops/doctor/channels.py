"""Whether whom we would tell can be told."""

from __future__ import annotations

from collections.abc import Iterator

from finops.answers.socket import HINT
from finops.aws import AwsError, explained
from finops.channels import Email, Slack, Sns
from finops.channels.email.email import answered
from finops.channels.slack.web import REMEDIES, asking, web
from finops.config import Settings
from finops.doctor.line import Line, ok, problem, refused, unknown
from finops.errors import ConfigError, DeliveryError

NEEDED = {"chat:write"}
HOOK = "https://hooks.slack.com/"
TRY = "finops alert test"


def lines(settings: Settings) -> Iterator[Line]:
    if not settings.channels:
        yield ok("channels", "none: findings are printed")
    for channel in settings.channels:
        if lacking := channel.lacking():
            yield refused(channel.kind, ConfigError(lacking))
        elif isinstance(channel, Slack) and channel.token is not None:
            yield _token(channel, channel.token.get_secret_value())
            yield _buttons(channel)
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
        elif isinstance(channel, Sns):
            yield _topic(channel)
        elif isinstance(channel, Email):
            yield _server(channel)
        else:
            yield ok(channel.kind, "configured; nothing was sent", f"try it: {TRY}")


def _buttons(channel: Slack) -> Line:
    """Whether a press is heard: an address for Socket Mode is asked for, and not used."""
    if channel.app_token is None:
        heard = channel.signing_secret is not None
        said = "signed requests, by `finops serve`" if heard else "none: commands to copy instead"
        return ok("slack buttons", said)
    try:
        with asking("connections:write"):
            web("", channel.api_url, channel.timeout_seconds).apps_connections_open(
                app_token=channel.app_token.get_secret_value()
            )
    except DeliveryError as exc:
        said = str(exc).split(";")[0].split(":")[0]
        return (
            unknown("slack buttons", said, "check the network")
            if exc.retry
            else problem("slack buttons", f"Slack says {said}", HINT)
        )
    return ok("slack buttons", "Socket Mode, by `finops serve` or `finops slack listen`")


def _topic(channel: Sns) -> Line:
    """Publishing is one permission, and looking at a topic another, which it may well lack."""
    try:
        with explained(f"looking at {channel.topic_arn}"):
            channel.client.get_topic_attributes(TopicArn=channel.topic_arn)
    except AwsError as exc:
        if exc.code.startswith("NotFound"):
            return problem("sns", f"there is no topic {channel.topic_arn}", "check `topic_arn`")
        return unknown("sns", str(exc).removeprefix("aws: ").rpartition("; ")[0], f"try it: {TRY}")
    return ok("sns", f"{channel.topic_arn} is there; nothing was sent", f"try it: {TRY}")


def _server(channel: Email) -> Line:
    try:
        with answered(channel.host), channel.connected() as server:
            server.noop()
    except DeliveryError as exc:
        said, _, fix = str(exc).rpartition("; ")
        return problem("email", said, fix) if not exc.retry else unknown("email", said, "check the network")
    login = f" takes the login of {channel.user}" if channel.user else " answers"
    return ok("email", f"{channel.host}{login}; nothing was sent", f"try it: {TRY}")


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
    needed = NEEDED | (
        {"users:read.email"} if any("@" in owner for owner in channel.owners.values()) else set()
    )
    if scopes and not scopes >= needed:
        return problem(
            "slack", f"the app lacks {', '.join(sorted(needed - scopes))}", "add it and install the app anew"
        )
    return ok("slack", f"{answer.get('user')} of {answer.get('team')}, into {channel.channel}")
