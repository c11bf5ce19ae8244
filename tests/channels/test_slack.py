from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from channel_samples import check_golden
from pydantic import SecretStr
from scripted_server import Scripted
from slack_sdk.models.blocks import Block

from finops.channels import Slack
from finops.channels.slack_blocks import escape, payload
from finops.errors import DeliveryError
from finops.model import Message

POSTED = {"ok": True, "ts": "1763446200.000100", "channel": "C1"}


@pytest.fixture(autouse=True)
def quiet_sdk() -> Iterator[None]:
    """The SDK logs what it then raises."""
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("slack_sdk").setLevel(logging.NOTSET)


def bot(server: Scripted) -> Slack:
    return Slack(token=SecretStr("xoxb-s3cret"), channel="C1", api_url=server.url, timeout_seconds=5)


def hook(server: Scripted) -> Slack:
    return Slack(webhook_url=SecretStr(server.url + "services/s3cret"), timeout_seconds=5)


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


@pytest.mark.parametrize("name", ["page", "resolved", "bare", "hostile", "grouped"])
def test_layout_is_golden(name: str, samples: dict[str, Message]) -> None:
    check_golden(
        f"slack/{name}.json", json.dumps(payload(samples[name]), indent=2, ensure_ascii=False) + "\n"
    )


@pytest.mark.parametrize("name", ["page", "resolved", "bare", "hostile", "long", "grouped", "flood"])
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
    ],
)
def test_escape(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_web_api_posts_and_returns_the_reference(server: Scripted, samples: dict[str, Message]) -> None:
    server.will((200, {}, POSTED))
    assert bot(server).send(samples["page"]) == POSTED["ts"]
    ((path, headers, body),) = server.requests
    sent = json.loads(body)
    assert path == "/chat.postMessage"
    assert headers["Authorization"] == "Bearer xoxb-s3cret"
    assert (sent["channel"], sent["parse"], "thread_ts" in sent) == ("C1", "none", False)
    assert sent["metadata"]["event_payload"] == {"key": samples["page"].key}


def test_later_news_goes_into_the_thread_and_the_channel(
    server: Scripted, samples: dict[str, Message]
) -> None:
    server.will((200, {}, POSTED))
    bot(server).send(samples["resolved"].model_copy(update={"thread": "1763.1"}))
    sent = json.loads(server.requests[0][2])
    assert (sent["thread_ts"], sent["reply_broadcast"]) == ("1763.1", True)


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
        pytest.param(bot, (0, {}, ""), True, "no answer", id="hung up"),
        pytest.param(bot, (200, {}, "not json"), False, "HTTP 200", id="not Slack"),
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
    assert caught.value.retry is retry
    assert "s3cret" not in str(caught.value)
    assert len(server.requests) == 1
    if answer[1]:
        assert caught.value.after == float(answer[1]["Retry-After"])


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
