/*---
title = "The days of the ledger, each known the morning after as it is known now"
---*/
create or replace temp table series_known as
select series_id, day, day + 1 as known_on, usd, environment, team
from series_daily
