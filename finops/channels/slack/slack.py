"""Slack, by a bot token (threads, messages drawn anew, buttons) or by an incoming webhook.

A bot token needs the scope `chat:write` and a bot that is a member of `channel`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import SecretStr

from finops.channels.audience import Audience
from finops.channels.slack.blocks import payload
from finops.channels.slack.text import escape
from finops.channels.slack.web import asking, refused, retries, web
from finops.errors import DeliveryError
from finops.messages.charts import png
from finops.model import Message

if TYPE_CHECKING:
    from slack_sdk import WebClient

TIMEOUT_SECONDS = 15
PICTURED = ("opened", "reopened", "escalated")
QUIETLY = ("confirmed",)  # said in the thread alone; all other later news is shown in the channel as well
GONE = {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found", "is_inactive"}


class Ref(NamedTuple):
    """A message as Slack knows it; `where` is the `channel` of the settings it was sent with."""

    channel: str
    ts: str
    where: str

    @classmethod
    def read(cls, text: str) -> Ref:
        """Older ones are the `ts` alone."""
        parts = text.split(" ", 2)
        return cls(parts[0], parts[1], parts[2]) if len(parts) == 3 else cls("", text, "")


class Slack(Audience):
    """Secrets come from the environment. With both, the token wins: it can answer in threads. Buttons are
    shown where they are heard: with an app token (Socket Mode) or a signing secret (`finops serve`). `owners`
    are those of `[owners]` where it names none itself. `charts`: the picture of the series goes into the thread."""

    secrets: ClassVar[Mapping[str, str]] = {
        "webhook_url": "FINOPS_SLACK_WEBHOOK_URL",
        "token": "FINOPS_SLACK_TOKEN",
        "app_token": "FINOPS_SLACK_APP_TOKEN",
        "signing_secret": "FINOPS_SLACK_SIGNING_SECRET",
    }
    kind: Literal["slack"] = "slack"
    webhook_url: SecretStr | None = None
    token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    channel: str | None = None
    dashboard_url: str | None = None
    charts: bool = True
    owners: dict[str, str] = {}
    api_url: str = "https://slack.com/api/"
    timeout_seconds: int = TIMEOUT_SECONDS
    pace_seconds: float = 1.0  # Slack takes a message a second in a channel

    def lacking(self) -> str | None:
        if not (self.webhook_url or self.token):
            return "slack has no secret; set FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and `channel`"
        if self.token and not self.webhook_url and not self.channel:
            return 'slack with a token needs `channel = "#name"` or a channel id'
        return None

    @property
    def heard(self) -> bool:
        """Whether a button of ours does anything."""
        return self.token is not None and bool(self.app_token or self.signing_secret)

    def send(self, message: Message) -> str | None:
        """Returns the message's reference with a token, None with a webhook; not before the next may follow."""
        began, ref = time.monotonic(), None
        if self.token is not None and self.channel:
            ref = self._post(self.channel, message)
        elif self.webhook_url is not None:
            self._hook(self.webhook_url.get_secret_value(), message)
        else:
            raise DeliveryError(
                "nowhere to send; set FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and `channel`",
                retry=False,
                mend=True,
            )
        self._rest(began)
        return ref

    def redraw(self, message: Message, ref: str) -> None:
        """The message as its incidents stand now; one that is there no more is let go."""
        place, began = Ref.read(ref), time.monotonic()
        if not place.channel:
            return
        try:
            with asking():
                self._web().chat_update(
                    channel=place.channel,
                    ts=place.ts,
                    parse="none",  # which is not what an update does by itself
                    link_names=False,
                    metadata=_metadata(message),
                    **self._payload(message),
                )
        except DeliveryError as exc:
            if str(exc).split(":")[0] not in GONE:
                raise
        self._rest(began)

    def stands(self, ref: str) -> bool:
        """Whether it is in `channel`; of references of an earlier version nothing else is known."""
        return Ref.read(ref).where in ("", self.channel)

    def attach(self, message: Message, ref: str) -> None:
        """The picture of what is new and bad, in its thread. Needs the scope `files:write`."""
        place, began = Ref.read(ref), time.monotonic()
        new = [one.incident.finding for one in message.notices if one.reason in PICTURED]
        if not (self.charts and place.channel and len(message.notices) == 1 and new):
            return
        picture = png(new[0])
        if picture is None:
            return
        thread = _thread(message) or place.ts
        with asking("files:write"):
            self._web().files_upload_v2(
                channel=place.channel,
                thread_ts=thread,
                content=picture,
                filename=f"{message.notices[0].incident.id}.png",
                title=message.headline,
                alt_txt=message.headline,
            )
        self._rest(began)

    def find(self, address: str) -> str | None:
        """Needs the scope `users:read.email`."""
        if self.token is None:
            return None
        try:
            with asking("users:read.email"):
                answer = self._web().users_lookupByEmail(email=address)
        except DeliveryError as exc:
            if str(exc).split(":")[0] == "users_not_found":
                return None
            raise
        user: dict[str, Any] = answer.get("user") or {}
        return None if user.get("deleted") else user.get("id")

    def whisper(self, text: str, user: str, channel: str | None, thread: str | None) -> None:
        """To one person, under the message in which they pressed a button."""
        place = channel or self.channel
        if place:
            with asking():
                self._web().chat_postEphemeral(
                    channel=place,
                    user=user,
                    text=escape(text),
                    thread_ts=thread,
                    parse="none",
                    link_names=False,
                )

    def _post(self, channel: str, message: Message) -> str:
        thread = _thread(message)
        shown = thread is not None and not any(notice.reason in QUIETLY for notice in message.notices)
        with asking():
            answer = self._web().chat_postMessage(
                channel=channel,
                thread_ts=thread,
                reply_broadcast=True if shown else None,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
                metadata=_metadata(message),
                **self._payload(message),
            )
        return " ".join((str(answer.get("channel") or channel), str(answer["ts"]), channel))

    def _rest(self, began: float) -> None:
        time.sleep(max(0.0, self.pace_seconds - (time.monotonic() - began)))

    def _payload(self, message: Message) -> dict[str, Any]:
        return payload(message, buttons=self.heard, dashboard_url=self.dashboard_url)

    def _web(self) -> WebClient:
        token = self.token.get_secret_value() if self.token else ""
        return web(token, self.api_url, self.timeout_seconds)

    def _hook(self, url: str, message: Message) -> None:
        from slack_sdk.webhook import WebhookClient

        if not url.startswith(("https://", "http://")):
            raise DeliveryError("FINOPS_SLACK_WEBHOOK_URL is no http(s) address", retry=False, mend=True)
        client = WebhookClient(url, self.timeout_seconds, retry_handlers=retries())
        with asking():
            answer = client.send_dict({**payload(message), "unfurl_links": False, "unfurl_media": False})
        if answer.status_code != 200 or answer.body.lstrip().startswith("<"):  # a page is a proxy's
            raise refused(answer.status_code, answer.body, answer.headers)


def _thread(message: Message) -> str | None:
    return Ref.read(message.thread).ts if message.thread else None


def _metadata(message: Message) -> dict[str, Any]:
    return {"event_type": "finops_incident", "event_payload": {"key": message.key}}
