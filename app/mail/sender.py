"""Sends what is in the outbox: claims, decides again, renders, sends, and notes what became of it.

A letter is *claimed* in one short transaction: ``due_at`` moves on, so that a second process, or
this one after a crash, takes it up again only when the claim has run out. Nothing is sent inside
a transaction. A letter may so arrive twice, and never not at all.

At the claim a letter is *decided again*: one that was overtaken, a sign-in link that has been used
or has expired, an approval that was taken back, is not sent, and why is noted on it.

**The token of a sign-in link is made here**, at the claim, and is only ever in the memory of this
process and in the letter; the table gets its digest. Neither the outbox nor a backup of it can
sign anybody in. Sending again after a fault makes another token, so the newest letter is the one
that works. The demo has no mail: there the rendered letter is kept on the row (``facts["kept"]``)
for the outbox page, token included, on loopback only.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPRecipientsRefused
from jinja2 import TemplateError
from sqlmodel import and_, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from app import ledger
from app.database import Database, Writing, hold, load
from app.i18n import Language, translations
from app.keys import Keys
from app.mail import tokens
from app.mail.address import routable
from app.mail.calendar import calendar
from app.mail.render import Facts, Rendered, Service, render
from app.models import (
    Appointment,
    Consultation,
    ConsultationFollower,
    Disposition,
    Document,
    FocalPoint,
    Input,
    InputAuthor,
    InputVersion,
    Invitation,
    Letter,
    Mailing,
    Meeting,
    Person,
    Receipt,
    Registration,
    RoundsFollower,
    SignInLink,
    Sitting,
)
from app.policy.consultation import (
    is_late,
)
from app.policy.documents import DocumentState
from app.policy.inputs import (
    InputState,
)
from app.policy.letters import LetterKind
from app.policy.people import Function
from app.policy.registration import RegistrationState as State
from app.settings import LOOPBACK, Settings

log = structlog.get_logger()
Made = TypeVar("Made", EmailMessage, Rendered)

LOOK_AGAIN = 5.0
BATCH = 10
PATIENCE = 20.0  # seconds for one exchange with the mail server
CLAIM = timedelta(minutes=5)  # longer than a batch can take
MOST_TRIES = 8
PORTS = {"smtp": 25, "smtps": 465}
PERMANENT = 500
KEPT = "kept"

STILL_TRUE = {
    LetterKind.ACKNOWLEDGED: {State.SUBMITTED},
    LetterKind.CONFIRMED: {State.APPROVED},
    LetterKind.APPROVED: {State.APPROVED},
    LetterKind.REJECTED: {State.REJECTED},
    LetterKind.WITHDRAWN: {State.WITHDRAWN},
    LetterKind.EDITED: {State.SUBMITTED, State.APPROVED},
    LetterKind.TO_DECIDE: {State.SUBMITTED},
    LetterKind.PLACE: {State.SUBMITTED, State.APPROVED},
    LetterKind.ASKED: {State.SUBMITTED},
    LetterKind.ANSWERED: {State.SUBMITTED},
    LetterKind.REOPENED: {State.SUBMITTED},
    LetterKind.NOMINATED: {State.NOMINATED},
    LetterKind.REPLACED: {State.WITHDRAWN},
    LetterKind.STEPPED_IN: {State.APPROVED},
    LetterKind.NOTE: set(State),
}
OF_ROUNDS = {
    LetterKind.ROUND_ANNOUNCED,
    LetterKind.ROUND_CLOSES,
    LetterKind.ROUND_EXTENDED,
    LetterKind.ROUND_SKIPPED,
}
OF_INPUTS = {
    LetterKind.INPUT_ASKED: {InputState.DRAFT, InputState.SUBMITTED},
    LetterKind.INPUT_RECEIVED: {InputState.SUBMITTED},
    LetterKind.INPUT_LATE: {InputState.SUBMITTED},
    LetterKind.INPUT_WITHDRAWN: {InputState.WITHDRAWN},
    LetterKind.INPUT_LABELLED: {InputState.SUBMITTED},
    LetterKind.INPUT_REDACTED: {InputState.SUBMITTED},
    LetterKind.INPUT_SHOWN_AGAIN: {InputState.SUBMITTED},
}
OF_DOCUMENTS = {
    LetterKind.DOCUMENT_FILED: DocumentState.FILED,
    LetterKind.DOCUMENT_RETURNED: DocumentState.RETURNED,
    LetterKind.DOCUMENT_POSTED: DocumentState.POSTED,
}
TO_DECIDERS = {LetterKind.TO_DECIDE, LetterKind.ANSWERED}


@dataclass(frozen=True, slots=True)
class Job:
    """A letter that was claimed, with all that it takes to send it; holds the token, if any."""

    letter_id: UUID
    kind: LetterKind
    tries: int
    to: str
    name: str
    language: Language
    facts: Facts
    calendar: bytes = b""
    receipt: bytes = b""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: sent (and perhaps kept), to be tried again, or given up."""

    fault: str = ""
    hopeless: bool = False
    kept: Rendered | None = None


class Place(Protocol):
    """What the sender stands on; ``depends.House`` is one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def database(self) -> Database: ...
    @property
    def keys(self) -> Keys: ...


async def run(at: Place, letters: asyncio.Event) -> None:
    """Send what is due whenever the bell rings, and look every few seconds; until cancelled."""
    sender = Sender(at.settings, at.database, at.keys.fingerprint)
    if not sender.sends:
        log.warning("letters.wait", reason="CWG_SMTP_URL is empty")
        return
    # A library's wait_for may swallow a cancellation (Python 3.11): ask whether there was one.
    this = asyncio.current_task()
    while not (this and this.cancelling()):
        letters.clear()
        if not await _round(sender):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN):
                    await letters.wait()


async def _round(sender: "Sender") -> int:
    try:
        return await sender.deliver()
    except Exception:
        # Whatever went wrong is logged and the next round tries again: letters must not stop.
        log.exception("letters.round_failed")
        return 0


class Sender:
    """What delivers a batch: to the mail server, or in the demo to the outbox page."""

    def __init__(self, settings: Settings, database: Database, fingerprint: str) -> None:
        self._database = database
        self._service = Service(settings.address, fingerprint)
        self._from = settings.mail_from
        self._relay = Relay(settings.smtp_url, settings.mail_from) if settings.smtp_url else None
        self._demo = settings.demo

    @property
    def sends(self) -> bool:
        """Whether there is anywhere for letters to go; they wait where there is not."""
        return self._relay is not None or self._demo

    async def deliver(self) -> int:
        """Take up what is due now, up to a batch, and send it; how many letters were taken up."""
        async with self._database.reading() as db:
            if not (await db.exec(_due(datetime.now(UTC)))).all():
                return 0
        async with self._database.writing() as db:
            taken, jobs = await _claim(db, datetime.now(UTC), self._service.base)
        if self._relay is None:
            await self._keep(jobs)
        else:
            await self._post(self._relay, jobs)
        return taken

    async def _post(self, relay: "Relay", jobs: Sequence[Job]) -> None:
        composed = [(job, await self._try(job, self._message)) for job in jobs]
        ready = [(job, message) for job, message in composed if message is not None]
        async with contextlib.aclosing(relay.send([message for _, message in ready])) as outcomes:
            for job, _ in ready:
                await self._note(job, await anext(outcomes))

    async def _keep(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if said := await self._try(job, self._rendered):
                await self._note(job, Outcome(kept=said))

    async def _try(self, job: Job, make: Callable[[Job], Made]) -> Made | None:
        """What was made of the job; one that nothing can be made of must not stop the others."""
        try:
            return make(job)
        except (TemplateError, ValueError) as fault:
            await self._note(job, Outcome(_said(fault), hopeless=True))
            return None

    def _message(self, job: Job) -> EmailMessage:
        return compose(job, self._rendered(job), self._from)

    def _rendered(self, job: Job) -> Rendered:
        return render(job.kind, job.language, self._service, job.name, job.facts)

    async def _note(self, job: Job, outcome: Outcome) -> None:
        now = datetime.now(UTC)
        async with self._database.writing() as db:
            letter = await hold(db, Letter, job.letter_id)
            letter.fault = outcome.fault
            if outcome.kept:
                letter.facts = {**letter.facts, KEPT: asdict(outcome.kept)}
            if not outcome.fault:
                letter.sent_at = now
            elif outcome.hopeless or letter.tries >= MOST_TRIES:
                letter.given_up_at = now
            else:
                letter.due_at = now + timedelta(minutes=2 ** (letter.tries - 1))
            db.add(letter)
        if outcome.fault:
            log.warning("letter.not_sent", letter=str(job.letter_id), tries=job.tries)


# Claiming.


def _due(now: datetime) -> SelectOfScalar[Letter]:
    return (
        select(Letter)
        .where(
            col(Letter.sent_at).is_(None),
            col(Letter.given_up_at).is_(None),
            col(Letter.due_at) <= now,
        )
        .order_by(col(Letter.due_at))
        .limit(BATCH)
    )


async def _claim(db: Writing, now: datetime, address: str) -> tuple[int, list[Job]]:
    """Letters that no other process has in hand, and what it takes to send those still true."""
    letters = (await db.exec(_due(now).with_for_update(skip_locked=True))).all()
    jobs = [await _take(db, letter, now, address) for letter in letters]
    return len(letters), [job for job in jobs if job]


async def _take(db: Writing, letter: Letter, now: datetime, address: str) -> Job | None:
    db.add(letter)
    if overtaken := await _overtaken(db, letter, now):
        letter.given_up_at, letter.fault = now, overtaken
        return None
    letter.tries += 1
    letter.due_at = now + CLAIM
    person = await load(db, Person, letter.person_id)
    return Job(
        letter_id=letter.id,
        kind=letter.kind,
        tries=letter.tries,
        to=person.email,
        name=person.name,
        language=_language(letter.language),
        facts=await _facts(db, letter),
        calendar=await _calendar(db, letter, now, address),
        receipt=await _receipt(db, letter),
    )


async def _calendar(db: Writing, letter: Letter, now: datetime, address: str) -> bytes:
    """The sittings that the letter names, as they are planned at the moment of sending."""
    keys = [UUID(key) for key in str(letter.facts.get("sittings", "")).split(",") if key]
    query = select(Sitting).where(col(Sitting.id).in_(keys)).order_by(col(Sitting.number))
    sittings = (await db.exec(query)).all() if keys else []
    if not sittings:
        return b""
    meeting = await load(db, Meeting, sittings[0].meeting_id)
    theirs = select(Registration).where(Registration.reference == letter.facts["reference"])
    waits = (await db.exec(theirs)).one().state is State.SUBMITTED
    say = translations(_language(letter.language)).gettext
    return calendar(meeting, sittings, address, now, say, tentative=waits)


async def _receipt(db: Writing, letter: Letter) -> bytes:
    """The receipt that the letter brings, as a file."""
    found = await _brought(db, letter) if letter.kind is LetterKind.RECEIVED else None
    made = await ledger.document(db, found) if found else None
    return b"" if made is None else json.dumps(made.as_json(), ensure_ascii=False).encode()


async def _brought(db: Writing, letter: Letter) -> Receipt | None:
    query = select(Receipt).where(Receipt.reference == letter.facts.get("receipt"))
    return (await db.exec(query)).first()


async def _overtaken(db: Writing, letter: Letter, now: datetime) -> str:
    """Why the letter would not be true any more; empty where it still is."""
    if letter.kind is LetterKind.SIGN_IN:
        link = await db.get(SignInLink, UUID(letter.facts["link_id"]))
        return "" if link and not link.used_at and link.expires_at > now else "link-ended"
    if letter.kind is LetterKind.INVITED:
        invited = await _invitation(db, letter)
        stands = invited and invited.ended_at is None and invited.expires_at > now
        return "" if stands else "overtaken"
    if letter.kind in OF_ROUNDS:
        return "" if await _of_round(db, letter, now) else "overtaken"
    if letter.kind is LetterKind.RECEIVED:
        brought = await _brought(db, letter)
        gone = brought is None or brought.version_id is None or brought.entry is None
        return "overtaken" if gone else ""
    if letter.kind is LetterKind.NOTE and not await _note(db, letter):
        return "overtaken"
    if letter.kind is LetterKind.INPUT_ANSWERED:
        return "" if await _still_answers(db, letter) else "overtaken"
    if letter.kind in OF_INPUTS:
        return "" if await _of_an_author(db, letter) else "overtaken"
    if letter.kind in OF_DOCUMENTS:
        return "" if await _of_a_document(db, letter) else "overtaken"
    query = select(Registration).where(Registration.reference == letter.facts["reference"])
    found = (await db.exec(query)).first()
    if found is None or found.state not in STILL_TRUE[letter.kind]:
        return "overtaken"
    if letter.kind in TO_DECIDERS and not await _decides(db, letter, found, now):
        return "not-theirs-any-more"
    return ""


async def _of_round(db: Writing, letter: Letter, now: datetime) -> bool:
    """Whether somebody still follows a consultation, and its deadline is the one that is named."""
    key = letter.facts.get("consultation")
    found = await db.get(Consultation, UUID(key), populate_existing=True) if key else None
    if found is None:
        return False
    follows = select(ConsultationFollower.id).where(
        ConsultationFollower.consultation_id == found.id,
        ConsultationFollower.person_id == letter.person_id,
    )
    if letter.kind is LetterKind.ROUND_ANNOUNCED:
        follows = select(RoundsFollower.id).where(RoundsFollower.person_id == letter.person_id)
    if (await db.exec(follows)).first() is None:
        return False
    if letter.kind is LetterKind.ROUND_SKIPPED:
        return found.skipped_at is not None
    same = found.closes_at == datetime.fromisoformat(letter.facts["closes_at"])
    return found.skipped_at is None and same and not is_late(found.closes_at, now)


async def _decides(db: Writing, letter: Letter, found: Registration, now: datetime) -> bool:
    """Whether the reader is still a focal point of the entity, or of the secretariat."""
    focal_point = select(FocalPoint.id).where(
        FocalPoint.person_id == letter.person_id,
        FocalPoint.entity_id == found.entity_id,
        FocalPoint.valid_from <= now.date(),
        or_(col(FocalPoint.valid_until).is_(None), col(FocalPoint.valid_until) >= now.date()),
    )
    secretariat = select(Appointment.id).where(
        Appointment.person_id == letter.person_id,
        Appointment.meeting_id == found.meeting_id,
        Appointment.function == Function.SECRETARIAT,
        col(Appointment.ended_at).is_(None),
    )
    return bool((await db.exec(focal_point)).first() or (await db.exec(secretariat)).first())


async def _of_an_author(db: Writing, letter: Letter) -> bool:
    """Whether the input is still as far as the letter says, and the reader one of its authors."""
    key = letter.facts.get("input")
    if not key:
        return False
    query = (
        select(Input.state)
        .join(InputAuthor, col(InputAuthor.input_id) == col(Input.id))
        .where(
            Input.id == UUID(key),
            InputAuthor.person_id == letter.person_id,
            col(InputAuthor.disowned_at).is_(None),
        )
    )
    return (await db.exec(query)).first() in OF_INPUTS[letter.kind]


async def _still_answers(db: Writing, letter: Letter) -> bool:
    """Whether something of what it tells still stands, and its reader is still an author."""
    keys = [UUID(each) for each in str(letter.facts.get("dispositions", "")).split(",") if each]
    theirs = and_(
        col(InputAuthor.input_id) == col(Input.id),
        col(InputAuthor.person_id) == letter.person_id,
    )
    query = (
        select(Input.id)
        .join(Disposition, col(Disposition.input_id) == col(Input.id))
        .join(InputAuthor, theirs, isouter=True)
        .where(
            col(Disposition.id).in_(keys),
            col(Disposition.replaced_at).is_(None),
            Input.state == InputState.SUBMITTED,
            or_(col(InputAuthor.id).is_not(None), Input.person_id == letter.person_id),
            col(InputAuthor.disowned_at).is_(None),
        )
    )
    return (await db.exec(query.limit(1))).first() is not None


async def _of_a_document(db: Writing, letter: Letter) -> bool:
    """Whether the document is still as far as the letter says, and the reader's own."""
    key = letter.facts.get("document")
    found = await db.get(Document, UUID(key), populate_existing=True) if key else None
    if found is None or found.person_id != letter.person_id:
        return False
    return found.state is OF_DOCUMENTS[letter.kind]


async def _invitation(db: Writing, letter: Letter) -> Invitation | None:
    key = letter.facts.get("invitation")
    return await db.get(Invitation, UUID(key)) if key else None


async def _note(db: Writing, letter: Letter) -> Mailing | None:
    key = letter.facts.get("mailing")
    return await db.get(Mailing, UUID(key)) if key else None


async def _received(db: Writing, letter: Letter) -> dict[str, str]:
    """What a receipt says, with the head of the log: whoever keeps the letter holds it to it."""
    found = await _brought(db, letter)
    made = await ledger.document(db, found) if found else None
    if found is None or made is None or found.version_id is None:
        return {}
    version = await load(db, InputVersion, found.version_id)
    of = await load(db, Input, version.input_id)
    titles = (await load(db, Consultation, of.consultation_id)).titles
    said = {name: str(made.entry[name]) for name in ("number", "version", "digest")}
    return said | {
        "reference": found.reference,
        "title": str(titles.get(letter.language) or titles["en"]),
        "received": str(made.entry["received_at"]),
        "size": str(made.head["statement"]["size"]),
        "root": str(made.head["statement"]["root"]),
        "signature": str(made.head["signature"]["value"]),
    }


async def _facts(db: Writing, letter: Letter) -> Facts:
    if letter.kind is LetterKind.INVITED and (invited := await _invitation(db, letter)):
        return {**letter.facts, "until": invited.expires_at}
    if letter.kind is LetterKind.NOTE and (note := await _note(db, letter)):
        facts = {fact: str(value) for fact, value in letter.facts.items()}
        return {**facts, "title": note.title, "text": note.text}
    if letter.kind in OF_ROUNDS:
        until = datetime.fromisoformat(letter.facts["closes_at"])
        return {fact: str(value) for fact, value in letter.facts.items()} | {"until": until}
    if letter.kind is LetterKind.RECEIVED:
        return {**letter.facts, **await _received(db, letter)}
    if letter.kind is not LetterKind.SIGN_IN:
        return {fact: str(value) for fact, value in letter.facts.items()}
    link = await hold(db, SignInLink, UUID(letter.facts["link_id"]))
    token = tokens.new_token()
    link.digest = tokens.digest(token)
    db.add(link)
    return {"link": f"/sign-in/{token}", "until": link.expires_at}


def _language(tag: str) -> Language:
    return Language(tag) if tag in set(Language) else Language.ENGLISH


# Messages.


def compose(job: Job, said: Rendered, sender: str) -> EmailMessage:
    """The message; a line break in what becomes a header is refused by EmailMessage itself."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = routable(job.to)
    message["Subject"] = said.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    # With the tries: were two letters the same to a mail server, it would drop the one that works.
    message["Message-ID"] = f"<{job.letter_id}.{job.tries}@{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = job.language.value
    message.set_content(said.text)
    message.add_alternative(said.html, subtype="html")
    if job.receipt:
        message.add_attachment(
            job.receipt, maintype="application", subtype="json", filename="receipt.json"
        )
    if job.calendar:
        message.add_attachment(
            job.calendar,
            maintype="text",
            subtype="calendar",
            filename="sittings.ics",
            params={"method": "PUBLISH", "charset": "utf-8"},
        )
    return message


def _domain(address: str) -> str:
    return parseaddr(address)[1].rpartition("@")[2] or "localhost"


# The relay.

FAULTS = (SMTPException, OSError, ValueError)


class Relay:
    """The mail server that takes our letters, from ``smtp://`` or ``smtps://``.

    ``smtp://`` asks for STARTTLS, and without it goes on only to this machine, or where the address
    ends in ``?starttls=optional``: links to sign in, and the password, are not for the wire.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("CWG_SMTP_URL: begin with smtp:// or smtps:// and name a host.")
        secret = parts.scheme == "smtps"
        asked = parse_qs(parts.query).get("starttls") == ["optional"]
        where_offered = asked or parts.hostname in LOOPBACK
        self._smtp = partial(
            SMTP,
            hostname=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=secret,
            start_tls=False if secret else (None if where_offered else True),
            timeout=PATIENCE,
            local_hostname=_domain(sender),
        )

    async def send(self, messages: Sequence[EmailMessage]) -> AsyncGenerator[Outcome]:
        """Hand the messages over by one connection; one outcome each, in their order."""
        smtp = self._smtp()
        try:
            async with asyncio.timeout(PATIENCE):
                await smtp.connect()
        except FAULTS as fault:
            for _ in messages:
                yield Outcome(_said(fault))
            return
        try:
            for message in messages:
                yield await _hand_over(smtp, message)
        finally:
            smtp.close()


async def _hand_over(smtp: SMTP, message: EmailMessage) -> Outcome:
    try:
        async with asyncio.timeout(PATIENCE):
            await smtp.send_message(message)
    except SMTPRecipientsRefused as refused:
        hopeless = all(one.code >= PERMANENT for one in refused.recipients)
        return Outcome(_said(refused), hopeless=hopeless)
    except TimeoutError as late:
        smtp.close()  # what comes next on this line would be an answer to this letter
        return Outcome(_said(late))
    except FAULTS as fault:
        return Outcome(_said(fault))
    return Outcome()


def _said(fault: Exception) -> str:
    """What went wrong, for the operator, on one line."""
    return " ".join(f"{type(fault).__name__}: {fault}".split())[:300]
