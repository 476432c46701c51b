"""What all doors for programs share: pages of a list, what was seen before an edit, doing once.

A door takes ``PagingIn``, ``SeenIn`` or ``OnceIn`` and nothing else is needed; ``KeyIn`` is for one
whose transaction is not its own.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app import errors
from app.depends import Me, Now, Writing
from app.policy.requests import RequestFault
from app.policy.upload import LARGEST
from app.services import once
from app.services.once import Answer, Key
from app.services.roll import Place

Row = TypeVar("Row")
Out = TypeVar("Out", bound=BaseModel)
MOST: Final = 200


def tag(version: int) -> str:
    """The ETag of something that counts its versions."""
    return f'"{version}"'


# Pages of a list.


@dataclass(frozen=True, slots=True)
class Paging:
    """How many rows are wanted after which place; the next page is told in ``Link`` (RFC 8288)."""

    after: Place | None
    limit: int
    request: Request
    response: Response

    def cut(self, rows: Sequence[Row], place: Callable[[Row], Place]) -> Sequence[Row]:
        """The rows of this page, of one more that tells whether there is another."""
        if len(rows) <= self.limit:
            return rows
        shown = rows[: self.limit]
        where = self.request.url.include_query_params(cursor=_cursor(place(shown[-1])))
        self.response.headers["Link"] = f'<{where.path}?{where.query}>; rel="next"'
        return shown


async def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    cursor: Annotated[str, Query(max_length=100)] = "",
) -> Paging:
    return Paging(_place(cursor) if cursor else None, limit, request, response)


def _cursor(place: Place) -> str:
    return f"{place.at.isoformat()}~{place.id.hex}".replace("+00:00", "Z")


def _place(cursor: str) -> Place:
    at, _, key = cursor.partition("~")
    try:
        found = Place(datetime.fromisoformat(at), UUID(key))
    except ValueError:
        raise errors.Malformed(cursor=RequestFault.CURSOR) from None
    if found.at.tzinfo is None:
        raise errors.Malformed(cursor=RequestFault.CURSOR)
    return found


PagingIn = Annotated[Paging, Depends(_paging)]


# What was seen before an edit.


@dataclass(frozen=True, slots=True)
class Seen:
    """The versions that a program names in ``If-Match``; None where it names none."""

    tags: frozenset[str] | None

    def named(self, said: int | None) -> None:
        """428 where neither the header nor the body says what was seen."""
        if self.tags is None and said is None:
            raise HTTPException(428)

    def version(self, current: int, said: int | None = None) -> int:
        """The version to edit: as seen, or as ``said`` in the body; 428 where neither is there.

        The service compares it once more, with the row held. Stale where another is current.
        """
        self.named(said)
        if self.tags is None:
            return said or 0
        named = "*" in self.tags or tag(current) in self.tags
        if not named or said not in {None, current}:
            raise errors.Stale("changed-meanwhile", version=current)
        return current

    @contextmanager
    def compared(self) -> Iterator[None]:
        """What has changed between the look and the lock is told like what had changed before."""
        try:
            yield
        except errors.Conflict as refused:
            if self.tags is None or "version" not in refused.facts:
                raise
            raise errors.Stale(refused.reason, **refused.facts) from None


async def _named(if_match: Annotated[str | None, Header()] = None) -> Seen:
    return Seen(None if if_match is None else frozenset(map(_strong, if_match.split(","))))


async def _seen(if_match: Annotated[str | None, Header()] = None) -> AsyncGenerator[Seen]:
    seen = await _named(if_match)
    with seen.compared():
        yield seen


def _strong(said: str) -> str:
    """A proxy that compresses makes our tags weak; they name the same version."""
    return said.strip().removeprefix("W/")


SeenIn = Annotated[Seen, Depends(_seen, scope="function")]
NamedIn = Annotated[Seen, Depends(_named)]
"""The same for a door that compares by itself: one whose transaction is not its own."""


# Doing once.


async def _key(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> Key | None:
    """The key of a request and what it asks for; the same again gets the same answer, for a day."""
    if idempotency_key is None:
        return None
    asked = f"{request.method} {request.scope['path']}\n".encode() + await request.body()
    return Key(idempotency_key, sha256(asked).hexdigest())


KeyIn = Annotated[Key | None, Depends(_key)]


def told(answer: Answer) -> Response:
    """What was answered at a counter, as it goes out."""
    return Response(answer.content, answer.status, {"ETag": answer.tag}, "application/json")


@dataclass(frozen=True, slots=True)
class Once:
    """The key of a request, taken; a request without one is done each time it comes."""

    db: Writing
    now: datetime
    taken: tuple[UUID, Key] | None = None

    async def keep(self, status: int, made: Out, etag: str = "") -> Out:
        """Keep the answer with what it tells of, in one transaction; the answer itself."""
        if self.taken is not None:
            row, key = self.taken
            said = Answer(status, made.model_dump_json(), etag)
            await once.keep(self.db, row, key, said, self.now)
        return made


async def _once(me: Me, now: Now, db: Writing, key: KeyIn) -> Once:
    if key is None:
        return Once(db, now)
    return Once(db, now, (await once.take(db, me.id, key, now), key))


OnceIn = Annotated[Once, Depends(_once)]


# Files.


async def file_body(request: Request) -> bytes:
    """A file that is the body of a request; one that is too large is not read to its end."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST:
            raise HTTPException(413)
    return bytes(data)
