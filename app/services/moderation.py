"""What the secretariat adds to inputs that were sent: labels, redactions, languages.

Each with its reason, on record; of what was sent nothing is changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import Conflict, Malformed, NotFound
from app.models import (
    Consultation,
    Input,
    InputTranslation,
    OffTopic,
    Person,
    Redaction,
)
from app.policy import publication as rules
from app.policy.inputs import InputState
from app.policy.letters import LetterKind
from app.policy.publication import (
    FILE,
    Ground,
    PublicationFault,
    PublicationReason,
    Redacted,
    Translated,
    masked,
)
from app.policy.text import clean, fault
from app.services import access, acts, dossiers, filing, publication
from app.services.dossiers import Dossier, Version
from app.services.publication import LANGUAGES, Published


@dataclass(frozen=True, slots=True)
class Sealed:
    """An input as its secretariat works with it: whole, with what was done to it."""

    row: Input
    version: Version
    public: Published
    label: OffTopic | None
    labels: Sequence[OffTopic]
    redactions: Sequence[Redaction]
    translations: Sequence[InputTranslation]
    originals: Mapping[str, str]
    redacted: Sequence[Redacted]

    @property
    def masked(self) -> dict[str, str]:
        """The texts with their marks, also where nothing of it is published."""
        return masked(self.originals, self.redacted)


async def for_secretariat(
    db: Reading | Writing, slug: str, by: Person
) -> tuple[Consultation, Sequence[Input]]:
    """A round and all that was sent to it, for the secretariat of its meeting; else NotFound."""
    found = await _round(db, slug, by)
    rows = select(Input).where(*publication.known(found)).order_by(col(Input.number))
    return found, (await db.exec(rows)).all()


async def _round(db: Reading | Writing, slug: str, by: Person) -> Consultation:
    query = select(Consultation).where(Consultation.slug == slug)
    found = (await db.exec(query)).first()
    if found is None or not await access.is_secretariat(db, by, found.meeting_id):
        raise NotFound
    return found


async def sealed(
    db: Reading | Writing, slug: str, number: int, by: Person, now: datetime
) -> tuple[Consultation, Sealed]:
    """An input for the desk; what was redacted is in ``originals`` and shown once asked for."""
    consultation = await _round(db, slug, by)
    row = await publication.numbered(db, consultation, number)
    of = await dossiers.of_one(db, consultation, row)
    if row.state is InputState.DRAFT or of.version is None:
        raise NotFound
    (public,) = await publication.views(db, consultation, [row], now, translated=True, files=True)
    labels = select(OffTopic).where(OffTopic.input_id == row.id).order_by(col(OffTopic.at))
    history = (await db.exec(labels)).all()
    done = select(Redaction).where(Redaction.input_id == row.id).order_by(col(Redaction.at))
    return consultation, Sealed(
        row=row,
        version=of.version,
        public=public,
        label=next((each for each in history if each.removed_at is None), None),
        labels=history,
        redactions=(await db.exec(done)).all(),
        translations=of.translations,
        originals=rules.parts(of.version.content),
        redacted=of.redacted,
    )


async def open_original(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> Mapping[str, str]:
    """What was redacted, for the secretariat; that it was read, by whom and why, is recorded."""
    said = _said_why(why)
    consultation, found = await sealed(db, slug, number, by, now)
    await _note(db, "input-original-read", found.row, consultation, by, now, why=said)
    return found.originals


async def label(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> OffTopic:
    """Say that an input is off the topic, and why: it stays where it is (A14)."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    if (await dossiers.of_one(db, consultation, row)).label:
        raise Conflict(PublicationReason.LABELLED)
    made = OffTopic(input_id=row.id, why=said, by_id=by.id, at=now)
    db.add(made)
    await db.flush()
    await _note(db, "input-labelled", row, consultation, by, now, why=said)
    await filing.tell(db, LetterKind.INPUT_LABELLED, row, now, reason=" ".join(said.split()))
    return made


async def unlabel(
    db: Writing, slug: str, number: int, why: str, *, by: Person, now: datetime
) -> OffTopic:
    """Take the label away, with the reason; that it was there stays on record."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    found = (await dossiers.of_one(db, consultation, row)).label
    if found is None:
        raise Conflict(PublicationReason.NOT_LABELLED)
    found.removed_at, found.removed_why = now, said
    db.add(found)
    await db.flush()
    await _note(db, "input-unlabelled", row, consultation, by, now, why=said)
    return found


@dataclass(frozen=True, slots=True)
class ToRedact:
    """A passage as the secretariat typed it; an empty one is the whole part."""

    part: str
    passage: str
    ground: Ground
    why: str


async def redact(
    db: Writing, slug: str, number: int, wanted: ToRedact, *, by: Person, now: datetime
) -> Redaction:
    """Have a passage shown nowhere: not in the text, a translation, a hit, a feed or a table.

    The version stays as it was sent and its digest with it; the reason stands at the mark.
    """
    why = _said_why(wanted.why)
    consultation, row = await _held(db, slug, number, by)
    version = _version(await dossiers.of_one(db, consultation, row))
    starts, length = _where_in(version, wanted)
    made = Redaction(
        input_id=row.id,
        version=version.number,
        part=wanted.part,
        starts=starts,
        length=length,
        ground=wanted.ground,
        why=why,
        by_id=by.id,
        at=now,
    )
    db.add(made)
    await db.flush()
    await publication.index(db, row)
    await _note(db, "input-redacted", row, consultation, by, now, why=why, part=wanted.part)
    await filing.tell(db, LetterKind.INPUT_REDACTED, row, now, reason=" ".join(why.split()))
    return made


def _version(of: Dossier) -> Version:
    """What was sent last; of what was sent there is a version."""
    if of.version is None:
        raise NotFound
    return of.version


def _where_in(version: Version, wanted: ToRedact) -> tuple[int, int]:
    texts = rules.parts(version.content)
    attached = version.content.get("attachments") or []
    files = {f"{FILE}{each['sha256']}" for each in attached}
    if wanted.part in files and not wanted.passage.strip():
        return 0, 0
    if wanted.part not in texts:
        raise Malformed(part=PublicationFault.NO_SUCH_PART)
    passage = wanted.passage.replace("\r\n", "\n").strip()
    if not passage:
        return 0, 0
    for spelled in (passage, clean(passage), passage.replace("\n", "\r\n")):
        if (starts := texts[wanted.part].find(spelled)) >= 0:
            return starts, len(spelled)
    raise Malformed(passage=PublicationFault.NOT_THERE)


async def lift(
    db: Writing, slug: str, number: int, key: UUID, why: str, *, by: Person, now: datetime
) -> Redaction:
    """Show a passage again, with the reason; translations of before are shown again too."""
    said = _said_why(why)
    consultation, row = await _held(db, slug, number, by)
    found = await load(db, Redaction, key)
    if found.input_id != row.id:
        raise NotFound
    if found.lifted_at is not None:
        raise Conflict(PublicationReason.LIFTED)
    found.lifted_at, found.lifted_why = now, said
    db.add(found)
    await db.flush()
    await publication.index(db, row)
    await _note(db, "input-redaction-lifted", row, consultation, by, now, why=said)
    await filing.tell(db, LetterKind.INPUT_SHOWN_AGAIN, row, now, reason=" ".join(said.split()))
    return found


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation as it was entered, of the text as it is shown."""

    language: str
    translated: Translated
    translator: str
    parts: Mapping[str, str]


async def translate(
    db: Writing, slug: str, number: int, wanted: Translation, *, by: Person, now: datetime
) -> InputTranslation:
    """Enter a translation of the newest version; the one before it in that language stays kept."""
    consultation, row = await _held(db, slug, number, by)
    of = await dossiers.of_one(db, consultation, row)
    version = _version(of)
    parts = _translated_parts(row, version, wanted)
    for each in of.translations:
        if each.language == wanted.language:
            each.replaced_at = now
            db.add(each)
    made = InputTranslation(
        input_id=row.id,
        version=version.number,
        language=wanted.language,
        translated=wanted.translated,
        translator=clean(wanted.translator),
        parts=parts,
        by_id=by.id,
        at=now,
    )
    db.add(made)
    await db.flush()
    await publication.index(db, row)
    said = {"language": wanted.language, "translated": wanted.translated}
    await _note(db, "input-translated", row, consultation, by, now, **said)
    return made


def _translated_parts(row: Input, version: Version, wanted: Translation) -> dict[str, str]:
    faults: dict[str, str] = {}
    if wanted.language not in LANGUAGES:
        faults["language"] = PublicationFault.NO_LANGUAGE
    elif wanted.language == row.language:
        faults["language"] = PublicationFault.SAME_LANGUAGE
    if wrong := fault(clean(wanted.translator), rules.LONGEST_TRANSLATOR, required=True):
        faults["translator"] = wrong
    known = rules.parts(version.content)
    kept = {part: clean(text) for part, text in wanted.parts.items() if text.strip()}
    for part, text in kept.items():
        wrong = fault(text, rules.LONGEST_PART, lines=True)
        if part not in known:
            faults["parts"] = PublicationFault.NO_SUCH_PART
        elif wrong:
            faults[part] = wrong
    if not kept:
        faults["parts"] = PublicationFault.NOTHING
    if faults:
        raise Malformed(**faults)
    return kept


def _said_why(why: str) -> str:
    said = clean(why)
    if wrong := fault(said, rules.LONGEST_WHY, required=True, lines=True):
        raise Malformed(why=wrong)
    return said


async def _held(db: Writing, slug: str, number: int, by: Person) -> tuple[Consultation, Input]:
    """An input that was sent, held for its secretariat; NotFound for everybody else."""
    consultation = await _round(db, slug, by)
    row = await hold(db, Input, (await publication.numbered(db, consultation, number)).id)
    if row.state is InputState.DRAFT:
        raise NotFound
    if row.state is not InputState.SUBMITTED:
        raise Conflict(PublicationReason.NOT_SUBMITTED)
    return consultation, row


async def _note(
    db: Writing,
    kind: str,
    row: Input,
    consultation: Consultation,
    by: Person,
    now: datetime,
    **facts: str,
) -> None:
    await acts.record(
        db, kind, now, meeting_id=consultation.meeting_id, input=str(row.id), by=str(by.id), **facts
    )
