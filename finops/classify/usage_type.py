"""The grammar of `line_item_usage_type`: what AWS priced, read from its text alone.

    usage type  := [REGION "-"] ["MP:"] [REGION "_"] body ["-Units"]
    token line  := [MODEL "-"] ["mantle-"] kind suffix*
    other lines := by the words that AWS uses for the charge

Marketplace bodies come as `InputTokenCount_Global` and as `input_tokens_global_standard`; both are
read as `input-tokens-global...`. A token line is understood to its last word or not at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

TokenKind: TypeAlias = Literal[
    "input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write_30m",
    "input_image", "input_audio", "input_video", "input_speech",
    "output_image", "output_audio", "output_video", "output_speech",
]  # fmt: skip
ServiceTier: TypeAlias = Literal[
    "standard", "batch", "flex", "priority", "latency", "reserved", "provisioned"
]  # fmt: skip
Scope: TypeAlias = Literal["region", "geo", "global"]
Charge: TypeAlias = Literal[
    "inference", "provisioned", "reserved", "custom_model", "customization", "guardrail",
    "knowledge_base", "agentcore", "rerank", "media", "other", "unclassified",
]  # fmt: skip


class UsageType(NamedTuple):
    """`model` is the billing name, None where the text bears none (Marketplace)."""

    charge: str
    model: str | None = None
    token_kind: str | None = None
    service_tier: str | None = None
    scope: str = "region"
    marketplace: bool = False


_REGION = r"(?:(?!GLM|GPT)[A-Z]{3}\d{1,2}|EU|CPT)"  # AI21-, GLM5- and GPT5- begin a model's name
_FRAME = re.compile(rf"(?:{_REGION}-)?(?P<mp>MP:)?(?:{_REGION}_)?(?P<body>.+?)(?P<units>-Units)?")
_SUFFIX = (
    r"standard|batch|flex|priority|latency-optimized|custom-model|long-context|long-ctx|lctx"
    r"|cross-region-global|cross-region-geo|global|geo|5m|1h|30m"
)
_MEDIUM = r"text|image|audio|video|speech"
_TOKENS = re.compile(
    rf"""
    (?: (?P<model>.+?) - )??  (?: mantle- )?
    (?: (?P<cache> cache-read | cached | cache-write (?:-?(?P<ttl>5m|1h|30m))? ) (?:-input)?
      | million- (?P<batch>batch-)? (?P<million>input|output)
      | (?P<medium>{_MEDIUM}) (?:-understanding|-generation)? -(?P<medium_side>input|output)
      | (?P<side>input|output) (?:-(?P<side_medium>{_MEDIUM}))?
    )
    -tokens? (?:-count)?
    (?P<suffixes> (?: -(?:{_SUFFIX}) )* )
    """,
    re.VERBOSE,
)
_TIERS = ("batch", "flex", "priority", "latency")  # the first one named wins; none of them: standard


class _Line(NamedTuple):
    pattern: re.Pattern[str]
    charge: Charge
    service_tier: ServiceTier | None
    token_kind: TokenKind | None


def _line(
    pattern: str,
    charge: Charge,
    service_tier: ServiceTier | None = None,
    token_kind: TokenKind | None = None,
) -> _Line:
    return _Line(re.compile(pattern, re.IGNORECASE), charge, service_tier, token_kind)


_LONGEST = 250  # AWS's stay under 100; no hostile file may keep the patterns busy
_MODEL = r"^(?:(?P<model>.+?)-)??"
_COMMITTED = (  # these may hold the words of a token line, so they are asked first
    _line(
        _MODEL + r"reserved-[13]-?month-(?P<kind>input|output)-?(?:tokens-per-minute|tpm)"
        r"(?:-(?:cross-region-)?(?P<scope>geo|global))?$",
        "reserved",
        "reserved",
    ),
    _line(_MODEL + r"custom-?model-?(?:import|units?)\b", "custom_model"),
    _line(_MODEL + r"(?:provisioned-?throughput|model-?units)\b", "provisioned", "provisioned"),
    _line(_MODEL + r"(?:customization|rft-?training)", "customization"),
    _line(r"guardrail", "guardrail"),
)
_SERVICES = (
    _line(_MODEL + r"search-?units$", "rerank", "standard"),
    _line(r"^(?P<model>cohere-embed-v\d)$", "inference", "standard", "input"),
    _line(r"agentcore|code-?interpreter|browser-?tool|(?:short|long)-?term-?memory", "agentcore"),
    _line(r"runtime.*(?:vcpu|memory)", "agentcore"),
    _line(r"gateway.*(?:api-?invocations|search-?api|tool-?indexing|data-?processing)", "agentcore"),
    _line(r"generate-?sql|structured-?retriev|knowledge-?base", "knowledge_base"),
    _line(r"evaluation|invoke-?flow|bedrock-?flows|optimize-?prompt|prompt-?routing", "other"),
    _line(r"nova-?grounding|data-?automation", "other"),
    _line(r"^(?P<model>nova-?(?:canvas|reel|sonic)|titan-?image-?generator(?:-?v\d)?)", "media", "standard"),
    _line(r"(?:^|-)(?:i2v|t2v|created-?image)(?:-|$)|image-?generator", "media", "standard"),
    _line(r"^(?P<model>[^-]*embed[^-]*)-(?:.*-)?(?:images?|video|audio)\b", "media", "standard"),
)


@lru_cache(maxsize=65536)
def parse(text: str) -> UsageType | None:
    """What `text` says, or None where it is not understood completely."""
    frame = _FRAME.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if frame is None:
        return None
    marketplace = bool(frame["mp"] or frame["units"])
    body = _kebab(frame["body"]) if marketplace else frame["body"]
    found = _first(_COMMITTED, body) or _token_line(body) or _first(_SERVICES, body)
    return found and found._replace(marketplace=marketplace)


def token_kind_of(words: str) -> str | None:
    """The kind in AWS's metadata words, e.g. `Cache read input tokens`; None if it is another thing."""
    found = _token_line(re.sub(r"[\s_]+", "-", words.strip().lower()))
    return found and found.token_kind


def _kebab(body: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_| ", "-", body).lower()


def _first(lines: tuple[_Line, ...], body: str) -> UsageType | None:
    for line in lines:
        found = line.pattern.search(body)
        if found is not None:
            named = found.groupdict()
            return UsageType(
                charge=line.charge,
                model=named.get("model"),
                token_kind=named.get("kind", "").lower() or line.token_kind,
                service_tier=line.service_tier,
                scope=(named.get("scope") or "region").lower(),
            )
    return None


def _token_line(body: str) -> UsageType | None:
    found = _TOKENS.fullmatch(body)
    if found is None:
        return None
    suffixes = found["suffixes"]
    ttls = {found["ttl"], *re.findall(r"5m|1h|30m", suffixes)} - {None}
    cache_write = (found["cache"] or "").startswith("cache-write")
    if len(ttls) > cache_write:  # a time to live belongs to a cache write, and there is one
        return None
    if found["batch"]:
        suffixes += "-batch"
    return UsageType(
        charge="inference",
        model=found["model"],
        token_kind=f"cache_write_{next(iter(ttls), '5m')}" if cache_write else _kind(found),
        service_tier=next((tier for tier in _TIERS if tier in suffixes), "standard"),
        scope=next((scope for scope in ("global", "geo") if scope in suffixes), "region"),
    )


def _kind(found: re.Match[str]) -> str:
    if found["cache"]:
        return "cache_read"
    side = found["million"] or found["medium_side"] or found["side"]
    medium = found["medium"] or found["side_medium"]
    return f"{side}_{medium}" if medium and medium != "text" else side
