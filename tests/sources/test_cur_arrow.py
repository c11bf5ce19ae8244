"""Arrow and DuckDB read the same tags. A small delivery of one file is DuckDB's; several files are Arrow's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bill import Row, cur2, line
from home import reading

from finops.errors import SourceError
from finops.sources.cur import Cur
from finops.sources.cur.arrow import LINES, Decoder
from finops.sources.cur.spelling import TagColumns

MAPS = ("resource_tags", "tags")
OTHER = line(code="AmazonEC2", resource_tags={"Workload": "not Bedrock's"})
HALF = line(resource_tags={"Workload": "both maps are read"}, tags={})
TAGGED = line(resource_tags={"Workload": "search"})


def tags(root: Path) -> list[Any]:
    """Dollars and lines by tag set, as one delivery below `root` tells them."""
    source = Cur(path=str(root))
    (delivery,) = source.deliveries(reading(root))
    with duckdb.connect() as con:
        source.load(con, delivery, reading(root))
        return con.execute(
            """select list_sort(map_entries(tags)) as entries, sum(lines)::int, sum(gross_usd)
            from usage join tag_sets using (tag_set) group by all order by all"""
        ).fetchall()


def decoded(file: Path, *, maps: Sequence[str] = MAPS) -> list[Any] | None:
    """Place, dollars and tags of the Bedrock lines of one file, or None where Arrow declines."""
    columns = TagColumns("line_item_product_code", "line_item_unblended_cost", {name: name for name in maps})
    decoder = Decoder(columns, ["AmazonBedrock"])
    ((_, rows),) = decoder.rows([str(file)])
    if rows is None:
        return None
    sets = {row.pop("tag_set"): row for row in decoder.sets().to_pylist()}
    return [(row["file_row_number"], row["gross"], sets[row["tag_set"]]) for row in rows.to_pylist()]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([TAGGED, OTHER, line()] * 20, id="tagged, not Bedrock's, bare"),
        pytest.param([TAGGED, line() | {"tags": None, "resource_tags": None}], id="a map that is NULL"),
        pytest.param([TAGGED, line() | {"tags": {"resourceTags/Team": None}}], id="a value that is NULL"),
        pytest.param([TAGGED, line() | {"tags": {"resourceTags/Team": ""}}], id="a value that is empty"),
        pytest.param([line(resource_tags={"a,b;c": "1;2,3", "": "é\x1f€"})] * 3, id="separators, other letters"),
        pytest.param([line(resource_tags={"a": "b"}), line(resource_tags={"b": "a"})], id="key and value exchanged"),
        pytest.param([line(resource_tags={f"k{n}": str(m) for n in range(m % 9)}) for m in range(300)], id="many sets"),
    ],
)  # fmt: skip
def test_both_read_the_same_tags(tmp_path: Path, rows: list[Row]) -> None:
    rows = [row | {"line_item_unblended_cost": 0.1 * n} for n, row in enumerate([HALF, HALF, *rows])]
    cur2(tmp_path / "one", rows)
    file = cur2(tmp_path / "many", rows, parts=2)
    assert decoded(file) is not None
    assert tags(tmp_path / "many") == tags(tmp_path / "one")


def test_a_line_keeps_its_place_over_row_groups_and_batches(tmp_path: Path) -> None:
    rows = LINES + 5_000
    file = tmp_path / "bill.parquet"
    with duckdb.connect() as con:
        con.sql(
            f"""select if(n % 1000 = 7, 'AmazonBedrock', 'AmazonEC2') as line_item_product_code,
                n::double as line_item_unblended_cost, map {{'n': n::varchar}} as tags
            from range({rows}) as t(n)"""
        ).write_parquet(str(file), row_group_size=LINES + 2_000)
    found = decoded(file, maps=["tags"])
    assert found is not None
    assert [place for place, _, _ in found] == list(range(7, rows, 1000))
    assert all(dollars == place for place, dollars, _ in found)
    assert all(one == {"tags": [{"key": "n", "value": str(place)}]} for place, _, one in found)


def same(table: pa.Table) -> pa.Table:
    return table


def renamed(table: pa.Table) -> pa.Table:
    return table.rename_columns(["TAGS" if name == "tags" else name for name in table.column_names])


def without_tags(table: pa.Table) -> pa.Table:
    return table.drop_columns(["tags", "resource_tags"])


def decimal_dollars(table: pa.Table) -> pa.Table:
    place = table.column_names.index("line_item_unblended_cost")
    return table.set_column(
        place, "line_item_unblended_cost", table.column(place).cast(pa.decimal128(20, 6), safe=False)
    )


def categories(table: pa.Table) -> pa.Table:
    place = table.column_names.index("line_item_product_code")
    return table.set_column(place, "line_item_product_code", table.column(place).dictionary_encode())


@pytest.mark.parametrize(
    ("change", "options", "by_arrow"),
    [
        pytest.param(renamed, {}, True, id="a column in another letter case"),
        pytest.param(without_tags, {}, True, id="no tags at all"),
        pytest.param(categories, {}, False, id="codes written as categories"),
        pytest.param(decimal_dollars, {}, False, id="dollars that are no DOUBLE"),
        pytest.param(same, {"dictionary_pagesize_limit": 64, "data_page_size": 64}, True, id="a full dictionary"),
        pytest.param(same, {"use_dictionary": False}, True, id="no dictionary"),
        pytest.param(same, {"row_group_size": 100}, True, id="many row groups"),
    ],
)  # fmt: skip
def test_a_file_unlike_the_others(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], options: dict[str, Any], by_arrow: bool
) -> None:
    rows = [line(usd=n, resource_tags={"Workload": f"number {n}"}) for n in range(2_000)]
    first = cur2(tmp_path, rows, parts=3)
    odd = first.with_name(first.name.replace("00001", "00002"))
    before = tags(tmp_path)
    pq.write_table(change(pq.read_table(odd)), odd, write_batch_size=64, **options)
    assert (decoded(odd) is not None) == by_arrow
    after = tags(tmp_path)
    if change is without_tags:
        assert ([], 667, sum(range(1, 2_000, 3))) in after
        after, before = ([sum(dollars for _, _, dollars in found)] for found in (after, before))
    assert after == before


def test_a_key_twice_is_refused_by_both(tmp_path: Path) -> None:
    rows = [line() | {"tags": None}] * 4
    for name, parts in (("one", 1), ("many", 2)):
        file = cur2(tmp_path / name, rows, parts=parts)
        table = pq.read_table(file)
        twice = pa.array(
            [[("resourceTags/Team", "a"), ("resourceTags/Team", "b")]] * len(table), table.field("tags").type
        )
        pq.write_table(table.set_column(table.column_names.index("tags"), "tags", twice), file)
        with pytest.raises(SourceError):
            tags(tmp_path / name)


def test_a_damaged_file_is_told_as_duckdb_finds_it(tmp_path: Path) -> None:
    file = cur2(tmp_path, [TAGGED] * 2_000, parts=2)
    whole = file.read_bytes()
    place = pq.read_metadata(file).row_group(0)
    (column,) = (
        place.column(n)
        for n in range(place.num_columns)
        if place.column(n).path_in_schema == "tags.key_value.key"
    )
    file.write_bytes(whole[: column.data_page_offset] + b"\xff" * 8 + whole[column.data_page_offset + 8 :])
    with pytest.raises(SourceError, match="-00001"):
        tags(tmp_path)
