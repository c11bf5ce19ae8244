"""Who reads a channel: what it is told about, as settings that every channel has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from finops.model import Incident, Severity, Value, at_least


class Audience(Value):
    """Empty means everyone; several settings must all agree. `name` tells two of one kind apart.

    `secrets`: settings that come from the environment, and under which names.
    """

    secrets: ClassVar[Mapping[str, str]] = {}

    name: str | None = None
    severity: Severity = "info"
    workloads: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def wants(self, incident: Incident) -> bool:
        """Whoever was told that it is bad is told that it is over, however mild it ended."""
        finding = incident.finding
        asked = (
            (self.workloads, finding.workload),
            (self.teams, finding.team),
            (self.environments, finding.environment),
        )
        named = all(not names or value in names for names, value in asked)
        return named and at_least(incident.notified_severity or incident.severity, self.severity)

    def lacking(self) -> str | None:
        """What is missing before anything can be sent, and how to give it."""
        return None
