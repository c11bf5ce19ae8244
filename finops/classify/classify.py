"""AWS's metadata and the usage type of a line, merged into names; metadata first for the model."""

from __future__ import annotations

from typing import Literal, TypeAlias

from finops.classify.models import Model, edition_of, model_of, raw_name, scope_of_model_id
from finops.classify.usage_type import UsageType, parse, token_kind_of
from finops.model import Value

ModelSource: TypeAlias = Literal["metadata", "usage_type", "product_name", "resource"]

_TOKENS_PER_UNIT = {"tokens": 1, "1k tokens": 1_000, "1000 tokens": 1_000, "1m tokens": 1_000_000}
_MARKETPLACE_UNIT = 1_000_000  # `Units` of a Marketplace token line, even where its text says thousand
_MODELLESS = {"guardrail", "knowledge_base", "agentcore", "other"}


class Shape(Value):
    """How a line describes itself, in AWS's words. `resource_model` is the model id in its resource ARN.

    `description` and `operation` are carried for people: AWS's descriptions say thousand where the
    price is per million, so nothing is read from them.
    """

    product_code: str | None = None
    billing_entity: str | None = None
    usage_type: str | None = None
    operation: str | None = None
    unit: str | None = None
    description: str | None = None
    product_family: str | None = None
    product_name: str | None = None
    provider: str | None = None
    model: str | None = None
    inference_type: str | None = None
    feature: str | None = None
    resource_model: str | None = None


class Classification(Value):
    """What a line is. None is "does not apply" or "not known", never a default.

    `tokens_per_unit` turns the billed amount into tokens. `disagreement` says where metadata and
    usage type contradict; `unclassified` says what was not understood.
    """

    provider: str | None = None
    model: str | None = None
    family: str | None = None
    tier: str | None = None
    token_kind: str | None = None
    service_tier: str | None = None
    scope: str | None = None
    charge: str = "unclassified"
    tokens_per_unit: int | None = None
    model_source: ModelSource | None = None
    disagreement: str | None = None
    unclassified: str | None = None


def classify(shape: Shape) -> Classification:
    billed = parse(shape.usage_type or "")
    charge = billed.charge if billed else _charge_of_product(shape)
    name, source, model = _model(shape, billed, charge)
    token_kind = _token_kind(shape, billed)
    tokens_per_unit, unknown_unit = _tokens_per_unit(shape.unit, charge, token_kind, billed)
    return Classification(
        provider=model.provider if model else shape.provider or None,
        model=model.name if model else name,
        family=model.family if model else None,
        tier=model.tier if model else None,
        token_kind=token_kind,
        service_tier=_service_tier(shape, billed),
        scope=_scope(shape, billed),
        charge=charge,
        tokens_per_unit=tokens_per_unit,
        model_source=source,
        disagreement=_disagreement(shape, billed),
        unclassified=_unknown_usage_type(shape) if charge == "unclassified" else unknown_unit,
    )


def _charge_of_product(shape: Shape) -> str:
    return "agentcore" if shape.product_code == "AmazonBedrockAgentCore" else "unclassified"


def _model(
    shape: Shape, billed: UsageType | None, charge: str
) -> tuple[str | None, ModelSource | None, Model | None]:
    names: tuple[tuple[ModelSource, str | None], ...] = (
        ("metadata", shape.model),
        ("product_name", edition_of(shape.product_name)),
        ("usage_type", billed.model if billed else None),
        ("resource", shape.resource_model),
    )
    for source, name in names:
        known = model_of(name) if name else None
        if name and (known or charge not in _MODELLESS):  # a product called Guardrail is not a model
            return raw_name(name), source, known
    return None, None, None


def _token_kind(shape: Shape, billed: UsageType | None) -> str | None:
    """Metadata says which kind, the usage type how exactly: cache lifetime, image, audio ..."""
    told = token_kind_of(shape.inference_type or "")
    if billed is None:
        return told
    if told is None or billed.token_kind is None:
        return billed.token_kind
    same = _stem(told) == _stem(billed.token_kind)
    return billed.token_kind if same and billed.token_kind != _stem(told) else told


def _stem(token_kind: str) -> str:
    return "_".join(token_kind.split("_")[: 2 if token_kind.startswith("cache") else 1])


def _service_tier(shape: Shape, billed: UsageType | None) -> str | None:
    if billed is None:
        return None
    on_demand = billed.charge == "inference" and billed.service_tier == "standard"
    return "batch" if on_demand and "batch" in (shape.feature or "").lower() else billed.service_tier


def _scope(shape: Shape, billed: UsageType | None) -> str | None:
    if billed is None:
        return None
    # A geo profile is billed under the in-region usage type; only the resource tells them apart.
    geo = billed.scope == "region" and scope_of_model_id(shape.resource_model or "") == "geo"
    return "geo" if geo else billed.scope


def _tokens_per_unit(
    unit: str | None, charge: str, token_kind: str | None, billed: UsageType | None
) -> tuple[int | None, str | None]:
    """Tokens in one billed unit, or None with the reason. A reserved line bills capacity, not tokens."""
    if token_kind is None or charge == "reserved" or not unit:
        return None, None
    words = " ".join(unit.lower().split())
    if words == "units" and billed and billed.marketplace:
        return _MARKETPLACE_UNIT, None
    tokens = _TOKENS_PER_UNIT.get(words)
    return tokens, None if tokens else f"unknown unit {unit!r} on a token line"


def _unknown_usage_type(shape: Shape) -> str:
    return f"unknown usage type {shape.usage_type!r}" if shape.usage_type else "no usage type"


def _disagreement(shape: Shape, billed: UsageType | None) -> str | None:
    if billed is None:
        return None
    told_model = shape.model or edition_of(shape.product_name)
    billed_model = model_of(billed.model) if billed.model else None
    if told_model and billed_model and model_of(told_model) != billed_model:
        return f"metadata says model {told_model!r}, usage type says {billed.model!r}"
    told_kind = token_kind_of(shape.inference_type or "")
    billed_kind = billed.token_kind or billed.charge
    if told_kind and _stem(told_kind) != _stem(billed_kind):
        return f"metadata says {shape.inference_type!r}, usage type says {billed_kind!r}"
    return None
