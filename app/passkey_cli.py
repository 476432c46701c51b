"""``cwg forget-passkeys``: the way back for someone whose device is lost."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from app import reasons, schema
from app.errors import Malformed
from app.services import identity, passkey
from app.settings import Settings, faults_of

NOBODY = "Nobody has this address."


def forget_passkeys(
    email: Annotated[
        str, typer.Argument(help="Whose passkeys; make sure that it is they who ask.")
    ],
) -> None:
    """Remove every passkey of a person, and sign out the browsers that they signed in.

    That person then signs in by mail and adds a new one. It is on record like any other act.
    """
    try:
        removed = asyncio.run(_forget(Settings(), email))
    except ValidationError as wrong:
        _end(faults_of(wrong))
    except Malformed as wrong:
        _end("\n".join(_words(fault) for fault in wrong.faults.values()))
    if removed is None:
        _end(NOBODY)
    typer.echo(f"Removed {removed} of {email}.")


def _words(fault: str) -> str:
    return reasons.said(fault, str) if isinstance(fault, StrEnum) else fault


def _end(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


async def _forget(settings: Settings, email: str) -> int | None:
    now = datetime.now(UTC)
    async with schema.opened(settings) as database, database.writing() as db:
        person = await identity.by_email(db, email)
        return None if person is None else await passkey.forget_all(db, person, now)
