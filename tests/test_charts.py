"""The picture of a finding: what it shows, and that no name can break it."""

from __future__ import annotations

import struct
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import vl_convert

from finops.messages import charts
from finops.model import Finding

DAY = date(2026, 11, 17)
FORTNIGHT = tuple((DAY - timedelta(days=back), Decimal(100 + back)) for back in reversed(range(14)))


def spike(**more: Any) -> Finding:
    given = {
        "rule": "spend_spike", "title": "t", "severity": "page", "subject": "search-api", "day": DAY,
        "summary": "s", "series": FORTNIGHT, "facts": {"expected_usd": "30.5"},
    }  # fmt: skip
    return Finding.model_validate({**given, **more})


def days(finding: Finding) -> list[dict[str, Any]]:
    chart = charts.specification(finding)
    assert chart is not None
    rows: list[dict[str, Any]] = chart["datasets"]["days"]
    return rows


def words(finding: Finding) -> list[str]:
    drawn = vl_convert.vegalite_to_svg(charts.specification(finding), vl_version=charts.VEGA_LITE)
    root = ElementTree.fromstring(drawn)
    assert not [one for one in root.iter() if one.tag.endswith(("script", "image", "a", "foreignObject"))]
    return [text for one in root.iter() if one.tag.endswith("text") for text in one.itertext()]


def test_a_picture_is_a_png_of_a_size_for_a_phone() -> None:
    drawn = charts.png(spike())
    assert drawn is not None
    assert drawn.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", drawn[16:24])
    assert 1100 < width < 1500
    assert 400 < height < 700
    assert len(drawn) < 250_000


def test_it_shows_whose_days_and_which_one() -> None:
    shown = words(spike())
    assert "search-api" in shown
    assert "$100.00" in shown, "the dollars of the day that it is about"
    assert {"Tue", "17 Nov", "4 Nov"} <= set(shown)


@pytest.mark.parametrize(
    ("more", "usual"),
    [
        pytest.param({}, {DAY: 30.5}, id="what the rule says of its own day"),
        pytest.param({"facts": {}}, {}, id="nothing"),
        pytest.param({"facts": {"expected_usd": "NaN"}}, {}, id="no number"),
        pytest.param(
            {"usual": ((DAY - timedelta(days=1), Decimal(9)), (DAY, Decimal(8)))},
            {DAY - timedelta(days=1): 9.0, DAY: 8.0},
            id="its days",
        ),
    ],
)
def test_what_the_days_usually_cost(more: dict[str, Any], usual: dict[date, float]) -> None:
    rows = days(spike(**more))
    assert {row["day"][:10]: row["usual"] for row in rows if row["usual"] is not None} == {
        day.isoformat(): usd for day, usd in usual.items()
    }
    assert ("usually costs" in " ".join(words(spike(**more)))) is bool(usual)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        pytest.param(3, 14, id="a fortnight at least"),
        pytest.param(56, 56, id="as many as there are"),
        pytest.param(400, 92, id="a quarter at most"),
    ],
)
def test_how_many_days(given: int, drawn: int) -> None:
    long = spike(series=tuple((DAY - timedelta(days=back), Decimal(1)) for back in reversed(range(given))))
    assert len(days(long)) == drawn
    assert charts.png(long)


def test_a_day_without_a_figure_is_unknown_not_zero() -> None:
    gap = spike(series=tuple(pair for pair in FORTNIGHT if pair[0] != date(2026, 11, 10)))
    (row,) = [row for row in days(gap) if row["day"].startswith("2026-11-10")]
    assert (row["usd"], row["known"]) == (None, False)
    assert "?: not known" in " ".join(words(gap))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("</text><script>alert(1)</script>", id="markup"),
        pytest.param("datum.usd; signal('x') ]]> &amp; \" '", id="an expression"),
        pytest.param("a\x00b\x1b[31m\u202ec\nd", id="control characters"),
        pytest.param("\u202e", id="nothing visible"),
        pytest.param("検索 😀 " * 200, id="long, and in other scripts"),
    ],
)
def test_hostile_names_are_only_text(name: str) -> None:
    shown = words(spike(workload=name))
    assert "dollars by UTC day" in " ".join(shown)
    assert not any(bad in text for text in shown for bad in ("\x00", "\x1b", "\u202e"))
    assert charts.png(spike(workload=name))


@pytest.mark.parametrize(
    "series",
    [
        pytest.param(((DAY, Decimal(0)),), id="one day of nothing"),
        pytest.param(((DAY, Decimal("-12.5")),), id="a credit"),
        pytest.param(((DAY, Decimal("123456789.12")),), id="millions"),
        pytest.param(((DAY, Decimal("0.0004")),), id="a fraction of a cent"),
    ],
)
def test_every_amount_can_be_drawn(series: tuple[tuple[date, Decimal], ...]) -> None:
    assert charts.png(spike(series=series))


def test_without_a_series_there_is_no_picture() -> None:
    assert charts.png(spike(series=())) is None
