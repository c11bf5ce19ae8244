"""`[[workloads]]` in finops.toml: what somebody has declared, so that drift from it can be seen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from finops.model import NAME, Value

UNIT = r"^(bedrock_invocations|lambda:.+|states:.+)$"
NAMESPACES = {"lambda": "AWS/Lambda", "states": "AWS/States"}


class Workload(Value):
    """A declared workload. `models` are those that it may use, as the bill names them or with `*`, all where none
    are given: another one is told (`model_drift`). `unit` is what one query is: `bedrock_invocations`,
    `lambda:<function>` or `states:<state machine>`. The view `registry_drift` has declared beside seen."""

    name: Annotated[str, Field(pattern=NAME)]
    team: str | None = None
    environments: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    unit: Annotated[str, Field(pattern=UNIT)] = "bedrock_invocations"

    @property
    def namespace(self) -> str:
        """CloudWatch's, of what counts its queries."""
        return NAMESPACES.get(self.unit.partition(":")[0], "AWS/Bedrock")

    @property
    def resource(self) -> str | None:
        """The function or state machine that counts its queries; None where calls of models do."""
        return self.unit.partition(":")[2] or None
