"""What a door may ask for, by name."""

import hmac
import secrets
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from app import database, errors
from app.compiling import Bindery
from app.database import Database
from app.i18n import Language, translations
from app.keys import Keys
from app.live.hall import Hall
from app.models import Login, Person
from app.policy.access import Edition
from app.policy.identity import SignInWay
from app.policy.passkey import PasskeyReason
from app.policy.refusal import No
from app.policy.view import View, ViewReason
from app.protocol.wishes import CHATTY, AnyWish
from app.providers import Providers
from app.rates import Rates
from app.reasons import Translate
from app.services import access, delegation, identity, passkey, view
from app.services.claims import Asked, Made
from app.services.counter import Done
from app.services.files import Files
from app.services.passkey import Registrar
from app.services.seats import TicketOffice, Wanted
from app.services.sending import Sending, Sent
from app.settings import Settings
from app.together import Together, UnderWay

LOOKED_UP = 200
"""Visitors that are looked up together, at most."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
END_OF_VIEW = "/view-as/end"
# What may be done while one looks as another: to end that, or the login with it.
ENDS = frozenset({END_OF_VIEW, "/sign-out"})


@dataclass(frozen=True, slots=True)
class House:
    """What the service is made of; put together once, in ``main``."""

    settings: Settings
    database: Database
    keys: Keys
    editions: dict[str, Edition]
    rates: Rates
    providers: Providers
    registrar: Registrar
    hall: Hall
    files: Files
    bindery: Bindery
    office: TicketOffice
    visitors: "Together[Shown, Visitor | None]"
    tickets: Together[Wanted, str]
    forms: Together[str, tuple[int, str]]
    claims: Together[Asked, Done[Made]]
    inputs: Together[Sending, Done[Sent]]
    under_way: UnderWay


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is asking, and through which login or token; a token can be revoked like a login.

    ``needs_passkey`` says that their function takes a passkey, and that this way in has none.
    ``view`` is as whom they look at meetings through this login.
    """

    person: Person
    login_id: UUID | None = None
    token_id: UUID | None = None
    with_passkey: bool = False
    needs_passkey: bool = False
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows to say who asks: one of the two."""

    token: str | None = None
    cookie: str | None = None


def visitors_of(db: Database, *, passkeys: bool) -> Together[Shown, Visitor | None]:
    """Who shows what; requests that come at the same moment are looked up together."""

    async def answer(shown: Sequence[Shown]) -> list[Visitor | None]:
        tokens = {each.token for each in shown if each.token is not None}
        cookies = {each.cookie for each in shown if each.cookie is not None}
        moment = datetime.now(UTC)
        async with db.reading() as view:
            by_token = await identity.by_tokens(view, tokens, moment) if tokens else {}
            by_cookie = await identity.by_cookies(view, cookies, moment) if cookies else {}
            known = {
                Shown(token=word): Visitor(person, None, held.id, held.with_passkey)
                for word, (held, person) in by_token.items()
            } | {
                Shown(cookie=word): _by_login(held, person)
                for word, (held, person) in by_cookie.items()
            }
            without = {each.person.id for each in known.values() if not each.with_passkey}
            bound = await passkey.bound(view, without) if passkeys and without else ()
        return [_bound(known.get(each), bound) for each in shown]

    return Together(answer, most=LOOKED_UP)


def _by_login(held: Login, person: Person) -> Visitor:
    with_passkey = held.way is SignInWay.PASSKEY
    return Visitor(person, held.id, None, with_passkey, view=view.of(held))


def _bound(found: Visitor | None, bound: Collection[UUID]) -> Visitor | None:
    if found is None or found.with_passkey or found.person.id not in bound:
        return found
    return replace(found, needs_passkey=True)


async def count(at: House, wish: AnyWish, person_id: UUID, *, captions: bool = False) -> None:
    """Count a wish of a person, and a line of chat once more; TooMany says when to try again.

    Captioners have a rate of their own for what they write.
    """
    rate = at.settings.captions_per_person if captions else at.settings.wishes_per_person
    await at.rates.take(rate, "caption" if captions else "wish", str(person_id))
    if isinstance(wish, CHATTY):
        await at.rates.take(at.settings.chat_per_person, "chat", str(person_id))


async def count_input(at: House, request: Request, person_id: UUID) -> None:
    """Count an input that is sent, by person and by network; TooMany says when to try again."""
    await at.rates.take(at.settings.inputs_per_person, "input", str(person_id))
    network = identity.network_of(request.client.host if request.client else "")
    await at.rates.take(at.settings.inputs_per_address, "inputs", network)


def house_of(connection: HTTPConnection) -> House:
    return cast("House", connection.app.state.house)


# What doors depend on is async even where nothing waits: FastAPI runs the rest in threads, which
# cost a request more than all that it asks for. None of it depends on another: FastAPI goes through
# that once more wherever it is asked for, kept or not.


async def house(connection: HTTPConnection) -> House:
    return house_of(connection)


def cookie_name(settings: Settings) -> str:
    """``__Host-`` needs TLS; on loopback in development there is none."""
    return "cwg_login" if settings.development else "__Host-cwg_login"


async def _reading(connection: HTTPConnection) -> AsyncGenerator[database.Reading]:
    async with house_of(connection).database.reading() as db:
        yield db


async def _writing(connection: HTTPConnection) -> AsyncGenerator[database.Writing]:
    async with house_of(connection).database.writing() as db:
        yield db


async def maybe_visitor(request: Request) -> Visitor | None:
    """Whoever the cookie or the token names; read before the door's own transaction begins.

    Every door that changes something asks here who it is: whoever looks as another is refused. It
    is looked up once for a request, whatever else asks for it.
    """
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await _looked_up(request)
    return cast("Visitor | None", request.state.visitor)


async def _looked_up(request: Request) -> Visitor | None:
    at = house_of(request)
    shown = _shown(request, at.settings)
    visitor = await at.visitors.ask(shown) if shown else None
    if shown and shown.token is not None and visitor is None:
        raise errors.NotSignedIn
    request.state.me = visitor.person if visitor else None
    request.state.needs_passkey = bool(visitor and visitor.needs_passkey)
    request.state.view = visitor.view if visitor else None
    request.state.csrf = csrf_token(at, visitor)
    if request.state.view and request.method not in SAFE and request.url.path not in ENDS:
        raise errors.Refused(No(ViewReason.READS_ONLY))
    return visitor


def _shown(request: Request, settings: Settings) -> "Shown | None":
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Shown(token=token.strip())
    cookie = request.cookies.get(cookie_name(settings), "")
    return Shown(cookie=cookie) if cookie else None


async def account_visitor(request: Request) -> Visitor:
    """Someone at their own account, where a passkey is added: they need not have one yet."""
    return _present(await maybe_visitor(request))


def _present(found: Visitor | None) -> Visitor:
    if found is None:
        raise errors.NotSignedIn
    if found.view:
        raise errors.Refused(No(ViewReason.NOT_SHOWN))
    return found


async def visitor(request: Request) -> Visitor:
    """Whoever needs a passkey came with one."""
    found = await account_visitor(request)
    if found.needs_passkey:
        raise errors.Refused(No(PasskeyReason.NEEDED))
    return found


async def me(request: Request) -> Person:
    return (await visitor(request)).person


async def maybe_me(request: Request) -> Person | None:
    """Whoever asks; who should have come with a passkey is shown what everybody is.

    So is whoever looks as another, by every door that does not ask for ``Whom``.
    """
    found = await maybe_visitor(request)
    return found.person if found and not (found.needs_passkey or found.view) else None


async def whom(request: Request) -> access.Whom:
    """Whoever asks, or as whom they look."""
    found = await maybe_visitor(request)
    if found is None or found.view is None:
        return await maybe_me(request)
    return access.Looking(None if found.needs_passkey else found.person, found.view)


async def no_view(request: Request) -> None:
    """Nobody is in a room as another."""
    found = await maybe_visitor(request)
    if found and found.view:
        raise errors.Refused(No(ViewReason.NO_SEAT))


async def now() -> datetime:
    return datetime.now(UTC)


def words_of(connection: HTTPConnection) -> Translate:
    """The reader's language, as the language middleware chose it."""
    return translations(Language(connection.scope["state"]["language"])).gettext


def csrf_token(at: House, found: Visitor | None, nonce: str = "") -> str:
    """What a form of this login carries; nobody else can compute it.

    The nonce makes every page's token another one: pages are compressed, and what stands in all of
    them alike could be guessed from their lengths (BREACH).
    """
    who = str(found.login_id) if found and found.login_id else "nobody"
    nonce = nonce or secrets.token_hex(8)
    return f"{nonce}.{hmac.new(at.keys.secret, f'form {who} {nonce}'.encode(), sha256).hexdigest()}"


async def same_site(request: Request) -> None:
    """Refuse what another site makes a browser send; a browser says where a POST comes from.

    ``Sec-Fetch-Site`` first: our pages send no referrer (``no-referrer``), and for a form on such a
    page a browser names ``null`` as its origin.
    """
    found = await maybe_visitor(request)
    if request.method in SAFE or (found and found.token_id):
        return
    address = house_of(request).settings.address
    origin = request.headers.get("origin", address)
    site = request.headers.get("sec-fetch-site")
    own = origin == address if site is None else site in {"same-origin", "none"}
    if not own or origin not in {address, "null"}:
        raise errors.Foreign


async def own_form(request: Request) -> None:
    """The form came from a page of ours that was made for this login."""
    await same_site(request)
    if request.method in SAFE:
        return
    try:
        form = await request.form()
        for pair in form.multi_items():
            "".join(map(_words, pair)).encode()
    except UnicodeError:
        # A form may name its own encoding; half a character of another one is no text to us.
        raise HTTPException(400) from None
    sent = str(form.get("csrf", ""))
    nonce = sent.partition(".")[0]
    own = csrf_token(house_of(request), await maybe_visitor(request), nonce)
    if not nonce or not hmac.compare_digest(sent.encode(), own.encode()):
        raise errors.Foreign


def _words(said: str | UploadFile) -> str:
    return said if isinstance(said, str) else said.filename or ""


async def decision_on_record(
    request: Request,
    by: Annotated[Person, Depends(me)],
) -> AsyncGenerator[None]:
    """A decision on one registration that is refused leaves an act, as one among many does.

    A door asks for it before it opens its transaction, which is undone by then.
    """
    try:
        yield
    except (errors.NotFound, errors.Refused) as refused:
        reference = request.path_params["reference"]
        async with house_of(request).database.writing() as db:
            await delegation.refused(db, reference, refused, by=by, now=await now())
        raise


ON_RECORD = Depends(decision_on_record, scope="function")
HouseIn = Annotated[House, Depends(house)]
Reading = Annotated[database.Reading, Depends(_reading, scope="function")]
Writing = Annotated[database.Writing, Depends(_writing, scope="function")]
Me = Annotated[Person, Depends(me)]
MaybeMe = Annotated[Person | None, Depends(maybe_me)]
Whom = Annotated[access.Whom, Depends(whom)]
AccountVisitor = Annotated[Visitor, Depends(account_visitor)]
VisitorIn = Annotated[Visitor, Depends(visitor)]
MaybeVisitor = Annotated[Visitor | None, Depends(maybe_visitor)]
Now = Annotated[datetime, Depends(now)]
