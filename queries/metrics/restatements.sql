/*---
title = "Days whose dollars changed after they were first read"
grain = "generation x billing_period, day, workload"
[columns]
before_usd = "gross USD as published before"
after_usd = "gross USD from then on"
seen_at = "when this was seen"
basis_before = "what the day was called before it changed"
generation = "the first that has the new dollars"
source = "the source that changed"
cause = "bill: AWS bills the day otherwise than before; names: its total is what it was, and dollars moved between names"
---*/
select billing_period, day, workload, before_usd, after_usd, seen_at, basis_before, generation, source, cause
from restated
