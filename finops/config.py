"""finops.toml and the environment, as one strict tree. Nothing else reads either.

Unknown keys and misspelt FINOPS_* variables are errors that name the nearest right one. Secrets
come from the environment, or from the file that `<NAME>_FILE` points at, never from finops.toml.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from finops.attribute import Names, Naming, Tags
from finops.channels import Channel, Slack, Webhook
from finops.errors import ConfigError
from finops.model import KEYS, Value
from finops.catalogue import Plan, WorkloadUnit
from finops.rules import RuleSettings
from finops.sources import Cur, Source

FILE = "finops.toml"
SECRETS = ("FINOPS_SLACK_WEBHOOK_URL", "FINOPS_SLACK_TOKEN", "FINOPS_WEBHOOK_URL", "FINOPS_WEBHOOK_SECRET")
VARIABLES = ("FINOPS_HOME", *SECRETS, *(f"{name}_FILE" for name in SECRETS))
UNITS = {"lambda": "AWS/Lambda", "states": "AWS/States"}


class Workload(Value):
    """A declared workload. `unit` is what one query is: `bedrock_invocations`, `lambda:<function>` or
    `states:<state machine>`."""

    name: str
    team: str | None = None
    environments: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    unit: Annotated[str, Field(pattern=r"^(bedrock_invocations|lambda:.+|states:.+)$")] = (
        "bedrock_invocations"
    )

    def counted_by(self) -> WorkloadUnit:
        kind, _, resource = self.unit.partition(":")
        return WorkloadUnit(
            workload=self.name, namespace=UNITS.get(kind, "AWS/Bedrock"), resource=resource or None
        )


class Settings(Value):
    """What finops.toml may hold. Relative paths start from its directory."""

    sources: tuple[Annotated[Source, Field(discriminator="kind")], ...] = ()
    tags: Tags = Tags()
    accounts: dict[Annotated[str, Field(pattern=r"^\d{12}$")], Names] = {}
    principals: dict[str, Names] = {}
    cost_categories: dict[str, str] = {}
    workloads: tuple[Workload, ...] = ()
    production: tuple[str, ...] = ("prod", "production", "prd", "live")
    rules: dict[str, RuleSettings] = {}
    alerts: tuple[Path, ...] = ()
    metrics: tuple[Path, ...] = ()
    channels: tuple[Annotated[Channel, Field(discriminator="kind")], ...] = ()

    @property
    def plan(self) -> Plan:
        naming = Naming(
            tags=self.tags,
            accounts=self.accounts,
            principals=self.principals,
            cost_categories=self.cost_categories,
        )
        units = tuple(workload.counted_by() for workload in self.workloads)
        return Plan(naming=naming, units=units, production=self.production, views=self.metrics)


def read(home: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read `home`/finops.toml. Every fault names the key, the file and what to write instead."""
    environment = os.environ if environment is None else environment
    refuse_misspelt(environment)
    path = home / FILE
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError as exc:
        raise ConfigError(
            f"{path}: not there; write one with `finops init DIRECTORY`, or see `finops demo`"
        ) from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    _refuse_secrets(path, fields)
    try:
        settings = Settings.model_validate(fields)
    except ValidationError as exc:
        raise ConfigError("\n".join(f"{path}: {_sentence(error)}" for error in exc.errors())) from exc
    for key in settings.cost_categories.keys() - set(KEYS):
        raise ConfigError(f"{path}: [cost_categories] {key}: not one of {', '.join(KEYS)}")
    channels = tuple(_with_secrets(channel, environment) for channel in settings.channels)
    places = {
        name: tuple(home / directory for directory in getattr(settings, name))
        for name in ("alerts", "metrics")
    }
    sources = tuple(_with_categories(source, settings) for source in settings.sources)
    return settings.model_copy(update={"channels": channels, "sources": sources, **places})


def _with_categories(source: Source, settings: Settings) -> Source:
    """[cost_categories] is a reason to read their map, whatever the source says."""
    if isinstance(source, Cur) and settings.cost_categories:
        return source.model_copy(update={"cost_categories": True})
    return source


def refuse_misspelt(environment: Mapping[str, str]) -> None:
    for name in sorted(environment):
        if name.startswith("FINOPS_") and name not in VARIABLES:
            raise ConfigError(f"environment: {name} is not known{_nearest(name, VARIABLES)}")


def secret(name: str, environment: Mapping[str, str]) -> SecretStr | None:
    """The variable, or the content of the file that `<name>_FILE` names; both at once is an error."""
    value, place = environment.get(name), environment.get(f"{name}_FILE")
    if value and place:
        raise ConfigError(f"environment: both {name} and {name}_FILE are set; keep one")
    if place:
        try:
            value = Path(place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"environment: {name}_FILE: {exc}") from exc
    return SecretStr(value) if value else None


def _with_secrets(channel: Channel, environment: Mapping[str, str]) -> Channel:
    if isinstance(channel, Slack):
        url = secret("FINOPS_SLACK_WEBHOOK_URL", environment)
        token = secret("FINOPS_SLACK_TOKEN", environment)
        if not (url or token):
            raise ConfigError(
                "channels: slack has no secret; set FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and `channel`"
            )
        if token and not url and not channel.channel:
            raise ConfigError('channels: slack with a token needs `channel = "#name"` or a channel id')
        return channel.model_copy(update={"webhook_url": url, "token": token})
    if isinstance(channel, Webhook):
        url, key = secret("FINOPS_WEBHOOK_URL", environment), secret("FINOPS_WEBHOOK_SECRET", environment)
        return channel.model_copy(update={k: v for k, v in (("url", url), ("secret", key)) if v})
    return channel


def _refuse_secrets(path: Path, fields: Mapping[str, Any]) -> None:
    channels = fields.get("channels", [])
    for channel in channels if isinstance(channels, list) else []:
        for key, variable in (("token", SECRETS[1]), ("webhook_url", SECRETS[0]), ("secret", SECRETS[3])):
            if isinstance(channel, dict) and key in channel:
                raise ConfigError(
                    f"{path}: channels.{key} is a secret; take it out and set {variable} (or {variable}_FILE)"
                )


def _sentence(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg']}"
    return f"{place}: unknown key{_nearest(str(error['loc'][-1]), _keys(error['loc']))}"


def _keys(place: tuple[int | str, ...]) -> Iterable[str]:
    """The keys that the table at `place` knows."""
    tables: dict[str, Iterable[type[Value]]] = {
        "sources": get_args(Source),
        "channels": get_args(Channel),
        "tags": [Tags],
        "accounts": [Names],
        "principals": [Names],
        "workloads": [Workload],
    }
    if len(place) == 1:
        return Settings.model_fields
    models = [
        m
        for m in tables.get(str(place[0]), [])
        if len(place) < 4 or m.model_fields["kind"].default == place[2]
    ]
    return [name for model in models for name in model.model_fields]


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
