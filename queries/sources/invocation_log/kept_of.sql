/*---
title = "The request metadata that the ledger keeps: keys of $kept that have a value, in one order"
---*/
create or replace temp macro kept_of(metadata, kept) as
    map_from_entries(list_filter(
        list_transform(kept, lambda k: struct_pack(key := k, value := metadata[k])), lambda e: trim(e.value) <> ''))
