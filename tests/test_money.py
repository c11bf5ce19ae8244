"""Shares and growth as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops.money import change, in_times, percent


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param("at 59%", "at 59%", id="a share"),
        pytest.param("at 1000%, heading for 1,000.0%", "at 1000%, heading for 1,000.0%", id="a thousand"),
        pytest.param("is used up: 1100%", "is used up: 11 times", id="beyond a thousand"),
        pytest.param("($1.20, 232980.0%).", "($1.20, 2,330 times).", id="far beyond"),
        pytest.param("+232880% against four weeks", "2,330 times against four weeks", id="grown by"),
        pytest.param("+1000%", "+1000%", id="grown by a thousand"),
        pytest.param("-98%", "-98%", id="less"),
        pytest.param("team-5000% and x.5000%y", "team-5000% and x.5000%y", id="part of a name"),
    ],
)
def test_what_is_no_percentage_any_more_is_said_in_times(words: str, said: str) -> None:
    assert in_times(words) == said


def test_a_share() -> None:
    assert [percent(Decimal(text), 1) for text in ("0.594", "2329.8")] == ["59.4%", "2,330 times"]


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        pytest.param("340", "100", "+240%", id="more"),
        pytest.param("100", "100", "0%", id="the same"),
        pytest.param("2330", "1", "2,330 times", id="of another order"),
        pytest.param("2330", "0.99", "", id="next to nothing"),
        pytest.param("2330", None, "", id="not known"),
    ],
)
def test_change(now: str, before: str | None, said: str) -> None:
    assert change(Decimal(now), Decimal(before) if before is not None else None) == said
