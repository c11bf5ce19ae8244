"""Who owns what: `live` asks AWS, `target` one account and region of it, `shapes` reads saved answers of the
AWS CLI, and both give `rows`; `inventory` is the source.
"""

from finops.sources.inventory.inventory import Inventory

__all__ = ["Inventory"]
