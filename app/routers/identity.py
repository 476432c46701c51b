"""Oneself: who one is here, where one is signed in, tokens for programs, and links by mail."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, status

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Visitor, VisitorIn, Writing
from app.errors import Refused
from app.models import AccessToken, Login, Passkey, Person, ProviderAccount
from app.policy.identity import IdentityReason, Particulars, SignInWay
from app.policy.refusal import No
from app.routers.schemas import In, Moment, Out, Text
from app.services import feeds, identity, passkey, provider

router = APIRouter(
    prefix="/api/v1",
    tags=["identity"],
    dependencies=[Depends(depends.same_site)],
)


class LinkIn(In):
    """An address to mail a link to, and the page to open afterwards."""

    email: Text
    onward: Text = "/"


class LinkOut(Out):
    """The same for every address, whether or not somebody uses the service under it."""

    expires_in: int


class MeIn(In):
    """What to change; what is left out stays."""

    name: Text | None = None
    affiliation: Text | None = None
    job_title: Text | None = None
    country: Text | None = None
    language: Text | None = None


class MeOut(Out):
    id: UUID
    email: str
    name: str
    affiliation: str
    job_title: str
    country: str
    language: str
    verified_at: datetime | None

    @classmethod
    def of(cls, person: Person) -> "MeOut":
        return cls.model_validate(person, from_attributes=True)


class LoginOut(Out):
    """A browser that is signed in; ``this`` is the one that asks."""

    id: UUID
    agent: str
    way: SignInWay
    way_name: str
    created_at: datetime
    expires_at: datetime
    this: bool

    @classmethod
    def of(cls, login: Login, this: UUID | None) -> "LoginOut":
        return cls(
            id=login.id,
            agent=login.agent,
            way=login.way,
            way_name=login.way_name,
            created_at=login.created_at,
            expires_at=login.expires_at,
            this=login.id == this,
        )


class ProviderAccountOut(Out):
    """An account at an identity provider; one that was unlinked signs nobody in."""

    id: UUID
    provider: str
    issuer: str
    linked_at: datetime
    used_at: datetime
    unlinked_at: datetime | None

    @classmethod
    def of(cls, account: ProviderAccount) -> "ProviderAccountOut":
        return cls.model_validate(account, from_attributes=True)


class PasskeyOut(Out):
    """A passkey; it is added, renamed and removed in a browser only."""

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, held: Passkey) -> "PasskeyOut":
        return cls.model_validate(held, from_attributes=True)


class RevokedOut(Out):
    revoked: int


class TokenIn(In):
    """A token for a program; without an end it works until it is revoked."""

    label: Text
    expires_at: Moment | None = None


class TokenOut(Out):
    """A token without its word; ``this`` is the one that asks."""

    id: UUID
    label: str
    created_at: datetime
    expires_at: datetime | None
    this: bool = False

    @classmethod
    def of(cls, token: AccessToken, this: UUID | None) -> "TokenOut":
        return cls(
            id=token.id,
            label=token.label,
            created_at=token.created_at,
            expires_at=token.expires_at,
            this=token.id == this,
        )


class FeedOut(Out):
    """Since when one's calendar has a secret address; null while it has none."""

    made_at: datetime | None


class NewFeedOut(FeedOut):
    """The one time that the address is told."""

    address: str


class NewTokenOut(TokenOut):
    """The one time that the word is told."""

    token: str


async def in_person(visitor: VisitorIn) -> Visitor:
    """Someone signed in with a browser: a token that leaked must not be able to make more."""
    if visitor.login_id is None:
        raise Refused(No(IdentityReason.BY_LOGIN_ONLY))
    return visitor


InPerson = Annotated[Visitor, Depends(in_person)]


@router.post("/sign-in-links", status_code=status.HTTP_202_ACCEPTED)
async def ask_for_link(link: LinkIn, request: Request, at: HouseIn, now: Now) -> LinkOut:
    """Have a one-time link mailed; 429 for a network that asks too often."""
    network = request.client.host if request.client else ""
    await identity.send_link(at, network, link.email, link.onward, now)
    return LinkOut(expires_in=at.settings.link_lifetime)


@router.get("/me")
async def who_am_i(me: Me) -> MeOut:
    return MeOut.of(me)


@router.patch("/me")
async def describe(said: MeIn, me: Me, db: Writing) -> MeOut:
    """Registrations that exist keep what they were made with."""
    return MeOut.of(await identity.describe(db, me.id, Particulars(**said.model_dump())))


@router.get("/logins")
async def my_logins(visitor: VisitorIn, now: Now, db: Reading) -> list[LoginOut]:
    found = await identity.logins(db, visitor.person, now)
    return [LoginOut.of(login, visitor.login_id) for login in found]


@router.delete("/logins")
async def sign_out_elsewhere(visitor: VisitorIn, now: Now, db: Writing) -> RevokedOut:
    """Every browser but the one that asks; a token ends them all."""
    ended = await identity.revoke_all_logins(db, visitor.person, now, but=visitor.login_id)
    return RevokedOut(revoked=ended)


@router.delete("/logins/{login_id}", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(login_id: UUID, me: Me, now: Now, db: Writing) -> None:
    await identity.revoke_login(db, login_id, me, now)


@router.get("/provider-accounts")
async def my_provider_accounts(me: Me, db: Reading) -> list[ProviderAccountOut]:
    return [ProviderAccountOut.of(account) for account in await provider.accounts(db, me)]


@router.delete("/provider-accounts/{account_id}", status_code=status.HTTP_204_NO_CONTENT)
async def unlink(account_id: UUID, visitor: VisitorIn, now: Now, db: Writing) -> None:
    await provider.unlink(db, account_id, visitor.person, now, but=visitor.login_id)


@router.get("/passkeys")
async def my_passkeys(me: Me, db: Reading) -> list[PasskeyOut]:
    return [PasskeyOut.of(each) for each in await passkey.passkeys(db, me)]


@router.get("/tokens")
async def my_tokens(visitor: VisitorIn, now: Now, db: Reading) -> list[TokenOut]:
    found = await identity.access_tokens(db, visitor.person, now)
    return [TokenOut.of(token, visitor.token_id) for token in found]


@router.post("/tokens", status_code=status.HTTP_201_CREATED)
async def make_token(new: TokenIn, me: InPerson, now: Now, db: Writing) -> NewTokenOut:
    made, word = await identity.new_token(
        db, me.person, new.label, now, new.expires_at, with_passkey=me.with_passkey
    )
    return NewTokenOut(**TokenOut.of(made, None).model_dump(), token=word)


@router.delete("/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_token(token_id: UUID, me: Me, now: Now, db: Writing) -> None:
    await identity.revoke_token(db, token_id, me, now)


@router.get("/me/calendar")
async def my_calendar(me: Me, db: Reading) -> FeedOut:
    found = await feeds.of(db, me)
    return FeedOut(made_at=found.created_at if found else None)


@router.put("/me/calendar", status_code=status.HTTP_201_CREATED)
async def publish_calendar(me: InPerson, at: HouseIn, now: Now, db: Writing) -> NewFeedOut:
    """A new secret address for one's sittings; the one before is nobody's from now on."""
    made, word = await feeds.publish(db, me.person, now)
    address = f"{at.settings.address}{feeds.path(word)}"
    return NewFeedOut(made_at=made.created_at, address=address)


@router.delete("/me/calendar", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_calendar(me: Me, now: Now, db: Writing) -> None:
    await feeds.revoke(db, me, now)
