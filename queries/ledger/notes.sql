/*---
title = "What a delivery cannot answer"
doc = "Sentences for a person: an optional column that is missing, and the attribution that is impossible without it."
---*/
create temp table notes (
    note varchar not null
)
