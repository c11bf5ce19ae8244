"""The buttons below an incident. A button's value is the incident's id and nothing else: no text from tags."""

from __future__ import annotations

from typing import Any, Literal, get_args

Action = Literal["ack", "snooze_1", "snooze_7", "planned_7", "not_anomaly", "show"]

ACTIONS: tuple[Action, ...] = get_args(Action)
PREFIX = "finops_"  # of action ids: one app may serve others as well
LABELS: dict[Action, str] = {
    "ack": "Ack",
    "snooze_1": "Snooze 1 d",
    "snooze_7": "Snooze 7 d",
    "planned_7": "Planned 7 d",
    "not_anomaly": "Not an anomaly",
    "show": "Show",
}


def button_row(incident: str, dashboard_url: str | None) -> dict[str, Any]:
    elements = [_button(action, incident) for action in ACTIONS]
    elements[0]["style"] = "primary"
    if dashboard_url:
        elements[-1] |= {
            "text": _plain("Open"),
            "url": f"{dashboard_url.rstrip('/')}/incidents/{incident}",
        }
    return {"type": "actions", "block_id": f"{PREFIX}{incident}", "elements": elements}


def ack(incident: str) -> dict[str, Any]:
    """Beside one line of many."""
    return _button("ack", incident)


def _button(action: Action, incident: str) -> dict[str, Any]:
    text = _plain(LABELS[action])
    return {"type": "button", "action_id": PREFIX + action, "text": text, "value": incident}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
