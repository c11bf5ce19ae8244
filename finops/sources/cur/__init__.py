"""Cost and Usage Reports: `layout` and `directory` find the deliveries, `columns` gives every generation of the
report the same columns, `arrow` decodes tags, `faults` says what is wrong with a file; `cur` is the source.
"""

from finops.sources.cur.cur import Cur

__all__ = ["Cur"]
