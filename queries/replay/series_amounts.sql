/*---
title = "series_amounts of what series_daily says, now as it settles and then as it was on a morning"
---*/
create or replace temp view series_amounts as
select day, series_id, usd, null::uinteger as identity_id, basis = 'final' as is_final
from series_daily
