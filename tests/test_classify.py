"""What a billed line is, by strings seen on bills, in price lists and in AWS's guides."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from finops.classify import MODELS, Classification, Shape, classify, model_of, scope_of_model_id
from finops.classify.usage_type import parse
from finops.commands.classify import COLUMNS, classify_lines
from finops.errors import ConfigError, FinopsError, SourceError

DATA = Path(__file__).parent / "data"


def observed() -> list[dict[str, str]]:
    with (DATA / "usage_types.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


# The collected strings name lines without tokens in their own words: kind -> our charge.
NOT_TOKENS = {
    "image": "media",
    "provisioned": "provisioned",
    "cmi_inference": "custom_model",
    "guardrail": "guardrail",
    "search": "rerank",
}


@pytest.mark.parametrize("row", [pytest.param(row, id=row["usage_type"]) for row in observed()])
def test_an_observed_usage_type_is_understood(row: dict[str, str]) -> None:
    found = classify(Shape(usage_type=row["usage_type"]))
    charge = NOT_TOKENS.get(row["token_kind"])
    tier = row["tier"] if row["tier"] not in ("cmi", "guardrail") else None
    assert found.token_kind == (None if charge else row["token_kind"])
    assert found.charge == (charge or ("reserved" if tier == "reserved" else "inference"))
    assert (found.service_tier, found.scope) == (tier, row["scope"])
    assert found.unclassified is None
    billed = parse(row["usage_type"])
    assert billed is not None
    assert (billed.model or "?") == row["model_token"]


@pytest.mark.parametrize(
    ("usage_type", "said"),
    [
        ("USE1-MP:USE1_CacheReadInputTokenCount_Global-Units", "cache_read standard global"),
        ("USE1-MP:USE1_CacheWrite1hInputTokenCount-Units", "cache_write_1h standard region"),
        ("USE1-MP:USE1_CacheReadInputTokenCount_LCtx-Units", "cache_read standard region"),
        ("USE1-MP:USE1_InputTokenCount_LCtx_Global_Batch-Units", "input batch global"),
        ("USE1-MP:USE1_OutputTokenCount_LatencyOptimized-Units", "output latency region"),
        ("APN1-MP:APN1_MillionBatchInputTokens-Units", "input batch region"),
        ("USW2-MP:USW2_input_tokens_standard-Units", "input standard region"),
        ("USW2-MP:USW2_cached_input_tokens_global_flex-Units", "cache_read flex global"),
        ("USW2-MP:USW2_cache_write_tokens_30m_priority-Units", "cache_write_30m priority region"),
        ("USE1-NovaPro-input-tokens-latency-optimized", "input latency region"),
        ("USE1-Nova2.0Lite-output-tokens-flex-cross-region-global", "output flex global"),
        ("USE1-anthropic.claude-sonnet-5-mantle-input-tokens-global-standard", "input standard global"),
        ("USE1-xai.grok-4.3-mantle-cache-write-tokens-1h-standard", "cache_write_1h standard region"),
        ("EU-NovaLite-input-tokens", "input standard region"),
        ("NovaLite-input-tokens", "input standard region"),
        ("USE1-NovaSonic-speech-generation-output-token", "output_speech standard region"),
        ("USE1-MP:USE1_Cohere_Embed_V4-Units", "input standard region"),
    ],
)  # fmt: skip
def test_a_token_line_of_any_grammar(usage_type: str, said: str) -> None:
    found = classify(Shape(usage_type=usage_type))
    assert f"{found.token_kind} {found.service_tier} {found.scope}" == said
    assert (found.charge, found.unclassified) == ("inference", None)


@pytest.mark.parametrize(
    ("usage_type", "charge", "model"),
    [
        ("USE1-Claude3Haiku-ProvisionedThroughput-ModelUnits-NoCommitment", "provisioned", "Claude 3 Haiku"),
        ("USE1-Nova2.0Lite-ProvisionedThroughput-NoCommit-ModelUnits", "provisioned", "Nova 2 Lite"),
        ("USE1-MP:USE1_ProvisionedThroughput_1MonthCommit_ModelUnits_Usage-Units", "provisioned", None),
        ("USE1-MP:USE1_Reserved_1Month_OutputTPM_Global-Units", "reserved", None),
        ("USE1-OSS-CustomModelImport-Storage-v1:0", "custom_model", "OSS"),
        ("USE1-NovaLite-Customization-Training", "customization", "Nova Lite"),
        ("USE1-NovaLite-Customization-Storage", "customization", "Nova Lite"),
        ("USE1-NovaLite-RFT-Training", "customization", "Nova Lite"),
        ("USE1-Guardrail-ContentPolicyUnitsConsumed", "guardrail", None),
        ("USE1-MP:USE1_search_units-Units", "rerank", None),
        ("USE1-NovaCanvas-T2I-1024-Standard", "media", "Nova Canvas"),
        ("USE1-NovaReel-T2V-720p", "media", "Nova Reel"),
        ("USE1-StructuredRetrieve-GenerateSQL", "knowledge_base", None),
        ("USE1-Bedrock-DataAutomation-Pages", "other", None),
        ("USE1-BedrockFlows-NodeTransitions", "other", None),
        ("USE1-Prompt-Routing-Requests", "other", None),
        ("USE1-Runtime-Consumption-vCPU", "agentcore", None),
        ("USE1-CodeInterpreter-Memory", "agentcore", None),
        ("USE1-BrowserTool-vCPU", "agentcore", None),
        ("USE1-Gateway-API-Invocations", "agentcore", None),
        ("USE1-Short-Term-Memory-Events", "agentcore", None),
        ("USE1-Long-Term-Memory-Retrieval", "agentcore", None),
    ],
)
def test_a_line_that_bills_no_tokens(usage_type: str, charge: str, model: str | None) -> None:
    found = classify(Shape(usage_type=usage_type, unit="hour"))
    assert (found.charge, found.model) == (charge, model)
    assert (found.tokens_per_unit, found.unclassified) == (None, None)


@pytest.mark.parametrize(
    "usage_type",
    [
        pytest.param("USE1-Foo-widgets", id="words nobody knows"),
        pytest.param("USE1-NovaPro-input-tokens-turbo", id="one unknown word at the end"),
        pytest.param("USE1-NovaPro-input-tokens-per-minute", id="a token line that goes on"),
        pytest.param("USE1-NovaPro-input-tokens-1h", id="a lifetime without a cache write"),
        pytest.param("USE1-NovaPro-cache-write-tokens-1h-30m", id="two lifetimes"),
        pytest.param("Claude Sonnet 4.6", id="no usage type at all"),
    ],
)
def test_what_is_not_understood_completely_is_unclassified(usage_type: str) -> None:
    found = classify(Shape(usage_type=usage_type, unit="1K tokens"))
    assert found == Classification(charge="unclassified", unclassified=f"unknown usage type {usage_type!r}")


def test_an_unknown_usage_type_keeps_what_metadata_says() -> None:
    found = classify(
        Shape(
            usage_type="USE1-Foo-widgets",
            unit="1K tokens",
            model="Claude Sonnet 4.6",
            inference_type="Output tokens",
        )
    )
    assert (found.charge, found.model, found.token_kind) == ("unclassified", "Claude Sonnet 4.6", "output")
    assert found.tokens_per_unit == 1000
    assert (found.service_tier, found.scope) == (None, None)
    assert found.unclassified == "unknown usage type 'USE1-Foo-widgets'"


@pytest.mark.parametrize(
    ("product_code", "charge", "reason"),
    [
        pytest.param("AmazonBedrockAgentCore", "agentcore", None, id="a service of one charge"),
        pytest.param("AmazonBedrock", "unclassified", "no usage type", id="a service of many"),
    ],
)
def test_a_line_without_usage_type(product_code: str, charge: str, reason: str | None) -> None:
    found = classify(Shape(product_code=product_code, usage_type=""))
    assert (found.charge, found.unclassified) == (charge, reason)


NATIVE = "USE1-NovaPro-input-tokens"
MARKETPLACE = "USW2-MP:USW2_InputTokenCount-Units"


@pytest.mark.parametrize(
    ("usage_type", "unit", "tokens", "known"),
    [
        pytest.param(NATIVE, "1K tokens", 1_000, True, id="1K tokens"),
        pytest.param(NATIVE, "1k  Tokens", 1_000, True, id="spelling does not matter"),
        pytest.param(NATIVE, "1000 tokens", 1_000, True, id="1000 tokens"),
        pytest.param(NATIVE, "1M tokens", 1_000_000, True, id="1M tokens"),
        pytest.param(NATIVE, "tokens", 1, True, id="tokens"),
        pytest.param(MARKETPLACE, "Units", 1_000_000, True, id="Marketplace units are millions"),
        pytest.param(MARKETPLACE, "1K tokens", 1_000, True, id="a Marketplace line may say tokens"),
        pytest.param("USE2_InputTokenCount-Units", "Units", 1_000_000, True, id="as Cost Explorer writes it"),
        pytest.param(NATIVE, "Units", None, False, id="units of a first-party line are unknown"),
        pytest.param(NATIVE, "Gigatokens", None, False, id="an unknown unit is never a default"),
        pytest.param(NATIVE, None, None, True, id="no unit given, nothing inferred"),
        pytest.param("USE1-MP:USE1_Reserved_3Month_InputTPM_Geo-Units", "Units", None, True, id="capacity"),
        pytest.param("USE1-MP:USE1_created_image-Units", "Units", None, True, id="images are no tokens"),
    ],
)
def test_units(usage_type: str, unit: str | None, tokens: int | None, known: bool) -> None:
    found = classify(Shape(usage_type=usage_type, unit=unit))
    assert found.tokens_per_unit == tokens
    assert found.unclassified == (None if known else f"unknown unit {unit!r} on a token line")


def test_the_real_marketplace_line() -> None:
    line = json.loads((DATA / "marketplace_line_legacy_cur.json").read_text(encoding="utf-8"))
    found = classify(
        Shape(
            product_code=line["line_item_product_code"],
            billing_entity=line["bill_billing_entity"],
            usage_type=line["line_item_usage_type"],
            operation=line["line_item_operation"],
            unit=line["pricing_unit"],
            description=line["line_item_line_item_description"],
            product_family=line["product_product_family"],
            product_name=line["product_product_name"],
            resource_model=line["line_item_resource_id"],
        )
    )
    assert found == Classification(
        provider="Anthropic",
        model="Claude 3.5 Sonnet",
        family="claude",
        tier="sonnet",
        token_kind="input",
        service_tier="standard",
        scope="region",
        charge="inference",
        tokens_per_unit=1_000_000,
        model_source="product_name",
    )


def test_the_description_is_never_trusted() -> None:
    text = "AWS Marketplace software usage|us-east-1|thousand Cache Read Input Tokens"
    shape = Shape(usage_type="USE1-MP:USE1_CacheReadInputTokenCount-Units", unit="Units", description=text)
    assert classify(shape).tokens_per_unit == 1_000_000


SONNET = "USE1-Claude4.6Sonnet-input-tokens"
CACHE_READ = "USE1-NovaPro-cache-read-tokens"


@pytest.mark.parametrize(
    ("shape", "model", "source"),
    [
        pytest.param(Shape(usage_type=SONNET, model="Claude Sonnet 4.6"), "Claude Sonnet 4.6", "metadata"),
        pytest.param(
            Shape(usage_type=SONNET, product_name="Amazon Bedrock Service"),
            "Claude Sonnet 4.6",
            "usage_type",
            id="the name of the service is not a model",
        ),
        pytest.param(
            Shape(usage_type=MARKETPLACE, product_name="Claude 3.5 Sonnet v2 (Amazon Bedrock Edition)"),
            "Claude 3.5 Sonnet v2",
            "product_name",
        ),
        pytest.param(
            Shape(usage_type=MARKETPLACE, resource_model="us.anthropic.claude-sonnet-4-6"),
            "Claude Sonnet 4.6",
            "resource",
        ),
        pytest.param(
            Shape(usage_type="USE1-Zephyr9Huge-input-tokens"),
            "Zephyr9Huge",
            "usage_type",
            id="nobody's model",
        ),
        pytest.param(
            Shape(usage_type=MARKETPLACE, product_name="Zephyr 9 (Amazon Bedrock Edition)"),
            "Zephyr 9",
            "product_name",
            id="nobody's product",
        ),
        pytest.param(
            Shape(usage_type="USE1-Guardrail-ContentPolicyUnitsConsumed", model="Guardrail"),
            None,
            None,
            id="a guardrail is not a model",
        ),
        pytest.param(Shape(usage_type=MARKETPLACE), None, None, id="nothing names one"),
    ],
)
def test_where_the_model_comes_from(shape: Shape, model: str | None, source: str | None) -> None:
    found = classify(shape)
    assert (found.model, found.model_source) == (model, source)
    assert (found.family is None) == (model is None or model_of(model) is None)


def test_the_provider_of_an_unknown_model_is_the_metadata_s() -> None:
    assert (
        classify(Shape(usage_type=SONNET, model="Zephyr 9", provider="Zephyr Inc")).provider == "Zephyr Inc"
    )


@pytest.mark.parametrize(
    ("usage_type", "inference_type", "token_kind", "agree"),
    [
        pytest.param(SONNET, "Input tokens", "input", True, id="the same"),
        pytest.param(SONNET, "Output tokens", "output", False, id="metadata wins and says so"),
        pytest.param(SONNET, "Model hours", "input", True, id="metadata that is not about tokens"),
        pytest.param(CACHE_READ, "Cache read input tokens", "cache_read", True, id="cache read"),
        pytest.param(CACHE_READ, "Input tokens", "input", False, id="cache is not input"),
        pytest.param("USE1-NovaPro-cache-write-tokens-1h", "cache_write tokens", "cache_write_1h", True,
                     id="the usage type knows the lifetime"),
        pytest.param("USE1-Nova2.0Pro-input-image-token-count", "Input tokens", "input_image", True,
                     id="the usage type knows the medium"),
        pytest.param("USE1-Guardrail-ContentPolicyUnitsConsumed", "Input tokens", None, False,
                     id="a guardrail bills no tokens"),
    ],
)  # fmt: skip
def test_token_kind_by_metadata(
    usage_type: str, inference_type: str, token_kind: str | None, agree: bool
) -> None:
    found = classify(Shape(usage_type=usage_type, inference_type=inference_type))
    assert found.token_kind == token_kind
    assert (found.disagreement is None) == agree


@pytest.mark.parametrize(
    ("metadata", "usage_type", "disagreement"),
    [
        pytest.param("Claude Sonnet 4.6", SONNET, None, id="two spellings of one model"),
        pytest.param(
            "Claude Haiku 4.5",
            SONNET,
            "metadata says model 'Claude Haiku 4.5', usage type says 'Claude4.6Sonnet'",
            id="two models",
        ),
        pytest.param(
            "Claude Haiku 4.5", "USE1-Zephyr9-input-tokens", None, id="an unknown name refutes nobody"
        ),
    ],
)
def test_two_models_on_one_line(metadata: str, usage_type: str, disagreement: str | None) -> None:
    found = classify(Shape(usage_type=usage_type, model=metadata))
    assert (found.model, found.disagreement) == (metadata, disagreement)


@pytest.mark.parametrize(
    ("usage_type", "feature", "service_tier"),
    [
        pytest.param(SONNET, "On-demand Inference", "standard", id="on demand"),
        pytest.param(SONNET, "Batch Inference", "batch", id="only the feature says batch"),
        pytest.param(SONNET + "-batch", "On-demand Inference", "batch", id="only the usage type says batch"),
        pytest.param(
            "USE1-Claude3Haiku-ProvisionedThroughput-ModelUnits", "Batch", "provisioned", id="units"
        ),
    ],
)
def test_service_tier_by_feature(usage_type: str, feature: str, service_tier: str) -> None:
    assert classify(Shape(usage_type=usage_type, feature=feature)).service_tier == service_tier


@pytest.mark.parametrize(
    ("usage_type", "resource_model", "scope"),
    [
        (SONNET, "anthropic.claude-sonnet-4-6", "region"),
        (SONNET, "us.anthropic.claude-sonnet-4-6", "geo"),
        (SONNET, "global.anthropic.claude-sonnet-4-6", "region"),  # billed at the in-region price
        (SONNET + "-cross-region-global", "us.anthropic.claude-sonnet-4-6", "global"),
    ],
)
def test_the_resource_tells_geo_from_in_region(usage_type: str, resource_model: str, scope: str) -> None:
    assert classify(Shape(usage_type=usage_type, resource_model=resource_model)).scope == scope


SPELLINGS = {
    "Claude Sonnet 4.6": [
        "claude sonnet 4.6", "Claude4.6Sonnet", "Claude Sonnet 4.6 (Amazon Bedrock Edition)",
        "anthropic.claude-sonnet-4-6-v1:0", "us.anthropic.claude-sonnet-4-6",
        "global.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-4-6",
    ],
    "Claude Sonnet 4": ["Claude4Sonnet", "anthropic.claude-sonnet-4-20250514-v1:0"],
    "Claude Haiku 4.5": ["Claude4.5Haiku", "anthropic.claude-haiku-4-5@20251001"],
    "Claude 3.5 Sonnet": ["Claude3.5Sonnet", "claude-3-5-sonnet-20240620-v1:0", "Claude 3.5 Sonnet V1"],
    "Claude 3.5 Sonnet v2": ["Claude3.5Sonnetv2", "us.anthropic.claude-3-5-sonnet-20241022-v2:0"],
    "Claude Opus 4.1": ["Claude4.1Opus", "anthropic.claude-opus-4-1-20250805-v1:0"],
    "Claude Sonnet 6.1": ["Claude6.1Sonnet", "us.anthropic.claude-sonnet-6-1"],  # not in the table
    "Claude 2.0": ["Claude2.0", "anthropic.claude-v2"],
    "Claude 2.1": ["anthropic.claude-v2:1", "Claude2.1"],
    "Nova Pro": ["NovaPro", "Amazon Nova Pro", "us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0:300k"],
    "Nova 2 Lite": ["Nova2.0Lite", "Nova 2.0 Lite", "global.amazon.nova-2-lite-v1:0"],
    "Llama 3.2 1B": ["Llama3-2-1B", "us.meta.llama3-2-1b-instruct-v1:0"],
    "Llama 4 Maverick 17B": ["Llama4-Maverick-17B", "Llama 4 Maverick 17B Instruct"],
    "gpt-oss-120b": ["openai.gpt-oss-120b", "openai.gpt-oss-120b-1:0", "GPT-OSS-120B"],
    "Titan Text Embeddings V2": ["TitanEmbeddingV2-Text", "amazon.titan-embed-text-v2:0"],
    "Titan Text Embeddings": ["amazon.titan-embed-text-v1"],
    "Cohere Embed v4": ["Cohere_Embed_V4", "us.cohere.embed-v4:0"],
    "Cohere Command R": ["cohere.command-r-v1:0"],
    "Cohere Command R+": ["cohere.command-r-plus-v1:0"],
    "Amazon Rerank 1.0": ["AmazonRerank-v1", "amazon.rerank-v1:0"],
    "DeepSeek-V3.1": ["deepseek.v3-v1:0", "deepseek.v3.1"],
    "GLM 5": ["zai.glm5", "zai.glm-5"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "spelling"),
    [pytest.param(name, each, id=each) for name, all_of in SPELLINGS.items() for each in (name, *all_of)],
)
def test_one_name_for_every_spelling(name: str, spelling: str) -> None:
    found = model_of(spelling)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("Amazon Bedrock Service", id="the service"),
        pytest.param("Claude", id="a family"),
        pytest.param("Claude Sonnet", id="no version"),
        pytest.param("claude-4-sonnet-4", id="two versions"),
        pytest.param("grjihoh0los8", id="an application profile"),
        pytest.param(
            "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdef123456", id="a purchase"
        ),
    ],
)
def test_a_wrong_model_is_worse_than_none(text: str) -> None:
    assert model_of(text) is None


@pytest.mark.parametrize(
    ("model_id", "scope"),
    [
        ("us.anthropic.claude-sonnet-4-6", "geo"),
        ("apac.amazon.nova-lite-v1:0", "geo"),
        ("jp.anthropic.claude-haiku-4-5-20251001-v1:0", "geo"),
        ("global.anthropic.claude-sonnet-4-6", "global"),
        ("arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-pro-v1:0", "geo"),
        ("amazon.nova-pro-v1:0", None),
        ("grjihoh0los8", None),
    ],
)
def test_scope_of_a_model_id(model_id: str, scope: str | None) -> None:
    assert scope_of_model_id(model_id) == scope


def test_the_model_table_is_consistent() -> None:
    rows = tomllib.loads(MODELS.read_text(encoding="utf-8"))["families"]
    names = [model["name"] for family in rows for model in family["models"]]
    assert len(names) == len(set(names))
    assert [name for name in names if (found := model_of(name)) is None or found.name != name] == []


# --- the command -----------------------------------------------------------------------------------

app = typer.Typer()
app.command()(classify_lines)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, FinopsError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_takes_one_usage_type() -> None:
    told = json.loads(run(
        "USE1-Zephyr-cache-write-tokens-1h", "--json", "--unit", "1M tokens",
        "--product", "model=Claude Sonnet 4.6", "--product", "inference_type=Cache write tokens",
    ))  # fmt: skip
    assert told == [{
        "usage_type": "USE1-Zephyr-cache-write-tokens-1h",
        "provider": "Anthropic", "model": "Claude Sonnet 4.6",
        "family": "claude", "tier": "sonnet", "token_kind": "cache_write_1h", "service_tier": "standard",
        "scope": "region", "charge": "inference", "tokens_per_unit": 1_000_000,
        "model_source": "metadata", "disagreement": None, "unclassified": None,
    }]  # fmt: skip


def test_the_command_gives_a_row_for_a_row() -> None:
    lines = run(str(DATA / "usage_types.tsv")).splitlines()
    assert lines[0].split("\t") == list(COLUMNS)
    assert [line.split("\t")[0] for line in lines[1:]] == [row["usage_type"] for row in observed()]


def test_the_command_reads_aws_names(tmp_path: Path) -> None:
    file = tmp_path / "lines.csv"
    file.write_text(
        "\ufeffline_item_usage_type,pricing_unit,product_name,note\n"
        'USW2-MP:USW2_InputTokenCount-Units,Units,"Claude 3.5 Sonnet (Amazon Bedrock Edition)","a, b"\n'
        "\n"
        ",,,nothing told\n",
        encoding="utf-8",
    )
    first, second = json.loads(run(str(file), "--json"))
    assert (first["model"], first["tokens_per_unit"]) == ("Claude 3.5 Sonnet", 1_000_000)
    assert second["unclassified"] == "no usage type"


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        pytest.param(None, ConfigError, "lines.csv: No such file", id="no file"),
        pytest.param(b"", SourceError, "no column usage_type", id="an empty file"),
        pytest.param(b"unit,note\n1K tokens,x\n", SourceError, "no column usage_type", id="no column"),
        pytest.param(b"usage_type\n\xff\xfe\n", SourceError, "not UTF-8", id="not UTF-8"),
        pytest.param(b"usage_type,unit\nx,y,z\n", SourceError, "line 2: 3 values for 2", id="too many"),
        pytest.param(b"usage_type,line_item_usage_type\na,b\n", SourceError, "mean usage_type", id="two"),
        pytest.param(b'usage_type\n"USE1-x\n', SourceError, "check its quotes", id="an open quote"),
    ],
)  # fmt: skip
def test_a_bad_file(tmp_path: Path, content: bytes | None, error: type[FinopsError], words: str) -> None:
    file = tmp_path / "lines.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(error, match=words):
        run(str(file))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["USE1-x", "--product", "model"], id="no value"),
        pytest.param(["USE1-x", "--product", "colour=blue"], id="an unknown key"),
        pytest.param([str(DATA / "usage_types.tsv"), "--unit", "1K tokens"], id="one unit for a file"),
    ],
)
def test_bad_arguments(arguments: list[str]) -> None:
    with pytest.raises(ConfigError):
        run(*arguments)


def test_the_command_starts_without_the_engine() -> None:
    code = (
        "import sys, finops.commands.classify; print([m for m in ('duckdb', 'polars') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
