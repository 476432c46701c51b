"""What tests may ask for by name: databases of both kinds, a browser, a letter box."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

import pytest
import structlog
from coverage import Coverage
from hypothesis import settings
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

import app
import app.database
from app import models
from app.database import Database, make_engine
from tests import chromium, postgres
from tests.machine import IN_CI
from tests.postbox import Postbox, open_postbox

ENGINES = ("sqlite", "postgres")
HOUSE = str(Path(app.__file__).parent)
TESTS = Path(__file__).parent
TRACED = (
    "policy",
    "live",
    "services",
    "routers/test_sittings.py",
    "pages/test_receipts.py",
    "pages/test_text.py",
    "pages/test_words.py",
    "test_verify_cli.py",
    "test_opening.py",
)
# What takes longest begins first: whoever is done takes from the others, and all end together.
DEAR = (
    "test_no_outsider_gets_in_or_hears_anything_by_any_door",
    "test_each_action_of_the_chair_is_done_once_though_its_answer_never_came",
    "test_a_round_from_its_topic_to_what_became_of_every_input",
    "test_every_page_is_accessible_and_fits_a_phone",
    "test_everyone_hears_every_event_and_comes_back_with_what_they_missed",
    "test_a_split_meeting_runs_from_end_to_end",
    "test_a_channel_is_heard_by_whom_its_rule_names_and_by_nobody_else",
    "test_every_page_is_light_enough_for_a_poor_line",
)
GRACE = 2.0  # seconds for what a test started to come to its end

# The default draws every frame of a fault with all that it holds, which takes minutes.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("here", deadline=None)  # a busy machine is not a failure
settings.load_profile("ci" if IN_CI else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=(*ENGINES, "both"),
        default="both",
        help="on which engines tests that ask for a database run",
    )


def pytest_configure() -> None:
    """What the person at the keyboard has set for their own service is not for the tests."""
    for name in [name for name in os.environ if name.startswith("CWG_")]:
        del os.environ[name]


def pytest_xdist_auto_num_workers() -> int:
    """One for each core, as tests measure how long people wait; each has a browser of its own."""
    return min(os.cpu_count() or 1, 4)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage costs half a test's time again; what is gated is covered by a part of the tests.

    The programs that tests start are not traced at all: they would be slow to start.
    """
    tracing = Coverage.current()
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # every start of the tracing sets it again
    if tracing is None or any(item.path.is_relative_to(TESTS / each) for each in TRACED):
        return (yield)
    tracing.stop()
    try:
        return (yield)
    finally:
        tracing.start()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: getattr(item, "originalname", "") not in DEAR)


def pytest_report_header() -> list[str]:
    browser = chromium.of_machine() or "Playwright's own, if it is there"
    server = os.environ.get("TEST_POSTGRES_URL") or postgres.binaries() or "none"
    return [f"browser: {browser}", f"PostgreSQL: {server}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        asked = metafunc.config.getoption("database")
        metafunc.parametrize("engine_name", ENGINES if asked == "both" else (asked,))


def do_without(what: str) -> NoReturn:
    """Skip the test and say why; in CI nothing is skipped."""
    if IN_CI:
        pytest.fail(f"{what}; in CI nothing is skipped")
    pytest.skip(what)


# Statements. Every engine would compile them anew, which is a tenth of the time of all tests.

DIALECTS: dict[str, Dialect] = {}  # of an engine that has been connected, by name
STATEMENTS: dict[Any, Any] = {}


def make_quick_engine(*args: Any, **more: Any) -> AsyncEngine:
    """An engine that knows what was compiled for those before it."""
    engine = create_async_engine(*args, **more).execution_options(compiled_cache=STATEMENTS)
    sync = engine.sync_engine
    sync.dialect = DIALECTS.get(sync.dialect.name, sync.dialect)
    return engine


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app.database, "create_async_engine", make_quick_engine)
        yield


# Databases. ``database_url`` is empty, ``tables_url`` has all tables, ``database`` is open on them.


@pytest.fixture(scope="session")
async def postgres_server() -> AsyncGenerator[postgres.Server]:
    with postgres.server() as server:
        if server is None:
            do_without("there is no PostgreSQL: set TEST_POSTGRES_URL or PG_BINDIR")
        yield server
        await server.close()


@pytest.fixture
async def postgres_url(postgres_server: postgres.Server) -> AsyncGenerator[str]:
    name = await postgres_server.create()
    yield postgres_server.of(name)
    await postgres_server.drop(name)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}"


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """A fresh, empty database; the test runs once on each engine."""
    return str(request.getfixturevalue(f"{engine_name}_url"))


async def build(url: str) -> None:
    """All tables as the models say; test_migrations proves that the migrations say the same."""
    engine = make_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(models.Entity.metadata.create_all)
    DIALECTS.setdefault(engine.dialect.name, engine.sync_engine.dialect)
    await engine.dispose()


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "tables.sqlite"
    await build(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(scope="session")
async def postgres_template(postgres_server: postgres.Server) -> AsyncGenerator[str]:
    name = await postgres_server.create()
    await build(postgres_server.of(name))
    yield name
    await postgres_server.drop(name)


@pytest.fixture
def sqlite_tables_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = shutil.copyfile(sqlite_template, tmp_path / "tables.sqlite")
    return f"sqlite+aiosqlite:///{file}"


@pytest.fixture
async def postgres_tables_url(
    postgres_server: postgres.Server, postgres_template: str
) -> AsyncGenerator[str]:
    name = await postgres_server.lend(postgres_template)
    yield postgres_server.of(name)
    await postgres_server.give_back(name)


@pytest.fixture
def tables_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """A fresh database with all tables and no rows; the test runs once on each engine."""
    return str(request.getfixturevalue(f"{engine_name}_tables_url"))


@pytest.fixture
async def database(tables_url: str) -> AsyncGenerator[Database]:
    opened = Database(tables_url)
    yield opened
    await opened.close()


Fill: TypeAlias = Callable[[Database], Awaitable[object]]


class Shelf:
    """Databases of a module that are filled once on each engine, for tests that only read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[str, Database] = {}
        self._stack = AsyncExitStack()

    async def take(
        self, template: Path | str, server: postgres.Server | None, fill: Fill
    ) -> Database:
        """The one on this engine; it is filled for the first who asks."""
        if str(template) not in self._kept:
            opened = Database(await self._tables(template, server))
            self._stack.push_async_callback(opened.close)
            await fill(opened)
            self._kept[str(template)] = opened
        return self._kept[str(template)]

    async def _tables(self, template: Path | str, server: postgres.Server | None) -> str:
        if server is None:
            file = shutil.copyfile(template, self._folder / "tables.sqlite")
            return f"sqlite+aiosqlite:///{file}"
        name = await server.lend(str(template))
        self._stack.push_async_callback(server.give_back, name)
        return server.of(name)

    async def close(self) -> None:
        await self._stack.aclose()


@pytest.fixture(scope="module")
async def shelf(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Shelf]:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    yield made
    await made.close()


@pytest.fixture
def filled(
    engine_name: str, shelf: Shelf, request: pytest.FixtureRequest
) -> Callable[[Fill], Awaitable[Database]]:
    """Takes how it is filled; the module's database on this engine, which nobody may change."""
    template = request.getfixturevalue(f"{engine_name}_template")
    server = engine_name == "postgres" and request.getfixturevalue("postgres_server")
    return partial(shelf.take, template, server or None)


# Letters.


@pytest.fixture
async def smtp() -> AsyncGenerator[Postbox]:
    async with open_postbox() as postbox:
        yield postbox


# A browser. Every page is a profile of its own: another person, or the same one elsewhere.


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        own = playwright.chromium.executable_path
        found = chromium.of_machine() or chromium.existing(own)
        if found is None:
            do_without("there is no browser: set CHROMIUM")
        launched = await playwright.chromium.launch(
            executable_path=found, args=list(chromium.FLAGS)
        )
        yield launched
        await launched.close()


class Visits:
    """Opens pages as new visitors, and remembers the errors of their scripts."""

    def __init__(self, browser: Browser) -> None:
        self.errors: list[str] = []
        self._browser = browser
        self._pages: list[Page] = []

    async def __call__(
        self,
        *,
        viewport: tuple[int, int] = (1280, 800),
        locale: str = "en-GB",
        color_scheme: Literal["light", "dark"] = "light",
        **more: Any,
    ) -> Page:
        """A page of a fresh profile; ``more`` goes to Playwright's ``new_context``."""
        width, height = viewport
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            color_scheme=color_scheme,
            **more,
        )
        context.set_default_timeout(30_000)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._pages.append(page)
        return page

    async def close(self) -> None:
        for page in self._pages:
            await page.context.close()


@pytest.fixture
async def new_page(browser: Browser) -> AsyncGenerator[Visits]:
    """Opens pages: viewport=(390, 844), locale="ar", color_scheme="dark" or nothing at all."""
    visits = Visits(browser)
    yield visits
    await visits.close()
    assert visits.errors == []


@pytest.fixture
async def page(new_page: Visits) -> Page:
    return await new_page()


# Nothing of ours goes on when a test is over.


def of_the_house(task: asyncio.Task[Any]) -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and code.co_filename.startswith(HOUSE)


@pytest.fixture(autouse=True)
async def nothing_goes_on() -> AsyncGenerator[None]:
    before = asyncio.all_tasks()
    yield
    left = {task for task in asyncio.all_tasks() - before if of_the_house(task)}
    if left:
        _, left = await asyncio.wait(left, timeout=GRACE)
    for task in left:
        task.cancel()
    assert [task.get_coro() for task in left] == []
