"""Whom the dollars belong to by the live inventory: over days, by roles, by accounts."""

from __future__ import annotations

import pytest
from bill import cur2, line
from fake_bedrock import Bedrock
from gate import Gate
from holdings import (
    BOTH,
    D19,
    D20,
    EAST,
    LIVE,
    OTHER,
    OWN,
    SONNET,
    WEST,
    Estate,
    tagged,
    tags_of,
)
from home import SOURCE, Home


def test_a_deleted_profile_keeps_its_name_and_a_new_tag_holds_from_its_day(
    live: Home, bedrock: Bedrock
) -> None:
    live.configure(BOTH, sources=SOURCE + LIVE)
    deleted = bedrock.profile(OWN, EAST, "deleteddelet", SONNET, Workload="gone")
    moved = bedrock.profile(OWN, EAST, "movedmovedmo", SONNET, Workload="before")
    cur2(
        live.exports,
        [line(f"2026-11-{day} 10:00", resource=arn) for day in (18, 19, 20) for arn in (deleted, moved)],
    )
    live.sync(D19)
    bedrock.delete(deleted)
    bedrock.at(OWN, EAST).tags[moved] = {"Workload": "after"}
    live.sync(D20)
    named = "select day(day), workload, attribution from attributed where resource_id = '{}' order by day"
    assert live.ask(named.format(deleted)) == [
        (18, "gone", "inventory_tag"),
        (19, "gone", "inventory_tag"),
        (20, "gone", "inventory_tag"),
    ]
    assert [row[:2] for row in live.ask(named.format(moved))] == [
        (18, "before"),
        (19, "before"),
        (20, "after"),
    ]
    assert tags_of(live, deleted) == [("2026-11-19", {"Workload": "gone"})]
    assert tags_of(live, moved) == [
        ("2026-11-19", {"Workload": "before"}),
        ("2026-11-20", {"Workload": "after"}),
    ]


def test_who_runs_as_a_role_answers_for_its_calls(live: Home, estate: Estate) -> None:
    live.configure(BOTH, sources=SOURCE + LIVE)
    estate.function("indexer", runs_as="indexer-role", Workload="indexing")
    estate.function("theirs", runs_as="theirs-role", account=OTHER, region=WEST, Workload="elsewhere")
    estate.machine("flow", runs_as="flow-role", Workload="claims", Team="insurance")
    callers = {"indexer-role": OWN, "theirs-role": OTHER, "flow-role": OWN, "nobody-role": OWN}
    cur2(
        live.exports,
        [
            line(account=account, principal=f"arn:aws:sts::{account}:assumed-role/{name}/session")
            for name, account in callers.items()
        ],
    )
    live.sync()
    named = "select split_part(principal, '/', 2), workload, team, attribution from attributed order by 1"
    assert live.ask(named) == [
        ("flow-role", "claims", "insurance", "principal"),
        ("indexer-role", "indexing", "(untagged)", "principal"),
        ("nobody-role", "(untagged)", "(untagged)", "untagged"),
        ("theirs-role", "elsewhere", "(untagged)", "principal"),
    ]


@pytest.mark.parametrize(
    ("setting", "workload"),
    [
        pytest.param("", "(untagged)", id="not unless it is wished"),
        pytest.param("agent_roles = true\n", "claims", id="wished"),
    ],
)
def test_an_agent_answers_for_what_its_role_calls(
    live: Home, estate: Estate, gate: Gate, setting: str, workload: str
) -> None:
    live.configure(sources=SOURCE + LIVE + setting)
    made = estate.client("bedrock-agent").create_agent(
        agentName="claims",
        agentResourceRoleArn=estate.role("agent-role"),
        foundationModel=SONNET,
        instruction="the secret recipe, word by word, of forty characters",
    )["agent"]
    gate.instead["tagging"] = tagged(made["agentArn"], Workload="claims")
    cur2(live.exports, [line(account=OWN, principal=f"arn:aws:sts::{OWN}:assumed-role/agent-role/session")])
    live.sync()
    assert live.ask("select workload from attributed") == [(workload,)]
    files = [file for file in live.path.rglob("*") if file.is_file() and not file.is_symlink()]
    assert not [file for file in files if b"secret recipe" in file.read_bytes()]


def test_a_role_that_could_not_be_asked_at_first_is_known_later(
    live: Home, estate: Estate, gate: Gate
) -> None:
    live.configure(sources=SOURCE + LIVE)
    estate.function("indexer", runs_as="indexer-role", Workload="indexing")
    gate.shut("lambda")
    cur2(live.exports, [line(account=OWN, principal=f"arn:aws:sts::{OWN}:assumed-role/indexer-role/session")])
    live.sync(D19)
    assert live.ask("select workload from attributed") == [("(untagged)",)]
    gate.open()
    live.sync(D20)
    assert live.ask("select workload from attributed") == [("indexing",)]


def test_organizations_names_and_tags_accounts(live: Home, estate: Estate) -> None:
    account = estate.member("Search production", Team="search", Environment="prod")
    live.configure(BOTH, sources=SOURCE + LIVE)
    cur2(
        live.exports,
        [
            line(account=account, line_item_usage_account_name="search-prod"),
            line(account=account, resource_tags={"Team": "by the resource"}),
            line(account=account, other_tags={"accountTag/Team": "by the bill"}),
            line(account="000000000001", line_item_usage_account_name="not of ours"),
        ],
    )
    live.sync()
    told = (
        "select account_name, team, attribution_by_key['team'], environment, attribution_by_key['environment']"
        " from attributed order by all"
    )
    assert live.ask(told) == [
        ("Search production", "by the bill", "account", "prod", "account"),
        ("Search production", "by the resource", "resource_tag", "prod", "account"),
        ("Search production", "search", "account", "prod", "account"),
        ("not of ours", "(untagged)", "untagged", "(untagged)", "untagged"),
    ]


def test_the_newest_name_of_an_account_is_told(live: Home) -> None:
    live.configure(sources=SOURCE)
    cur2(
        live.exports,
        [
            line("2026-09-05 10:00", line_item_usage_account_name="zz-old"),
            line("2026-10-05 10:00", line_item_usage_account_name="new"),
        ],
    )
    live.sync()
    assert live.ask("select distinct account_name from attributed") == [("new",)]
