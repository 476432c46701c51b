"""Inputs are sent: those of one moment are decided on and written together; late ones go on (R4).

What they have in common is read once, and everything is decided before anything is written: one
that is refused leaves the others as they are.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from app.database import (
    FOR_CHANGE,
    Reading,
    Writing,
    hold,
    hold_these,
    load,
    of_these,
    put_rows,
    values,
)
from app.errors import Conflict, Malformed, NotFound, Refusal, Refused
from app.keys import Keys
from app.models import Consultation, Input, InputVersion, Meeting, Person, StoredFile
from app.models.base import uuid7
from app.policy import filing as rules
from app.policy.decision import Decision
from app.policy.filing import FilingReason, Head, Window
from app.policy.inputs import Attached, InputState, digest
from app.policy.letters import LetterKind
from app.policy.refusal import No
from app.services import acts, dossiers, filing, inputs, publication, receipts, search
from app.services.dossiers import Dossier
from app.services.inputs import Draft, Version
from app.services.once import Key


@dataclass(frozen=True, slots=True, eq=False)
class Sending:
    """An input as somebody sends it.

    ``revision`` says, of the one that stands, which one was seen; ``now`` is when all of the
    request had come.
    """

    input_id: UUID
    by: Person
    revision: Callable[[int], int]
    now: datetime
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """An input as it is once it was sent, with the references of its receipts by version."""

    draft: Draft
    references: Mapping[int, str]
    missed: str  # slug of the round that it came too late for

    @property
    def reference(self) -> str:
        """Of the newest version."""
        return self.references[self.draft.versions[0].number]


async def hand_in(keys: Keys, db: Writing, sendings: Sequence[Sending]) -> list[Sent | Refusal]:
    """What became of each, as whoever sent it is told."""
    told = list[Sent | Refusal]()
    for sent in await send_all(db, sendings, keys):
        if isinstance(sent, Refusal):
            told.append(sent)
            continue
        origin = sent.row.carried_from_id
        missed = (await load(db, Consultation, origin)).slug if origin else ""
        told.append(Sent(sent, await receipts.references(db, sent.row), missed))
    return told


async def submit(
    db: Writing, input_id: UUID, *, revision: int, by: Person, keys: Keys, now: datetime
) -> Version:
    """Send what stood at this revision; the version that it makes."""
    sending = Sending(input_id, by, lambda _: revision, now)
    [sent] = await send_all(db, [sending], keys)
    if isinstance(sent, Refusal):
        raise sent
    return sent.versions[0]


async def send_all(db: Writing, sendings: Sequence[Sending], keys: Keys) -> list[Draft | Refusal]:
    """Send what was seen, for the first time or as another version; each input as it is then.

    Each version gets its receipt, an entry of the log whose head is signed with ``keys``.

    The deadline is the one in the row, read while it is held: of an extension and an input at the
    same moment one comes first.
    """
    if not sendings:
        return []
    ground = await _Ground.of(db, sendings)
    told = dict[Sending, Draft | Refusal]()
    accepted = list[_Accepted]()
    for each in sendings:
        try:
            accepted.append(await ground.accepted(db, each))
        except Refusal as refused:
            told[each] = refused
    await _write(db, accepted, keys)
    for one in accepted:
        there = await load(db, Consultation, one.row.consultation_id)  # a late one has gone on
        versions = (one.version, *one.draft.versions) if one.version else one.draft.versions
        told[one.sending] = replace(one.draft, consultation=there, versions=versions)
    return [told[each] for each in sendings]


# What is decided.


@dataclass(slots=True, eq=False)
class _Accepted:
    """An input that is sent; without a version where only the words about who sends it are new."""

    sending: Sending
    person: Person
    row: Input
    draft: Draft
    head: Head
    version: Version | None

    @property
    def alone(self) -> bool:
        """Whether it is sent for the first time, by one person, for no body and with no file."""
        first = self.version is not None and self.version.number == 1
        one = len(self.draft.authors) == 1 and self.draft.authors[0].person_id == self.row.person_id
        return first and one and self.row.entity_id is None and not self.draft.files

    @property
    def as_sent(self) -> Dossier:
        assert self.version  # noqa: S101 - it was sent
        sent = self.version
        version = dossiers.Version(sent.number, sent.at, sent.content, sent.digest)
        return dossiers.as_sent(self.row, version)


@dataclass(slots=True)
class _Ground:
    """What the inputs of one moment are decided on, read once; rounds, inputs, people are held."""

    drafts: Mapping[UUID, Draft]
    meetings: Sequence[Meeting]  # or a session forgets them, and reads each rule book again
    decisions: Mapping[tuple[UUID, UUID], Decision]  # person and round
    people: Mapping[UUID, Person]
    texts: Mapping[UUID, tuple[dict[str, Any], str]]  # as each is sent, and its digest
    sent: dict[tuple[str, UUID], tuple[UUID, int]]  # digest and person: which input, its number

    @classmethod
    async def of(cls, db: Writing, sendings: Sequence[Sending]) -> "_Ground":
        """Rounds, then inputs, then people: always so, that nobody waits for each other."""
        keys = {each.input_id for each in sendings}
        held_now = await db.exec(ROUNDS_OF, params={"keys": list(keys)})
        rounds = {each.id: each for each in held_now}
        rows = await hold_these(db, Input, keys)
        rows = [row for row in rows if row.consultation_id in rounds]
        drafts = await inputs.drafts(db, rows)
        writers = {person for each in drafts.values() for person in _writers(each)}
        # Of the same sent twice at once, one is second.
        held = await hold_these(db, Person, writers | {each.by.id for each in sendings})
        people = {each.id: each for each in held}
        went_on = {row.carried_from_id for row in rows if row.carried_from_id}
        origins = [await load(db, Consultation, key) for key in went_on]
        slugs = {each.id: each.slug for each in (*rounds.values(), *origins)}
        texts = {key: _text(draft, slugs) for key, draft in drafts.items()}
        targets = {each.meeting_id for each in rounds.values()}
        return cls(
            drafts=drafts,
            meetings=[await load(db, Meeting, key) for key in targets],
            decisions=await _decisions(db, sendings, drafts, people),
            people=people,
            texts=texts,
            sent=await _sent(db, {said for _, said in texts.values()}, writers),
        )

    async def accepted(self, db: Writing, each: Sending) -> _Accepted:
        draft = self._draft(each)
        row, consultation = draft.row, draft.consultation
        if each.revision(draft.revision) != draft.revision:
            raise Conflict(FilingReason.CHANGED, version=draft.revision)
        when = rules.window(inputs.round_of(consultation), each.now)
        _or_not_now(row, when)
        if (person := self.people.get(each.by.id)) is None:
            raise NotFound
        if not (decision := self.decisions[each.by.id, consultation.id]):
            raise Refused(decision)
        if wrong := await filing.faults(db, draft, by=each.by, now=each.now):
            raise Malformed(**wrong)
        head, (content, said) = rules.head(draft.said), self.texts[row.id]
        newest = draft.versions[0] if draft.versions else None
        if newest and newest.digest == said:
            _or_nothing_new(row, head)
            return _Accepted(each, person, row, draft, head, None)
        self._or_sent_already(row, said, draft)
        if row.number is None:
            await self._number(db, row, consultation, when, each.now)
        for writer in _writers(draft):
            self.sent[said, writer] = row.id, row.number or 0
        version = Version(
            id=uuid7(),
            input_id=row.id,
            number=newest.number + 1 if newest else 1,
            person_id=each.by.id,
            at=each.now,
            content=content,
            digest=said,
        )
        return _Accepted(each, person, row, draft, head, version)

    def _draft(self, each: Sending) -> Draft:
        """The input, for one who writes it: they agreed, disowned nothing, and it stands."""
        draft = self.drafts.get(each.input_id)
        own = [one for one in draft.authors if one.person_id == each.by.id] if draft else []
        if draft is None or not own:
            raise NotFound
        if own[0].agreed_at is None or own[0].disowned_at is not None:
            raise Refused(No(FilingReason.NOT_AGREED))
        if draft.row.state is InputState.WITHDRAWN:
            raise Conflict(FilingReason.WITHDRAWN)
        return draft

    def _or_sent_already(self, row: Input, said: str, draft: Draft) -> None:
        """The same from the same authors is one input, however often it comes."""
        for person in _writers(draft):
            other, number = self.sent.get((said, person), (row.id, 0))
            if other != row.id:
                raise Conflict(FilingReason.SENT_ALREADY, number=number)

    async def _number(
        self, db: Writing, row: Input, consultation: Consultation, when: Window, now: datetime
    ) -> None:
        """The next number of the round, without a gap: the round is held. Late ones go on (R4)."""
        there = consultation
        late = when is Window.AFTER
        if late and (found := await _next(db, consultation, now)):
            there = found
        row.submitted_at, row.late, row.number = now, late, filing.next_number(there)
        if there is not consultation:
            row.carried_from_id, row.consultation_id = consultation.id, there.id


ROUNDS_OF: Final = (
    select(Consultation)
    .where(
        col(Consultation.id).in_(
            select(Input.consultation_id).where(col(Input.id).in_(of_these("keys")))
        )
    )
    .order_by(col(Consultation.closes_at), col(Consultation.id))
    .with_for_update(**FOR_CHANGE)
    .execution_options(populate_existing=True)
)
"""Rounds are held in the order of closing, so that nobody waits for each other."""


async def _decisions(
    db: Reading | Writing,
    sendings: Sequence[Sending],
    drafts: Mapping[UUID, Draft],
    people: Mapping[UUID, Person],
) -> dict[tuple[UUID, UUID], Decision]:
    asked: dict[UUID, dict[UUID, Person]] = defaultdict(dict)
    rounds = {draft.consultation.id: draft.consultation for draft in drafts.values()}
    for each in sendings:
        if (draft := drafts.get(each.input_id)) and each.by.id in people:
            asked[draft.consultation.id][each.by.id] = people[each.by.id]
    now = max(each.now for each in sendings)
    found: dict[tuple[UUID, UUID], Decision] = {}
    for key, some in asked.items():
        told = await inputs.may_file_all(db, list(some.values()), rounds[key], now)
        found |= {(person, key): decision for person, decision in told.items()}
    return found


async def _sent(
    db: Reading | Writing, digests: Collection[str], writers: Collection[UUID]
) -> dict[tuple[str, UUID], tuple[UUID, int]]:
    """Which of these texts these people have sent: by digest and person, in which input."""
    found = await db.exec(SENT, params={"digests": list(digests), "writers": list(writers)})
    return {(said, person): (key, number or 0) for said, person, key, number in found}


SENT: Final = (
    select(InputVersion.digest, InputVersion.person_id, Input.id, Input.number)
    .join(Input, col(Input.id) == col(InputVersion.input_id))
    .where(
        col(InputVersion.digest).in_(of_these("digests")),
        col(InputVersion.person_id).in_(of_these("writers")),
        Input.state == InputState.SUBMITTED,
    )
)


def _writers(draft: Draft) -> list[UUID]:
    return sorted(each.person_id for each in draft.authors if each.agreed_at)


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


def _text(draft: Draft, slugs: Mapping[UUID, str]) -> tuple[dict[str, Any], str]:
    """What is sent, and its digest."""
    # Of what it was written for, wherever it was carried: its answers are to those questions.
    slug = slugs[draft.row.carried_from_id or draft.row.consultation_id]
    files = [attached(each) for _, each in draft.files]
    content = rules.content(slug, draft.said, files).as_json()
    return content, digest(content)


def attached(file: StoredFile) -> Attached:
    return Attached(file.name, file.media_type, file.size, file.sha256)


def _or_nothing_new(row: Input, head: Head) -> None:
    """The same text with other words about who sends it is sent; the same with the same is not."""
    if not _new_in(head, row):
        raise Conflict(FilingReason.SENT_ALREADY, number=row.number)


def _new_in(head: Head, row: Input) -> dict[str, Any]:
    """What is not in the row yet, by column."""
    told = {each.name: getattr(head, each.name) for each in fields(head)}
    return {name: value for name, value in told.items() if getattr(row, name) != value}


async def _next(db: Writing, missed: Consultation, now: datetime) -> Consultation | None:
    """The round that takes what came too late, held; rounds are held in the order of closing."""
    query = select(Consultation).where(
        col(Consultation.announced_at).is_not(None), col(Consultation.closes_at) > now
    )
    rounds = [inputs.round_of(each) for each in await db.exec(query)]
    found = rules.next_round(inputs.round_of(missed), rounds, now)
    return await hold(db, Consultation, found.id) if found else None


# What is written.


async def _write(db: Writing, accepted: Sequence[_Accepted], keys: Keys) -> None:
    if not accepted:
        return
    fresh = [each for each in accepted if each.version]
    for each in accepted:
        for name, value in _new_in(each.head, each.row).items():
            setattr(each.row, name, value)
        if each.version:
            each.row.state = InputState.SUBMITTED
            _introduce(each.person, each.head)
    db.add_all(each.row for each in accepted)
    # Of what one person alone sends for the first time nothing needs to be read again.
    entries = [publication.entry(each.as_sent) for each in accepted if each.alone]
    drawn = search.drawing(db, [each for each in entries if each])
    await _recorded(db, fresh, keys)
    await search.put_drawn(db, drawn)
    await publication.index_all(db, [each.row for each in accepted if not each.alone])
    for each in fresh:
        await _tell(db, each)


async def _recorded(db: Writing, fresh: Sequence[_Accepted], keys: Keys) -> None:
    """Each version, with its act and its receipt."""
    versions = [each.version for each in fresh if each.version]
    await put_rows(db, InputVersion, [values(each) for each in versions])
    for each in fresh:
        await _note(db, each)
    if fresh:
        await receipts.issue(db, versions, keys, max(each.sending.now for each in fresh))


async def _note(db: Writing, each: _Accepted) -> None:
    row, version = each.row, each.version
    assert version  # noqa: S101 - the fresh ones have one
    await acts.record(
        db,
        "input-submitted" if version.number == 1 else "input-revised",
        version.at,
        input=str(row.id),
        consultation=str(row.consultation_id),
        number=row.number,
        version=version.number,
        digest=version.digest,
        by=str(version.person_id),
    )


def _introduce(person: Person, head: Head) -> None:
    """What people say of themselves for the first time is how the service knows them."""
    for name, said in (
        ("name", head.name),
        ("affiliation", head.organization),
        ("country", head.country),
        ("job_title", head.job_title),
    ):
        if said and not getattr(person, name):
            setattr(person, name, said)


async def _tell(db: Writing, each: _Accepted) -> None:
    """Every author who has agreed is told; whoever sent it gets the receipt, and where it went."""
    row, version = each.row, each.version
    assert version  # noqa: S101 - the fresh ones have one
    late = row.late and version.number == 1
    others = [
        one
        for one in each.draft.authors
        if one.agreed_at and not one.disowned_at and one.person_id != version.person_id
    ]
    if not late and not others:
        return
    kind = LetterKind.INPUT_LATE if late else LetterKind.INPUT_RECEIVED
    facts = {"digest": version.digest, "version": str(version.number)}
    told = None if late else version.person_id
    await filing.tell(db, kind, row, version.at, but=told, **facts)
