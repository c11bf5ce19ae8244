"""A look at a directory of billing files, and the finops.toml that suits it."""

from __future__ import annotations

import re
from datetime import date

import duckdb

from finops import sqlfile
from finops.model import KEYS, Value
from finops.sources import Cur, Reading

# What teams call our keys when they do not call them that; the nearest meaning first.
SYNONYMS = {
    "workload": ("workload", "app", "application", "service", "project", "product", "component"),
    "team": ("team", "squad", "owner", "group"),
    "environment": ("environment", "env", "stage"),
    "cost_center": ("costcenter", "costcode", "cc"),
    "model_tag": ("model",),
}


TAGS_INTRODUCED = (
    "# Our key = tag keys to look for, the first that a line carries wins. Case and separators do not matter."
)


def plain(key: str) -> str:
    """What of a tag key's spelling matters."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^user[:_]", "", key.lower()))


WHOM_TO_TELL = (
    "# Whom to tell; secrets come from the environment. `finops alert test` tries them all.",
    "# Where none is configured, the console is told. The first one that is no pager gets the digests.",
    '# [[channels]]\n# kind = "slack"  # FINOPS_SLACK_WEBHOOK_URL, or FINOPS_SLACK_TOKEN and channel = "#costs"',
    '# severity = "warn"',
    '# [[channels]]\n# kind = "email"  # FINOPS_SMTP_PASSWORD\n# host = "smtp.example.com"\n# user = "finops"',
    '# sender = "finops@example.com"\n# to = ["costs@example.com"]',
    '# [[channels]]\n# kind = "pagerduty"  # FINOPS_PAGERDUTY_ROUTING_KEY; pages only, unless told otherwise',
    '# [[channels]]\n# kind = "sns"\n# topic_arn = "arn:aws:sns:us-east-1:111122223333:bedrock-costs"',
    "",
    "# The day, and the week, in one message; times are UTC.",
    '# [digest]\n# daily = "08:00"  # or "off"\n# weekly = "Mon 08:00"',
)


class TagKey(Value):
    """`share` of the Bedrock dollars whose lines carry it."""

    origin: str
    key: str
    share: float
    values: int


class Survey(Value):
    path: str
    periods: tuple[str, ...]
    usd: float
    lines: int
    accounts: int
    regions: int
    first_day: date | None
    last_day: date | None
    tag_keys: tuple[TagKey, ...]
    notes: tuple[str, ...]


def look(reading: Reading, path: str) -> Survey:
    """Read the newest delivery below `path`; of the others only that they are there."""
    source = Cur(path=path)
    deliveries = source.deliveries(reading)
    with duckdb.connect() as con:
        source.load(con, deliveries[-1], reading)
        usd, lines, accounts, regions, first, last = con.execute(
            sqlfile.read("survey", "totals").sql
        ).fetchall()[0]
        keys = con.execute(sqlfile.read("survey", "tag_keys").sql).fetchall()
        notes = con.execute("select note from notes order by note").fetchall()
    return Survey(
        path=path,
        periods=tuple(delivery.partition for delivery in deliveries),
        usd=usd,
        lines=lines,
        accounts=accounts,
        regions=regions,
        first_day=first,
        last_day=last,
        tag_keys=tuple(TagKey(origin=o, key=k, share=s or 0, values=v) for o, k, s, v in keys),
        notes=tuple(note for (note,) in notes),
    )


def spellings(survey: Survey, ours: str) -> list[TagKey]:
    """The keys that may mean ours, the nearest meaning first; one per spelling that matters."""
    ranked: dict[str, tuple[int, TagKey]] = {}
    for found in survey.tag_keys:
        key = plain(found.key)
        if key in SYNONYMS[ours] and key not in ranked:
            ranked[key] = (SYNONYMS[ours].index(key), found)
    return [found for _, found in sorted(ranked.values(), key=lambda pair: pair[0])]


def configuration(survey: Survey) -> str:
    """finops.toml for what was seen, every choice explained beside it."""
    return "\n".join([*_sources(survey), "", *_tags(survey), "", *_REST]) + "\n"


def _sources(survey: Survey) -> list[str]:
    span = f"{survey.first_day} to {survey.last_day}" if survey.first_day else "no Bedrock line"
    return [
        "# What finops reads, how it names what it reads, and whom it tells. Every key: docs/configuration.md",
        "",
        f"# Billing periods: {len(survey.periods)}. The newest, {survey.periods[-1]}: {survey.lines:,} Bedrock lines,",
        f"# ${survey.usd:,.2f} in {survey.accounts} accounts and {survey.regions} regions, {span}.",
        *(f"# It has {note}" for note in survey.notes),
        "[[sources]]",
        'kind = "cur"',
        f"path = {_quoted(survey.path)}",
        "",
        "# CloudWatch Metric Streams output: requests, cost per query, idle capacity.",
        '# [[sources]]\n# kind = "metric_stream"\n# path = "exports/metrics"',
        "",
        "# Saved AWS CLI answers (get-resources, list-inference-profiles ...): names where the bill has no tag.",
        '# [[sources]]\n# kind = "inventory"\n# path = "exports/inventory"',
        "",
        '[[sources]]\nkind = "prices"  # the shipped price book',
    ]


def _tags(survey: Survey) -> list[str]:
    lines = [
        TAGS_INTRODUCED,
        "[tags]",
    ]
    for ours in KEYS:
        found = spellings(survey, ours)
        if not found:
            lines.append(f"# {ours}: no tag key on the bill looks like it; add yours")
            continue
        names = [re.sub(r"^user[:_]", "", one.key) for one in found]
        for name, one in zip(names, found, strict=True):
            lines.append(f"# {name} is on {one.share:.0%} of the dollars, with {one.values} values")
        lines.append(f"{ours} = [{_quoted(names[0])}]")
    return lines


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_REST = [
    "# Names for whole accounts and for callers, where no tag answers.",
    '# [accounts.111122223333]\n# team = "search"\n# environment = "prod"',
    '# [principals."role/ChatApi"]\n# workload = "chat"',
    "",
    "# Thresholds: finops rules lists them all.",
    "# [rules.spend_spike]\n# ratio = 3.0\n# min_usd = 100",
    "",
    *WHOM_TO_TELL,
]
