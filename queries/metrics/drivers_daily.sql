/*---
title = "Which part of a workload moved its dollars"
grain = "day x workload, up to the last complete day of its bill"
doc = "Of all slices by up to three of model, kind, environment, region and caller: the one whose lines moved by one factor, if it holds 70 % of the change; else the one with the largest share of the change for its usual share. Never just the largest line."
[columns]
usd = "gross USD of the day"
usual_usd = "gross USD of the baseline"
change_usd = "usd - usual_usd"
volume_source = "what counts queries, as in `explain_daily`"
baseline = "the days that usual is the mean of; empty on a workload's first day"
basis = "final when every line of the day is"
model = "of the slice; NULL where the slice is not about models"
kind = "token kind or charge of the slice; NULL where it is not about kinds"
environment = "of the slice; NULL where it is not about environments"
region = "of the slice; NULL where it is not about regions"
caller = "principal, or the account where the bill says none, of the slice; NULL where it is not about callers"
slice = "the slice in words; NULL where everything moved alike, or nothing did"
slice_usd = "gross USD of the slice that day"
slice_usual_usd = "its baseline"
slice_share = "its part of the change; above 1 where other parts went the other way"
method = "`one factor`, or `share`"
offset_slice = "what came or went the other way by 70 % or more meanwhile: beside the slice in one attribute, for a tenth of its change; else, of a workload that did so itself, another one of the same account and model, for half of the change to one and a half: a migration, or another name"
offset_usd = "its change"
causes = "the parts of `explain_daily` in words, the largest first"
what_changed = "the sentence that alerts carry: what it is compared with, causes of 5 % and more, the slice, what it replaced"
---*/
with cells as (
    select day, workload, model, kind, environment, region, coalesce(principal, account_id) as caller,
        sum(usd) as usd, sum(usual_usd) as usual_usd
    from change_daily
    group by all
),

wholes as (   -- an attribute with a single value tells nothing
    select *, sum(usd - usual_usd) over w as change_usd, sum(usual_usd) over w as workload_usual_usd,
        sum(abs(usd - usual_usd)) over w as moved_usd,
        (min(model) over w is distinct from max(model) over w or count(model) over w < count(*) over w)::integer
            + 2 * (min(kind) over w is distinct from max(kind) over w)::integer
            + 4 * (min(environment) over w is distinct from max(environment) over w)::integer
            + 8 * (min(region) over w is distinct from max(region) over w)::integer
            + 16 * (min(caller) over w is distinct from max(caller) over w)::integer as telling
    from cells
    where usd <> 0 or usual_usd <> 0
    window w as (partition by day, workload)
),

workloads as (
    select day, workload, sum(usd) as usd, sum(usual_usd) as usual_usd,
        arg_max(account_id, usd + usual_usd) as account_id, arg_max(model, usd + usual_usd) as model
    from change_daily
    group by day, workload
),

sliced as (
    select day, workload, mask, change_usd, workload_usual_usd, moved_usd, usd, usual_usd,
        case when change_usd < 0 then -1 else 1 end as direction,
        case when mask & 1 > 0 then coalesce(w.model, 'lines of no model') end as model,
        case when mask & 2 > 0 then w.kind end as kind,
        case when mask & 4 > 0 then w.environment end as environment,
        case when mask & 8 > 0 then coalesce(w.region, 'lines of no region') end as region,
        case when mask & 16 > 0 then w.caller end as caller
    from wholes as w
    join (select unnest(generate_series(0, 31)) as mask) on bit_count(mask) <= 3 and mask & telling = mask
    where change_usd <> 0
),

scaled as (
    select *, sum(usd) over s / nullif(sum(usual_usd) over s, 0) as factor
    from sliced
    window s as (partition by day, workload, mask, model, kind, environment, region, caller)
),

slices as (
    select day, workload, mask, model, kind, environment, region, caller, direction, change_usd,
        sum(usd) as slice_usd, sum(usual_usd) as slice_usual_usd,
        (direction * sum(usd - usual_usd) / abs(change_usd))::double as slice_share,
        (sum(usual_usd) / nullif(workload_usual_usd, 0))::double as usual_share,
        (sum(abs(usd - usual_usd)) - sum(coalesce(abs(usd - factor * usual_usd), 0)))::double / moved_usd::double
            - 0.02 * bit_count(mask) as one_factor
    from scaled
    group by day, workload, mask, model, kind, environment, region, caller, direction, change_usd, moved_usd,
        workload_usual_usd
),

scored as (
    select *,
        least(slice_share, 1.2) - coalesce(usual_share, 0) - 0.03 * bit_count(mask) as for_its_share,
        row_number() over (partition by day, workload order by one_factor desc, bit_count(mask), mask) as nth
    from slices
    where slice_share > 0
),

ruled as (
    select *,
        case when bool_or(nth = 1 and slice_share >= 0.7) over (partition by day, workload) then 'one factor' else 'share' end
            as method
    from scored
),

chosen as (
    select *
    from ruled
    where method = 'share' or nth = 1
    qualify row_number() over (partition by day, workload order by for_its_share desc, bit_count(mask), mask) = 1
),

gone as (   -- parts, and other workloads of the same account and model, that came or went by 70 % at least
    select o.day, o.workload, o.slice_usd - o.slice_usual_usd as offset_usd,
        concat_ws(' ', o.model, o.kind, o.environment, o.region, regexp_extract(o.caller, '[^:]+$')) as offset_slice,
        abs(c.slice_usd - c.slice_usual_usd) * 0.1 as least_usd, 1 as rank
    from slices as o
    join chosen as c using (day, workload, mask)
    where (o.model is distinct from c.model)::integer + (o.kind is distinct from c.kind)::integer
            + (o.environment is distinct from c.environment)::integer + (o.region is distinct from c.region)::integer
            + (o.caller is distinct from c.caller)::integer = 1
        and o.slice_share < 0
        and least(o.slice_usd, o.slice_usual_usd) <= 0.3 * greatest(o.slice_usd, o.slice_usual_usd)
    union all
    select w.day, w.workload, o.usd - o.usual_usd, 'workload ' || o.workload, abs(w.usd - w.usual_usd) * 0.5, 2
    from workloads as w
    join workloads as o on o.day = w.day and o.account_id = w.account_id and o.model = w.model
    where w.workload <> o.workload and (w.usd > w.usual_usd) = (o.usd < o.usual_usd)
        and least(w.usd, w.usual_usd) <= 0.3 * greatest(w.usd, w.usual_usd)
        and least(o.usd, o.usual_usd) <= 0.3 * greatest(o.usd, o.usual_usd)
        and abs(o.usd - o.usual_usd) <= 1.5 * abs(w.usd - w.usual_usd)
),

offsets as (
    select *
    from gone
    where abs(offset_usd) >= least_usd
    qualify row_number() over (partition by day, workload order by rank, abs(offset_usd) desc, offset_slice) = 1
),

named as (
    select e.*, c.model, c.kind, c.environment, c.region, c.caller, c.slice_usd, c.slice_usual_usd, c.slice_share, c.method,
        nullif(concat_ws(' ', c.model, c.kind, c.environment, c.region, regexp_extract(c.caller, '[^:]+$')), '') as slice,
        o.offset_slice, o.offset_usd,
        list_transform(list_reverse_sort([
            {'size': abs(volume_usd), 'usd': volume_usd, 'what': case when volume_source is null or volume_source = 'tokens'
                then 'tokens' else format('queries {:,.0f} to {:,.0f}', usual_queries, queries) end},
            {'size': abs(size_usd), 'usd': size_usd, 'what': case when volume_source = 'tokens' then 'output against input'
                when usual_calls_per_query is not null then format('calls a query {:,.1f} to {:,.1f}, and their tokens',
                    usual_calls_per_query, calls_per_query)
                when volume_source in ('AWS/Lambda', 'AWS/States') then 'calls and tokens a query' else 'tokens a query' end},
            {'size': abs(cache_usd), 'usd': cache_usd, 'what': 'caching'},
            {'size': abs(mix_usd), 'usd': mix_usd, 'what': 'model mix'},
            {'size': abs(price_usd), 'usd': price_usd, 'what': 'price of a token'},
            {'size': abs(other_usd), 'usd': other_usd, 'what': 'other' || coalesce(': ' || nullif(array_to_string(other_kinds[1:2], ' and '), ''), '')}
        ]), lambda x: {'what': x.what, 'usd': x.usd}) as causes
    from explain_daily as e
    left join chosen as c using (day, workload)
    left join offsets as o using (day, workload)
)

select day, workload, usd, usual_usd, change_usd, model, kind, environment, region, caller, slice, slice_usd,
    slice_usual_usd, slice_share, method, offset_slice, offset_usd, causes,
    case when abs(change_usd) >= 0.005 then concat_ws('; ',
        format('{}: {}',   -- without its dollars: whoever carries the sentence has said some, by its own measure
            case
                when len(baseline) = 0 then 'all new, on its first day'
                when baseline[1] = day - 1 then 'against the day before'
                else 'against a median ' || dayname(day)
            end,
            list_aggregate(list_transform(
                list_filter(causes, lambda x: abs(x.usd) >= 0.005 and abs(x.usd) >= 0.05 * abs(change_usd)),
                lambda x: format('{} {}${:,.2f}', x.what, case when x.usd < 0 then '-' else '+' end, abs(x.usd)::double)
            ), 'string_agg', ', ')),
        format('{} of it is {}, ${:,.2f} to ${:,.2f}',
            case when slice_share > 1.005 then 'more than all' else format('{:.0f}%', slice_share * 100) end,
            slice, slice_usual_usd::double, slice_usd::double),
        format('offset by {}${:,.2f} in {}',
            case when offset_usd < 0 then '-' else '+' end, abs(offset_usd)::double, offset_slice)
    ) end as what_changed,
    volume_source, baseline, basis
from named
