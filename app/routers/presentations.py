"""Inputs to be presented in a sitting: listed, noted, and their authors called to the floor."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from app import depends
from app.database import load
from app.depends import HouseIn, Me, Now, Reading, Writing, words_of
from app.explain import answer
from app.models import Sitting
from app.policy.presentation import Presenting
from app.protocol.messages import Answer
from app.routers.schemas import Id, In, OneOf, Out
from app.services import presentation
from app.services.presentation import Presentation, Which

router = APIRouter(
    prefix="/api/v1/sittings/{sitting_id}/presentations",
    tags=["inputs"],
    dependencies=[Depends(depends.same_site)],
)
Slug = Annotated[str, Field(max_length=60)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PresentationOut(Out):
    """An input whose author asks to present it; who it is from as far as its author agreed.

    ``registered``: one call puts its author on the list; ``here``: they are in the sitting now.
    """

    consultation: str
    input: int
    address: str
    summary: str
    language: str
    who: str
    named: bool
    state: Presenting
    at: datetime | None
    by: str
    registered: bool
    here: bool

    @classmethod
    def of(cls, each: Presentation) -> Self:
        slug = each.consultation.slug
        return cls(
            consultation=slug,
            input=each.number,
            address=f"/consultations/{slug}/inputs/{each.number}",
            summary=each.summary,
            language=each.each.language,
            who=each.who,
            named=each.named,
            state=each.state,
            at=each.at,
            by=each.by,
            registered=each.registered,
            here=each.here,
        )


class NoteIn(In):
    consultation: Slug
    input: Number
    state: Annotated[Presenting, OneOf]


class CallIn(In):
    """The same id is granted once; without a microphone its author's registration is looked up."""

    id: Id
    consultation: Slug
    input: Number
    microphone: Annotated[str, Field(max_length=120)] = ""


@router.get("")
async def listed(sitting_id: UUID, me: Me, now: Now, db: Reading) -> list[PresentationOut]:
    """In the order of their numbers, for those who steer and the secretariat."""
    sitting = await load(db, Sitting, sitting_id)
    found = await presentation.of_sitting(db, sitting, me, now)
    return [PresentationOut.of(each) for each in found]


@router.post("", status_code=204)
async def note(sitting_id: UUID, sent: NoteIn, me: Me, now: Now, db: Writing) -> Response:
    """Note that it was presented, or that nobody came; the same again changes nothing."""
    which = Which(sent.consultation, sent.input)
    await presentation.note(db, sitting_id, which, sent.state, by=me, now=now)
    return Response(status_code=204)


@router.post("/calls")
async def call(
    sitting_id: UUID, sent: CallIn, request: Request, me: Me, at: HouseIn, now: Now, db: Writing
) -> Answer:
    """Put its author on the list of speakers, as the wish ``add-speaker`` does."""
    await at.rates.take(at.settings.wishes_per_person, "wish", str(me.id))
    outcome = await presentation.call(
        db,
        sitting_id,
        Which(sent.consultation, sent.input),
        wish=sent.id,
        microphone=sent.microphone.strip(),
        by=me,
        now=now,
    )
    return answer(sent.id, outcome, words_of(request))
