"""Is an engine's answer right? A fast wrong one is worth nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb

# One grain that every engine and the generator share. Models are named by each in its own way and stay out.
GRAIN = "day, account_id, workload, team, environment, cost_center, kind, line_type"

TRUE = """
create temp view truth as
select {grain}, sum(cost_sum) as usd, sum(tokens_sum) as tokens from '{file}' group by all
"""

PEER = """
create temp view answer as
select {grain}, sum(usd) as usd, sum(tokens) as tokens from '{file}' group by all
"""

OURS = """
create temp view answer as
select day, account_id, unname(workload) as workload, unname(team) as team, unname(environment) as environment,
    unname(cost_center) as cost_center,
    case
        when line_type <> 'Usage' then 'other'
        when token_kind like 'cache_write%' then 'cache_write'
        else coalesce(token_kind, 'other')
    end as kind,
    line_type, sum(gross_usd)::double as usd, coalesce(sum(tokens), 0)::double as tokens
from published.attributed
group by all
"""

WRONG = f"""
select {GRAIN}, t.usd, a.usd, t.tokens, a.tokens
from truth as t full join answer as a using ({GRAIN})
where not coalesce(abs(t.usd - a.usd) <= 1e-6 * greatest(1, abs(t.usd)) and abs(t.tokens - a.tokens) <= 0.5, false)
order by abs(coalesce(t.usd, 0) - coalesce(a.usd, 0)) desc
limit 3
"""


def faults(truth: Path, *, daily: Path | None = None, catalogue: Path | None = None) -> list[str]:
    """The worst rows where an answer is not the truth, dollars to a millionth and tokens to half of one."""
    with duckdb.connect() as con:
        con.execute(TRUE.format(grain=GRAIN, file=truth))
        if catalogue is not None:
            con.execute(f"attach '{catalogue}' as published (read_only)")
            con.execute("create temp macro unname(name) as if(name = '(untagged)', 'untagged', name)")
            con.execute(OURS)
        else:
            con.execute(PEER.format(grain=GRAIN, file=daily))
        return [str(row) for row in con.execute(WRONG).fetchall()]
