from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from channel_samples import all_samples
from scripted_server import Scripted

from finops.model import Message


@pytest.fixture
def samples() -> dict[str, Message]:
    return all_samples()


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as scripted:
        thread = threading.Thread(target=scripted.serve_forever, args=(0.01,))
        thread.start()
        yield scripted
        scripted.shutdown()
        thread.join()
