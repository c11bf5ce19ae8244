"""Sources: each module is its own settings, a `name` for what it delivers, and two verbs.

`deliveries(reading)` says what is there, without reading data. `load(con, delivery, reading)` fills the
temporary tables named in `tables`, typed by queries/ledger/, and returns the delivery as it was read: with
another signature where something could not be had, so that the next sync asks again. To add one, write a
module and put its name here.
"""

from finops.sources.athena import Athena, AthenaLog
from finops.sources.cloudwatch import CloudWatch
from finops.sources.cur import Cur
from finops.sources.inventory import Inventory
from finops.sources.invocation_log import InvocationLog
from finops.sources.metric_stream import MetricStream
from finops.sources.prices import Prices
from finops.sources.reading import Reading

Source = Cur | Athena | MetricStream | CloudWatch | InvocationLog | AthenaLog | Inventory | Prices

__all__ = [
    "Athena",
    "AthenaLog",
    "CloudWatch",
    "Cur",
    "Inventory",
    "InvocationLog",
    "MetricStream",
    "Prices",
    "Reading",
    "Source",
]
