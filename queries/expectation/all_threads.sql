/*---
title = "As many threads as there are"
---*/
reset threads
