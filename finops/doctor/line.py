"""One thing that was looked at."""

from __future__ import annotations

from typing import Literal

from finops.errors import FinopsError
from finops.model import Value

Status = Literal["ok", "problem", "unknown"]


class Line(Value):
    """`unknown`: it could not be looked at, and why. `fix` is what to do, None where nothing is to be done."""

    subject: str
    status: Status
    said: str
    fix: str | None = None


def ok(subject: str, said: str, fix: str | None = None) -> Line:
    """Sound; `fix` is then mere advice."""
    return Line(subject=subject, status="ok", said=said, fix=fix)


def problem(subject: str, said: str, fix: str) -> Line:
    return Line(subject=subject, status="problem", said=said, fix=fix)


def unknown(subject: str, said: str, fix: str | None = None) -> Line:
    return Line(subject=subject, status="unknown", said=said, fix=fix)


def refused(subject: str, exc: FinopsError) -> Line:
    """Our errors say what to do after the last semicolon."""
    said, _, fix = str(exc).rpartition("; ")
    return problem(subject, said or str(exc), fix if said else "see docs/configuration.md")
