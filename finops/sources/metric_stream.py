"""CloudWatch Metric Streams as Firehose writes them: one JSON object per datapoint, `.gz` or plain.

AWS: "CloudWatch metric stream output in JSON format". OpenTelemetry output is not read.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import duckdb

from finops import sqlfile
from finops.errors import SourceError
from finops.model import Delivery, Value
from finops.sources.files import directory, s3
from finops.sources.files.listing import plain
from finops.sources.reading import Reading


class MetricStream(Value):
    """Fills `datapoints`. A delivery is an arrival day, so one hour may stand in two: readers sum them.
    `region` and `role_arn` are of a bucket: where it is, and the role that may read it."""

    kind: Literal["metric_stream"] = "metric_stream"
    path: str
    region: str | None = None
    role_arn: str | None = None
    tables: ClassVar[tuple[str, ...]] = ("datapoints",)

    @property
    def name(self) -> str:
        return f"{self.kind}:{plain(self.path)}"

    def deliveries(self, reading: Reading) -> list[Delivery]:
        return directory.by_day(self.kind, self.path, reading, self.region, self.role_arn)

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        """All records of the delivery, or SourceError and none."""
        with s3.near(self.kind, delivery, reading, self.region, self.role_arn) as here:
            self._read(con, here)
        return delivery

    def _read(self, con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
        fill = sqlfile.read("sources", "metric_stream")
        con.execute(sqlfile.read("ledger", "datapoints").sql)
        directory.check_gzip(self.kind, delivery.files)
        try:
            con.execute(fill.sql, fill.bind(files=list(delivery.files))).fetchall()
        except duckdb.Error as exc:
            raise SourceError(
                f"{self.kind}: {_reason(exc)}; the stream's output format must be JSON, gzipped files end "
                "in .gz, and a damaged file is fetched again or moved away"
            ) from exc


def _reason(exc: duckdb.Error) -> str:
    """DuckDB's first line, which names the file; its count of records can be one off."""
    line = str(exc).partition("\n")[0].rstrip(". ")
    return line.partition(" Error: ")[2].replace("in record/value", "near record") or line
