/*---
title = "The day of an instant or a text; NULL where it is none of the years 1 to 9999"
---*/
create or replace macro date_of(instant) as
    case when try_cast(instant as timestamp) >= timestamp '0001-01-01' and try_cast(instant as timestamp) < timestamp '10000-01-01'
        then try_cast(instant as timestamp)::date end
