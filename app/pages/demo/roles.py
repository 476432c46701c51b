"""One sign-in for each role of the demo, and what to try with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.demo import ROLES
from app.depends import HouseIn, MaybeVisitor, Now, Reading, own_form
from app.errors import NotFound
from app.i18n import words
from app.models import Meeting, Sitting
from app.pages.portal.sign_in import login_lifetime, signed_in
from app.pages.reader import ReaderIn
from app.pages.words import Say
from app.policy.identity import SignInWay, leads_home
from app.policy.parts import Part
from app.services import identity, meetings
from app.services.identity import Made

router = APIRouter(prefix="/demo")

OPEN = frozenset({Part.FIRST_HALF, Part.WHOLE})


@dataclass(frozen=True, slots=True)
class Way:
    """An address to try, with what is to be found there; of the first or of the last sitting."""

    label: str
    path: str
    last: bool = False


MEETING: Final = Way(words("Look at the meeting"), "/meetings/{slug}")
ROOM: Final = Way(words("Enter the room of the open part"), "/room/{sitting}")
WHY: Final = Way(words("The members' part: may I, and why?"), "/sittings/{sitting}/why", last=True)
CONSOLE: Final = Way(words("Open the console of the open part"), "/console/{sitting}")
HALL: Final = Way(words("Open the desk at the door of the hall"), "/desk/hall/{sitting}")
CAPTIONS: Final = Way(words("Write captions of the open part"), "/captions/{sitting}")
APPROVALS: Final = Way(words("Decide on registrations"), "/desk/focal-point")
OFFICE: Final = Way(words("Open the desk of the secretariat"), "/desk/secretariat")
REGISTER: Final = Way(words("Register for the meeting"), "/meetings/{slug}/register")

Told = tuple[str, str, tuple[Way, ...]]
MEMBER: Final = words("Stays for the members' part: the fence hands this one over to it.")
TOLD: Final[Mapping[str, Told]] = {
    "secretariat": (
        words("Secretariat"),
        words("Decides where no focal point does, appoints, and sees every registration."),
        (OFFICE, CONSOLE, MEETING),
    ),
    "chair": (
        words("Chair"),
        words("Opens and closes the list, gives the floor, and closes the open part."),
        (CONSOLE,),
    ),
    "moderator": (
        words("Moderator of remote participation"),
        words("Looks after those who are not in the hall, and sees what the chair sees."),
        (CONSOLE, ROOM),
    ),
    "steward": (
        words("Steward at the door"),
        words("Counts who is left in the hall and signs, before the members' part opens."),
        (HALL,),
    ),
    "captioner": (
        words("Captioner"),
        words("Writes what is said, in any language; it helps to follow, and is not the record."),
        (CAPTIONS, ROOM),
    ),
    "focal-point": (
        words("Focal point of a Member State"),
        words("Approves, or rejects with a reason, whoever says that they speak for it."),
        (APPROVALS,),
    ),
    "member-state": (words("Delegate of a Member State"), MEMBER, (ROOM, WHY)),
    "applicant": (
        words("Delegate whose claim is not decided yet"),
        words("Sees who holds the registration, and enters once the focal point approves."),
        (MEETING, WHY),
    ),
    "sector-member": (words("Sector Member"), MEMBER, (ROOM, WHY)),
    "associate": (words("Associate"), MEMBER, (ROOM, WHY)),
    "academia": (
        words("Academia"),
        words("Takes part in the open part; the rule does not name this category for the other."),
        (ROOM, WHY),
    ),
    "stakeholder": (
        words("Other stakeholder"),
        words("Takes part in the open part and is shown out at the fence, with the clause."),
        (ROOM, WHY),
    ),
    "newcomer": (
        words("Someone who has not registered"),
        words("Is confirmed at once as a stakeholder, or waits when claiming to represent a body."),
        (REGISTER, WHY),
    ),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A role on the page; the ways are pairs of address and label."""

    key: str
    label: str
    does: str
    ways: Sequence[tuple[str, str]]


@router.get("", name="demo")
async def show(reader: ReaderIn, db: Reading) -> HTMLResponse:
    found = await meetings.listed(db)
    meeting = found[0] if found else None
    sittings = await meetings.sittings(db, meeting.id) if meeting else []
    cards = [_card(role.key, meeting, sittings, reader.say) for role in ROLES]
    return reader.page("demo/roles.html", cards=cards, meeting=meeting)


@router.post("/sign-in/{role}", dependencies=[Depends(own_form)])
async def be(
    role: str,
    request: Request,
    at: HouseIn,
    visitor: MaybeVisitor,
    now: Now,
    onward: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Sign in as a role, and end the login that this browser had before."""
    email = next((each.email for each in ROLES if each.key == role), "")
    lifetime = login_lifetime(at.settings)
    agent = request.headers.get("user-agent", "")
    async with at.database.writing() as db:
        person = await identity.by_email(db, email) if email else None
        if person is None:
            raise NotFound
        cookie = await identity.log_in(
            db, person, agent, now, lifetime=lifetime, made=Made(SignInWay.ROLE)
        )
        if visitor and visitor.login_id:
            await identity.revoke_login(db, visitor.login_id, visitor.person, now)
    return signed_in(
        RedirectResponse(onward if leads_home(onward) else "/", 303), at.settings, cookie
    )


def _card(key: str, meeting: Meeting | None, sittings: Sequence[Sitting], say: Say) -> Card:
    label, does, ways = TOLD[key]
    stage = _stage(sittings)
    if meeting is None or stage is None:
        return Card(key, say(label), say(does), ())
    first, last = stage
    paths = [
        (way.path.format(slug=meeting.slug, sitting=(last if way.last else first).id), way.label)
        for way in ways
    ]
    return Card(key, say(label), say(does), [(path, say(to)) for path, to in paths])


def _stage(sittings: Sequence[Sitting]) -> tuple[Sitting, Sitting] | None:
    """The sitting that is open to all, and the one that is not."""
    if not sittings:
        return None
    first = next((each for each in sittings if each.part in OPEN), sittings[0])
    return first, sittings[-1]
