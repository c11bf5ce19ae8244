"""`s3://bucket/prefix` as a place for files: what is there, and its content brought near when it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from finops.aws import explained
from finops.errors import SourceError
from finops.model import Delivery
from finops.sources.files.fetch import LIST_USD, REQUESTS, Fetch, split
from finops.sources.files.listing import Entry, Listing
from finops.sources.reading import Reading


def listing(
    kind: str, path: str, reading: Reading, region: str | None = None, role_arn: str | None = None
) -> Listing:
    """Every object below the prefix. A version is an ETag: the same content written again is no news."""
    bucket, key = split(path)
    if not bucket:
        raise SourceError(f"{kind}: {path}: names no bucket; `path` in [[sources]] is s3://BUCKET/PREFIX")
    prefix = f"{key.rstrip('/')}/" if key else ""
    root = f"s3://{bucket}/{prefix}".rstrip("/")
    client = reading.aws.client("s3", region, role_arn=role_arn)
    fetch = Fetch(kind, client, reading)
    found: list[Entry] = []
    with explained(f"listing {root} (s3:ListBucket)"):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            reading.aws.charge(REQUESTS, LIST_USD)
            found += [_entry(one, prefix) for one in page.get("Contents", ()) if not one["Key"].endswith("/")]
            reading.say(f"listing {root}: {len(found):,} objects")

    def read(entry: Entry) -> bytes:
        (wanted,) = whole.objects([entry])
        fetch.bring([wanted])
        return reading.copies.place(wanted).read_bytes()

    whole = Listing(root=root, entries=tuple(found), read=read)
    return whole


@contextmanager
def near(
    kind: str, delivery: Delivery, reading: Reading, region: str | None = None, role_arn: str | None = None
) -> Iterator[Delivery]:
    """The delivery with `files` on this machine, below its `origin` there, as long as the block lasts. An error
    over a copy names the object.

    All of them, exactly as they were listed, or SourceError; and where a manifest named them, it must still be
    the same when they have come.
    """
    if not delivery.objects:
        yield delivery
        return
    fetch = Fetch(kind, reading.aws.client("s3", region, role_arn=role_arn), reading)
    known = {one.url: one for one in delivery.objects}
    files = {url: str(reading.copies.place(known[url])) for url in delivery.files}
    fetched = fetch.bring([known[url] for url in files])
    if fetched and delivery.origin in known and delivery.origin not in files:
        fetch.unchanged(known[delivery.origin])
    origin = str(reading.copies.below(delivery.origin))
    try:
        yield delivery.model_copy(update={"files": tuple(files.values()), "origin": origin})
    except SourceError as exc:
        told = _by_url(str(exc), files | {delivery.origin: origin})
        if told == str(exc):
            raise
        raise SourceError(told) from exc
    finally:
        reading.copies.trim()


def _by_url(message: str, files: Mapping[str, str]) -> str:
    for url, file in files.items():
        message = message.replace(file, url)
    return message


def _entry(one: Mapping[str, Any], prefix: str) -> Entry:
    return Entry(one["Key"][len(prefix) :], one["Size"], one["ETag"].strip('"'), one["LastModified"])
