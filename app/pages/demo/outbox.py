"""The letters of the demo, as they would have arrived."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from app.depends import Reading
from app.i18n import words
from app.mail.sender import KEPT
from app.models import Letter, Person
from app.pages.reader import Reader, ReaderIn
from app.policy.letters import LetterKind
from app.services import letters

router = APIRouter(prefix="/demo/outbox")

KINDS: Final = {
    LetterKind.SIGN_IN: words("Link to sign in"),
    LetterKind.ACKNOWLEDGED: words("Registration received"),
    LetterKind.CONFIRMED: words("Registration confirmed"),
    LetterKind.APPROVED: words("Registration approved"),
    LetterKind.REJECTED: words("Registration not approved"),
    LetterKind.WITHDRAWN: words("Registration withdrawn"),
    LetterKind.EDITED: words("Registration changed"),
    LetterKind.TO_DECIDE: words("A registration to decide on"),
    LetterKind.NOTE: words("Letter of the secretariat"),
    LetterKind.INVITED: words("Invitation of an expert"),
    LetterKind.PLACE: words("A place at a sitting"),
    LetterKind.ASKED: words("A question about a registration"),
    LetterKind.ANSWERED: words("An answer from who registered"),
    LetterKind.REOPENED: words("A decision taken back"),
    LetterKind.NOMINATED: words("Put forward by a focal point"),
    LetterKind.REPLACED: words("Replaced by somebody else"),
    LetterKind.STEPPED_IN: words("In the place of somebody else"),
    LetterKind.ROUND_ANNOUNCED: words("A consultation is announced"),
    LetterKind.ROUND_CLOSES: words("A consultation closes soon"),
    LetterKind.ROUND_EXTENDED: words("A consultation is extended"),
    LetterKind.ROUND_SKIPPED: words("A consultation is skipped"),
    LetterKind.RECEIVED: words("Receipt of an input"),
    LetterKind.INPUT_ASKED: words("Asked to be an author"),
    LetterKind.INPUT_RECEIVED: words("Input received"),
    LetterKind.INPUT_LATE: words("Input came too late"),
    LetterKind.INPUT_WITHDRAWN: words("Input withdrawn"),
    LetterKind.INPUT_LABELLED: words("Input labelled as off the topic"),
    LetterKind.INPUT_REDACTED: words("A passage of an input redacted"),
    LetterKind.INPUT_SHOWN_AGAIN: words("A passage of an input shown again"),
    LetterKind.INPUT_ANSWERED: words("What became of an input"),
    LetterKind.DOCUMENT_FILED: words("Document received"),
    LetterKind.DOCUMENT_RETURNED: words("Document returned"),
    LetterKind.DOCUMENT_POSTED: words("Document posted"),
}
SENT: Final = words("sent")
WAITS: Final = words("waits")
NOT_SENT: Final = words("not sent: it was overtaken")


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter on the page."""

    id: UUID
    kind: str
    to: str
    name: str
    at: datetime
    state: str
    subject: str
    text: str


@router.get("", name="outbox")
async def show(reader: ReaderIn, db: Reading, to: str = "") -> HTMLResponse:
    """All letters, or those to one address."""
    found = [_shown(reader, *each) for each in await letters.outbox(db)]
    listed = [each for each in found if to in {"", each.to}]
    keeps = not reader.house.settings.smtp_url
    return reader.page("demo/outbox.html", letters=listed, to=to, keeps=keeps)


@router.get("/{letter_id}")
async def read(letter_id: UUID, reader: ReaderIn, db: Reading) -> HTMLResponse:
    shown = _shown(reader, *await letters.one(db, letter_id))
    return reader.page("demo/letter.html", letter=shown)


def _shown(reader: Reader, letter: Letter, person: Person) -> Shown:
    kept = letter.facts.get(KEPT, {})
    state = SENT if letter.sent_at else NOT_SENT if letter.given_up_at else WAITS
    return Shown(
        id=letter.id,
        kind=reader.say(KINDS[letter.kind]),
        to=person.email,
        name=person.name,
        at=letter.written_at,
        state=reader.say(state),
        subject=kept.get("subject", ""),
        text=kept.get("text", ""),
    )
