/*---
title = "Which generation is published, and what it was made of"
---*/
from meta
