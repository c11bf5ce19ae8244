"""Records of the invocation log as AWS documents them, written in its layout."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

HOUR = "2026/11/19/12"
FOLDER = f"AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/{HOUR}"
ROLE = "arn:aws:iam::111122223333:role/ChatApi"

DOCUMENTED: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-11-19T12:00:00Z",
    "accountId": "111122223333",
    "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/ChatApi/session"},
    "region": "us-east-1",
    "requestId": "ff4b6c63-5561-4431-93b8-06a817275900",
    "operation": "Converse",
    "modelId": "us.anthropic.claude-sonnet-4-6",
    "inferenceRegion": "us-west-2",
    "requestMetadata": {"workload": "chat"},
    "input": {
        "inputContentType": "application/json",
        "inputBodyJson": {"messages": [{"role": "user", "content": [{"text": "hello how are you"}]}]},
        "inputTokenCount": 25,
        "cacheReadInputTokenCount": 0,
        "cacheWriteInputTokenCount": 0,
    },
    "output": {
        "outputContentType": "application/json",
        "outputBodyJson": {"output": {"message": {"role": "assistant", "content": [{"text": "I'm well"}]}}},
        "outputTokenCount": 150,
    },
}
THROTTLED = {
    "errorCode": "ThrottlingException",
    "input": {"inputContentType": "application/json"},
    "output": None,
}


def record(**changes: Any) -> str:
    """One line; None takes a member away."""
    return (
        json.dumps({name: value for name, value in (DOCUMENTED | changes).items() if value is not None})
        + "\n"
    )


def call(number: int, fresh: int = 25, out: int = 150, read: int = 0, write: int = 0, **changes: Any) -> str:
    """The request of that number."""
    counts = {
        "inputTokenCount": fresh,
        "cacheReadInputTokenCount": read,
        "cacheWriteInputTokenCount": write,
    }
    return record(
        **{"requestId": f"request-{number}", "input": counts, "output": {"outputTokenCount": out}} | changes
    )


def session(name: str, role: str = "ChatApi") -> dict[str, str]:
    return {"arn": f"arn:aws:sts::111122223333:assumed-role/{role}/{name}"}


def write(root: Path, name: str, content: str | bytes) -> Path:
    """A file of the log below its hour, or at the path that `name` spells from `root` on."""
    file = root / (name if "/" in name else f"{FOLDER}/{name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(gzip.compress(data) if name.endswith(".gz") and isinstance(content, str) else data)
    return file
