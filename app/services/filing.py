"""An input is sent, sent again, withdrawn or disowned; late ones go to the next round (R4)."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import and_, col, func, or_, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.i18n import Language, countries, tongues
from app.keys import Keys
from app.models import (
    Attachment,
    Consultation,
    Input,
    InputAuthor,
    InputVersion,
    Person,
    StoredFile,
)
from app.policy import filing as rules
from app.policy.filing import FilingReason, Head, Known, Window
from app.policy.inputs import Attached, Content, InputState, digest
from app.policy.letters import LetterKind
from app.policy.refusal import No
from app.policy.text import clean, fault
from app.services import acts, inputs, letters, publication, receipts
from app.services.inputs import Draft


async def faults(
    db: Reading | Writing, draft: Draft, *, by: Person, now: datetime
) -> dict[str, str]:
    """What stands between a draft and being sent, by field."""
    bodies = await inputs.may_speak_for(db, by, draft.consultation.meeting_id, now)
    known = Known(
        entities={each.id for each in bodies},
        countries=countries(Language.ENGLISH),
        languages=tongues(Language.ENGLISH),
        questions={each.number for each in draft.questions},
    )
    return rules.faults(draft.said, len(draft.files), known)


async def submit(
    db: Writing, input_id: UUID, *, revision: int, by: Person, keys: Keys, now: datetime
) -> InputVersion:
    """Send what stood at this revision; the version that it makes. See ``send``."""
    sent = await send(db, input_id, revision=lambda _: revision, by=by, keys=keys, now=now)
    return sent.versions[0]


async def send(
    db: Writing,
    input_id: UUID,
    *,
    revision: Callable[[int], int],
    by: Person,
    keys: Keys,
    now: datetime,
) -> Draft:
    """Send what was seen, for the first time or as another version; the input as it is then.

    Each version gets its receipt, an entry of the log whose head is signed with ``keys``.
    ``revision`` says, of the one that stands, which one was seen.

    The deadline is the one in the row, read while it is held: of an extension and an input at the
    same moment one comes first. ``now`` is when all of the request had come.
    """
    consultation, row = await _held(db, input_id, by)
    draft = await inputs.draft(db, row)
    if revision(draft.revision) != draft.revision:
        raise Conflict(FilingReason.CHANGED, version=draft.revision)
    when = rules.window(inputs.round_of(consultation), now)
    _or_not_now(row, when)
    await _may(db, consultation, by, now)
    if wrong := await faults(db, draft, by=by, now=now):
        raise Malformed(**wrong)
    head, content = rules.head(draft.said), _content(draft, await _slug(db, row)).as_json()
    said = digest(content)
    newest = draft.versions[0] if draft.versions else None
    if newest and newest.digest == said:
        await _say_anew(db, row, head)
        return draft
    await _or_sent_already(db, row, said, draft)
    if row.number is None:
        await _number(db, row, consultation, when, now)
    _say(row, head)
    row.state = InputState.SUBMITTED
    number = newest.number + 1 if newest else 1
    version = InputVersion(
        input_id=row.id, number=number, person_id=by.id, at=now, content=content, digest=said
    )
    db.add_all((row, version))
    await db.flush()
    _introduce(by, head)
    await acts.record(
        db,
        "input-submitted" if number == 1 else "input-revised",
        now,
        input=str(row.id),
        consultation=str(row.consultation_id),
        number=row.number,
        version=number,
        digest=said,
        by=str(by.id),
    )
    await receipts.issue(db, version, keys, now)
    await publication.index(db, row)
    await _tell(db, row, version, now)
    there = await load(db, Consultation, row.consultation_id)  # a late one has gone on
    return replace(draft, consultation=there, versions=(version, *draft.versions))


async def _held(db: Writing, input_id: UUID, by: Person) -> tuple[Consultation, Input]:
    """The round, then the input: always in this order, so that nobody waits for each other."""
    before = await load(db, Input, input_id)
    consultation = await hold(db, Consultation, before.consultation_id)
    row = await inputs.held(db, input_id, by)
    if row.consultation_id != consultation.id:
        raise Conflict(FilingReason.CHANGED)
    return consultation, row


def _or_not_now(row: Input, when: Window) -> None:
    match when:
        case Window.SKIPPED:
            raise Conflict(FilingReason.SKIPPED)
        # One that was carried here waits for nothing: its authors may put it right at once.
        case Window.BEFORE if row.number is None:
            raise Conflict(FilingReason.NOT_YET)
        case Window.AFTER if row.number is not None:
            raise Conflict(FilingReason.AFTER_CLOSE)
        case _:
            return


async def _may(db: Writing, consultation: Consultation, by: Person, now: datetime) -> None:
    decision = await inputs.may_file(db, by, consultation, now)
    if not decision:
        raise Refused(decision)


async def _slug(db: Writing, row: Input) -> str:
    """Of what it was written for, wherever it was carried: its answers are to those questions."""
    asked = await load(db, Consultation, row.carried_from_id or row.consultation_id)
    return asked.slug


def _content(draft: Draft, slug: str) -> Content:
    return rules.content(slug, draft.said, [attached(each) for _, each in draft.files])


def attached(file: StoredFile) -> Attached:
    return Attached(file.name, file.media_type, file.size, file.sha256)


async def _say_anew(db: Writing, row: Input, head: Head) -> None:
    """The same text with other words about who sends it: nothing that it says is new."""
    told = asdict(head)
    if all(getattr(row, key) == value for key, value in told.items()):
        raise Conflict(FilingReason.SENT_ALREADY, number=row.number)
    _say(row, head)
    db.add(row)
    await db.flush()
    await publication.index(db, row)


def _say(row: Input, head: Head) -> None:
    for key, value in asdict(head).items():
        setattr(row, key, value)


async def _or_sent_already(db: Writing, row: Input, said: str, draft: Draft) -> None:
    """The same from the same authors is one input, however often it comes."""
    writers = [each.person_id for each in draft.authors if each.agreed_at]
    for key in sorted(writers):
        await hold(db, Person, key)  # of the same sent twice at once, one is second
    query = (
        select(Input.number)
        .join(InputVersion, col(InputVersion.input_id) == col(Input.id))
        .where(
            InputVersion.digest == said,
            col(InputVersion.person_id).in_(writers),
            Input.id != row.id,
            Input.state == InputState.SUBMITTED,
        )
    )
    if number := (await db.exec(query)).first():
        raise Conflict(FilingReason.SENT_ALREADY, number=number)


async def _number(
    db: Writing, row: Input, consultation: Consultation, when: Window, now: datetime
) -> None:
    """The next number of the round, without a gap: the round is held. Late ones go on (R4)."""
    there = consultation
    late = when is Window.AFTER
    if late and (found := await _next(db, consultation, now)):
        there = found
    number = await _newest(db, there) + 1
    row.submitted_at, row.late, row.number = now, late, number
    if there is not consultation:
        row.carried_from_id, row.consultation_id = consultation.id, there.id


async def _newest(db: Writing, consultation: Consultation) -> int:
    """The highest number given here; those of late ones that went on later are not given again."""
    query = select(func.max(Input.number)).where(Input.consultation_id == consultation.id)
    ever = select(func.count()).where(
        or_(
            and_(col(Input.consultation_id) == consultation.id, col(Input.number).is_not(None)),
            col(Input.carried_from_id) == consultation.id,
        )
    )
    return max((await db.exec(query)).one() or 0, (await db.exec(ever)).one())


async def _next(db: Writing, missed: Consultation, now: datetime) -> Consultation | None:
    """The round that takes what came too late, held; rounds are held in the order of closing."""
    query = select(Consultation).where(
        col(Consultation.announced_at).is_not(None), col(Consultation.closes_at) > now
    )
    rounds = [inputs.round_of(each) for each in await db.exec(query)]
    found = rules.next_round(inputs.round_of(missed), rounds, now)
    return await hold(db, Consultation, found.id) if found else None


def _introduce(person: Person, head: Head) -> None:
    """What people say of themselves for the first time is how the service knows them."""
    person.name = person.name or head.name
    person.affiliation = person.affiliation or head.organization
    person.country = person.country or head.country
    person.job_title = person.job_title or head.job_title


async def _tell(db: Writing, row: Input, version: InputVersion, now: datetime) -> None:
    """Every author who has agreed is told; whoever sent it gets the receipt, and where it went."""
    kind = LetterKind.INPUT_RECEIVED
    if row.late and version.number == 1:
        kind = LetterKind.INPUT_LATE
    told = None if kind is LetterKind.INPUT_LATE else version.person_id
    facts = {"digest": version.digest, "version": str(version.number)}
    await tell(db, kind, row, now, but=told, **facts)


async def tell(
    db: Writing,
    kind: LetterKind,
    row: Input,
    now: datetime,
    *,
    but: UUID | None = None,
    **facts: str,
) -> None:
    """A letter to everyone who writes it, ``but`` one who is told otherwise."""
    asked = await load(db, Consultation, row.carried_from_id or row.consultation_id)
    carried = await load(db, Consultation, row.consultation_id) if row.carried_from_id else None
    facts |= {
        "input": str(row.id),
        "title": str(asked.titles["en"]),
        "number": str(row.number),
        "next": str(carried.titles["en"]) if carried else "",
        "link": f"/inputs/{row.id}",
    }
    told = {fact: said for fact, said in facts.items() if said}
    for person in await _writers(db, row):
        if person.id != but:
            await letters.write(db, kind, person, now, **told)


async def _writers(db: Writing, row: Input) -> Iterable[Person]:
    query = (
        select(Person)
        .join(InputAuthor, col(InputAuthor.person_id) == col(Person.id))
        .where(
            InputAuthor.input_id == row.id,
            col(InputAuthor.agreed_at).is_not(None),
            col(InputAuthor.disowned_at).is_(None),
        )
        .order_by(col(Person.id))
    )
    return (await db.exec(query)).all()


# Afterwards.


async def withdraw(db: Writing, input_id: UUID, why: str, *, by: Person, now: datetime) -> Input:
    """Take back what was sent: it is not shown any more; that it was there, and why not, stays."""
    row = await inputs.held(db, input_id, by)
    if row.state is not InputState.SUBMITTED:
        raise Conflict(FilingReason.NOT_SENT)
    if row.person_id != by.id:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    row.withdrawn_why = _reason(why)
    row.state, row.withdrawn_at = InputState.WITHDRAWN, now
    db.add(row)
    await db.flush()
    await publication.index(db, row)
    await acts.record(db, "input-withdrawn", now, input=str(row.id), by=str(by.id))
    await tell(db, LetterKind.INPUT_WITHDRAWN, row, now)
    return row


async def disown(db: Writing, input_id: UUID, why: str, *, by: Person, now: datetime) -> None:
    """No longer be an author of what was sent; the first author withdraws it instead."""
    row = await inputs.held(db, input_id, by)
    if row.state is not InputState.SUBMITTED:
        raise Conflict(FilingReason.NOT_SENT)
    if row.person_id == by.id:
        raise Refused(No(FilingReason.FIRST_AUTHOR))
    query = select(InputAuthor).where(
        InputAuthor.input_id == row.id, InputAuthor.person_id == by.id
    )
    found = (await db.exec(query)).one()
    found.disowned_at, found.disowned_why = now, _reason(why)
    db.add(found)
    await db.flush()
    await publication.index(db, row)
    await acts.record(db, "input-disowned", now, input=str(row.id), by=str(by.id))


def _reason(raw: str) -> str:
    why = clean(raw)
    if wrong := fault(why, rules.WHY, required=True, lines=True):
        raise Malformed(why=wrong)
    return why


async def carry(db: Writing, consultation_id: UUID, now: datetime) -> int:
    """Bring late inputs that nothing has taken yet to a round that was just announced (R4).

    How many; their authors are told. The round is held by whoever announces it, or is here.
    """
    there = await hold(db, Consultation, consultation_id)
    if there.announced_at is None or there.skipped_at is not None or now >= there.closes_at:
        return 0
    query = select(Input.id).where(
        Input.state == InputState.SUBMITTED,
        col(Input.late),
        col(Input.carried_from_id).is_(None),
        Input.consultation_id != there.id,
    )
    keys = (await db.exec(query.order_by(col(Input.submitted_at), col(Input.id)))).all()
    moved = 0
    for key in keys:
        row = await hold(db, Input, key)
        if row.carried_from_id is not None or row.state is not InputState.SUBMITTED:
            continue
        number = await _newest(db, there) + 1
        row.carried_from_id, row.consultation_id = row.consultation_id, there.id
        row.number = number
        db.add(row)
        await db.flush()
        await publication.index(db, row)
        newest = (await inputs.versions(db, row.id))[0]
        await tell(db, LetterKind.INPUT_LATE, row, now, digest=newest.digest, version="1")
        moved += 1
    return moved


# Files.


async def may_attach(db: Reading | Writing, input_id: UUID, by: Person) -> Draft:
    """The draft to which one more file may be put; asked before the file is opened, and after."""
    draft = await inputs.seen(db, input_id, by)
    author = draft.author(by)
    if author.agreed_at is None or author.disowned_at is not None:
        raise Refused(No(FilingReason.NOT_AGREED))
    if draft.row.state is InputState.WITHDRAWN:
        raise Conflict(FilingReason.WITHDRAWN)
    if len(draft.files) >= rules.MOST_FILES:
        raise Refused(No(FilingReason.TOO_MANY_FILES))
    return draft


async def attach(
    db: Writing, input_id: UUID, file: StoredFile, *, by: Person, now: datetime
) -> tuple[Attachment, StoredFile]:
    """Put a file that was opened and stored to an input; the same file is there once."""
    row = await inputs.held(db, input_id, by)
    draft = await may_attach(db, row.id, by)
    for each, stored in draft.files:
        if stored.sha256 == file.sha256:
            return each, stored
    db.add(file)
    await db.flush()
    made = Attachment(input_id=row.id, file_id=file.id, attached_at=now)
    db.add(made)
    await db.flush()
    return made, file


async def detach(
    db: Writing, input_id: UUID, attachment_id: UUID, *, by: Person, now: datetime
) -> None:
    """Take a file off what is sent next; versions that were sent keep theirs."""
    row = await inputs.held(db, input_id, by)
    found = await db.get(Attachment, attachment_id)
    if found is None or found.input_id != row.id:
        raise NotFound
    if found.removed_at is None:
        found.removed_at = now
        db.add(found)
        await db.flush()


async def file_of(db: Reading, input_id: UUID, attachment_id: UUID, *, by: Person) -> StoredFile:
    """A file of an input, for one of its authors; removed ones too, as versions name them."""
    draft = await inputs.seen(db, input_id, by)
    for each, stored in await inputs.files(db, draft.row.id, removed=True):
        if each.id == attachment_id:
            return stored
    raise NotFound
