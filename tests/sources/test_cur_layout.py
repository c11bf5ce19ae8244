"""Which files belong together: AWS's layouts, leftovers, loose files, and what is refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from bill import cur2, cur2_csv, legacy, legacy_csv, line, manifest, parquet, text
from home import reading

from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.cur import Cur

OCTOBER, NOVEMBER = line("2026-10-05 10:00", 1), line("2026-11-05 10:00", 2)


def found(base: Path, path: str = "exports", export: str | None = None) -> list[Delivery]:
    return Cur(path=path, export=export).deliveries(reading(base))


def told(base: Path, path: str = "exports", export: str | None = None) -> list[tuple[str, list[str]]]:
    return [(d.partition, [Path(file).name for file in d.files]) for d in found(base, path, export)]


@pytest.mark.parametrize(
    ("write", "name"),
    [
        pytest.param(cur2, "org-cur-00001.snappy.parquet", id="CUR 2.0 Parquet"),
        pytest.param(cur2_csv, "org-cur-00001.csv.gz", id="CUR 2.0 CSV"),
        pytest.param(legacy, "org-cur-00001.snappy.parquet", id="legacy Parquet, its status table aside"),
        pytest.param(legacy_csv, "org-cur-00001.csv.gz", id="legacy CSV, with a manifest per assembly too"),
    ],
)
def test_a_period_is_a_delivery(tmp_path: Path, write: Callable[..., Path], name: str) -> None:
    write(tmp_path / "exports", [NOVEMBER, OCTOBER])
    assert told(tmp_path) == [("2026-10", [name]), ("2026-11", [name])]


def test_a_manifest_lists_its_parts_and_leftovers_stay_out(tmp_path: Path) -> None:
    file = cur2(tmp_path / "exports", [OCTOBER, OCTOBER], parts=2)
    parquet(file.with_name("org-cur-00003.snappy.parquet"), [OCTOBER])
    assert told(tmp_path) == [("2026-10", ["org-cur-00001.snappy.parquet", "org-cur-00002.snappy.parquet"])]


def test_the_newest_assembly_is_the_one_that_counts(tmp_path: Path) -> None:
    """Versioned legacy reports keep every assembly; the manifest above them names the current one."""
    legacy_csv(tmp_path / "exports", [OCTOBER], assembly="20261103T010203Z")
    legacy_csv(tmp_path / "exports", [OCTOBER], assembly="20261104T010203Z")
    (delivery,) = found(tmp_path)
    assert "20261104T010203Z" in delivery.files[0]


def test_overwritten_exports_with_an_execution_directory(tmp_path: Path) -> None:
    """CREATE_NEW_REPORT puts each execution's files in a directory of its own under the period."""
    root = tmp_path / "exports" / "org-cur"
    for execution in ("2026-11-01T01:02:03.000Z-a", "2026-11-02T01:02:03.000Z-b"):
        file = parquet(
            root / "data" / "BILLING_PERIOD=2026-10" / execution / "org-cur-00001.snappy.parquet", [OCTOBER]
        )
        key = {"dataFiles": [f"s3://bucket/prefix/{file.relative_to(root.parent)}"]}
        manifest(root / "metadata" / "BILLING_PERIOD=2026-10", "org-cur", "2026-10", key)
    (delivery,) = found(tmp_path)
    assert [Path(file).parent.name for file in delivery.files] == ["2026-11-02T01:02:03.000Z-b"]


@pytest.mark.parametrize(
    ("place", "partition"),
    [
        pytest.param("billing_period=2026-10/a.parquet", "2026-10", id="billing_period"),
        pytest.param("BILLING_PERIOD=2026-10/a.parquet", "2026-10", id="as AWS spells it"),
        pytest.param("year=2026/month=9/a.parquet", "2026-09", id="year and month"),
        pytest.param("20261001-20261101/a.csv.gz", "2026-10", id="span"),
        pytest.param("deep/20261001-20261101/x/a.csv", "2026-10", id="deep below"),
    ],
)
def test_the_path_tells_the_period_where_no_manifest_does(tmp_path: Path, place: str, partition: str) -> None:
    file = tmp_path / "exports" / place
    file.parent.mkdir(parents=True)
    file.touch()
    assert told(tmp_path) == [(partition, [file.name])]


def test_loose_files_are_one_delivery_each(tmp_path: Path) -> None:
    for name in ("october.parquet", "november.csv"):
        (tmp_path / name).touch()
    one, other = found(tmp_path, ".")
    assert one.partition != other.partition
    assert {one.partition[:5], other.partition[:5]} == {"file-"}


@pytest.mark.parametrize(
    "place", ["._october.parquet", ".trash/october.parquet", ".october.parquet.part/x.parquet"]
)
def test_what_is_hidden_is_not_read(tmp_path: Path, place: str) -> None:
    parquet(tmp_path / "exports/october.parquet", [OCTOBER])
    hidden = tmp_path / "exports" / place
    hidden.parent.mkdir(exist_ok=True)
    hidden.write_bytes(b"no Parquet")
    assert [names for _, names in told(tmp_path)] == [["october.parquet"]]


def test_loose_parts_are_one_delivery(tmp_path: Path) -> None:
    """Which stays the same one when a part is added."""
    for number in (1, 2):
        (tmp_path / f"bill-0000{number}.csv").touch()
    (before,) = found(tmp_path, ".")
    (tmp_path / "bill-00003.csv").touch()
    (after,) = found(tmp_path, ".")
    assert [Path(file).name for file in after.files] == [f"bill-0000{n}.csv" for n in (1, 2, 3)]
    assert before.partition == after.partition
    assert before.signature != after.signature


def test_links_are_followed_and_each_directory_read_once(tmp_path: Path) -> None:
    """`archive` leads to a month elsewhere; the others lead back to what was seen already."""
    parquet(tmp_path / "disk" / "billing_period=2026-10" / "a.parquet", [OCTOBER])
    parquet(tmp_path / "exports" / "billing_period=2026-11" / "a.parquet", [NOVEMBER])
    (tmp_path / "exports" / "archive").symlink_to(tmp_path / "disk")
    (tmp_path / "exports" / "again").symlink_to(tmp_path / "exports" / "billing_period=2026-11")
    (tmp_path / "disk" / "loop").symlink_to(tmp_path / "exports")
    assert told(tmp_path) == [("2026-10", ["a.parquet"]), ("2026-11", ["a.parquet"])]
    assert "archive" in found(tmp_path)[0].files[0]


def test_leftovers_are_of_the_manifests_own_export(tmp_path: Path) -> None:
    """Another export of the month that came without its manifest is not one of them."""
    file = cur2(tmp_path / "exports", [OCTOBER])
    parquet(file.with_name("org-cur-00007.snappy.parquet"), [OCTOBER])
    assert told(tmp_path) == [("2026-10", [file.name])]
    parquet(tmp_path / "exports" / "other" / "BILLING_PERIOD=2026-10" / "other-00001.parquet", [OCTOBER])
    with pytest.raises(SourceError, match=r"2026-10 is delivered twice.*org-cur-Manifest.*other-\*"):
        found(tmp_path)
    assert told(tmp_path, export="other") == [("2026-10", ["other-00001.parquet"])]


@pytest.mark.parametrize("path", ["exports", "./exports", "exports/", "x/../exports"])
def test_a_source_has_one_name_however_its_path_is_spelled(path: str) -> None:
    assert Cur(path=path).name == "cur:exports"


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    cur2(tmp_path / "exports", [OCTOBER])
    assert [d.partition for d in found(Path("/nowhere"), "~/exports")] == ["2026-10"]


def test_a_delivery_is_the_same_however_its_home_is_spelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`finops sync` and `finops --home /srv/finops sync` must not read, or count, a bill twice."""
    cur2(tmp_path / "exports", [OCTOBER])
    parquet(tmp_path / "exports" / "loose.parquet", [NOVEMBER])
    monkeypatch.chdir(tmp_path)
    here, there = found(Path()), found(tmp_path)
    assert [(d.partition, d.signature) for d in here] == [(d.partition, d.signature) for d in there]


@pytest.mark.parametrize("change", ["size", "time", "manifest", "option"])
def test_a_signature_changes_with_what_was_delivered(tmp_path: Path, change: str) -> None:
    file = cur2(tmp_path / "exports", [OCTOBER])
    before = found(tmp_path)[0].signature
    assert found(tmp_path)[0].signature == before
    source = Cur(path="exports")
    if change == "size":
        parquet(file, [OCTOBER] * 500)
    elif change == "time":
        os.utime(file, ns=(1, 1))
    elif change == "manifest":
        path = next(tmp_path.rglob("*-Manifest.json"))
        path.write_text(json.dumps(json.loads(path.read_text()) | {"executionId": "2"}))
    else:
        source = Cur(path="exports", cost_categories=True)
    assert source.deliveries(reading(tmp_path))[0].signature != before


def test_an_empty_period_is_no_error(tmp_path: Path) -> None:
    """On the first of a month AWS writes the manifest before there is a line."""
    cur2(tmp_path / "exports", [OCTOBER])
    manifest(
        tmp_path / "exports/org-cur/metadata/BILLING_PERIOD=2026-11", "org-cur", "2026-11", {"dataFiles": []}
    )
    assert told(tmp_path) == [("2026-10", ["org-cur-00001.snappy.parquet"])]


def test_nothing_but_an_empty_period_is_no_error(tmp_path: Path) -> None:
    manifest(
        tmp_path / "exports/org-cur/metadata/BILLING_PERIOD=2026-11", "org-cur", "2026-11", {"dataFiles": []}
    )
    assert told(tmp_path) == []


def test_one_of_several_exports_is_chosen_by_name(tmp_path: Path) -> None:
    for export in ("org-cur", "bedrock-only"):
        cur2(tmp_path / "exports", [OCTOBER], export=export)
    assert told(tmp_path, export="bedrock-only") == [("2026-10", ["bedrock-only-00001.snappy.parquet"])]
    with pytest.raises(SourceError, match="no export named 'bedrok'; there is bedrock-only, org-cur"):
        found(tmp_path, export="bedrok")


def two_exports(root: Path) -> None:
    cur2(root, [OCTOBER], export="a")
    cur2(root, [OCTOBER], export="b")


def two_types(root: Path) -> None:
    cur2(root, [OCTOBER], export="new")
    legacy(root, [OCTOBER], report="old")


def two_copies(root: Path) -> None:
    for copy in ("monday", "tuesday"):
        parquet(root / copy / "billing_period=2026-10" / "a.parquet", [OCTOBER])


def two_exports_in_one_directory(root: Path) -> None:
    for export in ("a", "b"):
        parquet(root / "BILLING_PERIOD=2026-10" / f"{export}-00001.parquet", [OCTOBER])


def one_part_packed_twice(root: Path) -> None:
    for name in ("a-00001.csv", "a-00001.csv.gz"):
        text(root / name, [OCTOBER])


def dangling_file(root: Path) -> None:
    (root / "october.csv").symlink_to("/nowhere/october.csv")


def dangling_month(root: Path) -> None:
    cur2(root, [OCTOBER])
    (root / "billing_period=2026-11").symlink_to("/nowhere")


def missing_file(root: Path) -> None:
    cur2(root, [OCTOBER], parts=2).unlink()


def same_name_elsewhere(root: Path) -> None:
    file = cur2(root, [OCTOBER])
    parquet(root / "old" / "data" / "BILLING_PERIOD=2026-09" / file.name, [OCTOBER])
    file.unlink()


def broken_manifest(root: Path) -> None:
    cur2(root, [OCTOBER])
    next(root.rglob("*-Manifest.json")).write_text('{"exportName": ')


def foreign_manifest(root: Path) -> None:
    cur2(root, [OCTOBER])
    next(root.rglob("*-Manifest.json")).write_text("[1, 2]")


def a_file(root: Path) -> None:
    root.rmdir()
    root.touch()


def zipped(root: Path) -> None:
    (root / "org-cur-00001.csv.zip").touch()


@pytest.mark.parametrize(
    ("arrange", "message"),
    [
        pytest.param(
            two_exports,
            "2026-10 is delivered twice.*point `path` at one of them, or choose",
            id="two exports",
        ),
        pytest.param(two_types, "2026-10 is delivered twice", id="legacy and CUR 2.0 of one month"),
        pytest.param(two_copies, "2026-10 is delivered twice", id="two copies without manifests"),
        pytest.param(
            two_exports_in_one_directory,
            r"2026-10 is delivered twice, by .*a-\* and .*b-\*",
            id="two exports in one directory",
        ),
        pytest.param(
            one_part_packed_twice,
            r"a-00001.csv and a-00001.csv.gz: one part in two formats",
            id="a part beside its unpacked copy",
        ),
        pytest.param(dangling_file, "october.csv: a link to /nowhere.*mend or remove", id="a file not there"),
        pytest.param(dangling_month, "2026-11: a link to /nowhere.*mend or remove", id="a month not there"),
        pytest.param(
            missing_file,
            "Manifest.json: names s3://bucket.*00001.*the copy is incomplete",
            id="a missing part",
        ),
        pytest.param(same_name_elsewhere, "the copy is incomplete", id="the same file name of another month"),
        pytest.param(
            broken_manifest, "Manifest.json: not a manifest of AWS.*copy it again", id="half a manifest"
        ),
        pytest.param(foreign_manifest, "Manifest.json: not a manifest of AWS", id="another JSON"),
        pytest.param(zipped, "csv.zip: ZIP cannot be read", id="a ZIP export"),
        pytest.param(lambda root: None, "no .parquet or .csv.gz file below it", id="an empty directory"),
        pytest.param(lambda root: root.rmdir(), "no such directory; check `path`", id="no directory"),
        pytest.param(a_file, "exports: is a file; give its directory as `path`", id="a file"),
    ],
)
def test_refused(tmp_path: Path, arrange: Callable[[Path], None], message: str) -> None:
    root = tmp_path / "exports"
    root.mkdir()
    arrange(root)
    with pytest.raises(SourceError, match=message):
        found(tmp_path)
