"""The picture of a finding: its days in dollars, what each was expected to cost, and the day that it is about.

One Vega-Lite specification as a file; only its named data and its two lines of title are filled in, so no
text from tags is ever part of an expression. It is rendered in this process, and nothing is fetched.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

from finops.messages.text import amount, cut, one_line
from finops.messages.trend import TREND_DAYS
from finops.model import Finding
from finops.money import usd
from finops.sqlfile import PACKAGE

SPECIFICATION = PACKAGE / "data" / "charts" / "series.vl.json"
VEGA_LITE = "5.20"  # the version that the specification is written for, bundled with the renderer
MOST_DAYS = 92  # a quarter; more are too thin to tell apart
TITLE = 72  # characters that fit
PIXELS = 2  # for each point: sharp on a phone


def png(finding: Finding) -> bytes | None:
    """None where there is no series to draw."""
    chart = specification(finding)
    if chart is None:
        return None
    import vl_convert  # a second, and 100 MB, which a run without messages does not pay

    return bytes(vl_convert.vegalite_to_png(chart, vl_version=VEGA_LITE, scale=PIXELS))


def specification(finding: Finding) -> dict[str, Any] | None:
    """The file with this finding in it; what a page embeds."""
    days = _days(finding)
    if not days:
        return None
    chart: dict[str, Any] = json.loads(_text())
    name = one_line(finding.workload or finding.subject) or one_line(finding.title)
    chart["title"] |= {"text": cut(name, TITLE), "subtitle": _subtitle(days)}
    chart["datasets"] = {"days": days}
    chart["encoding"]["x"]["axis"]["labelOverlap"] = len(days) > TREND_DAYS  # more of them do not all fit
    return chart


@cache
def _text() -> str:
    return SPECIFICATION.read_text(encoding="utf-8")


def _days(finding: Finding) -> list[dict[str, Any]]:
    """The series' own span, a fortnight at least; a day without a figure is unknown, and says so."""
    if not finding.series:
        return []
    known, expected = dict(finding.series), dict(finding.usual)
    told = amount(finding.facts.get("expected_usd"))
    if told is not None:
        expected.setdefault(finding.day, told)
    last = max(known)
    span = min(max((last - min(known)).days + 1, TREND_DAYS), MOST_DAYS)
    days = [last - timedelta(days=back) for back in reversed(range(span))]
    return [
        {
            "day": f"{day}T00:00:00Z",
            "usd": float(known[day]) if day in known else None,
            "usual": float(expected[day]) if day in expected else None,
            "known": day in known,
            "odd": day == finding.day,
            "label": usd(known[day]) if day in known else "",
        }
        for day in days
    ]


def _subtitle(days: list[dict[str, Any]]) -> str:
    parts = ["dollars by UTC day"]
    if any(day["usual"] is not None for day in days):
        parts.append("dark line: what the day usually costs")
    if not all(day["known"] for day in days):
        parts.append("?: not known")
    return " · ".join(parts)
