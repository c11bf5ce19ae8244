"""What there is of a report behind an Athena table, by billing period, and whether AWS has rewritten it.

Asked of S3 where that is allowed: the manifests, which AWS writes after the data, else the data themselves. Without
S3, the data catalogue tells which periods there are; then a period that may still change counts as changed whenever
the export was refreshed, or three times a day, which is as often as AWS refreshes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from finops.aws import AwsError, explained
from finops.errors import SourceError
from finops.sources.athena.dialect import Table
from finops.sources.athena.query import Place, Services, Workgroup

STATUS = "cost_and_usage_data_status"  # AWS's name, beside a legacy report
REFUSED = ("AccessDenied", "AccessDeniedException", "403", "Forbidden")
BLIND = (
    "no s3:ListBucket on the table's bucket: late corrections of closed months are not seen, nor an export that is "
    "rewritten while it is read; allow it to the role"
)
_MANIFEST = re.compile(r"(?i)billing_period=(?P<y>\d{4})-(?P<m>\d{2})/(?P<deeper>.+/)?[^/]+-manifest\.json$")
_LEGACY_MANIFEST = re.compile(r"/(?P<y>\d{4})(?P<m>\d{2})01-\d{8}/[^/]+-Manifest\.json$")
_DATA = re.compile(
    r"(?i)/(?:billing_period=(?P<y>\d{4})-(?P<m>\d{2})|year=(?P<ly>\d{4})/month=(?P<lm>\d{1,2}))/[^.][^/]*$"
)
_REFRESHES_EVERY = timedelta(hours=8)  # AWS: up to three times a day


class Described(NamedTuple):
    """A table, and where its data are."""

    table: Table
    place: Place
    projected: bool  # partitions are computed, so that the catalogue has none
    day_format: str = ""  # of a computed partition `day`

    @property
    def legacy(self) -> bool:
        return "billing_period" not in self.table.partitions


class Objects(NamedTuple):
    """The data of one period: a digest that changes with any of them, and their size."""

    digest: str
    size: int


def describe(settings: Workgroup, services: Services, name: str) -> Described | None:
    """None where there is no such table."""
    database = settings.database
    try:
        with explained(f"athena:GetTableMetadata of {database}.{name}"):
            found = services.client("athena").get_table_metadata(
                CatalogName=settings.catalog,
                DatabaseName=database,
                TableName=name,
                WorkGroup=settings.workgroup,
            )["TableMetadata"]
    except AwsError as exc:
        if exc.code == "MetadataException" and "EntityNotFound" in str(exc):
            return None
        raise
    parameters = found.get("Parameters", {})
    if "location" not in parameters or "VIEW" in found.get("TableType", ""):
        raise SourceError(
            f"athena: {database}.{name} is a view; name the table below it, which is partitioned and has files in S3"
        )
    table = Table(
        database=database,
        name=name,
        columns=_types(found.get("Columns", [])),
        partitions=_types(found.get("PartitionKeys", [])),
    )
    projected = parameters.get("projection.enabled", "").lower() == "true"
    day_format = parameters.get("projection.day.format", "")
    return Described(table, Place.of(parameters["location"]), projected, day_format)


class Export:
    def __init__(self, described: Described, services: Services, now: datetime, months: int) -> None:
        self.described = described
        self.services = services
        self.now = now
        self.since = _months_before(now, months)
        self.blind = False

    def periods(self) -> dict[str, str]:
        """Billing period -> version, which changes whenever AWS rewrites it; oldest first."""
        try:
            found = self._manifests() or self._data_versions()
        except AwsError as exc:
            if exc.code not in REFUSED:
                raise
            self.blind = True
            found = self._catalogue()
        return {period: found[period] for period in sorted(found) if period >= self.since}

    def objects(self, period: str) -> Objects | None:
        """The data of one period now; None where we may not look."""
        try:
            return _digest(self._data(period))
        except AwsError as exc:
            if exc.code not in REFUSED:
                raise
            return None

    @property
    def _base(self) -> Place:
        """The directory that AWS writes data and manifests below."""
        bucket, prefix = self.described.place
        return Place(bucket, prefix.rstrip("/").rpartition("/")[0] + "/" if "/" in prefix.rstrip("/") else "")

    def _manifests(self) -> dict[str, str]:
        pattern = _LEGACY_MANIFEST if self.described.legacy else _MANIFEST
        beneath = "20" if self.described.legacy else "metadata/"  # the years, or all but the data
        found = {}
        for item in self.services.objects(self._base, beneath):
            match = pattern.search("/" + item["Key"])
            if match is None:
                continue
            if match.groupdict().get("deeper"):
                raise SourceError(
                    f"athena: s3://{self._base.bucket}/{item['Key']}: this export keeps every version of a month, "
                    "which its table adds up; set its delivery to OVERWRITE_REPORT"
                )
            found[f"{match['y']}-{match['m']}"] = item["ETag"].strip('"')
        return found

    def _data_versions(self) -> dict[str, str]:
        """Of a table that somebody else fills: there are data, and no manifests of AWS."""
        periods: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for item in self.services.objects(self.described.place):
            period = _period_of(item["Key"])
            if period:
                periods[period].append(item)
        return {period: _digest(items).digest for period, items in periods.items()}

    def _data(self, period: str) -> list[dict[str, Any]]:
        year, month = period.split("-")
        if self.described.legacy:
            spellings = sorted({f"year={year}/month={m}/" for m in (month, month.lstrip("0"))})
        else:
            spellings = [f"BILLING_PERIOD={period}/", f"billing_period={period}/"]
        found = [item for start in spellings for item in self.services.objects(self.described.place, start)]
        if found:
            return found
        return [
            item for item in self.services.objects(self.described.place) if _period_of(item["Key"]) == period
        ]

    def _catalogue(self) -> dict[str, str]:
        refreshed = self._refreshed()
        if self.described.projected:
            month, found = f"{self.now:%Y-%m}", {}
            while month >= self.since:
                found[month] = "projected"
                month = _months_before(datetime.fromisoformat(f"{month}-01"), 1)
        else:
            found = self._partitions()
        open_since = _months_before(self.now, 1)
        return {
            period: f"{version}:{refreshed}" if period >= open_since else version
            for period, version in found.items()
        }

    def _partitions(self) -> dict[str, str]:
        table = self.described.table
        with explained(f"glue:GetPartitions of {table.database}.{table.name}"):
            pages = self.services.client("glue").get_paginator("get_partitions")
            found = pages.paginate(
                DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
            )
            partitions = [partition for page in found for partition in page["Partitions"]]
        versions: dict[str, list[str]] = defaultdict(list)
        for partition in partitions:
            values = dict(zip(table.partitions, partition["Values"], strict=True))
            told = {"location": partition.get("StorageDescriptor", {}).get("Location")} | partition.get(
                "Parameters", {}
            )
            versions[_period(values)].append(json.dumps([values, told], sort_keys=True))
        return {period: _hash(sorted(told)) for period, told in versions.items()}

    def _refreshed(self) -> str:
        """When AWS last wrote the export; where that may not be asked, a name for this third of the day."""
        name = self._base.prefix.rstrip("/").rpartition("/")[2]
        try:
            with explained("bcm-data-exports:ListExports"):
                pages = self.services.client("bcm-data-exports", "us-east-1").get_paginator("list_exports")
                exports = [export for page in pages.paginate() for export in page.get("Exports", [])]
        except AwsError:
            exports = []
        for export in exports:
            at = export.get("ExportStatus", {}).get("LastRefreshedAt")
            if export["ExportName"] == name and at:
                return str(at.isoformat())
        return str(int(self.now.timestamp() // _REFRESHES_EVERY.total_seconds()))


def _types(columns: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {column["Name"]: column.get("Type", "string").lower() for column in columns}


def _period(values: Mapping[str, str]) -> str:
    if "billing_period" in values:
        return values["billing_period"]
    return f"{values['year']}-{int(values['month']):02d}"


def _period_of(key: str) -> str | None:
    match = _DATA.search("/" + key)
    if match is None:
        return None
    return f"{match['y'] or match['ly']}-{int(match['m'] or match['lm']):02d}"


def _months_before(now: datetime, months: int) -> str:
    month = now.year * 12 + now.month - 1 - months
    return f"{month // 12}-{month % 12 + 1:02d}"


def _digest(items: Iterable[Mapping[str, Any]]) -> Objects:
    items = sorted(items, key=lambda item: str(item["Key"]))
    told = [f"{item['Key']}\0{item['Size']}\0{item['ETag']}" for item in items]
    return Objects(_hash(told), sum(int(item["Size"]) for item in items))


def _hash(told: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:32]
