"""`python -m bench.quiet`: how often would all rules have spoken on days on which nothing happened?

The demo's company, on the sixty days before the first of its stories, morning by morning through `finops replay`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb

from bench.measure import run

STORIES = timedelta(days=40)  # the demo's last days, in which it tells them
QUIET = timedelta(days=60)
MOST = 2


def main() -> int:
    with tempfile.TemporaryDirectory() as home:
        made = run("finops", "demo", "--home", home, "--no-serve")
        with duckdb.connect(str((Path(home) / "finops.duckdb").resolve()), read_only=True) as con:
            ((end,),) = con.execute("select max(day) from spend_daily").fetchall()
        last = end - STORIES
        first = last - QUIET + timedelta(days=1)
        cost = run("finops", "--home", home, "--json", "replay", "--from", str(first), "--to", str(last))
    sent = json.loads(cost.output)
    print(
        f"demo made in {made.cpu:.0f} CPU s; {QUIET.days} days replayed in {cost.cpu:.0f} CPU s, {cost.wall:.0f} s"
    )
    for one in sent:
        print(f"{one['sent_on']} {one['severity']} {one['rule']} {one['subject']}: {one['summary']}")
    print(
        f"{len(sent)} messages about {first} to {last}; at most {MOST}: {'met' if len(sent) <= MOST else 'NOT met'}"
    )
    return 0 if len(sent) <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
