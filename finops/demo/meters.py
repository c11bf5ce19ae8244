"""How AWS bills what happened: one meter for each measure of each flow, in the four line shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from finops.demo.company import ACCOUNTS, FLOWS, LABS, PAYER, REGIONS, UNTAGGED
from finops.demo.flow import PROD, Flow
from finops.demo.models import TOKEN_KINDS, Model

_CAMEL = ("InputTokenCount", "OutputTokenCount", "CacheReadInputTokenCount", "CacheWriteInputTokenCount")
_SNAKE = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_PLAIN = (
    "input-tokens",
    "output-tokens",
    "cache-read-input-token-count",
    "cache-write-input-token-count",
)
_METADATA = ("Input tokens", "Output tokens", "Cache read tokens", "Cache write tokens")
_SERVICES = {  # shape: product code (Marketplace has its own), price-list offer, product name
    "marketplace": ("", "AmazonBedrockFoundationModels", "{model} (Amazon Bedrock Edition)"),
    "service": ("AmazonBedrockService", "AmazonBedrockService", "Amazon Bedrock Service"),
    "native": ("AmazonBedrock", "AmazonBedrock", "Amazon Bedrock"),
    "mantle": ("AmazonBedrock", "AmazonBedrock", "Amazon Bedrock"),
}


@dataclass(frozen=True, kw_only=True)
class Meter:
    """AWS's columns that stay the same on every line of one measure.

    `usd` buys one billed unit, which is `per_unit` of the measure. `workload`, `model` and `kind` are
    the truth; `workload` is None for lines that are not Bedrock's.
    """

    flow: int
    measure: str
    workload: str | None
    model: str | None = None
    kind: str | None = None
    usd: str
    per_unit: int = 1
    bill_billing_entity: str = "AWS"
    line_item_line_item_type: str = "Usage"
    line_item_line_item_description: str
    line_item_operation: str = ""
    line_item_product_code: str = "AmazonBedrock"
    line_item_resource_id: str | None = None
    line_item_iam_principal: str | None = None
    line_item_usage_account_id: str = PROD
    line_item_usage_account_name: str = ACCOUNTS[PROD]
    line_item_usage_type: str
    pricing_unit: str = ""
    product_product_family: str = "Amazon Bedrock"
    product_region_code: str = "us-east-1"
    product_servicecode: str = "AmazonBedrock"
    product: dict[str, str] = field(default_factory=dict)
    resource_tags: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def flow_meters() -> Iterator[Meter]:
    for number, flow in enumerate(FLOWS):
        for measure in flow.model.usd:
            yield _meter(number, flow, measure)


def _meter(number: int, flow: Flow, measure: str) -> Meter:
    model = flow.model
    usage_type, unit, per_unit, usd = _sold_as(flow, measure)
    code, offer, product_name = _SERVICES[flow.shape]
    marketplace = flow.shape == "marketplace"
    description = f"${usd} per {unit} of {model.name}"
    if marketplace:
        counted = _METADATA[TOKEN_KINDS.index(measure)].title()
        description = f"AWS Marketplace software usage|{flow.region}|Million {counted}"
    return Meter(
        flow=number,
        measure=measure,
        workload=flow.workload.name,
        model=model.name,
        kind=measure if measure in TOKEN_KINDS else None,
        usd=usd,
        per_unit=per_unit,
        bill_billing_entity="AWS Marketplace" if marketplace else "AWS",
        line_item_line_item_description=description,
        line_item_operation="InvokeModelInference" if measure in TOKEN_KINDS else "",
        line_item_product_code=code or model.product_code,
        line_item_resource_id=flow.resource_arn,
        line_item_iam_principal=None if measure == "model_unit" else flow.principal,
        line_item_usage_account_id=flow.account,
        line_item_usage_account_name=ACCOUNTS[flow.account],
        line_item_usage_type=usage_type,
        pricing_unit=unit,
        product_region_code=flow.region,
        product_servicecode=offer,
        product={"product_name": product_name.format(model=model.name), **_metadata(flow, measure)},
        resource_tags=_resource_tags(flow),
        tags=_tags(flow),
    )


def _sold_as(flow: Flow, measure: str) -> tuple[str, str, int, str]:
    """Usage type, pricing unit, how much of the measure one unit is, and the unit's price in USD."""
    model, region = flow.model, REGIONS[flow.region]
    usd = model.usd[measure]
    if measure == "model_unit":
        return f"{region}-{model.billing_name}-ProvisionedThroughput-NoCommit-ModelUnits", "hour", 1, str(usd)
    if measure == "search":
        return f"{region}-{model.billing_name}-searchunits", "Search Units", 1, str(usd)
    kind = TOKEN_KINDS.index(measure)
    if flow.shape == "marketplace":
        body = f"{_SNAKE[kind]}_standard" if model.spelling == "snake" else _CAMEL[kind]
        return f"{region}-MP:{region}_{body}-Units", "Units", 1_000_000, str(usd)
    mantle = flow.shape == "mantle"
    name = f"{region}-{model.billing_name}-{'mantle-' if mantle else ''}{_PLAIN[kind]}"
    return name + _suffix(model, mantle), "1K tokens", 1000, str(usd / 1000)


def _suffix(model: Model, mantle: bool) -> str:
    scope = "-cross-region-global" if model.scope == "global" else ""
    standard = "-standard" if mantle else ""
    return scope + (standard if model.tier == "standard" else f"-{model.tier}")


def _metadata(flow: Flow, measure: str) -> dict[str, str]:
    """The newest line shape comes without inference type and feature; no shape has them off token lines."""
    known = {"provider": flow.model.provider, "model": flow.model.name}
    if measure not in TOKEN_KINDS or flow.shape == "mantle":
        return known
    kind = _METADATA[TOKEN_KINDS.index(measure)]
    return {**known, "inference_type": kind, "feature": "On-demand Inference"}


def _resource_tags(flow: Flow) -> dict[str, str]:
    if flow.named != "resource":
        return {}
    return {f"user_{_snake(key)}": value for key, value in flow.tags.items()}


def _snake(key: str) -> str:
    """AWS's spelling of a tag key in `resource_tags`: CostCenter and cost-center are both cost_center."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in key)
    return words.strip("_").replace("-", "_").lower()


def _tags(flow: Flow) -> dict[str, str]:
    tags = {"accountTag/Owner": ACCOUNTS[flow.account].removeprefix("acme-")}
    if flow.named == "resource":
        tags |= {f"resourceTags/{key}": value for key, value in flow.tags.items()}
    if flow.named == "principal":
        tags |= {f"iamPrincipal/{key}": value for key, value in flow.tags.items()}
    if flow.role.startswith("dev-"):
        tags["iamPrincipal/Environment"] = "dev"
    return tags


def other_meters(first: date, last: date) -> Iterator[tuple[Meter, list[int]]]:
    """Lines that no flow causes, each with the UTC hours (epoch seconds) it is billed in."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    starts = [_epoch(day) for day in days if day.day == 1]
    hours = [_epoch(day) + 3600 * hour for day in days for hour in range(24)]
    yield _adjustment("Credit", "-150.00", "Promotional credit for generative AI"), starts
    yield _adjustment("Tax", "41.20", "Tax for product code AmazonBedrock"), starts
    yield _adjustment("Refund", "-37.50", "Goodwill refund for failed requests"), [hours[-33 * 24]]
    yield _unknown(), hours[-36:]
    yield _elsewhere("AmazonEC2", "BoxUsage:m7i.xlarge", "Compute Instance", "0.2016"), hours
    yield _elsewhere("AmazonS3", "TimedStorage-ByteHrs", "Storage", "2.31"), [_epoch(day) for day in days]
    yield _sold_by_others(), [_epoch(day) for day in days]


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _adjustment(line_type: str, usd: str, description: str) -> Meter:
    return Meter(
        flow=-1,
        measure="line",
        workload=UNTAGGED,
        usd=usd,
        line_item_line_item_type=line_type,
        line_item_line_item_description=description,
        line_item_usage_account_id=PAYER,
        line_item_usage_account_name=ACCOUNTS[PAYER],
        line_item_usage_type="",  # AWS names none where no usage is behind the line
        product={"product_name": "Amazon Bedrock"},
    )


def _unknown() -> Meter:
    return Meter(
        flow=-1,
        measure="line",
        workload="research-lab",
        usd="0.12",
        line_item_line_item_description="$0.12 per trace distilled",
        line_item_usage_account_id=LABS,
        line_item_usage_account_name=ACCOUNTS[LABS],
        line_item_usage_type="USE1-TraceDistiller-TracesDistilled",
        pricing_unit="Traces",
        product={"product_name": "Amazon Bedrock"},
    )


def _elsewhere(code: str, usage_type: str, family: str, usd: str) -> Meter:
    return Meter(
        flow=-1,
        measure="line",
        workload=None,
        usd=usd,
        line_item_line_item_description=f"${usd} per {usage_type}",
        line_item_product_code=code,
        line_item_usage_type=usage_type,
        pricing_unit="Hrs",
        product_product_family=family,
        product_servicecode=code,
        product={"product_name": code},
    )


def _sold_by_others() -> Meter:
    return Meter(
        flow=-1,
        measure="line",
        workload=None,
        usd="31.00",
        bill_billing_entity="AWS Marketplace",
        line_item_line_item_description="AWS Marketplace software usage|us-east-1|Observed hosts",
        line_item_product_code="8vq2m6zt0h4kxr1wd5n9cjybe",
        line_item_usage_type="USE1-MP:USE1_hosts-Units",
        pricing_unit="Units",
        product_product_family="",
        product_servicecode="",
        product={"product_name": "Watchtower Observability"},
    )
