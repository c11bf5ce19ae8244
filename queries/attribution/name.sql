/*---
title = "Write the names to the identities; what nobody answered for is (untagged), with the reason"
---*/
update catalogue.identities as i
set workload = coalesce(r.workload, '(untagged)'),
    team = coalesce(r.team, '(untagged)'),
    environment = coalesce(r.environment, '(untagged)'),
    cost_center = coalesce(r.cost_center, '(untagged)'),
    model_tag = coalesce(r.model_tag, '(untagged)'),
    attribution = coalesce(r.attribution, 'untagged'),
    attribution_by_key = map {
        'workload': coalesce(r.answers['workload'], 'untagged'),
        'team': coalesce(r.answers['team'], 'untagged'),
        'environment': coalesce(r.answers['environment'], 'untagged'),
        'cost_center': coalesce(r.answers['cost_center'], 'untagged'),
        'model_tag': coalesce(r.answers['model_tag'], 'untagged')
    },
    reason = case
        when r.workload is not null then null
        when cardinality(t.tags) > 0 and r.identity_id is null
            then 'tags on the line, but none that [tags] looks for: ' || array_to_string(list_sort(map_keys(t.tags))[:6], ', ')
        when cardinality(t.tags) > 0 then 'no workload tag on the line, its resource or its caller'
        when i.resource_id is null and i.principal is null then 'the line names neither a resource nor a caller'
        when i.resource_id like '%:foundation-model/%' then 'called by model id, not through a tagged inference profile'
        else 'no tags on the line, its resource or its caller'
    end,
    collision = r.collision
from catalogue.identities as self
left join resolved as r on r.identity_id = self.identity_id
join catalogue.tag_sets as t on t.tag_set_id = self.tag_set_id
where self.identity_id = i.identity_id and i.split_of is null
