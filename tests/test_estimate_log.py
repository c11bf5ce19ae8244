"""The estimate where CloudWatch is not read: the invocation log tells the tokens, and who called."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from bill import ACCOUNT, cur2, line
from home import SOURCE, Home
from log import Row, call, runs, sync

PRO = "amazon.nova-pro-v1:0"
OTHER = "444455556666"
RATE = "2"  # dollars a million, by the bill


def called(workload: str, account: str = ACCOUNT, **told: str) -> Row:
    return call(
        "2026-10-08 10:00",
        model_id=PRO,
        input_tokens=1_000_000,
        account_id=account,
        workload=workload,
        **told,
    )


def counted(account: str = ACCOUNT) -> Row:
    return runs(PRO, 3_000_000, "2026-10-08 10:00", namespace="AWS/Bedrock", metric="InputTokenCount",
                dimension="ModelId", account_id=account)  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([called("search"), called("chat")],
                     [("chat", None, "2"), ("search", None, "2")], id="each caller has its own"),
        pytest.param([called("chat", environment="prod"), called("chat", environment="dev")],
                     [("chat", "dev", "2"), ("chat", "prod", "2")], id="one workload, two environments"),
        pytest.param([called("search"), counted()], [("(shared)", None, "6")], id="CloudWatch has counted it all"),
        pytest.param([called("search", OTHER), counted()],
                     [("(shared)", None, "6"), ("search", None, "2")], id="CloudWatch is read in one account only"),
        pytest.param([call("2026-10-08 10:00", model_id=PRO, calls=5)], [("(shared)", None, "0")], id="no tokens"),
    ],
)  # fmt: skip
def test_a_log_is_priced_where_nothing_else_counts(
    tmp_path: Path, rows: list[Row], expected: list[tuple[str, str | None, str]]
) -> None:
    home = Home(tmp_path / "home")
    home.configure(sources=SOURCE)
    usage = {"usage_type": "USE1-NovaPro-input-tokens", "amount": 1000}
    cur2(home.exports, [line("2026-10-01 10:00", RATE, **usage)])
    sync(home, rows)
    told = home.ask("select workload, environment, estimated_usd from estimate_hourly order by all")
    assert [(w, None if e == "(untagged)" else e, usd) for w, e, usd in told] == [
        (w, e, Decimal(usd)) for w, e, usd in expected
    ]
