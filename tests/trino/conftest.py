"""A real Trino behind Athena's API, and an S3 on loopback below both."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import athena_server
import loopback
import pytest
import trino_server
from athena_server import Athena
from trino_client import Trino
from trino_engine import TrinoEngine

logging.getLogger("werkzeug").setLevel(logging.WARNING)  # else a fault stands below a thousand requests


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "trino":
            item.add_marker("trino")


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Where Trino's tables are: a server of our own, or the one that a Trino started elsewhere was told."""
    if "TRINO_URL" in os.environ:
        yield os.environ["TRINO_S3_URL"]
        return
    with loopback.running() as url:
        yield url


@pytest.fixture(scope="session")
def trino(moto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    if "TRINO_URL" in os.environ:
        yield Trino(os.environ["TRINO_URL"])
        return
    with trino_server.running(moto, tmp_path_factory.mktemp("trino")) as url:
        yield Trino(url)


@pytest.fixture
def engine(trino: Trino, moto: str, monkeypatch: pytest.MonkeyPatch) -> TrinoEngine:
    """Nothing in S3, nothing in Glue, and Trino that knows no table."""
    loopback.enter(moto, monkeypatch)
    return TrinoEngine(trino)


@pytest.fixture
def athena(engine: TrinoEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Athena]:
    with athena_server.running() as server:
        server.engine = engine.run
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", server.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BCM_DATA_EXPORTS", server.url)
        yield server
