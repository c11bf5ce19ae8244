from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from finops.state.store import FILE, State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State(tmp_path / FILE) as opened:
        yield opened
