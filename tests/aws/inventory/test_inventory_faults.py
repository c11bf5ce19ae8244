"""Who refuses or fails: the others go on, what was known stays, and the next sync asks again."""

from __future__ import annotations

import pytest
from fake_bedrock import Bedrock
from gate import Gate
from holdings import (
    D19,
    D20,
    EAST,
    HAIKU,
    LIVE,
    OTHER,
    OWN,
    SONNET,
    TOLD,
    WEST,
    Estate,
    tags_of,
)
from home import Home


def test_no_organisation_is_no_fault(live: Home, gate: Gate) -> None:
    gate.shut("organizations", code="AWSOrganizationsNotInUseException", status=400)
    done = live.sync()
    assert live.ask("select subject, status from collections where region = ''") == [
        ("organizations:ListAccounts", "absent")
    ]
    assert not done.unreachable
    assert live.ask(TOLD) == [(True, None)]
    assert live.sync().aws_requests == 0


def test_an_organisation_that_tells_only_others_is_a_note(live: Home, gate: Gate) -> None:
    gate.shut("organizations", code="AccessDeniedException", status=400)
    live.sync()
    ((fine, notes),) = live.ask(TOLD)
    assert fine
    assert f"account {OWN} refused: aws: organizations:list_accounts" in notes
    assert live.sync().aws_requests == 0, "asked again only when it is time"


def test_an_account_that_refuses_its_role_keeps_what_was_known(
    live: Home, bedrock: Bedrock, gate: Gate
) -> None:
    ours = bedrock.profile(OWN, EAST, "ouroursourou", SONNET, Workload="ours")
    theirs = bedrock.profile(OTHER, EAST, "theirtheirth", SONNET, Workload="theirs")
    unit = bedrock.throughput(OTHER, EAST, "unit00000000", SONNET)
    live.sync(D19)
    gate.shut("sts", account=OTHER)
    bedrock.at(OWN, EAST).tags[ours] = {"Workload": "retagged"}
    done = live.sync(D20)
    assert not done.unreachable
    assert tags_of(live, ours)[-1] == ("2026-11-20", {"Workload": "retagged"})
    assert tags_of(live, theirs)[-1] == ("2026-11-20", {"Workload": "theirs"})
    assert live.ask("select commitment_id, listed from commitments") == [(unit, True)]
    ((fine, notes),) = live.ask(TOLD)
    assert fine
    assert f"account {OTHER} ({WEST}, {EAST}) refused, last answered 2026-11-19 09:00: aws: " in notes


def test_only_who_did_not_answer_is_asked_again(live: Home, bedrock: Bedrock, gate: Gate) -> None:
    theirs = bedrock.profile(OTHER, EAST, "theirtheirth", SONNET, Workload="theirs")
    gate.shut("sts", account=OTHER)
    live.sync()
    assert tags_of(live, theirs) == []
    asked = dict(bedrock.asked)
    again = live.sync()
    assert again.aws_requests > 0, "what refuses is asked at every sync"
    assert again.aws_requests < 10
    gate.open()
    live.sync()
    assert tags_of(live, theirs) == [("2026-11-20", {"Workload": "theirs"})]
    assert {place: n for place, n in bedrock.asked.items() if place[0] == OWN} == asked
    assert live.ask("select distinct status from collections where region <> ''") == [("complete",)]
    assert live.ask(TOLD) == [(True, None)]
    assert live.sync().aws_requests == 0


def test_unknown_tags_are_not_taken_for_none(
    live: Home, estate: Estate, bedrock: Bedrock, gate: Gate
) -> None:
    known, native = (
        estate.function("known", Workload="w"),
        bedrock.profile(OWN, EAST, "abcdefghijkl", HAIKU, Team="t"),
    )
    live.configure(sources=LIVE)
    live.sync(D19)
    gate.shut("tagging")
    new = estate.function("new", Workload="v")
    live.sync(D20)
    assert tags_of(live, known)[-1] == ("2026-11-20", {"Workload": "w"})
    assert tags_of(live, native)[-1] == ("2026-11-20", {"Team": "t"}), "Bedrock was asked itself"
    assert tags_of(live, new) == []
    gate.open()
    live.sync(D20)
    assert tags_of(live, new) == [("2026-11-20", {"Workload": "v"})]


@pytest.mark.parametrize(
    ("code", "region", "status"),
    [
        pytest.param("AccessDeniedException", EAST, "refused", id="refused"),
        pytest.param("UnrecognizedClientException", EAST, "absent", id="a region that is not enabled"),
        pytest.param("InternalServerException", EAST, "failed", id="broken"),
    ],
)
def test_how_bedrock_did_not_answer(
    live: Home, bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch, code: str, region: str, status: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    live.configure(sources=LIVE)
    bedrock.fail(OWN, region, code)
    live.sync()
    found = dict(live.ask("select subject, status from collections where region <> ''"))
    assert found["bedrock:ListInferenceProfiles"] == status
    assert found["tag:GetResources"] == "complete"


@pytest.mark.parametrize(
    ("region", "status"),
    [
        pytest.param("ap-east-1", "absent", id="no Bedrock in that region"),
        pytest.param(EAST, "failed", id="Bedrock is there and was not reached"),
    ],
)
def test_nobody_answers_for_bedrock(
    live: Home, monkeypatch: pytest.MonkeyPatch, region: str, status: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", "http://127.0.0.1:9")
    live.configure(f'[aws]\nregions = ["{region}"]\n', sources=LIVE)
    live.sync()
    found = dict(live.ask("select subject, status from collections where region <> ''"))
    assert found["bedrock:ListInferenceProfiles"] == status
    assert found["lambda:ListFunctions"] == "complete"


def test_nobody_answers_at_all(live: Home, bedrock: Bedrock, gate: Gate) -> None:
    profile = bedrock.profile(OWN, EAST, "abcdefghijkl", HAIKU, Team="t")
    live.sync(D19)
    gate.shut(code="ExpiredTokenException", status=400)
    bedrock.fail(OWN, EAST, "ExpiredTokenException")
    bedrock.fail(OWN, WEST, "ExpiredTokenException")
    done = live.sync(D20)
    assert list(done.unreachable) == ["inventory:aws"]
    assert "renew the credentials" in done.unreachable["inventory:aws"]
    assert tags_of(live, profile) == [("2026-11-19", {"Team": "t"})]
    gate.open()
    bedrock.heal()
    assert not live.sync(D20).unreachable
    assert [day for day, _ in tags_of(live, profile)] == ["2026-11-19", "2026-11-20"]


def test_throttling_is_waited_out(live: Home, bedrock: Bedrock, gate: Gate) -> None:
    live.configure(sources=LIVE)
    profile = bedrock.profile(OWN, EAST, "abcdefghijkl", HAIKU, Team="t")
    bedrock.fail(OWN, EAST, "ThrottlingException", "ListInferenceProfiles", times=2)
    gate.shut("tagging", code="ThrottledException", status=400, times=1)
    live.sync()
    assert tags_of(live, profile) == [("2026-11-20", {"Team": "t"})]
    assert live.ask("select distinct status from collections where region <> ''") == [("complete",)]
    assert bedrock.asked[OWN, EAST, "ListInferenceProfiles"] == 4, "two types, and twice again"
