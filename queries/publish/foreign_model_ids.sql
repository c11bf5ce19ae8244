/*---
title = "Model ids that are not spelled as on the bill"
---*/
select distinct resource from catalogue.datapoints where dimension = 'ModelId'
union
select distinct model_id from catalogue.resources where model_id is not null
union
select distinct model_id from catalogue.throughputs
union
select distinct model_id from catalogue.calls
