"""Billing lines read the same out of every format that AWS, or a narrow export, writes them in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bill import Row, cur2, cur2_csv, legacy, legacy_csv, line, parquet, text
from home import reading

from finops.sources.cur import Cur
from finops.sources.cur.cur import NAMES

DATA = Path(__file__).parents[1] / "data"
SONNET = "7zgyu5r4opaque00000000000"  # a Marketplace product code says nothing
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdef123456"
Writer = Callable[..., Path]
EVERY_FORMAT = pytest.mark.parametrize(
    "write",
    [
        pytest.param(cur2, id="CUR 2.0 Parquet"),
        pytest.param(cur2_csv, id="CUR 2.0 CSV"),
        pytest.param(legacy, id="legacy Parquet"),
        pytest.param(legacy_csv, id="legacy CSV"),
    ],
)


def marketplace(
    usd: float = 1.0, *, name: str = "Claude Sonnet 4.6 (Amazon Bedrock Edition)", **columns: Any
) -> Row:
    return line(
        usd=usd,
        **{
            "bill_billing_entity": "AWS Marketplace",
            "code": SONNET,
            "usage_type": "USW2-MP:USW2_InputTokenCount-Units",
            "unit": "Units",
            "amount": 0.5,
            "product": {"product_name": name},
            "product_product_family": "",
            "product_servicecode": "",
        }
        | columns,
    )


def load(root: Path, select: str, **settings: Any) -> list[Any]:
    """Every delivery below `root`, each into tables of its own; the answers one after the other."""
    source = Cur(path=".", **settings)
    rows = []
    for delivery in source.deliveries(reading(root)):
        with duckdb.connect() as con:
            source.load(con, delivery, reading(root))
            rows += con.execute(select).fetchall()
    return rows


def one_file(root: Path, rows: Sequence[Row], name: str = "bill.parquet") -> Path:
    return (parquet if name.endswith("parquet") else text)(root / name, rows)


@EVERY_FORMAT
def test_a_line_says_the_same_in_every_format(tmp_path: Path, write: Writer) -> None:
    tags = {"Workload": "search", "CostCenter": "c-1"}
    write(
        tmp_path,
        [line(usd="0.1", resource=PROFILE, net=0.09, list_usd=0.11, resource_tags=tags), marketplace()],
    )
    assert load(
        tmp_path,
        """select billing_period, hour::varchar, payer_account_id, account_id, region, resource_id, line_type,
            invoiced, currency, lines, amount, gross_usd, net_usd, list_usd, usage_type, unit, product_name
        from usage join shapes using (shape) order by gross_usd""",
    ) == [
        ("2026-10", "2026-10-05 10:00:00", "999988887777", "111122223333", "us-east-1", PROFILE, "Usage",
         False, "USD", 1, 1000, Decimal("0.1"), Decimal("0.09"), Decimal("0.11"),
         "USE1-Claude4.5Haiku-input-tokens", "1K tokens", "Amazon Bedrock"),
        ("2026-10", "2026-10-05 10:00:00", "999988887777", "111122223333", "us-east-1", None, "Usage",
         False, "USD", 1, Decimal("0.5"), 1, 1, None,
         "USW2-MP:USW2_InputTokenCount-Units", "Units", "Claude Sonnet 4.6 (Amazon Bedrock Edition)"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("write", "keys"),
    [
        pytest.param(
            cur2,
            [
                "resourceTags/CostCenter",
                "resourceTags/Workload",
                "resourceTags/user_cost_center",
                "resourceTags/user_workload",
            ],
            id="CUR 2.0: both maps, each with its spelling",
        ),
        pytest.param(
            legacy, ["resourceTags/user_cost_center", "resourceTags/user_workload"], id="legacy Parquet"
        ),
        pytest.param(
            legacy_csv, ["resourceTags/user:CostCenter", "resourceTags/user:Workload"], id="legacy CSV"
        ),
    ],
)
def test_tag_keys_keep_their_spelling(tmp_path: Path, write: Writer, keys: list[str]) -> None:
    write(tmp_path, [line(resource_tags={"Workload": "search", "CostCenter": "c-1"})])
    assert load(tmp_path, "select list_sort(map_keys(tags)) from tag_sets") == [(keys,)]


@pytest.mark.parametrize(
    ("row", "bedrock"),
    [
        pytest.param(line(), True, id="native"),
        pytest.param(line(code="AmazonBedrockService", product_product_family=""), True, id="first-party Claude"),
        pytest.param(line(code="AmazonBedrockAgentCore", product_product_family=""), True, id="AgentCore"),
        pytest.param(line(code="SomethingNew"), True, id="a new code under the family Amazon Bedrock"),
        pytest.param(
            line(code="SomethingNew", product_product_family="", product_servicecode="AmazonBedrockFoundationModels"),
            True,
            id="a new code under a Bedrock service code",
        ),
        pytest.param(marketplace(), True, id="a Marketplace model"),
        pytest.param(marketplace(name="Grafana Cloud"), False, id="another Marketplace product"),
        pytest.param(marketplace(name="Claude Platform on AWS"), False, id="Claude, but not on Bedrock"),
        pytest.param(marketplace(product={}, resource=PROFILE), True, id="a Marketplace line of Bedrock's resource"),
        pytest.param(line(code=None), True, id="no product code, but the family Amazon Bedrock"),
        pytest.param(
            line(code="AmazonEC2", product_product_family="", product_servicecode="AmazonEC2",
                 product={"product_name": "Amazon Elastic Compute Cloud"}),
            False,
            id="EC2",
        ),
    ],
)  # fmt: skip
def test_which_lines_are_bedrocks(tmp_path: Path, row: Row, bedrock: bool) -> None:
    one_file(tmp_path, [row])
    assert load(tmp_path, "select count(*) from usage") == [(int(bedrock),)]


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("write", [cur2, cur2_csv])
def test_no_marketplace_product_hides_another(tmp_path: Path, parts: int, write: Writer) -> None:
    other = marketplace(name="Grafana Cloud", code="8ukf9xq2w0bzd1v7mn4rt6ych")
    write(tmp_path, [other] * (2 * NAMES) + [marketplace(5)] * 7 + [line()] * 3, parts=parts)
    assert load(tmp_path, "select sum(lines), sum(gross_usd) from usage") == [(10, 38)]


def test_a_marketplace_product_without_a_name_is_told(tmp_path: Path) -> None:
    cur2(tmp_path, [marketplace(5, product={}), marketplace(2, product={}, code="other"), line()], parts=2)
    ((told,),) = load(tmp_path, "select note from notes where note like 'Marketplace%'")
    assert told.startswith(
        f"Marketplace products without a name ({SONNET}, other): 2 line(s) of $7.00 are not read"
    )


@pytest.mark.parametrize("parts", [1, 2])
def test_lines_without_a_product_code_are_read(tmp_path: Path, parts: int) -> None:
    cur2(
        tmp_path,
        [line(code=None), line(), line(code="AmazonEC2", product_product_family="", product_servicecode="")]
        * 2,
        parts=parts,
    )
    assert load(tmp_path, "select sum(lines), sum(gross_usd) from usage") == [(4, 4)]


@pytest.mark.parametrize("parts", [1, 2])
def test_text_that_a_file_does_not_mark_as_text_is_read(tmp_path: Path, parts: int) -> None:
    file = cur2(tmp_path, [line(), line(usd=2)] * 3, parts=parts)
    with duckdb.connect() as con:
        con.sql(
            f"""create table bill as select * replace (line_item_product_code::blob as line_item_product_code,
                line_item_usage_type::blob as line_item_usage_type) from read_parquet('{file}')"""
        )
        con.table("bill").write_parquet(str(file))
    assert load(
        tmp_path, "select usage_type, sum(gross_usd) from usage join shapes using (shape) group by all"
    ) == [("USE1-Claude4.5Haiku-input-tokens", 9)]


@pytest.mark.parametrize("parts", [1, 3])
def test_a_marketplace_product_is_found_in_whichever_part_names_it(tmp_path: Path, parts: int) -> None:
    """A tax line of the product bears no name; the parts share one product code."""
    rows = [marketplace(product={}), marketplace(product={}), marketplace()]
    cur2(tmp_path, rows, parts=parts)
    assert load(
        tmp_path, "select sum(lines), count(distinct product_name) from usage join shapes using (shape)"
    ) == [(3, 1)]


def test_two_products_under_one_code_are_told_apart(tmp_path: Path) -> None:
    opus = {"product_name": "Claude Opus 4.6 (Amazon Bedrock Edition)"}
    cur2(
        tmp_path,
        [marketplace(1), marketplace(2), marketplace(4, product=opus), marketplace(8, product=opus)],
        parts=2,
    )
    assert load(
        tmp_path,
        "select product_name, sum(gross_usd) from usage join shapes using (shape) group by all order by all",
    ) == [("Claude Opus 4.6 (Amazon Bedrock Edition)", 12), ("Claude Sonnet 4.6 (Amazon Bedrock Edition)", 3)]


@pytest.mark.parametrize(
    ("principal", "stored"),
    [
        pytest.param(
            "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/alice", id="user"
        ),
        pytest.param(
            "arn:aws:sts::111122223333:assumed-role/search-api/i-0abc",
            "arn:aws:iam::111122223333:role/search-api",
            id="session",
        ),
        pytest.param(
            "arn:aws-us-gov:sts::111122223333:assumed-role/r/BedrockAgentCore-1f/2",
            "arn:aws-us-gov:iam::111122223333:role/r",
            id="agent session in another partition",
        ),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_sessions_fold_into_their_role(tmp_path: Path, principal: str | None, stored: str | None) -> None:
    one_file(tmp_path, [line(principal=principal)])
    assert load(tmp_path, "select principal from usage") == [(stored,)]


@pytest.mark.parametrize(
    ("missing", "note"),
    [
        pytest.param("line_item_iam_principal", "INCLUDE_IAM_PRINCIPAL_DATA", id="callers"),
        pytest.param("tags", "add `tags` to the export's SELECT", id="tags of principals"),
        pytest.param("line_item_resource_id", "INCLUDE_RESOURCES", id="resources"),
        pytest.param("line_item_net_unblended_cost", "net is taken as unblended", id="net cost"),
    ],
)
def test_a_missing_column_is_told_with_its_consequence(tmp_path: Path, missing: str, note: str) -> None:
    cur2(tmp_path, [line(resource_tags={"Workload": "search"})], without=[missing])
    ((told,),) = load(tmp_path, "from notes")
    assert note in told
    assert load(tmp_path, "select gross_usd, net_usd, list_contains(map_values(tags), 'search') "
                "from usage join tag_sets using (tag_set)") == [(1, 1, True)]  # fmt: skip


def test_an_export_without_product_metadata_still_has_its_models(tmp_path: Path) -> None:
    cur2(tmp_path, [line()], without=["product", "product_product_family", "product_servicecode"])
    assert load(tmp_path, "select usage_type, product_name from usage join shapes using (shape)") == [
        ("USE1-Claude4.5Haiku-input-tokens", None)
    ]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "csv.gz"])
def test_a_narrow_export_with_flattened_maps(tmp_path: Path, suffix: str) -> None:
    """What `SELECT product.product_name AS ..., tags.x AS ...` of a Data Export returns."""
    narrow = {name: value for name, value in marketplace().items() if not isinstance(value, dict)}
    narrow |= {
        "product_name": "Claude Sonnet 4.6 (Amazon Bedrock Edition)",
        "product_provider": "Anthropic",
        "product_model": "Claude Sonnet 4.6",
        "product_inference_type": "Input tokens",
        "resource_tags_user_workload": "search",
        "team": "discovery",
        "tags_iam_principal_workload": "indexer",
        "tags_account_tag_team": "platform",
        "cost_category_business_unit": "retail",
    }
    one_file(tmp_path, [narrow], f"narrow.{suffix}")
    assert load(
        tmp_path,
        """select provider, model, inference_type, product_name, tags
        from usage join shapes using (shape) join tag_sets using (tag_set)""",
        cost_categories=True,
    ) == [
        ("Anthropic", "Claude Sonnet 4.6", "Input tokens", "Claude Sonnet 4.6 (Amazon Bedrock Edition)",
         {"resourceTags/team": "discovery", "resourceTags/user_workload": "search", "iamPrincipal/workload": "indexer",
          "accountTag/team": "platform", "costCategory/business_unit": "retail"})
    ]  # fmt: skip


@pytest.mark.parametrize("parts", [1, 2])  # of several parts, only one map is read as long as it tells all
@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="no tag in the other"),
        pytest.param({"iamPrincipal/Team": "discovery"}, id="only the caller's in the other"),
    ],
)
def test_a_tag_that_only_one_of_the_maps_has_is_not_lost(
    tmp_path: Path, parts: int, told: dict[str, str]
) -> None:
    rows = [line(resource_tags={"Workload": "search"}) for _ in range(300)]
    cur2(tmp_path, [*rows, line(resource_tags={"Workload": "chat"}, tags=told)], parts=parts)
    ((tags,),) = load(tmp_path, "select tags from usage join tag_sets using (tag_set) where lines = 1")
    assert tags["resourceTags/user_workload"] == "chat"


def test_where_the_maps_disagree_the_one_that_keeps_case_is_believed(tmp_path: Path) -> None:
    cur2(
        tmp_path,
        [line(resource_tags={"Workload": "search"}) | {"resource_tags": {"Workload": "chat", "app": "a"}}],
    )
    assert load(tmp_path, "select tags from tag_sets") == [
        ({"resourceTags/Workload": "search", "resourceTags/app": "a"},)
    ]


def test_columns_of_one_tag_key_are_both_kept(tmp_path: Path) -> None:
    row = {k: v for k, v in line().items() if not isinstance(v, dict)}
    one_file(tmp_path, [row | {"workload": None, "resource_tags_workload": "search"}])
    assert load(tmp_path, "select tags from tag_sets") == [({"resourceTags/workload_": "search"},)]


def test_cost_categories_are_read_where_asked(tmp_path: Path) -> None:
    cur2(tmp_path, [line(cost_category={"Business Unit": "retail"})])
    assert load(tmp_path, "select tags from tag_sets") == [({},)]
    assert load(tmp_path, "select tags from tag_sets", cost_categories=True) == [
        ({"costCategory/Business Unit": "retail"},)
    ]


def test_lines_of_one_hour_and_shape_are_one_row_that_counts_them(tmp_path: Path) -> None:
    one_file(
        tmp_path, [line(usd="0.1"), line("2026-10-05 10:59", usd="0.2"), line("2026-10-05 11:00", usd="0.4")]
    )
    assert load(tmp_path, "select hour::varchar, lines, amount, gross_usd from usage order by hour") == [
        ("2026-10-05 10:00:00", 2, 2000, Decimal("0.3")),
        ("2026-10-05 11:00:00", 1, 1000, Decimal("0.4")),
    ]


@pytest.mark.parametrize(
    ("columns", "measures"),
    [
        pytest.param({"usd": 2, "net": None}, (2, 2, None), id="no net: net is unblended"),
        pytest.param({"usd": 2, "net": 0}, (2, 0, None), id="net of nothing is nothing"),
        pytest.param({"usd": 2, "list_usd": 0}, (2, 2, None), id="Marketplace has no list price"),
        pytest.param({"usd": None}, (0, 0, None), id="a line without a cost"),
        pytest.param({"usd": -3, "type": "Credit"}, (-3, -3, None), id="a credit"),
        pytest.param({"usd": "1e-9"}, (Decimal("1e-9"), Decimal("1e-9"), None), id="a millionth of a mill"),
    ],
)
@pytest.mark.parametrize("name", ["bill.parquet", "bill.csv.gz"])
def test_measures_of_cost(
    tmp_path: Path, name: str, columns: dict[str, Any], measures: tuple[Any, ...]
) -> None:
    one_file(tmp_path, [line(**columns)], name)
    assert load(tmp_path, "select gross_usd, net_usd, list_usd from usage") == [measures]


@pytest.mark.parametrize("name", ["bill.parquet", "bill.csv"])
def test_a_real_marketplace_line(tmp_path: Path, name: str) -> None:
    """Masked, of a legacy CUR of 2025; completed with the columns that its owner left out."""
    real = json.loads((DATA / "marketplace_line_legacy_cur.json").read_text())
    real |= {
        "bill_billing_period_start_date": "2025-02-01 00:00:00",
        "line_item_usage_start_date": "2025-02-03 14:00:00",
    }
    one_file(tmp_path, [real], name)
    assert load(
        tmp_path,
        """select billing_period, account_id, region, invoiced, amount, gross_usd, net_usd, list_usd,
            usage_type, unit, operation, product_name, resource_model
        from usage join shapes using (shape)""",
    ) == [
        ("2025-02", "01234567891234", "us-west-2", True, Decimal("0.02645"), Decimal("0.1"), Decimal("0.1"), None,
         "USW2-MP:USW2_InputTokenCount-Units", "Units", "Usage", "Claude 3.5 Sonnet (Amazon Bedrock Edition)",
         "anthropic.claude-3-5-sonnet-20240620-v1:0")
    ]  # fmt: skip


@pytest.mark.parametrize("write", [cur2, cur2_csv])
def test_the_published_example_of_principals(tmp_path: Path, write: Writer) -> None:
    with (DATA / "iam_principal_example_rows.csv").open(newline="") as stream:
        examples = [row | {"tags": json.loads(row["tags"])} for row in csv.DictReader(stream)]
    write(tmp_path, [line() | example for example in examples])
    assert load(
        tmp_path,
        """select regexp_extract(principal, '[^:]+$'),
            coalesce(tags['iamPrincipal/team'], tags['iamPrincipal/project']), sum(gross_usd)
        from usage join tag_sets using (tag_set)
        where tags['iamPrincipal/cost-center'] = '12345' group by all order by all""",
    ) == [
        ("role/Role-1", "DocFlow", Decimal("0.198")),
        ("role/Role-2", "ChatBackend", Decimal("0.131")),
        ("user/user-1", "BedrockDataScience", Decimal("0.2838")),
        ("user/user-2", "BedrockDataScience", Decimal("1.188")),
    ]


def test_columns_may_come_and_go_between_parts(tmp_path: Path) -> None:
    directory = tmp_path / "billing_period=2026-10"
    parquet(directory / "a.parquet", [line(usd=1)])
    parquet(
        directory / "b.parquet",
        [{k: v for k, v in line(usd=2).items() if k not in ("tags", "line_item_operation")}],
    )
    assert load(tmp_path, "select sum(gross_usd) from usage") == [(3,)]


def test_csv_tag_keys_that_differ_in_case_only_both_survive(tmp_path: Path) -> None:
    row = {k: v for k, v in line().items() if not isinstance(v, dict)}
    text(tmp_path / "a.csv", [row | {"resourceTags/user:Team": "a", "resourceTags/user:team": "b"}])
    assert load(tmp_path, "select tags from tag_sets") == [
        ({"resourceTags/user:Team": "a", "resourceTags/user:team": "b"},)
    ]


@EVERY_FORMAT
def test_no_bedrock_line_is_no_error(tmp_path: Path, write: Writer) -> None:
    write(tmp_path, [line(code="AmazonEC2", product_product_family="", product_servicecode="AmazonEC2")])
    assert load(tmp_path, "select count(*) from usage") == [(0,)]
