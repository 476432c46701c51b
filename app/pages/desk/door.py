"""The door of the hall: a steward scans people in and out; the script goes on without network."""

from base64 import b64encode
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, File, Form, UploadFile
from starlette.responses import HTMLResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import load
from app.depends import Me, Now, Reading, own_form
from app.errors import Malformed
from app.explain import explain
from app.i18n import words
from app.models import Meeting, Person, Sitting
from app.pages.desk.badges import code_in
from app.pages.desk.worker import script
from app.pages.portal.cases import venue
from app.pages.portal.photo import told as why_not
from app.pages.reader import Reader, ReaderIn
from app.pages.words import AUDIENCES, PARTS
from app.policy.attendance import Way
from app.policy.badge import DOOR, BadgeReason, Verdict
from app.services import attendance, door
from app.services.door import Outcome, Seen

router = APIRouter(prefix="/door")
Typed = Annotated[str, Form(max_length=200)]
# What a scan came to, in a word; the shape and the colour say the same.
VERDICTS: Final = {
    Verdict.ADMITTED: words("May enter"),
    Verdict.LEFT: words("Left"),
    Verdict.ALREADY_IN: words("Check who carries it"),
    Verdict.REFUSED: words("May not enter"),
}
NOT_NOTED: Final = words("Not noted as in the hall")
INSISTABLE: Final = frozenset({BadgeReason.TWO_DOORS, BadgeReason.ALREADY_IN})


@router.get("/worker.js")
async def worker() -> Response:
    """What brings the page back without the network."""
    return script()


@router.get("/{sitting_id}")
async def show(sitting_id: UUID, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    return await _page(reader, db, me, sitting_id)


@router.post("/{sitting_id}", dependencies=[Depends(own_form)])
async def scan(
    sitting_id: UUID,
    reader: ReaderIn,
    me: Me,
    now: Now,
    id: Annotated[UUID, Form()],  # noqa: A002 - the name of the field
    text: Typed = "",
    way: Typed = "in",
    door_name: Annotated[str, Form(alias="door", max_length=200)] = "",
    insists: Typed = "",
    picture: Annotated[UploadFile | None, File()] = None,
) -> HTMLResponse:
    """A scan without script: the page again, with what it came to; sent twice, it counts once."""
    async with reader.house.database.reading() as view:
        await door.of_the_door(view, me, (await load(view, Sitting, sitting_id)).meeting_id)
    fault = ""
    try:
        text = await code_in(picture, reader, me) or text
    except Malformed as refused:
        fault = why_not(refused, reader)
    named = "".join(each for each in door_name.strip() if each.isprintable())[:DOOR]
    went = Way.OUT if way == Way.OUT else Way.IN
    seen = Seen(id, text, went, named, insists=insists == "yes")
    if fault:
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, sitting_id, seen=seen, fault=fault)
    async with reader.house.database.writing() as db:
        outcome = await door.scan(db, reader.house.keys, sitting_id, seen, by=me, now=now)
    async with reader.house.database.reading() as view:
        return await _page(reader, view, me, sitting_id, outcome, seen)


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    sitting_id: UUID,
    outcome: Outcome | None = None,
    seen: Seen | None = None,
    fault: str = "",
) -> HTMLResponse:
    sitting = await load(db, Sitting, sitting_id)
    await door.of_the_door(db, me, sitting.meeting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    say = reader.say
    why = explain(outcome.decision, say) if outcome and outcome.decision is not None else None
    sentence = why.sentence if why else ""
    if outcome is not None and outcome.reason is not None:
        sentence = reasons.said(outcome.reason, say)
    return reader.page(
        "desk/door.html",
        422 if fault else 200,
        fault=fault,
        meeting=meeting,
        sitting=sitting,
        sitting_name=sitting.title or say(PARTS[sitting.part]),
        audience=AUDIENCES[sitting.part],
        place=venue(meeting, sitting.time_zone),
        key=b64encode(reader.house.keys.public).decode(),
        scan_id=uuid4(),
        head_count=await attendance.head_count(db, sitting_id),
        flags=await door.flags(db, sitting_id),
        outcome=outcome,
        verdict=_verdict(outcome, reader),
        sentence=sentence,
        clause=why.clause if why else "",
        insistable=outcome is not None and outcome.reason in INSISTABLE,
        seen=seen,
        told=lambda flag: say(reasons.CATALOGUE[type(flag.reason), flag.reason.value]),
    )


def _verdict(outcome: Outcome | None, reader: Reader) -> str:
    if outcome is None:
        return ""
    scan = outcome.scan
    if scan.way is Way.OUT and scan.verdict is Verdict.REFUSED:
        return reader.say(NOT_NOTED)
    return reader.say(VERDICTS[scan.verdict])
