"""What `finops doctor` says of Slack: the token, its scopes, and whether a button is heard."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from scripted_server import Scripted

from finops.channels import Slack
from finops.config import Settings
from finops.doctor.channels import lines

AUTH = {"ok": True, "user": "finops", "team": "Acme"}
OWNERS = {"search": "ana@example.com"}


def scopes(*names: str) -> dict[str, str]:
    return {"x-oauth-scopes": ",".join(names)}


@pytest.mark.parametrize(
    ("more", "answers", "told"),
    [
        pytest.param(
            {}, [(200, scopes("chat:write"), AUTH)],
            [("ok", "finops of Acme, into C1"), ("ok", "none: commands to copy instead")], id="a token",
        ),
        pytest.param(
            {"owners": OWNERS}, [(200, scopes("chat:write"), AUTH)],
            [("problem", "the app lacks users:read.email"), ("ok", "none: commands to copy instead")],
            id="owners by address, without the scope",
        ),
        pytest.param(
            {"owners": {"search": "U0123456789"}}, [(200, scopes("chat:write"), AUTH)],
            [("ok", "finops of Acme, into C1"), ("ok", "none: commands to copy instead")], id="owners by id need none",
        ),
        pytest.param(
            {"signing_secret": SecretStr("s")}, [(200, {}, AUTH)],
            [("ok", "finops of Acme, into C1"), ("ok", "signed requests, by `finops serve`")], id="signed requests",
        ),
        pytest.param(
            {"app_token": SecretStr("xapp-s3cret")}, [(200, {}, AUTH), (200, {}, {"ok": True, "url": "wss://x"})],
            [("ok", "finops of Acme, into C1"), ("ok", "Socket Mode, by `finops serve` or `finops slack listen`")],
            id="Socket Mode",
        ),
        pytest.param(
            {"app_token": SecretStr("xapp-s3cret")},
            [(200, {}, AUTH), (200, {}, {"ok": False, "error": "not_allowed_token_type"})],
            [("ok", "finops of Acme, into C1"), ("problem", "Slack says not_allowed_token_type")], id="no app token",
        ),
        pytest.param(
            {"app_token": SecretStr("xapp-s3cret")}, [(200, {}, AUTH), (0, {}, "")],
            [("ok", "finops of Acme, into C1"), ("unknown", "no answer")], id="not reached",
        ),
    ],
)  # fmt: skip
def test_slack(
    more: dict[str, Any], answers: list[Any], told: list[tuple[str, str]], server: Scripted
) -> None:
    server.will(*answers)
    slack = Slack(token=SecretStr("xoxb-s3cret"), channel="C1", api_url=server.url, **more)
    found = list(lines(Settings(channels=(slack,))))
    assert [(line.status, line.said) for line in found] == told
    assert "s3cret" not in str(found)
