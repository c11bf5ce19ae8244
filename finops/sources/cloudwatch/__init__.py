"""CloudWatch: `series` says which metrics there are to ask for, `days` which of them are owed for which day,
`asking` asks within AWS's limits, `collection` does so for every account and region; `cloudwatch` is the source.
"""

from finops.sources.cloudwatch.cloudwatch import CloudWatch

__all__ = ["CloudWatch"]
