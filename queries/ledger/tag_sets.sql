/*---
title = "Tag sets"
doc = "The distinct sets of tags that lines of one delivery carry. Keys keep AWS's spelling behind their origin: resourceTags/, iamPrincipal/, accountTag/, userAttribute/, costCategory/."
---*/
create temp table tag_sets (
    tag_set uinteger not null,
    tags map(varchar, varchar) not null
)
