"""The agenda of a meeting: the edition in force, what it changed, and the earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse

from app import reasons
from app.depends import Reading
from app.errors import NotFound
from app.i18n import words
from app.models import Sitting
from app.pages.portal.cases import venue
from app.pages.reader import Reader, ReaderIn
from app.pages.words import AUDIENCES, PARTS
from app.policy.agenda import Change, Changed, Entry
from app.policy.floor import may_preside
from app.policy.people import Function
from app.services import access, agenda, meetings

router = APIRouter()
FROM_TO: Final[Mapping[Change, str]] = {
    Change.RETITLED: words("from “%(before)s” to “%(after)s”"),
    Change.RELABELLED: words("from %(before)s to %(after)s"),
    Change.MOVED: words("from %(before)s to %(after)s"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A change in words; the title is given beside it, as people wrote it."""

    what: str
    name: str
    title: str
    more: str


@dataclass(frozen=True, slots=True)
class Section:
    """A sitting with its items, in the order of the agenda."""

    name: str
    sitting: Sitting
    members: bool
    entries: Sequence[Entry]


@router.get("/meetings/{slug}/agenda", name="agenda")
async def show(
    slug: str,
    reader: ReaderIn,
    db: Reading,
    edition: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """Items and changes of the sittings that the reader may read, and of no others."""
    meeting = await meetings.by_slug(db, slug)
    reads = await access.reads_whole(db, reader.whom, meeting, reader.now)
    found = await agenda.shown(db, meeting, reads)
    chosen = found[-1] if edition is None else next((e for e in found if e.number == edition), None)
    if chosen is None:
        raise NotFound
    sittings = {each.id: each for each in await meetings.sittings(db, meeting.id)}
    held = await access.functions(db, reader.me, meeting.id)
    secretariat = Function.SECRETARIAT in held
    return reader.page(
        "portal/agenda.html",
        meeting=meeting,
        venue=partial(venue, meeting),
        chosen=chosen,
        newest=found[-1],
        adopted=next((e for e in reversed(found) if e.adopted_at), None),
        sections=_sections(reader, sittings, chosen.entries),
        told=[_told(reader, each, sittings) for each in chosen.changes],
        earlier=[(e, [_told(reader, each, sittings) for each in e.changes]) for e in found[::-1]],
        hides=len(reads) < len(sittings),
        secretariat=secretariat,
        adopts=chosen is found[-1]
        and not chosen.adopted_at
        and bool(chosen.entries)
        and (secretariat or may_preside(held)),
    )


def _sections(
    reader: Reader, sittings: Mapping[UUID, Sitting], entries: Sequence[Entry]
) -> list[Section]:
    ordered = sorted(sittings.values(), key=lambda each: (each.starts_at, each.number))
    return [
        Section(_name(reader, each), each, AUDIENCES[each.part] == "members", theirs)
        for each in ordered
        if (theirs := [one for one in entries if one.sitting == each.id])
    ]


def _name(reader: Reader, sitting: Sitting) -> str:
    return sitting.title or reader.say(PARTS[sitting.part])


def _told(reader: Reader, each: Changed, sittings: Mapping[UUID, Sitting]) -> Told:
    before, after = each.before, each.after
    stands = after or before
    assert stands is not None  # noqa: S101 - a change is of something
    more = ""
    if before and after and each.what in FROM_TO:
        pair = {
            Change.RETITLED: (before.title, after.title),
            Change.RELABELLED: (before.shown, after.shown),
            Change.MOVED: (
                _name(reader, sittings[before.sitting]),
                _name(reader, sittings[after.sitting]),
            ),
        }[each.what]
        more = reader.say(FROM_TO[each.what]) % {"before": pair[0], "after": pair[1]}
    return Told(reasons.said(each.what, reader.say), stands.shown, stands.title, more)
