from __future__ import annotations

from collections.abc import Iterator

import pytest
from scripted_server import Scripted, serving


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted
