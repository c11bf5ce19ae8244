"""The statements for Athena: valid in its dialect for every layout of a report, quoted where nothing can be bound."""

from __future__ import annotations

import re
from collections.abc import Mapping

import bill
import pytest
import sqlglot
from sqlglot import exp

from finops import sqlfile
from finops.errors import SourceError
from finops.sources.athena import dialect
from finops.sources.athena.dialect import Table
from finops.sources.cur import cur

HIVE = {"VARCHAR": "string", "TIMESTAMP": "timestamp", "DOUBLE": "double", bill.MAP: "map<string,string>"}
CUR2 = {name: HIVE[kind] for name, kind in bill.COLUMNS.items()}
LEGACY = {
    name: kind for name, kind in CUR2.items() if not kind.startswith("map") and name not in bill.CUR2_ONLY
} | {
    "product_product_name": "string",
    "resource_tags_user_workload": "string",
    "resource_tags_user_o'clock": "string",
}
TEXT = dict.fromkeys(CUR2, "string")
REQUIRED = {
    name: CUR2[name]
    for name in (
        "line_item_usage_start_date",
        "line_item_usage_account_id",
        "line_item_product_code",
        "line_item_usage_type",
        "line_item_line_item_type",
        "line_item_unblended_cost",
    )
}
BY_MONTH = {"year": "string", "month": "string"}


def table(columns: Mapping[str, str] = CUR2, partitions: Mapping[str, str] | None = None) -> Table:
    partitions = {"billing_period": "string"} if partitions is None else partitions
    return Table(database="billing", name="cur", columns=columns, partitions=partitions)


def parse(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="athena")


@pytest.mark.parametrize(
    "described",
    [
        pytest.param(table(), id="CUR 2.0"),
        pytest.param(table(LEGACY, BY_MONTH), id="legacy"),
        pytest.param(table(TEXT), id="CSV: everything is text"),
        pytest.param(table(REQUIRED), id="only what is required"),
    ],
)
def test_every_layout_gives_the_same_columns(described: Table) -> None:
    lines = dialect.lines(described, "2026-10", cost_categories=True)
    named = [column.alias_or_name for column in parse(lines).find(exp.Select).expressions]
    assert named == parse(dialect.lines(table(), "2026-10")).named_selects
    for statement, relations in (
        ("usage", {}),
        ("control", {"codes": dialect.values("code", ["AmazonBedrock"])}),
    ):
        parse(dialect.render(statement, cur=lines, **relations))


@pytest.mark.parametrize("file", sorted(path.stem for path in (sqlfile.QUERIES / "athena").glob("*.sql")))
def test_every_file_is_one_statement_of_the_dialect(file: str) -> None:
    parse(sqlfile.read("athena", file).sql)


@pytest.mark.parametrize(
    ("partitions", "period", "filter_"),
    [
        pytest.param({"billing_period": "string"}, "2026-07", "\"billing_period\" = '2026-07'", id="CUR 2.0"),
        pytest.param(
            BY_MONTH, "2026-07", "\"year\" in ('2026') and \"month\" in ('07', '7')", id="legacy, text"
        ),
        pytest.param(
            BY_MONTH, "2026-12", "\"year\" in ('2026') and \"month\" in ('12')", id="legacy, two digits"
        ),
        pytest.param(
            {"year": "int", "month": "int"},
            "2026-07",
            '"year" in (2026) and "month" in (7)',
            id="legacy, numbers",
        ),
    ],
)
def test_the_filter_has_the_type_of_the_partition(
    partitions: Mapping[str, str], period: str, filter_: str
) -> None:
    assert dialect.lines(table(partitions=partitions), period).endswith(f"where {filter_}")


@pytest.mark.parametrize(
    ("described", "period", "said"),
    [
        pytest.param(
            table(partitions={}), "2026-10", "partitioned by nothing.*not a view", id="no partitions"
        ),
        pytest.param(
            table(partitions={"day": "string"}), "2026-10", "partitioned by day", id="another partition"
        ),
        pytest.param(table(), "2026-10' or '1'='1", "is no billing period", id="not a period"),
        pytest.param(
            table({"a": "string"}), "2026-10", "has no column line_item_usage_start_date", id="not a CUR"
        ),
        pytest.param(
            table(CUR2 | {'tags_resource_tags_x"y': "string"} | {"tags": "string"}).model_copy(
                update={"name": 'cur" cross join "secrets'}
            ),
            "2026-10",
            "holds a quote",
            id="a name with a quote",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(described: Table, period: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        dialect.lines(described, period)


def test_a_value_stays_a_value() -> None:
    rows = parse(dialect.values("code", ["it's", "a; drop table x --"])).find_all(exp.Literal)
    assert sorted(row.this for row in rows) == ["a; drop table x --", "it's"]
    assert parse(dialect.values("code", [])).find(exp.Null)


def test_unload_begins_with_its_own_word() -> None:
    sql = dialect.unload(dialect.render("usage", cur=dialect.lines(table(), "2026-10")), "s3://b/it's/")
    assert re.match(r"unload \(\nwith cur as", sql)
    assert "to 's3://b/it''s/'" in sql


def test_what_is_bedrock_is_known_by_the_same_codes_as_from_files() -> None:
    literals = {literal.this for literal in parse(sqlfile.read("athena", "usage").sql).find_all(exp.Literal)}
    assert {*cur.NATIVE, f"%{cur.EDITION}%"} <= literals
