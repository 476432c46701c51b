"""View as: the secretariat looks at a meeting as somebody of another standing, on record.

It is of one login, and changes no right: while it lasts nothing is done through that login, and
nothing is shown that the person may not see themselves. Its sockets are closed.
"""

from datetime import datetime
from uuid import UUID

from app.database import Writing, hold, ring
from app.errors import Malformed, NotFound, Refused
from app.models import Login, Meeting, Person
from app.policy.refusal import No
from app.policy.view import View, ViewReason, faults
from app.services import access, acts


def of(login: Login) -> View | None:
    """As whom one looks through this login."""
    return View(login.viewed_as, login.viewed_in) if login.viewed_as else None


async def start(
    db: Writing, login_id: UUID | None, meeting: Meeting, view: View, *, by: Person, now: datetime
) -> None:
    """Look as another from now on, for the secretariat of the meeting; NotFound for others."""
    if not await access.is_secretariat(db, by, meeting.id):
        raise NotFound
    if login_id is None:
        raise Refused(No(ViewReason.NOT_A_LOGIN))
    if wrong := faults(view):
        raise Malformed(**wrong)
    login = await hold(db, Login, login_id)
    login.viewed_as, login.viewed_in, login.viewed_from = view.category, view.capacity, meeting.id
    db.add(login)
    await _record(db, "view-started", login, now, until=login.expires_at.isoformat())
    ring(db, f"person:{by.id}")


async def end(db: Writing, login: Login, now: datetime) -> None:
    """Look as oneself again; the login is held. Where one does already, nothing changes."""
    if login.viewed_as is None:
        return
    await _record(db, "view-ended", login, now)
    login.viewed_as = login.viewed_in = login.viewed_from = None
    db.add(login)


async def end_of(db: Writing, login_id: UUID, now: datetime) -> UUID | None:
    """The same of a login that is not held yet; the meeting where it began."""
    login = await hold(db, Login, login_id)
    began = login.viewed_from
    await end(db, login, now)
    return began


async def _record(db: Writing, kind: str, login: Login, now: datetime, **more: str) -> None:
    said = {
        "person": str(login.person_id),
        "login": str(login.id),
        "category": str(login.viewed_as),
        "capacity": str(login.viewed_in or ""),
    }
    await acts.record(db, kind, now, meeting_id=login.viewed_from, **said, **more)
