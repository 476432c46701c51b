"""``cwg found``: founds a meeting from the command line, where there is no secretariat yet."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from app import editions, reasons, schema
from app.errors import Conflict, Malformed
from app.models import Meeting
from app.policy.meeting import MeetingReason, NewMeeting
from app.services import identity, meetings
from app.settings import Settings, faults_of


def found(
    slug: Annotated[str, typer.Argument(help="Its name in addresses, like cwg-internet-21.")],
    title: Annotated[str, typer.Option(help="As people read it.")],
    secretariat: Annotated[
        str, typer.Option(help="Mail address of who fills it: the secretariat.")
    ],
    zone: Annotated[str, typer.Option(help="Time zone of the venue.")] = "Europe/Zurich",
    place: Annotated[str, typer.Option(help="Where it is held.")] = "",
    edition: Annotated[str, typer.Option(help="Edition of the rule.")] = editions.DEFAULT,
) -> None:
    """Found a meeting, pin its rule, and make someone its secretariat.

    That person signs in by mail and does everything else: sittings, agenda, functions.
    """
    known = editions.load()
    if edition not in known:
        raise typer.BadParameter(f"one of {', '.join(known)}", param_hint="--edition")
    new = NewMeeting(slug, title, place, zone, known[edition])
    try:
        made = asyncio.run(_found(Settings(), new, secretariat))
    except ValidationError as wrong:
        _end(faults_of(wrong))
    except Malformed as wrong:
        _end("\n".join(f"{field}: {_words(fault)}" for field, fault in wrong.faults.items()))
    except Conflict:
        _end(reasons.said(MeetingReason.SLUG_TAKEN, str))
    typer.echo(f"Founded {made.slug} on {made.edition_id}; {secretariat} is its secretariat.")


def _words(fault: str) -> str:
    return reasons.said(fault, str) if isinstance(fault, StrEnum) else fault


def _end(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


async def _found(settings: Settings, new: NewMeeting, email: str) -> Meeting:
    now = datetime.now(UTC)
    async with schema.opened(settings) as database, database.writing() as db:
        person = await identity.person_for(db, email, now)
        return await meetings.found_meeting(db, new, person, now)
