"""Cost and Usage Reports: CUR 2.0, legacy CUR and narrow exports, Parquet or CSV.

The maps of CUR 2.0 are most of the cost of reading it. So product codes are found from scalar columns,
product metadata from the first lines of as few files as name every usage type, and one scan reads one tag
map, by Arrow: AWS repeats resource tags in `tags`. Where a sample speaks against it, or a line that could have
resource tags shows none of them there, both tag maps are read.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import duckdb

from finops import sqlfile
from finops.errors import ReconciliationError, SourceError
from finops.model import Delivery, Value
from finops.sources.cur import faults, layout, spelling
from finops.sources.cur.directory import listing
from finops.sources.cur.opened import open_files, stats
from finops.sources.files import directory, s3
from finops.sources.files.listing import Listing, is_s3, plain
from finops.sources.reading import Reading

NATIVE = ["AmazonBedrock", "AmazonBedrockService", "AmazonBedrockFoundationModels", "AmazonBedrockAgentCore"]
EDITION = "(Amazon Bedrock Edition)"
SAMPLE = 12_000  # lines a file is asked for its product metadata
NAMES = 256  # lines of opaque product codes that a file is asked for their names
SMALL = 64 << 20  # bytes of a file that is read whole: no sample is worth its while
PROBE = 64  # lines a file is asked whether one tag map tells all
FORMAT = "2"  # of what this source writes; a new number re-reads every delivery
EVERY_LINE = 2**62
SETTINGS = (
    "set timezone = 'UTC'",  # as AWS's instants are, whatever the machine's zone
    "set disable_parquet_prefetching = true",  # or row groups wait in memory with all their columns
)


class Product(NamedTuple):
    """Metadata of the lines of one product code and usage type."""

    code: str
    usage_type: str
    name: str
    provider: str | None
    model: str | None
    inference_type: str | None
    feature: str | None
    ambiguous: bool


class Cur(Value):
    """`export` chooses one of several exports below `path`; `tag_columns` are bare tag columns of a
    narrow export; `cost_categories` reads that map too (it costs time). `region` and `role_arn` are of a
    bucket: where it is, and the role that may read it."""

    kind: Literal["cur"] = "cur"
    path: str
    region: str | None = None
    role_arn: str | None = None
    export: str | None = None
    tag_columns: tuple[str, ...] = ("workload", "team", "environment", "cost_center")
    cost_categories: bool = False
    tables: ClassVar[tuple[str, ...]] = ("usage", "shapes", "tag_sets", "accounts", "notes", "reach")

    @property
    def name(self) -> str:
        return f"cur:{plain(self.path)}" + (f":{self.export}" if self.export else "")

    def deliveries(self, reading: Reading) -> list[Delivery]:
        if is_s3(self.path):
            found = s3.listing(self.kind, self.path, reading, self.region, self.role_arn)
        else:
            found = listing(directory.place(self.path, reading.home))
        return [self._delivery(found, group, reading) for group in layout.groups(found, self.export)]

    def _delivery(self, found: Listing, group: layout.Group, reading: Reading) -> Delivery:
        """What AWS is writing anew is what the ledger holds of it, until it is written."""
        delivery = Delivery(
            source=self.name,
            kind=self.kind,
            partition=group.partition,
            signature=group.signature(FORMAT, ",".join(self.tag_columns), str(self.cost_categories)),
            files=tuple(found.whole(file.name) for file in group.files),
            origin=found.whole(group.origin),
            objects=found.objects(file for file in (*group.files, group.manifest) if file),
        )
        if not group.unfinished(reading.now):
            return delivery
        if delivery.key not in reading.held:
            raise SourceError(f"cur: {delivery.origin}: is being rewritten; run the sync again")
        reading.say(f"{delivery.origin} is being rewritten; it is read when it is done")
        return reading.held[delivery.key].delivery

    def load(self, con: duckdb.DuckDBPyConnection, delivery: Delivery, reading: Reading) -> Delivery:
        with s3.near(self.kind, delivery, reading, self.region, self.role_arn) as here:
            self._read(con, here)
        return delivery

    def _read(self, con: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
        before = stats(delivery.files)
        directory.check_gzip(self.kind, delivery.files)
        for setting in SETTINGS:
            con.execute(setting)
        reader = Reader(con, self, delivery.files)
        try:
            reader.run()
        except duckdb.Error as exc:
            raise faults.explain(con, delivery, reader.codes, exc) from exc
        except SourceError as exc:
            raise SourceError(f"cur: {delivery.origin}: {exc}") from exc
        if stats(delivery.files) != before:
            raise SourceError(
                f"cur: {delivery.origin}: was being rewritten while it was read; run the sync again"
            )


class Reader:
    """One delivery into the temporary tables of `Cur.tables`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Cur, files: Sequence[str]) -> None:
        self.con = con
        self.settings = settings
        self.files = files
        self.text = not files[0].endswith(".parquet")
        self.columns: list[str] = []
        self.codes: list[str] = []
        self.sampled: dict[tuple[str, str], Product] = {}
        self.notes: list[str] = []

    def run(self) -> None:
        if len({file.endswith(".parquet") for file in self.files}) > 1:
            raise SourceError(
                "holds Parquet and CSV of one period; move the leftovers of the other format away"
            )
        self.columns = open_files(self.con, self.files[:1]).columns
        for table in Cur.tables:
            self.con.execute(sqlfile.read("ledger", table).sql)
        self.con.execute(sqlfile.read("sources", "role_of").sql)
        if self.text:
            self._stage()
        self._view("cur_file", self.files)
        self._query("reach")
        codes = self.codes = self._codes()
        self._refuse_copies(codes)
        unread = self._unread(codes)
        self._read_tags(codes, unread)
        self._query("lines", codes=codes)
        if "resource_tags" in unread and self._query("nameless")[0][0]:
            self._read_tags(codes, unread - {"resource_tags"})
            self._query("lines", codes=codes)
        self._query("keys")
        if "product" in unread:
            self._sample_the_rest()
        self._store(self.sampled.values() if "product" in unread else ())
        self._reconcile()

    def _refuse_copies(self, codes: list[str]) -> None:
        if len(self.files) < 2 or layout.are_parts(self.files):
            return
        for one, other, same in self._query("copies", codes=codes):
            raise SourceError(
                f"{Path(one).name} and {Path(other).name} tell {same} lines alike, which would count twice; remove "
                "one of them. Parts of one bill share no line, or are named `<name>-00001`, `<name>-00002` ..."
            )

    def _unread(self, codes: list[str]) -> set[str]:
        """Maps that say nothing new: metadata that a sample tells, resource tags that `tags` repeats."""
        maps = spelling.maps(self.columns)
        unread = set() if self.settings.cost_categories else {"cost_category"}
        if self._is_small():
            return unread
        if "product" in maps and self._metadata_is_by_usage_type(codes):
            unread.add("product")
        if {"tags", "resource_tags"} <= maps and self._tags_suffice(codes):
            unread.add("resource_tags")
        return unread

    def _is_small(self) -> bool:
        return self.text or (len(self.files) == 1 and os.stat(self.files[0]).st_size < SMALL)

    def _tags_suffice(self, codes: list[str]) -> bool:
        """By a sample of the first and the last file; `nameless` finds the lines that it cannot speak for."""
        for file in {self.files[0], self.files[-1]}:
            self._view("cur_probe", [file], unread={"product"})
            if not self._query("tags_suffice", codes=codes, lines=PROBE)[0][0]:
                return False
        return True

    def _read_tags(self, codes: list[str], unread: Collection[str]) -> None:
        """The tag set of each line. The maps themselves are let go: they are wider than all the rest."""
        for table in ("tag_keys", "raw_tags"):
            self._query(table)
        whole = self.files if self._is_small() else self._decode_tags(codes, unread)
        if whole:
            lines = self._normalised(self.files, unread=unread)
            if len(whole) < len(self.files):
                lines = lines.filter(_is_in("file", whole))
            lines.create_view("cur_tagged", replace=True)
            for step in ("line_tags", "add_tag_keys", "add_raw_tags"):
                self._query(step, codes=codes)
            self.con.execute("drop table cur_line_tags")
        self._query("distinct_tags")
        self._view("cur_file", self.files, unread=unread)

    def _decode_tags(self, codes: list[str], unread: Collection[str]) -> Sequence[str]:
        """Tags of the files that Arrow can tell; returns the others."""
        opened = open_files(self.con, self.files)
        columns = spelling.tag_columns(opened, unread, self.settings.tag_columns)
        if columns is None:
            return self.files
        from finops.sources.cur.arrow import (
            Decoder,
        )  # a tenth of a second, which most commands need not spend

        decoder, others = Decoder(columns, codes), []
        for file, rows in decoder.rows(self.files):
            if rows is None:
                others.append(file)
            else:
                self.con.register("cur_decoded", rows)
                self._query("add_decoded_keys", file=file)
        self.con.register("cur_decoded_sets", decoder.sets())
        self._query("add_decoded_tags")
        for name in ("cur_decoded", "cur_decoded_sets"):
            self.con.unregister(name)
        return others

    def _stage(self) -> None:
        """Text is parsed once: what may be Bedrock's waits in a table, and every view is of that table."""
        opened = open_files(self.con, self.files)
        spelling.normalise(opened, tag_keys=self.settings.tag_columns).create_view("cur_text", replace=True)
        self._query("candidates", native=NATIVE)

    def _codes(self) -> list[str]:
        """The product codes that are Bedrock's; of Marketplace by the product's name, or by what they bill."""
        rows = self._query("codes", native=NATIVE)
        sure = {code for code, is_sure in rows if is_sure} | set(NATIVE)
        doubtful = {code for code, _ in rows} - sure
        for file in self.files:
            named = doubtful
            while doubtful and named:  # a code of many lines hides the others until it is known
                found = self._products(file, doubtful, NAMES)
                sure |= {product.code for product in found if EDITION in product.name}
                named = {product.code for product in found}
                doubtful -= named
        return sorted(sure | self._nameless_codes(doubtful))

    def _nameless_codes(self, codes: Collection[str]) -> set[str]:
        """Those that bill Bedrock's resources. What others cost is noted: it may be Bedrock's, and nothing says so."""
        rows = self._query("nameless_codes", codes=sorted(codes)) if codes else []
        others = [row[:1] + row[2:] for row in rows if not row[1]]
        if others:
            codes, lines, dollars = zip(*others, strict=True)
            self.notes.append(
                f"Marketplace products without a name ({', '.join(codes)}): {sum(lines)} line(s) of "
                f"${sum(dollars):,.2f} are not read: nothing says that they are Bedrock's; "
                "add `product` to the export's SELECT"
            )
        return {code for code, is_bedrock, _, _ in rows if is_bedrock}

    def _products(
        self, file: str, codes: Collection[str], lines: int, usage_types: Collection[str] = ()
    ) -> list[Product]:
        """What the first lines of these codes, and of these usage types only if any are given, say they are."""
        found = self._normalised([file], unread=spelling.MAPS)
        if usage_types:
            found = found.filter(_is_in("usage_type", sorted(usage_types)))
        found.create_view("cur_products", replace=True)
        return [Product(*row) for row in self._query("products", codes=sorted(codes), lines=lines)]

    def _metadata_is_by_usage_type(self, codes: Collection[str]) -> bool:
        """False where a sample shows two products under one code and usage type, or one opaque code."""
        found = self._products(self.files[0], codes, SAMPLE)
        self.sampled = {(p.code, p.usage_type): p for p in found}
        names = {(p.code, p.name) for p in found if p.code not in NATIVE}
        return not any(p.ambiguous for p in found) and len(names) == len({code for code, _ in names})

    def _sample_the_rest(self) -> None:
        """Ask file by file about the usage types that no sample has named yet."""
        lines = self.con.execute("select distinct product_code, usage_type from cur_lines").fetchall()
        for file in self.files:
            wanted = {line for line in lines if line not in self.sampled}
            if not wanted:
                return
            codes, usage_types = (
                {values for values in column if values} for column in zip(*wanted, strict=True)
            )
            for product in self._products(file, codes, EVERY_LINE, usage_types):
                self.sampled.setdefault((product.code, product.usage_type), product)

    def _store(self, sampled: Iterable[Product]) -> None:
        self._query("sampled", products=[product._asdict() for product in sampled])
        for step in ("distinct_shapes", "usage", "shapes", "tag_sets", "accounts"):
            self._query(step)
        notes = [[note] for note in (*spelling.missing(self.columns), *self.notes)]
        if notes:
            self.con.executemany("insert into notes values (?)", notes)

    def _reconcile(self) -> None:
        """The rows kept are the rows billed, counted in two scans that share nothing but the codes."""
        billed, kept = self._query("control")[0], self._query("read")[0]
        if billed != kept:
            raise ReconciliationError(
                f"{self.files[0]}: {billed[0]} lines of ${billed[1]} are billed, {kept[0]} of ${kept[1]} were "
                "read; nothing is stored. This is a fault in finops: please report it with the file's columns"
            )

    def _view(self, name: str, files: Sequence[str], *, unread: Collection[str] = ()) -> None:
        self._normalised(files, unread=unread).create_view(name, replace=True)

    def _normalised(self, files: Sequence[str], *, unread: Collection[str]) -> duckdb.DuckDBPyRelation:
        """Lines of `files`. Columns may come and go from file to file."""
        if self.text:
            return self.con.table("cur_candidates")
        opened = open_files(self.con, files)
        return spelling.normalise(opened, unread=unread, tag_keys=self.settings.tag_columns)

    def _query(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        query = sqlfile.read("sources", "cur", name)
        return self.con.execute(query.sql, query.bind(**values)).fetchall()


def _is_in(column: str, values: Iterable[str]) -> duckdb.Expression:
    return duckdb.ColumnExpression(column).isin(*map(duckdb.ConstantExpression, values))
