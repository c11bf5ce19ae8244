from __future__ import annotations

from collections.abc import Iterator

import pytest
import slack_emulator

SCOPES = ["chat:write", "files:write", "users:read.email", "channels:read", "channels:history", "files:read"]
WORKSPACE = {
    "users": [{"name": "ana", "email": "ana@example.com"}],
    "channels": [{"name": "costs"}],
    "incoming_webhooks": [{"channel": "costs"}],
    "tokens": [
        {"token": "xoxb-whole", "user": "admin", "scopes": SCOPES},
        {"token": "xoxb-words", "user": "admin", "scopes": ["chat:write"]},
    ],
    "strict_scopes": True,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "slack":
            item.add_marker("slack")


@pytest.fixture(scope="session")
def slack_url() -> Iterator[str]:
    with slack_emulator.running(WORKSPACE) as url:
        yield url
