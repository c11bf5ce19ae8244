"""What the company is made of: workloads, their flows of calls, and the stories told about them.

Ages are days before `today`: 1 is yesterday, the last complete day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from finops.demo.models import Model, Shape

PROD = "111122223333"  # the account of a flow that names none

Rhythm = Literal["customers", "office", "nightly", "steady"]
Named = Literal["resource", "inventory", "principal", "function", "account", "nowhere"]
Resource = Literal["profile", "foundation_model", "system_profile", "provisioned", "none"]


@dataclass(frozen=True)
class Tokens:
    """Per call. `read` and `written` are cache tokens, beside `input` and not inside it."""

    input: int
    output: int = 0
    read: int = 0
    written: int = 0


@dataclass(frozen=True)
class Unit:
    """What the business counts instead of model calls, and how many calls one of it makes."""

    kind: Literal["lambda", "states"]
    name: str
    calls: int

    def arn(self, account: str, region: str) -> str:
        kind = {"lambda": "function", "states": "stateMachine"}[self.kind]
        return f"arn:aws:{self.kind}:{region}:{account}:{kind}:{self.name}"

    def counted_as(self, account: str, region: str) -> tuple[str, str, str, str]:
        """CloudWatch's namespace, metric, dimension and its value."""
        if self.kind == "lambda":
            return "AWS/Lambda", "Invocations", "FunctionName", self.name
        return "AWS/States", "ExecutionsStarted", "StateMachineArn", self.arn(account, region)


@dataclass(frozen=True)
class Workload:
    """`keys` are the spellings its owners chose for workload, team, environment and cost center."""

    name: str
    team: str = ""
    cost_center: str = ""
    rhythm: Rhythm = "customers"
    keys: tuple[str, str, str, str] = ("Workload", "Team", "Environment", "CostCenter")


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One steady stream of calls: `calls` a day now, growing by `growth` a day, alive between two ages."""

    workload: Workload
    model: Model
    calls: int
    tokens: Tokens = Tokens(0)
    shape: Shape = "service"
    environment: str = "prod"
    account: str = PROD
    region: str = "us-east-1"
    named: Named = "resource"
    resource: Resource = "profile"
    role: str = ""
    unit: Unit | None = None
    growth: float = 0.001
    first_age: int = 9999
    last_age: int = 1
    edition: str = ""  # tells a profile from its predecessor

    @property
    def key(self) -> str:
        return "/".join(
            (self.workload.name, self.environment, self.model.name, self.role, self.edition, self.region)
        )

    @property
    def caller(self) -> str:
        return self.role or f"{self.workload.name}-{self.environment}"

    @property
    def role_arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{self.caller}"

    @property
    def principal(self) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.caller}/{self.workload.name.strip('()')}"

    @property
    def resource_name(self) -> str:
        return f"{self.workload.name}-{self.environment}-{self.model.billing_name}{self.edition}".lower()

    @property
    def resource_arn(self) -> str | None:
        here = f"arn:aws:bedrock:{self.region}:{self.account}"
        opaque = hashlib.sha256(self.resource_name.encode()).hexdigest()[:12]
        return {
            "profile": f"{here}:application-inference-profile/{opaque}",
            "provisioned": f"{here}:provisioned-model/{opaque}",
            "system_profile": f"{here}:inference-profile/us.{self.model.model_id}",
            "foundation_model": f"arn:aws:bedrock:{self.region}::foundation-model/{self.model.model_id}",
            "none": None,
        }[self.resource]

    @property
    def metric_model_id(self) -> str:
        """CloudWatch's ModelId: what the caller named, but a profile's bare id."""
        arn = self.resource_arn
        return arn if arn and self.resource == "provisioned" else (arn or self.model.model_id).split("/")[-1]

    @property
    def tags(self) -> dict[str, str]:
        values = (self.workload.name, self.workload.team, self.environment, self.workload.cost_center)
        return {key: value for key, value in zip(self.workload.keys, values, strict=True) if value}

    def alive(self, age: int) -> bool:
        return self.last_age <= age <= self.first_age


@dataclass(frozen=True)
class Effect:
    """What a story does to the flows of its workload; `calls` ramps from the first to the last day."""

    calls: tuple[float, float] = (1.0, 1.0)
    tokens: Tokens | None = None
    model: Model | None = None  # only this model's flow
    hours: range = range(24)


@dataclass(frozen=True)
class Story:
    """Something planted. An empty `effects` means that the tables below or the bill already tell it."""

    key: str
    workload: str
    first_age: int
    last_age: int
    what: str
    effects: tuple[Effect, ...] = ()
    environment: str = "prod"
