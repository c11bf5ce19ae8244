/*---
title = "What a budget may be of: every name that the bill or [[workloads]] knows"
---*/
select 'workload' as key, workload as name from identities where workload is not null
union select 'workload', workload from registry
union select 'team', team from identities where team is not null
union select 'team', team from registry where team is not null
union select 'environment', environment from identities where environment is not null
union select 'environment', unnest(environments) from registry
union select 'account', account_id from billed_daily
