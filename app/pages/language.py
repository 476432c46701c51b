"""Which language a reader gets: asked for in the address, kept in a cookie, or the browser's."""

from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.i18n import Language, choose, offered

COOKIE = "lang"
A_YEAR = 365 * 86400


class LanguageMiddleware:
    """Puts ``language`` into ``request.state``; what was asked for by ``?lang=`` is kept."""

    def __init__(self, app: ASGIApp, *, development: bool = False) -> None:
        self.app = app
        self.languages = offered(development=development)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        language = self.of(scope)
        asked = _asked(scope)
        scope.setdefault("state", {})["language"] = language

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message), language, asked)
            await send(message)

        await self.app(scope, receive, tell)

    def of(self, scope: Scope) -> Language:
        """The language of whoever sends this request, or opens this socket."""
        headers = Headers(scope=scope)
        # Starlette's parser takes whatever a browser may hold; the standard library's raises.
        kept = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        return choose(self.languages, _asked(scope), kept, headers.get("accept-language", ""))

    def _mark(self, headers: MutableHeaders, language: Language, asked: str) -> None:
        if not headers.get("content-type", "").startswith("text/html"):
            return
        headers["Content-Language"] = language.value
        headers.add_vary_header("Accept-Language")
        headers.add_vary_header("Cookie")
        if asked == language.value:
            headers.append(
                "Set-Cookie", f"{COOKIE}={asked}; Path=/; Max-Age={A_YEAR}; SameSite=Lax"
            )


def _asked(scope: Scope) -> str:
    query: str = scope["query_string"].decode("latin-1")
    return parse_qs(query).get("lang", [""])[-1]
