/*---
title = "What a day is expected to cost: level x index; without a level, the median of its weekday in four weeks"
doc = "At least `floor_usd`, which is what a young series cost a week before; NULL for none."
---*/
create or replace macro expected_usd(level, index, weekdays, floor_usd) as
    greatest(coalesce(level * index, list_median(weekdays)), floor_usd)
