"""S3 objects brought near: several at a time, continued where an earlier run was stopped, and proven whole."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from finops.aws import Aws, AwsError, explained
from finops.errors import SourceError
from finops.model import S3Object
from finops.sources.files.copies import Copies
from finops.sources.reading import Reading

# aws.amazon.com/s3/pricing, S3 Standard, us-east-1: $0.005 per 1,000 PUT and LIST, $0.0004 per 1,000 GET and others
LIST_USD = Decimal("0.000005")
GET_USD = Decimal("0.0000004")
REQUESTS = "S3 requests"
PARALLEL = 8
TRIES = 6  # answers that may break off before an object is given up until the next run
CHUNK = 1 << 20
CHANGED = {"PreconditionFailed", "412", "NoSuchKey", "404"}
_MD5 = re.compile(r"[0-9a-f]{32}")


class Fetch:
    """What one source needs of S3, through one client."""

    def __init__(self, kind: str, client: Any, reading: Reading) -> None:
        self.kind = kind
        self.client = client
        self.aws: Aws = reading.aws
        self.copies: Copies = reading.copies
        self.say = reading.say
        self._stop = threading.Event()
        self._fetched = 0  # bytes; a guess between threads is good enough for a person who waits

    def bring(self, wanted: Sequence[S3Object]) -> bool:
        """Have a copy of each, or fail and keep what came; whether any had to be fetched."""
        missing = [one for one in wanted if not self.copies.has(one)]
        try:
            if missing:
                self._make_room(wanted, missing)
                self._fetch(missing)
            self.copies.use(wanted)
        except OSError as exc:
            raise SourceError(
                f"{self.kind}: {exc.filename or self.copies.root}: {exc.strerror}; copies of S3 objects are written "
                "there: give them room, or lower `cache_gib` in [aws], and run the sync again, which goes on from here"
            ) from exc
        return bool(missing)

    def unchanged(self, one: S3Object) -> None:
        """Ask whether it still is what was listed, or SourceError."""
        with self._asking(one):
            self.aws.charge(REQUESTS, GET_USD)
            bucket, key = split(one.url)
            self.client.head_object(Bucket=bucket, Key=key, IfMatch=f'"{one.etag}"')

    def _make_room(self, wanted: Sequence[S3Object], missing: Sequence[S3Object]) -> None:
        over = self.copies.trim(wanted)
        if over:
            self.say(
                f"{_gib(sum(one.size for one in wanted))} are needed at once, more than `cache_gib` in [aws] allows; "
                "they go when they are read"
            )
        coming = sum(one.size - self.copies.begun(one) for one in missing)
        self.copies.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.copies.root).free
        if coming > free:
            raise SourceError(
                f"{self.kind}: {self.copies.root}: {_gib(coming)} are to be fetched and {_gib(free)} are free; "
                "make room, or choose another --home"
            )

    def _fetch(self, missing: Sequence[S3Object]) -> None:
        total = sum(one.size for one in missing)
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="s3") as pool:
            waiting: set[Future[None]] = {pool.submit(self._one, one) for one in missing}
            try:
                while waiting:
                    done, waiting = wait(waiting, timeout=1, return_when=FIRST_EXCEPTION)
                    for each in done:
                        each.result()
                    came = len(missing) - len(waiting)
                    self.say(
                        f"fetched {came} of {len(missing)} objects, {_gib(self._fetched)} of {_gib(total)}"
                    )
            except BaseException:  # an interrupt too: the pool would go on to the last object
                self._stop.set()  # what is under way ends at its next chunk, and is continued another time
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _one(self, one: S3Object) -> None:
        place, part = self.copies.place(one), self.copies.part(one)
        place.parent.mkdir(parents=True, exist_ok=True)
        for left in reversed(range(TRIES)):
            encryption = self._more(one, part, last=left == 0)
            if part.stat().st_size == one.size:
                if _intact(one, part, encryption):
                    os.replace(part, place)
                    return
                part.unlink()
            if self._stop.is_set():
                return
        raise AwsError(
            f"{self.kind}: {one.url}: arrives cut or damaged each time; run the sync again", "Damaged"
        )

    def _more(self, one: S3Object, part: Path, *, last: bool) -> str | None:
        """Append what is missing, or as much of it as comes. Returns how AWS encrypts the object."""
        from botocore.exceptions import BotoCoreError, FlexibleChecksumError

        with part.open("ab") as file, self._asking(one):
            if file.tell() >= one.size:
                file.truncate(0)  # whole, but never proven
            answer = self._ask(one, file)
            try:
                self._append(answer["Body"], file)
            except FlexibleChecksumError:
                file.truncate(0)
            except BotoCoreError:
                if last:
                    raise
            file.flush()
            os.fsync(file.fileno())
        encryption: str | None = answer.get("ServerSideEncryption")
        return encryption

    def _ask(self, one: S3Object, file: BinaryIO) -> Any:
        begin = file.tell()
        bucket, key = split(one.url)
        span = {"Range": f"bytes={begin}-"} if begin else {}
        self.aws.charge(REQUESTS, GET_USD)
        answer = self.client.get_object(Bucket=bucket, Key=key, IfMatch=f'"{one.etag}"', **span)
        if begin and "ContentRange" not in answer:
            file.truncate(0)
        return answer

    def _append(self, body: Any, file: BinaryIO) -> None:
        with closing(body):
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)
                self._fetched += len(chunk)
                if self._stop.is_set():
                    return

    @contextmanager
    def _asking(self, one: S3Object) -> Iterator[None]:
        try:
            with explained(f"reading {one.url} (s3:GetObject)"):
                yield
        except AwsError as exc:
            if exc.code in CHANGED:
                raise SourceError(f"{self.kind}: {one.url}: is being rewritten; run the sync again") from exc
            raise


def split(url: str) -> tuple[str, str]:
    """Bucket and key. A key may begin with "/": legacy reports without a prefix do."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _intact(one: S3Object, file: Path, encryption: str | None) -> bool:
    """An ETag is the content's MD5 unless it came in several parts or AWS KMS encrypts it."""
    if not _MD5.fullmatch(one.etag) or encryption not in (None, "AES256"):
        return True
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False))
    return digest.hexdigest() == one.etag


def _gib(size: int) -> str:
    return f"{size / 2**30:,.2f} GiB"
