/*---
title = "The empty tag set always exists"
---*/
insert into catalogue.tag_sets by name
select (select coalesce(max(tag_set_id), 0) from catalogue.tag_sets) + 1 as tag_set_id,
    md5((map([]::varchar[], []::varchar[]))::varchar) as tag_key,
    map([]::varchar[], []::varchar[]) as tags
where md5((map([]::varchar[], []::varchar[]))::varchar) not in (select tag_key from catalogue.tag_sets)
