"""A meeting's registration form, and the answers to it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Header, Response
from pydantic import Field
from starlette.exceptions import HTTPException

from app import depends
from app.database import Database, load
from app.depends import HouseIn, MaybeMe, Me, Now, Reading, Writing
from app.errors import Conflict, NotFound, Refused
from app.models import Sitting
from app.policy import form as rules
from app.policy.form import FieldKind, Form, SeenBy
from app.policy.meeting import MeetingReason
from app.policy.refusal import No
from app.policy.registration import Mode
from app.policy.text import number_of
from app.routers.registrations import Answers
from app.routers.schemas import In, OneOf, Out, Text
from app.services import access, forms, meetings, places, registration
from app.services.forms import Shown
from app.services.places import Room
from app.together import Together

router = APIRouter(
    prefix="/api/v1", tags=["registrations"], dependencies=[Depends(depends.same_site)]
)

Texts = dict[str, Text]


class OptionIn(In):
    key: Text
    label: Texts


class ConditionIn(In):
    field: Text
    among: list[Text] = Field(max_length=100)


class FieldIn(In):
    """One question; texts are by language, and English is always there."""

    key: Text
    kind: Annotated[FieldKind, OneOf]
    label: Texts
    help: Texts = {}
    purpose: Texts
    kept_days: int = Field(description="after the last day of the meeting")
    seen_by: Annotated[SeenBy, OneOf] = SeenBy.SECRETARIAT
    options: list[OptionIn] = Field(default=[], max_length=100)
    required: bool = False
    sensitive: bool = False
    shown_if: ConditionIn | None = None


class SectionIn(In):
    key: Text
    title: Texts
    fields: list[FieldIn] = Field(max_length=100)


class FormIn(In):
    sections: list[SectionIn] = Field(max_length=100)

    def value(self) -> Form:
        return rules.of_json(self.model_dump())


class FormOut(Out):
    """The form that is asked now; ``number`` is its edition, and in the ETag."""

    number: int
    sections: list[dict[str, Any]]

    @classmethod
    def of(cls, found: forms.Current) -> "FormOut":
        return cls(number=found.number, sections=rules.as_json(found.form)["sections"])


class AnswersIn(In):
    version: int = Field(ge=1, description="of the registration that was looked at")
    answers: Answers = Field(max_length=200)


class WhyIn(In):
    why: Text


class AnswerOut(Out):
    """One answer; where it is sensitive and was not read with a reason it is null."""

    field: str
    label: dict[str, str]
    answer: bool | str | list[str] | None
    sensitive: bool
    edition: int

    @classmethod
    def of(cls, shown: Shown) -> "AnswerOut":
        said = list(shown.answer) if isinstance(shown.answer, tuple) else shown.answer
        one = shown.field
        return cls(
            field=one.key,
            label=dict(one.label),
            answer=said,
            sensitive=one.sensitive,
            edition=shown.edition,
        )


def tag(number: int) -> str:
    return f'"{number}"'


def seen(if_match: str | None) -> int:
    """The edition that a program says it has seen; 428 where it says nothing."""
    if if_match is None:
        raise HTTPException(428)
    said = number_of(if_match.removeprefix("W/").strip('"'))
    return -1 if said is None else said


IfMatch = Annotated[str | None, Header()]


@router.get("/meetings/{slug}/form", response_model=FormOut)
async def show(slug: str, at: HouseIn) -> Response:
    """What a meeting asks of those who register, beside the claim itself."""
    number, written = await at.forms.ask(slug)
    return Response(written, headers={"ETag": tag(number)}, media_type="application/json")


def forms_of(database: Database) -> Together[str, tuple[int, str]]:
    """Forms by the slugs of their meetings: many who come at the same moment want the same one."""

    async def answer(slugs: Sequence[str]) -> list[tuple[int, str] | Exception]:
        async with database.reading() as db:
            found = await meetings.by_slugs(db, set(slugs))
            asked = {key: await forms.current(db, found[key].id) for key in found}
        written = {key: (each.number, _written(each)) for key, each in asked.items()}
        return [written.get(slug) or NotFound() for slug in slugs]

    return Together(answer)


def _written(found: forms.Current) -> str:
    return _rendered(found.number, orjson.dumps(found.row.definition) if found.row else b"")


@lru_cache(maxsize=64)
def _rendered(number: int, definition: bytes) -> str:
    """Written once: an edition is never changed. Without a definition it is the default."""
    form = rules.of_json(orjson.loads(definition)) if definition else forms.DEFAULT
    return FormOut.of(forms.Current(number, form)).model_dump_json()


@router.put("/meetings/{slug}/form")
async def edit(
    slug: str,
    sent: FormIn,
    me: Me,
    now: Now,
    db: Writing,
    response: Response,
    if_match: IfMatch = None,
) -> FormOut:
    """Make the next edition; answers that were given keep theirs. 412 where it has changed."""
    meeting = await meetings.by_slug(db, slug)
    if not await access.is_secretariat(db, me, meeting.id):
        raise Refused(No(MeetingReason.NOT_THE_SECRETARIAT))
    try:
        made = await forms.edit(db, meeting.id, sent.value(), seen=seen(if_match), by=me, now=now)
    except Conflict:
        raise HTTPException(412) from None
    response.headers["ETag"] = tag(made.number)
    return FormOut.of(made)


@router.get("/registrations/{reference}/answers")
async def answers(reference: str, me: Me, now: Now, at: HouseIn, db: Reading) -> list[AnswerOut]:
    """One's own in full; to others what they may see, and sensitive ones without the answer."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    return _out(await forms.shown(db, at.keys.vault, row, by=me, now=now))


@router.put("/registrations/{reference}/answers")
async def answer(
    reference: str, sent: AnswersIn, me: Me, now: Now, at: HouseIn, db: Writing
) -> list[AnswerOut]:
    """Answer the form as it is now; the claim and its approval stand."""
    await at.rates.take(at.settings.claims_per_person, "claim", str(me.id))
    row = await registration.by_reference(db, reference, by=me, now=now)
    row = await registration.own(db, row.id, version=sent.version, by=me, now=now)
    await forms.keep(db, at.keys.vault, row, sent.answers, now)
    return _out(await forms.shown(db, at.keys.vault, row, by=me, now=now))


@router.post("/registrations/{reference}/answers/read")
async def read(
    reference: str, sent: WhyIn, me: Me, now: Now, at: HouseIn, db: Writing
) -> list[AnswerOut]:
    """Read the sensitive ones too: who, when and why are on record, and told to the person."""
    row = await registration.by_reference(db, reference, by=me, now=now)
    found = await forms.read(db, at.keys.vault, row.id, why=sent.why, by=me, now=now)
    return _out(found)


class RoomOut(Out):
    """How a limited way to attend stands; whoever asks while others wait, waits behind them.

    Only the secretariat is told how many hold a place and how many wait: such numbers, read again
    and again, tell when somebody registers.
    """

    mode: Mode
    places: int
    full: bool
    held: int | None = None
    waiting: int | None = None

    @classmethod
    def of(cls, found: Room, *, counted: bool) -> "RoomOut":
        held, waiting = (found.held, found.waiting) if counted else (None, None)
        return cls(
            mode=found.mode,
            places=found.places,
            full=not found.free,
            held=held,
            waiting=waiting,
        )


class PlacesIn(In):
    """How many may attend in each way; null is without a limit."""

    in_person: int | None = Field()
    remote: int | None = Field()


@router.get("/sittings/{sitting_id}/places")
async def rooms(sitting_id: UUID, me: MaybeMe, db: Reading) -> list[RoomOut]:
    """The ways to attend that are limited; a way that is not listed has a place for everyone."""
    found = await places.of_sitting(db, sitting_id)
    meeting_id = (await load(db, Sitting, sitting_id)).meeting_id
    counted = me is not None and await access.is_secretariat(db, me, meeting_id)
    return [RoomOut.of(each, counted=counted) for each in found.values()]


@router.put("/sittings/{sitting_id}/places")
async def limit(sitting_id: UUID, sent: PlacesIn, me: Me, now: Now, db: Writing) -> list[RoomOut]:
    """Limit places: nobody loses one, and whoever waits for one that is free now gets it."""
    wanted = {Mode.IN_PERSON: sent.in_person, Mode.REMOTE: sent.remote}
    await places.limit(db, sitting_id, wanted, by=me, now=now)
    found = await places.of_sitting(db, sitting_id)
    return [RoomOut.of(each, counted=True) for each in found.values()]


def _out(found: Sequence[Shown]) -> list[AnswerOut]:
    return [AnswerOut.of(each) for each in found]
