"""The models the demo company calls, at list price, and how the bill spells each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Shape = Literal["marketplace", "service", "native", "mantle"]
TOKEN_KINDS = ("input", "output", "cache_read", "cache_write_5m")


@dataclass(frozen=True, kw_only=True)
class Model:
    """`usd` is the price of one million tokens, one search or one hour, in-region unless `scope` says so."""

    name: str
    provider: str
    model_id: str
    billing_name: str
    product_code: str = ""  # Marketplace's opaque one, for models that are sold there
    spelling: Literal["camel", "snake"] = "camel"  # of Marketplace usage types: snake since Claude 4.7
    usd: Mapping[str, Decimal]
    tier: Literal["standard", "flex"] = "standard"
    scope: Literal["region", "global"] = "region"


def _tokens(*usd_per_1m: str) -> dict[str, Decimal]:
    return dict(zip(TOKEN_KINDS, map(Decimal, usd_per_1m), strict=False))


def _claude(name: str, model_id: str, billing_name: str, product_code: str, *usd_per_1m: str) -> Model:
    return Model(
        name=name,
        provider="Anthropic",
        model_id=f"anthropic.{model_id}",
        billing_name=billing_name,
        product_code=product_code,
        usd=_tokens(*usd_per_1m),
    )


HAIKU = _claude(
    *("Claude Haiku 4.5", "claude-haiku-4-5-20251001-v1:0", "Claude4.5Haiku", "3mwsd7xzk0q9fh5v1r8tnb2ye"),
    *("1.10", "5.50", "0.11", "1.375"),
)
HAIKU_GLOBAL = replace(HAIKU, scope="global", usd=_tokens("1.00", "5.00", "0.10", "1.25"))
SONNET = _claude(
    *("Claude Sonnet 4.6", "claude-sonnet-4-6", "Claude4.6Sonnet", "7zgyu5r4m2c8wq0dj6xk1v9pth"),
    *("3.30", "16.50", "0.33", "4.125"),
)
OLD_SONNET = _claude(
    *("Claude Sonnet 4.5", "claude-sonnet-4-5-20250929-v1:0", "Claude4.5Sonnet", "9k1hqz5w3tb7y2n8rm6c4xdvg"),
    *("3.30", "16.50", "0.33", "4.125"),
)
NEW_SONNET = _claude("Claude Sonnet 5", "claude-sonnet-5", "anthropic.claude-sonnet-5", "", "2.20", "11.00")
OPUS = replace(
    _claude(
        *("Claude Opus 4.8", "claude-opus-4-8", "anthropic.claude-opus-4-8", "2xv6hq9d4mk1r7nw5c8tbz0yj"),
        *("5.50", "27.50", "0.55", "6.875"),
    ),
    spelling="snake",
)
NOVA_LITE = Model(
    name="Nova Lite",
    provider="Amazon",
    model_id="amazon.nova-lite-v1:0",
    billing_name="NovaLite",
    usd=_tokens("0.06", "0.24", "0.015"),
)
NOVA_MICRO = replace(
    NOVA_LITE,
    name="Nova Micro",
    model_id="amazon.nova-micro-v1:0",
    billing_name="NovaMicro",
    usd=_tokens("0.035", "0.14"),
)
NOVA_PRO = replace(
    NOVA_LITE,
    name="Nova Pro",
    model_id="amazon.nova-pro-v1:0",
    billing_name="NovaPro",
    usd=_tokens("0.80", "3.20", "0.20"),
)
NOVA_PRO_FLEX = replace(NOVA_PRO, tier="flex", usd=_tokens("0.40", "1.60"))
MAVERICK = Model(
    name="Llama 4 Maverick 17B",
    provider="Meta",
    model_id="meta.llama4-maverick-17b-instruct-v1:0",
    billing_name="Llama4-Maverick-17B",
    usd=_tokens("0.24", "0.97"),
)
LLAMA_UNIT = Model(
    name="Llama 3.1 70B",
    provider="Meta",
    model_id="meta.llama3-1-70b-instruct-v1:0:128k",
    billing_name="Llama3-1-70B",
    usd={"model_unit": Decimal("24.00")},
)
TITAN = Model(
    name="Titan Text Embeddings V2",
    provider="Amazon",
    model_id="amazon.titan-embed-text-v2:0",
    billing_name="TitanEmbeddingV2-Text",
    usd=_tokens("0.02"),
)
RERANK = Model(
    name="Amazon Rerank 1.0",
    provider="Amazon",
    model_id="amazon.rerank-v1:0",
    billing_name="AmazonRerank-v1",
    usd={"search": Decimal("0.001")},
)
