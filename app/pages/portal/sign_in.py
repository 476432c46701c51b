"""Signing in by a link that comes by mail: asking for it, the button behind it, and signing out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import reasons
from app.depends import (
    House,
    HouseIn,
    MaybeVisitor,
    Now,
    Reading,
    Writing,
    cookie_name,
    own_form,
)
from app.errors import Conflict, Malformed, NotFound, TooMany
from app.i18n import words
from app.pages.look import render
from app.pages.reader import ReaderIn
from app.pages.words import problem, spoken
from app.policy.identity import IdentityReason, leads_home
from app.policy.passkey import PasskeyReason
from app.policy.provider import ProviderReason
from app.policy.refusal import No
from app.services import identity
from app.settings import Settings

router = APIRouter()

LONGEST = 2000
# The address of the page is the key: no cache and no other site may learn it.
PRIVATE: Mapping[str, str] = {"Cache-Control": "no-store"}
OVER = 410  # the link was good once

FAULTS: Mapping[ProviderReason, int] = {
    ProviderReason.UNREACHABLE: 503,
    ProviderReason.STALE: 400,
}

PASSKEY: str = words("The passkey")

Written = Annotated[str, Form(max_length=LONGEST)]


@router.get("/sign-in", name="sign-in")
async def show(request: Request, reader: ReaderIn, onward: str = "/") -> Response:
    to = home_or(onward)
    if reader.me:
        return RedirectResponse(to, 303)
    return _form(request, reader.house, 200, _sheet(to))


@router.post("/sign-in", dependencies=[Depends(own_form)])
async def ask(
    request: Request,
    at: HouseIn,
    _reader: ReaderIn,
    now: Now,
    email: Written = "",
    onward: Written = "/",
) -> HTMLResponse:
    """The same page whether or not anybody uses the service under this address."""
    to = home_or(onward)
    try:
        written_to = await identity.send_link(at, host_of(request), email, to, now)
    except Malformed as refused:
        say = spoken(request)
        errors = {field: problem(field, fault, say) for field, fault in refused.faults.items()}
        return _form(request, at, 422, _sheet(to, email, errors))
    except TooMany as refused:
        return busy(request, at, refused, to, email)
    asked = {
        "email": written_to,
        "minutes": at.settings.link_lifetime // 60,
        "demo": keeps_letters(at.settings),
        "onward": to,
    }
    return render(request, "portal/sign_in_asked.html", 200, PRIVATE, **asked)


@router.get("/sign-in/{token}")
async def look_at(
    token: str, request: Request, reader: ReaderIn, now: Now, db: Reading
) -> HTMLResponse:
    """A page with a button. Whatever only looks, a scanner of mail too, uses nothing up."""
    try:
        link, person = await identity.whose_link(db, token, now)
    except (NotFound, Conflict) as refused:
        return _dead(request, refused)
    other = reader.me if reader.me and reader.me.id != person.id else None
    sheet = {"token": token, "email": person.email, "onward": link.onward, "other": other}
    return render(request, "portal/sign_in_link.html", 200, PRIVATE, **sheet)


@router.post("/sign-in/{token}", dependencies=[Depends(own_form)])
async def use(
    token: str, request: Request, at: HouseIn, visitor: MaybeVisitor, now: Now
) -> Response:
    """Sign in, and end the login that this browser had before, if any."""
    agent = request.headers.get("user-agent", "")
    try:
        async with at.database.writing() as db:
            cookie, _, onward = await identity.sign_in(
                db, token, agent, now, lifetime=login_lifetime(at.settings)
            )
            if visitor and visitor.login_id:
                await identity.revoke_login(db, visitor.login_id, visitor.person, now)
    except (NotFound, Conflict) as refused:
        return _dead(request, refused)
    return signed_in(RedirectResponse(onward, 303), at.settings, cookie)


@router.post("/sign-out", dependencies=[Depends(own_form)])
async def sign_out(at: HouseIn, visitor: MaybeVisitor, now: Now, db: Writing) -> Response:
    if visitor and visitor.login_id:
        await identity.revoke_login(db, visitor.login_id, visitor.person, now)
    return signed_out(RedirectResponse("/", 303), at.settings)


def signed_in(response: Response, settings: Settings, cookie: str) -> Response:
    """Give the browser its login: for scripts invisible, and to other sites' forms of no use."""
    response.set_cookie(
        cookie_name(settings),
        cookie,
        max_age=settings.login_lifetime,
        httponly=True,
        secure=not settings.development,
        samesite="lax",
    )
    response.headers.update(PRIVATE)
    return response


def signed_out(response: Response, settings: Settings) -> Response:
    response.delete_cookie(
        cookie_name(settings),
        httponly=True,
        secure=not settings.development,
        samesite="lax",
    )
    response.headers.update(PRIVATE)
    return response


def login_lifetime(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.login_lifetime)


def keeps_letters(settings: Settings) -> bool:
    """Whether letters are kept for the outbox page of the demo, and nothing is sent."""
    return settings.demo and not settings.smtp_url


def home_or(onward: str) -> str:
    """Where to go on: what somebody else wrote into the address may not lead away from here."""
    return onward if leads_home(onward) else "/"


def _sheet(
    onward: str, email: str = "", errors: Mapping[str, str] | None = None, minutes: int = 0
) -> dict[str, object]:
    return {
        "onward": onward,
        "email": email,
        "errors": errors or {},
        "minutes": minutes,
        "refused": None,
    }


def _form(
    request: Request,
    at: House,
    status: int,
    sheet: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    told = {**PRIVATE, **(headers or {})}
    asked = {
        "demo": keeps_letters(at.settings),
        "providers": tuple(at.providers.all.values()),
        "asked": at.registrar.to_sign_in(),
    }
    return render(request, "portal/sign_in.html", status, told, **sheet, **asked)


def busy(
    request: Request, at: House, refused: TooMany, onward: str, email: str = ""
) -> HTMLResponse:
    """The page for a network that asks too often, with the time to wait."""
    sheet = _sheet(onward, email, minutes=refused.retry_after // 60 + 1)
    return _form(request, at, 429, sheet, {"Retry-After": str(refused.retry_after)})


def not_by_provider(request: Request, at: House, key: str, why: No, onward: str) -> HTMLResponse:
    """The page again, with the reason why that provider signs nobody in; mail is beside it."""
    reason = ProviderReason(why.reason)
    status = FAULTS.get(reason, 403)
    sentence = spoken(request)(reasons.PROVIDERS[reason])
    sheet = _sheet(onward) | {"refused": (at.providers.of(key).name, sentence)}
    return _form(request, at, status, sheet)


def not_by_passkey(request: Request, at: House, why: No, onward: str) -> HTMLResponse:
    """The page again, with the reason why that passkey signs nobody in."""
    say, reason = spoken(request), PasskeyReason(why.reason)
    sentence = say(reasons.PASSKEYS[reason])
    sheet = _sheet(onward) | {"refused": (say(PASSKEY), sentence)}
    return _form(request, at, 400 if reason is PasskeyReason.STALE else 403, sheet)


def host_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _dead(request: Request, refused: NotFound | Conflict) -> HTMLResponse:
    """A link that opens nothing, and how to get one that does."""
    say = spoken(request)
    if isinstance(refused, Conflict):
        why = say(reasons.IDENTITY[IdentityReason(refused.reason)])
        return render(request, "portal/sign_in_dead.html", OVER, PRIVATE, why=why)
    return render(request, "portal/sign_in_dead.html", 404, PRIVATE, why="")
