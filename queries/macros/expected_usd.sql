/*---
title = "What a day is expected to cost: level x index; without a level, the median of its weekday in four weeks, the last one first"
doc = "Of a young series at least the same day last week."
---*/
create or replace macro expected_usd(level, index, weekdays, is_young) as greatest(
    coalesce(level * index, list_median(weekdays)),
    case when is_young then weekdays[1] end
)
