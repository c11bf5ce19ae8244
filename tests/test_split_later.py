"""What is known later is shared anew, where it tells something and nowhere else; and all of it can be asked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb
import log_records
import pytest
from bill import ACCOUNT, cur2, line
from home import SOURCE, Home
from log import HAIKU, Row, call, runs, sync
from test_split import BARE, BY_ID, CONFIGURATION, FUNCTIONS, ROLE, called, inventory, tokens

FIRST, SECOND = "2026-10-05 10:00", "2026-11-06 10:00"


def named(home: Home, more: str = "") -> list[Any]:
    return home.ask(f"select workload, sum(gross_usd) from attributed {more} group by all order by all")


@pytest.fixture
def configured(home: Home) -> Home:
    home.configure(CONFIGURATION, sources=SOURCE)
    inventory(home.path / "inventory")
    return home


FORMS = [
    pytest.param(HAIKU, id="a model id"),
    pytest.param(BY_ID, id="its ARN"),
    pytest.param(f"us.{HAIKU}", id="a geo profile"),
    pytest.param(f"global.{HAIKU}", id="the global profile"),
    pytest.param(
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/eu.{HAIKU}", id="a system profile's ARN"
    ),
    pytest.param(BARE, id="an application profile's ARN"),
    pytest.param(BARE.rpartition("/")[2], id="its id"),
]


@pytest.mark.parametrize("resource", [None, BARE], ids=["a bill without resources", "a bill with them"])
@pytest.mark.parametrize("model_id", FORMS)
def test_a_model_is_known_however_it_is_called(configured: Home, model_id: str, resource: str | None) -> None:
    """Lines that name an application profile are only those of its own calls."""
    cur2(configured.exports, [tokens(1000, resource=resource)])
    sync(configured, [called(1000, model_id=model_id, Workload="a")])
    own = resource is None or model_id in BARE
    assert named(configured) == [("a" if own else "(untagged)", 10)]
    assert configured.ask("select weight from splits_daily") == ([(1_000_000,)] if own else [])


def test_a_model_that_nobody_listed(home: Home) -> None:
    arn = "arn:aws:bedrock:us-east-1::foundation-model/acme.thinker-v9:0"
    cur2(home.exports, [line(usd=10, usage_type="USE1-Thinker9-input-tokens", resource=arn)])
    sync(home, [called(1000, model_id="acme.thinker-v9:0", Workload="a")])
    assert named(home) == [("a", 10)]


def test_each_key_is_answered_on_its_own(configured: Home) -> None:
    """Team by the line's tag, workload by the log, environment by its metadata, cost centre by nobody."""
    cur2(configured.exports, [tokens(1000, resource_tags={"Team": "line's"})])
    sync(
        configured,
        [called(600, principal=ROLE + "mapped", team="log's", env="prod"), called(400, env="test")],
    )
    keys = ("workload", "team", "environment", "cost_center")
    told = ", ".join(f"{key}, attribution_by_key['{key}']" for key in keys)
    assert configured.ask(f"select {told}, reason, tokens from attributed order by tokens") == [
        ("(untagged)", "untagged", "line's", "resource_tag", "test", "log_split", "(untagged)", "untagged",
         "the invocation log names its caller, but no workload", 400_000),
        ("by-map", "log_split", "line's", "resource_tag", "prod", "log_split", "(untagged)", "untagged", None, 600_000),
    ]  # fmt: skip


def test_coverage_shows_the_rungs(configured: Home) -> None:
    cur2(configured.exports, [tokens(1000), tokens(500, usage_type="USE1-Claude4.5Sonnet-input-tokens")])
    sync(configured, [called(600, Workload="a"), runs("sonnet", 3)])
    assert configured.ask(
        "select rung, usd, share from coverage_daily where key = 'workload' order by rung"
    ) == [
        ("consumer_split", 5, pytest.approx(1 / 3)),
        ("log_split", 6, pytest.approx(0.4)),
        ("untagged", 4, pytest.approx(4 / 15)),
    ]


def test_the_evidence(configured: Home) -> None:
    cur2(configured.exports, [tokens(1000), line(usd=5, usage_type="USE1-Claude4.5Sonnet-input-tokens")])
    log = [
        called(400, Workload="a"),
        called(300, principal=ROLE + "mapped"),
        called(100, principal=ROLE + "x"),
    ]
    sync(configured, log, [runs("sonnet", 3), runs("either", 1)])
    columns = "model, rung, workload, told_by, weight, share, billed_tokens, covered"
    assert configured.ask(f"select {columns} from splits_daily order by model, weight desc, told_by") == [
        ("Claude Haiku 4.5", "log_split", "a", "request_metadata", 400_000, 0.4, 1_000_000, 0.8),
        ("Claude Haiku 4.5", "log_split", "by-map", "principal", 300_000, 0.3, 1_000_000, 0.8),
        ("Claude Haiku 4.5", "log_split", None, "not in the log", 200_000, 0.2, 1_000_000, 0.8),
        ("Claude Haiku 4.5", "log_split", None, "nobody", 100_000, 0.1, 1_000_000, 0.8),
        ("Claude Sonnet 4.5", "consumer_split", "sonnet", "function", 3, 0.75, None, None),
        ("Claude Sonnet 4.5", "consumer_split", "either", "function", 1, 0.25, None, None),
    ]


NAMES = [
    "'; drop table lines; --",
    '"',
    "{}",
    "NULL",
    "(x)",
    "a, b=c",
    "<b>@here</b>",
    "\x1b[31m",
    "é" * 256,
    "日本\n語",
]


def test_hostile_names_stay_what_they_are(home: Home) -> None:
    cur2(home.exports, [tokens(1000)])
    sync(home, [call(input_tokens=1000, metadata={"Workload": name, "team": "', 'x"}) for name in NAMES])
    assert {name for (name,) in home.ask("select distinct workload from attributed")} == {
        *NAMES,
        "(untagged)",
    }
    assert home.ask("select distinct team from attributed where attribution = 'log_split'") == [("', 'x",)]


def test_a_late_log_shares_its_days_only(home: Home) -> None:
    """Rows that other hands cut in two show it: lines that are shared anew are put together first."""
    cur2(home.exports, [tokens(1000, at=FIRST), tokens(1000, at="2026-10-06 10:00"), tokens(1000, at=SECOND)])
    early = [called(1000, at=FIRST, Workload="a"), called(1000, at=SECOND, Workload="a")]
    sync(home, early)
    file = (home.path / "finops.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(str(file)) as con:
        con.execute(
            "insert into lines select * replace (0 as lines, 0 as amount, 0 as gross_usd, 0 as net_usd) from lines"
        )
    late = [called(500, at="2026-10-06 10:00", Workload="b")]
    assert sync(home, early, late).restated_days == 0
    assert home.ask("select hour::date::varchar, count(*) from lines group by all order by all") == [
        ("2026-10-05", 2),
        ("2026-10-06", 2),  # its two shares
        ("2026-11-06", 2),
    ]
    sync(home, early, [*late, called(1, at="2026-10-06 11:00", Workload="c")])
    assert home.ask("select count(*) from lines where hour::date = '2026-10-06'") == [(3,)]
    assert home.ask(
        "select workload, before_usd, after_usd, cause from restatements where generation = 2 order by 1"
    ) == [
        ("(untagged)", 10, 5, "names"),
        ("b", 0, 5, "names"),
    ]


def test_a_new_bill_is_shared_and_the_rest_stays(home: Home) -> None:
    log = [called(1000, at=FIRST, Workload="a"), called(1000, at=SECOND, Workload="b")]
    october = tokens(1000, at=FIRST)
    cur2(home.exports, [october, tokens(1000, at=SECOND)])
    sync(home, log)
    cur2(home.exports, [october, tokens(4000, at=SECOND)])
    assert sync(home, log).restated_days == 1
    assert named(home) == [("(untagged)", 30), ("a", 10), ("b", 10)]
    assert home.ask("select distinct cause from restatements") == [("bill",)]


def test_nothing_new_publishes_nothing(home: Home) -> None:
    cur2(home.exports, [tokens(1000)])
    sync(home, [called(400, Workload="a")])
    assert not sync(home, [called(400, Workload="a")]).published


def test_a_bill_that_is_gone_takes_its_shares_along(home: Home) -> None:
    log = [called(400, at=FIRST, Workload="a"), called(400, at=SECOND, Workload="b")]
    file = cur2(home.exports, [tokens(1000, at=FIRST)])
    sync(home, log)
    home.configure(sources='[[sources]]\nkind = "cur"\npath = "elsewhere"\n')
    cur2(home.path / "elsewhere", [tokens(1000, at=SECOND)])
    sync(home, log)
    assert file.exists()
    assert named(home) == [("(untagged)", 6), ("b", 4)]
    assert home.ask("select workload from splits_daily where workload is not null") == [("b",)]


CHANGES = [
    pytest.param({"search": ({"Workload": "found", "Model": "haiku"}, "search-fn")}, [("found", 10)],
                 id="a function renamed"),
    pytest.param({"search": ({"Workload": "search", "Model": "haiku"}, "other")}, [("(untagged)", 10)],
                 id="it runs as another role"),
    pytest.param({"search": ({"Model": "haiku"}, "search-fn")}, [("(untagged)", 10)], id="it lost its tag"),
]  # fmt: skip


@pytest.mark.parametrize(("functions", "expected"), CHANGES)
def test_the_inventory_changes(configured: Home, functions: dict[str, Any], expected: list[Any]) -> None:
    """As with tags of consumers in rung 4, the inventory of now tells who runs as a role."""
    cur2(configured.exports, [tokens(1000)])
    log = [called(1000, principal=ROLE + "search-fn")]
    sync(configured, log)
    assert named(configured) == [("search", 10)]
    inventory(configured.path / "inventory", FUNCTIONS | functions)
    sync(configured, log)
    assert named(configured) == expected


def test_a_tag_that_comes_later_takes_the_line_back_whole(configured: Home) -> None:
    cur2(configured.exports, [tokens(1000, resource=BARE), tokens(10, account="444455556666")])
    log = [called(700, model_id=BARE, Workload="a")]
    sync(configured, log)
    assert named(configured) == [("(untagged)", 3), ("a", 7), ("lab", Decimal("0.1"))]
    file = configured.path / "inventory" / "more.json"
    tag = f'{{"ResourceARN": "{BARE}", "Tags": [{{"Key": "Workload", "Value": "tagged"}}]}}'
    file.write_text(f'{{"ResourceTagMappingList": [{tag}]}}')
    sync(configured, log)
    assert configured.ask(
        "select workload, attribution, lines, tokens, gross_usd from attributed order by 1"
    ) == [
        ("lab", "account", 1, 10_000, Decimal("0.1")),
        ("tagged", "inventory_tag", 1, 1_000_000, 10),
    ]


def test_configured_names_move_shares(configured: Home) -> None:
    log: list[Row] = [called(1000, principal=ROLE + "mapped", product="x")]
    cur2(configured.exports, [tokens(1000)])
    sync(configured, log)
    assert named(configured) == [("by-map", 10)]
    configured.configure(CONFIGURATION.replace('"app"', '"product"'), sources=SOURCE)
    sync(configured, log)
    assert named(configured) == [("x", 10)]


def test_from_files_as_aws_writes_them(home: Home) -> None:
    """The log's records name the workloads of a bill that knows nothing of them."""
    home.configure('[[sources]]\nkind = "invocation_log"\npath = "log"\n', sources=SOURCE)
    sonnet = "USE1-Claude4.6Sonnet-"
    cur2(
        home.exports,
        [
            line("2026-11-19 12:00", 3, usage_type=f"{sonnet}input-tokens", unit="1M tokens", amount=0.0001),
            line("2026-11-19 12:00", 6, usage_type=f"{sonnet}output-tokens", unit="1M tokens", amount=0.0006),
        ],
    )
    records = [
        log_records.call(1, fresh=25, out=450),
        log_records.call(2, fresh=50, out=150, requestMetadata={"Workload": "search"}),
        log_records.call(3, fresh=25, out=0, requestMetadata=None),
        log_records.record(**log_records.THROTTLED),
    ]
    log_records.write(home.path / "log", "records.json.gz", "".join(records))
    home.sync()
    assert home.ask("select token_kind, workload, tokens, gross_usd from attributed order by 1, 2") == [
        ("input", "(untagged)", 25, Decimal("0.75")),
        ("input", "chat", 25, Decimal("0.75")),
        ("input", "search", 50, Decimal("1.5")),
        ("output", "chat", 450, Decimal("4.5")),
        ("output", "search", 150, Decimal("1.5")),
    ]
    assert home.ask("select workload, output_tokens from calls_daily order by 1") == [
        ("(untagged)", 0), ("chat", 450), ("search", 150),
    ]  # fmt: skip
