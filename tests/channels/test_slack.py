from __future__ import annotations

import contextlib
import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from channel_samples import all_samples
from pydantic import SecretStr
from scripted_server import Scripted
from slack_sdk.models.blocks import Block

from finops.channels import Slack
from finops.channels.slack.blocks import payload
from finops.channels.slack.text import escape
from finops.errors import DeliveryError
from finops.model import Billed, Message, Reason

SOON = datetime(2026, 11, 20, 6, tzinfo=UTC)
POSTED = {"ok": True, "ts": "1763446200.000100", "channel": "C1"}


@pytest.fixture(autouse=True)
def quiet_sdk() -> Iterator[None]:
    """The SDK logs what it then raises."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("slack_sdk").setLevel(logging.NOTSET)


def bot(server: Scripted, **more: Any) -> Slack:
    given = {"channel": "C1", "api_url": server.url, "timeout_seconds": 5, "pace_seconds": 0}
    return Slack(token=SecretStr("xoxb-s3cret"), **{**given, **more})


def hook(server: Scripted) -> Slack:
    url = SecretStr(server.url + "services/s3cret")
    return Slack(webhook_url=url, timeout_seconds=5, pace_seconds=0)


def all_blocks(message: Message) -> list[dict[str, Any]]:
    sent = payload(message)
    return [*sent["blocks"], *sent["attachments"][0]["blocks"]]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from [part] if key == "text" and isinstance(part, str) else texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("name", sorted(all_samples()))
def test_slack_own_models_accept_every_block(name: str, samples: dict[str, Message]) -> None:
    blocks = all_blocks(samples[name])
    assert len(blocks) <= 50
    for block in Block.parse_all(blocks):
        assert block is not None
        block.to_dict()  # raises where a limit is passed
    for text in texts(blocks):
        assert 0 < len(text) <= 3000
        assert text.count("`") % 2 == 0, "a code span is closed"
    for text in texts(blocks[1:]):  # the header is plain text
        assert "&" not in re.sub("&(amp|lt|gt);", "", text), "an entity is whole"
    assert payload(samples[name])["text"]


def test_hostile_text_neither_mentions_nor_links_nor_breaks_out(samples: dict[str, Message]) -> None:
    for text in texts(payload(samples["hostile"])):
        for bad in ("<!", "<http", "@here", "https://evil", "https://e.", "\x1b", "\u202e", "\n*Next* run"):
            assert bad not in text


def test_what_is_left_out_of_a_flood_is_counted(samples: dict[str, Message]) -> None:
    shown = "\n".join(texts(all_blocks(samples["flood"])))
    listed = shown.count("• ")
    assert listed > 1000
    assert f"and {3000 - listed} more: `finops incidents list`" in shown


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        pytest.param("a & b < c > d", "a &amp; b &lt; c &gt; d", id="Slack's three"),
        pytest.param("<!channel>", "&lt;!channel&gt;", id="mention"),
        pytest.param("@here", "@\u2060here", id="plain mention"),
        pytest.param("https://x.example", "https:\u2060//x.example", id="link"),
        pytest.param("`rm`", "'rm'", id="backticks"),
        pytest.param("*Next* ~$5~", "\u2217Next\u2217 \u223c$5\u223c", id="bold and struck"),
        pytest.param("_so_ and _a b_", "\u02cdso\u02cd and \u02cda b\u02cd", id="italic"),
        pytest.param("cache_write_5m", "cache_write_5m", id="a name as it is"),
    ],
)
def test_escape(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_web_api_posts_and_returns_the_reference(server: Scripted, samples: dict[str, Message]) -> None:
    server.will((200, {}, POSTED))
    assert bot(server, channel="#costs").send(samples["page"]) == "C1 1763446200.000100 #costs"
    ((path, headers, body),) = server.requests
    sent = json.loads(body)
    assert path == "/chat.postMessage"
    assert headers["Authorization"] == "Bearer xoxb-s3cret"
    assert (sent["channel"], sent["parse"], "thread_ts" in sent) == ("#costs", "none", False)
    assert sent["metadata"]["event_payload"] == {"key": samples["page"].key}


@pytest.mark.parametrize(
    ("reason", "thread", "expected"),
    [
        pytest.param("resolved", "C1 17.1 C1", ("17.1", True), id="over: thread and channel"),
        pytest.param("escalated", "C1 17.1 C1", ("17.1", True), id="worse: thread and channel"),
        pytest.param("confirmed", "C1 17.1 C1", ("17.1", None), id="billed: the thread alone"),
        pytest.param("resolved", "17.1", ("17.1", True), id="a reference of an earlier version"),
    ],
)
def test_later_news_goes_into_the_thread(
    reason: Reason, thread: str, expected: tuple[Any, Any], server: Scripted, samples: dict[str, Message]
) -> None:
    server.will((200, {}, POSTED))
    told = samples["resolved"].notices[0].model_copy(update={"reason": reason})
    bot(server).send(samples["resolved"].model_copy(update={"thread": thread, "notices": (told,)}))
    sent = json.loads(server.requests[0][2])
    assert (sent.get("thread_ts"), sent.get("reply_broadcast")) == expected


@pytest.mark.parametrize(
    ("ref", "stands"),
    [
        pytest.param("C1 17.1 C1", True, id="where it sends to"),
        pytest.param("C9 17.1 #old", False, id="in another channel"),
        pytest.param("17.1", True, id="of an earlier version: nobody knows"),
    ],
)
def test_where_a_message_stands(ref: str, stands: bool, server: Scripted) -> None:
    assert bot(server).stands(ref) is stands


def test_a_message_a_second_at_most(server: Scripted, samples: dict[str, Message]) -> None:
    server.will((200, {}, POSTED))
    slack, began = bot(server, pace_seconds=0.3), time.monotonic()
    slack.send(samples["page"])
    assert time.monotonic() - began >= 0.3, "it returns when the next may follow, whoever sends it"


def answered(message: Message, **answers: Any) -> Message:
    notice = message.notices[0]
    incident = notice.incident.model_copy(update=answers)
    return message.model_copy(update={"notices": (notice.model_copy(update={"incident": incident}),)})


@pytest.mark.parametrize(
    ("answers", "colour", "text", "pressed"),
    [
        pytest.param({}, "#dc3545", "", True, id="open"),
        pytest.param(
            {"state": "acknowledged", "by": "ana"}, "#6c757d", "*Acknowledged by ana*", True, id="acknowledged"
        ),
        pytest.param(
            {"state": "snoozed", "by": "ana", "until": SOON}, "#6c757d",
            "*Snoozed until 2026-11-20 06:00Z by ana*", True, id="snoozed",
        ),
        pytest.param(
            {"state": "planned", "by": "<!here>", "until": SOON}, "#6c757d",
            "*Planned until 2026-11-20 06:00Z by &lt;!here&gt;*", True, id="planned by a hostile name",
        ),
        pytest.param(
            {"state": "resolved", "resolved_at": SOON}, "#28a745", "*Resolved 2026-11-20 06:00Z*", False, id="over"
        ),
        pytest.param(
            {"billed": Billed(through=SOON.date(), usd=Decimal(2655), estimated_usd=Decimal(2710))}, "#dc3545",
            "*Billed $2,655 through 2026-11-20, estimated $2,710: 2.1% too high*", True, id="billed",
        ),
    ],
)  # fmt: skip
def test_a_message_drawn_anew_says_how_its_incident_stands(
    answers: dict[str, Any], colour: str, text: str, pressed: bool,
    server: Scripted, samples: dict[str, Message],
) -> None:  # fmt: skip
    server.will((200, {}, POSTED))
    slack = bot(server, app_token=SecretStr("xapp-1"))
    slack.redraw(answered(samples["page"], **answers), "C1 17.1 C1")
    ((path, _, body),) = server.requests
    sent = json.loads(body)
    assert (path, sent["channel"], sent["ts"]) == ("/chat.update", "C1", "17.1")
    (attachment,) = sent["attachments"]
    assert attachment["color"] == colour
    first, last = attachment["blocks"][0], attachment["blocks"][-1]
    assert (first["text"]["text"] if text else "") == text
    assert (last["type"] == "actions") is pressed
    assert sent["blocks"][0]["text"]["text"].startswith("[PAGE]"), "what it said stays"


@pytest.mark.parametrize(
    ("error", "raises"),
    [
        pytest.param("message_not_found", False, id="deleted"),
        pytest.param("edit_window_closed", False, id="too old to edit"),
        pytest.param("invalid_auth", True, id="no token"),
    ],
)
def test_a_message_that_is_gone_is_let_go(
    error: str, raises: bool, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will((200, {}, {"ok": False, "error": error}))
    with pytest.raises(DeliveryError) if raises else contextlib.nullcontext():
        bot(server).redraw(samples["page"], "C1 17.1 C1")


def test_the_chart_goes_into_the_thread(server: Scripted, samples: dict[str, Message]) -> None:
    server.will(
        (200, {}, {"ok": True, "upload_url": f"{server.url}upload/1", "file_id": "F1"}),
        (200, {}, "OK - 1"),
        (200, {}, {"ok": True, "files": [{"id": "F1"}]}),
    )
    bot(server).attach(samples["page"], "C1 17.1 C1")
    (asked, _, wanted), (uploaded, _, picture), (completed, _, done) = server.requests
    assert [asked, uploaded, completed] == [
        "/files.getUploadURLExternal", "/upload/1", "/files.completeUploadExternal",
    ]  # fmt: skip
    assert picture.startswith(b"\x89PNG")
    assert f"length={len(picture)}".encode() in wanted
    assert b"channel_id=C1" in done
    assert b"thread_ts=17.1" in done


@pytest.mark.parametrize("name", ["resolved", "bare", "grouped"])
def test_what_has_no_series_or_is_over_has_no_chart(
    name: str, server: Scripted, samples: dict[str, Message]
) -> None:
    bot(server).attach(samples[name], "C1 17.1 C1")
    bot(server, charts=False).attach(samples["page"], "C1 17.1 C1")
    assert server.requests == []


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        pytest.param([(200, {}, {"ok": False, "error": "missing_scope"})], "the scope files:write", id="scope"),
        pytest.param([(200, {}, {"ok": True, "upload_url": "UPLOAD", "file_id": "F1"}), (500, {}, "no")],
                     "no answer|Failed to upload", id="the upload fails"),
        pytest.param([(0, {}, "")], "no answer", id="hung up"),
    ],
)  # fmt: skip
def test_a_chart_that_is_not_taken_is_a_delivery_error(
    answers: list[Any], text: str, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will(*json.loads(json.dumps(answers).replace("UPLOAD", f"{server.url}upload/1")))
    with pytest.raises(DeliveryError, match=text):
        bot(server).attach(samples["page"], "C1 17.1 C1")


def test_owners_are_called_by_their_ids_above_the_rest(samples: dict[str, Message]) -> None:
    owners = ("U0123456789", "S0123456789", "ana@example.com")
    sent = payload(samples["page"].model_copy(update={"owners": owners}))
    _, called = sent["blocks"]
    assert called["text"]["text"] == "Owner <@U0123456789> <!subteam^S0123456789> ana@\u2060example.com"
    assert "U0123456789" not in json.dumps(sent["attachments"])


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param({"ok": True, "user": {"id": "U1"}}, "U1", id="known"),
        pytest.param({"ok": True, "user": {"id": "U1", "deleted": True}}, None, id="has left"),
        pytest.param({"ok": False, "error": "users_not_found"}, None, id="unknown"),
    ],
)
def test_an_owner_is_found_by_address(answer: dict[str, Any], found: str | None, server: Scripted) -> None:
    server.will((200, {}, answer))
    assert bot(server).find("ana@example.com") == found
    ((path, _, body),) = server.requests
    assert (path, body) == ("/users.lookupByEmail", b"email=ana%40example.com")


def test_a_scope_that_is_missing_is_named(server: Scripted) -> None:
    server.will((200, {}, {"ok": False, "error": "missing_scope"}))
    with pytest.raises(DeliveryError, match=r"the app needs the scope users:read\.email"):
        bot(server).find("ana@example.com")


def test_buttons_carry_the_id_and_no_text_of_tags(samples: dict[str, Message]) -> None:
    sent = payload(samples["hostile"], buttons=True, dashboard_url="https://costs.example.com/")
    row = sent["attachments"][0]["blocks"][-1]
    incident = samples["hostile"].notices[0].incident.id
    assert [element["value"] for element in row["elements"]] == [incident] * 6
    assert row["elements"][-1]["url"] == f"https://costs.example.com/incidents/{incident}"
    assert "finops incidents ack" not in json.dumps(sent), "commands are for who cannot press"


@pytest.mark.parametrize(
    ("name", "pressed"),
    [
        pytest.param("grouped", 7, id="each of seven"),
        pytest.param("flood", 0, id="none of three thousand"),
    ],
)
def test_the_lines_of_a_group_have_a_button_each(
    name: str, pressed: int, samples: dict[str, Message]
) -> None:
    blocks = payload(samples[name], buttons=True)["attachments"][0]["blocks"]
    assert len(blocks) <= 49
    values = [block["accessory"]["value"] for block in blocks if "accessory" in block]
    assert values == [notice.incident.id for notice in samples[name].notices][:pressed]
    for block in Block.parse_all(blocks):
        assert block is not None
        block.to_dict()  # raises where a limit is passed


@pytest.mark.parametrize(
    ("secrets", "heard"),
    [
        pytest.param({}, False, id="nobody listens"),
        pytest.param({"app_token": SecretStr("xapp-1")}, True, id="Socket Mode"),
        pytest.param({"signing_secret": SecretStr("s")}, True, id="signed requests"),
        pytest.param({"signing_secret": SecretStr("s"), "token": None}, False, id="a webhook has none"),
    ],
)
def test_buttons_are_shown_where_they_are_heard(
    secrets: dict[str, Any], heard: bool, server: Scripted
) -> None:
    assert bot(server).model_copy(update=secrets).heard is heard


def test_webhook_mode_posts_without_a_reference(server: Scripted, samples: dict[str, Message]) -> None:
    assert hook(server).send(samples["page"]) is None
    ((path, _, body),) = server.requests
    assert path == "/services/s3cret"
    assert json.loads(body)["text"]


@pytest.mark.parametrize("make", [bot, hook], ids=["token", "webhook"])
@pytest.mark.parametrize(
    ("answers", "requests"),
    [
        pytest.param([(429, {"Retry-After": "0"}, "")], 2, id="asked to wait"),
        pytest.param([(500, {}, "")], 2, id="server error"),
        pytest.param([(503, {}, "")], 2, id="unavailable"),
        pytest.param([(502, {}, "<html>"), (504, {}, "")], 3, id="a gateway, twice"),
    ],
)
def test_it_tries_again_at_once(
    make: Any, answers: list[Any], requests: int, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will(*answers, (200, {}, POSTED if make is bot else "ok"))
    make(server).send(samples["page"])
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("make", "answer", "retry", "text"),
    [
        pytest.param(bot, (502, {}, "<html>"), True, "HTTP 502", id="bad gateway"),
        pytest.param(bot, (504, {}, ""), True, "HTTP 504", id="gateway timeout"),
        pytest.param(
            bot, (429, {"Retry-After": "3600"}, ""), True, "tried again", id="an hour is not waited for"
        ),
        pytest.param(
            bot, (429, {"Retry-After": "9" * 14}, ""), True, "tried again", id="an age is not waited for"
        ),
        pytest.param(bot, (0, {}, ""), True, "no answer", id="hung up"),
        pytest.param(bot, (200, {}, "not json"), True, "HTTP 200", id="not Slack"),
        pytest.param(
            bot, (200, {}, {"ok": False, "error": "ratelimited"}), True, "ratelimited", id="limited"
        ),
        pytest.param(
            bot, (200, {}, {"ok": False, "error": "internal_error"}), True, "internal_error", id="theirs"
        ),
        pytest.param(
            bot, (200, {}, {"ok": False, "error": "invalid_auth"}), False, "FINOPS_SLACK_TOKEN", id="token"
        ),
        pytest.param(
            bot, (200, {}, {"ok": False, "error": "channel_not_found"}), False, "/invite", id="channel"
        ),
        pytest.param(
            bot, (200, {}, {"ok": False, "error": "new_error"}), False, "docs.slack.dev", id="unknown"
        ),
        pytest.param(bot, (404, {}, "<html>"), True, "no answer of Slack's", id="a proxy's page"),
        pytest.param(hook, (404, {}, "<html>"), True, "HTTP 404", id="webhook: a proxy's page"),
        pytest.param(hook, (200, {}, "<html>sign in"), True, "HTTP 200", id="webhook: a captive portal"),
        pytest.param(hook, (404, {}, "no_service"), False, "FINOPS_SLACK_WEBHOOK_URL", id="webhook removed"),
        pytest.param(hook, (410, {}, "channel_is_archived"), False, "archived", id="webhook archived"),
        pytest.param(hook, (502, {}, "<html>"), True, "HTTP 502", id="webhook bad gateway"),
        pytest.param(hook, (0, {}, ""), True, "no answer", id="webhook hung up"),
    ],
)
def test_refusals(
    make: Any, answer: Any, retry: bool, text: str, server: Scripted, samples: dict[str, Message]
) -> None:
    server.will(answer)
    with pytest.raises(DeliveryError, match=text) as caught:
        make(server).send(samples["page"])
    assert (caught.value.retry, caught.value.mend) == (retry, not retry)
    assert "s3cret" not in str(caught.value)
    assert len(server.requests) == (3 if answer[0] >= 500 else 1)
    if answer[1]:
        assert caught.value.after == min(float(answer[1]["Retry-After"]), 86400)


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long", "invalid_payload"])
def test_what_no_setting_mends(error: str, server: Scripted, samples: dict[str, Message]) -> None:
    server.will((200, {}, {"ok": False, "error": error}))
    with pytest.raises(DeliveryError, match=error) as caught:
        bot(server).send(samples["page"])
    assert (caught.value.retry, caught.value.mend) == (False, False)


@pytest.mark.parametrize(
    ("slack", "text"),
    [
        pytest.param(Slack(), "FINOPS_SLACK_WEBHOOK_URL", id="nothing set"),
        pytest.param(Slack(token=SecretStr("xoxb-s3cret")), "`channel`", id="no channel"),
        pytest.param(Slack(webhook_url=SecretStr("s3cret")), "no http", id="no address"),
    ],
)
def test_nowhere_to_send(slack: Slack, text: str, samples: dict[str, Message]) -> None:
    with pytest.raises(DeliveryError, match=text) as caught:
        slack.send(samples["page"])
    assert not caught.value.retry
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(slack)
