"""The answers to one registration's form, for those who decide; sensitive ones with a reason."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse

from app.database import Reading as Db
from app.database import load
from app.depends import Me, Reading, own_form
from app.errors import Malformed, NotFound
from app.models import Meeting, Person, Registration
from app.pages.portal import questions
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy import form as rules
from app.services import forms, registration
from app.services.forms import Shown

router = APIRouter(prefix="/desk/registrations/{reference}/answers")
MOST: Final = 4000


@router.get("")
async def show(reference: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """What somebody may see at once; sensitive answers are opened with a reason."""
    row = await _row(db, reference, reader, me)
    found = await forms.shown(db, reader.house.keys.vault, row, by=me, now=reader.now)
    return await _answers_page(reader, db, row, found)


@router.post("", dependencies=[Depends(own_form)])
async def read(
    reference: str, reader: ReaderIn, me: Me, why: Annotated[str, Form(max_length=MOST)] = ""
) -> HTMLResponse:
    vault = reader.house.keys.vault
    try:
        async with reader.house.database.writing() as db:
            row = await _row(Db(db), reference, reader, me)
            found = await forms.read(db, vault, row.id, why=why, by=me, now=reader.now)
    except Malformed as wrong:
        async with reader.house.database.reading() as view:
            row = await _row(view, reference, reader, me)
            found = await forms.shown(view, vault, row, by=me, now=reader.now)
            return await _answers_page(reader, view, row, found, why, wrong.faults)
    async with reader.house.database.reading() as view:
        return await _answers_page(reader, view, row, found)


async def _row(db: Db, reference: str, reader: Reader, me: Person) -> Registration:
    """For those who decide; the person whose it is has the track."""
    row = await registration.by_reference(db, reference, by=me, now=reader.now)
    stands = await registration.relation(db, row, me, reader.now)
    if not (stands.is_secretariat or stands.is_focal_point):
        raise NotFound
    return row


async def _answers_page(
    reader: Reader,
    db: Db,
    row: Registration,
    found: Sequence[Shown],
    why: str = "",
    faults: Mapping[str, str] | None = None,
) -> HTMLResponse:
    say, language = reader.say, reader.language
    errors = {name: problem(name, fault, say) for name, fault in (faults or {}).items()}
    return reader.page(
        "desk/answers.html",
        422 if errors else 200,
        meeting=await load(db, Meeting, row.meeting_id),
        row=row,
        errors=errors,
        why=why,
        answers=[
            (
                rules.told(each.field.label, language),
                None
                if each.answer is None
                else questions.spoken(each.field, each.answer, language, say),
                rules.told(each.field.purpose, language),
            )
            for each in found
        ],
        closed=any(each.answer is None for each in found),
    )
