"""A narrow Data Export: Bedrock's lines and Marketplace's, only the columns that are read (queries/export/)."""

from __future__ import annotations

import json
import shlex

from finops import sqlfile
from finops.model import Value

SETTINGS = {
    "TIME_GRANULARITY": "HOURLY",
    "INCLUDE_RESOURCES": "TRUE",
    "INCLUDE_IAM_PRINCIPAL_DATA": "TRUE",
    "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
    "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
}


class Destination(Value):
    """Where AWS writes the export. The bucket's policy must let Data Exports write (the template does it)."""

    bucket: str = "YOUR-BUCKET"
    prefix: str = "bedrock"
    region: str = "us-east-1"
    name: str = "finops-bedrock"


def statement() -> str:
    """The QueryStatement on one line, as the API and templates take it."""
    return " ".join(sqlfile.read("export", "bedrock").sql.split())


def definition(to: Destination) -> dict[str, object]:
    """What `aws bcm-data-exports create-export --export` takes."""
    return {
        "Name": to.name,
        "Description": "Amazon Bedrock lines and AWS Marketplace lines, for finops",
        "DataQuery": {
            "QueryStatement": statement(),
            "TableConfigurations": {"COST_AND_USAGE_REPORT": SETTINGS},
        },
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": to.bucket,
                "S3Prefix": to.prefix,
                "S3Region": to.region,
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM",
                    "Format": "PARQUET",
                    "Compression": "PARQUET",
                    "Overwrite": "OVERWRITE_REPORT",
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }


def command(to: Destination) -> str:
    """The AWS CLI call that creates it, in the account that is billed; Data Exports answer in us-east-1 only."""
    export = json.dumps(definition(to), indent=2)
    return f"aws bcm-data-exports create-export --region us-east-1 --export {shlex.quote(export)}"
