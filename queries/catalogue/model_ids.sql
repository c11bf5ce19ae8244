/*---
title = "Model ids of CloudWatch and the inventory, in the words of the bill"
---*/
create table model_ids (
    model_id varchar primary key,
    model varchar,
    family varchar,
    tier varchar
)
