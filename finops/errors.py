"""What can go wrong, as a tree.

FinopsError                 exit code 2; the message says what, where and what to do
├── ConfigError             exit code 3: finops.toml, an environment variable, a command's arguments
├── SourceError             a file or an AWS answer cannot be read as what it claims to be
├── LedgerError             the ledger cannot be written, opened or locked
├── ReconciliationError     attributed dollars would not equal billed dollars: nothing is published
├── QueryError              a person's SQL was refused, failed or ran out of its limits
├── RuleError               a rule file is wrong or its SQL failed
└── DeliveryError           a channel did not take a message; `retry` says whether it may later
"""

from __future__ import annotations


class FinopsError(Exception):
    exit_code = 2


class ConfigError(FinopsError):
    exit_code = 3


class SourceError(FinopsError):
    pass


class LedgerError(FinopsError):
    pass


class ReconciliationError(FinopsError):
    pass


class QueryError(FinopsError):
    pass


class RuleError(FinopsError):
    pass


LONGEST_WAIT_SECONDS = 86400.0  # whatever the other side asks for


class DeliveryError(FinopsError):
    """`retry`: the same message may succeed later. `after`: seconds the other side asked us to wait, a day at most.
    `left`: the only recipients who were not told, where some were. `mend`: no try succeeds before somebody mends a
    setting or the other end; then the same message does."""

    def __init__(
        self,
        message: str,
        *,
        retry: bool,
        after: float | None = None,
        left: tuple[str, ...] = (),
        mend: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry = retry
        self.mend = mend
        self.after = None if after is None else min(after, LONGEST_WAIT_SECONDS)
        self.left = left
