/*---
title = "Shapes of this delivery"
---*/
insert into shapes by name
select * exclude (shape_key) from cur_shapes
