"""AWS with an inventory, behind a gate that can refuse, and a home that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_bedrock import Bedrock, serving
from gate import Gate, before
from holdings import BOTH, LIVE, Estate
from home import Home


@pytest.fixture
def gate(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with before(aws) as gate:
        monkeypatch.setenv("AWS_ENDPOINT_URL", gate.url)
        yield gate


@pytest.fixture
def bedrock(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bedrock]:
    """Two items a page, so that whoever takes the first page for all is found out."""
    with serving(Bedrock(page=2)) as bedrock:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK", bedrock.url)
        yield bedrock


@pytest.fixture
def live(home: Home, bedrock: Bedrock) -> Home:
    """A home that asks AWS, in two accounts and two regions."""
    home.configure(BOTH, sources=LIVE)
    return home


@pytest.fixture
def estate(aws: str) -> Estate:
    return Estate()
