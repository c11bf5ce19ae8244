"""What AWS is asked for the inventory: every page, once in a while, and no more than that."""

from __future__ import annotations

import json
from pathlib import Path

from fake_bedrock import Bedrock
from gate import Gate
from holdings import (
    BOTH,
    D19,
    D20,
    EAST,
    HAIKU,
    LIVE,
    OTHER,
    OWN,
    SONNET,
    WEST,
    Estate,
    tagged,
    tags_of,
)
from home import Home

from finops.pipeline import Synced


def test_every_page_of_everything_is_asked_for(live: Home, estate: Estate, bedrock: Bedrock) -> None:
    profiles = [bedrock.profile(OWN, EAST, f"own{n}", HAIKU, Workload=f"w{n}") for n in range(5)]
    profiles += [bedrock.profile(OTHER, WEST, f"their{n}", HAIKU) for n in range(3)]
    profiles += [bedrock.profile(OWN, EAST, f"us.{n}", HAIKU, kind="SYSTEM_DEFINED") for n in range(3)]
    units = [bedrock.throughput(OWN, EAST, f"unit0000000{n}", SONNET) for n in range(3)]
    functions = [
        estate.function(f"f{n:03d}", Workload="w") for n in range(104)
    ]  # the tagging API gives 100 a page
    machines = [estate.machine(f"m{n}", Workload="w") for n in range(3)]
    accounts = [estate.member(f"member {n}") for n in range(21)]  # Organizations gives 20 a page
    live.sync()
    found = {arn for (arn,) in live.ask("select arn from resources where resource_type <> 'account'")}
    assert found == {*profiles, *units, *functions, *machines}
    assert {account for (account,) in live.ask("select account_id from accounts")} == {OWN, *accounts}
    assert live.ask("select count(*) from throughputs") == [(3,)]
    assert live.ask("select distinct status from collections") == [("complete",)]


def test_both_types_of_profile_with_their_models(live: Home, bedrock: Bedrock) -> None:
    ours = bedrock.profile(OWN, EAST, "abcdefghijkl", SONNET, Workload="chat")
    theirs = bedrock.profile(OWN, EAST, f"us.{HAIKU}", HAIKU, kind="SYSTEM_DEFINED")
    live.sync()
    assert live.ask("select arn, resource_type, name, tags, model_id from resources order by arn") == [
        (ours, "application-inference-profile", "name of abcdefghijkl", {"Workload": "chat"}, SONNET),
        (theirs, "inference-profile", f"name of us.{HAIKU}", {}, HAIKU),
    ]


def test_it_is_asked_once_in_so_many_hours(live: Home, bedrock: Bedrock) -> None:
    bedrock.profile(OWN, EAST, "abcdefghijkl", SONNET)
    live.configure(BOTH, sources=LIVE + "every_hours = 6\n")
    asked = [synced_at(live, hour).aws_requests > 0 for hour in (0, 1, 5, 6, 11, 12, 13)]
    assert asked == [True, False, False, True, False, True, False]
    live.configure(BOTH.replace(f', "{WEST}"', ""), sources=LIVE)
    assert synced_at(live, 13).aws_requests > 0, "another [aws] is another question"


def synced_at(home: Home, hour: int) -> Synced:
    return home.sync(D20.replace(hour=hour))


def test_throughputs_that_are_all_gone_are_no_longer_listed(live: Home, bedrock: Bedrock) -> None:
    arn = bedrock.throughput(OWN, EAST, "abcdefghijkl", SONNET, Workload="chat")
    live.sync(D19)
    assert live.ask("select name, workload, listed from commitments") == [
        ("name-of-abcdefghijkl", "chat", True)
    ]
    bedrock.delete(arn)
    live.sync(D20)
    assert live.ask("select listed from commitments") == [(False,)]


def test_asked_live_is_what_saved_answers_tell(
    live: Home, estate: Estate, bedrock: Bedrock, tmp_path: Path
) -> None:
    bedrock.profile(OWN, EAST, "abcdefghijkl", SONNET, HAIKU, Workload="chat")
    bedrock.profile(OWN, EAST, f"us.{HAIKU}", HAIKU, kind="SYSTEM_DEFINED")
    for n in range(3):
        bedrock.throughput(OWN, EAST, f"unit0000000{n}", SONNET, units=n + 1, Team="search")
    estate.function("tagged", Workload="w")
    estate.function("untagged")
    estate.machine("flow")
    estate.member("Search production")
    live.configure(sources=LIVE)
    live.sync()
    saved = Home(tmp_path / "saved")
    saved.configure(sources=LIVE + 'path = "inventory"\n')
    save_answers(saved.path / "inventory" / "2026-11-20", estate, bedrock)
    saved.sync()
    for table in ("throughputs", "accounts", "resources"):
        rows = f"select * exclude (delivery_id) from {table} order by all"
        assert live.ask(rows) == saved.ask(rows)
        assert live.ask(f"select count(*) > 1 from {table}") == [(True,)]


def save_answers(root: Path, estate: Estate, bedrock: Bedrock) -> None:
    """What the AWS CLI prints."""
    root.mkdir(parents=True)
    pages = [
        (estate.client("bedrock").get_paginator("list_inference_profiles"), {"typeEquals": "SYSTEM_DEFINED"}),
        (estate.client("bedrock").get_paginator("list_inference_profiles"), {"typeEquals": "APPLICATION"}),
        (estate.client("bedrock").get_paginator("list_provisioned_model_throughputs"), {}),
        (estate.client("lambda").get_paginator("list_functions"), {}),
        (estate.client("stepfunctions").get_paginator("list_state_machines"), {}),
        (estate.client("resourcegroupstaggingapi").get_paginator("get_resources"), {}),
        (estate.client("organizations").get_paginator("list_accounts"), {}),
    ]
    answers = [paginator.paginate(**more).build_full_result() for paginator, more in pages]
    for arn in bedrock.at(OWN, EAST).tags:
        tags = estate.client("bedrock").list_tags_for_resource(resourceARN=arn)["tags"]
        answers.append({"resourceARN": arn, "tags": tags})
    for number, answer in enumerate(answers):
        (root / f"{number}.json").write_text(json.dumps(answer, default=lambda at: at.isoformat()))


def test_bedrock_is_not_asked_for_tags_of_what_the_tagging_api_tells(
    live: Home, bedrock: Bedrock, gate: Gate
) -> None:
    live.configure(sources=LIVE)
    profile = bedrock.profile(OWN, EAST, "abcdefghijkl", SONNET, Workload="chat")
    bedrock.profile(OWN, EAST, "mnopqrstuvwx", SONNET)
    bedrock.throughput(OWN, EAST, "unit00000000", SONNET, Workload="batch")
    gate.instead["tagging"] = tagged(profile, Workload="chat")
    live.sync()
    assert live.ask("select split_part(arn, '/', 2), tags from resources where region <> '' order by 1") == [
        ("abcdefghijkl", {"Workload": "chat"}),
        ("mnopqrstuvwx", {}),
        ("unit00000000", {"Workload": "batch"}),
    ]
    assert bedrock.asked[OWN, EAST, "ListTagsForResource"] == 1


def test_saved_answers_may_be_in_s3(live: Home, estate: Estate) -> None:
    arn = f"arn:aws:lambda:{EAST}:{OWN}:function:chat"
    s3 = estate.client("s3")
    s3.create_bucket(Bucket="inventory")
    body = json.dumps(tagged(arn, Workload="chat")).encode()
    s3.put_object(Bucket="inventory", Key="saved/2026-11-20/tags.json", Body=body)
    live.configure(sources=LIVE + 'path = "s3://inventory/saved"\n')
    live.sync()
    assert tags_of(live, arn) == [("2026-11-20", {"Workload": "chat"})]


def test_tags_asked_one_by_one_take_turns(live: Home, bedrock: Bedrock) -> None:
    live.configure(sources=LIVE)
    bedrock.page = 1000
    for n in range(1100):
        bedrock.profile(OWN, EAST, f"profile{n}", HAIKU, Team=f"t{n}")
    known = []
    for hour in (0, 6, 12):
        live.sync(D20.replace(hour=hour))
        known += live.ask("select count(*) filter (cardinality(tags) = 1), count(*) from resources")
    assert known == [(500, 500), (1000, 1000), (1100, 1100)]
    assert live.ask("select status, detail from collections where subject like '%ListTags%'") == [
        ("partial", "600 of 1100 wait for the next collection")
    ]
    assert synced_at(live, 13).aws_requests == 0
