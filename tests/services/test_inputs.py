"""An input is written by several at once, sent in time or late, and nothing of it is lost."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Uuid, bindparam
from sqlalchemy import text as statement
from sqlmodel import col, select

from app.database import Database, hold, load
from app.errors import Conflict, Malformed, NotFound, Refused
from app.keys import Keys
from app.models import (
    Attachment,
    Consultation,
    Input,
    InputField,
    Letter,
    Person,
    Registration,
    StoredFile,
)
from app.policy.filing import FilingReason
from app.policy.inputs import Consent, InputState, digest
from app.policy.letters import LetterKind
from app.policy.people import Capacity, StakeholderGroup
from app.policy.personal import Kept
from app.policy.refusal import No
from app.policy.registration import RegistrationState
from app.services import filing, inputs, personal, publication, sending
from app.services.inputs import Cell, Clash
from app.services.sending import Sending
from tests.consulting import add_consultation
from tests.receiving import keys_of
from tests.world import World, build

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


@dataclass
class Desk:
    database: Database
    world: World
    round: Consultation
    people: dict[str, Person]
    keys: Keys

    async def begun(self, who: str = "stakeholder", slug: str = "multilingual") -> UUID:
        async with self.database.writing() as db:
            return (await inputs.begin(db, slug, by=self.people[who], now=NOW)).id

    async def save(self, key, text, input_id, revision=0, who="stakeholder"):
        async with self.database.writing() as db:
            return await inputs.save(
                db, input_id, key, text, revision, by=self.people[who], now=NOW
            )

    async def send(self, input_id, who="stakeholder", now=NOW):
        async with self.database.writing() as db:
            found = await inputs.seen(db, input_id, self.people[who])
            return await sending.submit(
                db, input_id, revision=found.revision, by=self.people[who], keys=self.keys, now=now
            )

    async def sent(self, who="stakeholder", now=NOW, text="More scripts."):
        key = await self.begun(who)
        await self.save("question:1", text, key, who=who)
        return key, await self.send(key, who, now)

    async def seen(self, input_id, who="stakeholder"):
        async with self.database.reading() as db:
            return await inputs.seen(db, input_id, self.people[who])

    async def row(self, input_id) -> Input:
        async with self.database.reading() as db:
            return await load(db, Input, input_id)

    async def letters(self) -> list[Letter]:
        async with self.database.reading() as db:
            return list((await db.exec(select(Letter).order_by(col(Letter.written_at)))).all())

    async def join(self, input_id, who="brazil"):
        async with self.database.writing() as db:
            by = self.people["stakeholder"]
            await inputs.invite(db, input_id, f"{who}@example.org", by=by, now=NOW)
        async with self.database.writing() as db:
            await inputs.agree(db, input_id, by=self.people[who], now=NOW)


async def desk_on(database: Database, folder: Path) -> Desk:
    async with database.writing() as db:
        world = await build(db, NOW)
        made = await add_consultation(db, world, NOW)
    async with database.reading() as db:
        people = {key: await load(db, Person, each) for key, each in world.people.items()}
    return Desk(database, world, made, people, keys_of(folder))


@pytest.fixture
async def desk(database, tmp_path) -> Desk:
    """On both engines: where the database has a say."""
    return await desk_on(database, tmp_path)


@pytest.fixture
async def plain(sqlite_tables_url, tmp_path):
    database = Database(sqlite_tables_url)
    yield await desk_on(database, tmp_path)
    await database.close()


# Two editors of one draft.


async def test_of_two_editors_of_one_field_no_edit_is_lost(desk):
    """The second asks while the first has written and not yet committed; each in a process."""
    key = await desk.begun()
    await desk.join(key)
    await desk.save("free", "As it stood.", key)
    url = desk.database.engine.url.render_as_string(hide_password=False)
    other = Database(url)

    async def second():
        async with other.writing() as db:
            by = desk.people["brazil"]
            return await inputs.save(db, key, "free", "By the second.", 1, by=by, now=SOON)

    async with desk.database.writing() as db:
        by = desk.people["stakeholder"]
        first = await inputs.save(db, key, "free", "By the first.", 1, by=by, now=NOW)
        late = asyncio.create_task(second())
        await asyncio.wait({late}, timeout=0.3)
    found = await late
    await other.close()

    assert isinstance(first, Cell)
    assert (first.text, first.revision) == ("By the first.", 2)
    assert isinstance(found, Clash)
    assert (found.current.text, found.current.by) == ("By the first.", "The stakeholder")
    draft = await desk.seen(key)
    assert draft.cells["free"].text == "By the first."
    assert [(each.key, each.text, each.by) for each in draft.asides] == [
        ("free", "By the second.", "Delegate of Brazil")
    ]


async def test_different_fields_are_written_at_the_same_time(desk):
    key = await desk.begun()
    await desk.join(key)
    await asyncio.gather(
        desk.save("question:1", "One.", key), desk.save("question:2", "Two.", key, who="brazil")
    )
    said = (await desk.seen(key)).said
    assert (said["question:1"], said["question:2"]) == ("One.", "Two.")


async def test_the_same_again_changes_nothing_and_what_nobody_sees_is_taken_out(plain):
    key = await plain.begun()
    flood = "a" + 50 * "\u0301"
    first = await plain.save("free", f"One\u202e two\u200b\ufeff\0 <b>\r\n{flood}", key)
    again = await plain.save("free", first.text, key, revision=0)
    assert first.text == "One two <b>\n\u00e1" + 8 * "\u0301"
    assert again == first


async def test_a_field_that_the_form_has_not_is_none_and_a_long_one_is_told(plain):
    key = await plain.begun()
    for name in ("question:3", "question:01", "number", "question:", "question:²"):
        with pytest.raises(Malformed):
            await plain.save(name, "Text", key)
    with pytest.raises(Malformed):
        await plain.save("summary", 2001 * "a", key)


# Whose it is.


async def test_a_draft_is_its_authors_own(plain):
    key = await plain.begun()
    for who in ("secretariat", "brazil"):
        with pytest.raises(NotFound):
            await plain.seen(key, who)
        with pytest.raises(NotFound):
            await plain.save("free", "Mine", key, who=who)
        with pytest.raises(NotFound):
            await plain.send(key, who)


async def test_an_author_who_was_asked_reads_agrees_and_then_writes(plain):
    key = await plain.begun()
    async with plain.database.writing() as db:
        for _ in range(2):
            by = plain.people["stakeholder"]
            await inputs.invite(db, key, "new@example.org", by=by, now=NOW)
            await inputs.invite(db, key, "brazil@example.org", by=by, now=NOW)
    asked = [each for each in await plain.letters() if each.kind is LetterKind.INPUT_ASKED]
    assert len(asked) == 4
    with pytest.raises(Refused) as refused:
        await plain.save("free", "Text", key, who="brazil")
    assert refused.value.decision == No(FilingReason.NOT_AGREED)
    told = {each.email: each.name for each in (await plain.seen(key, "brazil")).authors}
    assert told["brazil@example.org"] == told["new@example.org"] == ""

    async with plain.database.writing() as db:
        await inputs.agree(db, key, by=plain.people["brazil"], now=NOW)
    await plain.save("free", "Text", key, who="brazil")
    async with plain.database.writing() as db:
        with pytest.raises(Conflict):
            await inputs.discard(db, key, by=plain.people["stakeholder"])
        await inputs.leave(db, key, plain.people["brazil"].id, by=plain.people["brazil"])
    with pytest.raises(NotFound):
        await plain.seen(key, "brazil")
    async with plain.database.writing() as db:
        await inputs.discard(db, key, by=plain.people["stakeholder"])
    async with plain.database.reading() as db:
        assert (await db.exec(select(InputField))).all() == []


async def test_a_body_is_spoken_for_by_whom_it_approved(plain):
    key = await plain.begun("kenya")
    draft = await plain.seen(key, "kenya")
    assert draft.said["entity"] == str(plain.world.entities["kenya"])
    assert draft.said["capacity"] == Capacity.DELEGATE
    await plain.save("free", "Text", key, who="kenya")
    async with plain.database.writing() as db:
        query = select(Registration).where(Registration.person_id == plain.people["kenya"].id)
        found = (await db.exec(query)).one()
        found.state = RegistrationState.SUBMITTED
        db.add(found)
    with pytest.raises(Malformed) as wrong:
        await plain.send(key, "kenya")
    assert list(wrong.value.faults) == ["entity"]


# Sending.


async def test_what_is_sent_has_a_number_a_digest_and_a_letter(plain):
    key, version = await plain.sent()
    row = await plain.row(key)
    assert (row.number, row.state, row.late) == (1, InputState.SUBMITTED, False)
    assert version.content["answers"] == {"1": "More scripts."}
    assert version.content["consultation"] == "multilingual"
    assert version.digest == digest(version.content)
    assert "stakeholder" not in str(version.content)
    (letter,) = await plain.letters()
    assert letter.kind is LetterKind.RECEIVED
    assert letter.facts["link"].startswith("/receipts/")
    assert (row.name, row.group) == ("The stakeholder", StakeholderGroup.CIVIL_SOCIETY)


async def test_it_is_revised_until_the_deadline_and_every_version_stays(plain):
    key, first = await plain.sent()
    await plain.save("question:1", "Even more scripts.", key, revision=1)
    assert (await plain.seen(key)).versions == (first,)
    second = await plain.send(key)
    assert [each.number for each in (await plain.seen(key)).versions] == [2, 1]
    assert (await plain.row(key)).number == 1

    await plain.save("question:1", "Too late.", key, revision=2)
    with pytest.raises(Conflict) as refused:
        await plain.send(key, now=plain.round.closes_at)
    assert refused.value.reason == FilingReason.AFTER_CLOSE
    draft = await plain.seen(key)
    assert draft.versions[0] == second
    assert draft.said["question:1"] == "Too late."


async def test_the_same_is_sent_once_however_often_it_comes(plain):
    key, version = await plain.sent()
    with pytest.raises(Conflict) as again:
        await plain.send(key)
    assert again.value.reason == FilingReason.SENT_ALREADY
    other = await plain.begun()
    await plain.save("question:1", "More scripts.", other)
    with pytest.raises(Conflict) as same:
        await plain.send(other)
    assert (same.value.reason, same.value.facts) == (FilingReason.SENT_ALREADY, {"number": 1})

    await plain.save("consent", Consent.TEXT_ONLY, key)
    assert await plain.send(key) == version
    assert (await plain.row(key)).consent is Consent.TEXT_ONLY


async def test_what_another_author_has_changed_is_not_sent_unseen(plain):
    key = await plain.begun()
    seen = await plain.seen(key)
    await plain.save("free", "Text", key)
    by = plain.people["stakeholder"]
    async with plain.database.writing() as db:
        with pytest.raises(Conflict) as refused:
            await sending.submit(db, key, revision=seen.revision, by=by, keys=plain.keys, now=NOW)
    assert refused.value.reason == FilingReason.CHANGED


async def test_nothing_is_said_by_nothing(plain):
    key = await plain.begun()
    await plain.save("free", "\u200b ...", key)
    await plain.save("name", "", key)
    with pytest.raises(Malformed) as wrong:
        await plain.send(key)
    assert sorted(wrong.value.faults) == ["name", "summary"]


async def test_before_it_opens_nothing_is_sent_and_one_that_is_not_announced_is_unknown(plain):
    async with plain.database.writing() as db:
        row = await hold(db, Consultation, plain.round.id)
        row.opens_at = SOON
        db.add(row)
    with pytest.raises(Conflict) as refused:
        await plain.sent()
    assert refused.value.reason == FilingReason.NOT_YET
    async with plain.database.writing() as db:
        row = await hold(db, Consultation, plain.round.id)
        row.announced_at = None
        db.add(row)
    with pytest.raises(NotFound):
        await plain.begun("brazil")


# The deadline.


@pytest.mark.parametrize("hours", [-12, 14])
async def test_the_deadline_is_one_instant_in_every_zone(plain, hours):
    """To the last microsecond before it an input is in time; at it, it is late."""
    there = timezone(timedelta(hours=hours))
    closes = plain.round.closes_at.astimezone(there)
    key, _ = await plain.sent(now=closes - timedelta(microseconds=1))
    assert not (await plain.row(key)).late
    key, _ = await plain.sent("brazil", now=closes)
    assert (await plain.row(key)).late


async def test_the_deadline_is_read_while_the_round_is_held(desk):
    """An input that waits for an extension at the same moment is in time, and not late."""
    key = await desk.begun()
    await desk.save("free", "Text", key)
    other = Database(desk.database.engine.url.render_as_string(hide_password=False))
    at = desk.round.closes_at + timedelta(milliseconds=1)

    async def send():
        async with other.writing() as db:
            by = desk.people["stakeholder"]
            seen = await inputs.seen(db, key, by)
            await db.get(Consultation, desk.round.id)  # as it was before
            return await sending.submit(
                db, key, revision=seen.revision, by=by, keys=desk.keys, now=at
            )

    async with desk.database.writing() as db:
        row = await hold(db, Consultation, desk.round.id)
        row.closes_at += timedelta(days=1)
        db.add(row)
        await db.flush()
        waiting = asyncio.create_task(send())
        await asyncio.wait({waiting}, timeout=0.3)
    await waiting
    await other.close()
    assert not (await desk.row(key)).late


async def test_who_begins_again_and_sends_at_the_same_moment_waits_for_nobody_who_waits(desk):
    """A draft is held before its people, whichever way it is come by."""
    key = await desk.begun()
    await desk.save("free", "Once.", key)
    begun = asyncio.Event()

    async def again():
        async with desk.database.writing() as db:
            row = await inputs.begin(db, "multilingual", by=desk.people["stakeholder"], now=NOW)
            begun.set()
            await asyncio.sleep(0.3)
            by = desk.people["stakeholder"]
            await inputs.save(db, row.id, "free", "Twice.", 1, by=by, now=NOW)

    async def send():
        await begun.wait()
        with suppress(Conflict):  # it was seen as it was before, where both look at once
            await desk.send(key)

    async with asyncio.timeout(20):
        await asyncio.gather(again(), send())
    assert (await desk.seen(key)).said["free"] == "Twice."


async def test_numbers_have_no_gap_however_many_send_at_once(desk):
    who = ["kenya", "brazil", "operator", "startup", "university", "stakeholder", "chair"]
    keys = []
    for each in who:
        keys.append(await desk.begun(each))
        await desk.save("free", f"Of {each}.", keys[-1], who=each)
        for field, text in (("group", "other"), ("organization", "none"), ("country", "KE")):
            if each == "chair":
                await desk.save(field, text, keys[-1], who=each)
    await asyncio.gather(*(desk.send(key, each) for key, each in zip(keys, who, strict=True)))
    numbers = [(await desk.row(key)).number for key in keys]
    assert sorted(numbers) == list(range(1, len(who) + 1))


async def later_round(plain, slug="next", days=30):
    async with plain.database.writing() as db:
        before = await load(db, Consultation, plain.round.id)
        row = Consultation(
            slug=slug,
            topic_id=before.topic_id,
            meeting_id=before.meeting_id,
            titles={"en": f"The round {slug}"},
            opens_at=before.closes_at + timedelta(days=days),
            closes_at=before.closes_at + timedelta(days=2 * days),
            time_zone="Europe/Zurich",
            announced_at=NOW,
            created_at=NOW,
        )
        db.add(row)
    return row


async def test_a_late_one_is_carried_to_the_next_round_and_its_author_told(plain):
    await later_round(plain, "after-next", 60)
    there = await later_round(plain)
    key, version = await plain.sent(now=plain.round.closes_at)
    row = await plain.row(key)
    assert (row.late, row.number) == (True, 1)
    assert (row.consultation_id, row.carried_from_id) == (there.id, plain.round.id)
    assert version.content["consultation"] == "multilingual"
    receipt, letter = sorted(await plain.letters(), key=lambda each: each.kind, reverse=True)
    assert (receipt.kind, letter.kind) == (LetterKind.RECEIVED, LetterKind.INPUT_LATE)
    assert letter.facts["next"] == "The round next"

    await plain.save("question:1", "Better.", key, revision=1)
    assert (await plain.send(key, now=plain.round.closes_at)).number == 2


async def test_a_late_one_without_a_next_round_is_kept_and_carried_when_there_is_one(plain):
    key, _ = await plain.sent(now=plain.round.closes_at)
    row = await plain.row(key)
    assert (row.late, row.consultation_id, row.carried_from_id) == (True, plain.round.id, None)
    there = await later_round(plain)
    async with plain.database.writing() as db:
        assert await filing.carry(db, there.id, plain.round.closes_at) == 1
    async with plain.database.writing() as db:
        assert await filing.carry(db, there.id, plain.round.closes_at) == 0
    row = await plain.row(key)
    assert (row.number, row.consultation_id) == (1, there.id)
    assert row.carried_from_id == plain.round.id
    kinds = sorted(each.kind for each in await plain.letters())
    assert kinds == [*2 * [LetterKind.INPUT_LATE], LetterKind.RECEIVED]


async def test_a_number_is_given_once_though_the_one_that_had_it_went_on(plain):
    """By two ways late ones go on: when a later round is announced, and as they come."""
    closed = plain.round.closes_at
    first, _ = await plain.sent(now=closed)
    there = await later_round(plain)
    async with plain.database.writing() as db:
        assert await filing.carry(db, there.id, closed) == 1
    second, _ = await plain.sent(now=closed, text="Fewer scripts.")
    third, _ = await plain.sent(now=there.closes_at, text="No scripts.")
    rows = [await plain.row(key) for key in (first, second, third)]
    assert [row.number for row in rows] == [1, 2, 2]
    assert [row.consultation_id for row in rows] == [there.id, there.id, plain.round.id]


async def test_late_ones_of_one_moment_get_one_number_each_where_they_go(plain):
    there, closed = await later_round(plain), plain.round.closes_at
    who = ("stakeholder", "startup")
    keys = [await plain.begun(one) for one in who]
    for one, key in zip(who, keys, strict=True):
        await plain.save("question:1", f"Scripts of {one}.", key, who=one)
    together = [
        Sending(key, plain.people[one], lambda seen: seen, closed)
        for one, key in zip(who, keys, strict=True)
    ]
    async with plain.database.writing() as db:
        await sending.send_all(db, together, plain.keys)
    rows = [await plain.row(key) for key in keys]
    assert [(row.consultation_id, row.number) for row in rows] == [(there.id, 1), (there.id, 2)]


@pytest.mark.parametrize("consent", [*Consent])
@pytest.mark.parametrize("joined", [False, True])
async def test_what_was_just_sent_is_found_as_it_is_once_it_was_read_again(desk, consent, joined):
    """By one alone nothing is read again before it is indexed; the words must be the same."""
    key = await desk.begun()
    if joined:
        await desk.join(key)
    for field, said in (
        ("consent", consent.value),
        ("summary", "More scripts, in short."),
        ("question:1", "More scripts.\nCafés, écoles."),
        ("free", "كتاب 互联网"),
        ("organization", "Association of readers"),
        ("language", "fr"),
    ):
        await desk.save(field, said, key)
    await desk.send(key)
    before = await indexed(desk.database, key)
    async with desk.database.writing() as db:
        await publication.index(db, await load(db, Input, key))
    assert await indexed(desk.database, key) == before
    assert len(before) == (consent is not Consent.NONE)


async def indexed(database: Database, key: UUID) -> list[tuple[object, ...]]:
    """What the index has of an input."""
    words = "w.head, w.body" if database.sqlite else "s.words::text"
    also = "JOIN searchable_words AS w ON w.rowid = s.number" if database.sqlite else ""
    query = statement(
        f"SELECT s.kind, s.scope_id, s.audience, s.language, s.at, {words}"  # noqa: S608 - ours
        f" FROM searchables AS s {also} WHERE s.key = :key"
    ).bindparams(bindparam("key", type_=Uuid()))
    async with database.reading() as db:
        line = await db.connection()
        return [tuple(row) for row in await line.execute(query, {"key": key})]


# Afterwards.


async def test_who_sent_it_withdraws_it_with_a_reason_and_others_disown_it(plain):
    key = await plain.begun()
    await plain.join(key)
    await plain.save("free", "Text", key)
    await plain.send(key)
    async with plain.database.writing() as db:
        by = plain.people["stakeholder"]
        with pytest.raises(Malformed):
            await filing.withdraw(db, key, "  ", by=by, now=NOW)
        with pytest.raises(Refused):
            await filing.disown(db, key, "Not mine.", by=by, now=NOW)
    async with plain.database.writing() as db:
        await filing.disown(db, key, "I never wrote this.", by=plain.people["brazil"], now=NOW)
    draft = await plain.seen(key)
    assert [each.disowned_at for each in draft.authors] == [None, NOW]
    with pytest.raises(Refused):
        await plain.save("free", "Other", key, revision=1, who="brazil")

    async with plain.database.writing() as db:
        await filing.withdraw(db, key, "A mistake.", by=plain.people["stakeholder"], now=NOW)
    draft = await plain.seen(key)
    assert (draft.row.state, draft.row.withdrawn_why) == (InputState.WITHDRAWN, "A mistake.")
    assert len(draft.versions) == 1
    with pytest.raises(Conflict):
        await plain.send(key)


async def test_a_person_who_is_erased_leaves_what_was_sent_without_a_name(plain):
    sent, version = await plain.sent("university")
    draft = await plain.begun("university")
    await plain.save("free", "Not sent.", draft, who="university")
    async with plain.database.writing() as db:
        file = StoredFile(
            person_id=plain.people["university"].id,
            name="a.txt",
            media_type="text/plain",
            size=1,
            sha256=64 * "a",
            stored_at=NOW,
        )
        db.add(file)
        await db.flush()
        db.add(Attachment(input_id=draft, file_id=file.id, attached_at=NOW))
    async with plain.database.writing() as db:
        left = await personal.erase(db, plain.people["university"].id, NOW)
    assert left[Kept.INPUTS] == 1
    async with plain.database.reading() as db:
        assert await db.get(Input, draft) is None
        assert (await db.exec(select(StoredFile))).all() == []
    row = await plain.row(sent)
    assert (row.name, row.number, row.state) == ("", 1, InputState.SUBMITTED)
    async with plain.database.reading() as db:
        assert (await inputs.versions(db, sent))[0].digest == version.digest
