"""A digest's table as cells, and cells as even columns: every layout shows the same figures."""

from __future__ import annotations

from finops.messages.text import cut, one_line
from finops.messages.trend import trend
from finops.model import Digest, Spend
from finops.money import change, usd

NAME = 24  # characters of a workload
COLUMNS = ("Workload", "Spend", "vs usual", "vs week", "$/query", "14 days")


def digest_table(digest: Digest) -> tuple[tuple[str, ...], ...]:
    """Header, a row a workload, the total. What is unknown is blank; nothing is compared with next to nothing."""
    rows = [_spend(spend) for spend in (*digest.workloads, *([digest.total] if digest.total else []))]
    return (COLUMNS, *rows) if rows else ()


def _spend(spend: Spend) -> tuple[str, ...]:
    return (
        cut(one_line(spend.workload), NAME),
        usd(spend.usd),
        change(spend.usd, spend.usual_usd),
        change(spend.usd, spend.before_usd),
        f"${spend.usd_per_query:.4f}" if spend.usd_per_query is not None else "",
        trend(spend.series),
    )


def aligned(rows: tuple[tuple[str, ...], ...]) -> list[str]:
    """Names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if 0 < place < len(row) - 1 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
