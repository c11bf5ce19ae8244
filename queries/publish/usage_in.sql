/*---
title = "Lines of one delivery with catalogue ids, and the day from which their resource's tags hold"
---*/
create or replace temp table usage_in as
select row_number() over () as line_id, u.*, k.kind_id, t.tag_set_id, v.valid_from as resource_since
from usage_read as u
join kinds_in as ki using (shape)
join catalogue.kinds as k using (shape_key)
join tag_sets_in as ti using (tag_set)
join catalogue.tag_sets as t using (tag_key)
left join resource_versions as v
    on v.arn = u.resource_id and u.hour >= v.valid_from and u.hour < v.valid_to
