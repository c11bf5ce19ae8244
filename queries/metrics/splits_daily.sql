/*---
title = "What lines were shared by: who took how much, and who says so"
grain = "day x account, region, model, token_kind, resource, principal, rung, names"
doc = "The evidence of `log_split` and `consumer_split`: every line of a group (day to principal) without a workload of its own is shared by these weights, to the last decimal. Tokens that a workload's own tagged lines bill are off its weight already."
[columns]
token_kind = "input, output, cache_read or cache_write (of any lifetime); all: a provisioned throughput, by all its tokens; other: lines that no log counts"
resource = "profile or throughput that the lines name; NULL: the model by its id"
principal = "caller that the lines name; NULL where they name none"
rung = "log_split or consumer_split"
workload = "NULL: stays with the line, for the account to name or nobody"
team = "NULL where nothing nearer than the account tells it, like the next three"
told_by = "request_metadata, inventory_tag or principal: how the log's caller is known; nobody: its caller is not; not in the log; function or stateMachine: its tags"
weight = "tokens; of functions and state machines how often they ran"
share = "of the group, 0 to 1"
billed_tokens = "of the group's lines without a workload of their own; NULL where they are not shared by tokens of their kind"
covered = "share of them that the log has, 0 to 1"
---*/
with bills as (
    select distinct * exclude (delivery_id)
    from splits
)

select day, account_id, region, model, meter as token_kind, nullif(called, '') as resource, principal, rung,
    workload, team, environment, cost_center, model_tag, told_by, weight,
    weight / sum(weight) over g as share,
    case when rung = 'log_split' then billed end as billed_tokens,
    case
        when rung = 'log_split' and billed > 0
            then least(1, coalesce(sum(weight) filter (told_by <> 'not in the log') over g, 0) / billed)::double
    end as covered
from bills
window g as (partition by day, account_id, region, model, meter, called, principal, rung)
