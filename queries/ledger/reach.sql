/*---
title = "How far a bill reaches"
doc = "One row a delivery: the last hour of usage among the lines of every service (of a CSV: of those that may be Bedrock's). None where it has no usage."
---*/
create temp table reach (
    last_hour timestamp not null
)
