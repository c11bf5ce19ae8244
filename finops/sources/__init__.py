"""Sources: each module is its own settings, a `name` for what it delivers, and two verbs.

`deliveries(base)` says what is there, without reading data; `load(con, delivery)` fills the temporary
tables named in `tables`, typed by queries/ledger/. To add one, write a module and put its name here.
"""

from finops.sources.cur import Cur
from finops.sources.inventory import Inventory
from finops.sources.metric_stream import MetricStream
from finops.sources.prices import Prices

Source = Cur | MetricStream | Inventory | Prices

__all__ = ["Cur", "Inventory", "MetricStream", "Prices", "Source"]
