"""Puts the house together."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache, partial
from typing import Final

import structlog
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from app import editions, keys, problems, routers, schema, store
from app.compiling import Bindery
from app.corridor import Corridor
from app.database import Database
from app.depends import House, HouseIn, visitors_of
from app.doorkeeper import Keeper
from app.edge import Edge, Turnstile
from app.live import bus
from app.live.hall import Hall
from app.mail import sender
from app.pages.doors import faces
from app.pages.language import LanguageMiddleware
from app.pages.look import Look
from app.pages.portal.compiled import worded
from app.policy.badge import PICTURE_BYTES
from app.providers import Providers
from app.rates import Rates
from app.routers import (
    forms as form_doors,
)
from app.routers import (
    inputs as input_doors,
)
from app.routers import (
    live,
    registrations,
)
from app.services import (
    claims,
    consultations,
    door,
    forms,
    handout,
    identity,
    listing,
    nomination,
    notes,
    once,
    participation,
    photos,
    search,
    sending,
)
from app.services.counter import Counter
from app.services.files import Files
from app.services.passkey import Registrar
from app.services.seats import TicketOffice, Wanted
from app.settings import Settings
from app.together import Together, UnderWay

COLLECT: Final = (50_000, 20, 20)
"""Nearly everything goes when nobody holds it; with Python's own thresholds the collector looks for
cycles some hundred times a second while people are served, and finds none."""
log = structlog.get_logger()
health = APIRouter(prefix="/health", tags=["health"])

LARGEST_BODY = 256 * 1024
WITH_A_FILE = 12 * 1024 * 1024  # one of at most ten, and the texts of a form around it
ONE_FILE = PICTURE_BYTES + LARGEST_BODY
IN_JSON = 2 * 1024 * 1024
LARGER_BODIES = {
    "/delegation/register": 1024 * 1024,  # a list of people, as a file or pasted
    "/registrations/[^/]+/photo": ONE_FILE,  # a form with a picture: kept on disk while it is read
    "/desk/badges/[^/]+/[^/]+/photo": ONE_FILE,
    "/desk/badges/[^/]+/find": ONE_FILE,
    "/door/[^/]+": ONE_FILE,
    "/api/v1/registrations/[^/]+/photo": IN_JSON,
    "/api/v1/meetings/[^/]+/badges/read": IN_JSON,
    "/inputs/[^/]+": WITH_A_FILE,
    "/api/v1/inputs/[^/]+/files/[^/]+": WITH_A_FILE,
    "/meetings/[^/]+/contribute": WITH_A_FILE,
    "/documents/[^/]+": WITH_A_FILE,
    "/desk/documents/[^/]+(/[^/]+)?": WITH_A_FILE,
    "/api/v1/meetings/[^/]+/(documents|contributions)": WITH_A_FILE,
    "/api/v1/documents/[^/]+/texts/[^/]+": WITH_A_FILE,
    "/api/v1/consultations/[^/]+/inputs": 2 * 1024 * 1024,
}
FORGET_EVERY = 3600.0  # seconds
REMIND_EVERY = 60.0  # seconds
SORT_AFTER = 0.5  # seconds: sooner than PostgreSQL would do it while somebody waits


class Service(FastAPI):
    """The application; a socket goes the short way to its door.

    A connection stays for hours, and with it all that stands between the server and the door: with
    the frames of middleware and routing, which have nothing more to do, it held half as much again.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        short = scope["type"] == "websocket" and scope["path"] == live.PATH
        if short and not scope["query_string"]:  # an odd address goes the long way, to its refusal
            scope["app"] = self
            scope.setdefault("state", {})["language"] = self.state.languages.of(scope)
            await live.live(WebSocket(scope, receive, send), self.state.house)
        else:
            await self.state.turnstile(scope, receive, send)


def create_app(settings: Settings) -> FastAPI:
    """The service with these settings; a fault in an edition's file stops it here, by name."""
    house = build(settings)
    app = Service(
        title="CWG meetings",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(Edge, largest_body=LARGEST_BODY, larger=LARGER_BODIES),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
            Middleware(LanguageMiddleware, development=settings.development),
        ],
    )
    app.state.house = house
    app.state.languages = LanguageMiddleware(app, development=settings.development)
    whole = super(Service, app).__call__
    app.state.turnstile = Turnstile(
        whole, house.hall.doorway, app.state.languages.of, house.under_way
    )
    app.state.look = Look(fingerprint=house.keys.fingerprint, development=settings.development)
    problems.install(app)
    app.router.routes.extend(_doors(demo=settings.demo).routes)
    app.router.routes.extend(app.state.look.routes)
    return app


@cache
def _doors(*, demo: bool) -> APIRouter:
    """Every door; FastAPI takes a while to look at them, so once in a process is enough."""
    doors = APIRouter()
    for router in (health, *routers.ALL, *faces(demo=demo)):
        doors.include_router(Corridor(router))
    return doors


def build(settings: Settings) -> House:
    """What the doors stand on."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    kept = keys.load(settings)
    database = Database(settings.database)
    office = TicketOffice(kept.secret, settings.ticket_lifetime)
    files = Files(
        store.of(
            settings.files_url,
            settings.data_dir / "files",
            settings.files_endpoint,
            settings.files_region,
        )
    )
    fonts = settings.data_dir / "fonts"
    under_way = UnderWay()
    keeper = Keeper(database, office, kept, settings.address, passkeys=settings.passkey_required)
    return House(
        settings=settings,
        database=database,
        keys=kept,
        editions=editions.load(),
        rates=Rates(),
        providers=Providers(settings.providers, kept.secret),
        registrar=Registrar(kept.secret, settings.address, "CWG-Internet"),
        files=files,
        bindery=Bindery(database, files.store, fonts, settings.address, worded),
        hall=Hall(database, keeper, settings.lease_lifetime),
        office=office,
        visitors=visitors_of(database, passkeys=settings.passkey_required),
        tickets=_tickets(database, office),
        forms=form_doors.forms_of(database),
        claims=Counter(database, partial(claims.hand_in, kept.vault), registrations.created).open(
            under_way
        ),
        inputs=Counter(database, partial(sending.hand_in, kept), input_doors.sent).open(under_way),
        under_way=under_way,
    )


def _tickets(database: Database, office: TicketOffice) -> Together[Wanted, str]:
    """Tickets that are asked for at the same moment are decided on together."""

    async def answer(wanted: Sequence[Wanted]) -> list[str | Exception]:
        async with database.reading() as db:
            return await office.issue(db, wanted, datetime.now(UTC))

    return Together(answer)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Migrate, then open: the hall before the bells, so that none rings unheard."""
    house: House = app.state.house
    await schema.upgrade(house.database.engine)
    letters, words = asyncio.Event(), asyncio.Event()
    words.set()  # what was added by another program

    def ring(bell: str) -> None:
        if bell in {"letters", bus.EVERYTHING}:
            letters.set()
        if bell in {search.ADDED, bus.EVERYTHING}:
            words.set()
        if bell != search.ADDED:
            house.hall.ring(bell)

    house.database.announce = ring
    async with AsyncExitStack() as stack:
        stack.push_async_callback(house.database.close)
        await stack.enter_async_context(house.hall.open())
        carrier = bus.of(house.database, house.settings.database)
        await stack.enter_async_context(carrier.carry(ring))
        await _forget(house)
        await _count(house)
        loops = (
            sender.run(house, letters),
            _sorting(house, words),
            _forgetting(house),
            _reminding(house),
        )
        tasks = [asyncio.create_task(loop) for loop in loops]
        # What is here now stays: a collector that looks through it stops everyone for a moment.
        gc.freeze()
        gc.set_threshold(*COLLECT)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _sorting(at: House, added: asyncio.Event) -> None:
    """What was added to PostgreSQL's index of words is sorted in soon after; each process looks."""
    while not at.database.sqlite:
        await added.wait()
        await asyncio.sleep(SORT_AFTER)
        added.clear()
        try:
            async with at.database.writing() as db:
                await search.sort(db)
        except Exception:
            log.exception("sort")  # the database does it itself, later


async def _forgetting(at: House) -> None:
    while True:
        await asyncio.sleep(FORGET_EVERY)
        await _forget(at)
        await _count(at)


async def _forget(at: House) -> None:
    """Personal data has an end: what ended long ago is removed, at start and every hour."""
    try:
        async with at.database.writing() as db:
            await identity.forget(db, datetime.now(UTC))
            await notes.forget(db, datetime.now(UTC))
            await forms.forget(db, datetime.now(UTC))
            await listing.forget(db, datetime.now(UTC))
            await nomination.forget(db, datetime.now(UTC))
            await once.forget(db, datetime.now(UTC))
            await door.forget(db, datetime.now(UTC))
            await photos.forget(db, datetime.now(UTC))
            await handout.forget(db, datetime.now(UTC))
            await consultations.forget(db, datetime.now(UTC))
        await at.files.sweep(at.database, datetime.now(UTC))
    except Exception:
        log.exception("forget")  # the next hour tries again; nobody is kept out for it


async def _count(at: House) -> None:
    """What everybody may read of who takes part is counted once a day, and not as one looks."""
    try:
        async with at.database.writing() as db:
            await participation.count(db, datetime.now(UTC))
    except Exception:
        log.exception("count")  # the count of an earlier day is shown meanwhile


async def _reminding(at: House) -> None:
    """Those who follow a consultation are reminded of its close; every process looks."""
    while True:
        await _remind(at)
        await asyncio.sleep(REMIND_EVERY)


async def _remind(at: House) -> None:
    try:
        async with at.database.reading() as db:
            due = await consultations.is_due(db, datetime.now(UTC))
        while due:
            async with at.database.writing() as db:
                due = bool(await consultations.remind(db, datetime.now(UTC)))
    except Exception:
        log.exception("remind")  # the next minute tries again


@health.get("/live")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@health.get("/ready")
async def ready(at: HouseIn) -> JSONResponse:
    """The database answers and has the schema this program was written for."""
    try:
        current = await schema.is_current(at.database.engine)
    except Exception as fault:  # noqa: BLE001 - whatever the fault, it is not ready
        log.warning("not-ready", fault=repr(fault))
        current = False
    return JSONResponse({"status": "ready" if current else "not ready"}, 200 if current else 503)
