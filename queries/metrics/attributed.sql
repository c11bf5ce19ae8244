/*---
title = "Every billed line with its names"
grain = "one line x share: hour, account, region, identity, kind, line type"
doc = "The single source of every number here. All line types are in it (see cost_class); the dollars of any day sum to the bill exactly."
[columns]
day = "UTC day of use"
workload = "(untagged) where no rung answered; `reason` says why"
model_tag = "the Model tag somebody set, not the model billed"
token_kind = "NULL where the line counts no tokens"
cost_class = "usage, fee, tax, credit, refund, discount or unknown"
is_spend = "usage, fees and unknown line types; the others are adjustments"
resource = "last part of the resource's ARN, as CloudWatch names it; a mantle line without one is of the project `default`"
tokens = "tokens; NULL where the unit is unknown, the count is absurd or the line counts none"
gross_usd = "unblended cost of the line"
net_usd = "net unblended where AWS gives it, else unblended"
list_usd = "public on-demand price; NULL where AWS gives none"
attribution = "the rung that named the workload"
attribution_by_key = "the rung that answered, per key"
basis = "final once invoiced or settled (48 h, Marketplace 72 h), else provisional"
reason = "why the workload is (untagged)"
collision = "tag keys that differ only in spelling and disagree"
unclassified = "what could not be read in the line"
billing_period = "AWS's billing period, YYYY-MM"
hour = "UTC hour of use, its start"
payer_account_id = "the account that is billed"
account_id = "the account that used it"
account_name = "as the bill or Organizations names it; NULL where neither does"
region = "AWS Region of use"
team = "(untagged) where no rung answered"
environment = "(untagged) where no rung answered"
cost_center = "(untagged) where no rung answered"
provider = "who made the model, e.g. Anthropic"
model = "display name, e.g. Claude Sonnet 4.6; NULL where the line is not of a model"
family = "claude, nova, llama ..."
tier = "size within the family: haiku, sonnet, opus, lite, pro ..."
service_tier = "standard, batch, flex, priority, latency, reserved or provisioned"
scope = "where the call may run: region, geo or global"
charge = "what is billed: inference, provisioned, reserved, guardrail, knowledge_base ... or unclassified"
line_type = "AWS's line_item_line_item_type"
currency = "of every amount in the row"
resource_id = "ARN that the bill gives: an inference profile, a provisioned model; NULL where it gives none"
principal = "IAM role, user or function behind the call, where the bill says it"
usage_type = "AWS's line_item_usage_type"
product_code = "AWS's line_item_product_code"
operation = "AWS's line_item_operation"
lines = "billed lines summed in the row"
---*/
select
    l.billing_period,
    l.hour::date as day,
    l.hour,
    l.payer_account_id,
    l.account_id,
    a.account_name,
    l.region,
    i.workload,
    i.team,
    i.environment,
    i.cost_center,
    i.model_tag,
    k.provider,
    k.model,
    k.family,
    k.tier,
    k.token_kind,
    k.service_tier,
    k.scope,
    k.charge,
    l.line_type,
    c.cost_class,
    c.is_spend,
    case when c.cost_class = 'usage' then
        try((round((l.amount_before + l.amount) * k.tokens_per_unit) - round(l.amount_before * k.tokens_per_unit))::bigint)
    end as tokens,
    l.gross_usd,
    l.net_usd,
    l.list_usd,
    l.currency,
    i.resource_id,
    coalesce(i.resource, case when k.usage_type like '%-mantle-%' then 'default' end) as resource,
    i.principal,
    i.attribution,
    i.attribution_by_key,
    case
        when l.invoiced then 'final'
        when k.billing_entity = 'AWS Marketplace' and l.hour < m.settled_through_marketplace then 'final'
        when k.billing_entity is distinct from 'AWS Marketplace' and l.hour < m.settled_through then 'final'
        else 'provisional'
    end as basis,
    k.usage_type,
    k.product_code,
    k.operation,
    l.lines,
    i.reason,
    i.collision,
    case when c.is_spend then k.unclassified end as unclassified
from lines as l
join kinds as k using (kind_id)
join identities as i using (identity_id)
join line_classes as c using (line_type)
left join marks as m using (delivery_id)
left join (
    select account_id, arg_max(account_name, (d.partition, d.source)) as account_name   -- the latest word
    from accounts
    join deliveries as d using (delivery_id)
    group by account_id
) as a on a.account_id = l.account_id
