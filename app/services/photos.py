"""Photos for badges: sent by the person or taken at the desk; for nobody else, and not for long.

What comes here is a small JPEG that was made anew already, outside of any transaction.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import col, delete, select

from app.database import Reading, Writing, hold, load
from app.errors import NotFound, Refused
from app.keys import Vault
from app.models import Badge, BadgePhoto, Meeting, Person, Registration
from app.policy import badge as rules
from app.policy.badge import PHOTOS_KEPT, BadgeReason
from app.policy.refusal import No
from app.policy.registration import LIVE, RegistrationState
from app.services import access, acts, forms

SUBJECT: Final = "photo"


async def put(
    db: Writing, vault: Vault, registration_id: UUID, jpeg: bytes, *, by: Person, now: datetime
) -> BadgePhoto:
    """Keep a photo in the place of the one before.

    The person sends theirs until their badge is made: what was compared at the desk stays. The desk
    takes one of whoever is confirmed, at any time.
    """
    row = await hold(db, Registration, registration_id)
    await _of_both(db, row, by)
    if (why := await rules_out(db, row, by)) is not None:
        raise Refused(No(why))
    await db.exec(delete(BadgePhoto).where(col(BadgePhoto.registration_id) == row.id))
    made = BadgePhoto(
        registration_id=row.id,
        sealed=vault.seal(b64encode(jpeg).decode(), _about(row.id)),
        taken_at=now,
        by_id=by.id,
    )
    db.add(made)
    await _note(db, "photo-kept", row, by, now)
    return made


async def remove(db: Writing, registration_id: UUID, *, by: Person, now: datetime) -> None:
    """Have no photo any more; where there is none it changes nothing."""
    row = await hold(db, Registration, registration_id)
    await _of_both(db, row, by)
    gone = delete(BadgePhoto).where(col(BadgePhoto.registration_id) == row.id)
    if (await db.exec(gone)).rowcount:
        await _note(db, "photo-removed", row, by, now)


async def rules_out(db: Reading | Writing, row: Registration, by: Person) -> BadgeReason | None:
    """Why somebody, the person or the desk, may not put a photo there now."""
    if row.person_id != by.id:
        return None if row.state is RegistrationState.APPROVED else BadgeReason.NOT_CONFIRMED
    if row.state not in LIVE:
        return BadgeReason.NO_PHOTO_YET
    valid = select(Badge.id).where(Badge.registration_id == row.id, col(Badge.ended_at).is_(None))
    return BadgeReason.PHOTO_ON_BADGE if (await db.exec(valid)).first() else None


async def of(db: Reading | Writing, vault: Vault, registration_id: UUID, *, by: Person) -> bytes:
    """The photo as JPEG, for the person and the desk; NotFound for others, and where is none."""
    row = await load(db, Registration, registration_id)
    await _of_both(db, row, by)
    if (found := (await of_many(db, vault, [row.id])).get(row.id)) is None:
        raise NotFound
    return found


async def kept(db: Reading | Writing, registration_id: UUID) -> BadgePhoto | None:
    query = select(BadgePhoto).where(BadgePhoto.registration_id == registration_id)
    return (await db.exec(query)).first()


async def of_many(
    db: Reading | Writing, vault: Vault, registrations: Collection[UUID]
) -> dict[UUID, bytes]:
    """The photos of these registrations, where there are any that the key opens."""
    query = select(BadgePhoto).where(col(BadgePhoto.registration_id).in_(registrations))
    found = {}
    for each in await db.exec(query):
        said = vault.open(each.sealed, _about(each.registration_id))
        if said is not None:
            found[each.registration_id] = b64decode(said)
    return found


async def forget(db: Writing, now: datetime) -> int:
    """Remove the photos of meetings that are over; how many."""
    with_photos = (
        select(Registration.meeting_id)
        .join(BadgePhoto, col(BadgePhoto.registration_id) == col(Registration.id))
        .distinct()
    )
    gone = 0
    for key in list(await db.exec(with_photos)):
        past = await forms.days_since(db, await load(db, Meeting, key), now)
        if past is not None and past > PHOTOS_KEPT:
            of_meeting = select(Registration.id).where(Registration.meeting_id == key)
            done = delete(BadgePhoto).where(col(BadgePhoto.registration_id).in_(of_meeting))
            gone += (await db.exec(done)).rowcount
    return gone


async def _of_both(db: Reading | Writing, row: Registration, by: Person) -> None:
    """For the person and for the desk; for anybody else there is no such registration."""
    if row.person_id != by.id and not rules.may_issue(
        await access.functions(db, by, row.meeting_id)
    ):
        raise NotFound


def _about(registration_id: UUID) -> str:
    return f"{SUBJECT} {registration_id}"


async def _note(db: Writing, kind: str, row: Registration, by: Person, now: datetime) -> None:
    about = {"registration": str(row.id), "by": str(by.id)}
    await acts.record(db, kind, now, meeting_id=row.meeting_id, **about)
