"""``cwg attend``: take part in a sitting from a terminal."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from getpass import getpass
from typing import Annotated, Final
from uuid import UUID

import typer

from app.client.address import Address, Unusable
from app.client.ending import End, Ending
from app.client.guest import Guest
from app.client.harmless import harmless
from app.client.line_mode import LineMode
from app.client.terminal import Terminal
from app.client.wording import ADDRESSES, farewell
from app.i18n import Language, choose, offered, translations, words
from app.policy.captions import LANGUAGES, MOST_LANGUAGES

TOKEN: Final = "CWG_TOKEN"  # noqa: S105 - the name of a variable
MISUSED: Final = 2
PROMPT: Final = words("Access token for %(host)s (make one at %(account)s): ")
NO_TOKEN: Final = words("A token is needed: make one at %(account)s and put it into CWG_TOKEN.")
BAD_TOKEN: Final = words("This is no access token: it has signs that no token has.")
NO_LANGUAGES: Final = words(
    "Captions are read in three languages at most, named like en,fr (two letters each)."
)
NO_SCREEN: Final = words("This is no terminal that can be drawn on; lines are written instead.")


def attend(
    url: Annotated[str, typer.Argument(help="Address of a sitting's room, or of the service.")],
    sitting: Annotated[
        UUID | None, typer.Option(help="Id of the sitting, beside the service's address.")
    ] = None,
    *,
    captions: Annotated[
        str, typer.Option(help="Languages whose captions to read, such as fr or en,fr.")
    ] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="One line for each event; commands from the input.")
    ] = False,
) -> None:
    """Take part in a sitting from here; the token comes from CWG_TOKEN or is asked for."""
    language = _language()
    address = _address(url, sitting, language)
    token = _token(address, language)
    chosen = _captions(captions, language)
    if not plain and not _drawable():
        _say(NO_SCREEN, language)
        plain = True
    ending = asyncio.run(_attend(address, token, language, chosen, plain=plain))
    if ending is None or ending.end is End.LEFT:
        return
    for line in farewell(ending, address.origin, address.host, translations(language)):
        typer.echo(harmless(line), err=True)
    raise typer.Exit(1)


async def _attend(
    address: Address, token: str, language: Language, captions: tuple[str, ...], *, plain: bool
) -> Ending | None:
    async with Guest(address, token, language=language, captions=captions) as guest:
        if plain:
            await LineMode(guest, language, _print).run(_typed())
        else:
            await Terminal(guest, language).run_async()
        return guest.ending


def _drawable() -> bool:
    """Whether keys and screen are a person's; the screen is drawn on the standard error."""
    return all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _typed() -> AsyncIterator[str]:
    """The lines of the input, read beside the loop so that a waiting reader never holds it up."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        try:
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)
        except RuntimeError:
            return  # the loop is over, and so is the program

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line


def _language() -> Language:
    """As the environment says, POSIX names first (``fr_CH.UTF-8``)."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next((os.environ[name] for name in names if os.environ.get(name)), "")
    tag = said.partition(":")[0].partition(".")[0].replace("_", "-")
    return choose(offered(), asked=tag)


def _captions(said: str, language: Language) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(filter(None, said.replace(",", " ").lower().split())))
    if len(chosen) > MOST_LANGUAGES or not LANGUAGES.issuperset(chosen):
        _say(NO_LANGUAGES, language)
        raise typer.Exit(MISUSED)
    return chosen


def _address(url: str, sitting: UUID | None, language: Language) -> Address:
    try:
        return Address.read(url, sitting)
    except Unusable as fault:
        _say(ADDRESSES[fault.fault], language)
        raise typer.Exit(MISUSED) from None


def _token(address: Address, language: Language) -> str:
    """From the environment or a prompt: what stands in an argument list, every user can read."""
    places = {"host": address.host, "account": f"{address.origin}/account"}
    say = translations(language).gettext
    token = os.environ.get(TOKEN, "").strip()
    if not token and sys.stdin.isatty():
        token = getpass(say(PROMPT) % places).strip()
    if not token:
        typer.echo(say(NO_TOKEN) % places, err=True)
        raise typer.Exit(MISUSED)
    if not token.isascii() or not token.isprintable() or " " in token:
        _say(BAD_TOKEN, language)
        raise typer.Exit(MISUSED)
    return token


def _say(message: str, language: Language) -> None:
    typer.echo(translations(language).gettext(message), err=True)
