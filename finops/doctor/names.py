"""Whether the names in finops.toml are anybody's: one that is misspelt mutes nothing, and calls nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from finops import pipeline
from finops.config import Settings
from finops.doctor.line import Line, ok, problem, unknown
from finops.errors import FinopsError
from finops.messages.text import one_line
from finops.rules.files import nearest


def lines(settings: Settings, home: Path) -> Iterator[Line]:
    budgets = [
        (budget, kind, getattr(budget, kind)) for budget in settings.budgets for kind in ("workload", "team")
    ]
    overrides = [(name, workload) for name, rule in settings.rules.items() for workload in rule.workloads]
    if not (settings.planned or settings.owners or budgets or overrides):
        return
    try:
        with pipeline.published(home) as con:
            rows = con.execute("select distinct workload, team from spend_daily").fetchall()
    except FinopsError:
        return  # the ledger's own line says so
    workloads = {workload for workload, _ in rows if workload}
    teams = {team for _, team in rows if team}
    for planned in settings.planned:
        kind, name = ("workload", planned.workload) if planned.workload else ("team", planned.team)
        yield _known(f"planned: {planned.reason}", kind, name or "", workloads if planned.workload else teams)
    for team in settings.owners:
        yield _known("owners", "team", team, teams)
    for budget, kind, name in budgets:
        if name is not None:
            yield _known(f"budget {budget.name}", kind, name, workloads if kind == "workload" else teams)
    for rule, workload in overrides:
        yield _known(f"rules.{rule}.workloads", "workload", workload, workloads)


def _known(subject: str, kind: str, name: str, known: Collection[str]) -> Line:
    if name in known:
        return ok(subject, f"{kind} {name}")
    said, hint = f"no {kind} {one_line(name)} is on the bill", nearest(name, known).removeprefix("; ")
    return problem(subject, said, one_line(hint)) if hint else unknown(subject, f"{said}, yet")
