"""Signing in with an identity provider: the way there, and the way back."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.depends import House, HouseIn, MaybeVisitor, Now
from app.errors import TooMany
from app.pages.portal.sign_in import (
    PRIVATE,
    busy,
    home_or,
    host_of,
    login_lifetime,
    not_by_provider,
    signed_in,
)
from app.pages.reader import ReaderIn
from app.policy.provider import ProviderReason
from app.policy.refusal import No
from app.providers import ATTEMPT_LIFETIME
from app.services import identity, provider
from app.services.identity import network_of
from app.settings import Settings

router = APIRouter(prefix="/sign-in/with")


@router.get("/{key}")
async def go(
    key: str, request: Request, at: HouseIn, _reader: ReaderIn, onward: str = "/"
) -> Response:
    """To the provider. A link and no form: a policy on forms would also bind where it leads."""
    to = home_or(onward)
    led = await at.providers.lead(key, _back(at, key), to)
    if isinstance(led, No):
        return not_by_provider(request, at, key, led, to)
    address, sealed = led
    there = RedirectResponse(address, 303, headers=dict(PRIVATE))
    there.set_cookie(
        _cookie_name(at.settings),
        sealed,
        max_age=ATTEMPT_LIFETIME,
        httponly=True,
        secure=not at.settings.development,
        samesite="lax",  # it must come back with whom the provider sends back
    )
    return there


@router.get("/{key}/back")
async def come_back(
    key: str,
    request: Request,
    at: HouseIn,
    _reader: ReaderIn,
    visitor: MaybeVisitor,
    now: Now,
    state: str = "",
    code: str = "",
    error: str = "",
) -> Response:
    """Sign in whom the provider names, and end the login that this browser had before, if any."""
    chosen = at.providers.of(key)
    sealed = request.cookies.get(_cookie_name(at.settings), "")
    attempt = at.providers.attempt(key, sealed, state)
    if isinstance(attempt, No):
        return not_by_provider(request, at, key, attempt, "/")
    if error or not code:
        return _over(
            not_by_provider(request, at, key, No(ProviderReason.DECLINED), attempt.onward), at
        )
    try:
        rate = at.settings.links_per_address
        await at.rates.take(rate, "back-from-provider", network_of(host_of(request)))
    except TooMany as refused:
        return busy(request, at, refused, attempt.onward)
    said = await at.providers.answer(attempt, _back(at, key), code)
    async with at.database.writing() as db:
        made = await provider.sign_in(
            db,
            said,
            key,
            chosen.name,
            chosen.domains,
            request.headers.get("user-agent", ""),
            now,
            lifetime=login_lifetime(at.settings),
        )
        if not isinstance(made, No) and visitor and visitor.login_id:
            await identity.revoke_login(db, visitor.login_id, visitor.person, now)
    if isinstance(made, No):
        return _over(not_by_provider(request, at, key, made, attempt.onward), at)
    done = RedirectResponse(attempt.onward, 303)
    return _over(signed_in(done, at.settings, made), at)


def _back(at: House, key: str) -> str:
    return f"{at.settings.address}/sign-in/with/{key}/back"


def _cookie_name(settings: Settings) -> str:
    return "cwg_attempt" if settings.development else "__Host-cwg_attempt"


def _over(response: Response, at: House) -> Response:
    """The attempt is used up, whatever came of it."""
    response.delete_cookie(
        _cookie_name(at.settings),
        httponly=True,
        secure=not at.settings.development,
        samesite="lax",
    )
    return response
