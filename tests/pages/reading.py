"""Pages as a person without script meets them: sign in, read, fill in the form, send it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser

from httpx2 import AsyncClient, Response

from app.database import load
from app.models import Person
from app.services import identity
from tests.world import NO_TLS, Service


@asynccontextmanager
async def reading(service: Service, key: str | None = None) -> AsyncGenerator[AsyncClient]:
    """Somebody's browser without script: signed in as one of the people, or as nobody."""
    cookies = {} if key is None else {"cwg_login": await login(service, key)}
    async with AsyncClient(
        base_url=service.url, cookies=cookies, timeout=30, verify=NO_TLS
    ) as client:
        yield client


async def login(service: Service, key: str) -> str:
    """The cookie of a fresh login of one of the people."""
    async with service.house.database.writing() as db:
        person = await load(db, Person, service.world.people[key])
        return await identity.log_in(db, person, "test", datetime.now(UTC))


@dataclass
class Form:
    """What a browser would send of a form, and where."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **typed: str) -> dict[str, list[str]]:
        """The fields with what somebody typed or chose; a field that is not there is not sent."""
        sent: dict[str, list[str]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        return sent | {name: [value] for name, value in typed.items()}


class _Forms(HTMLParser):
    """Reads the forms of a page as a browser does."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._within: Form | None = None
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._within = Form(of.get("action", ""))
            self.forms.append(self._within)
        if self._within is None:
            return
        match tag:
            case "input" if of.get("type") not in {"radio", "checkbox"} or "checked" in of:
                self._within.fields.append((of.get("name", ""), of.get("value", "")))
            case "select":
                self._select = of["name"]
            case "option" if "selected" in of:
                self._within.fields.append((self._select, of.get("value", "")))
            case "textarea":
                self._area = of["name"]
                self._within.fields.append((self._area, ""))
            case "button" if "name" in of:
                self._within.buttons.append((of["name"], of.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area and self._within:
            name, value = self._within.fields.pop()
            self._within.fields.append((name, value + data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        if tag == "form":
            self._within = None


def form(page: Response, action: str = "") -> Form:
    """The first form of a page that leads exactly there, or else below it."""
    reader = _Forms()
    reader.feed(page.text)
    if exact := [found for found in reader.forms if action and found.action == action]:
        return exact[0]
    return next(found for found in reader.forms if found.action.startswith(action))


class _Words(HTMLParser):
    """What a page says, without its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(data)


def said(page: Response) -> str:
    """The words of a page in one line."""
    reader = _Words()
    reader.feed(page.text)
    return " ".join(" ".join(reader.said).split())
