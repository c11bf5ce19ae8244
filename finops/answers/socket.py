"""Slack's Socket Mode: buttons are heard without an address that Slack can reach. The connection is the SDK's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Any

from finops.channels.slack.slack import Slack
from finops.channels.slack.web import asking, web
from finops.errors import DeliveryError

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

AGAIN_SECONDS = 30.0
HINT = "look at FINOPS_SLACK_APP_TOKEN (xapp-..., with the scope connections:write) and at Socket Mode in the app"


def listen(
    slack: Slack,
    hear: Callable[[Mapping[str, Any]], None],
    stop: Event,
    say: Callable[[str], None],
    again_seconds: float = AGAIN_SECONDS,
) -> None:
    """Give each payload to `hear`, in threads of the SDK, until `stop`. Where Slack is not reached, try again;
    where it refuses, DeliveryError."""
    while not stop.is_set():
        try:
            client = _connected(slack, hear, say)
        except DeliveryError as exc:
            if not exc.retry:
                raise DeliveryError(f"Socket Mode: {str(exc).split(':')[0]}; {HINT}", retry=False) from exc
            say(f"Socket Mode: {exc}")
            stop.wait(exc.after or again_seconds)
            continue
        say("Socket Mode: connected; buttons in Slack are heard")
        stop.wait()
        client.close()


def _connected(
    slack: Slack, hear: Callable[[Mapping[str, Any]], None], say: Callable[[str], None]
) -> SocketModeClient:
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.response import SocketModeResponse

    def heard(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        if request.type != "interactive":
            return
        try:
            hear(request.payload)
        except Exception as exc:  # noqa: BLE001  one press that fails must not end the listening
            say(f"Socket Mode: a button was not heard: {type(exc).__name__}: {exc}")

    token = slack.app_token.get_secret_value() if slack.app_token else ""
    client = SocketModeClient(token, web_client=web(token, slack.api_url, slack.timeout_seconds))
    client.socket_mode_request_listeners.append(heard)
    try:
        with asking("connections:write"):
            client.connect()
    except BaseException:  # an interrupt too: its threads would keep the process alive
        client.close()
        raise
    return client
