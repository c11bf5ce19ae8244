from __future__ import annotations

from collections.abc import Sequence

import pytest

from finops.channels import Channel, Console, Slack, Webhook, named
from finops.channels.console import Stream
from finops.errors import ConfigError


@pytest.mark.parametrize(
    ("configured", "names"),
    [
        pytest.param([Slack(), Webhook()], ["slack", "webhook"], id="by kind"),
        pytest.param([Slack(), Slack(), Slack()], ["slack", "slack-2", "slack-3"], id="numbered"),
        pytest.param([Slack(name="oncall"), Slack()], ["oncall", "slack"], id="by name"),
    ],
)
def test_names(configured: Sequence[Channel], names: list[str]) -> None:
    assert list(named(configured)) == names


@pytest.mark.parametrize(
    ("stream", "streams"),
    [
        pytest.param(None, ["stdout", "stderr"], id="as configured"),
        pytest.param("stderr", ["stderr", "stderr"], id="stdout is a program's"),
    ],
)
def test_where_consoles_print(stream: Stream | None, streams: list[str]) -> None:
    configured = named([Console(), Slack(), Console(stream="stderr")], stream)
    assert [one.stream for one in configured.values() if isinstance(one, Console)] == streams


@pytest.mark.parametrize(
    "configured",
    [
        pytest.param([Slack(name="a"), Webhook(name="a")], id="twice"),
        pytest.param([Slack(name="console"), Console()], id="the console's"),
    ],
)
def test_a_taken_name_is_refused(configured: Sequence[Channel]) -> None:
    with pytest.raises(ConfigError, match="is taken"):
        named(configured)
