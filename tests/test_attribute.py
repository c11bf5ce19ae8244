"""Who gets a line's dollars: every rung of the ladder, and that no dollar is lost or spent twice on it."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from bill import Row, cur2, legacy_csv, line, text
from home import SOURCE, Home
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT, MAPPED, TAGGED = "111122223333", "444455556666", "777788889999"
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
CONFIGURATION = f"""
[tags]
workload = ["Workload", "app"]
environment = ["Environment", "stage"]

[accounts.{MAPPED}]
workload = "lab"
team = "research"

[principals."role/mapped"]
workload = "by-principal-map"

[principals."arn:aws:iam::{ACCOUNT}:user/alice"]
workload = "alice's experiments"

[cost_categories]
team = "Business Unit"

[[sources]]
kind = "inventory"
path = "inventory"
"""
INVENTORY = {
    "2026-10-01/tags.json": {
        "ResourceTagMappingList": [
            {"ResourceARN": f"{PROFILE}listed", "Tags": [{"Key": "workload", "Value": "from-inventory"}]},
            {"ResourceARN": f"{PROFILE}moved", "Tags": [{"Key": "Workload", "Value": "before"}]},
            {"ResourceARN": f"{PROFILE}deleted", "Tags": [{"Key": "Workload", "Value": "still-named"}]},
            {"ResourceARN": f"{PROFILE}untagged-later", "Tags": [{"Key": "Workload", "Value": "tagged"}]},
        ]
    },
    "2026-11-10/tags.json": {
        "ResourceTagMappingList": [
            {"ResourceARN": f"{PROFILE}listed", "Tags": [{"Key": "workload", "Value": "from-inventory"}]},
            {"ResourceARN": f"{PROFILE}moved", "Tags": [{"Key": "Workload", "Value": "after"}]},
            {"ResourceARN": f"{PROFILE}untagged-later", "Tags": []},
            {"ResourceARN": f"{ROLE}tagged-role", "Tags": [{"Key": "Workload", "Value": "role-tags"}]},
            *(
                {"ResourceARN": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", "Tags": [
                    {"Key": "Workload", "Value": workload}, {"Key": "Team", "Value": "discovery"}]}
                for name, workload in (("indexer", "indexer"), ("shared-a", "a"), ("shared-b", "b"))
            ),
        ]
    },
    "2026-11-10/functions.json": {
        "Functions": [
            {"FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", "FunctionName": name,
             "Role": ROLE + role}
            for name, role in (("indexer", "service-role/indexer"), ("shared-a", "shared"), ("shared-b", "shared"))
        ]
    },
}  # fmt: skip


def session(role: str) -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/some-session"


# what a line says of itself; key; the name it must get; the rung that must give it
LADDER = [
    pytest.param(line(resource_tags={"Workload": "a"}), "workload", "a", "resource_tag", id="1 the line's own tag"),
    pytest.param(line(resource_tags={"APP": "a"}), "workload", "a", "resource_tag", id="1 an alias in another case"),
    pytest.param(line(resource_tags={"Work-load": "a"}), "workload", "a", "resource_tag", id="1 a separator more"),
    pytest.param(line(resource_tags={"app": "second", "Workload": "first"}), "workload", "first", "resource_tag",
                 id="1 the first alias wins"),
    pytest.param(line(resource_tags={"workload": "lower", "Workload": "exact"}), "workload", "exact", "resource_tag",
                 id="1 the exact spelling wins"),
    pytest.param(line(resource_tags={"stage": "prod"}), "environment", "prod", "resource_tag", id="1 environment"),
    pytest.param(line(resource_tags={"CostCenter": "4711"}), "cost_center", "4711", "resource_tag",
                 id="1 cost centre"),
    pytest.param(line(resource_tags={"cost-center": "4711"}), "cost_center", "4711", "resource_tag",
                 id="1 its kebab"),
    pytest.param(line(resource_tags={"Model": "sonnet"}), "model_tag", "sonnet", "resource_tag", id="1 model tag"),
    pytest.param(line(resource_tags={"Workload": ""}), "workload", "(untagged)", "untagged",
                 id="1 an empty tag is none"),
    pytest.param(line(resource_tags={"aws:Workload": "x"}), "workload", "(untagged)", "untagged",
                 id="1 AWS's own tags are not ours"),
    pytest.param(line(resource_tags={"Workload": "a"}, resource=PROFILE + "listed"), "workload", "a", "resource_tag",
                 id="1 the bill before the inventory"),
    pytest.param(line(resource=PROFILE + "listed"), "workload", "from-inventory", "inventory_tag",
                 id="2 a profile's tags"),
    pytest.param(line("2026-10-31 23:00", resource=PROFILE + "moved"), "workload", "before", "inventory_tag",
                 id="2 tags before they changed"),
    pytest.param(line("2026-11-10 00:00", resource=PROFILE + "moved"), "workload", "after", "inventory_tag",
                 id="2 tags from the day they changed"),
    pytest.param(line("2026-09-01 00:00", resource=PROFILE + "moved"), "workload", "before", "inventory_tag",
                 id="2 before the first snapshot"),
    pytest.param(line("2026-11-15 00:00", resource=PROFILE + "deleted"), "workload", "still-named", "inventory_tag",
                 id="2 a deleted profile keeps its name"),
    pytest.param(line("2026-11-15 00:00", resource=PROFILE + "untagged-later"), "workload", "(untagged)", "untagged",
                 id="2 a tag taken away"),
    pytest.param(line(other_tags={"iamPrincipal/Workload": "p"}), "workload", "p", "principal_tag",
                 id="3 a principal's tag"),
    pytest.param(line(resource_tags={"Workload": "r"}, other_tags={"iamPrincipal/Workload": "p"}), "workload", "r",
                 "resource_tag", id="3 below the resource's tag"),
    pytest.param(line(resource_tags={"Team": "r"}, other_tags={"iamPrincipal/Workload": "p"}), "workload", "p",
                 "principal_tag", id="3 per key"),
    pytest.param(line(principal=session("mapped")), "workload", "by-principal-map", "principal",
                 id="4 the principal map"),
    pytest.param(line(principal=f"arn:aws:iam::{ACCOUNT}:user/alice"), "workload", "alice's experiments", "principal",
                 id="4 the principal map by ARN"),
    pytest.param(line(principal=session("not-mapped")), "workload", "(untagged)", "untagged", id="4 no half a match"),
    pytest.param(line(principal=session("tagged-role")), "workload", "role-tags", "principal",
                 id="4 the role's own tags"),
    pytest.param(line(principal=session("indexer")), "workload", "indexer", "principal",
                 id="4 the function that runs as it"),
    pytest.param(line(principal=session("shared")), "workload", "(untagged)", "untagged",
                 id="4 a shared role is nobody's"),
    pytest.param(line(principal=session("shared")), "team", "discovery", "principal",
                 id="4 unless all who share it agree"),
    pytest.param(line(account=MAPPED), "workload", "lab", "account", id="7 the account map"),
    pytest.param(line(account=MAPPED, resource_tags={"Workload": "a"}), "workload", "a", "resource_tag",
                 id="7 below tags"),
    pytest.param(line(account=MAPPED, resource_tags={"Workload": "a"}), "team", "research", "account",
                 id="7 per key"),
    pytest.param(line(account=TAGGED, other_tags={"accountTag/Team": "platform"}), "team", "platform", "account",
                 id="7 account tags"),
    pytest.param(line(cost_category={"Business Unit": "retail"}), "team", "retail", "account",
                 id="7 a cost category"),
    pytest.param(line(), "workload", "(untagged)", "untagged", id="8 nobody"),
]  # fmt: skip


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Every line of LADDER in one ledger, told apart by its description."""
    home = Home(tmp_path_factory.mktemp("ladder") / "home")
    home.configure(CONFIGURATION, sources=SOURCE + "cost_categories = true\n")
    write_inventory(home.path / "inventory")
    rows = [p.values[0] | {"line_item_operation": str(p.id)} for p in LADDER]
    cur2(home.exports, [row for row in rows if isinstance(row, dict)])
    home.sync()
    return home


def write_inventory(root: Path) -> None:
    for name, content in INVENTORY.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content))


@pytest.mark.parametrize(("row", "key", "name", "rung"), LADDER)
def test_the_ladder(
    ladder: Home, request: pytest.FixtureRequest, row: Row, key: str, name: str, rung: str
) -> None:
    operation = request.node.callspec.id
    found = ladder.ask(
        f"select {key}, attribution_by_key['{key}'], attribution_by_key['workload'] = attribution "
        f"from attributed where operation = $${operation}$$"
    )
    assert found == [(name, rung, True)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(line(), "names neither a resource nor a caller", id="nothing"),
        pytest.param(
            line(resource_tags={"Owner": "x"}),
            "none that [tags] looks for: resourceTags/Owner",
            id="other tags",
        ),
        pytest.param(
            line(resource_tags={"Team": "x"}, resource="arn:x"), "no workload tag", id="a team only"
        ),
        pytest.param(
            line(resource="arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"),
            "not through a tagged inference profile",
            id="by model id",
        ),
        pytest.param(line(resource=PROFILE + "bare"), "no tags on the line", id="an untagged profile"),
    ],
)
def test_untagged_has_a_reason(home: Home, row: Row, reason: str) -> None:
    cur2(home.exports, [row])
    home.sync()
    ((told,),) = home.ask("select reason from attributed")
    assert reason in told


def test_spellings_that_disagree_are_told(home: Home) -> None:
    row = {k: v for k, v in line().items() if not isinstance(v, dict)}
    both = {"resourceTags/user:Team": "red", "resourceTags/user:team": "blue"}
    legacy_csv(home.exports, [line()])
    file = next(home.exports.rglob("*.csv.gz"))
    text(file, [row | both])
    home.sync()
    assert home.ask("select team, collision from attributed") == [
        ("red", "team: user:Team=red, user:team=blue")
    ]


def test_names_are_kept_as_they_are_written(home: Home) -> None:
    cur2(
        home.exports,
        [line(resource_tags={"Workload": name}) for name in ("Search", "search", " search", "поиск")],
    )
    home.sync()
    assert home.ask("select list(workload order by workload) from attributed") == [
        ([" search", "Search", "search", "поиск"],)
    ]


usd = st.decimals(min_value=-1000, max_value=100000, places=9)
NAMES = st.sampled_from(["", "search", "Search", "chat"])
random_line = st.builds(
    lambda usd, net, day, hour, account, name, key, kind, amount: line(
        f"2026-11-{day:02d} {hour:02d}:00",
        str(usd),
        net=None if net is None else str(net),
        account=account,
        resource_tags={key: name} if name else {},
        type=kind,
        amount=amount,
    ),
    usd,
    st.none() | usd,
    st.integers(1, 4),
    st.integers(0, 23),
    st.sampled_from([ACCOUNT, MAPPED]),
    NAMES,
    st.sampled_from(["Workload", "app", "Team", "Other"]),
    st.sampled_from(["Usage", "Tax", "Credit", "Refund", "Whatever", ""]),
    st.none() | st.floats(-1e6, 1e9),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(random_line, min_size=1, max_size=40))
def test_attributed_is_billed(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    """Counted apart from SQL: Decimal sums of what was written, per day, account and currency."""
    home = Home(tmp_path_factory.mktemp("random") / "home")
    home.configure(f'[accounts.{MAPPED}]\nworkload = "lab"\n')
    cur2(home.exports, rows)
    home.sync()
    gross: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    net: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        key = (
            row["line_item_usage_start_date"][:10],
            row["line_item_usage_account_id"],
            row["line_item_currency_code"],
        )
        gross[key] += Decimal(row["line_item_unblended_cost"])
        net[key] += Decimal(row["line_item_net_unblended_cost"] or row["line_item_unblended_cost"])
    found = home.ask(
        "select day::varchar, account_id, currency, sum(gross_usd), sum(net_usd) from attributed group by all"
    )
    assert {(d, a, c): g for d, a, c, g, _ in found} == gross
    assert {(d, a, c): n for d, a, c, _, n in found} == net
