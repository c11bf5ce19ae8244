"""`[[budgets]]` in finops.toml: what a month may cost, and of whom."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from finops.model import NAME, Value

ACCOUNT = r"^\d{12}$"
CENT, LARGEST = Decimal("0.01"), Decimal(10) ** 11  # USD that a column of the ledger holds
LEAST = Decimal("0.0001")  # of a budget, likewise
SCOPES = ("workload", "team", "environment", "account")


class Budget(Value):
    """Net USD a month, of all spend or of what every given one of `workload`, `team`, `environment` and `account`
    says. `thresholds` are shares of the amount that the month so far is told at, `projected` those that the month's
    end is told at."""

    name: Annotated[str, Field(pattern=NAME)]
    amount_usd: Decimal
    workload: str | None = None
    team: str | None = None
    environment: str | None = None
    account: Annotated[str, Field(pattern=ACCOUNT)] | None = None
    thresholds: tuple[Decimal, ...] = (Decimal("0.5"), Decimal("0.8"), Decimal("1.0"))
    projected: tuple[Decimal, ...] = (Decimal("1.0"),)

    @property
    def scope(self) -> str:
        given = (f"{key} {getattr(self, key)}" for key in SCOPES if getattr(self, key) is not None)
        return ", ".join(given) or "all spend"

    @property
    def row(self) -> list[object]:
        """Of the table `declared_budgets`."""
        named = [getattr(self, key) for key in SCOPES]
        return [self.name, self.amount_usd, *named, list(self.thresholds), list(self.projected)]

    def fault(self) -> str | None:
        if not self.amount_usd.is_finite() or self.amount_usd <= 0:
            return f"{self.name!r}: amount_usd = {self.amount_usd}: expected more than 0, in USD a month"
        if not CENT <= self.amount_usd <= LARGEST:
            return f"{self.name!r}: amount_usd = {self.amount_usd}: expected {CENT} to {LARGEST:,}, in USD a month"
        for key in ("thresholds", "projected"):
            shares = getattr(self, key)
            if any(not share.is_finite() or share < LEAST for share in shares):
                return f"{self.name!r}: {key}: expected shares above 0, such as 0.8"
            if any(share > 10 for share in shares):
                return f"{self.name!r}: {key}: {max(shares)} is {max(shares)} times the budget; 80 % is 0.8"
        if not (self.thresholds or self.projected):
            return (
                f"{self.name!r}: neither thresholds nor projected: it would never be told; give one of them"
            )
        return None


def clash(budgets: tuple[Budget, ...]) -> str | None:
    """What is wrong with them together: names are how incidents know them, and one scope has one budget."""
    names: set[str] = set()
    scopes: dict[str, str] = {}
    for budget in budgets:
        if budget.name.casefold() in names:
            return f"{budget.name!r} stands there twice; give each a name of its own"
        if budget.scope in scopes:
            return (
                f"{budget.name!r} and {scopes[budget.scope]!r} are both of {budget.scope}; keep one of them"
            )
        names.add(budget.name.casefold())
        scopes[budget.scope] = budget.name
    return None
