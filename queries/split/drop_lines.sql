/*---
title = "Take the rows out that come back as shares or whole"
---*/
delete from catalogue.lines
where rowid in (select line_row from split_rows)
