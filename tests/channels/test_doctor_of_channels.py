"""What `finops doctor` says about channels, without sending anything."""

from __future__ import annotations

import pytest
from mail_server import HOST, running
from pydantic import SecretStr

from finops.channels import Email, PagerDuty, Webhook
from finops.config import Settings
from finops.doctor.channels import lines
from finops.doctor.line import Line

ME, YOU = "finops@acme.example", "costs@acme.example"


def said(channel: Email | PagerDuty | Webhook) -> Line:
    (line,) = lines(Settings(channels=(channel,)))
    return line


def mail(port: int, **more: str) -> Email:
    return Email.model_validate(
        {"host": HOST, "port": port, "security": "none", "sender": ME, "to": (YOU,), **more}
    )


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(PagerDuty(routing_key=SecretStr("k")), id="pagerduty"),
        pytest.param(Webhook(url=SecretStr("https://x.example")), id="webhook"),
    ],
)
def test_what_only_a_message_can_try(channel: PagerDuty | Webhook) -> None:
    line = said(channel)
    assert (line.status, line.fix) == ("ok", "try it: finops alert test")


def test_a_mail_server_is_asked() -> None:
    with running() as box:
        line = said(mail(box.port))
    assert (line.status, line.said) == ("ok", "127.0.0.1 answers; nothing was sent")
    assert box.mails == []


def test_a_mail_server_without_encryption_is_a_problem() -> None:
    with running() as box:
        line = said(mail(box.port, security="starttls"))
    assert (line.status, line.fix) == ("problem", "check `security` and `port`")


def test_a_mail_server_that_is_not_there_is_not_known() -> None:
    assert said(mail(1)).status == "unknown"
