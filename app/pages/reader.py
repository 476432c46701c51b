"""Who reads a page, in which language and when, and the ways on that they have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import HTMLResponse

from app.depends import House, HouseIn, MaybeMe, Now, Whom
from app.i18n import Language
from app.models import Person
from app.pages.look import render
from app.pages.words import Say, spoken, tongue
from app.policy.view import View
from app.services import access, entities


@dataclass(frozen=True, slots=True)
class Reader:
    """What every page of the portal and of the desk is made for.

    Whoever looks as another is nobody (``me``) to every page that does not ask for ``whom``.
    """

    request: Request
    house: House
    me: Person | None
    whom: access.Whom
    now: datetime

    @property
    def view(self) -> View | None:
        """As whom somebody looks, who looks as another."""
        return self.whom.view if isinstance(self.whom, access.Looking) else None

    @property
    def language(self) -> Language:
        return tongue(self.request)

    @property
    def say(self) -> Say:
        return spoken(self.request)

    def page(self, name: str, status_code: int = 200, **context: object) -> HTMLResponse:
        return render(self.request, name, status_code, None, **context)


async def reader(request: Request, house: HouseIn, me: MaybeMe, whom: Whom, now: Now) -> Reader:
    """The reader, after the navigation of the page has got the ways that are theirs."""
    found = Reader(request, house, me, whom, now)
    request.state.nav = await _ways(found) if me else ()
    return found


ReaderIn = Annotated[Reader, Depends(reader)]


async def _ways(to: Reader) -> tuple[tuple[str, str], ...]:
    """The desks of the person; whoever has none is shown none."""
    ways = []
    async with to.house.database.reading() as db:
        if to.me and await entities.represented(db, to.me, to.now.date()):
            ways.append(("/desk/focal-point", to.say("Approvals")))
            ways.append(("/delegation", to.say("Delegation")))
        if await access.is_secretariat(db, to.me):
            ways.append(("/desk/secretariat", to.say("Secretariat")))
            ways.append(("/desk/focal-points", to.say("Focal points")))
    return tuple(ways)
