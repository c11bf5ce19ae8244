"""AWS as a server on loopback: real clients, real HTTP, only endpoint variables set."""

from __future__ import annotations

from collections.abc import Iterator

import athena_server
import loopback
import pytest


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with loopback.running() as url:
        yield url


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty organisation at that address, and the environment of a machine that may read it."""
    loopback.enter(moto, monkeypatch)
    return moto


@pytest.fixture
def athena(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[athena_server.Athena]:
    """Athena beside it, which runs its SQL."""
    with athena_server.running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", server.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BCM_DATA_EXPORTS", server.url)
        yield server
