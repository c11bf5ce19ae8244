/*---
title = "What each part of a workload cost, beside what it usually costs"
grain = "day x workload, model, kind, environment, region, account, resource, principal; up to the last complete day of the workload's bill"
doc = "Usual is the middle one of the same weekday of the last four weeks, by the workload's dollars (of an even number the mean of the middle two), so that one odd week changes nothing and parts still add up; in a workload's first week it is the day before, on its first day nothing. `explain_daily` and `drivers_daily` read this view. Whoever wants one day of a very large ledger says `set variable explained_day = date ...` first; then only what that day needs is read, and other days are not right until `reset variable explained_day`."
[columns]
kind = "token kind; of a line that counts no tokens, its charge"
counts_tokens = "whether the row has dollars of tokens; what has none is what `explain_daily` calls other"
principal = "IAM role, user or function behind the call; NULL where the bill does not say it"
usd = "gross USD of the day"
usual_usd = "gross USD of the baseline, a mean of two days at most"
tokens = "tokens of the day"
usual_tokens = "tokens of the baseline"
baseline = "the days that `usual_usd` is the mean of; empty on a workload's first day"
basis = "final when every line of the workload's day is"
---*/
with leaves as (
    select day as spent_on, workload, model, coalesce(case when a.tokens > 0 then token_kind end, charge) as kind,
        a.tokens > 0 and token_kind is not null as counts_tokens,
        environment, region, account_id, resource, principal,
        sum(gross_usd)::decimal(30, 12) as usd, sum(case when token_kind is not null then a.tokens end)::double as tokens,
        bool_and(basis = 'final') as final
    from attributed as a
    where is_spend
        and (getvariable('explained_day') is null   -- who wants one day sets it, and only what that day needs is read
            or day in (
                getvariable('explained_day')::date, getvariable('explained_day')::date - 1,
                getvariable('explained_day')::date - 7, getvariable('explained_day')::date - 14,
                getvariable('explained_day')::date - 21, getvariable('explained_day')::date - 28))
    group by all
),

shifted as (   -- each day beside those that it may be the baseline of
    select (spent_on + ago)::date as day, ago, leaves.* exclude (spent_on)
    from leaves
    cross join (select unnest([0, 1, 7, 14, 21, 28]) as ago)
),

totals as (
    select s.*, p.first_day,
        coalesce(sum(s.usd) filter (ago = 7) over w, 0) as week_1_usd,
        coalesce(sum(s.usd) filter (ago = 14) over w, 0) as week_2_usd,
        coalesce(sum(s.usd) filter (ago = 21) over w, 0) as week_3_usd,
        coalesce(sum(s.usd) filter (ago = 28) over w, 0) as week_4_usd,
        coalesce(bool_and(s.final) filter (ago = 0) over w, false) as day_final
    from shifted as s
    join workload_spans as p using (workload)
    where s.day <= p.complete_through
    window w as (partition by s.day, s.workload)
),

weekdays as (   -- a day without a line since the workload began is one of $0
    select *, list_sort(list_filter([
            {'usd': week_1_usd, 'ago': 7}, {'usd': week_2_usd, 'ago': 14},
            {'usd': week_3_usd, 'ago': 21}, {'usd': week_4_usd, 'ago': 28}
        ], lambda x: day - x.ago >= first_day)) as weeks
    from totals
),

middles as (
    select * exclude (weeks),
        case
            when len(weeks) > 0 then list_transform(weeks[(len(weeks) + 1) // 2 : len(weeks) // 2 + 1], lambda x: x.ago)
            when day > first_day then [1]
            else []
        end as agos
    from weekdays
),

based as (
    select *, list_sort(list_transform(agos, lambda x: (day - x)::date)) as baseline,
        case when ago > 0 and len(agos) = 2 then 0.5 else 1.0 end as weight
    from middles
)

select day, workload, model, kind, counts_tokens, environment, region, account_id, resource, principal,
    coalesce(sum(usd * weight) filter (ago = 0), 0)::decimal(38, 13) as usd,
    coalesce(sum(usd * weight) filter (ago > 0), 0)::decimal(38, 13) as usual_usd,
    coalesce(sum(tokens * weight) filter (ago = 0), 0)::double as tokens,
    coalesce(sum(tokens * weight) filter (ago > 0), 0)::double as usual_tokens,
    baseline,
    case when day_final then 'final' else 'provisional' end as basis
from based
where ago = 0 or list_contains(agos, ago)
group by all
