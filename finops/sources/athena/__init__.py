"""Athena: bills and invocation logs that are added up where they lie.

`dialect` writes the statements, `query` runs them and is paid for, `export` says what a table of AWS's looks like
and whether it is whole; `athena` and `log` are the two sources.
"""

from finops.sources.athena.athena import Athena
from finops.sources.athena.log import AthenaLog

__all__ = ["Athena", "AthenaLog"]
