"""One display name per model, whatever a bill, a metric or an inventory calls it.

The table `data/models.toml` is matched on a spelling-free key; Claude names are read by one rule
besides, so that the next Claude has its name on the day it is first billed. What neither knows is
nobody: a wrong name on a bill is worse than none.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from finops.errors import FinopsError
from finops.model import Value

MODELS = Path(__file__).parent.parent / "data" / "models.toml"

_EDITION = re.compile(r"\(Amazon Bedrock Edition\)\s*$", re.IGNORECASE)
_PATH = re.compile(r"^(?:arn:.*/|bedrock(?:_mantle)?/(?:[^/]+/)?)")  # an ARN, or a price book's region
_GEO = re.compile(r"^(?P<geo>us-gov|us|eu|apac|jp|au|ca|in|sa|global)\.(?=[a-z])")
_PROVIDER = re.compile(r"^(?:[a-z0-9]+\.(?=[a-z])|(?:amazon|anthropic|google|meta|nvidia|openai) )")
_DATE = re.compile(r"[-@]20\d{6}")
_CONTEXT = re.compile(r":\d+[km]$")  # nova-pro-v1:0:300k
_MINOR = re.compile(r"(?<=v\d):\d+$|(?<=-\d):\d+$")
_NOISE = re.compile(r"[- ](?:instruct|chat|it)\b")
_ZERO = re.compile(r"(?<=\d)[.-]0(?![\d.])")  # Nova2.0Lite is nova-2-lite
_CLAUDE = re.compile(
    r"claude[- ]?(?:(?P<before>\d[.-]\d|\d)[- ]?)?(?P<tier>haiku|sonnet|opus|fable|mythos)"
    r"(?:[- ]?(?P<after>\d[.-]\d|\d))?(?:[- ]?v(?P<revision>\d))?"
)


class Model(Value):
    """`name` is what people read; `tier` is the size within `family`, None where there is none."""

    provider: str
    name: str
    family: str
    tier: str | None = None


@lru_cache(maxsize=65536)
def model_of(name_or_id: str) -> Model | None:
    """The model that a billing name, metadata name, model id, system profile or ARN of these means.

    None for opaque ids (application profiles, provisioned models) and for models nobody listed.
    """
    table = _table()
    for spelling in _spellings(name_or_id):
        known = table.get(_key(spelling)) or _claude(spelling)
        if known is not None:
            return known
    return None


def scope_of_model_id(model_id: str) -> Literal["geo", "global"] | None:
    """Where a system inference profile may run, by its prefix (`us.`, `eu.` ... or `global.`)."""
    geo = _GEO.match(_PATH.sub("", model_id.strip()).lower())
    if geo is None:
        return None
    return "global" if geo["geo"] == "global" else "geo"


def edition_of(product_name: str | None) -> str | None:
    """The model of a Marketplace product. First-party lines say `Amazon Bedrock Service`: no model."""
    if not product_name or not _EDITION.search(product_name):
        return None
    return _EDITION.sub("", product_name).strip() or None


def raw_name(text: str) -> str:
    """An unknown model as the bill has it, without the wrapping that says nothing about it."""
    return _EDITION.sub("", _PATH.sub("", text.strip())).strip()


def _spellings(text: str) -> Iterator[str]:
    """From the most specific to the barest: `deepseek.v3.2` needs its provider, most do not."""
    text = _GEO.sub("", raw_name(text).lower())
    text = _CONTEXT.sub("", _DATE.sub("", text))
    major = _MINOR.sub("", text)
    for spelling in (text, major, major.removesuffix("-v1")):
        yield spelling
        yield _PROVIDER.sub("", spelling)


def _key(spelling: str) -> str:
    words = _ZERO.sub("", _NOISE.sub("", spelling.lower())).replace("+", "plus")
    return re.sub(r"[^a-z0-9]", "", words)


def _claude(spelling: str) -> Model | None:
    found = _CLAUDE.fullmatch(spelling)
    if found is None or (found["before"] is None) == (found["after"] is None):
        return None
    version = (found["before"] or found["after"]).replace("-", ".").removesuffix(".0")
    tier = found["tier"].title()
    name = f"Claude {version} {tier}" if version < "4" else f"Claude {tier} {version}"
    if (found["revision"] or "1") != "1":
        name += f" v{found['revision']}"
    return Model(provider="Anthropic", name=name, family="claude", tier=found["tier"])


@cache
def _table() -> dict[str, Model]:
    table: dict[str, Model] = {}
    for entry in tomllib.loads(MODELS.read_text(encoding="utf-8"))["families"]:
        for row in entry["models"]:
            model = Model(
                provider=entry["provider"], family=entry["family"], name=row["name"], tier=row.get("tier")
            )
            for spelling in (row["name"], *row.get("also", ())):
                if table.setdefault(_key(spelling), model) != model:
                    raise FinopsError(f"{MODELS.name}: {spelling!r} names two models; keep one")
    return table
