/*---
title = "How far dollars miss what was expected, in logarithms; $5 on both sides keep cents quiet"
doc = "Less than nothing counts as nothing; NULL where either is."
---*/
create or replace macro miss(usd, expected_usd) as
    ln((case when usd < 0 then 0 else usd end + 5) / (case when expected_usd < 0 then 0 else expected_usd end + 5))
