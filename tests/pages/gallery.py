"""Every component on one page, with content of the kind that it will carry.

``python -m tests.pages.gallery [port]`` serves it on loopback for looking at.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from app import editions
from app.i18n import Language, translations
from app.pages.answers import Answer, answer
from app.pages.language import LanguageMiddleware
from app.pages.look import Look
from app.policy.access import Part, Right, decide
from app.policy.decision import Decision
from app.policy.people import Category, Standing

START = datetime(2026, 2, 11, 8, 30, tzinfo=UTC)
END = START + timedelta(minutes=90)
ZONE = "Europe/Zurich"
FINGERPRINT = "SHA256:9f2c41d0b7e65a1384c7f0ad92b3e6587c10d4fe2a9b8367"
GALLERY = Path(__file__).with_name("gallery.html")


@dataclass(frozen=True)
class Sitting:
    name: str
    audience: str
    state: str
    answer: Answer | None
    starts_at: datetime
    ends_at: datetime
    zone: str = ZONE
    place: str = "Geneva"
    why: str = "/sittings/1/why"


@dataclass(frozen=True)
class Step:
    label: str
    owner: str
    state: str
    at: datetime | None = None
    zone: str = ZONE
    text: str = ""


@dataclass(frozen=True)
class Entry:
    at: datetime
    text: str
    zone: str = ZONE


@dataclass(frozen=True)
class Reader:
    name: str


def attending(part: Part) -> Decision:
    """What the rule says to a stakeholder about attending."""
    edition = editions.load()[editions.DEFAULT]
    return decide(edition, Standing.of(Category.STAKEHOLDER), part, Right.ATTEND)


def content(language: Language) -> dict[str, object]:
    """What the gallery shows, in a language."""
    _ = translations(language).gettext
    yes, no = (answer(attending(half), language) for half in (Part.FIRST_HALF, Part.SECOND_HALF))
    later = timedelta(minutes=105)
    return {
        "start": START,
        "end": END,
        "yes": yes,
        "no": no,
        "sittings": [
            Sitting(_("Open part"), "open", _("open now"), yes, START, END),
            Sitting(_("Members’ part"), "members", "", no, START + later, END + later),
        ],
        "steps": [
            Step(_("You registered"), _("Delegate of Kenya"), "done", START),
            Step(
                _("Approval"),
                _("Focal point of Kenya"),
                "now",
                END,
                text=_("Usually within two days."),
            ),
            Step(_("Badge"), _("Secretariat"), "next"),
        ],
        "refused": [
            Step(_("You registered"), _("Delegate of Chile"), "done", START),
            Step(
                _("Rejected"),
                _("Focal point of Chile"),
                "stopped",
                END,
                text=_("Already two delegates."),
            ),
        ],
        "entries": [
            Entry(START, _("Received, number 41 of the consultation")),
            Entry(END, _("Published")),
            Entry(
                END + later, _("Considered under item 4; reflected in paragraph 12 of the summary")
            ),
        ],
        "categories": list(Category),
    }


def gallery(look: Look) -> Starlette:
    """An application that has the gallery at its root, a page for each refusal, and no more."""

    async def show(request: Request) -> HTMLResponse:
        language = request.state.language
        template = look.environment(language).from_string(GALLERY.read_text())
        audience = request.query_params.get("audience", "open")
        return look.render(request, template, content(language) | {"audience": audience})

    async def refuse(request: Request) -> HTMLResponse:
        status = request.path_params["status"]
        return look.render(request, "error.html", refusal(status), status)

    routes = [Route("/", show), Route("/errors/{status:int}", refuse), *look.routes]
    languages = Middleware(LanguageMiddleware, development=look.development)
    return Starlette(routes=routes, middleware=[languages])


def refusal(status: int) -> dict[str, object]:
    """What the page of a refusal is told."""
    told: dict[str, object] = {"status": status, "title": "As the house puts it", "detail": ""}
    told |= {"decision": attending(Part.SECOND_HALF) if status == 403 else None}
    told |= {"faults": {"country": "Choose a country from the list."} if status == 422 else {}}
    return told | ({"retry_after": 40} if status == 429 else {"number": "4f1c"})


def main(port: int) -> None:
    look = Look(fingerprint=FINGERPRINT, development=True)
    uvicorn.run(gallery(look), host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int((sys.argv[1:] or ["8765"])[0]))
