"""A bill whose every line is odd in its own way; two engines must read the same of each."""

from __future__ import annotations

import random

from bill import Row, line

MARKET = {
    "bill_billing_entity": "AWS Marketplace",
    "product_product_family": None,
    "product_servicecode": "8b7d6f",
}
SESSION = "arn:aws:sts::111122223333:assumed-role"
HAIKU = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
MONEY = (
    "1e-12",
    "5e-13",
    "4.9e-13",
    "-5e-13",
    "1e-7",
    "0.30000000000000004",
    "17.05",
    "51.15",
    "0",
    "-0.0",
    "123456.78901234567",
    "99999999.99",
    "100000000000.5",
    "1e-300",
)
TEXTS = {
    "quotes": "it's \"odd\" `and` ''so''",
    "no letters": "✓ 支付 😀",
    "composed and not": "é e\u0301",
    "newline": "two\nlines",
    "backslash": "a\\nb\\",
    "blanks": "  both ends  ",
    "references": "$1 \\1 %s %% {x}",
    "separators": "a=b,c;d|e/f:g",
    "JSON": '{"a": [1, null]}',
    "null by name": "NULL",
    "case": "Chat",
}
MONEY_LINES = [
    line(f"2026-10-05 {hour:02}:00", usd, net=f"{usd}", list_usd=usd, amount=float(usd) * 1000)
    for hour, usd in enumerate(MONEY)
]
TEXT_LINES = [
    line(
        "2026-10-06 10:00",
        resource_tags={"Workload": text, f"odd {text}": "x"},
        other_tags={f"iamPrincipal/{text}": text},
        cost_category={text: text},
        line_item_line_item_description=text,
        line_item_usage_account_name=text,
        line_item_operation=text,
    )
    for text in TEXTS.values()
]
TIMES = ("2026-10-01 00:00", "2026-10-25 01:30", "2026-10-31 23:59", "2026-11-01 05:30", "2026-11-01 06:30")
PRINCIPALS = (
    f"{SESSION}/Chat/i-1",
    f"{SESSION}/Chat/i-2",
    f"{SESSION}/Chat/a@b.c/d",
    f"{SESSION}/Chat",
    "arn:aws-us-gov:sts::1:assumed-role/R/s",
    "arn:aws:sts::1:federated-user/Bob",
    "arn:aws:iam::111122223333:root",
    f"{SESSION}/Chat/s\nt",
    "",
)
RESOURCES = (
    HAIKU,
    HAIKU.replace("foundation-model", "inference-profile"),
    HAIKU.replace("foundation-model", "application-inference-profile"),
    "arn:aws:bedrock:us-east-1:1:inference-profile/us.a/b:0",
    ":foundation-model/",
    "i-0123",
    "",
)
MAPS = ("product", "resource_tags", "tags", "cost_category")
EVERY_MAP = {
    "resource_tags": {"Workload": "a"},
    "other_tags": {"accountTag/Unit": "b"},
    "cost_category": {"C": "d"},
}
MAP_LINES = [
    *(line("2026-10-07 10:00", **EVERY_MAP) | {which: None} for which in MAPS),
    *(line("2026-10-07 10:00", **EVERY_MAP) | {which: {}} for which in MAPS),
    line("2026-10-07 11:00") | dict.fromkeys(MAPS),
    line("2026-10-07 11:00") | {which: {} for which in MAPS},
    line("2026-10-07 12:00") | {"tags": {"resourceTags/Workload": None, "resourceTags/Team": ""}},
    line("2026-10-07 12:00") | {"product": {"product_name": None, "model": "", "provider": "Anthropic"}},
    line("2026-10-07 13:00")
    | {"tags": {"resourceTags/app": "right"}, "resource_tags": {"app": "wrong", "user_app": "kept"}},
]
SCOPE_LINES = [
    line("2026-10-08 10:00", code="8b7d6f", product={"product_name": "Claude (Amazon Bedrock Edition)"}, **MARKET),
    line("2026-10-08 10:00", -1, code="8b7d6f", type="Credit", product={}, **MARKET),
    line("2026-10-08 10:00", 1, code="other", product={"product_name": "Claude, Edition of Bedrock"}, **MARKET),
    line("2026-10-08 10:00", 2, code="nameless", product={}, resource=HAIKU, **MARKET),
    line("2026-10-08 10:00", 3, code="whose", product={}, resource="arn:aws:s3:::bedrock", **MARKET),
    line("2026-10-08 10:00", 1, code="ByService", product_servicecode="AmazonBedrock", product_product_family=None),
    line("2026-10-08 10:00", 1, code="ByFamily", product_servicecode=None),
    line("2026-10-08 10:00", 1, code="ByFamily", product_servicecode=None, product_product_family=None, type="Tax"),
    line("2026-10-08 10:00", 1, code="AmazonEC2", product_product_family="Compute", product_servicecode="AmazonEC2"),
    line("2026-10-08 10:00", 1, code=None, product_product_family=None, product_servicecode=None),
    line("2026-10-08 23:00", 1, code="AmazonEC2", product_product_family=None, product_servicecode="AmazonEC2"),
]  # fmt: skip
LIST_LINES = [
    line("2026-10-09 10:00", list_usd=2.0),
    line("2026-10-09 10:00", list_usd=None),
    line("2026-10-09 11:00", list_usd=0.0),
    line("2026-10-09 11:00", list_usd=3.0),
    line("2026-10-09 12:00", net=None, amount=None, usd="0.1"),
    line("2026-10-09 12:00", net=0.05, amount=1e15, usd="0.2"),
    line("2026-10-09 13:00", net=0, amount=None, unit=None),
]
EMPTY_LINES = [
    line("2026-10-10 10:00", **{name: empty})
    for empty in ("", None)
    for name in ("account", "payer", "region", "currency", "type", "unit", "usage_type", "invoice")
] + [
    line("2026-10-10 11:00", invoice="1", currency="EUR"),
    line("2026-09-30 23:00", bill_billing_period_start_date="2026-10-01 00:00:00"),
]


def lines() -> list[Row]:
    """All of them, twice, so that there is something to group."""
    odd = [
        *MONEY_LINES,
        *TEXT_LINES,
        *(line(at) for at in TIMES),
        *(line("2026-10-11 10:00", principal=principal) for principal in PRINCIPALS),
        *(line("2026-10-11 11:00", resource=resource) for resource in RESOURCES),
        *MAP_LINES,
        *SCOPE_LINES,
        *LIST_LINES,
        *EMPTY_LINES,
    ]
    return odd + odd


def flat_lines() -> list[Row]:
    """Those that can be told without maps."""
    return [row for row in lines() if row["product"] is not None and row["tags"] is not None]


def doubles(count: int) -> list[Row]:
    """A line of its own for each of as many doubles, of every size that a bill has."""
    chance = random.Random(435)
    return [
        line(
            "2026-10-05 10:00",
            repr(chance.choice((1, 1, 1, -1)) * 10 ** chance.uniform(-13, 5)),
            amount=10 ** chance.uniform(-9, 12),
            net=10 ** chance.uniform(-13, 5),
            list_usd=10 ** chance.uniform(-13, 5),
            resource=f"r-{number}",
        )
        for number in range(count)
    ]
