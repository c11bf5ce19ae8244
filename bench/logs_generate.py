"""Invocation logs to measure on, in the layout that AWS writes, from one seed, made once and kept.

Every call has a body of 300 to 2,000 bytes, like a short prompt and its answer; one in a hundred was throttled
and has neither counts nor answer. What is true about them is counted while they are written.
"""

from __future__ import annotations

import json
import random
import sys
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

DAY = (2026, 11, 19)
PER_FILE = 5_000
PLACES = (("111122223333", "us-east-1"), ("111122223333", "eu-west-1"), ("444455556666", "us-east-1"))
MODELS = (
    "us.anthropic.claude-sonnet-4-6",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-lite-v1:0",
    "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456",
)
ROLES = tuple(f"Workload{number:02}Role" for number in range(20))
TEAMS = ("search", "support", "claims", "docs")
WORDS = [
    "about", "after", "again", "along", "answer", "before", "better", "between", "claim", "could", "every", "find",
    "first", "from", "given", "great", "into", "large", "later", "might", "model", "never", "other", "paper", "place",
    "point", "question", "right", "second", "should", "small", "still", "table", "their", "there", "these", "thing",
    "think", "three", "today", "under", "until", "water", "where", "which", "while", "world", "would", "write",
    "years",
]  # fmt: skip


class Logs(NamedTuple):
    """`calls` records below `path`; `truth` has their calls, errors and tokens by model and role."""

    calls: int
    path: Path
    truth: Path


class Part(NamedTuple):
    """The calls of one account and region in one hour, and where they go."""

    root: Path
    place: tuple[str, str]
    hour: int
    calls: int


def logs(data: Path, calls: int) -> Logs:
    made = Logs(calls, data / f"logs-{calls}" / "bucket", data / f"logs-{calls}" / "truth.json")
    if not made.truth.exists():  # written last
        print(f"generating {calls:,} calls", file=sys.stderr)
        cells = [(place, hour) for place in PLACES for hour in range(24)]
        sizes = [calls * (n + 1) // len(cells) - calls * n // len(cells) for n in range(len(cells))]
        parts = [Part(made.path, *cell, size) for cell, size in zip(cells, sizes, strict=True)]
        with ProcessPoolExecutor() as pool:
            truth: Counter[str] = sum(pool.map(_write, parts), Counter())
        made.truth.write_text(json.dumps(truth), encoding="utf-8")
    return made


def _write(part: Part) -> Counter[str]:
    account, region = part.place
    chance = random.Random(f"{account}{region}{part.hour}")
    text = " ".join(chance.choices(WORDS, k=200_000))
    truth: Counter[str] = Counter()
    year, month, day = DAY
    folder = part.root / "AWSLogs" / account / "BedrockModelInvocationLogs" / region
    folder = folder / f"{year}" / f"{month:02}" / f"{day:02}" / f"{part.hour:02}"
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, part.calls, PER_FILE):
        lines = [_record(part, chance, text, truth) for _ in range(min(PER_FILE, part.calls - first))]
        packer = zlib.compressobj(level=4, wbits=31)
        packed = packer.compress("".join(lines).encode()) + packer.flush()
        (folder / f"{year}{month:02}{day:02}T{part.hour:02}0000000Z_{first:08x}.json.gz").write_bytes(packed)
    return truth


def _record(part: Part, chance: random.Random, text: str, truth: Counter[str]) -> str:
    account, region = part.place
    draw = chance.random
    model, role = MODELS[int(draw() ** 2 * len(MODELS))], ROLES[int(draw() ** 2 * len(ROLES))]
    start, size = int(draw() * 900_000), 300 + int(draw() * 1_700)
    asked, answered = text[start : start + size * 2 // 3], text[start + size : start + size * 4 // 3]
    truth[f"{model} {role} calls"] += 1
    if draw() < 0.01:
        rest = f'"errorCode":"ThrottlingException","input":{{"inputBodyJson":{{"prompt":"{asked}"}}}}'
        truth[f"{model} {role} errors"] += 1
    else:
        fresh, out = int(chance.lognormvariate(6, 1)), int(chance.lognormvariate(5, 0.8))
        read = 2_048 if draw() < 0.3 else 0
        truth[f"{model} {role} input"] += fresh
        truth[f"{model} {role} output"] += out
        truth[f"{model} {role} read"] += read
        rest = (
            f'"input":{{"inputContentType":"application/json","inputBodyJson":{{"messages":[{{"role":"user",'
            f'"content":[{{"text":"{asked}"}}]}}]}},"inputTokenCount":{fresh},"cacheReadInputTokenCount":{read},'
            f'"cacheWriteInputTokenCount":0}},"output":{{"outputContentType":"application/json","outputBodyJson":'
            f'{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{answered}"}}]}}}}}},'
            f'"outputTokenCount":{out}}}'
        )
    second, request = int(draw() * 3_600), f"{chance.getrandbits(128):032x}"
    metadata = f'{{"team":"{TEAMS[len(role) % 4]}","workload":"{role[:10]}","trace":"{request[:16]}"}}'
    return (
        f'{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"{DAY[0]}-{DAY[1]:02}-{DAY[2]:02}'
        f'T{part.hour:02}:{second // 60:02}:{second % 60:02}Z","accountId":"{account}","identity":{{"arn":'
        f'"arn:aws:sts::{account}:assumed-role/{role}/session-{int(draw() * 40)}"}},"region":"{region}",'
        f'"requestId":"{request[:8]}-{request[8:12]}-{request[12:16]}-{request[16:20]}-{request[20:]}",'
        f'"operation":"Converse","modelId":"{model}","requestMetadata":{metadata},{rest}}}\n'
    )
