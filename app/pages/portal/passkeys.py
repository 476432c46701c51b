"""Passkeys: signing in with one, and adding, naming and removing one's own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.database import Reading, Writing, load
from app.depends import AccountVisitor, HouseIn, MaybeVisitor, Now, Visitor, own_form
from app.depends import Writing as WritingIn
from app.errors import Conflict, Malformed, Refused
from app.models import Login
from app.pages.portal.account import HERE, Sheet, account_page, said_by
from app.pages.portal.sign_in import home_or, login_lifetime, not_by_passkey, signed_in
from app.pages.reader import ReaderIn
from app.policy.identity import IdentityReason
from app.policy.passkey import PasskeyReason
from app.policy.refusal import No
from app.services import identity, passkey
from app.services.passkey import Said

router = APIRouter()

LONGEST = 20_000
Answered = Annotated[str, Form(max_length=LONGEST)]


@router.post("/passkeys/sign-in", dependencies=[Depends(own_form)])
async def use(
    request: Request,
    at: HouseIn,
    _reader: ReaderIn,
    visitor: MaybeVisitor,
    now: Now,
    credential: Answered = "",
    sealed: Answered = "",
    onward: Answered = "/",
) -> Response:
    """Sign in whoever has the passkey, and end the login that this browser had before, if any."""
    agent = request.headers.get("user-agent", "")
    said = Said(credential, sealed)
    async with at.database.writing() as db:
        made = await passkey.sign_in(
            db, at.registrar, said, agent, now, lifetime=login_lifetime(at.settings)
        )
        if not isinstance(made, No) and visitor and visitor.login_id:
            await identity.revoke_login(db, visitor.login_id, visitor.person, now)
    if isinstance(made, No):
        return not_by_passkey(request, at, made, home_or(onward))
    return signed_in(RedirectResponse(home_or(onward), 303), at.settings, made)


@router.post(f"{HERE}/passkeys", dependencies=[Depends(own_form)])
async def add(
    reader: ReaderIn,
    visitor: AccountVisitor,
    credential: Answered = "",
    sealed: Answered = "",
    passkey_name: Annotated[str, Form(alias="passkey", max_length=LONGEST)] = "",
) -> Response:
    """The page again where it did not work, with the name as it was typed."""
    at, sheet = reader.house, said_by(visitor.person)
    try:
        async with at.database.writing() as db:
            await passkey.add(
                db,
                at.registrar,
                Said(credential, sealed),
                passkey_name,
                await _login(db, visitor),
                visitor.person,
                reader.now,
                required=at.settings.passkey_required,
            )
    except Malformed as refused:
        again = Sheet(sheet, refused.faults, passkey_name=passkey_name)
        return await account_page(reader, visitor, again, 422)
    except (Conflict, Refused) as refused:
        reason = refused.reason if isinstance(refused, Conflict) else refused.decision.reason
        if not isinstance(reason, PasskeyReason):
            raise
        status = {PasskeyReason.STALE: 400}.get(reason, 409)
        again = Sheet(sheet, passkey_name=passkey_name, not_added=reason)
        return await account_page(reader, visitor, again, status)
    return RedirectResponse(f"{HERE}?done=passkey-added", 303)


@router.post(f"{HERE}/passkeys/{{passkey_id}}", dependencies=[Depends(own_form)])
async def rename(
    passkey_id: UUID,
    reader: ReaderIn,
    visitor: AccountVisitor,
    new_name: Annotated[str, Form(alias="passkey", max_length=LONGEST)] = "",
) -> Response:
    try:
        async with reader.house.database.writing() as db:
            await passkey.rename(db, passkey_id, new_name, visitor.person)
    except Malformed as refused:
        faults = {f"passkey-{passkey_id}": refused.faults["passkey"]}
        again = Sheet(said_by(visitor.person), faults)
        return await account_page(reader, visitor, again, 422)
    return RedirectResponse(f"{HERE}?done=passkey-renamed", 303)


@router.post(f"{HERE}/passkeys/{{passkey_id}}/remove", dependencies=[Depends(own_form)])
async def remove(
    passkey_id: UUID, at: HouseIn, visitor: AccountVisitor, db: WritingIn, now: Now
) -> Response:
    login, required = await _login(db, visitor), at.settings.passkey_required
    await passkey.remove(db, passkey_id, login, visitor.person, now, required=required)
    return RedirectResponse(f"{HERE}?done=passkey-removed", 303)


async def _login(db: Reading | Writing, visitor: Visitor) -> Login:
    """The browser that asks: a token that leaked must not be able to let somebody in."""
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    return await load(db, Login, visitor.login_id)
