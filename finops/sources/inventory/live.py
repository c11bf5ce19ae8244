"""AWS asked for the inventory of every account and region of [aws]: one snapshot a UTC day.

What did not answer keeps what the newest snapshot had of it, and its place in `collections` says since when; the
snapshot is then incomplete, and the next sync asks again, those places only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb

from finops.aws import Target
from finops.model import Delivery
from finops.sources.inventory.rows import Account, Asked, Commitment, Resource, fill
from finops.sources.inventory.target import Answered, ask_organization, ask_target
from finops.sources.reading import Reading

THREADS = 8  # accounts and regions asked at a time
ORGANIZATION = Target("", "")  # the place of what is of no one account and region
INCOMPLETE = " incomplete"


@dataclass
class Known:
    """What the ledger's newest snapshot, or this one, knows of one place."""

    resources: dict[str, Resource] = field(default_factory=dict)
    commitments: list[Commitment] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    @property
    def lost(self) -> bool:
        """Whether something was not told that may be told when asked again. An organisation tells a refused
        member nothing, however often it asks."""
        may = ("failed",) if any(one.region == "" for one in self.asked) else ("failed", "refused")
        return any(one.status in may for one in self.asked)


def snapshot(source: str, reading: Reading, every_hours: int, agent_roles: bool) -> Delivery:
    """Today's, without asking anything. Its signature is another one when it is time, or [aws] has changed."""
    day = reading.now.date().isoformat()
    asked = f"{reading.aws.access.model_dump_json(exclude={'cache_gib'})} {agent_roles}"
    settings = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return Delivery(
        source=source,
        kind="inventory",
        partition=day,
        signature=f"{_turn(reading, every_hours)} {settings}",
        files=(),
        origin=f"the inventory of AWS on {day}",
    )


def load(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading, every_hours: int, agent_roles: bool
) -> Delivery:
    newest = _newest(delivery, reading)
    before = _known(con, newest, reading) if newest else {}
    again = newest is not None and newest.signature == delivery.signature + INCOMPLETE
    settled = {place: known for place, known in before.items() if again and known.asked and not known.lost}
    turn = _turn(reading, every_hours)
    places = [ORGANIZATION, *reading.aws.targets()]
    reading.say(
        f"inventory: asking {len(set(places) - settled.keys())} of {len(places)} accounts and regions"
    )

    def ask(place: Target) -> Answered | None:
        if place in settled:
            return None
        if place == ORGANIZATION:
            return ask_organization(reading.aws, reading.now, turn)
        return ask_target(reading.aws, place, reading.now, turn, agent_roles)

    with ThreadPoolExecutor(THREADS) as pool:
        answers = dict(zip(places, pool.map(ask, places), strict=True))
    _refuse_silence(answers)
    after = {
        place: settled[place] if answered is None else _kept(answered, before.get(place, Known()))
        for place, answered in answers.items()
    }
    _fill(con, delivery.partition, after.values())
    lost = any(known.lost for known in after.values())
    return delivery.model_copy(update={"signature": delivery.signature + INCOMPLETE}) if lost else delivery


def _turn(reading: Reading, every_hours: int) -> int:
    """The number of the collection that this hour belongs to; each UTC day starts with a new one."""
    return reading.now.date().toordinal() * -(-24 // every_hours) + reading.now.hour // every_hours


def _refuse_silence(answers: Mapping[Target, Answered | None]) -> None:
    """Nobody answered anything: the snapshot that the ledger has stays as it is."""
    faults = [answered.error for answered in answers.values() if answered and answered.error]
    heard = (
        answered is None or any(one.status in ("complete", "partial") for one in answered.asked)
        for answered in answers.values()
    )
    if faults and not any(heard):
        raise faults[-1]  # of an account and region that was named, rather than the organisation's


def _kept(answered: Answered, before: Known) -> Known:
    """What was told now, and where that is silent, what was known before. A resource whose tags were never told
    is left out: it would look as if it had none, from this day on."""
    resources = {
        arn: before.resources[arn].told(resource) if arn in before.resources else resource
        for arn, resource in answered.resources.items()
    }
    if any(one.status in ("refused", "failed") for one in answered.asked):
        resources = before.resources | resources
    last = {one.subject: one.collected_through for one in before.asked}
    return Known(
        resources={arn: resource for arn, resource in resources.items() if resource.tags is not None},
        commitments=before.commitments if answered.commitments is None else answered.commitments,
        accounts=before.accounts if answered.accounts is None else answered.accounts,
        asked=[
            one.model_copy(update={"collected_through": one.collected_through or last.get(one.subject)})
            for one in answered.asked
        ],
    )


def _newest(delivery: Delivery, reading: Reading) -> Delivery | None:
    """The newest snapshot of this source that the ledger has, up to this one's day."""
    held = (stored.delivery for stored in reading.held.values() if stored.delivery.source == delivery.source)
    return max(
        (one for one in held if one.partition <= delivery.partition),
        key=lambda one: one.partition,
        default=None,
    )


def _known(con: duckdb.DuckDBPyConnection, snapshot: Delivery, reading: Reading) -> dict[Target, Known]:
    known: dict[Target, Known] = {}

    def rows(table: str, *columns: str) -> list[dict[str, Any]]:
        file = reading.before(snapshot, table)
        if file is None or not file.exists():
            return []
        found = con.read_parquet(str(file)).select(*columns).fetchall()
        return [dict(zip(columns, row, strict=True)) for row in found]

    def at(place: Target) -> Known:
        return known.setdefault(place, Known())

    for row in rows("resources", "arn", "name", "tags", "model_id", "role_arn"):
        at(_place(row["arn"])).resources[row["arn"]] = Resource(**row)
    for row in rows("commitments", *Commitment.model_fields):
        at(_place(row["arn"])).commitments.append(Commitment(**row))
    for row in rows("accounts", *Account.model_fields):
        at(ORGANIZATION).accounts.append(Account(**row))
    for row in rows("collections", *Asked.model_fields):
        place = Target(row["account_id"], row["region"]) if row["region"] else ORGANIZATION
        at(place).asked.append(Asked(**row))
    return known


def _place(arn: str) -> Target:
    _, _, service, region, account, _ = arn.split(":", 5)
    return ORGANIZATION if service == "organizations" else Target(account, region)


def _fill(con: duckdb.DuckDBPyConnection, day: str, places: Iterable[Known]) -> None:
    everywhere = list(places)
    fill(con, "resources", day, (row for known in everywhere for row in known.resources.values()))
    fill(con, "commitments", day, (row for known in everywhere for row in known.commitments))
    fill(con, "accounts", day, (row for known in everywhere for row in known.accounts))
    fill(con, "collections", day, (row for known in everywhere for row in known.asked))
