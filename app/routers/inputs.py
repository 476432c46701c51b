"""Inputs to consultations, for their authors: begun, written field by field, sent, taken back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, StringConstraints
from starlette.exceptions import HTTPException

from app import depends
from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.depends import HouseIn, Me, Now, Reading, Writing, count_input, house_of, words_of
from app.downloads import attachment
from app.models import Consultation, Input, StoredFile
from app.policy.filing import LONGEST
from app.policy.inputs import InputState
from app.policy.text import number_of
from app.reasons import Translate
from app.routers.conventions import KeyIn, NamedIn, OnceIn, Seen, SeenIn, file_body, tag, told
from app.routers.schemas import In, Out, Text
from app.services import filing, inputs, receipts
from app.services.inputs import Author, Cell, Clash, Draft
from app.services.once import Answer
from app.services.sending import Sending, Sent

router = APIRouter(
    prefix="/api/v1",
    tags=["inputs"],
    dependencies=[Depends(depends.same_site)],
)

Words = Annotated[str, StringConstraints(max_length=2 * LONGEST)]
Key = Annotated[str, StringConstraints(max_length=40)]


class BeginIn(In):
    """What is known already of the fields, by name, such as ``summary`` and ``question:1``."""

    fields: dict[Key, Words] = Field(default_factory=dict, max_length=100)


class FieldIn(In):
    """What a field is to say, and the revision that it was written over (or ``If-Match``)."""

    text: Words
    revision: int | None = Field(default=None, ge=0, le=2_000_000_000)


class RevisionSaid(In):
    """The revision of the whole that was looked at, where it is not said in ``If-Match``."""

    revision: int | None = Field(default=None, ge=0, le=2_000_000_000)


class WhyIn(In):
    why: Text


class AddressIn(In):
    email: Text


class FieldOut(Out):
    text: str
    revision: int
    by: str
    at: datetime | None

    @classmethod
    def of(cls, cell: Cell) -> "FieldOut":
        return cls(text=cell.text, revision=cell.revision, by=cell.by, at=cell.at)


class AuthorOut(Out):
    """Of whoever has not agreed, the address is all that is told."""

    id: UUID
    name: str
    email: str
    first: bool
    agreed_at: datetime | None
    disowned_at: datetime | None

    @classmethod
    def of(cls, found: Author) -> "AuthorOut":
        return cls(
            id=found.person_id,
            name=found.name,
            email=found.email,
            first=found.first,
            agreed_at=found.agreed_at,
            disowned_at=found.disowned_at,
        )


class AsideOut(Out):
    """A text that came too late for its field."""

    id: UUID
    field: str
    text: str
    by: str
    at: datetime


class FileOut(Out):
    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str


class VersionOut(Out):
    number: int
    at: datetime
    digest: str
    receipt: str = Field(description="reference, see /receipts")


class RowOut(Out):
    """An input in a list; ``carried_from`` is the round that it came too late for (R4)."""

    id: UUID
    consultation: str
    number: int | None
    state: InputState
    late: bool
    submitted_at: datetime | None


class InputOut(RowOut):
    """All of an input, as its authors see it; ``revision`` is its ETag."""

    revision: int
    carried_from: str | None
    fields: dict[str, FieldOut]
    authors: list[AuthorOut]
    files: list[FileOut]
    asides: list[AsideOut]
    versions: list[VersionOut]
    withdrawn_at: datetime | None
    withdrawn_why: str


@router.get("/inputs")
async def mine(me: Me, db: Reading) -> list[RowOut]:
    """The inputs that one writes, has sent or is asked to write, the newest first."""
    return [RowOut(**_of_the_row(row, to)) for row, to in await inputs.mine(db, me)]


async def _own_drafts(me: Me, db: Writing) -> None:
    """Held before the key is taken, and whoever takes it."""
    await inputs.hold_drafts(db, me)


@router.post(
    "/consultations/{slug}/inputs",
    status_code=status.HTTP_201_CREATED,
    dependencies=[Depends(_own_drafts)],
)
async def begin(
    slug: str,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
    once: OnceIn,
    response: Response,
    sent: BeginIn | None = None,
) -> InputOut:
    """Begin a draft with what the registration or the account says, or take up one's open one."""
    await at.rates.take(at.settings.inputs_per_person, "begin", str(me.id))
    row = await inputs.begin(db, slug, by=me, now=now)
    for key, text in (sent.fields if sent else {}).items():
        before = (await inputs.draft(db, row)).cells.get(key, Cell(key, ""))
        await inputs.save(db, row.id, key, text, before.revision, by=me, now=now)
    made = await _tagged(db, await inputs.draft(db, row), response)
    return await once.keep(status.HTTP_201_CREATED, made, tag(made.revision))


@router.get("/inputs/{input_id}")
async def show(input_id: UUID, me: Me, db: Reading, response: Response) -> InputOut:
    """An input, for its authors; its revision is in the ETag."""
    return await _tagged(db, await inputs.seen(db, input_id, me), response)


@router.put("/inputs/{input_id}/fields/{field}", response_model=FieldOut)
async def save(
    input_id: UUID,
    field: Key,
    sent: FieldIn,
    request: Request,
    response: Response,
    me: Me,
    at: HouseIn,
    now: Now,
    db: Writing,
    seen: SeenIn,
) -> FieldOut | JSONResponse:
    """Write a field over the revision that was seen.

    Where somebody else was faster: 409, or 412 to an ``If-Match``, with what stands, and with the
    id under which the text is kept aside.
    """
    await at.rates.take(at.settings.saves_per_person, "save", str(me.id))
    revision = _revision(seen, sent.revision)
    found = await inputs.save(db, input_id, field, sent.text, revision, by=me, now=now)
    if isinstance(found, Clash):
        return _faster(found, words_of(request), 409 if seen.tags is None else 412)
    response.headers["ETag"] = tag(found.revision)
    return FieldOut.of(found)


def _revision(seen: Seen, said: int | None) -> int:
    """As said, or as the one tag of ``If-Match`` says; what is no tag of ours is of no revision."""
    if said is not None:
        return said
    if seen.tags is None:
        raise HTTPException(428)
    named = number_of(next(iter(seen.tags)).strip('"'))
    return -1 if named is None else named


def _faster(clash: Clash, say: Translate, code: int) -> JSONResponse:
    """An answer, not an error: what was sent has been kept aside in the same transaction."""
    problem = {
        "type": "urn:cwg:changed-meanwhile",
        "title": say("This has changed meanwhile."),
        "status": code,
        "detail": say("Somebody else was faster. Both texts are kept: look at both, then choose."),
        "current": FieldOut.of(clash.current).model_dump(mode="json"),
        "aside": str(clash.aside) if clash.aside else None,
    }
    return JSONResponse(problem, code, media_type="application/problem+json")


@router.post("/inputs/{input_id}/asides/{aside_id}")
async def take_up(
    input_id: UUID, aside_id: UUID, me: Me, now: Now, db: Writing, response: Response
) -> FieldOut:
    """Put a text that was kept aside in its field; what stood there is kept aside for it."""
    found = await inputs.take_up(db, input_id, aside_id, by=me, now=now)
    response.headers["ETag"] = tag(found.revision)
    return FieldOut.of(found)


@router.delete("/inputs/{input_id}/asides/{aside_id}", status_code=status.HTTP_204_NO_CONTENT)
async def drop_aside(input_id: UUID, aside_id: UUID, me: Me, db: Writing) -> None:
    """Let go of a text that was kept aside."""
    await inputs.drop_aside(db, input_id, aside_id, by=me)


@router.delete("/inputs/{input_id}", status_code=status.HTTP_204_NO_CONTENT)
async def discard(input_id: UUID, me: Me, db: Writing) -> None:
    """Throw a draft away."""
    await inputs.discard(db, input_id, by=me)


@router.post("/inputs/{input_id}/submit", response_model=InputOut)
async def submit(
    request: Request,
    input_id: UUID,
    me: Me,
    key: KeyIn,
    seen: NamedIn,
    sent: RevisionSaid | None = None,
) -> Response:
    """Send what was seen; again, until the consultation closes, it makes another version."""
    # All of the request has come; and who sends the same for ever costs the database nothing.
    at, now = house_of(request), datetime.now(UTC)
    await count_input(at, request, me.id)
    said = sent.revision if sent else None
    seen.named(said)  # before others are dealt with beside it

    def which(current: int) -> int:
        return seen.version(current, said)

    with seen.compared():
        done = await at.inputs.ask(Sending(input_id, me, which, now, key))
    return told(done.answer)


def sent(made: Sent) -> Answer:
    """What whoever has sent an input is told."""
    shown = _out(made.draft, made.references, made.missed or None)
    return Answer(status.HTTP_200_OK, shown.model_dump_json(), tag(shown.revision))


@router.post("/inputs/{input_id}/withdraw")
async def withdraw(
    input_id: UUID, sent: WhyIn, me: Me, now: Now, db: Writing, response: Response
) -> InputOut:
    """Take it back: the text is not shown any more; that it was there, and why not, stays."""
    await filing.withdraw(db, input_id, sent.why, by=me, now=now)
    return await _tagged(db, await inputs.seen(db, input_id, me), response)


@router.post("/inputs/{input_id}/disown")
async def disown(
    input_id: UUID, sent: WhyIn, me: Me, now: Now, db: Writing, response: Response
) -> InputOut:
    """No longer be an author of what was sent."""
    await filing.disown(db, input_id, sent.why, by=me, now=now)
    return await _tagged(db, await inputs.seen(db, input_id, me), response)


@router.post("/inputs/{input_id}/authors")
async def invite(
    input_id: UUID, sent: AddressIn, me: Me, at: HouseIn, now: Now, db: Writing, response: Response
) -> InputOut:
    """Ask someone by their address to be an author too: they get a letter."""
    await at.rates.take(at.settings.inputs_per_person, "author", str(me.id))
    await inputs.invite(db, input_id, sent.email, by=me, now=now)
    return await _tagged(db, await inputs.seen(db, input_id, me), response)


@router.post("/inputs/{input_id}/authors/agree")
async def agree(input_id: UUID, me: Me, now: Now, db: Writing, response: Response) -> InputOut:
    """Become an author, as one was asked to."""
    await inputs.agree(db, input_id, by=me, now=now)
    return await _tagged(db, await inputs.seen(db, input_id, me), response)


@router.delete("/inputs/{input_id}/authors/{person_id}", status_code=status.HTTP_204_NO_CONTENT)
async def leave(input_id: UUID, person_id: UUID, me: Me, db: Writing) -> None:
    """Leave a draft; or, as its first author, take back that somebody was asked."""
    await inputs.leave(db, input_id, person_id, by=me)


@router.put("/inputs/{input_id}/files/{name}")
async def attach(
    input_id: UUID, name: str, request: Request, me: Me, at: HouseIn, now: Now
) -> FileOut:
    """Put a file to what is sent next: PDF, DOCX, ODT or TXT, at most 10 MB, as the body.

    What it is is found by opening it; the same file again is there once.
    """
    await at.rates.take(at.settings.files_per_person, "file", str(me.id))
    async with at.database.reading() as db:
        await filing.may_attach(db, input_id, me)
    data = await file_body(request)
    stored = await at.files.take(name, data, by=me, now=now)
    async with at.database.writing() as db:
        made, stored = await filing.attach(db, input_id, stored, by=me, now=now)
    await at.files.store.put(data)  # where it was swept away before the row had its name
    return _file(made.id, stored)


@router.get("/inputs/{input_id}/files/{attachment_id}", response_class=StreamingResponse)
async def file(
    input_id: UUID, attachment_id: UUID, me: Me, at: HouseIn, db: Reading
) -> StreamingResponse:
    """The bytes of a file, for the input's authors; those of one that was taken off, too."""
    stored = await filing.file_of(db, input_id, attachment_id, by=me)
    return attachment(stored, await at.files.get(stored))


@router.delete("/inputs/{input_id}/files/{attachment_id}", status_code=status.HTTP_204_NO_CONTENT)
async def detach(input_id: UUID, attachment_id: UUID, me: Me, now: Now, db: Writing) -> None:
    """Take a file off what is sent next."""
    await filing.detach(db, input_id, attachment_id, by=me, now=now)


def _file(key: UUID, stored: StoredFile) -> FileOut:
    return FileOut(
        id=key,
        name=stored.name,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
    )


async def _tagged(db: Db | DbToWrite, draft: Draft, response: Response) -> InputOut:
    response.headers["ETag"] = tag(draft.revision)
    origin = draft.row.carried_from_id
    missed = await db.get(Consultation, origin) if origin else None
    made = await receipts.references(db, draft.row)
    return _out(draft, made, missed.slug if missed else None)


def _out(draft: Draft, made: Mapping[int, str], missed: str | None) -> InputOut:
    row = draft.row
    return InputOut(
        **_of_the_row(row, draft.consultation),
        revision=draft.revision,
        carried_from=missed,
        fields={key: FieldOut.of(cell) for key, cell in draft.cells.items()},
        authors=[AuthorOut.of(each) for each in draft.authors],
        files=[_file(each.id, file) for each, file in draft.files],
        asides=[
            AsideOut(id=each.id, field=each.key, text=each.text, by=each.by, at=each.at)
            for each in draft.asides
        ],
        versions=[
            VersionOut(
                number=each.number, at=each.at, digest=each.digest, receipt=made[each.number]
            )
            for each in draft.versions
        ],
        withdrawn_at=row.withdrawn_at,
        withdrawn_why=row.withdrawn_why,
    )


def _of_the_row(row: Input, consultation: Consultation) -> dict[str, Any]:
    """What a list has of an input, by field."""
    return {
        "id": row.id,
        "consultation": consultation.slug,
        "number": row.number,
        "state": row.state,
        "late": row.late,
        "submitted_at": row.submitted_at,
    }
