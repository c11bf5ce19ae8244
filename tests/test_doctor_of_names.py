"""What `finops doctor` says of names in finops.toml that are nobody's."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from finops import config
from finops.doctor.names import lines

PLANNED = '[[planned]]\n{} = "{}"\nfrom = 2026-11-27\nto = 2026-11-30\nreason = "a sale"\n'
BUDGET = '[[budgets]]\nname = "b"\namount_usd = 1\n{} = "{}"\n'
OVERRIDE = "[rules.spend_spike.workloads.{}]\nmin_usd = 1\n"
OWNER = '[owners]\n{} = "ana@example.com"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", [], id="nobody is named"),
        pytest.param(PLANNED.format("workload", "search-api"), [("ok", "workload search-api", None)], id="a workload"),
        pytest.param(PLANNED.format("team", "search"), [("ok", "team search", None)], id="a team"),
        pytest.param(
            PLANNED.format("workload", "serch-api"),
            [("problem", "no workload serch-api is on the bill", "did you mean search-api?")], id="misspelt",
        ),
        pytest.param(
            PLANNED.format("workload", "zzz"), [("unknown", "no workload zzz is on the bill, yet", None)], id="to come"
        ),
        pytest.param(
            BUDGET.format("team", "serch"),
            [("problem", "no team serch is on the bill", "did you mean search?")], id="a budget"
        ),
        pytest.param(BUDGET.format("environment", "prod"), [], id="a budget of neither"),
        pytest.param(
            OVERRIDE.format("search-apii"),
            [("problem", "no workload search-apii is on the bill", "did you mean search-api?")], id="a threshold",
        ),
        pytest.param(
            OWNER.format("serch"), [("problem", "no team serch is on the bill", "did you mean search?")], id="an owner"
        ),
    ],
)  # fmt: skip
def test_names(text: str, told: list[tuple[str, str, str | None]], tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text(text)
    with duckdb.connect(str(tmp_path / "finops.duckdb")) as con:
        con.execute("create table spend_daily as select 'search-api' as workload, 'search' as team")
    found = lines(config.read(tmp_path, {}), tmp_path)
    assert [(line.status, line.said, line.fix) for line in found] == told


def test_without_a_ledger_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text(OWNER.format("search"))
    assert list(lines(config.read(tmp_path, {}), tmp_path)) == []
