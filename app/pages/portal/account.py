"""One's own account: what one says of oneself, where one is signed in, tokens for programs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.depends import (
    AccountVisitor,
    House,
    HouseIn,
    Now,
    Visitor,
    VisitorIn,
    Writing,
    own_form,
)
from app.errors import Malformed, Refused
from app.i18n import words
from app.models import Login, Meeting, Passkey, Person, ProviderAccount, Sitting
from app.pages.portal.countries import countries
from app.pages.portal.sign_in import signed_out
from app.pages.reader import Reader, ReaderIn
from app.pages.words import PARTS, Say, problem, said
from app.policy.identity import IdentityFault, IdentityReason, Particulars, SignInWay
from app.policy.passkey import PasskeyReason
from app.policy.refusal import No
from app.services import attendance, desk, feeds, identity, passkey, provider
from app.services.attendance import Attended
from app.services.passkey import Asked

router = APIRouter(prefix="/account")

LONGEST = 2000
HERE = "/account"
Written = Annotated[str, Form(max_length=LONGEST)]

BROWSERS: Final = (
    (re.compile(r"Edg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"OPR/"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/|Chromium/"), "Chrome"),
    (re.compile(r"Version/.* Safari/"), "Safari"),
)
SYSTEMS: Final = (
    (re.compile(r"Android"), "Android"),
    (re.compile(r"iPhone|iPad|iPod"), "iOS"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)
ON: Final = words("%(browser)s on %(system)s")
SOME_BROWSER: Final = words("A browser")
SOME_SYSTEM: Final = words("an unknown system")


# How long a token works, in days; 0 is until it is revoked.
TERMS: Final[Mapping[int, str]] = {
    30: words("30 days"),
    90: words("90 days"),
    365: words("one year"),
    0: words("until I revoke it"),
}
NAMED: Final[Mapping[SignInWay, str]] = {
    SignInWay.PROVIDER: words("with %(name)s"),
    SignInWay.PASSKEY: words("with the passkey “%(name)s”"),
}
DONE: Final[Mapping[str, str]] = {
    "saved": words("Saved. A registration that exists keeps what it was made with."),
    "signed-out": words("That browser is signed out, and whatever it had open is closed."),
    "unlinked": words(
        "The account is unlinked: it signs nobody in any more, and the browsers it signed in are"
        " signed out, but for this one."
    ),
    "passkey-added": words(
        "The passkey is added. From now on you can sign in with it; this login stays what it was."
    ),
    "passkey-removed": words(
        "The passkey is removed, and the browsers it signed in are signed out, but for this one."
        " Remove it from the device too."
    ),
    "passkey-renamed": words("The passkey has its new name."),
    "allowed": words("The account may sign you in again."),
    "revoked": words("The token is revoked, and whatever it had open is closed."),
    "calendar-revoked": words("The address of your calendar leads nowhere any more."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A browser that is signed in, in words."""

    id: UUID
    name: str
    how: str
    since: datetime
    until: datetime
    this: bool


@dataclass(frozen=True, slots=True)
class Linked:
    """An account at a provider, in words."""

    id: UUID
    name: str
    since: datetime
    used: datetime
    opens: bool


@dataclass(frozen=True, slots=True)
class Was:
    """Where someone was, and for how long; the sitting's title is no part of it (A18)."""

    meeting: str
    slug: str
    part: str
    starts_at: datetime
    zone: str
    minutes: int
    mode: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was typed, what is wrong with it, what was done, and what is told only once.

    ``not_added`` is why a passkey was not added, whose name was to be ``passkey_name``.
    """

    said: Particulars
    faults: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    done: str = ""
    word: str = ""
    passkey_name: str = ""
    not_added: PasskeyReason | None = None
    calendar: str = ""


def agent_words(agent: str, say: Say) -> str:
    """A browser's own description, as far as people need it to know it again."""
    browser = next((name for sign, name in BROWSERS if sign.search(agent)), say(SOME_BROWSER))
    system = next((name for sign, name in SYSTEMS if sign.search(agent)), say(SOME_SYSTEM))
    return say(ON) % {"browser": browser, "system": system}


@router.get("", name="account")
async def show(reader: ReaderIn, visitor: AccountVisitor, done: str = "") -> HTMLResponse:
    return await account_page(reader, visitor, Sheet(said_by(visitor.person), done=done))


@router.post("", dependencies=[Depends(own_form)])
async def describe(
    reader: ReaderIn,
    visitor: AccountVisitor,
    name: Written = "",
    affiliation: Written = "",
    job_title: Written = "",
    country: Written = "",
    language: Written = "",
) -> Response:
    said = Particulars(name, affiliation, job_title, country, language or visitor.person.language)
    try:
        async with reader.house.database.writing() as db:
            await identity.describe(db, visitor.person.id, said)
    except Malformed as refused:
        return await account_page(reader, visitor, Sheet(said, faults=refused.faults), 422)
    return RedirectResponse(f"{HERE}?done=saved", 303)


@router.post("/logins", dependencies=[Depends(own_form)])
async def sign_out_elsewhere(visitor: AccountVisitor, db: Writing, now: Now) -> Response:
    await identity.revoke_all_logins(db, visitor.person, now, but=visitor.login_id)
    return RedirectResponse(f"{HERE}?done=signed-out", 303)


@router.post("/logins/{login_id}", dependencies=[Depends(own_form)])
async def sign_out(
    login_id: UUID, at: HouseIn, visitor: AccountVisitor, db: Writing, now: Now
) -> Response:
    await identity.revoke_login(db, login_id, visitor.person, now)
    if login_id == visitor.login_id:
        return signed_out(RedirectResponse("/", 303), at.settings)
    return RedirectResponse(f"{HERE}?done=signed-out", 303)


@router.post("/providers/{account_id}/unlink", dependencies=[Depends(own_form)])
async def unlink(account_id: UUID, visitor: AccountVisitor, db: Writing, now: Now) -> Response:
    await provider.unlink(db, account_id, visitor.person, now, but=visitor.login_id)
    return RedirectResponse(f"{HERE}?done=unlinked", 303)


@router.post("/providers/{account_id}/allow", dependencies=[Depends(own_form)])
async def allow(account_id: UUID, visitor: AccountVisitor, db: Writing, now: Now) -> Response:
    await provider.allow(db, account_id, visitor.person, now)
    return RedirectResponse(f"{HERE}?done=allowed", 303)


@router.post("/tokens", dependencies=[Depends(own_form)])
async def make_token(
    reader: ReaderIn,
    visitor: VisitorIn,
    label: Written = "",
    days: Annotated[int, Form()] = 0,
) -> HTMLResponse:
    """The page with the word on it: it is told once and cannot be asked for again."""
    said = said_by(visitor.person)
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    if days not in TERMS:
        faults = {"days": IdentityFault.NOT_ON_THE_LIST}
        return await account_page(reader, visitor, Sheet(said, faults, label), 422)
    ends = reader.now + timedelta(days=days) if days else None
    try:
        async with reader.house.database.writing() as db:
            _, word = await identity.new_token(
                db, visitor.person, label, reader.now, ends, with_passkey=visitor.with_passkey
            )
    except Malformed as refused:
        return await account_page(reader, visitor, Sheet(said, refused.faults, label), 422)
    return await account_page(reader, visitor, Sheet(said, word=word), 201)


@router.post("/tokens/{token_id}", dependencies=[Depends(own_form)])
async def revoke_token(token_id: UUID, visitor: AccountVisitor, db: Writing, now: Now) -> Response:
    await identity.revoke_token(db, token_id, visitor.person, now)
    return RedirectResponse(f"{HERE}?done=revoked", 303)


@router.post("/calendar", dependencies=[Depends(own_form)])
async def publish_calendar(reader: ReaderIn, visitor: VisitorIn) -> HTMLResponse:
    """The page with the address on it: it is told once; the one before leads nowhere any more."""
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    async with reader.house.database.writing() as db:
        _, word = await feeds.publish(db, visitor.person, reader.now)
    address = f"{reader.house.settings.address}{feeds.path(word)}"
    return await account_page(
        reader, visitor, Sheet(said_by(visitor.person), calendar=address), 201
    )


@router.post("/calendar/revoke", dependencies=[Depends(own_form)])
async def revoke_calendar(visitor: VisitorIn, db: Writing, now: Now) -> Response:
    await feeds.revoke(db, visitor.person, now)
    return RedirectResponse(f"{HERE}?done=calendar-revoked", 303)


async def account_page(
    reader: Reader, visitor: Visitor, sheet: Sheet, status_code: int = 200
) -> HTMLResponse:
    say = reader.say
    async with reader.house.database.reading() as db:
        logins = await identity.logins(db, visitor.person, reader.now)
        tokens = await identity.access_tokens(db, visitor.person, reader.now)
        accounts = await provider.accounts(db, visitor.person)
        keys = await passkey.passkeys(db, visitor.person)
        published = await feeds.of(db, visitor.person)
        attended = await attendance.own(db, visitor.person, reader.now)
        listed = countries(await desk.states(db), reader.language)
    errors = {
        name: problem(name.partition("-")[0], fault, say) for name, fault in sheet.faults.items()
    }
    return reader.page(
        "portal/account.html",
        status_code,
        said=sheet.said,
        errors=errors,
        done=say(DONE[sheet.done]) if sheet.done in DONE else "",
        email=visitor.person.email,
        countries=listed,
        places=[_place(login, visitor.login_id, say) for login in logins],
        linked=[_linked(account, reader.house) for account in accounts],
        passkeys=keys,
        passkey_name=sheet.passkey_name,
        not_added=say(reasons.PASSKEYS[sheet.not_added]) if sheet.not_added else "",
        asked=_asked(reader.house, visitor, keys),
        has_providers=bool(reader.house.providers.all),
        tokens=tokens,
        attended=[_was(*each, say) for each in attended],
        label=sheet.label,
        terms=[(days, say(term)) for days, term in TERMS.items()],
        word=sheet.word,
        calendar=sheet.calendar,
        published=published,
    )


def _was(meeting: Meeting, sitting: Sitting, found: Attended, say: Say) -> Was:
    return Was(
        meeting.title,
        meeting.slug,
        say(PARTS[sitting.part]),
        sitting.starts_at,
        sitting.time_zone,
        found.seconds // 60,
        said(found.who.mode, say),
        found.corrected,
    )


def _place(login: Login, this: UUID | None, say: Say) -> Place:
    name = agent_words(login.agent, say)
    how = made_how(login, say)
    return Place(login.id, name, how, login.created_at, login.expires_at, login.id == this)


def made_how(login: Login, say: Say) -> str:
    """How somebody signed in there; of a provider and a passkey also which."""
    way = SignInWay(login.way)
    if not login.way_name:
        return say(reasons.WAYS[way])
    return say(NAMED.get(way, "%(name)s")) % {"name": login.way_name}


def _asked(at: House, visitor: Visitor, there: Sequence[Passkey]) -> Asked | None:
    """What to ask a browser for a new passkey; nothing to ask of a program."""
    if visitor.login_id is None:
        return None
    return at.registrar.to_add(visitor.person, visitor.login_id, there)


def _linked(account: ProviderAccount, at: House) -> Linked:
    """By the name it has in the settings, or by its issuer where it is there no more."""
    known = at.providers.all.get(account.provider)
    name = known.name if known else account.issuer
    opens = account.unlinked_at is None
    return Linked(account.id, name, account.linked_at, account.used_at, opens)


def said_by(person: Person) -> Particulars:
    return Particulars(
        person.name, person.affiliation, person.job_title, person.country, person.language
    )
