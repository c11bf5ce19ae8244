/*---
title = "A money or usage amount as so many trillionths for each part of a whole, and the rest of them"
doc = "Once per line: division of such numbers is slow, and every share of the line needs it."
---*/
create or replace temp macro in_parts(amount, whole) as struct_pack(
    each := (amount * 1000000000000)::hugeint // whole,
    rest := ((amount * 1000000000000)::hugeint - (amount * 1000000000000)::hugeint // whole * whole)::bigint
)
