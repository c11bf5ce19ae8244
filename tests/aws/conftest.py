"""AWS as a server on loopback: real clients, real HTTP, only endpoint variables set."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.request import Request, urlopen

import athena_server
import pytest
from moto.server import ThreadedMotoServer

ACCOUNT = "123456789012"  # whose credentials the environment has
REGION = "us-east-1"


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of a moto server that knows every service it can."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty organisation at that address, and the environment of a machine that may read it."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": moto,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).read()
    return moto


@pytest.fixture
def athena(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[athena_server.Athena]:
    """Athena beside it, which runs its SQL."""
    with athena_server.running() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", server.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_BCM_DATA_EXPORTS", server.url)
        yield server
