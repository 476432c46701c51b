"""Topics and rounds: who may, what stays, what is told, and what a race decides."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.database import hold
from app.errors import Conflict, Malformed, NotFound, Refused
from app.mail.sender import Sender
from app.models import Consultation, ConsultationFollower, Letter, Membership, Question
from app.policy import consultation as rules
from app.policy.consultation import (
    Background,
    ConsultationFault,
    ConsultationReason,
    ConsultationStep,
    Issue,
    NewTopic,
    Prompt,
    Publishing,
    Round,
    RoundState,
    TopicState,
)
from app.policy.parts import Part
from app.policy.people import Function
from app.policy.personal import Kept
from app.policy.sitting import SittingState
from app.services import claims, consultations, decisions, meetings, personal, topics
from app.services.consultations import Lists
from tests.mail.test_sender import settings
from tests.records import KENYA, NOW, Records, records

DAY = timedelta(days=1)
LATER = NOW + timedelta(hours=1)
SPAM = NewTopic({"en": "Spam", "ar": "الرسائل غير المرغوب فيها"}, issue=Issue.SPAM)


@pytest.fixture
async def desk(database) -> Records:
    made = await records(database)
    async with database.writing() as db:
        by = made.people["secretariat"]
        chair = made.people["other"]
        await meetings.appoint(db, made.meeting.id, chair, Function.CHAIR, by, NOW)
    return made


async def delegate(desk, who="delegate", entity=KENYA, *, approved=True):
    async with desk.database.writing() as db:
        by, claim = desk.people[who], desk.claim(entity)
        row = await claims.submit(db, desk.meeting.id, claim, by=by, now=NOW)
        if approved:
            by = desk.people["focal"]
            await decisions.approve(db, row.id, version=1, by=by, now=NOW)


async def proposed(desk, who="secretariat", new=SPAM):
    async with desk.database.writing() as db:
        by = desk.people[who]
        return await topics.propose(db, desk.meeting.id, new, by=by, now=NOW)


async def decided(desk, topic, state=TopicState.AGREED, who="other", why="", version=1):
    async with desk.database.writing() as db:
        return await topics.decide(
            db,
            topic.id,
            state,
            desk.meeting,
            why=why,
            version=version,
            by=desk.people[who],
            now=LATER + version * timedelta(minutes=1),
        )


async def agreed(desk):
    topic = await proposed(desk)
    await decided(desk, topic)
    return topic


def round_on(topic, desk, **more):
    said = {
        "slug": "spam",
        "topic": topic.id,
        "titles": {"en": "A round on spam"},
        "opens_at": NOW + DAY,
        "closes_at": NOW + 8 * DAY,
        "time_zone": "Europe/Zurich",
        "prompts": (Prompt({"en": "What is it?"}), Prompt({"en": "What helps?"})),
        "sitting": desk.sittings[Part.CONSULTATION],
    }
    return Round(**(said | more))


async def drafted(desk, topic=None, who="secretariat", **more):
    topic = topic or await agreed(desk)
    async with desk.database.writing() as db:
        new, by = round_on(topic, desk, **more), desk.people[who]
        return await consultations.draft(db, desk.meeting.id, new, by=by, now=NOW)


async def does(desk, verb, row, *said, who="secretariat", now=NOW, revision=None, **more):
    async with desk.database.writing() as db:
        seen = row.revision if revision is None else revision
        by = desk.people[who]
        return await verb(db, row.id, *said, revision=seen, by=by, now=now, **more)


async def announced(desk, **more):
    return await does(desk, consultations.announce, await drafted(desk, **more))


async def history(desk, row):
    async with desk.database.reading() as db:
        return await consultations.history(db, row)


async def whole(desk, row, now=NOW):
    async with desk.database.reading() as db:
        fresh = await db.get(Consultation, row.id)
        return await consultations.whole(db, fresh, now)


# Topics.


async def test_a_delegate_of_a_member_state_proposes_for_the_state(desk):
    await delegate(desk)
    topic = await proposed(desk, "delegate")
    assert (topic.number, topic.proposer, topic.state) == (1, "Kenya", TopicState.PROPOSED)
    async with desk.database.reading() as db:
        ((step, meeting),) = await topics.history(db, topic)
    assert meeting
    assert (step.state, meeting.slug) == (TopicState.PROPOSED, "twenty")
    assert (await desk.acts())[-1] == "topic-proposed"
    async with desk.database.reading() as db:
        assert (await personal.kept(db, desk.people["delegate"]))[Kept.TOPICS] == 1


async def refused(awaited):
    with pytest.raises(Refused) as caught:
        await awaited
    return caught.value.decision.reason


async def test_nobody_else_proposes(desk):
    await delegate(desk, "delegate", approved=False)
    await delegate(desk, "other", entity=None, approved=False)
    for who in ("delegate", "other", "focal", "stranger"):
        assert await refused(proposed(desk, who)) is ConsultationReason.NOT_ENTITLED


async def test_a_delegate_whose_state_left_or_is_of_another_category_proposes_no_more(desk):
    await delegate(desk)
    async with desk.database.writing() as db:
        for each in await db.exec(select(Membership)):
            each.category = "sector_member"
            db.add(each)
    assert await refused(proposed(desk, "delegate")) is ConsultationReason.NOT_ENTITLED
    async with desk.database.writing() as db:
        for each in await db.exec(select(Membership)):
            each.category, each.valid_until = "member_state", NOW.date() - DAY
            db.add(each)
    assert await refused(proposed(desk, "delegate")) is ConsultationReason.NOT_ENTITLED


async def test_a_meeting_that_is_over_takes_no_topics_and_no_body_floods_one(desk):
    for _ in range(rules.MOST_WAIT):
        await proposed(desk)
    with pytest.raises(Conflict) as full:
        await proposed(desk)
    async with desk.database.writing() as db:
        for each in await meetings.sittings(db, desk.meeting.id):
            each.state = SittingState.CLOSED
            db.add(each)
    with pytest.raises(Conflict) as over:
        await proposed(desk)
    assert (full.value.reason, over.value.reason) == (
        ConsultationReason.TOO_MANY_WAIT,
        ConsultationReason.MEETING_OVER,
    )


async def test_proposals_that_come_at_once_get_numbers_one_after_the_other(desk):
    await delegate(desk)
    made = await asyncio.gather(*(proposed(desk, who) for who in ("delegate", "secretariat") * 3))
    assert sorted(each.number for each in made) == [1, 2, 3, 4, 5, 6]


async def test_a_decision_is_recorded_once_as_seen_and_never_on_ones_own_topic(desk):
    topic = await proposed(desk)
    own = decided(desk, topic, who="secretariat")
    assert await refused(own) is ConsultationReason.OWN_TOPIC
    for who in ("focal", "stranger"):
        other = decided(desk, topic, who=who)
        assert await refused(other) is ConsultationReason.NOT_RECORDING
    with pytest.raises(Malformed) as silent:
        await decided(desk, topic, TopicState.REFERRED)
    await decided(desk, topic, TopicState.REFERRED, why="Council asked.")
    with pytest.raises(Conflict) as stale:
        await decided(desk, topic)
    await decided(desk, topic, version=2)
    with pytest.raises(Conflict) as ended:
        await decided(desk, topic, TopicState.DECLINED, why="No.", version=3)
    assert silent.value.faults == {"why": ConsultationFault.WHY}
    assert stale.value.facts == {"version": 2}
    assert ended.value.reason is ConsultationReason.NO_SUCH_STEP
    async with desk.database.reading() as db:
        steps = await topics.history(db, topic)
    assert [(step.state.value, step.why) for step, _ in steps] == [
        ("proposed", ""),
        ("referred", "Council asked."),
        ("agreed", ""),
    ]


async def test_only_the_proposer_withdraws_and_only_what_is_not_decided(desk):
    topic = await proposed(desk)

    async def withdrawn(who, version):
        async with desk.database.writing() as db:
            by = desk.people[who]
            await topics.withdraw(db, topic.id, why="", version=version, by=by, now=LATER)

    assert await refused(withdrawn("other", 1)) is ConsultationReason.NOT_THE_PROPOSER
    await withdrawn("secretariat", 1)
    with pytest.raises(Conflict):
        await withdrawn("secretariat", 2)
    with pytest.raises(Conflict):
        await decided(desk, topic, version=2)


# Rounds.


async def test_a_draft_is_its_secretariats_alone(desk):
    row = await drafted(desk)
    async with desk.database.reading() as db:
        for who in ("other", "delegate", None):
            with pytest.raises(NotFound):
                await consultations.by_slug(db, "spam", desk.people.get(who), NOW)
        found = await consultations.by_slug(db, "spam", desk.people["secretariat"], NOW)
        assert (found.id, await consultations.public(db, NOW)) == (row.id, [])
        assert await consultations.public(db, NOW, Lists(RoundState.DRAFT)) == []
        with pytest.raises(NotFound):
            await consultations.of_desk(db, desk.meeting, desk.people["other"])
    for verb, said in (
        (consultations.announce, {}),
        (consultations.skip, {"why": "No."}),
    ):
        with pytest.raises(NotFound):
            await does(desk, verb, row, who="other", **said)
    with pytest.raises(Refused):
        await drafted(desk, who="other")


async def test_it_is_listed_by_its_state_at_the_moment(desk):
    row = await announced(desk)
    for now, state in (
        (NOW, RoundState.TO_COME),
        (row.opens_at, RoundState.OPEN),
        (row.closes_at - timedelta(microseconds=1), RoundState.OPEN),
        (row.closes_at, RoundState.CLOSED),
    ):
        async with desk.database.reading() as db:
            found = [
                each
                for each in RoundState
                if await consultations.public(db, now, Lists(each, desk.meeting.id))
            ]
        assert found == [state] == [(await whole(desk, row, now)).state]


async def test_short_notice_is_recorded_with_its_reason_and_blocks_nothing(desk):
    row = await does(
        desk, consultations.announce, await drafted(desk), short_why="The hall was free then only."
    )
    entries = await history(desk, row)
    assert [each.step for each in entries] == [
        ConsultationStep.DRAFTED,
        ConsultationStep.ANNOUNCED,
        ConsultationStep.SHORT_NOTICE,
    ]
    assert entries[-1].why == "The hall was free then only."
    assert [(each.lead.value, each.days, each.least) for each in entries[-1].short] == [
        ("online-before-physical", -8, 21),
        ("physical-before-meeting", 1, 2),
    ]


async def test_what_is_not_agreed_is_not_announced(desk):
    row = await drafted(desk, await proposed(desk))
    with pytest.raises(Conflict) as refused_:
        await does(desk, consultations.announce, row)
    assert refused_.value.reason is ConsultationReason.NOT_AGREED


async def test_a_draft_names_a_topic_and_a_sitting_of_its_meeting(desk):
    topic = await agreed(desk)
    with pytest.raises(Malformed) as wrong:
        await drafted(desk, desk.meeting, sitting=desk.first_half)
    assert wrong.value.faults == {
        "topic": ConsultationFault.TOPIC,
        "sitting": ConsultationFault.SITTING,
    }
    await drafted(desk, topic)
    with pytest.raises(Conflict) as taken:
        await drafted(desk, topic)
    assert taken.value.reason is ConsultationReason.SLUG_TAKEN


PAPER = Background("https://example.org/paper", "A paper")


async def test_a_draft_is_edited_and_two_editors_lose_nothing(desk):
    row = await drafted(desk)
    old = (await whole(desk, row)).value
    new = replace(old, prompts=old.prompts[:1], documents=(PAPER,), slug="less-spam")
    changed = await does(desk, consultations.edit, row, new)
    with pytest.raises(Conflict) as stale:
        await does(desk, consultations.edit, row, old, revision=1)
    assert stale.value.facts == {"version": 2}
    made = await whole(desk, changed)
    assert made.value == new
    assert [each.step for each in await history(desk, row)] == [ConsultationStep.DRAFTED]


async def test_nothing_is_changed_in_silence_after_the_announcement(desk):
    row = await announced(desk)
    old = (await whole(desk, row)).value
    prompts = (Prompt({"en": "What is it?", "ar": "ما هي؟"}), old.prompts[1])
    new = replace(old, prompts=prompts, documents=(PAPER,))
    with pytest.raises(Malformed) as silent:
        await does(desk, consultations.edit, row, new)
    changed = await does(desk, consultations.edit, row, new, why="A translation.")
    same = await does(desk, consultations.edit, changed, new)
    assert silent.value.faults == {"why": ConsultationFault.WHY}
    assert (changed.revision, same.revision) == (3, 3)
    (entry,) = (e for e in await history(desk, row) if e.step is ConsultationStep.CHANGED)
    assert (entry.why, entry.replaced) == (
        "A translation.",
        {"documents": [], "question-1": {"texts": {"en": "What is it?"}, "guidance": {}}},
    )
    for more, reason in (
        ({"closes_at": old.closes_at + DAY}, ConsultationReason.SETTLED),
        ({"publishing": Publishing.AFTER_CLOSING}, ConsultationReason.SETTLED),
        ({"prompts": prompts[:1]}, ConsultationReason.QUESTIONS_SETTLED),
    ):
        with pytest.raises(Conflict) as refused_:
            await does(
                desk,
                consultations.edit,
                changed,
                replace(new, **more),
                why="Silently.",
                now=old.opens_at,
            )
        assert refused_.value.reason is reason


async def test_a_question_keeps_its_row_through_an_edit(desk):
    row = await announced(desk)
    async with desk.database.reading() as db:
        before = [
            each.id for each in await db.exec(select(Question).order_by(col(Question.number)))
        ]
    old = (await whole(desk, row)).value
    new = replace(old, prompts=(*old.prompts, Prompt({"en": "And more?"})))
    await does(desk, consultations.edit, row, new, why="One was forgotten.")
    async with desk.database.reading() as db:
        after = [each.id for each in await db.exec(select(Question).order_by(col(Question.number)))]
    assert (after[:2], len(after)) == (before, 3)


async def test_a_deadline_moves_forward_with_its_history(desk):
    row = await announced(desk)
    first, second = row.closes_at, row.closes_at + 3 * DAY
    with pytest.raises(Malformed):
        await does(desk, consultations.extend, row, first, why="Back.")
    row = await does(desk, consultations.extend, row, second, why="More time was asked for.")
    with pytest.raises(Malformed) as closed:
        await does(desk, consultations.extend, row, second + DAY, why="", now=second)
    row = await does(
        desk, consultations.extend, row, second + DAY, why="The form was down.", now=second
    )
    told = [
        (each.before, each.after, each.why)
        for each in await history(desk, row)
        if each.step is ConsultationStep.EXTENDED
    ]
    assert closed.value.faults == {"why": ConsultationFault.WHY}
    assert told == [
        (first, second, "More time was asked for."),
        (second, second + DAY, "The form was down."),
    ]
    with pytest.raises(Refused):
        await does(desk, consultations.extend, row, second + 2 * DAY, why="Mine.", who="other")


async def test_a_skip_is_published_with_its_reason_and_opens_no_more(desk):
    row = await drafted(desk)
    with pytest.raises(Malformed):
        await does(desk, consultations.skip, row, why=" ")
    row = await does(desk, consultations.skip, row, why="The meeting was moved.")
    async with desk.database.reading() as db:
        found = await consultations.by_slug(db, "spam", None, NOW)
    assert (found.skipped_why, (await whole(desk, found)).state) == (
        "The meeting was moved.",
        RoundState.SKIPPED,
    )
    for verb, more in (
        (consultations.announce, {}),
        (consultations.skip, {"why": "Again."}),
    ):
        with pytest.raises(Conflict):
            await does(desk, verb, row, **more)


async def test_what_has_opened_is_not_skipped(desk):
    row = await announced(desk)
    with pytest.raises(Conflict) as refused_:
        await does(desk, consultations.skip, row, why="No.", now=row.opens_at)
    assert refused_.value.reason is ConsultationReason.HAS_OPENED


@pytest.mark.parametrize("first", ["submission", "extension"])
async def test_an_extension_that_races_a_submission_is_decided_by_the_lock(desk, first):
    """Both come after the old deadline; who holds the row first is first."""
    row = await announced(desk)
    close, got = row.closes_at, asyncio.Event()
    at, new = close + timedelta(milliseconds=1), close + DAY
    told = {}

    async def submission():
        async with desk.database.writing() as db:
            held = await hold(db, Consultation, row.id)
            got.set()
            await asyncio.sleep(0.05)
            told["late"] = rules.is_late(held.closes_at, at)

    async def extension():
        async with desk.database.writing() as db:
            by = desk.people["secretariat"]
            await consultations.extend(
                db, row.id, new, why="Why.", revision=row.revision, by=by, now=at
            )
            got.set()
            await asyncio.sleep(0.05)

    order = [submission, extension] if first == "submission" else [extension, submission]
    leading = asyncio.create_task(order[0]())
    await got.wait()
    await order[1]()
    await leading
    assert told == {"late": first == "submission"}


# Followed.


async def follows(desk, row, days=7, who="delegate", now=NOW):
    async with desk.database.writing() as db:
        return await consultations.follow(db, row, days, by=desk.people[who], now=now)


async def reminded(desk, now):
    async with desk.database.writing() as db:
        return await consultations.remind(db, now)


async def written(desk):
    """The letters about rounds: kind, and to whom."""
    return [each for each in await desk.letters() if each[0].startswith("round-")]


async def delivered(desk, tmp_path, smtp):
    await Sender(settings(tmp_path, smtp_url=smtp.url), desk.database, "12ab").deliver()
    return [each.message["Subject"] for each in smtp.letters]


async def test_a_reminder_comes_on_its_day_and_once_whatever_number_of_workers(desk):
    row = await announced(desk)
    for who, days in (("delegate", 7), ("focal", 1), ("stranger", 3)):
        await follows(desk, row, days, who)
    due = row.closes_at - 7 * DAY
    assert await reminded(desk, due - timedelta(seconds=1)) == 0
    taken = await asyncio.gather(*(reminded(desk, due) for _ in range(4)))
    assert (sum(taken), await written(desk)) == (1, [("round-closes", "The delegate")])
    taken = await asyncio.gather(*(reminded(desk, row.closes_at - DAY) for _ in range(4)))
    assert (sum(taken), len(await written(desk))) == (2, 3)


async def test_a_new_deadline_is_told_at_once_and_reminded_of_anew(desk, tmp_path, smtp):
    row = await announced(desk)
    await follows(desk, row)
    await reminded(desk, row.closes_at - 7 * DAY)
    now = row.closes_at - 6 * DAY
    row = await does(
        desk, consultations.extend, row, row.closes_at + 30 * DAY, why="More time.", now=now
    )
    assert await reminded(desk, now) == 0
    assert await reminded(desk, row.closes_at - 7 * DAY) == 1
    assert sorted(await written(desk)) == [
        ("round-closes", "The delegate"),
        ("round-closes", "The delegate"),
        ("round-extended", "The delegate"),
    ]


async def test_a_letter_that_names_an_old_deadline_does_not_go(desk, tmp_path, smtp, monkeypatch):
    row = await announced(desk, opens_at=NOW + DAY, closes_at=NOW + 4000 * DAY)
    await follows(desk, row)
    async with desk.database.writing() as db:
        (each,) = await db.exec(select(ConsultationFollower))
        each.remind_at = NOW
        db.add(each)
    await reminded(desk, NOW)
    await does(desk, consultations.extend, row, row.closes_at + DAY, why="Wait\nfor it.")
    assert await delivered(desk, tmp_path, smtp) == ["New deadline: A round on spam"]
    async with desk.database.reading() as db:
        faults = sorted(each.fault for each in await db.exec(select(Letter)))
    assert faults == ["", "overtaken"]


async def test_a_skip_is_told_and_no_reminder_follows(desk, tmp_path, smtp):
    row = await announced(desk)
    await follows(desk, row)
    await follows(desk, row, 3, "stranger")
    async with desk.database.writing() as db:
        await consultations.unfollow(db, row, by=desk.people["stranger"])
    await does(desk, consultations.skip, row, why="The meeting was moved.")
    assert await reminded(desk, row.closes_at - DAY) == 0
    assert await delivered(desk, tmp_path, smtp) == ["Not held: A round on spam"]


async def test_who_unfollows_before_the_letter_goes_does_not_get_it(desk, tmp_path, smtp):
    row = await announced(desk)
    await follows(desk, row)
    await does(desk, consultations.skip, row, why="The meeting was moved.")
    async with desk.database.writing() as db:
        await consultations.unfollow(db, row, by=desk.people["delegate"])
    assert await delivered(desk, tmp_path, smtp) == []


async def test_who_follows_late_is_told_that_no_reminder_comes(desk):
    row = await announced(desk)
    found = await follows(desk, row, 7, now=row.closes_at - DAY)
    assert found.remind_at is None
    assert (await follows(desk, row, 3)).remind_at == row.closes_at - 3 * DAY
    assert await desk.count(ConsultationFollower) == 1
    with pytest.raises(Malformed):
        await follows(desk, row, 0)
    with pytest.raises(Conflict):
        await follows(desk, row, now=row.closes_at)


async def test_who_followed_is_forgotten_with_the_person_and_after_a_while(desk):
    row = await announced(desk)
    await follows(desk, row)
    await follows(desk, row, who="stranger")
    async with desk.database.writing() as db:
        await personal.erase(db, desk.people["stranger"].id, NOW)
    assert await desk.count(ConsultationFollower) == 1
    for days, gone in ((90, 0), (91, 1)):
        async with desk.database.writing() as db:
            assert await consultations.forget(db, row.closes_at + days * DAY) == gone


async def test_a_draft_cannot_be_followed(desk):
    row = await drafted(desk)
    with pytest.raises(NotFound):
        await follows(desk, row)
