"""Inputs as everybody may read them, found by their words; and what the secretariat adds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import Field, StringConstraints
from starlette.responses import StreamingResponse

from app import depends
from app.depends import HouseIn, Me, Now, Reading, Writing
from app.downloads import attachment
from app.errors import Malformed
from app.models import InputTranslation, OffTopic, Redaction
from app.policy.excerpts import Piece
from app.policy.inputs import Hidden
from app.policy.outcome import DispositionKind
from app.policy.people import Category, StakeholderGroup
from app.policy.publication import Ground, Translated
from app.policy.requests import RequestFault
from app.policy.search import Cursor
from app.policy.similar import THRESHOLD, Share
from app.routers.schemas import In, OneOf, Out, Text
from app.services import campaigns, moderation, publication
from app.services.outcome import Answer
from app.services.publication import Filter, Published

router = APIRouter(prefix="/api/v1", tags=["inputs"], dependencies=[Depends(depends.same_site)])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Digest = Annotated[str, Path(max_length=64)]
Long = Annotated[str, StringConstraints(max_length=40_000)]
Words = Annotated[str, Query(max_length=500, description="words in any of the six languages")]


class PieceOut(Out):
    """A piece of text; ``found`` where it is what was asked for. Never markup."""

    text: str
    found: bool

    @classmethod
    def of(cls, each: Piece) -> Self:
        return cls(text=each.text, found=each.found)


class RedactedOut(Out):
    """A place that is marked in the text, and why; what stood there is told to nobody."""

    part: str
    ground: Ground
    why: str
    at: datetime


class TranslationOut(Out):
    """Beside the original, which counts; ``machine`` means that nobody has checked it."""

    language: str
    translated: Translated
    translator: str
    at: datetime
    texts: dict[str, str]


class FileOut(Out):
    """A file by what it holds; its bytes are at ``address``."""

    address: str
    name: str
    media_type: str
    size: int
    sha256: str


class AnswerOut(Out):
    """What became of an input; without ``item`` where it is of a part not open to everybody."""

    kind: DispositionKind
    item: int | None
    item_title: str
    restricted: bool
    paragraph: str
    why: str
    at: datetime
    replaced_at: datetime | None

    @classmethod
    def of(cls, each: Answer) -> Self:
        return cls(**{name: getattr(each, name) for name in cls.model_fields})


class InputHeadOut(Out):
    """An input as far as its author agreed, without its text; ``hidden`` says why one has none."""

    number: int
    address: str
    hidden: Hidden | None
    submitted_at: datetime | None
    language: str
    names: list[str]
    job_title: str
    organization: str
    country: str
    group: StakeholderGroup | None
    category: Category | None
    late: bool
    version: int
    digest: str
    off_topic: str
    presented_at: datetime | None
    excerpt: list[PieceOut]

    @classmethod
    def of(cls, slug: str, each: Published) -> Self:
        return cls(**_head(slug, each))


def _head(slug: str, each: Published) -> dict[str, Any]:
    return {
        "number": each.number,
        "address": f"/consultations/{slug}/inputs/{each.number}",
        "hidden": each.hidden,
        "submitted_at": each.at,
        "language": each.language,
        "names": list(each.names),
        "job_title": each.job_title,
        "organization": each.organization,
        "country": each.country,
        "group": each.group,
        "category": each.category,
        "late": each.late,
        "version": each.version,
        "digest": each.digest,
        "off_topic": each.off_topic,
        "presented_at": each.presented_at,
        "excerpt": [PieceOut.of(one) for one in each.excerpt],
    }


class PublishedOut(InputHeadOut):
    """The same with its text.

    ``content`` is what the digest is of, where nothing is withheld. ``texts`` are by part:
    ``summary``, ``question:1`` …, ``free``.
    """

    texts: dict[str, str]
    content: dict[str, object] | None
    redactions: list[RedactedOut]
    translations: list[TranslationOut]
    files: list[FileOut]
    files_withheld: int
    disposition: AnswerOut | None

    @classmethod
    def of(cls, slug: str, each: Published) -> Self:
        return cls(
            **_head(slug, each),
            texts=dict(each.texts),
            content=dict(each.content) if each.content is not None else None,
            redactions=[
                RedactedOut(part=one.part, ground=one.ground, why=one.why, at=one.at)
                for one in each.marks
            ],
            translations=[
                TranslationOut(
                    language=one.language,
                    translated=one.translated,
                    translator=one.translator,
                    at=one.at,
                    texts=dict(one.texts),
                )
                for one in each.translations
            ],
            files=[
                FileOut(
                    address=f"/api/v1/consultations/{slug}/inputs/{each.number}/files/{f.sha256}",
                    name=f.name,
                    media_type=f.media_type,
                    size=f.size,
                    sha256=f.sha256,
                )
                for f in each.files
            ],
            files_withheld=each.files_withheld,
            disposition=AnswerOut.of(each.answer) if each.answer else None,
        )


class InputsOut(Out):
    """``total`` is of the whole selection; ``kept`` are counted and not published.

    ``loose``: nothing has all of the words, these have some.
    """

    inputs: list[PublishedOut]
    total: int
    published: int
    kept: int
    withdrawn: int
    loose: bool
    next: str | None = Field(description="to be sent as ``cursor``; null on the last page")


@router.get("/consultations/{slug}/inputs")
async def published(
    slug: str,
    now: Now,
    db: Reading,
    question: Annotated[int | None, Query(ge=1, le=1000)] = None,
    group: StakeholderGroup | None = None,
    category: Category | None = None,
    region: Annotated[str, Query(max_length=20)] = "",
    language: Annotated[str, Query(max_length=8)] = "",
    disposition: DispositionKind | Literal["none"] | None = None,
    q: Words = "",
    cursor: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=publication.MOST)] = 20,
) -> InputsOut:
    """A page of what is published of a round, filtered, and searched where ``q`` is given."""
    consultation = await publication.of_slug(db, slug)
    asked = Filter(question, group, category, region, language, q, disposition or "")
    or_malformed(cursor, searched=bool(q.strip()))
    found = await publication.page(db, consultation, asked, now, after=cursor, limit=limit)
    known = await publication.counts(db, consultation, now)
    return InputsOut(
        inputs=[PublishedOut.of(consultation.slug, each) for each in found.rows],
        total=found.total,
        published=known.published,
        kept=known.kept,
        withdrawn=known.withdrawn,
        loose=found.loose,
        next=found.next or None,
    )


def or_malformed(cursor: str, *, searched: bool) -> None:
    """Refuse a cursor that is none of ours: of a list a number, of hits a place among them."""
    ours = Cursor.read(cursor) is not None if searched else cursor.isascii() and cursor.isdecimal()
    if cursor and not ours:
        raise Malformed(cursor=RequestFault.CURSOR)


class MemberOut(Out):
    number: int
    measure: float


class GroupOut(Out):
    """Similar inputs; the first stands for all."""

    first: int
    inputs: list[MemberOut]


class ShareOut(Out):
    name: str
    inputs: int
    words: int
    share: float
    organizations: list[str]


class NumbersOut(Out):
    """People, organizations and inputs, each counted for themselves.

    ``inputs`` counts each input of a group, ``once`` each group as one. ``groups`` is null where
    there are too many inputs to compare.
    """

    inputs: int
    once: int
    kept: int
    withdrawn: int
    people: int
    organizations: int
    words: int
    most_by_one: float
    persons: list[ShareOut]
    bodies: list[ShareOut]
    threshold: float
    groups: list[GroupOut] | None


@router.get("/consultations/{slug}/inputs/numbers")
async def numbers(slug: str, now: Now, db: Reading) -> NumbersOut:
    """Who sent how much, and which inputs are similar, of all that is published of a round."""
    consultation = await publication.of_slug(db, slug)
    found = await campaigns.numbers(db, consultation, now)
    said = found.tally
    return NumbersOut(
        inputs=said.inputs,
        once=found.once,
        kept=found.counts.kept,
        withdrawn=found.counts.withdrawn,
        people=said.people,
        organizations=said.organizations,
        words=said.words,
        most_by_one=said.most_by_one,
        persons=[_share(each) for each in said.persons],
        bodies=[_share(each) for each in said.bodies],
        threshold=THRESHOLD,
        groups=None
        if found.groups is None
        else [
            GroupOut(
                first=each.first,
                inputs=[MemberOut(number=m.number, measure=m.measure) for m in each.members],
            )
            for each in found.groups
        ],
    )


def _share(each: Share) -> ShareOut:
    return ShareOut(
        name=each.name,
        inputs=each.inputs,
        words=each.words,
        share=each.share,
        organizations=list(each.others),
    )


@router.get("/consultations/{slug}/inputs/{input_number}")
async def one(slug: str, input_number: Number, now: Now, db: Reading) -> PublishedOut:
    """One published input; 404 as long as nobody may know of it."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.one(db, consultation, input_number, now)
    return PublishedOut.of(consultation.slug, found)


@router.get(
    "/consultations/{slug}/inputs/{input_number}/files/{sha256}",
    response_class=StreamingResponse,
)
async def file(
    slug: str, input_number: Number, sha256: Digest, at: HouseIn, now: Now, db: Reading
) -> StreamingResponse:
    """A file of a published input, as it came; 404 for one that is not shown."""
    consultation = await publication.of_slug(db, slug)
    found = await publication.file_of(db, consultation, input_number, sha256, now)
    return attachment(found, await at.files.get(found))


# What the secretariat adds.


class WhyIn(In):
    why: Text


class LabelOut(Out):
    """The label that an input is off the topic; it hides nothing (A14)."""

    why: str
    at: datetime
    removed_at: datetime | None
    removed_why: str

    @classmethod
    def of(cls, each: OffTopic) -> Self:
        return cls(
            why=each.why, at=each.at, removed_at=each.removed_at, removed_why=each.removed_why
        )


class RedactIn(In):
    """A passage as it stands in a part; without one the whole part, or ``file:`` and a digest."""

    part: Text
    passage: Long = ""
    ground: Annotated[Ground, OneOf]
    why: Text


class MadeOut(Out):
    """A redaction as the secretariat has it: its place, never its words."""

    id: UUID
    part: str
    version: int
    ground: Ground
    why: str
    at: datetime
    lifted_at: datetime | None
    lifted_why: str

    @classmethod
    def of(cls, each: Redaction) -> Self:
        return cls(**each.model_dump(include=set(cls.model_fields)))


class TranslateIn(In):
    language: Text
    translated: Annotated[Translated, OneOf]
    translator: Text
    parts: dict[Annotated[str, StringConstraints(max_length=80)], Long] = Field(max_length=100)


class EnteredOut(Out):
    language: str
    translated: Translated
    translator: str
    version: int
    at: datetime

    @classmethod
    def of(cls, each: InputTranslation) -> Self:
        return cls(**each.model_dump(include=set(cls.model_fields)))


class OriginalOut(Out):
    parts: Mapping[str, str]


SENT = "/consultations/{slug}/inputs/{input_number}"


@router.put(f"{SENT}/off-topic")
async def label(
    slug: str, input_number: Number, sent: WhyIn, me: Me, db: Writing, now: Now
) -> LabelOut:
    """Say that it is off the topic, and why; for the secretariat of the meeting."""
    return LabelOut.of(await moderation.label(db, slug, input_number, sent.why, by=me, now=now))


@router.post(f"{SENT}/off-topic/remove")
async def unlabel(
    slug: str, input_number: Number, sent: WhyIn, me: Me, db: Writing, now: Now
) -> LabelOut:
    """Take the label away, and say why."""
    return LabelOut.of(await moderation.unlabel(db, slug, input_number, sent.why, by=me, now=now))


@router.post(f"{SENT}/redactions", status_code=status.HTTP_201_CREATED)
async def redact(
    slug: str, input_number: Number, sent: RedactIn, me: Me, db: Writing, now: Now
) -> MadeOut:
    """Have a passage shown nowhere; the reason stands where it stood."""
    wanted = moderation.ToRedact(sent.part, sent.passage, sent.ground, sent.why)
    return MadeOut.of(await moderation.redact(db, slug, input_number, wanted, by=me, now=now))


@router.post(f"{SENT}/redactions/{{redaction_id}}/lift")
async def lift(
    slug: str, input_number: Number, redaction_id: UUID, sent: WhyIn, me: Me, db: Writing, now: Now
) -> MadeOut:
    """Show the passage again, and say why."""
    found = await moderation.lift(db, slug, input_number, redaction_id, sent.why, by=me, now=now)
    return MadeOut.of(found)


@router.post(f"{SENT}/translations", status_code=status.HTTP_201_CREATED)
async def translate(
    slug: str, input_number: Number, sent: TranslateIn, me: Me, db: Writing, now: Now
) -> EnteredOut:
    """Enter a translation, to be shown beside the original with who made it."""
    wanted = moderation.Translation(sent.language, sent.translated, sent.translator, sent.parts)
    return EnteredOut.of(await moderation.translate(db, slug, input_number, wanted, by=me, now=now))


@router.post(f"{SENT}/original")
async def original(
    slug: str, input_number: Number, sent: WhyIn, me: Me, db: Writing, now: Now
) -> OriginalOut:
    """What was redacted, for the secretariat; that it was read, and why, is recorded."""
    found = await moderation.open_original(db, slug, input_number, sent.why, by=me, now=now)
    return OriginalOut(parts=found)
