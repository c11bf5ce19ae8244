/*---
title = "Why a workload cost more, or less, than it usually does"
grain = "day x workload, up to the last complete day of its bill"
doc = "The change against the baseline of `change_daily` as a sum that leaves nothing over: additive LMDI over each model's token kinds, with dollars = queries x model's share x tokens per query x cache share x dollars per token. Where a factor was or became nothing, the whole of that line belongs to the first one of them that did; a workload that is new is all volume. The last decimal of rounding is in the largest part."
[columns]
usd = "gross USD of the day"
usual_usd = "gross USD of the baseline"
change_usd = "usd - usual_usd, and the sum of the six parts"
volume_usd = "more or fewer queries"
size_usd = "more or fewer tokens per query, in and out, and calls per query"
cache_usd = "prompt tokens read from the cache, written to it, or neither"
mix_usd = "other models, or other shares of them"
price_usd = "dollars per token of the same model and kind: price, service tier, discount"
other_usd = "lines that count no tokens, such as provisioned throughput; and negative ones"
other_kinds = "what they are, the largest change first"
volume_source = "what volume counts, as in `unit_cost_daily`; `tokens` where nobody counts queries: then size is the shift between input and output alone; NULL where there are no tokens"
queries = "of the day; NULL where volume counts tokens"
usual_queries = "of the baseline; NULL where volume counts tokens"
calls_per_query = "calls of models for each query, where a query is the workload's own unit; NULL where it is a call, or calls are not counted"
usual_calls_per_query = "of the baseline"
baseline = "the days that usual is the mean of; empty on a workload's first day"
basis = "final when every line of the day is"
---*/
with requests as (   -- of models, and of the workload's own unit
    select r.day as counted_on, coalesce(u.workload, r.workload) as workload, r.account_id, r.resource, r.model,
        u.namespace as unit, sum(r.requests)::double as requests
    from requests_hourly as r
    left join (from registry where resource is not null) as u
        on r.namespace = u.namespace and r.resource = regexp_extract(u.resource, '[^/:]+$')
    where r.requests > 0
        and (u.workload is not null or (r.namespace in ('AWS/Bedrock', 'AWS/BedrockMantle') and r.workload is not null))
        and (getvariable('explained_day') is null
            or r.day in (
                getvariable('explained_day')::date, getvariable('explained_day')::date - 1,
                getvariable('explained_day')::date - 7, getvariable('explained_day')::date - 14,
                getvariable('explained_day')::date - 21, getvariable('explained_day')::date - 28))
    group by all
),

facts as (
    select day, workload, account_id, resource, model, kind, counts_tokens, usd, usual_usd, tokens, usual_tokens,
        baseline, basis, null::varchar as unit, null::integer as ago, null::double as requests
    from change_daily
    union all by name
    select (counted_on + ago)::date as day, ago, requests.* exclude (counted_on)
    from requests
    cross join (select unnest([0, 1, 7, 14, 21, 28]) as ago)
),

based as (
    select * replace (max(baseline) over (partition by day, workload) as baseline)
    from facts
),

reached as (   -- whose calls are counted: dollars of a resource without them must not count as fewer calls
    select *,
        bool_or(ago = 0 and unit is null) over r as counted, bool_or(ago > 0 and unit is null) over r as usually_counted,
        count(distinct ago) filter (ago > 0 and unit is null) over w = len(baseline) as calls_known,
        count(distinct ago) filter (ago > 0 and unit is not null) over w = len(baseline) as units_known
    from based
    where baseline is not null and (ago is null or ago = 0 or list_contains(baseline, (day - ago)::date))
    window w as (partition by day, workload), r as (partition by day, workload, account_id, resource, model)
),

cells as (
    select day, workload, baseline, model, kind, unit,
        kind in ('input', 'cache_read') or kind like 'cache_write%' as prompt,
        max(basis) as basis,
        coalesce(sum(usd), 0) as usd, coalesce(sum(usual_usd), 0) as usual_usd,
        coalesce(bool_and(counts_tokens) and sum(usd) >= 0 and sum(usual_usd) >= 0, false) as of_tokens,
        coalesce(sum(tokens), 0) as tokens, coalesce(sum(usual_tokens), 0) as usual_tokens,
        coalesce(sum(requests) filter (ago = 0), 0) as requests,
        coalesce(sum(requests / greatest(len(baseline), 1)) filter (ago > 0), 0) as usual_requests,
        coalesce(sum(usd) filter (counted and counts_tokens), 0)::double as counted_usd,
        coalesce(sum(usual_usd) filter (usually_counted and counts_tokens), 0)::double as usual_counted_usd,
        bool_and(calls_known) as calls_known, bool_and(units_known) as units_known
    from reached
    group by day, workload, baseline, model, kind, counts_tokens, unit
),

models as (
    select *,
        sum(tokens) over m as model_tokens, sum(usual_tokens) over m as usual_model_tokens,
        coalesce(sum(requests) filter (unit is null) over m, 0) as model_calls,
        coalesce(sum(usual_requests) filter (unit is null) over m, 0) as usual_model_calls,
        sum(tokens) over s as sort_tokens, sum(usual_tokens) over s as usual_sort_tokens
    from cells
    window m as (partition by day, workload, model),
        s as (partition by day, workload, model, case when prompt then 'prompt' else kind end)
),

workloads as (
    select *,
        sum(tokens) over w as all_tokens, sum(usual_tokens) over w as usual_all_tokens,
        coalesce(sum(requests) filter (unit is null and model_tokens + usual_model_tokens > 0) over w, 0) as all_calls,
        coalesce(sum(usual_requests) filter (unit is null and model_tokens + usual_model_tokens > 0) over w, 0)
            as usual_all_calls,
        coalesce(sum(requests) filter (unit is not null) over w, 0) as units,
        coalesce(sum(usual_requests) filter (unit is not null) over w, 0) as usual_units,
        max(unit) over w as unit_source,
        calls_known
            and bool_and((model_tokens = 0 or model_calls > 0) and (usual_model_tokens = 0 or usual_model_calls > 0)) over w
            and sum(counted_usd) over w >= 0.95 * coalesce(sum(usd) filter (of_tokens) over w, 0)::double
            and sum(usual_counted_usd) over w >= 0.95 * coalesce(sum(usual_usd) filter (of_tokens) over w, 0)::double
            as by_calls
    from models
    window w as (partition by day, workload)
),

measured as (
    select *,
        case when by_calls then model_calls else model_tokens end as model_volume,
        case when by_calls then usual_model_calls else usual_model_tokens end as usual_model_volume,
        case when by_calls then all_calls else all_tokens end as calls,
        case when by_calls then usual_all_calls else usual_all_tokens end as usual_calls,
        units_known and units > 0 and (usual_units > 0 or len(baseline) = 0) as by_units
    from workloads
),

factors as (   -- what each line's dollars are the product of, today over usually; nothing where a line came or went
    select *,
        ln(nullif(case when by_units then units else calls end, 0)
            / nullif(case when by_units then usual_units else usual_calls end, 0)) as volume,
        ln(nullif(model_volume / nullif(calls, 0), 0) / nullif(usual_model_volume / nullif(usual_calls, 0), 0)) as mix,
        case when by_units then ln(nullif(calls / units, 0) / nullif(usual_calls / nullif(usual_units, 0), 0)) else 0 end
            + ln(nullif(sort_tokens / nullif(model_volume, 0), 0)
                / nullif(usual_sort_tokens / nullif(usual_model_volume, 0), 0)) as size,
        ln(nullif(tokens / nullif(sort_tokens, 0), 0) / nullif(usual_tokens / nullif(usual_sort_tokens, 0), 0)) as cache,
        ln(nullif(usd::double / nullif(tokens, 0), 0) / nullif(usual_usd::double / nullif(usual_tokens, 0), 0)) as price,
        (usd - usual_usd)::double as change,
        case
            when usd = usual_usd then usd::double
            when abs(usd - usual_usd) < 0.000001 * usd then (usd + usual_usd)::double / 2   -- the limit, before digits cancel
            else (usd - usual_usd)::double / ln(usd::double / nullif(usual_usd, 0)::double)
        end as weight
    from measured
),

parts as (
    select *,
        case
            when not of_tokens then 'other'
            when volume is null then 'volume'
            when mix is null then 'mix'
            when size is null then 'size'
            when cache is null then 'cache'
            when price is null then 'price'
        end as whole
    from factors
),

summed as (
    select day, workload, baseline, max(basis) as basis,
        sum(usd)::decimal(38, 13) as usd, sum(usual_usd)::decimal(38, 13) as usual_usd,
        coalesce(sum(usd - usual_usd) filter (whole = 'other'), 0)::decimal(38, 13) as other_usd,
        coalesce(sum(case when whole is null then weight * volume when whole = 'volume' then change end), 0)::decimal(38, 10) as volume_usd,
        coalesce(sum(case when whole is null then weight * size when whole = 'size' then change end), 0)::decimal(38, 10) as size_usd,
        coalesce(sum(case when whole is null then weight * cache when whole = 'cache' then change end), 0)::decimal(38, 10) as cache_usd,
        coalesce(sum(case when whole is null then weight * mix when whole = 'mix' then change end), 0)::decimal(38, 10) as mix_usd,
        coalesce(sum(case when whole is null then weight * price when whole = 'price' then change end), 0)::decimal(38, 10) as price_usd,
        list(kind order by abs(usd - usual_usd) desc, kind) filter (whole = 'other' and usd <> usual_usd) as other_kinds,
        case
            when max(all_tokens + usual_all_tokens) = 0 then null
            when bool_and(by_units) then max(unit_source)
            when bool_and(by_calls) then 'AWS/Bedrock'
            else 'tokens'
        end as volume_source,
        case when bool_and(by_units) then max(units) when bool_and(by_calls) then max(calls) end as queries,
        case when bool_and(by_units) then max(usual_units) when bool_and(by_calls) then max(usual_calls) end as usual_queries,
        max(calls / units) filter (by_units and by_calls) as calls_per_query,
        max(usual_calls / nullif(usual_units, 0)) filter (by_units and by_calls) as usual_calls_per_query
    from parts
    group by day, workload, baseline
),

rests as (
    select *, greatest(abs(volume_usd), abs(size_usd), abs(cache_usd), abs(mix_usd), abs(price_usd)) as largest_usd,
        usd - usual_usd - other_usd - volume_usd - size_usd - cache_usd - mix_usd - price_usd as rest_usd
    from summed
),

takers as (
    select *,
        case largest_usd
            when abs(volume_usd) then 'volume'
            when abs(size_usd) then 'size'
            when abs(cache_usd) then 'cache'
            when abs(mix_usd) then 'mix'
            else 'price'
        end as taker
    from rests
)

select day, workload, usd, usual_usd, usd - usual_usd as change_usd,
    volume_usd + case when taker = 'volume' then rest_usd else 0 end as volume_usd,
    size_usd + case when taker = 'size' then rest_usd else 0 end as size_usd,
    cache_usd + case when taker = 'cache' then rest_usd else 0 end as cache_usd,
    mix_usd + case when taker = 'mix' then rest_usd else 0 end as mix_usd,
    price_usd + case when taker = 'price' then rest_usd else 0 end as price_usd,
    other_usd, coalesce(other_kinds, []) as other_kinds, volume_source,
    case when volume_source <> 'tokens' then queries end as queries,
    case when volume_source <> 'tokens' then usual_queries end as usual_queries,
    calls_per_query, usual_calls_per_query,
    baseline, basis
from takers
