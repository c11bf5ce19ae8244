/*---
title = "The level of some days whose weekdays are taken out; NULL where fewer than three are known, unless the series is young"
---*/
create or replace macro level_usd(flats, is_young) as
    case when is_young or list_count(flats) >= 3 then list_median(flats) end
