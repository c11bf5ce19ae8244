"""The tags of Bedrock's lines in Parquet, decoded by Arrow: about half of the CPU seconds that DuckDB takes.

Nearly all of that time goes into texts of lines that are not Bedrock's. Arrow leaves them as numbers into the
file's own dictionary, and only what the lines kept bear becomes text. A file that Arrow cannot read so (damage,
or a type that AWS does not write) is the caller's to read in another way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from finops.sources.cur.spelling import TagColumns

LINES = 32_768  # decoded at a time: no row group's maps are whole in memory
WORKERS = min(4, os.cpu_count() or 1)  # files read side by side
ABOVE = 1 << 32  # an entry is one number: its key's, above its value's
ENTRIES = pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))
PLACE = "file_row_number"
ROWS = pa.schema([(PLACE, pa.int64()), ("gross", pa.float64()), ("tag_set", pa.int64())])
Entries = tuple[tuple[str | None, str | None], ...]  # key, value


class Tagged(NamedTuple):
    """Lines of one file, as ROWS; `tag_set` is a place in `sets`, which say what each map held."""

    rows: pa.Table
    sets: list[tuple[Entries, ...]]


class Decoder:
    """Reads what `wanted` names of the lines of these product codes. A map that is NULL is empty."""

    def __init__(self, wanted: TagColumns, codes: Collection[str]) -> None:
        self.wanted = wanted
        self.codes = pa.array(codes, pa.string())
        self.known: dict[tuple[Entries, ...], int] = {}

    def rows(self, files: Sequence[str]) -> Iterator[tuple[str, pa.Table | None]]:
        """Each file with its lines as ROWS, or with None where Arrow cannot tell them."""
        with ThreadPoolExecutor(WORKERS) as workers:
            for first in range(0, len(files), WORKERS):  # never further ahead than the caller has come
                some = files[first : first + WORKERS]
                for file, tagged in zip(some, workers.map(self._tagged, some), strict=True):
                    yield file, self._joined(tagged) if tagged else None
        pa.default_memory_pool().release_unused()  # the widest scan is still to come

    def sets(self) -> pa.Table:
        """The tag sets that `rows` has told so far: `tag_set` and the entries of each map."""
        columns = {"tag_set": pa.array(self.known.values(), pa.int64())}
        for place, name in enumerate(self.wanted.maps):
            columns[name] = pa.array([held[place] for held in self.known], ENTRIES)
        return pa.table(columns)

    def _tagged(self, file: str) -> Tagged | None:
        try:
            metadata = pq.read_metadata(file)
            names = _spelled(metadata.schema.to_arrow_schema(), self.wanted)
            return _File(file, metadata, names).tagged(self.codes)
        except (pa.ArrowException, OSError, UnicodeDecodeError):  # if it is damaged, DuckDB says how
            return None

    def _joined(self, tagged: Tagged) -> pa.Table:
        """The file's numbers of its sets become numbers of all files' sets."""
        numbers = pa.array([self.known.setdefault(one, len(self.known)) for one in tagged.sets], pa.int64())
        return tagged.rows.set_column(2, "tag_set", numbers.take(tagged.rows.column("tag_set")))


def _spelled(schema: pa.Schema, wanted: TagColumns) -> TagColumns:
    """The names in this file, which may have another letter case, or lack a column: that name is empty."""
    code, gross = (
        _own(schema, wanted.code, pa.types.is_string),
        _own(schema, wanted.gross, pa.types.is_float64),
    )
    return TagColumns(
        code, gross, {ours: _own(schema, name, _is_text_map) for ours, name in wanted.maps.items()}
    )


def _own(schema: pa.Schema, name: str, fits: Callable[[pa.DataType], bool]) -> str:
    found = [field for field in schema if field.name.lower() == name.lower()]
    if len(found) > 1 or not all(fits(field.type) for field in found):
        raise pa.ArrowTypeError(f"{name}: not as AWS writes it")
    return found[0].name if found else ""


def _is_text_map(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_map(kind) and pa.types.is_string(kind.key_type) and pa.types.is_string(kind.item_type)
    )


class _File:
    """Numbers stand for texts, and texts of numbers for sets, until the whole file is read."""

    def __init__(self, file: str, metadata: pq.FileMetaData, names: TagColumns) -> None:
        self.file = file
        self.metadata = metadata
        self.names = names
        self.texts: dict[str | None, int] = {}
        self.sets: dict[str, int] = {}

    def tagged(self, codes: pa.Array) -> Tagged:
        rows = pa.Table.from_batches(self._kept(codes) if self.names.code else (), ROWS)
        texts = list(self.texts)
        return Tagged(rows, [tuple(_entries(one, texts) for one in line.split(";")) for line in self.sets])

    def _kept(self, codes: pa.Array) -> Iterator[pa.RecordBatch]:
        """Many lines at a time, however few of a batch are kept: numbering them costs by the call."""
        waiting: list[pa.RecordBatch] = []
        for first, batch in self._batches():
            rows = pc.indices_nonzero(_is_in(batch.column(self.names.code), codes))
            if len(rows):
                waiting.append(batch.take(rows).append_column(PLACE, pc.add(rows.cast(pa.int64()), first)))
            if sum(map(len, waiting)) >= LINES:
                yield self._rows(waiting)
                waiting = []
        if waiting:
            yield self._rows(waiting)

    def _rows(self, kept: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
        (lines,) = pa.Table.from_batches(kept).combine_chunks().to_batches()
        gross = lines.column(self.names.gross) if self.names.gross else pa.nulls(len(lines), pa.float64())
        return pa.record_batch([lines.column(PLACE), gross, self._sets_of(lines)], schema=ROWS)

    def _batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Lines in order, with the place of the first. A dictionary is its row group's own."""
        columns = [name for name in (self.names.code, self.names.gross, *self.names.maps.values()) if name]
        schema = self.metadata.schema
        paths = [schema.column(number).path for number in range(len(schema))]
        texts = [
            path
            for path in paths
            if path == self.names.code or path.split(".")[0] in self.names.maps.values()
        ]
        first = 0
        with pq.ParquetFile(self.file, metadata=self.metadata, read_dictionary=texts) as opened:
            for group in range(opened.num_row_groups):
                for batch in opened.iter_batches(
                    LINES, row_groups=[group], columns=columns, use_threads=False
                ):
                    yield first, batch
                    first += batch.num_rows

    def _sets_of(self, lines: pa.RecordBatch) -> pa.Array:
        empty = pa.repeat("", len(lines))
        maps = [self._text_of(lines.column(name)) if name else empty for name in self.names.maps.values()]
        return _numbered(pc.binary_join_element_wise(*maps, ";"), self.sets)

    def _text_of(self, maps: pa.MapArray) -> pa.Array:
        keys, values = _numbered(maps.keys, self.texts), _numbered(maps.items, self.texts)
        entries = pc.add(pc.multiply(keys, ABOVE), values).dictionary_encode()
        words = entries.dictionary.cast(pa.string()).take(entries.indices)
        return pc.binary_join(pa.ListArray.from_arrays(maps.offsets, words), ",")


def _is_in(column: pa.Array, codes: pa.Array) -> pa.Array:
    """A line without a code has the empty one."""
    if isinstance(column, pa.DictionaryArray):
        found = pc.is_in(column.dictionary, codes).take(column.indices)
    else:
        found = pc.if_else(column.is_valid(), pc.is_in(column, codes), None)
    return found.fill_null("" in codes.to_pylist())


def _numbered(texts: pa.Array, known: dict[Any, int]) -> pa.Array:
    """The number of each text among those `known`, which grow by the new ones that are used here."""
    if not isinstance(texts, pa.DictionaryArray):
        texts = texts.dictionary_encode(null_encoding="encode")
    used = texts.indices.dictionary_encode(null_encoding="encode")
    words = texts.dictionary.take(used.dictionary).to_pylist()
    numbers = [known.setdefault(text, len(known)) for text in words]
    return pa.array(numbers, pa.int64()).take(used.indices)


def _entries(numbers: str, texts: Sequence[str | None]) -> Entries:
    pairs = [divmod(int(number), ABOVE) for number in numbers.split(",") if number]
    return tuple((texts[key], texts[value]) for key, value in pairs)
