/*---
title = "What is published, and when it was, as seconds since 1970"
---*/
select generation, epoch(published_at) as published_at from meta
