"""How pages look and speak, proven on the page that shows every component."""

import asyncio
import gzip
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from babel.messages.jslexer import tokenize
from httpx2 import ASGITransport, AsyncClient
from jinja2 import nodes
from starlette.routing import Route

from app.i18n import Language
from app.pages.assets import spare
from app.pages.look import PAGES, Look
from tests.pages.gallery import FINGERPRINT, Reader, gallery

STATIC = PAGES / "static"
TEMPLATES = sorted([*PAGES.glob("templates/**/*.html"), *PAGES.glob("*/templates/**/*.html")])
LANGUAGES = ("en", "ar-XB")
SIZES = ((360, 740), (768, 1024), (1366, 768))
FIRST_LOAD = 50_000


@pytest.fixture(scope="module")
def look() -> Look:
    return Look(fingerprint=FINGERPRINT)


@asynccontextmanager
async def at(look: Look) -> AsyncGenerator[AsyncClient]:
    """Someone with a browser and no script."""
    transport = ASGITransport(gallery(look))
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
async def visitor(look: Look) -> AsyncGenerator[AsyncClient]:
    async with at(look) as client:
        yield client


@pytest.fixture
async def mirrored_visitor() -> AsyncGenerator[AsyncClient]:
    async with at(Look(development=True)) as client:
        yield client


@pytest.fixture(scope="module")
async def mirror() -> AsyncGenerator[str]:
    """The gallery in development, where the mirrored language exists, served on loopback."""
    app = gallery(Look(fingerprint=FINGERPRINT, development=True))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn sets a flag, and no event
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


# What a page says.


class Said(HTMLParser):
    """The words of a template that a reader would see or hear."""

    HEARD = frozenset({"alt", "aria-label", "placeholder", "title", "aria-description"})

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.words += [value or "" for name, value in attrs if name in self.HEARD]


UNSPOKEN = {
    "UTC",
    "Esc",
    "Space",
    "Enter",
}  # of clocks, and of keys as aria-keyshortcuts names them


def bare(source: str) -> list[str]:
    """The words outside of every {{ … }}, {% … %} and {# … #}."""
    html = re.sub(
        r"\{% block face %\}[\w ]+|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", source, flags=re.DOTALL
    )
    said = Said()
    said.feed(html)
    # A macro may hold nothing but attributes, which then look like text.
    texts = [re.sub(r'[a-z-]+="[^"]*"', "", word).strip() for word in said.words]
    return [text for text in texts if re.search(r"[^\W\d_]{2}", text) and text not in UNSPOKEN]


def unmarked(template: nodes.Template) -> Iterator[str]:
    """Strings with the look of a sentence that are handed on without gettext."""
    marked = {
        id(argument)
        for call in template.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}
        for argument in call.args
    }
    for const in template.find_all(nodes.Const):
        text = const.value
        if isinstance(text, str) and id(const) not in marked and sentence(text):
            yield text


def sentence(text: str) -> bool:
    return text not in UNSPOKEN and bool(
        re.match(r"[A-Z][a-z]+( |$|[.:!?])", text) or re.search(r"[a-z]{2} [a-z]+ [a-z]{2}", text)
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PAGES)))
def test_no_template_says_anything_outside_of_the_catalogue(path, look):
    source = path.read_text()
    environment = look.environment(Language.ENGLISH)

    assert bare(source) == []
    assert list(unmarked(environment.parse(source))) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PAGES)))
def test_no_template_carries_a_script_or_a_style_of_its_own(path):
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)

    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", source) == []


async def test_a_page_speaks_the_language_that_is_asked_for_and_keeps_to_it(mirrored_visitor):
    first = await mirrored_visitor.get("/?lang=ar-XB")
    then = await mirrored_visitor.get("/")

    assert '<html lang="ar-XB" dir="rtl" data-messages="/i18n/ar-XB.json?v=' in first.text
    assert '<html lang="ar-XB" dir="rtl"' in then.text
    assert first.headers["content-language"] == "ar-XB"
    assert first.headers["vary"] == "Accept-Language, Cookie"
    assert first.headers["set-cookie"] == "lang=ar-XB; Path=/; Max-Age=31536000; SameSite=Lax"
    assert "set-cookie" not in then.headers


async def test_the_mirrored_language_does_not_exist_in_production(visitor):
    page = await visitor.get("/?lang=ar-XB")
    messages = await visitor.get("/i18n/ar-XB.json")

    assert '<html lang="en" dir="ltr">' in page.text
    assert "set-cookie" not in page.headers
    assert messages.status_code == 404


async def test_everything_on_a_page_turns_with_the_mirrored_language(mirrored_visitor):
    page = await mirrored_visitor.get("/?lang=ar-XB")

    said = Said()
    said.feed(page.text)
    left = {
        word.strip() for word in said.words if re.search(r"[a-z]{3}", word) and "\u202e" not in word
    }
    assert left == SAME_IN_EVERY_LANGUAGE


SAME_IN_EVERY_LANGUAGE = {
    "CWG-Internet",
    "English",
    "[Mirrored]",
    "français",
    "eur-44a4-2022",
    "العربية, 中文, English, français, русский, español",
}


async def test_a_page_may_load_from_the_service_alone_and_be_framed_by_nobody(visitor):
    page = await visitor.get("/")

    assert page.headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


async def test_nobody_keeps_the_page_of_someone_who_is_signed_in(look):
    async def mine(request):
        request.state.me = Reader("<b>Delegate</b> of \u202eKenya")
        return look.render(request, "error.html", {"status": 404, **NOTHING})

    app = gallery(look)
    app.routes.insert(0, Route("/mine", mine))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        page, public = await client.get("/mine"), await client.get("/")

    assert page.headers["cache-control"] == "no-store"
    assert public.headers["cache-control"] == "private, no-cache"
    assert "<bdi>&lt;b&gt;Delegate&lt;/b&gt; of \u202eKenya</bdi>" in page.text


NOTHING: dict[str, object] = {"title": "", "detail": "", "decision": None, "faults": {}}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (403, "You may not do this"),
        (404, "There is no such page"),
        (409, "Somebody was faster"),
        (422, "Something does not make sense yet"),
        (429, "You can try again in 40 seconds."),
        (500, 'Number of this report: <code dir="ltr">4f1c</code>'),
        (418, "As the house puts it"),
    ],
)
async def test_a_refusal_is_a_page_in_people_s_words(visitor, status, says):
    page = await visitor.get(f"/errors/{status}")

    assert page.status_code == status
    assert says in page.text


async def test_a_refusal_by_the_rule_names_the_clause(visitor):
    page = await visitor.get("/errors/403")

    assert "<strong>resolves 6</strong>" in page.text


# What a page loads.


def test_a_script_travels_without_the_comments_that_begin_a_line() -> None:
    kept = b'const there = "https://x"; // kept\nlet a = 1;\n'
    first, second = kept.splitlines(keepends=True)
    script = b"/** What it does. */\n// Why.\n" + first + b"  /* a\n b */\n" + second

    assert spare(script, ".js") == kept
    assert spare(b"/* Colours */\na { color: red; /* not blue */ }\n", ".css") == (
        b"a { color: red;  }\n"
    )
    assert spare(b"// as it is\n", ".svg") == b"// as it is\n"


@pytest.mark.parametrize("script", sorted(STATIC.rglob("*.js")), ids=lambda script: script.name)
def test_nothing_of_a_script_but_comments_stays_behind(script) -> None:
    """A comment with code behind it once took all that followed, up to the next comment."""
    whole = script.read_bytes()

    assert list(_code(spare(whole, ".js"))) == list(_code(whole))


def _code(script: bytes) -> Iterator[tuple[str, str]]:
    passed = {"whitespace", "linecomment", "multilinecomment"}
    return ((of.type, of.value) for of in tokenize(script.decode()) if of.type not in passed)


async def test_a_file_is_kept_for_a_year_under_the_address_of_its_content(visitor, look):
    today = await visitor.get(look.assets.url("base.css"))
    yesterday = await visitor.get("/static/000000000000/base.css")

    assert today.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert yesterday.headers["cache-control"] == "no-cache"
    assert today.content == yesterday.content == spare((STATIC / "base.css").read_bytes(), ".css")
    assert today.headers["content-encoding"] == "gzip"


async def test_a_file_comes_unpacked_to_those_who_cannot_unpack(visitor, look):
    plain = await visitor.get(look.assets.url("time.js"), headers={"Accept-Encoding": "identity"})

    assert plain.headers.get("content-encoding") is None
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path", ["nothing.css", "../look.py", "%2e%2e/look.py", "../../settings.py"]
)
async def test_no_other_file_is_to_be_had(visitor, look, path):
    address = f"/static/{look.assets.digest}/{path}"
    assert (await visitor.get(address, follow_redirects=True)).status_code == 404


def test_a_file_that_does_not_exist_has_no_address(look):
    with pytest.raises(KeyError):
        look.assets.url("nothing.css")


async def test_a_page_of_the_portal_is_light_enough_for_a_poor_line(visitor, look):
    page = await visitor.get("/")

    loaded = {*re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)}
    files = [await visitor.get(address) for address in sorted(loaded)]
    travelled = len(page.content) + sum(len(gzip.compress(file.content)) for file in files)
    assert {file.status_code for file in files} == {200}
    assert travelled < FIRST_LOAD


# Colours and directions.


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block))


def themes() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Light, dark by choice, dark by the machine's setting."""
    source = (STATIC / "tokens.css").read_text()
    light = source[source.index(":root {") : source.index(':root[data-theme="dark"]')]
    chosen = source[source.index(':root[data-theme="dark"]') : source.index("@media")]
    preferred = source[source.index("@media") : source.index(":lang(ar)")]
    return tokens(light), tokens(chosen), tokens(preferred)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


READ = [
    ("ink", "paper", 10),
    ("ink", "ground", 10),
    *(
        (tone, tint, 10)
        for tone, tint in [("ink", "accent-tint"), ("ink", "warn-tint"), ("ink", "stop-tint")]
    ),
    ("quiet", "paper", 4.5),
    ("quiet", "ground", 4.5),
    ("accent", "paper", 4.5),
    ("accent", "ground", 4.5),
    ("accent", "accent-tint", 4.5),
    ("accent-deep", "accent-tint", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-deep", 4.5),
    ("warn", "paper", 4.5),
    ("warn", "ground", 4.5),
    ("warn", "warn-tint", 4.5),
    ("stop", "paper", 4.5),
    ("stop", "ground", 4.5),
    ("stop", "stop-tint", 4.5),
    ("on-stop", "stop", 4.5),
    ("on-stop", "stop-deep", 4.5),
    ("on-solid", "solid", 4.5),
    ("on-head", "head", 4.5),
    ("head-quiet", "head", 4.5),
    ("edge", "paper", 3),
    ("warn-edge", "paper", 3),
    ("focus", "paper", 3),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("tone", "behind", "least"), READ)
def test_every_pair_of_colours_can_be_read(theme, tone, behind, least):
    colours = {**themes()[0], **themes()[theme]}

    assert contrast(colours[tone], colours[behind]) >= least


def test_dark_is_the_same_by_choice_and_by_the_machine_s_setting():
    _, chosen, preferred = themes()

    assert chosen == preferred


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_a_style_knows_no_left_and_no_right(path):
    rules = re.sub(r"/\*.*?\*/|@\w+[^{]*\{", "", path.read_text(), flags=re.DOTALL)

    assert [found.group() for found in PHYSICAL.finditer(rules)] == []


PHYSICAL = re.compile(
    r"[\w-]*\b(?:left|right|top|bottom)\b[\w-]*\s*:"
    r"|(?<![\w-])(?:min-|max-)?(?:width|height)\s*:"
    r"|:\s*(?:left|right)\b"
)


# In a browser.


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/?lang=en", "/?lang=ar-XB", "/?audience=members", "/?audience=nobody", "/errors/403"]
)
async def test_axe_finds_nothing_in_any_component(new_page, mirror, path, scheme):
    page = await new_page(viewport=(1366, 768), color_scheme=scheme)
    await page.goto(mirror + path)

    found = (await Axe().run(page)).response["violations"]

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}")
@pytest.mark.parametrize("lang", LANGUAGES)
async def test_no_page_is_wider_than_its_window(new_page, mirror, lang, size):
    page = await new_page(viewport=size)
    for path in ("/", "/errors/403"):
        await page.goto(f"{mirror}{path}?lang={lang}")
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0


async def test_whoever_reads_elsewhere_is_told_their_own_time(new_page, mirror):
    page = await new_page(timezone_id="Asia/Baghdad")
    await page.goto(mirror)

    shown = page.locator(".strip-time").first
    await shown.locator(".when-beside").wait_for()
    said = await shown.locator(".when-beside").inner_text()
    await shown.locator(".when-said").press("Enter")
    rows = await shown.locator(".when-row").all_inner_texts()

    assert said == "11:30–13:00 your time"
    assert [row.split("\n") for row in rows] == [
        ["Geneva time UTC+1", "Wednesday, 11 February 2026, 09:30–11:00"],
        ["Your time (Asia/Baghdad)", "Wednesday, 11 February 2026, 11:30–13:00"],
        ["UTC", "Wednesday, 11 February 2026, 08:30–10:00"],
    ]


async def test_whoever_reads_at_the_venue_is_told_one_time(new_page, mirror):
    page = await new_page(timezone_id="Europe/Zurich")
    await page.goto(mirror)
    await page.locator(".when-yours:not([hidden])").first.wait_for(state="attached")

    assert await page.locator(".when-beside").count() == 0


async def test_times_of_the_venue_need_no_script(new_page, mirror):
    page = await new_page(java_script_enabled=False)
    await page.goto(mirror)

    said = await page.locator(".strip-time").first.inner_text()
    assert said == "11 February 2026, 09:30–11:00 Geneva time"


async def test_scripts_speak_the_language_of_the_page(new_page, mirror):
    page = await new_page(timezone_id="Asia/Baghdad")
    await page.goto(f"{mirror}/?lang=ar-XB")

    beside = page.locator(".when-beside").first
    await beside.wait_for()
    assert "11:30–13:00 \u202eyour\u202c \u202etime\u202c" in await beside.inner_text()


ANNOUNCE = """async (sentences) => {
    const beside = document.querySelector("script[src]").src;
    const { announce } = await import(new URL("announce.js", beside).href);
    sentences.forEach(announce);
}"""


async def test_news_is_announced_once_and_the_focus_stays(new_page, mirror):
    page = await new_page()
    await page.goto(mirror)
    await page.focus("#f-mail")

    await page.evaluate(ANNOUNCE, ["The list is open.", "The list is open.", "Chile speaks."])

    await page.locator("#news:not(:empty)").wait_for(state="attached")
    said = await page.locator("#news").inner_text()
    assert said == "The list is open. Chile speaks."
    assert await page.evaluate("document.activeElement.id") == "f-mail"


async def test_everything_is_reached_by_the_keyboard_in_the_order_of_reading(new_page, mirror):
    page = await new_page(viewport=(360, 740))
    await page.goto(f"{mirror}/errors/404")

    reached = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.innerText"))
    assert reached == [
        "Skip to the content",
        "CWG-Internet\nMeetings",
        "Sign in",
        "Meetings",
        "Consultations",
        "The rule",
    ]


async def test_what_is_touched_is_large_enough_to_touch(new_page, mirror):
    page = await new_page(viewport=(360, 740), has_touch=True)
    await page.goto(mirror)

    assert await page.evaluate(SMALL) == []


SMALL = """() => {
    const buttons = "button:not(.when-said), .button, summary, nav a";
    const touched = `${buttons}, input:not([type=hidden]), select, textarea`;
    const small = (node) => (node.closest(".choice") ?? node).getBoundingClientRect().height < 43.9;
    return [...document.querySelectorAll(touched)].filter(small).map((node) => node.outerHTML);
}"""


def test_a_time_in_a_list_names_its_distance_from_utc(look: Look) -> None:
    page = look._environment(Language.ENGLISH).from_string(
        '{% from "components.html" import at, clocked %}'
        "{{ at(moment, zone) }}|{{ clocked(moment, zone) }}"
    )
    said = page.render(moment=datetime(2026, 11, 23, 23, 13, tzinfo=UTC), zone="Europe/Zurich")
    at_length, bare = re.sub(r"<[^>]+>", "", said).split("|")
    assert at_length == "24 November 2026, 00:13 UTC+1"
    assert bare == "24 November 2026, 00:13"
