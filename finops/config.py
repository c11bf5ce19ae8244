"""finops.toml and the environment, as one strict tree. Nothing else reads either.

Unknown keys and misspelt FINOPS_* variables are errors that name the nearest right one. Secrets
come from the environment, or from the file that `<NAME>_FILE` points at, never from finops.toml.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, ValidationError, model_validator

from finops.attribute import Names, Tags
from finops.channels import Channel
from finops.errors import ConfigError
from finops.model import Value
from finops.rules import RuleSettings
from finops.sources import Source

FILE = "finops.toml"
SECRETS = ("FINOPS_SLACK_WEBHOOK_URL", "FINOPS_SLACK_TOKEN", "FINOPS_WEBHOOK_URL", "FINOPS_WEBHOOK_SECRET")
VARIABLES = ("FINOPS_HOME", *SECRETS, *(f"{name}_FILE" for name in SECRETS))


class Settings(Value):
    """What finops.toml may hold. `base` is the directory that relative paths start from."""

    base: Path = Field(exclude=True)
    sources: tuple[Annotated[Source, Field(discriminator="kind")], ...] = ()
    tags: Tags = Tags()
    accounts: dict[str, Names] = {}
    principals: dict[str, Names] = {}
    cost_categories: dict[str, str] = {}
    production: tuple[str, ...] = ("prod", "production", "prd", "live")
    rules: dict[str, RuleSettings] = {}
    alerts: tuple[Path, ...] = ()
    channels: tuple[Annotated[Channel, Field(discriminator="kind")], ...] = ()
