from __future__ import annotations

from collections.abc import Iterator

import pytest
from channel_samples import all_samples
from scripted_server import Scripted, serving

from finops.model import Message


@pytest.fixture
def samples() -> dict[str, Message]:
    return all_samples()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted
