"""Topics of the group and the consultations on them: public, written by those entitled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import Field, StringConstraints

from app import depends
from app.database import Reading as Db
from app.database import Writing as DbToWrite
from app.depends import MaybeMe, Me, Now, Reading, Writing
from app.errors import Malformed
from app.models import Consultation, ConsultationFollower, Topic
from app.policy.consultation import (
    MOST_DOCUMENTS,
    MOST_QUESTIONS,
    USUAL_DAYS,
    Background,
    ConsultationFault,
    ConsultationStep,
    Issue,
    Lead,
    NewTopic,
    Prompt,
    Publishing,
    Round,
    RoundState,
    Shortfall,
    TopicState,
)
from app.routers.conventions import OnceIn, PagingIn, SeenIn, tag
from app.routers.schemas import Id, In, Moment, OneOf, Out, Text
from app.services import consultations, meetings, topics
from app.services.consultations import Entry, Lists, Whole

router = APIRouter(
    prefix="/api/v1", tags=["consultations"], dependencies=[Depends(depends.same_site)]
)

Long = Annotated[str, StringConstraints(max_length=8000)]
Tag = Annotated[str, StringConstraints(max_length=8)]
Texts = Annotated[dict[Tag, Long], Field(max_length=6)]
"""Texts by language: ar, en, es, fr, ru, zh; English is always there."""


# Topics.


class TopicIn(In):
    """An issue of Resolution 1305, or why the topic is outside the list (A16)."""

    titles: Texts
    about: Long = ""
    issue: Annotated[Issue, OneOf] | None = None
    outside_why: Text = ""

    def value(self) -> NewTopic:
        return NewTopic(self.titles, self.about, self.issue, self.outside_why)


class DecisionIn(In):
    """What a meeting decided; ``seen`` is how many steps were looked at, as in the ETag."""

    meeting: Text
    state: Annotated[TopicState, OneOf]
    why: Text = ""
    seen: int | None = Field(default=None, ge=1)


class WithdrawIn(In):
    why: Text = ""
    seen: int | None = Field(default=None, ge=1)


class TopicStepOut(Out):
    at: datetime
    state: TopicState
    meeting: str | None
    why: str


class TopicOut(Out):
    number: int
    titles: dict[str, str]
    about: str
    issue: Issue | None
    outside_list: bool = Field(description="flagged: it is none of the twelve issues (A16)")
    outside_why: str
    state: TopicState
    proposer: str
    proposed_at: datetime

    @classmethod
    def of(cls, topic: Topic) -> Self:
        return cls(
            number=topic.number,
            titles=topic.titles,
            about=topic.about,
            issue=topic.issue,
            outside_list=topic.issue is None,
            outside_why=topic.outside_why,
            state=topic.state,
            proposer=topic.proposer,
            proposed_at=topic.proposed_at,
        )


class WholeTopicOut(TopicOut):
    steps: list[TopicStepOut]
    consultations: list[str] = Field(description="short names of the rounds on it")


@router.get("/topics")
async def topic_list(
    db: Reading, paging: PagingIn, state: Annotated[TopicState | None, Query()] = None
) -> list[TopicOut]:
    """All topics, in the order of their proposal; ``Link`` has the address of the next page."""
    found = await topics.page(db, state, after=paging.after, limit=paging.limit + 1)
    return [TopicOut.of(each) for each in paging.cut(found, topics.place)]


@router.post("/meetings/{slug}/topics", status_code=status.HTTP_201_CREATED)
async def propose(
    slug: str, sent: TopicIn, me: Me, now: Now, db: Writing, once: OnceIn, response: Response
) -> WholeTopicOut:
    """Propose a topic to a meeting: delegates of Member States, and its secretariat."""
    meeting = await meetings.by_slug(db, slug)
    topic = await topics.propose(db, meeting.id, sent.value(), by=me, now=now)
    made = await _topic(db, topic, now, response)
    return await once.keep(status.HTTP_201_CREATED, made, tag(1))


@router.get("/topics/{topic}")
async def topic(topic: int, now: Now, db: Reading, response: Response) -> WholeTopicOut:
    """A topic with its history; its version is in the ETag."""
    return await _topic(db, await topics.by_number(db, topic), now, response)


@router.post("/topics/{topic}/decisions")
async def decide(
    topic: int, sent: DecisionIn, me: Me, now: Now, db: Writing, seen: SeenIn, response: Response
) -> WholeTopicOut:
    """Record what a meeting decided; for those who preside there and its secretariat."""
    row = await topics.by_number(db, topic)
    meeting = await meetings.by_slug(db, sent.meeting)
    version = seen.version(await topics.version(db, row), sent.seen)
    row = await topics.decide(
        db, row.id, sent.state, meeting, why=sent.why, version=version, by=me, now=now
    )
    return await _topic(db, row, now, response)


@router.post("/topics/{topic}/withdraw")
async def withdraw(
    topic: int, sent: WithdrawIn, me: Me, now: Now, db: Writing, seen: SeenIn, response: Response
) -> WholeTopicOut:
    """Take back one's own proposal, while nothing is decided on it."""
    row = await topics.by_number(db, topic)
    version = seen.version(await topics.version(db, row), sent.seen)
    row = await topics.withdraw(db, row.id, why=sent.why, version=version, by=me, now=now)
    return await _topic(db, row, now, response)


async def _topic(
    db: Db | DbToWrite, topic: Topic, now: datetime, response: Response
) -> WholeTopicOut:
    steps = await topics.history(db, topic)
    response.headers["ETag"] = tag(len(steps))
    held = await consultations.page(db, Lists(topic=topic.id), now)
    return WholeTopicOut(
        **TopicOut.of(topic).model_dump(),
        steps=[
            TopicStepOut(
                at=step.at,
                state=step.state,
                meeting=meeting.slug if meeting else None,
                why=step.why,
            )
            for step, meeting in steps
        ],
        consultations=[each.slug for each in held],
    )


# Rounds.


class PromptIn(In):
    texts: Texts
    guidance: Texts = Field(default_factory=dict)


class BackgroundIn(In):
    url: Text
    title: Text
    language: Tag = "en"


class RoundIn(In):
    """All that is said of a consultation; ``topic`` is the number of a topic."""

    slug: Text
    topic: int
    titles: Texts
    guidance: Texts = Field(default_factory=dict)
    opens_at: Moment
    closes_at: Moment
    time_zone: Text
    questions: Annotated[list[PromptIn], Field(max_length=MOST_QUESTIONS)]
    documents: Annotated[list[BackgroundIn], Field(max_length=MOST_DOCUMENTS)] = Field(
        default_factory=list
    )
    sitting: Id | None = None
    publishing: Annotated[Publishing, OneOf] = Publishing.WHILE_OPEN

    async def value(self, db: DbToWrite) -> Round:
        found = await topics.of_number(db, self.topic)
        if found is None:
            raise Malformed(topic=ConsultationFault.TOPIC)
        return Round(
            slug=self.slug,
            topic=found.id,
            titles=self.titles,
            guidance=self.guidance,
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            time_zone=self.time_zone,
            prompts=tuple(Prompt(each.texts, each.guidance) for each in self.questions),
            documents=tuple(
                Background(each.url, each.title, each.language) for each in self.documents
            ),
            sitting=self.sitting,
            publishing=self.publishing,
        )


class RevisionSaid(In):
    """The revision that was looked at, where it is not said in ``If-Match``."""

    revision: int | None = Field(default=None, ge=1)


class EditIn(RoundIn, RevisionSaid):
    """``why`` is needed after the announcement, and published."""

    why: Text = ""


class AnnounceIn(RevisionSaid):
    """Where the lead times fall short, ``short_why`` is published with them; none is none."""

    short_why: Text = ""


class ExtendIn(RevisionSaid):
    closes_at: Moment
    why: Text = ""


class SkipIn(RevisionSaid):
    why: Text


class FollowIn(In):
    days_before: int = Field(default=USUAL_DAYS, description="when to be reminded, from 1 to 60")


class PromptOut(Out):
    number: int
    texts: dict[str, str]
    guidance: dict[str, str]


class BackgroundOut(Out):
    url: str
    title: str
    language: str


class ShortfallOut(Out):
    """So many days where the edition of the meeting names at least so many (A12)."""

    lead: Lead
    days: int
    least: int

    @classmethod
    def of(cls, short: Sequence[Shortfall]) -> list[Self]:
        return [cls(lead=each.lead, days=each.days, least=each.least) for each in short]


class EntryOut(Out):
    """A step; ``replaced`` is what an edit after the announcement has replaced, by field."""

    at: datetime
    step: ConsultationStep
    before: datetime | None
    after: datetime | None
    why: str
    replaced: dict[str, object]
    short: list[ShortfallOut]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(
            at=entry.at,
            step=entry.step,
            before=entry.before,
            after=entry.after,
            why=entry.why,
            replaced=entry.replaced,
            short=ShortfallOut.of(entry.short),
        )


class RoundOut(Out):
    """What comes at ``closes_at`` or after it is late."""

    slug: str
    topic: int
    meeting: str
    sitting: UUID | None
    titles: dict[str, str]
    opens_at: datetime
    closes_at: datetime
    time_zone: str
    state: RoundState
    publishing: Publishing
    announced_at: datetime | None
    skipped_why: str
    revision: int

    @classmethod
    def of(cls, found: Whole) -> Self:
        row = found.row
        return cls(
            slug=row.slug,
            topic=found.topic.number,
            meeting=found.meeting.slug,
            sitting=row.sitting_id,
            titles=row.titles,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            time_zone=row.time_zone,
            state=found.state,
            publishing=row.publishing,
            announced_at=row.announced_at,
            skipped_why=row.skipped_why,
            revision=row.revision,
        )


class WholeRoundOut(RoundOut):
    guidance: dict[str, str]
    questions: list[PromptOut]
    documents: list[BackgroundOut]
    lead_times: list[ShortfallOut] = Field(description="what falls short of them; empty is well")
    history: list[EntryOut]


class FollowingOut(Out):
    """``remind_at`` is null where that moment has passed, and no reminder comes."""

    following: bool
    days_before: int | None = None
    remind_at: datetime | None = None

    @classmethod
    def of(cls, found: ConsultationFollower | None) -> Self:
        if found is None:
            return cls(following=False)
        return cls(following=True, days_before=found.days_before, remind_at=found.remind_at)


@router.get("/consultations")
async def round_list(
    now: Now,
    db: Reading,
    paging: PagingIn,
    state: Annotated[RoundState | None, Query()] = None,
    meeting: Annotated[str, Query(max_length=60)] = "",
) -> list[RoundOut]:
    """Those that everyone may know of; ``Link`` has the address of the next page."""
    of = (await meetings.by_slug(db, meeting)).id if meeting else None
    rows = await consultations.page(
        db, Lists(state, of), now, after=paging.after, limit=paging.limit + 1
    )
    shown = paging.cut(rows, consultations.place)
    return [RoundOut.of(await consultations.whole(db, each, now)) for each in shown]


@router.post("/meetings/{slug}/consultations", status_code=status.HTTP_201_CREATED)
async def draft(
    slug: str, sent: RoundIn, me: Me, now: Now, db: Writing, once: OnceIn, response: Response
) -> WholeRoundOut:
    """Draft a consultation for a meeting; for its secretariat, which alone sees it."""
    meeting = await meetings.by_slug(db, slug)
    new = await sent.value(db)
    row = await consultations.draft(db, meeting.id, new, by=me, now=now)
    made = await _round(db, row, now, response)
    return await once.keep(status.HTTP_201_CREATED, made, tag(row.revision))


@router.get("/consultations/{consultation}")
async def show(
    consultation: str, me: MaybeMe, now: Now, db: Reading, response: Response
) -> WholeRoundOut:
    """A consultation with its questions and its history; its revision is in the ETag."""
    row = await consultations.by_slug(db, consultation, me, now)
    return await _round(db, row, now, response)


@router.put("/consultations/{consultation}")
async def edit(
    consultation: str,
    sent: EditIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> WholeRoundOut:
    """Change what was seen; after the announcement with a reason, for everyone to read."""
    row = await consultations.by_slug(db, consultation, me, now)
    revision = seen.version(row.revision, sent.revision)
    new = await sent.value(db)
    row = await consultations.edit(db, row.id, new, why=sent.why, revision=revision, by=me, now=now)
    return await _round(db, row, now, response)


@router.post("/consultations/{consultation}/announce")
async def announce(
    consultation: str,
    sent: AnnounceIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> WholeRoundOut:
    """Have everyone know of it; short notice is recorded and never refused (A12)."""
    row = await consultations.by_slug(db, consultation, me, now)
    revision = seen.version(row.revision, sent.revision)
    row = await consultations.announce(
        db, row.id, short_why=sent.short_why, revision=revision, by=me, now=now
    )
    return await _round(db, row, now, response)


@router.post("/consultations/{consultation}/extensions")
async def extend(
    consultation: str,
    sent: ExtendIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> WholeRoundOut:
    """Move the deadline forward; one that has passed with a reason only."""
    row = await consultations.by_slug(db, consultation, me, now)
    revision = seen.version(row.revision, sent.revision)
    row = await consultations.extend(
        db, row.id, sent.closes_at, why=sent.why, revision=revision, by=me, now=now
    )
    return await _round(db, row, now, response)


@router.post("/consultations/{consultation}/skip")
async def skip(
    consultation: str,
    sent: SkipIn,
    me: Me,
    now: Now,
    db: Writing,
    seen: SeenIn,
    response: Response,
) -> WholeRoundOut:
    """Leave it out, with a reason that is published (A13); only before it has opened."""
    row = await consultations.by_slug(db, consultation, me, now)
    revision = seen.version(row.revision, sent.revision)
    row = await consultations.skip(db, row.id, why=sent.why, revision=revision, by=me, now=now)
    return await _round(db, row, now, response)


@router.get("/consultations/{consultation}/following")
async def following(consultation: str, me: Me, now: Now, db: Reading) -> FollowingOut:
    row = await consultations.by_slug(db, consultation, me, now)
    return FollowingOut.of(await consultations.following(db, row, me))


@router.put("/consultations/{consultation}/following")
async def follow(consultation: str, sent: FollowIn, me: Me, now: Now, db: Writing) -> FollowingOut:
    """Be told of a new deadline or a skip, and reminded of the close; again, it sets the days."""
    row = await consultations.by_slug(db, consultation, me, now)
    found = await consultations.follow(db, row, sent.days_before, by=me, now=now)
    return FollowingOut.of(found)


@router.delete("/consultations/{consultation}/following", status_code=status.HTTP_204_NO_CONTENT)
async def unfollow(consultation: str, me: Me, now: Now, db: Writing) -> Response:
    row = await consultations.by_slug(db, consultation, me, now)
    await consultations.unfollow(db, row, by=me)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _round(
    db: Db | DbToWrite, row: Consultation, now: datetime, response: Response
) -> WholeRoundOut:
    response.headers["ETag"] = tag(row.revision)
    found = await consultations.whole(db, row, now)
    return WholeRoundOut(
        **RoundOut.of(found).model_dump(),
        guidance=row.guidance,
        questions=[
            PromptOut(number=each.number, texts=each.texts, guidance=each.guidance)
            for each in found.questions
        ],
        documents=[
            BackgroundOut(url=each.url, title=each.title, language=each.language)
            for each in found.documents
        ],
        lead_times=ShortfallOut.of(found.short),
        history=[EntryOut.of(each) for each in await consultations.history(db, row)],
    )
