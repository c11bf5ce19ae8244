"""finops.toml and the environment, as one strict tree. Nothing else reads either.

Unknown keys and misspelt FINOPS_* variables are errors that name the nearest right one. Secrets
come from the environment, or from the file that `<NAME>_FILE` points at, never from finops.toml.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from finops.attribute.names import Names, Naming, Tags
from finops.aws import Access
from finops.catalogue.build import Plan
from finops.channels import Channel, Console, PagerDuty, Slack, Sns, named
from finops.channels.email.email import ADDRESS
from finops.channels.sns import TOPIC
from finops.declared.budgets import ACCOUNT, Budget, clash
from finops.declared.planned import Planned
from finops.declared.workloads import UNIT, Workload
from finops.errors import ConfigError
from finops.model import KEYS, NAME, Value
from finops.notify.owners import OWNER
from finops.rules.files import Limits, RuleSettings, known_rules, nearest
from finops.schedule.timetable import CLOCK, CLOCK_OR_OFF, WEEKLY, Digests, Schedule
from finops.sources import Athena, AthenaLog, Cur, InvocationLog, Source
from finops.sources.athena import query

FILE = "finops.toml"
SECRETS = tuple(name for channel in get_args(Channel) for name in channel.secrets.values())
VARIABLES = ("FINOPS_HOME", *SECRETS, *(f"{name}_FILE" for name in SECRETS))
OPEN = {"url"}  # secrets that may stand in finops.toml too


class Settings(Value):
    """What finops.toml may hold. Relative paths start from its directory."""

    sources: tuple[Annotated[Source, Field(discriminator="kind")], ...] = ()
    aws: Access = Access()
    tags: Tags = Tags()
    accounts: dict[Annotated[str, Field(pattern=ACCOUNT)], Names] = {}
    principals: dict[str, Names] = {}
    cost_categories: dict[str, str] = {}
    workloads: tuple[Workload, ...] = ()
    budgets: tuple[Budget, ...] = ()
    production: tuple[str, ...] = ("prod", "production", "prd", "live")
    rules: dict[str, RuleSettings] = {}
    limits: Limits = Limits()
    alerts: tuple[Path, ...] = ()
    metrics: tuple[Path, ...] = ()
    channels: tuple[Annotated[Channel, Field(discriminator="kind")], ...] = ()
    schedule: Schedule = Schedule()
    digest: Digests = Digests()
    planned: tuple[Planned, ...] = ()
    owners: dict[str, Annotated[str, Field(pattern=OWNER)]] = {}

    @property
    def plan(self) -> Plan:
        naming = Naming(
            tags=self.tags,
            accounts=self.accounts,
            principals=self.principals,
            cost_categories=self.cost_categories,
        )
        return Plan(
            naming=naming,
            workloads=self.workloads,
            budgets=self.budgets,
            production=self.production,
            views=self.metrics,
        )


def read(home: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read `home`/finops.toml. Every fault names the key, the file and what to write instead."""
    environment = os.environ if environment is None else environment
    refuse_misspelt(environment)
    path = home / FILE
    try:
        settings = _settings(home, _toml(path))
    except ValidationError as exc:
        raise ConfigError("\n".join(f"{path}: {_sentence(error)}" for error in exc.errors())) from exc
    except ConfigError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    channels = tuple(_with_defaults(_with_secrets(one, environment), settings) for one in settings.channels)
    return settings.model_copy(update={"channels": channels})


def complete(settings: Settings) -> Settings:
    """For whoever sends something: a channel without its secret is refused. What only reads needs none."""
    for lacking in filter(None, (channel.lacking() for channel in settings.channels)):
        raise ConfigError(f"channels: {lacking}")
    return settings


def _toml(path: Path) -> dict[str, Any]:
    try:
        # Windows' editors put a byte order mark before it
        return tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError as exc:
        raise ConfigError("not there; write one with `finops init DIRECTORY`, or see `finops demo`") from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(str(exc)) from exc


def _settings(home: Path, fields: Mapping[str, Any]) -> Settings:
    """The tree, proven against the rules that it sets and with its directories found."""
    _refuse_secrets(fields)
    settings = Settings.model_validate(fields)
    for key in sorted(settings.cost_categories.keys() - set(KEYS)):
        raise ConfigError(f"[cost_categories] {key}: not one of {', '.join(KEYS)}")
    for fault in filter(None, (planned.fault() for planned in settings.planned)):
        raise ConfigError(f"[[planned]] {fault}")
    for fault in filter(None, (*(budget.fault() for budget in settings.budgets), clash(settings.budgets))):
        raise ConfigError(f"[[budgets]] {fault}")
    for table, of in (("sources", settings.sources), ("workloads", settings.workloads)):
        names = [one.name for one in of]
        for name in names:
            if names.count(name) > 1:
                raise ConfigError(f"[[{table}]] has {name} {names.count(name)} times; keep one of them")
    _refuse_unread(settings.digest, named(settings.channels or (Console(),)))
    alerts = tuple(home / directory for directory in settings.alerts)
    metrics = tuple(home / directory for directory in settings.metrics)
    known_rules(settings.rules, alerts)
    sources = tuple(_with_wanted(source, settings) for source in settings.sources)
    return settings.model_copy(update={"alerts": alerts, "metrics": metrics, "sources": sources})


def _refuse_unread(digests: Digests, channels: Mapping[str, Channel]) -> None:
    for name in digests.channels:
        if name not in channels:
            known = f"; there is {', '.join(channels)}"
            raise ConfigError(f"[digest] channels: no channel {name!r}{nearest(name, channels) or known}")
        if isinstance(channels[name], PagerDuty):
            raise ConfigError(f"[digest] channels: {name} is a pager, which takes no digest; take it out")


def _with_wanted(source: Source, settings: Settings) -> Source:
    """[cost_categories] is a reason to read their map, and [tags] to keep such keys, whatever the source says."""
    if isinstance(source, Cur | Athena) and settings.cost_categories:
        return source.model_copy(update={"cost_categories": True})
    if isinstance(source, InvocationLog | AthenaLog):
        spellings = (spelling for key in KEYS for spelling in getattr(settings.tags, key))
        return source.model_copy(update={"metadata": (*source.metadata, *spellings)})
    return source


def refuse_misspelt(environment: Mapping[str, str]) -> None:
    for name in sorted(environment):
        if name.startswith("FINOPS_") and name not in VARIABLES:
            raise ConfigError(f"environment: {name} is not known{nearest(name, VARIABLES)}")


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
    given = {key: value for key, name in channel.secrets.items() if (value := secret(name, environment))}
    return channel.model_copy(update=given)


def _with_defaults(channel: Channel, settings: Settings) -> Channel:
    """What a channel does not say itself, finops.toml says for all."""
    if isinstance(channel, Slack):
        return channel.model_copy(update={"owners": {**settings.owners, **channel.owners}})
    if isinstance(channel, Sns) and channel.profile is None:
        return channel.model_copy(update={"profile": settings.aws.profile})
    return channel


def _refuse_secrets(fields: Mapping[str, Any]) -> None:
    variables = {key: name for kind in get_args(Channel) for key, name in kind.secrets.items()}
    channels = fields.get("channels", [])
    for channel in channels if isinstance(channels, list) else []:
        for key in variables.keys() & channel.keys() - OPEN if isinstance(channel, dict) else ():
            name = variables[key]
            raise ConfigError(f"channels.{key} is a secret; take it out and set {name} (or {name}_FILE)")


TABLES: Mapping[str, tuple[type[Value], ...]] = {  # what the tables of finops.toml may be
    "sources": get_args(Source),
    "channels": get_args(Channel),
    "aws": (Access,),
    "tags": (Tags,),
    "accounts": (Names,),
    "principals": (Names,),
    "workloads": (Workload,),
    "budgets": (Budget,),
    "schedule": (Schedule,),
    "digest": (Digests,),
    "planned": (Planned,),
}
EXPECTED = {  # pydantic's name for a fault: what to write instead
    "string_type": 'a text, such as "search"',
    "path_type": 'a text, such as "exports"',
    "date_type": "a day, such as 2026-11-27",
    "date_from_datetime_parsing": "a day, such as 2026-11-27",
    "date_parsing": "a day, such as 2026-11-27",
    "date_from_datetime_inexact": "a day, such as 2026-11-27, without a time",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "decimal_type": "a number, such as 0.5",
    "decimal_parsing": "a number, such as 0.5",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number, such as 0.5",
    "float_parsing": "a number, such as 0.5",
    "finite_number": "a number, such as 0.5",
    "too_short": "at least 1 item",
}
PATTERNS = {
    ACCOUNT: "an account id of twelve digits",
    ADDRESS: 'a bare address, such as "costs@example.com"',
    TOPIC: 'a topic such as "arn:aws:sns:us-east-1:111122223333:bedrock-costs"',
    OWNER: "an e-mail address, or the id of a Slack user (U...) or user group (S...)",
    NAME: "a text that is not empty",
    UNIT: "bedrock_invocations, lambda:<function> or states:<state machine>",
    CLOCK_OR_OFF: 'a time of day in UTC, such as "08:00", or "off"',
    WEEKLY: 'a day and a time in UTC, such as "Mon 08:00", or "off"',
    CLOCK: 'a time of day in UTC, such as "03:30"',
    query.NAME: 'a name of letters, digits, "_" and "-"',
    query.PLACE: 'a place such as "s3://bucket/prefix/"',
}


def _sentence(error: ErrorDetails) -> str:
    """Where, what, and what to write instead. What was written is not repeated where it may be a secret."""
    parts = [part for part in error["loc"] if part != "[key]"]
    place, key = ".".join(map(str, parts)), str(parts[-1])
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: unknown key{nearest(key, _keys(error['loc']))}"
        case "missing":
            return f"{place}: is missing"
        case "union_tag_not_found":
            return f"{place}: has no kind; there is {', '.join(_kinds(parts[0]))}"
        case "union_tag_invalid":
            kinds, kind = _kinds(parts[0]), error["ctx"]["tag"]
            return f"{place}: kind {kind!r} is none of {', '.join(kinds)}{nearest(kind, kinds)}"
        case "value_error":
            return f"{place}: {error['msg'].removeprefix('Value error, ')}"
        case _:
            return f"{place}: expected {_expected(error)}"


def _expected(error: ErrorDetails) -> str:
    match error["type"]:
        case "tuple_type" if error["loc"][0] in TABLES and len(error["loc"]) == 1:
            return f"a list of tables, each under [[{error['loc'][0]}]]"
        case "tuple_type":
            given = error["input"]
            example = json.dumps(given if isinstance(given, str) else "Workload", ensure_ascii=False)
            return f"a list of texts, such as [{example}]"
        case "string_pattern_mismatch":
            return PATTERNS[error["ctx"]["pattern"]]
        case fault:
            return EXPECTED.get(fault) or error["msg"].removeprefix("Input should be ")


def _kinds(table: int | str) -> list[str]:
    return [model.model_fields["kind"].default for model in TABLES[str(table)]]


def _keys(place: tuple[int | str, ...]) -> Iterable[str]:
    """The keys that the table at `place` knows; of sources and channels, those of the kind at `place`."""
    if len(place) == 1:
        return Settings.model_fields
    models = [
        model
        for model in TABLES.get(str(place[0]), ())
        if len(place) < 4 or model.model_fields["kind"].default == place[2]
    ]
    return [field.alias or name for model in models for name, field in model.model_fields.items()]
