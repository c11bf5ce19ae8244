"""A sync of some kinds of sources: the others are not asked, and keep what they have."""

from __future__ import annotations

import shutil

import pytest
from bill import cur2, line
from home import NOW, SOURCE, Home

from finops import config, pipeline
from finops.errors import ConfigError

PRICES = '[[sources]]\nkind = "prices"\n'


def sync(home: Home, *kinds: str) -> pipeline.Synced:
    return pipeline.sync(home.path, config.read(home.path, {}), NOW, kinds=kinds)


@pytest.fixture
def home(home: Home) -> Home:
    home.configure(sources=SOURCE + PRICES)
    cur2(home.exports, [line("2026-11-05 10:00", 1)])
    home.sync()
    return home


def billed(home: Home) -> int:
    return int(home.ask("select sum(gross_usd) from attributed")[0][0])


def test_what_is_not_asked_keeps_what_it_has(home: Home) -> None:
    cur2(home.exports, [line("2026-11-05 10:00", 5)])
    done = sync(home, "prices")
    assert (done.read, done.kept, done.dropped, done.published) == ((), (), (), False)
    assert billed(home) == 1
    assert sync(home, "cur").unchanged == 0
    assert billed(home) == 5


def test_also_where_it_is_gone(home: Home) -> None:
    shutil.rmtree(home.exports)
    home.exports.mkdir()
    assert sync(home, "prices").dropped == ()
    assert billed(home) == 1


def test_a_source_that_is_configured_no_longer_goes_all_the_same(home: Home) -> None:
    home.configure(sources=PRICES)
    assert sync(home, "prices").dropped != ()


def test_a_kind_that_is_not_configured_is_an_error(home: Home) -> None:
    with pytest.raises(ConfigError, match=r"no \[\[sources\]\] of kind 'cloudwatch'; there is cur, prices"):
        sync(home, "cloudwatch")


def test_the_command_says_so(home: Home) -> None:
    cur2(home.exports, [line("2026-11-05 10:00", 5)])
    done = home.run("sync", "--kind", "prices")
    assert (done.returncode, done.stderr) == (0, "synced: generation 1, 0 deliveries read, 1 unchanged\n")
