"""What every channel makes of every kind of message, in files that a reviewer reads: `pytest --update-golden`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from channel_samples import all_samples

from finops.channels import webhook
from finops.channels.console import render
from finops.channels.email.email import compose
from finops.channels.pagerduty import events
from finops.channels.slack import blocks
from finops.channels.sns import PROGRAMS, publication
from finops.messages.headline import OVER
from finops.model import Message

GOLDEN = Path(__file__).parent.parent / "golden"
SAMPLES = all_samples()
TOO_LONG = {"flood"}  # its limits are tested; nobody reads it
NO_PAGER = {name for name, message in SAMPLES.items() if message.digest}
NO_BUTTON = {  # a digest, and what is over: Slack shows the same with buttons and without
    name for name, message in SAMPLES.items() if all(notice.reason in OVER for notice in message.notices)
}
LEFT_OUT = {"pagerduty": NO_PAGER, "slack_buttons": NO_BUTTON}


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def console(message: Message) -> str:
    return f"{render(message).plain}\n"


def slack(message: Message) -> str:
    return as_json(blocks.payload(message))


def slack_buttons(message: Message) -> str:
    return as_json(blocks.payload(message, buttons=True, dashboard_url="https://finops.example.com"))


def hook(message: Message) -> str:
    return as_json(webhook.payload(message))


def sns(message: Message) -> str:
    """Programs get what the webhook sends, word for word, so it is not shown again."""
    given = publication("arn:aws:sns:us-east-1:123456789012:costs", message)
    bodies = json.loads(given["Message"])
    for program in PROGRAMS:
        assert json.loads(bodies.pop(program)) == webhook.payload(message)
    return as_json({**given, "Message": bodies})


def pagerduty(message: Message) -> str:
    return as_json(events(message))


def mail(message: Message) -> str:
    made = compose(message, "finops@acme.example", ("costs@acme.example",))
    body = made.get_body(("plain",))
    assert body is not None
    headers = "".join(f"{key}: {value}\n" for key, value in made.items() if key != "Content-Type")
    return f"{headers}\n{body.get_content()}"


def page(message: Message) -> str:
    body = compose(message, "finops@acme.example", ("costs@acme.example",)).get_body(("html",))
    assert body is not None
    return str(body.get_content())


LAYOUTS: dict[str, tuple[Callable[[Message], str], str]] = {
    "console": (console, "txt"),
    "slack": (slack, "json"),
    "slack_buttons": (slack_buttons, "json"),
    "webhook": (hook, "json"),
    "sns": (sns, "json"),
    "pagerduty": (pagerduty, "json"),
    "email": (mail, "txt"),
    "email_html": (page, "html"),
}
FILES = {
    f"{channel}/{name}.{ending}": (layout, name)
    for channel, (layout, ending) in LAYOUTS.items()
    for name in sorted(SAMPLES.keys() - TOO_LONG - LEFT_OUT.get(channel, set()))
}


@pytest.mark.parametrize("file", FILES)
def test_it_is_said_as_it_was(file: str, update_golden: bool) -> None:
    layout, name = FILES[file]
    text, path = layout(SAMPLES[name]), GOLDEN / file
    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(NO_BUTTON))
def test_where_nothing_is_to_be_pressed_slack_shows_the_same(name: str) -> None:
    assert slack_buttons(SAMPLES[name]) == slack(SAMPLES[name])


def test_no_file_is_left_over() -> None:
    assert {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.*")} == FILES.keys()
