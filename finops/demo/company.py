"""The demo company as data: who calls which model how often, how AWS learns whose call it was, and
what goes wrong.
"""

from __future__ import annotations

from finops.demo.flow import PROD, Effect, Flow, Story, Tokens, Unit, Workload
from finops.demo.models import (
    HAIKU,
    HAIKU_GLOBAL,
    LLAMA_UNIT,
    MAVERICK,
    NEW_SONNET,
    NOVA_LITE,
    NOVA_MICRO,
    NOVA_PRO,
    NOVA_PRO_FLEX,
    OLD_SONNET,
    OPUS,
    RERANK,
    SONNET,
    TITAN,
)

UNTAGGED = "(untagged)"
PAYER = "999900001111"
STAGING, DEV, LABS, EMEA = "222233334444", "333344445555", "444455556666", "012345678901"
ACCOUNTS = {
    PAYER: "acme-billing",
    PROD: "acme-prod",
    STAGING: "acme-staging",
    DEV: "acme-dev",
    LABS: "acme-labs",
    EMEA: "acme-emea-prod",
}
REGIONS = {"us-east-1": "USE1", "us-west-2": "USW2", "eu-west-1": "EU"}

_LOWER = ("workload", "team", "environment", "cost-center")
_APP = ("app", "team", "env", "cost-center")

SEARCH = Workload("search-api", "search", "cc-1100")
ROUTER = Workload("support-router", "support", "cc-1200", keys=_LOWER)
KNOWLEDGE = Workload("knowledge-assistant", "knowledge", "cc-1300")
CLAIMS = Workload("claims-pipeline", "documents", "cc-1400", "office")
AGENT = Workload("coding-agent", "platform", "cc-2100", "office")
REPORTS = Workload("report-writer", "analytics", "cc-1500", keys=_LOWER)
COPY = Workload("product-copy", "catalog", "cc-1600", keys=_APP)
TRIAGE = Workload("email-triage", "support", "cc-1200")
INVOICES = Workload("invoice-tagger", "finance", "cc-3100", "office")
ASSISTANT = Workload("assistant-next", "knowledge", "cc-1300", keys=_APP)
EMBEDDINGS = Workload("catalog-embeddings", "catalog", "cc-1600", "nightly")
ENRICHMENT = Workload("catalog-enrichment", "catalog", "cc-1600", "nightly")
MODERATION = Workload("review-moderation", "trust", "cc-1700", "steady")
SUMMARIES = Workload("summaries-legacy", "knowledge", "cc-1300", "steady")
LAB = Workload("research-lab")  # named by the account map in finops.toml
NOBODY = Workload(UNTAGGED, rhythm="steady")

_CACHED = Tokens(1200, 400, read=6400, written=400)
_BROKEN = Tokens(1600, 400, read=800, written=5600)

FLOWS = (
    Flow(workload=SEARCH, model=SONNET, calls=20_000, tokens=Tokens(900, 220, read=2000, written=100)),
    Flow(
        workload=SEARCH,
        model=SONNET,
        calls=900,
        tokens=Tokens(900, 220, read=2000, written=100),
        environment="staging",
        account=STAGING,
    ),
    Flow(workload=SEARCH, model=SONNET, calls=500, tokens=Tokens(900, 220), environment="dev", account=DEV),
    Flow(
        workload=SEARCH,
        model=RERANK,
        calls=15_000,
        shape="native",
        named="principal",
        resource="foundation_model",
    ),
    Flow(workload=ROUTER, model=HAIKU, calls=10_200, tokens=Tokens(1500, 250), shape="marketplace"),
    Flow(workload=ROUTER, model=SONNET, calls=1800, tokens=Tokens(1500, 250), shape="marketplace"),
    Flow(workload=KNOWLEDGE, model=SONNET, calls=6000, tokens=_CACHED, account=EMEA, region="eu-west-1"),
    Flow(
        workload=KNOWLEDGE,
        model=SONNET,
        calls=250,
        tokens=_CACHED,
        environment="staging",
        account=STAGING,
        region="eu-west-1",
    ),
    Flow(workload=CLAIMS, model=NOVA_LITE, calls=18_000, tokens=Tokens(2500, 400), shape="native"),
    Flow(
        workload=CLAIMS,
        model=SONNET,
        calls=1500,
        tokens=Tokens(9000, 900),
        shape="marketplace",
        unit=Unit("states", "claims-pipeline", 1),
    ),
    Flow(
        workload=AGENT,
        model=SONNET,
        calls=200,
        tokens=Tokens(3000, 500),
        environment="dev",
        account=DEV,
        unit=Unit("lambda", "coding-agent", 4),
    ),
    Flow(workload=REPORTS, model=SONNET, calls=900, tokens=Tokens(1500, 2600), shape="marketplace"),
    Flow(workload=COPY, model=HAIKU, calls=6000, tokens=Tokens(1000, 300, 500, 50), shape="marketplace"),
    Flow(
        workload=COPY,
        model=HAIKU,
        calls=2500,
        tokens=Tokens(1800, 400),
        shape="marketplace",
        role="dev-notebooks",
        first_age=14,
    ),
    Flow(
        workload=TRIAGE,
        model=HAIKU_GLOBAL,
        calls=5000,
        tokens=Tokens(1300, 300),
        named="inventory",
        edition="-v1",
        last_age=31,
    ),
    Flow(
        workload=TRIAGE,
        model=HAIKU_GLOBAL,
        calls=5000,
        tokens=Tokens(1300, 300),
        named="inventory",
        edition="-v2",
        first_age=30,
    ),
    Flow(
        workload=INVOICES,
        model=NOVA_PRO,
        calls=4000,
        tokens=Tokens(2200, 400),
        shape="native",
        named="function",
        resource="foundation_model",
        role="invoice-tagger-exec",
        unit=Unit("lambda", "invoice-tagger", 2),
    ),
    Flow(
        workload=ASSISTANT,
        model=NEW_SONNET,
        calls=1800,
        tokens=Tokens(1400, 350),
        shape="mantle",
        environment="staging",
        account=STAGING,
        named="principal",
        resource="none",
    ),
    Flow(workload=EMBEDDINGS, model=TITAN, calls=400_000, tokens=Tokens(500), shape="native"),
    Flow(workload=ENRICHMENT, model=MAVERICK, calls=9000, tokens=Tokens(1500, 350), shape="native"),
    Flow(workload=MODERATION, model=NOVA_PRO_FLEX, calls=20_000, tokens=Tokens(700, 80), shape="native"),
    Flow(
        workload=SUMMARIES,
        model=LLAMA_UNIT,
        calls=12_000,
        tokens=Tokens(2000, 300),
        shape="native",
        resource="provisioned",
        growth=0.0,
        first_age=40,
    ),
    Flow(
        workload=LAB,
        model=OPUS,
        calls=1000,
        tokens=Tokens(2500, 600),
        shape="marketplace",
        environment="",
        account=LABS,
        named="account",
        resource="system_profile",
        role="lab-notebook",
    ),
    Flow(
        workload=NOBODY,
        model=OLD_SONNET,
        calls=3000,
        tokens=Tokens(2000, 400),
        shape="marketplace",
        environment="",
        account=DEV,
        region="us-west-2",
        named="nowhere",
        resource="foundation_model",
        role="proto-chat",
        first_age=9,
    ),
    Flow(
        workload=NOBODY,
        model=NOVA_MICRO,
        calls=40_000,
        tokens=Tokens(1200, 250),
        shape="native",
        environment="",
        account=DEV,
        named="nowhere",
        resource="system_profile",
        role="log-labeler",
    ),
)

STORIES = (
    Story("spike", "search-api", 1, 1, "a retry storm quadruples the calls", (Effect((4.2, 4.2)),)),
    Story(
        "router_drift",
        "support-router",
        21,
        1,
        "the router sends ever more small questions to Sonnet instead of Haiku",
        (Effect((1.0, 0.55), model=HAIKU), Effect((1.0, 3.55), model=SONNET)),
    ),
    Story(
        "broken_cache",
        "knowledge-assistant",
        5,
        1,
        "a timestamp in the prompt breaks the cache: 80 % hits become 10 %, writes explode",
        (Effect(tokens=_BROKEN),),
    ),
    Story(
        "idle_commitment",
        "summaries-legacy",
        25,
        1,
        "one Llama model unit at $24 an hour without a single call",
        (Effect((0.0, 0.0)),),
    ),
    Story(
        "runaway_loop",
        "coding-agent",
        2,
        2,
        "an agent that cannot finish makes forty times the calls for seven hours",
        (Effect((40.0, 40.0), hours=range(9, 16)),),
        "dev",
    ),
    Story("verbose", "report-writer", 9999, 1, "2,600 output tokens an answer where its peers need 250"),
    Story("dev_in_prod", "product-copy", 14, 1, "role dev-notebooks calls the production profile"),
    Story("untagged_spend", UNTAGGED, 9, 1, "proto-chat calls a foundation model without any tag"),
    Story("late_marketplace", UNTAGGED, 3, 2, "Marketplace lines are partly missing until the next morning"),
    Story("credits", UNTAGGED, 9999, 1, "monthly credit and tax, and one refund"),
    Story("restated", "claims-pipeline", 0, 0, "the evening of the 20th of last month is billed a day late"),
    Story("two_models", "claims-pipeline", 9999, 1, "Nova Lite reads each page, Sonnet reasons per document"),
    Story("rungs", "email-triage", 9999, 1, "one workload for each way AWS can learn whose call it was"),
    Story("unknown_usage", "research-lab", 2, 1, "a usage type that nobody has seen before"),
)
