"""The certificate of a fence, for everyone to read: what was proven, and how to check it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.database import load
from app.depends import Reading
from app.errors import NotFound
from app.i18n import words
from app.models import Fence, Meeting
from app.pages.reader import Reader, ReaderIn
from app.pages.words import CATEGORIES, said
from app.policy.decision import Ground
from app.policy.people import Category, Function
from app.services import fence

router = APIRouter()
COMMAND = "cwg verify certificate-{id}.json --key {key}"


@dataclass(frozen=True, slots=True)
class Count:
    """How many of one category or function stayed or left, by which clause and ground."""

    who: str
    clause: str
    ground: str
    number: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A step of the fence; ``exact`` is the time as it was signed."""

    at: datetime
    exact: str
    text: str
    zone: str


@router.get("/certificates/{fence_id}", name="certificate")
async def show(fence_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    found = await fence.certificate(db, fence_id)
    if found is None:
        raise NotFound
    raised = await load(db, Fence, fence_id)
    meeting = await load(db, Meeting, raised.meeting_id)
    certificate = json.loads(found.text)
    statement = certificate["statement"]
    return reader.page(
        "portal/certificate.html",
        meeting=meeting,
        fence_id=fence_id,
        statement=statement,
        signature=certificate["signature"],
        stayed=counts(statement["stayed"], reader),
        moved=counts(statement["moved"], reader),
        serving=serving(statement["in_service"], reader),
        moments=moments(statement, meeting.time_zone, reader),
        own_key=certificate["signature"]["fingerprint"] == reader.house.keys.fingerprint,
        command=COMMAND.format(id=fence_id, key=certificate["signature"]["fingerprint"]),
    )


def counts(people: Iterable[Mapping[str, Any]], reader: Reader) -> Sequence[Count]:
    """Those who stayed or left, counted; their references are in the file alone."""
    keys = ("category", "clause", "ground")
    numbers = Counter(tuple(each.get(key, "") for key in keys) for each in people)
    return [
        Count(
            who=reader.say(CATEGORIES[Category(category)]),
            clause=reader.say(clause),
            ground=said(Ground(ground), reader.say) if ground else "",
            number=number,
        )
        for (category, clause, ground), number in sorted(numbers.items())
    ]


def serving(people: Iterable[Mapping[str, Any]], reader: Reader) -> Sequence[Count]:
    """Those who stay because they serve the meeting, counted by function."""
    numbers = Counter((each["function"], each["clause"]) for each in people)
    return [
        Count(
            who=said(Function(function), reader.say),
            clause=reader.say(clause),
            ground=said(Ground.FUNCTION, reader.say),
            number=number,
        )
        for (function, clause), number in sorted(numbers.items())
    ]


STEPS = {
    "frozen_at": words("The open part was frozen: its list was kept, and no wish was taken"),
    "raised_at": words("The epoch was raised: the open part fell silent for good"),
    "verified_at": words("Every process had reported that nobody was left who may not stay"),
    "opened_at": words("The members' part was opened"),
}


def moments(statement: Mapping[str, Any], zone: str, reader: Reader) -> list[Moment]:
    """When each step was reached; one that has no time was not."""
    return [
        Moment(datetime.fromisoformat(statement[name]), statement[name], reader.say(step), zone)
        for name, step in STEPS.items()
        if statement[name]
    ]
