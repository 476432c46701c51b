"""People who go from door to door of a running service, and keep every byte that comes back."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from httpx2 import AsyncClient, Response
from PIL import (
    Image,
)
from segno import (
    make_qr,
)
from sqlmodel import (
    func,
    select,
)
from starlette.routing import BaseRoute, Route, WebSocketRoute
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from app import editions
from app.database import Writing, load
from app.depends import Visitor, cookie_name, csrf_token
from app.mail import tokens
from app.models import (
    AccessToken,
    AgendaItem,
    Appointment,
    Consultation,
    Document,
    DocumentGroup,
    DocumentText,
    FloorRequest,
    GroupedDocument,
    InputAside,
    Intervention,
    Login,
    Mailing,
    MinutesParagraph,
    Passkey,
    Person,
    ProviderAccount,
    Question,
    Redaction,
    Registration,
    SignInLink,
    Sitting,
    Statement,
    Stay,
    StoredFile,
    Topic,
    TopicStep,
)
from app.policy.attendance import Attendee
from app.policy.consultation import TopicState
from app.policy.documents import DocumentClass, DocumentState
from app.policy.floor import RequestKind, RequestState, Speaker
from app.policy.invitation import NewInvitation
from app.policy.meeting import NewMeeting
from app.policy.nomination import Line
from app.policy.parts import Part
from app.policy.people import Capacity, Category, Function
from app.policy.publication import Ground
from app.policy.registration import Mode, RegistrationState
from app.policy.statement import Source, digest
from app.policy.upload import FileKind
from app.protocol.news import SPEAKER
from app.services import (
    attendance,
    badges,
    delegation,
    entities,
    feeds,
    filing,
    forms,
    identity,
    inputs,
    invitation,
    meetings,
    nomination,
    photos,
    publication,
    summary,
)
from app.settings import Environment
from tests import papers
from tests.consulting import add_consultation, add_file, add_input
from tests.live.test_fence import change, close_open_part, progress, sign_off
from tests.pages.reading import login
from tests.provider import KEY as PROVIDER
from tests.receiving import receive
from tests.world import NO_TLS, Service, World, add_person, hello, service, settings

PRODUCTION: Mapping[str, Any] = {
    "environment": Environment.PRODUCTION,
    "base_url": "https://meetings.example",
    "wishes_per_person": "10000/minute",
    "chat_per_person": "10000/minute",
    "statements_per_person": "10000/minute",
}
HOUR = timedelta(hours=1)
LATE = 30.0  # seconds; a busy machine is not a failure
AHEAD = {subject: {"epoch": 2, "position": 0} for subject in ("room", "console", "captions:en")}
TITLE, ITEM = "Sitting of the Cinnabar Heron", "Item of the Obsidian Finch"
ON_RECORD = "Statement of the Roan Eider"
PAPER, TOGETHER = "Paper of the Slate Grebe", "Heading of the Amber Ibis"
FILE = {"name": "b.txt", "title": "A paper", "language": "en"}


_drawn = BytesIO()
Image.new("RGB", (350, 450), "#808080").save(_drawn, "JPEG")
PICTURE = _drawn.getvalue()
_coded = BytesIO()
make_qr("CWG").save(_coded, kind="png", scale=8)
CODE = _coded.getvalue()
CLAIM = {
    "capacity": "individual",
    "group": "civil_society",
    "name": "A person",
    "organization": "An association",
    "country": "KE",
    "modes": {"{first}": "remote"},
}
CORRECTION = {
    "came_at": (datetime.now(UTC) - timedelta(minutes=20)).isoformat(),
    "left_at": (datetime.now(UTC) - timedelta(minutes=10)).isoformat(),
    "mode": "remote",
    "reason": "The list on paper.",
}
VENUE = ZoneInfo("Europe/Zurich")
TYPED = CORRECTION | {
    name: (datetime.now(VENUE) - timedelta(minutes=ago)).strftime("%Y-%m-%dT%H:%M")
    for name, ago in (("came_at", 20), ("left_at", 10))
}
ROUND = {
    "topic": 1,
    "titles": {"en": "A round"},
    "opens_at": "2026-01-01T10:00:00Z",
    "closes_at": "2180-01-01T10:00:00Z",
    "time_zone": "Europe/Zurich",
    "questions": [{"texts": {"en": "What?"}}],
}
SAID: Mapping[str, Mapping[str, Any]] = {
    "POST /api/v1/receipts/check": {"kind": "none"},
    "POST /verify": {"receipt": "{receipt}"},
    "POST /api/v1/sign-in-links": {"email": "someone@example.org"},
    "POST /sign-in": {"email": "someone@example.org"},
    "POST /account": {"name": "A person", "affiliation": "An association", "country": "KE"},
    "POST /passkeys/sign-in": {"credential": "{}", "sealed": "none"},
    "POST /account/passkeys": {"credential": "{}", "sealed": "none", "passkey": "A device"},
    "POST /account/passkeys/{passkey_id}": {"passkey": "Another device"},
    "PATCH /api/v1/me": {"job_title": "Adviser"},
    "POST /api/v1/tokens": {"label": "a program"},
    "POST /account/tokens": {"label": "a program", "days": "30"},
    "POST /api/v1/meetings": {
        "slug": "one-more",
        "title": "One more",
        "time_zone": "Europe/Zurich",
        "edition": "eur-44a4-2022",
    },
    "POST /api/v1/meetings/{slug}/sittings": {
        "part": "consultation",
        "starts_at": "2020-01-01T10:00:00Z",
        "ends_at": "2020-01-01T11:00:00Z",
    },
    "POST /api/v1/meetings/{slug}/agenda-items": {"sitting_id": "{first}", "title": "Welcome"},
    "PUT /api/v1/meetings/{slug}/boundary": {"after": None},
    "PUT /api/v1/meetings/{slug}/functions": {"email": "new@example.org", "function": "steward"},
    "POST /api/v1/entities/{entity_id}/focal-points": {
        "email": "new@example.org",
        "letter": "Note 7",
    },
    "POST /desk/focal-points/{entity_id}": {
        "act": "designate",
        "email": "new@example.org",
        "letter": "Note 7",
    },
    "PUT /api/v1/entities/{entity_id}/stand-in": {
        "email": "away@example.org",
        "away_until": (datetime.now(UTC) + timedelta(days=5)).date().isoformat(),
    },
    "POST /delegation/away": {
        "entity": "{entity_id}",
        "email": "away@example.org",
        "away_until": (datetime.now(UTC) + timedelta(days=5)).date().isoformat(),
    },
    "PUT /api/v1/entities/{entity_id}/domains": {"domains": ["example.org"]},
    "POST /registrations/{reference}": {
        "act": "ask",
        "version": "1",
        "question": "Who sends you?",
    },
    "POST /api/v1/registrations/{reference}/questions": {
        "version": 1,
        "question": "Who sends you?",
    },
    "POST /api/v1/registrations/{reference}/answers": {"answer": "The ministry."},
    "POST /api/v1/registrations/{reference}/accept": {"version": 1},
    "POST /api/v1/registrations/{reference}/substitute": {
        "version": 1,
        "name": "Another delegate",
        "email": "another@example.org",
    },
    "POST /api/v1/delegation/decisions": {
        "decisions": [{"reference": "{reference}", "version": 1, "approve": True}]
    },
    "POST /api/v1/meetings/{slug}/nominations": {
        "entity_id": "{entity_id}",
        "lines": [{"name": "A delegate", "email": "forward@example.org"}],
    },
    "POST /delegation/register": {
        "meeting": "twenty",
        "entity": "{entity_id}",
        "pasted": "A delegate\tforward@example.org",
    },
    "POST /delegation/register/{draft_id}": {"version": "1", "act": "save"},
    "POST /delegation": {"approve": "{pick-owner}"},
    "POST /delegation/undo": {"batch": "{batch}"},
    "POST /api/v1/meetings/{slug}/registrations": CLAIM,
    "POST /meetings/{slug}/register": {"step": "find"},
    "PUT /api/v1/meetings/{slug}/form": {"sections": []},
    "POST /desk/forms/{slug}": {"do": "places:"},
    "PUT /api/v1/registrations/{reference}/listing": {
        "version": 1,
        "until": datetime.now(UTC).date().isoformat(),
    },
    "POST /registrations/{reference}/listing": {"version": "1", "do": "end"},
    "POST /api/v1/me/erase": {"confirm": "ERASE"},
    "POST /account/data": {"confirm": "perhaps"},
    "PUT /api/v1/sittings/{sitting_id}/places": {"in_person": 50, "remote": None},
    "POST /desk/forms/{slug}/question": {
        "seen": "0",
        "section": "emergency",
        "key": "shirt",
        "label-en": "Size",
        "purpose-en": "To order.",
    },
    "PUT /api/v1/registrations/{reference}/answers": {"version": 1, "answers": {}},
    "POST /api/v1/registrations/{reference}/answers/read": {"why": "To arrange it."},
    "POST /desk/registrations/{reference}/answers": {"why": "To arrange it."},
    "PATCH /api/v1/registrations/{reference}": CLAIM | {"version": 1},
    "POST /api/v1/registrations/{reference}/withdraw": {"version": 1},
    "POST /registrations/{reference}/withdraw": {"version": 1},
    "POST /api/v1/registrations/{reference}/approve": {"version": 1},
    "POST /api/v1/registrations/{reference}/reject": {"version": 1, "reason": "No."},
    "POST /desk/registrations/{slug}/export": {"form": "csv"},
    "POST /api/v1/meetings/{slug}/registrations/exports": {"form": "csv"},
    "POST /desk/registrations/{slug}/mail": {"title": "The room", "text": "Room 5."},
    "POST /api/v1/meetings/{slug}/mailings": {
        "id": "{wish}",
        "title": "The room",
        "body": "Room 5.",
        "seen": "",
    },
    "POST /desk/meetings/{slug}/copy": {"title": "Next", "address": "next-one", "days": "30"},
    "POST /api/v1/meetings/{slug}/copies": {"title": "Next", "slug": "after-next", "days": 30},
    "POST /meetings/{slug}/topics": {"title-en": "A topic", "issue": "spam"},
    "POST /api/v1/meetings/{slug}/topics": {"titles": {"en": "A topic"}, "issue": "spam"},
    "POST /topics/{topic}": {"meeting": "twenty", "state": "agreed", "seen": "1"},
    "POST /api/v1/topics/{topic}/decisions": {"meeting": "twenty", "state": "agreed", "seen": 1},
    "POST /api/v1/topics/{topic}/withdraw": {"seen": 1},
    "PUT /api/v1/consultations/{consultation}": ROUND | {"revision": 1, "slug": "{consultation}"},
    "POST /api/v1/consultations/{consultation}/announce": {"revision": 1},
    "POST /api/v1/consultations/{consultation}/extensions": {
        "revision": 1,
        "closes_at": "2190-01-01T00:00:00Z",
    },
    "POST /api/v1/consultations/{consultation}/skip": {"revision": 1, "why": "Moved."},
    "PUT /api/v1/consultations/{consultation}/following": {},
    "POST /api/v1/meetings/{slug}/consultations": ROUND | {"slug": "another-round"},
    "POST /desk/meetings/{slug}/consultations/new": {"do": "more"},
    "POST /desk/consultations/{consultation}": {"do": "more", "revision": "1"},
    "POST /desk/consultations/{consultation}/extend": {
        "revision": "1",
        "closes_at": "2190-01-01T00:00",
    },
    "POST /desk/consultations/{consultation}/skip": {"revision": "1", "why": "Moved."},
    "POST /desk/consultations/{draft}/announce": {"revision": "1"},
    "POST /desk/focal-point": {"approve": "{pick-owner}"},
    "POST /desk/secretariat": {"approve": "{pick-orphan}"},
    "POST /api/v1/sittings/{sitting_id}/wishes": {
        "kind": "request-floor",
        "request": "point_of_order",
        "id": "{wish}",
    },
    "POST /api/v1/meetings/{slug}/badges": {"registration": "{kenya}"},
    "POST /door/{sitting_id}": {"id": "{wish}", "text": "{kenya}", "way": "in"},
    "POST /desk/badges/{slug}/find": {"q": "{kenya}"},
    "POST /desk/badges/{slug}/print": {"pick": "{registration_id}"},
    "POST /desk/badges/{slug}/{registration_id}": {"act": "reprint"},
    "POST /desk/badges/{slug}/{registration_id}/photo": {"do": "remove"},
    "POST /registrations/{reference}/photo": {"do": "remove"},
    "PUT /api/v1/registrations/{reference}/photo": {"picture": b64encode(PICTURE).decode()},
    "POST /api/v1/meetings/{slug}/badges/check": {"text": "{kenya}"},
    "POST /api/v1/meetings/{slug}/badges/notes": {
        "id": "{wish}",
        "text": "{kenya}",
        "identity_seen": True,
    },
    "POST /api/v1/meetings/{slug}/badges/read": {"picture": b64encode(CODE).decode()},
    "POST /api/v1/meetings/{slug}/badges/print": {"registrations": ["{kenya}"]},
    "POST /api/v1/meetings/{slug}/badges/reprint": {"registration": "{kenya}"},
    "POST /api/v1/meetings/{slug}/badges/revoke": {"registration": "{kenya}"},
    "POST /api/v1/sittings/{sitting_id}/door/scans": {
        "id": "{wish}",
        "text": "{kenya}",
        "way": "in",
    },
    "POST /api/v1/sittings/{sitting_id}/attendance/scans": {"reference": "{kenya}", "way": "in"},
    "POST /api/v1/sittings/{sitting_id}/attendance/stays": CORRECTION | {"reference": "{kenya}"},
    "POST /desk/attendance/{sitting_id}/stays": TYPED | {"reference": "{kenya}"},
    "POST /desk/stays/{stay_id}": TYPED | {"act": "correct"},
    "POST /api/v1/stays/{stay_id}": CORRECTION,
    "POST /api/v1/stays/{stay_id}/strike": {"reason": "It was another person."},
    "PATCH /api/v1/sittings/{sitting_id}/speeches/{number}": {
        "topic": "{wish}",
        "why": "Misheard.",
    },
    "POST /sittings/{sitting_id}/speeches": {"number": "0", "topic": "{wish}", "why": "Misheard."},
    "POST /inputs/{input_id}": {"step": "save"},
    "PUT /api/v1/inputs/{input_id}/fields/{field}": {"text": "Text", "revision": 0},
    "POST /api/v1/inputs/{input_id}/submit": {"revision": 0},
    "POST /api/v1/inputs/{input_id}/withdraw": {"why": "A mistake."},
    "POST /api/v1/inputs/{input_id}/disown": {"why": "Not mine."},
    "POST /api/v1/inputs/{input_id}/authors": {"email": "another@example.org"},
    "POST /text/{sitting_id}/wish": {"wish": "point-of-order", "id": "{wish}"},
    "PUT /api/v1/sittings/{sitting_id}/minutes/{paragraph_id}": {"version": 0, "text": "Noted."},
    "PUT /api/v1/sittings/{sitting_id}/notes/{note_id}": {"text": "Remember this."},
    "POST /api/v1/sittings/{sitting_id}/invitations": {
        "whom": "stakeholder@example.org",
        "item": 1,
        "reason": "To explain.",
    },
    "POST /api/v1/invitations/{invitation_id}/confirm": {},
    "POST /api/v1/invitations/{invitation_id}/end": {},
    "POST /desk/experts/{slug}": {
        "whom": "stakeholder@example.org",
        "item": "{second}:1",
        "reason": "To explain.",
    },
    "POST /text/{sitting_id}/chat": {"text": "Hello", "id": "{wish}"},
    "POST /text/{sitting_id}/statement": {"statement": "We agree.", "id": "{wish}"},
    "POST /api/v1/sittings/{sitting_id}/statements": {"id": "{wish}", "text": "We agree."},
    "POST /api/v1/sittings/{sitting_id}/fence": {"confirm": "CLOSE"},
    "POST /api/v1/sittings/{sitting_id}/fence/hall": {"head_count": 3},
    "POST /desk/hall/{sitting_id}/count": {"heads": "3"},
    "PUT /api/v1/consultations/{slug}/inputs/{input_number}/off-topic": {"why": "Fishing."},
    "POST /api/v1/consultations/{slug}/inputs/{input_number}/off-topic/remove": {"why": "No."},
    "POST /api/v1/consultations/{slug}/inputs/{input_number}/redactions": {
        "part": "question:2",
        "ground": "personal",
        "why": "A number at home.",
    },
    "POST /api/v1/consultations/{slug}/inputs/{input_number}/redactions/{redaction_id}/lift": {
        "why": "It is the office's."
    },
    "POST /api/v1/consultations/{slug}/inputs/{input_number}/translations": {
        "language": "fr",
        "translated": "human",
        "translator": "A bureau",
        "parts": {"question:1": "Une réponse."},
    },
    "POST /api/v1/consultations/{slug}/inputs/{input_number}/original": {"why": "To check."},
    "POST /api/v1/consultations/{slug}/summary/paragraphs": {"text": "Many ask.", "inputs": [1]},
    "PUT /api/v1/consultations/{slug}/summary/paragraphs/{paragraph}": {
        "version": 1,
        "text": "Some ask.",
        "inputs": [1],
    },
    "POST /api/v1/consultations/{slug}/summary/agree": {"present": 9, "words": "Agreed."},
    "POST /api/v1/consultations/{slug}/summary/reopen": {"why": "A mistake."},
    "POST /desk/summary/{slug}": {"do": "agree", "present": "9", "why": "Agreed."},
    "PUT /api/v1/meetings/{slug}/agenda-items/{item}/citations": {
        "cites": [{"consultation": "{slug}", "inputs": [1]}]
    },
    "PUT /api/v1/sittings/{sitting_id}/minutes/{noted_id}/citations": {"cites": []},
    "POST /desk/meetings/{slug}/citations": {"of": "1", "inputs-twenty": "1"},
    "POST /desk/sittings/{sitting_id}/citations": {"of": "{noted_id}", "inputs-twenty": "1"},
    "POST /api/v1/consultations/{slug}/dispositions": {
        "inputs": [{"number": 1}],
        "kind": "noted",
    },
    "POST /desk/outcome/{slug}": {"input": "1:0", "kind": "noted"},
    "POST /desk/outcome/{slug}/{input_number}": {"input": "1:0", "kind": "noted"},
    "POST /desk/inputs/{slug}/{input_number}": {"do": "original", "why": "To check."},
    "POST /meetings/{slug}/contribute": {"title": "A paper", "language": "en", "file": "Text."},
    "POST /documents/{document_id}": {"do": "withdraw", "why": "A mistake."},
    "POST /desk/documents/{slug}": {
        "do": "deadline",
        "of": "report",
        "at": "2180-01-01T10:00",
        "time_zone": "Europe/Zurich",
    },
    "POST /desk/documents/{slug}/{document_id}": {"do": "return", "why": "No.", "revision": "1"},
    "POST /api/v1/meetings/{slug}/documents": {"?": FILE | {"source": "Secretariat"}},
    "POST /api/v1/meetings/{slug}/contributions": {"?": FILE},
    "PUT /api/v1/meetings/{slug}/document-deadlines/{document_class}": {
        "at": "2180-01-01T10:00:00Z",
        "time_zone": "Europe/Zurich",
    },
    "PUT /api/v1/meetings/{slug}/symbol": {"symbol": "CWG-20"},
    "PUT /api/v1/documents/{document_id}": {
        "titles": {"fr": "Une contribution"},
        "document_class": "information",
        "source": "Brazil",
        "revision": 1,
    },
    "PUT /api/v1/documents/{document_id}/texts/{language}": {
        "?": {"name": "b.txt", "title": "A contribution"}
    },
    "POST /api/v1/documents/{document_id}/post": {"revision": 1},
    "POST /api/v1/documents/{document_id}/return": {"why": "No."},
    "POST /api/v1/documents/{document_id}/withdraw": {"why": "A mistake."},
    "PUT /api/v1/meetings/{slug}/agenda": {
        "edition": 0,
        "why": "One more.",
        "items": [
            {"number": 1, "title": ITEM, "sitting": "{second}"},
            {"title": "One more", "sitting": "{first}"},
        ],
    },
    "POST /api/v1/meetings/{slug}/agenda/adoption": {"edition": 0},
    "POST /desk/meetings/{slug}/agenda": {
        "seen": "0",
        "why": "One more.",
        "number-0": "1",
        "title-0": ITEM,
        "sitting-0": "{second}",
        "number-1": "",
        "title-1": "One more",
        "sitting-1": "{first}",
    },
    "POST /desk/meetings/{slug}/agenda/adopt": {"edition": "0"},
    "POST /api/v1/meetings/{slug}/document-groups": {
        "title": "Together",
        "documents": ["901", "902"],
    },
    "PUT /api/v1/meetings/{slug}/document-groups/{group_number}": {
        "title": "Together",
        "documents": ["902", "901"],
    },
    "POST /desk/meetings/{slug}/document-groups": {"title": "Together", "documents": "901, 902"},
    "POST /api/v1/sittings/{sitting_id}/presentations": {
        "consultation": "{slug}",
        "input": 1,
        "state": "presented",
    },
    "POST /api/v1/sittings/{sitting_id}/presentations/calls": {
        "id": "{wish}",
        "consultation": "{slug}",
        "input": 1,
        "microphone": "Room microphone 1",
    },
    "POST /desk/presentations/{sitting_id}": {
        "consultation": "{slug}",
        "number": "1",
        "do": "presented",
    },
    "POST /desk/hall/{sitting_id}/without": {"reason": "No steward is in the building."},
}


@dataclass(frozen=True)
class Door:
    """A line of the table: who is let in, and how far the meeting has to be for it."""

    method: str
    path: str
    rule: str
    when: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def for_people(self) -> bool:
        return not self.path.startswith("/api/")

    @property
    def of_a_sitting(self) -> bool:
        return "{sitting_id}" in self.path or self.method == "WS"

    @property
    def of_a_meeting(self) -> bool:
        """Whether what it shows may depend on how far a meeting is."""
        named = ("meeting", "{reference}", "{fence_id}")
        return self.of_a_sitting or self.path == "/" or any(each in self.path for each in named)

    @property
    def looks(self) -> bool:
        """Whether it may be knocked at as often as one likes."""
        return self.method in {"GET", "WS"}


def doors(table: str) -> tuple[Door, ...]:
    """The lines of a table; its columns stand two blanks apart, and # begins a heading."""
    lines = [line for line in table.splitlines() if line and not line.startswith("#")]
    return tuple(Door(*re.split(r"\s{2,}", line.strip())) for line in lines)


def addresses(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, those of routers within routers too."""
    for route in routes:
        match route:
            case Route(methods=set() as methods):
                yield from ((each, prefix + route.path) for each in methods - {"HEAD"})
            case WebSocketRoute():
                yield "WS", prefix + route.path
            case _:  # a router in this one; of anything else an attribute is missing
                inner: Any = route
                within = prefix + inner.include_context.prefix
                yield from addresses(inner.original_router.routes, within)


def filled(text: str, ids: Mapping[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace("{" + name + "}", value)
    return text


@dataclass(frozen=True)
class Answer:
    """What somebody got at a door."""

    status: int
    where: str
    body: bytes

    @classmethod
    def of(cls, got: Response) -> Self:
        assert got.status_code < 500, got.text
        assert got.status_code not in {405, 422}, got.text  # such a knock would prove nothing
        return cls(got.status_code, got.headers.get("location", ""), got.content)

    @property
    def let_in(self) -> bool:
        """No by status, by the way to the sign-in, or in the answer to a wish, is no."""
        if self.status == 303:
            return not self.where.startswith("/sign-in?")
        if self.body.startswith(b'{"kind":"answer"'):
            return bool(json.loads(self.body)["ok"])
        page = self.body.startswith(b"<!")
        return self.status not in {401, 403, 404, *((409,) if page else ())}


@dataclass
class Caller:
    """Somebody's browser, a program with a token, or nobody's."""

    meeting: Service
    http: AsyncClient
    csrf: str
    heard: list[bytes] = field(default_factory=list)

    async def knock(self, door: Door, ids: Mapping[str, str], said: Any = None) -> Answer:
        """Knock with the ids filled in, and with what the door wants to be told."""
        if door.method == "WS":
            return await self._call(ids["sitting_id"])
        more: dict[str, Any] = {}
        if not door.looks:
            told = json.loads(filled(json.dumps(said or {}), ids))
            params, file = told.pop("?", None), told.pop("file", None)
            more = {"data": told | {"csrf": self.csrf}} if door.for_people else {"json": told}
            more |= {"params": params} if params else {}
            more |= {"files": {"file": ("a.txt", file.encode())}} if file else {}
        got = await self.http.request(door.method, filled(door.path, ids), **more)
        self.http.cookies.clear()  # whoever is given a login at a door stays who they were
        self.heard += [*(b": ".join(each) for each in got.headers.raw), got.content]
        return Answer.of(got)

    @property
    def last(self) -> bytes:
        """What was heard last."""
        return self.heard[-1]

    async def ticket(self, sitting: str) -> str:
        """A ticket, or a word that is none."""
        got = await self.http.post(f"/api/v1/sittings/{sitting}/tickets")
        self.heard.append(got.content)
        return str(got.json().get("ticket", "none"))

    async def _call(self, sitting: str) -> Answer:
        said = await self.say(await self.ticket(sitting), {})
        return Answer(101 if said["kind"] == "welcome" else 403, "", self.last)

    async def say(
        self, ticket: str, cursors: Mapping[str, Mapping[str, int]] = AHEAD
    ) -> dict[str, Any]:
        """What a hello is answered; a farewell is read to the very end."""
        async with self.meeting.line() as socket, asyncio.timeout(LATE):
            await socket.send(hello(ticket, cursors, captions=["en"]))
            self.heard.append(str(await socket.recv()).encode())
            first: dict[str, Any] = json.loads(self.last)
            if first["kind"] == "farewell":
                await self.listen(socket)
            return first

    async def enter(self, lines: AsyncExitStack) -> ClientConnection:
        """A socket in the open part, after the welcome."""
        ticket = await self.ticket(str(self.meeting.world.sittings["first"]))
        socket = await lines.enter_async_context(self.meeting.line())
        await socket.send(hello(ticket, AHEAD, captions=["en"]))
        self.heard.append(str(await socket.recv()).encode())
        return socket

    async def listen(self, socket: ClientConnection) -> None:
        """Keep what a socket hears until its end, with the words of the close."""
        try:
            while True:
                self.heard.append(str(await socket.recv()).encode())
        except ConnectionClosed as closed:
            self.heard.append(str(closed).encode())


@dataclass
class Scene:
    """A running meeting, everybody in it, and the ids that doors may be asked for."""

    meeting: Service
    ids: dict[str, str]
    within: AsyncExitStack
    callers: dict[str | None, Caller] = field(default_factory=dict)

    async def come(self, keys: Iterable[str | None]) -> None:
        """Browsers of these people, each under its key; nobody has one too."""
        for key in keys:
            self.callers[key] = await self.browser(key)

    async def line(self) -> AsyncClient:
        made = AsyncClient(base_url=self.meeting.url, timeout=LATE, verify=NO_TLS)
        return await self.within.enter_async_context(made)

    async def browser(self, key: str | None) -> Caller:
        house, http = self.meeting.house, await self.line()
        if key is None:
            return Caller(self.meeting, http, csrf_token(house, None))
        cookie = await login(self.meeting, key)
        http.headers["Cookie"] = f"{cookie_name(house.settings)}={cookie}"
        async with house.database.reading() as db:
            found = await identity.by_cookie(db, cookie, datetime.now(UTC))
        assert found is not None
        return Caller(self.meeting, http, csrf_token(house, Visitor(found[1], found[0].id)))

    async def program(self, key: str) -> Caller:
        """A program that has somebody's token."""
        http = await self.line()
        http.headers["Authorization"] = f"Bearer cwg_{key}"
        return Caller(self.meeting, http, csrf_token(self.meeting.house, None))

    async def renew(self) -> None:
        """What may be used only once: somebody's registration, login, token, and a link."""
        now, world, word = datetime.now(UTC), self.meeting.world, uuid4().hex
        async with self.meeting.house.database.writing() as db:
            await claimant(db, self, "decided", "brazil")
            decided = UUID(self.ids["pick-decided"].partition(":")[0])
            focal = await load(db, Person, world.people["focal"])
            wish = delegation.Wish(decided, 1, approve=True)
            taken = await delegation.decide(db, [wish], by=focal, now=now)
            self.ids["batch"] = str(taken.batch)
            kept = await nomination.draft(
                db,
                world.meeting_id,
                world.entities["brazil"],
                [Line("A delegate", "listed@example.org")],
                mode=Mode.REMOTE,
                by=focal,
                now=now,
            )
            self.ids["draft_id"] = str(kept.id)
            owner = await claimant(db, self, "owner", "brazil")
            author = await load(db, Person, world.people[owner])
            vault = self.meeting.house.keys.vault
            await forms.save(db, vault, world.meeting_id, author, {"name": "A name"}, now)
            link = SignInLink(
                person_id=world.people["newcomer"],
                digest=tokens.digest(word),
                created_at=now,
                expires_at=now + timedelta(hours=1),
            )
            db.add(link)
            account = ProviderAccount(
                person_id=world.people[owner],
                provider=PROVIDER,
                issuer="https://id.example",
                subject=word,
                linked_at=now,
                used_at=now,
            )
            held = Passkey(
                person_id=world.people[owner], credential=word, public_key="", name="A", made_at=now
            )
            db.add_all((account, held))
            await _input(db, self, owner, now)
            await _document(db, self, owner, now)
            published, _ = await feeds.publish(db, await load(db, Person, link.person_id), now)
            published.digest = link.digest
            stay = await stay_of(db, world, "kenya", now)
            self.ids |= {"stay_id": str(stay.id), "kenya": stay.reference}
            of_kenya = select(Registration.id).where(Registration.reference == stay.reference)
            desk = await load(db, Person, world.people["secretariat"])
            badge_of = (await db.exec(of_kenya)).one()
            await badges.reprint(db, badge_of, by=desk, now=now)
            self.ids["registration_id"] = str(badge_of)
            vault = self.meeting.house.keys.vault
            await photos.put(db, vault, badge_of, PICTURE, by=desk, now=now)
            of_owner = UUID(self.ids["pick-owner"].partition(":")[0])
            sends = await load(db, Person, world.people[owner])
            await photos.put(db, vault, of_owner, PICTURE, by=sends, now=now)
            self.ids |= {"account_id": str(account.id), "key": PROVIDER, "passkey_id": str(held.id)}
            chair = await load(db, Person, world.people["chair"])
            asked = NewInvitation(f"{owner}@example.org", 1, "To explain.")
            made = await invitation.invite(db, world.sittings["second"], asked, by=chair, now=now)
            wrote = Mailing(
                meeting_id=world.meeting_id,
                by_id=world.people["secretariat"],
                title="The room",
                text="Room 5.",
                asked={},
                written_at=now,
            )
            db.add(wrote)
            await round_of(db, self, world.people[owner], now)
            self.ids["group_number"] = str(await taken_together(db, world, now))
        self.ids["mailing_id"] = str(wrote.id)
        self.ids["invitation_id"] = str(made.id)
        await login(self.meeting, owner)  # in another browser
        self.ids["token"] = word
        async with self.meeting.house.database.reading() as db:
            for table, name in ((Login, "login_id"), (AccessToken, "token_id")):
                theirs = select(table.id).where(table.person_id == world.people[owner])
                self.ids[name] = str((await db.exec(theirs)).one())
        self.callers["owner"] = await self.browser(owner)


async def taken_together(
    db: Writing,
    world: World,
    now: datetime,
    numbers: Sequence[int] = (901, 902),
    part: Part = Part.FIRST_HALF,
    item_id: UUID | None = None,
) -> int:
    """The number of a new group of two documents of this part; for everyone without an item."""
    number = ((await db.exec(select(func.max(DocumentGroup.number)))).one() or 0) + 1
    group = DocumentGroup(
        meeting_id=world.meeting_id,
        number=number,
        title=TOGETHER if item_id else "Together",
        item_id=item_id,
        created_at=now,
    )
    db.add(group)
    for place, key in enumerate(numbers, 1):
        found = await db.exec(select(Document).where(Document.number == key))
        row = found.first() or Document(
            meeting_id=world.meeting_id,
            number=key,
            document_class=DocumentClass.INFORMATION,
            state=DocumentState.POSTED,
            titles={"en": PAPER if item_id else "A document"},
            source="Secretariat",
            person_id=world.people["secretariat"],
            part=part,
            item_id=item_id,
            filed_at=now,
            posted_at=now,
        )
        db.add(row)
        await db.flush()
        db.add(GroupedDocument(group_id=group.id, document_id=row.id, place=place))
    await db.flush()
    return number


async def round_of(db: Writing, scene: Scene, person_id: UUID, now: datetime) -> None:
    """A topic of somebody's own that waits, a round on it that has not opened yet, and a draft."""
    number = ((await db.exec(select(func.max(Topic.number)))).one() or 0) + 1
    topics = [
        Topic(
            number=number + more,
            titles={"en": "A topic"},
            state=state,
            person_id=person_id,
            proposer="Brazil",
            proposed_at=now,
        )
        for more, state in enumerate((TopicState.PROPOSED, TopicState.AGREED))
    ]
    db.add_all(topics)
    await db.flush()
    for topic in topics:
        step = TopicStep(topic_id=topic.id, at=now, state=topic.state, by_id=person_id)
        db.add(step)
    scene.ids["topic"] = str(number)
    for name, announced_at in (("consultation", now), ("draft", None)):
        made = Consultation(
            slug=f"a-{name}-{number}",
            topic_id=topics[1].id,
            meeting_id=scene.meeting.world.meeting_id,
            titles={"en": "A round"},
            opens_at=now + 24 * HOUR,
            closes_at=now + 240 * HOUR,
            time_zone="Europe/Zurich",
            announced_at=announced_at,
            created_at=now,
        )
        db.add(made)
        await db.flush()
        db.add(Question(consultation_id=made.id, number=1, texts={"en": "What?"}))
        scene.ids[name] = made.slug


async def _input(db: Writing, scene: Scene, owner: str, now: datetime) -> None:
    """A draft of the owner's with a file, a text kept aside, and somebody asked to join."""
    by = await load(db, Person, scene.meeting.world.people[owner])
    row = await inputs.begin(db, "twenty", by=by, now=now)
    await inputs.invite(db, row.id, "spare@example.org", by=by, now=now)
    file = StoredFile(
        person_id=by.id,
        name="a.txt",
        media_type=FileKind.TXT,
        size=5,
        sha256=await scene.meeting.house.files.store.put(b"Text."),
        stored_at=now,
    )
    made, _ = await filing.attach(db, row.id, file, by=by, now=now)
    aside = InputAside(input_id=row.id, key="free", text="A", over=0, person_id=by.id, at=now)
    db.add(aside)
    await db.flush()
    scene.ids |= {
        "input_id": str(row.id),
        "attachment_id": str(made.id),
        "aside_id": str(aside.id),
        "field": "summary",
        "name": "b.txt",
    }


async def _document(db: Writing, scene: Scene, owner: str, now: datetime) -> None:
    """One that waits to be posted; who filed it had their registration approved then."""
    by, file = await load(db, Person, scene.meeting.world.people[owner]), b"Text."
    await scene.meeting.house.files.store.put(file)
    kept = papers.stored(by, file.decode(), now)
    row = Document(
        meeting_id=scene.meeting.world.meeting_id,
        document_class=DocumentClass.CONTRIBUTION,
        titles={"fr": "Une contribution"},
        source="Brazil",
        person_id=by.id,
        part=Part.FIRST_HALF,
        filed_at=now,
    )
    db.add_all((kept, row))
    await db.flush()
    text = DocumentText(document_id=row.id, language="fr", file_id=kept.id, by_id=by.id, at=now)
    db.add(text)
    await db.flush()
    scene.ids |= {"document_id": str(row.id), "text_id": str(text.id)}


async def stay_of(db: Writing, world: World, key: str, now: datetime) -> Stay:
    """Someone of a Member State was in the hall for half an hour; nobody has corrected it."""
    theirs = select(Registration).where(Registration.person_id == world.people[key])
    found = (await db.exec(theirs)).one()
    kept = Capacity.DELEGATE, Category.MEMBER_STATE, Mode.IN_PERSON
    who = Attendee(found.reference, found.name, key, *kept)
    made = attendance.stay_of(world.sittings["first"], found.person_id, who, now - HOUR)
    made.left_at = now - HOUR / 2
    db.add(made)
    return made


async def claimant(db: Writing, scene: Scene, name: str, entity: str) -> str:
    """Someone new whose claim to represent a body waits; their key."""
    world, key = scene.meeting.world, f"{name}-{uuid4().hex[:8]}"
    await add_person(db, world, key, datetime.now(UTC), entity=entity)
    theirs = select(Registration).where(Registration.person_id == world.people[key])
    found = (await db.exec(theirs)).one()
    found.state = RegistrationState.SUBMITTED
    scene.ids |= {"reference": found.reference, f"pick-{name}": f"{found.id}:1"}
    return key


async def _people(db: Writing, scene: Scene) -> None:
    """Those whom the small meeting has not got, and what is told in the members' part only."""
    now, world = datetime.now(UTC), scene.meeting.world
    for key in ("newcomer", "focal", "elsewhere", "spare", "captioner"):
        await add_person(db, world, key, now, registered=False)
    found = {key: await load(db, Person, world.people[key]) for key in world.people}
    for key in ("focal", "spare"):
        body = world.entities["brazil"]
        await entities.designate(
            db, body, found[key], now.date(), letter="Note 6", by=found["secretariat"], now=now
        )
    edition = editions.load()[editions.DEFAULT]
    new = NewMeeting("another", "Another meeting", "", "Europe/Zurich", edition)
    await meetings.found_meeting(db, new, found["elsewhere"], now)
    for key, function in (
        ("spare", Function.INTERPRETER),
        ("captioner", Function.CAPTIONER),
    ):
        db.add(
            Appointment(
                meeting_id=world.meeting_id,
                person_id=world.people[key],
                function=function,
                given_at=now,
            )
        )
    await claimant(db, scene, "orphan", "startup")
    round_ = await add_consultation(db, world, now)
    keys, sender = scene.meeting.house.keys, world.people["stakeholder"]
    *_, reference = await receive(db, round_, sender, 1, now, keys)
    scene.ids["receipt"] = reference
    await _published(db, scene, now)
    await papers.posted(db, world, "A paper for everyone", "Text.", now)
    inside = {"part": Part.SECOND_HALF, "part_why": "Not agreed."}
    await papers.posted(db, world, PAPER, PAPER, now, **inside)
    second = world.sittings["second"]
    (await load(db, Sitting, second)).title = TITLE
    item = AgendaItem(meeting_id=world.meeting_id, sitting_id=second, number=1, title=ITEM)
    db.add(item)
    await db.flush()
    await taken_together(db, world, now, (903, 904), Part.SECOND_HALF, item.id)
    db.add(on_record(second, found["operator"], now))
    await _speech(db, second, now)


async def _published(db: Writing, scene: Scene, now: datetime) -> None:
    """An input to a consultation for this meeting, with a passage that is redacted."""
    world = scene.meeting.world
    held_in = {"sitting_id": world.sittings["first"]}
    consultation = await add_consultation(db, world, now, slug=scene.ids["slug"], **held_in)
    sender = world.people["stakeholder"]
    sent, version = await add_input(db, consultation, sender, 1, now, presents=True)
    sha256 = await scene.meeting.house.files.store.put(b"Text.")
    await add_file(db, sent, version, sha256, now, size=5)
    gone = Redaction(
        input_id=sent.id,
        version=1,
        part="summary",
        ground=Ground.PERSONAL,
        why="A number at home.",
        by_id=world.people["secretariat"],
        at=now,
    )
    db.add(gone)
    await db.flush()
    await publication.index(db, sent)
    await _summarized(db, scene, now)
    noted = MinutesParagraph(
        sitting_id=world.sittings["second"],
        place=0.0,
        change=1,
        text="Noted.",
        by_id=world.people["secretariat"],
        at=now,
    )
    db.add(noted)
    await db.flush()
    scene.ids |= {
        "input_number": "1",
        "redaction_id": str(gone.id),
        "sha256": sha256,
        "paragraph": "1",
        "item": "1",
        "noted_id": str(noted.id),
    }


async def _summarized(db: Writing, scene: Scene, now: datetime) -> None:
    """A brief summary of it, presented to everybody."""
    by = await load(db, Person, scene.meeting.world.people["secretariat"])
    slug = scene.ids["slug"]
    await summary.put(db, slug, None, summary.Draft("Many ask.", (1,)), by=by, now=now)
    await summary.present(db, slug, by=by, now=now)


async def _speech(db: Writing, sitting_id: UUID, now: datetime) -> None:
    """A speech that is over, of a number that no request will get."""
    microphone = Speaker("Microphone", "", Capacity.INDIVIDUAL, Category.PUBLIC, remote=False)
    request = FloorRequest(
        sitting_id=sitting_id,
        number=0,
        kind=RequestKind.INTERVENTION,
        state=RequestState.DONE,
        speaker=SPEAKER.dump_python(microphone, mode="json"),
        asked_at=now,
    )
    db.add(request)
    await db.flush()
    db.add(Intervention(sitting_id=sitting_id, request_id=request.id, given_at=now, ended_at=now))


async def hand_in_two(scene: Scene) -> None:
    """Statements of Kenya's in the members' part: the second and the third there."""
    async with scene.meeting.http("kenya") as http:
        for _ in range(2):
            said = {"id": str(uuid4()), "text": "We agree."}
            got = await http.post(f"/api/v1/sittings/{scene.ids['second']}/statements", json=said)
            assert got.status_code == 201


def on_record(sitting_id: UUID, person: Person, now: datetime) -> Statement:
    """A statement of the members' part that whoever may read it may read."""
    speaker = Speaker(person.name, "", Capacity.DELEGATE, Category.SECTOR_MEMBER, remote=True)
    return Statement(
        sitting_id=sitting_id,
        number=1,
        person_id=person.id,
        client_id=uuid4(),
        speaker=SPEAKER.dump_python(speaker, mode="json"),
        text=ON_RECORD,
        characters=len(ON_RECORD),
        sha256=digest(ON_RECORD),
        source=Source.TYPED,
        filed_at=now,
        recorded_at=now,
    )


async def _come_to(scene: Scene, when: str) -> None:
    """Take the meeting as far as a door needs it."""
    if when == "after a close":
        assert (await change(scene.meeting, "first", "close")).status_code == 200
    if when in {"fence", "members' part"}:
        assert (await close_open_part(scene.meeting)).status_code == 200
    if when == "members' part":
        await let_through(scene)


async def let_through(scene: Scene) -> None:
    """The steward signs, and the fence goes on by itself."""
    assert (await sign_off(scene.meeting, head_count=3)).status_code == 200
    async with asyncio.timeout(LATE):
        while (told := await progress(scene.meeting))["state"] != "opened":
            pass
    scene.ids["fence_id"] = told["certificate"].rpartition("/")[2]
    scene.ids["sitting_id"] = scene.ids["second"]


@asynccontextmanager
async def scene(
    url: str, folder: Path, keys: Iterable[str | None], when: str, **more: Any
) -> AsyncGenerator[Scene]:
    """The small meeting with everybody in it, as far as it has to be."""
    given = settings(folder, database_url=url, **{**PRODUCTION, **more})
    async with service(given) as meeting, AsyncExitStack() as within:
        world = meeting.world
        made = Scene(meeting, ids_of(meeting), within)
        async with meeting.house.database.writing() as db:
            await _people(db, made)
        made.ids["person_id"] = str(world.people["spare"])
        await made.come(keys)
        await made.renew()
        await _come_to(made, when)
        yield made


def ids_of(meeting: Service) -> dict[str, str]:
    """What stands for the names in braces."""
    world = meeting.world
    ids: dict[str, UUID | str | int] = {
        **world.sittings,
        "sitting_id": world.sittings["first"],
        "entity_id": world.entities["brazil"],
        "fence_id": UUID(int=0),
        "number": 0,
        "slug": "twenty",
        "function": "interpreter",
        "language": "en",
        "statement": "1",
        "document_number": "1",
        "document_class": "contribution",
        "digest": meeting.app.state.look.assets.digest,
        "path:path": "mark.svg",
        "wish": uuid4(),
        "paragraph_id": uuid4(),
        "note_id": uuid4(),
    }
    return {name: str(value) for name, value in ids.items()}
