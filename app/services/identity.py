"""Who someone is: one-time links by mail, logins that can be revoked, tokens for programs.

An address that nobody has used before gets a link like any other, and its person is kept, not
verified, from the moment of asking: a link and a letter need someone to belong to, and so a known
and an unknown address cause the same statements and the same answer. Nothing follows from such a
person until the link is used; ``forget`` removes the ones that never were.

The link's token is in no table. ``ask_for_link`` keeps the digest of a token that nobody has;
when the letter is sent, ``mail.sender`` makes the token, keeps its digest, and puts it into the
letter. Sending again after a fault makes another one.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, delete, exists, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from app.database import Database, Reading, Writing, hold, hold_all, load, of_these, ring
from app.errors import Conflict, Malformed, NotFound, TooMany
from app.i18n import Language, countries
from app.mail import tokens
from app.mail.address import normalized
from app.models import AccessToken, Letter, Login, Person, SignInLink
from app.policy import text
from app.policy.identity import (
    LABEL,
    IdentityFault,
    IdentityReason,
    Particulars,
    SignInWay,
    cleaned,
    faults,
    leads_home,
)
from app.policy.letters import LetterKind
from app.rates import Rates
from app.services import acts, letters, view
from app.settings import Settings

PREFIX = "cwg_"
LINK_LIFETIME = timedelta(minutes=30)
LOGIN_LIFETIME = timedelta(days=14)
MOST_TOKENS = 20
KEPT_UNVERIFIED = timedelta(days=7)
KEPT_ENDED = timedelta(days=90)


# People.


async def person_for(db: Writing, email: str, now: datetime) -> Person:
    """The person of an address, made where there is none; two at once get the same one."""
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    new = Person(email=normalized(email), created_at=now)
    # One statement whether or not there is one: the time it takes tells nothing.
    put = dialect.insert(Person).values(**new.model_dump())
    put = put.on_conflict_do_update(index_elements=["email"], set_={"email": put.excluded.email})
    told = put.returning(Person).execution_options(populate_existing=True)
    person: Person = (await db.exec(told)).scalar_one()
    return person


async def by_email(db: Reading | Writing, email: str) -> Person | None:
    """Whoever has this address, in whatever spelling."""
    query = select(Person).where(Person.email == normalized(email))
    return (await db.exec(query)).first()


async def describe(db: Writing, person_id: UUID, said: Particulars) -> Person:
    """Change what someone says of themselves; registrations keep what they were made with."""
    fit = cleaned(said)
    if wrong := faults(fit, countries(Language.ENGLISH), set(Language)):
        raise Malformed(**wrong)
    person = await hold(db, Person, person_id)
    for column, value in asdict(fit).items():
        if value is not None:
            setattr(person, column, value)
    db.add(person)
    await db.flush()
    return person


# Links.


class Place(Protocol):
    """What asking for a link stands on; ``depends.House`` is one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def rates(self) -> Rates: ...


async def send_link(at: Place, network: str, email: str, onward: str, now: datetime) -> str:
    """Have a link mailed and return the address as it is kept; TooMany for a busy network.

    Too many for one *address* look the same from outside: nothing is raised, and one more letter is
    written only where none of the earlier links works any more. So nobody's mailbox is flooded,
    nobody learns whether somebody else is signing in, and nobody is locked out by a stranger who
    asks in their name.
    """
    await at.rates.take(at.settings.links_per_address, "links-from", network_of(network))
    to = normalized(email)
    often = False
    try:
        await at.rates.take(at.settings.links_per_person, "links-to", to)
    except TooMany:
        often = True
    lifetime = timedelta(seconds=at.settings.link_lifetime)
    async with at.database.writing() as db:
        person = await person_for(db, to, now)
        if not (often and await _has_working_link(db, person, now)):
            await ask_for_link(db, to, onward, now, lifetime=lifetime)
    return to


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """Whom to count: an IPv6 subscriber has a whole /64 of addresses."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv4Address) or address.ipv4_mapped:
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(ip_network((address, 64), strict=False))


async def _has_working_link(db: Writing, person: Person, now: datetime) -> bool:
    query = select(SignInLink.id).where(
        SignInLink.person_id == person.id,
        col(SignInLink.used_at).is_(None),
        col(SignInLink.expires_at) > now,
    )
    return (await db.exec(query.limit(1))).first() is not None


async def ask_for_link(
    db: Writing, email: str, onward: str, now: datetime, *, lifetime: timedelta = LINK_LIFETIME
) -> SignInLink:
    """Have a one-time link mailed; the same for every address, known or not."""
    if not leads_home(onward):
        raise Malformed(onward=IdentityFault.NO_PATH)
    person = await person_for(db, email, now)
    link = SignInLink(
        person_id=person.id,
        digest=tokens.digest(tokens.new_token()),
        onward=onward,
        created_at=now,
        expires_at=now + lifetime,
    )
    db.add(link)
    await letters.write(db, LetterKind.SIGN_IN, person, now, link_id=str(link.id))
    return link


async def whose_link(db: Reading | Writing, token: str, now: datetime) -> tuple[SignInLink, Person]:
    """The link of a token and who will be signed in, or the reason why it opens nothing."""
    link = _good((await db.exec(_link_of(token))).first(), now)
    return link, await load(db, Person, link.person_id)


async def sign_in(
    db: Writing, token: str, agent: str, now: datetime, *, lifetime: timedelta = LOGIN_LIFETIME
) -> tuple[str, Person, str]:
    """Use a link: a new cookie, the person, and where to go on. Of two uses at once one wins.

    Using it verifies the address, and links asked for before it open nothing any more.
    """
    held = _link_of(token).with_for_update().execution_options(populate_existing=True)
    link = _good((await db.exec(held)).first(), now)
    person = await hold(db, Person, link.person_id)
    link.used_at = now
    person.verified_at = person.verified_at or now
    db.add_all((link, person))
    await _void_older(db, link, now)
    cookie = await log_in(db, person, agent, now, lifetime=lifetime)
    await acts.record(db, "signed-in", now, person=str(person.id), link=str(link.id))
    return cookie, person, link.onward


def _link_of(token: str) -> SelectOfScalar[SignInLink]:
    return select(SignInLink).where(SignInLink.digest == tokens.digest(token))


def _good(link: SignInLink | None, now: datetime) -> SignInLink:
    if link is None:
        raise NotFound
    if link.used_at is not None:
        raise Conflict(IdentityReason.LINK_USED)
    if link.expires_at <= now:
        raise Conflict(IdentityReason.LINK_EXPIRED)
    return link


async def _void_older(db: Writing, used: SignInLink, now: datetime) -> None:
    older = update(SignInLink).where(
        col(SignInLink.person_id) == used.person_id,
        col(SignInLink.id) != used.id,
        col(SignInLink.used_at).is_(None),
        col(SignInLink.created_at) <= used.created_at,
        col(SignInLink.expires_at) > now,
    )
    await db.exec(older.values(expires_at=now))


# Logins.


@dataclass(frozen=True, slots=True)
class Made:
    """How a login was made: by which account or passkey, and what that was called then."""

    way: SignInWay = SignInWay.LINK
    by: UUID | None = None
    name: str = ""


BY_LINK = Made()


async def log_in(
    db: Writing,
    person: Person,
    agent: str,
    now: datetime,
    *,
    lifetime: timedelta = LOGIN_LIFETIME,
    made: Made = BY_LINK,
) -> str:
    """A new login of someone whose identity is established; the value of its cookie."""
    cookie = tokens.new_token()
    login = Login(
        person_id=person.id,
        digest=tokens.digest(cookie),
        agent="".join(one if one.isprintable() else " " for one in agent)[:200],
        way=made.way,
        way_id=made.by,
        way_name=made.name[:80],
        created_at=now,
        expires_at=now + lifetime,
    )
    db.add(login)
    await db.flush()
    return cookie


async def by_cookie(
    db: Reading | Writing, cookie: str, now: datetime
) -> tuple[Login, Person] | None:
    """The login of a cookie and its person; nobody where it is forged, ended or revoked."""
    return (await by_cookies(db, [cookie], now)).get(cookie)


async def by_cookies(
    db: Reading | Writing, cookies: Collection[str], now: datetime
) -> dict[str, tuple[Login, Person]]:
    """The same for many of them, in as many queries as for one."""
    digests = {tokens.digest(cookie): cookie for cookie in cookies}
    query = select(Login, Person).join(Person, col(Person.id) == col(Login.person_id))
    query = query.where(col(Login.digest).in_(digests), *_live(Login, now))
    return {digests[login.digest]: (login, person) for login, person in await db.exec(query)}


async def logins(db: Reading | Writing, person: Person, now: datetime) -> Sequence[Login]:
    """Where someone is signed in now, the newest first."""
    query = select(Login).where(Login.person_id == person.id, *_live(Login, now))
    return (await db.exec(query.order_by(col(Login.created_at).desc()))).all()


async def revoke_login(db: Writing, login_id: UUID, by: Person, now: datetime) -> None:
    """Sign a browser out; its sockets are closed too. Doing it twice changes nothing."""
    await _revoke(db, Login, login_id, by, now)


async def revoke_all_logins(
    db: Writing, by: Person, now: datetime, *, but: UUID | None = None
) -> int:
    """Sign every browser out, except perhaps one; how many there were."""
    live = await hold_all(db, Login, Login.person_id == by.id, *_live(Login, now))
    ended = [login for login in live if login.id != but]
    for login in ended:
        await _revoke(db, Login, login.id, by, now)
    return len(ended)


async def revoke_made_by(
    db: Writing, way_id: UUID, by: Person, now: datetime, *, but: UUID | None = None
) -> None:
    """End the logins that a provider's account or a passkey has made, except perhaps one."""
    for login in await hold_all(db, Login, Login.person_id == by.id, Login.way_id == way_id):
        if login.id != but:
            await revoke_login(db, login.id, by, now)


# Personal access tokens.


async def new_token(
    db: Writing,
    person: Person,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
    *,
    with_passkey: bool = False,
) -> tuple[AccessToken, str]:
    """A token for a program of this person; the word is given once and kept nowhere.

    ``with_passkey`` says that it is made by a login with a passkey, and so can do as much.
    """
    said = text.clean(label)
    if fault := text.fault(said, LABEL, required=True):
        raise Malformed(label=fault)
    if expires_at is not None and expires_at <= now:
        raise Malformed(expires_at=IdentityFault.PAST)
    await hold(db, Person, person.id)
    if len(await access_tokens(db, person, now)) >= MOST_TOKENS:
        raise Conflict(IdentityReason.TOO_MANY_TOKENS, most=MOST_TOKENS)
    word = PREFIX + tokens.new_token()
    made = AccessToken(
        person_id=person.id,
        digest=tokens.digest(word),
        label=said,
        with_passkey=with_passkey,
        created_at=now,
        expires_at=expires_at,
    )
    db.add(made)
    await acts.record(db, "token-made", now, person=str(person.id), token=str(made.id))
    return made, word


@dataclass(frozen=True, slots=True)
class Token:
    """A program's token, as far as it says who asks."""

    id: UUID
    with_passkey: bool


async def by_token(db: Reading | Writing, token: str, now: datetime) -> tuple[Token, Person] | None:
    """A program's token and its person; nobody where it is forged, ended or revoked."""
    return (await by_tokens(db, [token], now)).get(token)


async def by_tokens(
    db: Reading | Writing, words: Collection[str], now: datetime
) -> dict[str, tuple[Token, Person]]:
    """The same for many of them, in as many queries as for one."""
    digests = {tokens.digest(token): token for token in words}
    found = await db.exec(BY_TOKENS, params={"digests": list(digests), "now": now})
    return {digests[said]: (Token(key, passkey), person) for person, said, key, passkey in found}


async def access_tokens(
    db: Reading | Writing, person: Person, now: datetime
) -> Sequence[AccessToken]:
    """Someone's tokens that work now, the newest first."""
    query = select(AccessToken).where(AccessToken.person_id == person.id, *_live(AccessToken, now))
    return (await db.exec(query.order_by(col(AccessToken.created_at).desc()))).all()


async def revoke_token(db: Writing, token_id: UUID, by: Person, now: datetime) -> None:
    """End a token; the sockets it opened are closed too. Doing it twice changes nothing."""
    await _revoke(db, AccessToken, token_id, by, now)


def _live(
    table: type[Login] | type[AccessToken], now: datetime | BindParameter[Any]
) -> tuple[ColumnElement[bool], ...]:
    """Neither revoked nor past its end."""
    ends = col(table.expires_at)
    return col(table.revoked_at).is_(None), or_(ends.is_(None), ends > now)


BY_TOKENS: Final = (
    select(Person, AccessToken.digest, AccessToken.id, AccessToken.with_passkey)
    .join(AccessToken, col(AccessToken.person_id) == col(Person.id))
    .where(col(AccessToken.digest).in_(of_these("digests")), *_live(AccessToken, bindparam("now")))
)


async def _revoke(
    db: Writing, table: type[Login] | type[AccessToken], key: UUID, by: Person, now: datetime
) -> None:
    """End one's own, and have whatever it opened decided again; another's does not exist."""
    held = await hold(db, table, key)
    if held.person_id != by.id:
        raise NotFound
    if held.revoked_at is not None:
        return
    held.revoked_at = now
    db.add(held)
    if isinstance(held, Login):
        await view.end(db, held, now)
    kind = "login-revoked" if table is Login else "token-revoked"
    await acts.record(db, kind, now, person=str(by.id), revoked=str(key))
    ring(db, f"person:{by.id}")


# The end of it.


async def forget(db: Writing, now: datetime) -> int:
    """Remove what has ended long ago, and people who never used a link; how many rows.

    A person whom anything else names, a registration or a designation, is not removed.
    """
    ended = now - KEPT_ENDED
    unused = now - KEPT_UNVERIFIED
    gone = (
        delete(SignInLink).where(col(SignInLink.expires_at) < unused),
        delete(Login).where(or_(col(Login.expires_at) < ended, col(Login.revoked_at) < ended)),
        delete(Letter).where(col(Letter.written_at) < ended),
        delete(Person).where(
            col(Person.verified_at).is_(None), col(Person.created_at) < unused, *_unnamed()
        ),
    )
    return sum([(await db.exec(each)).rowcount for each in gone])


@cache
def _unnamed() -> tuple[ColumnElement[bool], ...]:
    """No row of any table names the person, a letter apart: a new table is seen by itself."""
    named_by = [
        (table, key.parent)
        for table in SQLModel.metadata.sorted_tables
        if table.name != "letters"
        for key in table.foreign_keys
        if key.references(_people())
    ]
    return tuple(~exists().where(column == col(Person.id)) for _, column in named_by)


def _people() -> Table:
    return SQLModel.metadata.tables["people"]
