"""How every page looks and speaks: templates, styles and messages in the reader's language."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from types import CodeType
from typing import cast

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
)
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from app import i18n
from app.i18n import Language, catalogue, offered, translations
from app.pages.answers import answer
from app.pages.assets import FOREVER, Assets
from app.pages.words import said

PAGES = Path(__file__).parent
SAFE = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}


class Compiled(BytecodeCache):
    """Templates as they were compiled, for every language and every application of the process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = (bucket.checksum, bucket.code)


COMPILED = Compiled()


class Look:
    """The templates of all faces, the static files, and what stands on every page.

    ``fingerprint`` is that of the key that signs certificates; people compare it with theirs.
    """

    def __init__(
        self, *, group: str = "CWG-Internet", fingerprint: str = "", development: bool = False
    ) -> None:
        self.group = group
        self.fingerprint = fingerprint
        self.development = development
        self.languages = offered(development=development)
        self.assets = Assets(PAGES / "static", development=development)
        self.environment = cache(self._environment)
        self.messages = cache(self._messages)

    @property
    def routes(self) -> Sequence[Route]:
        """The addresses of static files and of what scripts say."""
        spoken = Route("/i18n/{language}.json", self.serve_messages, include_in_schema=False)
        return (self.assets.route, spoken)

    def render(
        self,
        request: Request,
        template: str | Template,
        context: Mapping[str, object] | None = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """A page in the reader's language, as ``request.state`` has it; nobody else may keep it."""
        language = getattr(request.state, "language", Language.ENGLISH)
        page = self.environment(language).get_template(template)
        content = page.render(_of(request), **(context or {}))
        private = {"Cache-Control": "no-store" if _me(request) else "private, no-cache"}
        return HTMLResponse(content, status_code, headers=SAFE | private | dict(headers or {}))

    async def serve_messages(self, request: Request) -> Response:
        """What scripts say, in the language of the address."""
        asked = request.path_params["language"]
        if asked not in self.languages:
            raise HTTPException(404)
        headers = {"Cache-Control": "no-cache" if self.development else FOREVER}
        return JSONResponse(self.messages(Language(asked)), headers=headers)

    def _listed(self, language: Language) -> list[Language]:
        """The languages to choose from; the mirrored one only for someone who is in it."""
        return [
            one
            for one in self.languages
            if language in (one, Language.MIRRORED) or one is not Language.MIRRORED
        ]

    def _messages(self, language: Language) -> i18n.Catalogue:
        return catalogue(language, self.assets.messages())

    def _messages_url(self, language: Language) -> str:
        """Where scripts find their messages; nowhere in English, which they carry themselves."""
        if language is Language.ENGLISH:
            return ""
        version = sha256(str(self.messages(language)).encode()).hexdigest()[:12]
        return f"/i18n/{language}.json?v={version}"

    def _environment(self, language: Language) -> Environment:
        """Templates that speak one language; a variable that is missing is an error."""
        environment = Environment(
            loader=_loader(),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            auto_reload=self.development,
            bytecode_cache=COMPILED,
        )
        environment.install_gettext_translations(  # type: ignore[attr-defined]  # the extension adds it
            translations(language), newstyle=True
        )
        environment.filters |= {
            "clock": partial(i18n.clock, language=language),
            "exact": partial(i18n.exact, language=language),
            "day": partial(i18n.day, language=language),
            "weekday": partial(i18n.weekday, language=language),
            "date": partial(i18n.date_of, language=language),
            "city": partial(i18n.city, language=language),
            "offset": i18n.offset,
            "utc": _utc,
            "said": partial(said, say=translations(language).gettext),
            "explained": partial(answer, language=language),
        }
        environment.globals |= {
            "language": language,
            "languages": self._listed(language),
            "group": self.group,
            "fingerprint": self.fingerprint,
            "development": self.development,
            "static": self.assets.url,
            "messages_url": self._messages_url(language),
            "serial": partial(next, count(1)),
        }
        return environment


def render(
    request: Request,
    name: str,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """A page in the look that the application keeps as ``app.state.look``."""
    look = cast("Look", request.app.state.look)
    return look.render(request, name, context, status_code, headers)


def _loader() -> ChoiceLoader:
    """``base.html`` is common; ``portal/home.html`` is in the templates of the portal."""
    faces = {path.parent.name: _folder(path) for path in PAGES.glob("*/templates")}
    return ChoiceLoader([FileSystemLoader(PAGES / "templates"), PrefixLoader(faces)])


def _folder(templates: Path) -> FileSystemLoader:
    """A face keeps its templates in the folder, or one deeper under its own name."""
    return FileSystemLoader([templates, templates / templates.parent.name])


def _utc(moment: datetime) -> str:
    """A moment as scripts and machines read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of(request: Request) -> dict[str, object]:
    """What every page knows of the request: the reader, the form's token, the ways on."""
    token = getattr(request.state, "csrf", "")
    return {
        "request": request,
        "me": _me(request),
        "nav": getattr(request.state, "nav", ()),
        "needs_passkey": getattr(request.state, "needs_passkey", False),
        "looks_as": getattr(request.state, "view", None),
        "csrf": token,
        "csrf_field": Markup('<input type="hidden" name="csrf" value="{}">').format(token),
        "in_language": partial(_in_language, request),
    }


def _me(request: Request) -> object | None:
    return getattr(request.state, "me", None)


def _in_language(request: Request, language: Language) -> str:
    """Where the page is to be had in another language."""
    there = request.url.include_query_params(lang=language.value)
    return f"{there.path}?{there.query}"
