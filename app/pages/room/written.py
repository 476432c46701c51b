"""Chat and statements without script: what a page can show of them, and the forms that write them.

For any page of a sitting: ``written`` for its context, ``room/written.html`` for its blocks, and
``send`` and ``hand_in`` behind two doors of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app import reasons
from app.database import Reading
from app.depends import House, count
from app.errors import Malformed
from app.explain import answer, explain, refusal
from app.i18n import words
from app.models import Person, Sitting
from app.pages.words import Say, said
from app.policy.access import Right
from app.policy.chat import may_chat
from app.policy.decision import Denied
from app.policy.people import Speaker
from app.policy.refusal import No
from app.policy.sitting import SittingState
from app.policy.statement import LONGEST, Source, StatementState, may_file
from app.policy.text import TextFault, clean, fault
from app.protocol.wishes import LONGEST_TEXT, WISHES, AnyWish
from app.services import access, chat, statements, wishes
from app.services import written as kept
from app.services.statements import NewStatement, Receipt

SHOWN = 20  # messages
LARGEST = 4000  # bytes of text in them: what keeps the page under 10 kB, whatever is said
NOT_TEXT = words(
    "This file is not plain text. Save it as text (UTF-8), or copy its words into the box; "
    "Word and PDF files are not taken."
)
SENT = words("Your message is sent.")
HANDED_IN = words("Your statement is handed in.")
STATES = {
    StatementState.FILED: words("Handed in"),
    StatementState.WITHDRAWN: words("Withdrawn"),
    StatementState.READ_OUT: words("Read out"),
    StatementState.ON_RECORD: words("On record"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """Who writes and in which role, in words."""

    title: str
    other: str
    capacity: str
    category: str


def named(speaker: Speaker, say: Say) -> Named:
    capacity = reasons.said(speaker.capacity, say)
    return Named(speaker.title, speaker.other, capacity, said(speaker.category, say))


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in words; an aside has no ``who``: it is the reader's, or the moderator's."""

    at: datetime
    text: str | None
    who: Named | None = None
    answer: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    receipt: Receipt
    state: str


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, newest first, and what its reader may write now; why not, in a sentence."""

    entries: tuple[Entry, ...]
    may_write: bool
    why_not: str
    may_tell: bool
    may_file: bool
    own: tuple[Own, ...]
    on_record: bool

    @property
    def id(self) -> UUID:
        """One for each form: what is sent twice is written once."""
        return uuid4()


async def written(db: Reading, sitting: Sitting, me: Person, now: datetime, say: Say) -> Written:
    """For someone who may attend."""
    mine = await chat.mine(db, sitting, me, now)
    speaks = await access.decide(db, me, sitting, Right.SPEAK, now)
    paused = sitting.chat_paused_at is not None
    may = may_chat(speaks, paused=paused, muted=mine.muted)
    open_ = sitting.state is SittingState.OPEN
    told = [
        *(Entry(each.at, each.text, answer=each.answers is not None) for each in mine.asides),
        *(
            Entry(each.at, each.text, named(each.speaker, say))
            for each in map(kept.message, await kept.messages(db, sitting, most=SHOWN))
        ),
    ]
    return Written(
        entries=_fitting(sorted(told, key=lambda each: each.at, reverse=True)[:SHOWN]),
        may_write=open_ and may is True,
        why_not="" if isinstance(may, bool) else _why(may, say),
        may_tell=sitting.state in {SittingState.SCHEDULED, SittingState.OPEN},
        may_file=bool(speaks) and may_file(sitting.state),
        own=tuple(
            Own(each, say(STATES[each.state]))
            for each in await statements.mine(db, sitting, me, now)
        ),
        on_record=bool(await kept.statements(db, sitting)),
    )


def _fitting(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The newest, as many as a small page holds."""
    sizes = accumulate(len((each.text or "").encode()) for each in entries)
    return tuple(each for each, size in zip(entries, sizes, strict=True) if size <= LARGEST)


def _why(no: Denied | No, say: Say) -> str:
    return explain(no, say).sentence if isinstance(no, Denied) else refusal(no.reason, say).sentence


def wrong(malformed: Malformed, say: Say) -> str:
    """What is wrong with a form, in a sentence that says what to do."""
    fault = next(iter(malformed.faults.values()))
    return reasons.said(fault, say) if isinstance(fault, TextFault) else say(fault)


class ChatForm(BaseModel):
    """A message that was sent by a plain form; the form's own token is looked at before."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    to: Literal["all", "moderator"] = "all"
    text: Annotated[str, Field(max_length=10 * LONGEST_TEXT)] = ""

    def wish(self) -> AnyWish:
        """What a socket would have said; Malformed where that cannot be said."""
        text = clean(self.text)
        found = fault(text, LONGEST_TEXT, lines=True)
        if found not in {None, TextFault.MARKUP}:
            raise Malformed(text=found)
        kind = "send-chat" if self.to == "all" else "tell-moderator"
        try:
            return WISHES.validate_python({"kind": kind, "id": self.id, "text": text})
        except ValidationError:
            raise Malformed(text=TextFault.MISSING) from None


async def send(
    at: House, sitting_id: UUID, form: ChatForm, *, by: Person, now: datetime, say: Say
) -> str:
    """Write it, by the same service as the socket's; why not, in a sentence, or nothing."""
    wish = form.wish()
    await count(at, wish, by.id)
    async with at.database.writing() as db:
        outcome = await wishes.grant(db, sitting_id, wish, by=by, now=now)
    why = answer(wish.id, outcome, say).why
    return why.sentence if why else ""


@dataclass(frozen=True, slots=True)
class StatementForm:
    """A statement from a plain form: typed, or a file that is plain text in UTF-8."""

    id: UUID
    text: str
    item: int | None = None
    file_name: str = ""

    def value(self) -> NewStatement:
        source = Source.UPLOADED if self.file_name else Source.TYPED
        return NewStatement(self.id, self.text, self.item, source, self.file_name)


async def statement_form(
    id: Annotated[UUID, Form()],  # noqa: A002 - the field's name, as in every form here
    statement: Annotated[str, Form(max_length=2 * LONGEST)] = "",
    item: Annotated[str, Form(max_length=4, pattern=r"^\d*$")] = "",
    file: UploadFile | None = None,
) -> StatementForm:
    """What a door may ask for; Malformed where the file is no text."""
    number = int(item) if item else None
    if file is None or not file.filename:
        return StatementForm(id, statement, number)
    try:
        whole = (await file.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(file=NOT_TEXT) from None
    if "\0" in whole:
        raise Malformed(file=NOT_TEXT)
    return StatementForm(id, whole, number, clean(file.filename)[-120:])


async def hand_in(
    at: House, sitting_id: UUID, form: StatementForm, *, by: Person, now: datetime
) -> Receipt:
    """The receipt; Refused or Malformed with the reason where it is not taken."""
    await at.rates.take(at.settings.statements_per_person, "statement", str(by.id))
    async with at.database.writing() as db:
        return await statements.file(db, sitting_id, form.value(), by=by, now=now)
