"""The brief summary of a consultation: written, presented, agreed; as everybody may read it."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query, Request, status
from fastapi.responses import JSONResponse
from pydantic import Field

from app import depends
from app.depends import Me, Now, Reading, Writing, words_of
from app.policy.outcome import LONGEST, MOST_CITED, Agreement
from app.reasons import Translate
from app.routers.schemas import In, Moment, Out, Text
from app.services import summary
from app.services.summary import STAYS, Clash, Draft, Paragraph, Passage, Public, Told, Version

router = APIRouter(
    prefix="/api/v1/consultations/{slug}/summary",
    tags=["outcome"],
    dependencies=[Depends(depends.same_site)],
)
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Counted = Annotated[int, Field(ge=1, le=2**31 - 1)]


class PassageOut(Out):
    """A paragraph under its permanent number; ``inputs`` are cited by number."""

    number: int
    version: int
    text: str
    inputs: list[int]

    @classmethod
    def of(cls, each: Passage) -> Self:
        return cls(
            number=each.number, version=each.version, text=each.text, inputs=list(each.inputs)
        )


class StepOut(Out):
    """A step of the history; of an agreement how many were present, when, and what was said."""

    state: Agreement
    at: datetime
    happened_at: datetime
    by: str
    present: int
    why: str

    @classmethod
    def of(cls, each: Told) -> Self:
        return cls(**{name: getattr(each, name) for name in cls.model_fields})


class SummaryOut(Out):
    """The text as it was presented or agreed last; in state ``draft`` it is being changed."""

    consultation: str
    state: Agreement
    paragraphs: list[PassageOut]
    history: list[StepOut]

    @classmethod
    def of(cls, found: Public) -> Self:
        return cls(
            consultation=found.consultation.slug,
            state=found.state,
            paragraphs=[PassageOut.of(each) for each in found.passages],
            history=[StepOut.of(each) for each in found.steps],
        )


class ParagraphIn(In):
    """What a paragraph is to say, and the version that it was written over.

    ``after`` puts it after another paragraph, at the beginning for 0; without, it stays.
    """

    version: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    text: Annotated[str, Field(max_length=4 * LONGEST)]
    inputs: Annotated[list[Counted], Field(max_length=2 * MOST_CITED)] = []
    after: Annotated[int, Field(ge=0, le=1_000_000)] | None = None

    def draft(self) -> Draft:
        return Draft(self.text, tuple(self.inputs))


class ParagraphOut(Out):
    number: int
    version: int
    text: str
    inputs: list[int]
    by: str
    at: datetime
    deleted: bool

    @classmethod
    def of(cls, each: Paragraph) -> Self:
        return cls(
            number=each.number,
            version=each.version,
            text=each.draft.text,
            inputs=list(each.draft.inputs),
            by=each.by,
            at=each.at,
            deleted=each.deleted,
        )


class VersionOut(Out):
    """What a paragraph said once; ``aside`` where it came too late and is kept only."""

    version: int
    aside: bool
    text: str
    inputs: list[int]
    deleted: bool
    by: str
    at: datetime

    @classmethod
    def of(cls, each: Version) -> Self:
        return cls(
            version=each.version,
            aside=each.aside,
            text=each.draft.text,
            inputs=list(each.draft.inputs),
            deleted=each.deleted,
            by=each.by,
            at=each.at,
        )


class WorkOut(Out):
    consultation: str
    state: Agreement
    paragraphs: list[ParagraphOut]
    deleted: list[ParagraphOut]
    history: list[StepOut]


class AgreedIn(In):
    """``at``: when those present agreed; without, now."""

    present: Annotated[int, Field(ge=0, le=2**31 - 1)]
    words: Text
    at: Moment | None = None


class WhyIn(In):
    why: Text


@router.get("")
async def read(slug: str, now: Now, db: Reading) -> SummaryOut:
    """The summary since it was presented; 404 before."""
    return SummaryOut.of(await summary.public(db, slug, now))


@router.get("/draft")
async def draft(slug: str, me: Me, db: Reading) -> WorkOut:
    """The summary as it is being written, for the secretariat and for those who preside."""
    found = await summary.work(db, slug, me)
    return WorkOut(
        consultation=found.consultation.slug,
        state=found.state,
        paragraphs=[ParagraphOut.of(each) for each in found.paragraphs],
        deleted=[ParagraphOut.of(each) for each in found.deleted],
        history=[StepOut.of(each) for each in found.steps],
    )


@router.post("/paragraphs", status_code=status.HTTP_201_CREATED)
async def add(slug: str, sent: ParagraphIn, me: Me, db: Writing, now: Now) -> ParagraphOut:
    """A new paragraph, at the end or where ``after`` says; its number is permanent."""
    after = STAYS if sent.after is None else sent.after
    made = await summary.put(db, slug, None, sent.draft(), after=after, by=me, now=now)
    return ParagraphOut.of(made if isinstance(made, Paragraph) else made.current)


@router.put("/paragraphs/{paragraph}", response_model=ParagraphOut)
async def put(
    slug: str,
    paragraph: Number,
    sent: ParagraphIn,
    request: Request,
    me: Me,
    db: Writing,
    now: Now,
) -> ParagraphOut | JSONResponse:
    """Write or move a paragraph; 409 with what stands where this came too late: it is kept."""
    found = await summary.put(
        db,
        slug,
        paragraph,
        sent.draft(),
        version=sent.version,
        after=STAYS if sent.after is None else sent.after,
        by=me,
        now=now,
    )
    return _late(found, words_of(request)) if isinstance(found, Clash) else ParagraphOut.of(found)


@router.delete("/paragraphs/{paragraph}", response_model=ParagraphOut)
async def delete(
    slug: str,
    paragraph: Number,
    request: Request,
    me: Me,
    db: Writing,
    now: Now,
    version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> ParagraphOut | JSONResponse:
    """Take a paragraph out, if it still stands at this version; writing it brings it back."""
    found = await summary.delete(db, slug, paragraph, version, by=me, now=now)
    return _late(found, words_of(request)) if isinstance(found, Clash) else ParagraphOut.of(found)


def _late(clash: Clash, say: Translate) -> JSONResponse:
    """An answer, not an error: what was sent is kept aside in the same transaction."""
    detail = (
        say("The summary was presented meanwhile. What you wrote is kept among the versions.")
        if clash.closed
        else say("Somebody else was faster. Both texts are kept: look at both, then choose.")
    )
    problem = {
        "type": "urn:cwg:changed-meanwhile",
        "title": say("This has changed meanwhile."),
        "status": 409,
        "detail": detail,
        "current": ParagraphOut.of(clash.current).model_dump(mode="json"),
    }
    return JSONResponse(problem, 409, media_type="application/problem+json")


@router.get("/paragraphs/{paragraph}/versions")
async def versions(slug: str, paragraph: Number, me: Me, db: Reading) -> list[VersionOut]:
    """The newest fifty versions of a paragraph, what was set aside among them."""
    return [VersionOut.of(each) for each in await summary.versions(db, slug, paragraph, me)]


@router.post("/present")
async def present(slug: str, me: Me, db: Writing, now: Now) -> StepOut:
    """Present it: from now on everybody reads it. Every paragraph must name an input."""
    return StepOut.of(await summary.present(db, slug, by=me, now=now))


@router.post("/agree")
async def agree(slug: str, sent: AgreedIn, me: Me, db: Writing, now: Now) -> StepOut:
    """Record that the stakeholders present agreed; for the secretariat and those who preside."""
    at = sent.at or now
    return StepOut.of(await summary.agree(db, slug, sent.present, sent.words, at, by=me, now=now))


@router.post("/reopen")
async def reopen(slug: str, sent: WhyIn, me: Me, db: Writing, now: Now) -> StepOut:
    """Take it back into preparation, with the reason that everybody reads."""
    return StepOut.of(await summary.reopen(db, slug, sent.why, by=me, now=now))
