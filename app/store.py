"""Where files are kept: a folder of the service, or a bucket that speaks S3; by digest, for good.

A file is stored under the SHA-256 of its bytes: what is there is never overwritten, as the same
name is the same file. Which names and types it has is in the tables.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

if TYPE_CHECKING:  # obstore has these names for checkers only
    from obstore import BytesStream
    from obstore.store import ClientConfig, S3Config

OURS = re.compile(r"(?:.*/)?[0-9a-f]{2}/([0-9a-f]{64})")
CHUNK = 256 * 1024


class Missing(Exception):
    """The tables name a file that the store has not got: a fault of ours, and logged as one."""


class Store:
    """Files by the digest of their bytes."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, data: bytes) -> str:
        """Keep these bytes; their digest. The same again changes nothing."""
        digest = await asyncio.to_thread(lambda: sha256(data).hexdigest())
        try:
            await obstore.put_async(self._store, _place(digest), data, mode="create")
        except AlreadyExistsError:
            if (await obstore.head_async(self._store, _place(digest)))["size"] != len(data):
                raise Missing(digest) from None  # it broke off once, and must be looked at
        return digest

    async def get(self, digest: str) -> AsyncGenerator[bytes]:
        """The bytes, piece by piece; Missing before the first where there are none."""
        try:
            found = await obstore.get_async(self._store, _place(digest))
        except (FileNotFoundError, NotFoundError):
            raise Missing(digest) from None
        return _bytes(found.stream(min_chunk_size=CHUNK))

    async def older(self, than: datetime) -> list[str]:
        """The digests of what was stored before that; whatever else is there is not ours."""
        found: list[str] = []
        async for some in obstore.list(self._store, chunk_size=1000):
            found += [
                ours[1]
                for each in some
                if (ours := OURS.fullmatch(each["path"])) and each["last_modified"] < than
            ]
        return found

    async def remove(self, digest: str) -> None:
        """Let go of what no row names any more."""
        try:
            await obstore.delete_async(self._store, _place(digest))
        except (FileNotFoundError, NotFoundError):
            return


async def _bytes(pieces: "BytesStream") -> AsyncGenerator[bytes]:
    async for piece in pieces:
        yield bytes(piece)


def _place(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def of(url: str, folder: Path, endpoint: str = "", region: str = "") -> Store:
    """A folder where the address is empty, or ``s3://bucket/prefix``.

    Keys of S3 are in ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``, as everywhere; one that
    is none of AWS has an endpoint, which may be plain http on a loopback only.
    """
    if not url:
        folder.mkdir(parents=True, exist_ok=True)
        return Store(LocalStore(folder))
    parts = urlsplit(url)
    asked: S3Config = {
        "region": region or os.environ.get("AWS_REGION", "us-east-1"),
        "virtual_hosted_style_request": not endpoint,
    }
    if endpoint:
        asked["endpoint"] = endpoint
    prefix = parts.path.strip("/") or None
    http: ClientConfig = {"allow_http": endpoint.startswith("http://")}
    return Store(S3Store(parts.netloc, prefix=prefix, config=asked, client_options=http))
