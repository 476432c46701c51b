"""The secretariat's desk for inputs: labels, redactions and translations, each with its reason."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.database import Reading as Db
from app.database import Writing
from app.depends import Me, Reading, own_form
from app.errors import Conflict, Malformed, NotFound
from app.i18n import named as language_name
from app.i18n import words
from app.models import Person
from app.pages.portal.published import GROUNDS, TRANSLATED, part_said, title_of
from app.pages.reader import Reader, ReaderIn
from app.pages.words import problem
from app.policy.inputs import Consent
from app.policy.publication import (
    FILE,
    LONGEST_TRANSLATOR,
    LONGEST_WHY,
    Ground,
    PublicationReason,
    Translated,
)
from app.services import moderation
from app.services.moderation import ToRedact, Translation
from app.services.publication import LANGUAGES

router = APIRouter(prefix="/desk/inputs/{slug}")
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
CONSENTS: Final[Mapping[Consent, str]] = {
    Consent.NAME_AND_TEXT: words("Name and text are published"),
    Consent.ORGANIZATION_AND_TEXT: words("Organization and text are published"),
    Consent.TEXT_ONLY: words("The text alone is published"),
    Consent.NONE: words("Nothing is published"),
}
IN_PART: Final = "text-"
LONGEST: Final = 60_000


@router.get("")
async def listed(slug: str, reader: ReaderIn, me: Me, db: Reading) -> HTMLResponse:
    """All inputs of a round that were sent, published or not."""
    consultation, rows = await moderation.for_secretariat(db, slug, me)
    return reader.page(
        "desk/inputs.html",
        consultation=consultation,
        title=title_of(consultation, reader.language),
        rows=rows,
        consents=_said(CONSENTS, reader),
        language_name=language_name,
    )


@router.get("/{input_number}")
async def show(
    slug: str, input_number: Number, reader: ReaderIn, me: Me, db: Reading
) -> HTMLResponse:
    """One input with its places marked; what stood there is asked for, with a reason."""
    return await _page(reader, db, me, slug, input_number)


@router.post("/{input_number}", dependencies=[Depends(own_form)])
async def change(
    slug: str, input_number: Number, request: Request, reader: ReaderIn, me: Me
) -> Response:
    """Label, redact, translate, take back, or open the original; errors keep what was typed."""
    form = await request.form()
    typed = {name: str(value)[:LONGEST] for name, value in form.multi_items()}
    try:
        async with reader.house.database.writing() as db:
            originals = await _done(db, slug, input_number, typed, by=me, reader=reader)
    except Malformed as refused:
        async with reader.house.database.reading() as view:
            faults = {name: problem(name, why, reader.say) for name, why in refused.faults.items()}
            return await _page(reader, view, me, slug, input_number, typed=typed, errors=faults)
    except Conflict as refused:
        stop = reasons.said(PublicationReason(refused.reason), reader.say)
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, input_number, typed=typed, stop=stop)
    if originals is not None:
        async with reader.house.database.reading() as view:
            return await _page(reader, view, me, slug, input_number, originals=originals)
    return RedirectResponse(f"/desk/inputs/{slug}/{input_number}", 303)


async def _done(
    db: Writing, slug: str, number: int, typed: Mapping[str, str], *, by: Person, reader: Reader
) -> Mapping[str, str] | None:
    """Do what was asked; the original texts where they were asked for."""
    why, now = typed.get("why", ""), reader.now
    match typed.get("do", ""):
        case "label":
            await moderation.label(db, slug, number, why, by=by, now=now)
        case "unlabel":
            await moderation.unlabel(db, slug, number, why, by=by, now=now)
        case "redact":
            wanted = ToRedact(
                typed.get("part", ""),
                typed.get("passage", ""),
                Ground.UNLAWFUL if typed.get("ground") == Ground.UNLAWFUL else Ground.PERSONAL,
                why,
            )
            await moderation.redact(db, slug, number, wanted, by=by, now=now)
        case "lift":
            key = _key(typed.get("redaction", ""))
            await moderation.lift(db, slug, number, key, why, by=by, now=now)
        case "translate":
            made = _translation(typed)
            await moderation.translate(db, slug, number, made, by=by, now=now)
        case _:
            return await moderation.open_original(db, slug, number, why, by=by, now=now)
    return None


def _translation(typed: Mapping[str, str]) -> Translation:
    human = typed.get("translated") == Translated.HUMAN
    return Translation(
        typed.get("language", ""),
        Translated.HUMAN if human else Translated.MACHINE,
        typed.get("translator", ""),
        {
            name.removeprefix(IN_PART): text.replace("\r\n", "\n")
            for name, text in typed.items()
            if name.startswith(IN_PART)
        },
    )


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


async def _page(
    reader: Reader,
    db: Db,
    me: Person,
    slug: str,
    number: int,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    stop: str = "",
    originals: Mapping[str, str] | None = None,
) -> HTMLResponse:
    consultation, found = await moderation.sealed(db, slug, number, me, reader.now)
    parts = [*found.originals, *(f"{FILE}{each.sha256}" for each in found.public.files)]
    typed = typed or {}
    return reader.page(
        "desk/input.html",
        409 if stop else 422 if errors else 200,
        consultation=consultation,
        title=title_of(consultation, reader.language),
        found=found,
        texts=originals or found.masked,
        opened=originals is not None,
        typed=typed if errors or stop else {},
        did=typed.get("do", "") if errors or stop else "",
        errors=errors or {},
        stop=stop,
        parts=[(part, part_said(part, reader.say)) for part in parts],
        part_said=lambda part: part_said(part, reader.say),
        tongues=[(key, language_name(key)) for key in LANGUAGES if key != found.row.language],
        grounds=list(_said(GROUNDS, reader).items()),
        translated=list(_said(TRANSLATED, reader).items()),
        consents=_said(CONSENTS, reader),
        language_name=language_name,
        in_part=IN_PART,
        most_why=LONGEST_WHY,
        most_translator=LONGEST_TRANSLATOR,
    )


def _said(
    named: Mapping[Consent, str] | Mapping[Ground, str] | Mapping[Translated, str], reader: Reader
) -> dict[str, str]:
    return {key: reader.say(message) for key, message in named.items()}
