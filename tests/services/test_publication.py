"""What everybody may read of inputs, by every way in; and what the secretariat adds to them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from app.errors import Conflict, Malformed, NotFound
from app.models import Consultation, Input, InputAuthor, Letter, Person
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputState, digest
from app.policy.letters import LetterKind
from app.policy.people import Category, StakeholderGroup
from app.policy.publication import MARK, Ground, Translated
from app.policy.text import TextFault
from app.services import anywhere, campaigns, moderation, publication
from app.services.moderation import ToRedact, Translation
from app.services.publication import Filter
from tests import world as worlds
from tests.consulting import add_consultation, add_file, add_input

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
SLUG = "multilingual"


class Round:
    """A round with its world, and inputs as they are needed."""

    def __init__(self, database, world, consultation, people):
        self.database, self.world, self.consultation = database, world, consultation
        self.people = people
        self.secretariat = people["secretariat"]

    async def sent(self, number, text, who="stakeholder", **more):
        async with self.database.writing() as db:
            person = self.world.people[who]
            row, version = await add_input(
                db, self.consultation, person, number, NOW, {1: text}, **more
            )
            await publication.index(db, row)
        return row, version

    async def page(self, now=NOW, **asked):
        async with self.database.reading() as db:
            return await publication.page(db, self.consultation, Filter(**asked), now)

    async def numbers_of(self, **asked):
        return [each.number for each in (await self.page(**asked)).rows]

    async def one(self, number, now=NOW):
        async with self.database.reading() as db:
            return await publication.one(db, self.consultation, number, now)

    async def do(self, verb, number, *said, by=None, now=NOW):
        async with self.database.writing() as db:
            return await verb(db, SLUG, number, *said, by=by or self.secretariat, now=now)

    async def anywhere(self, said, now=NOW):
        async with self.database.reading() as db:
            return await anywhere.find(db, said, None, now)


async def opened(database, **more):
    async with database.writing() as db:
        world = await worlds.build(db, NOW)
        consultation = await add_consultation(db, world, NOW, **more)
        people = {key: await db.get(Person, each) for key, each in world.people.items()}
    return Round(database, world, consultation, people)


@pytest.fixture
async def asked(database):
    return await opened(database)


async def test_consent_decides_what_is_shown_found_and_selected(asked):
    body = {
        "organization": "Ochre Society",
        "name": "Vermilion Person",
        "job_title": "Umber Adviser",
        "group": StakeholderGroup.CIVIL_SOCIETY,
        "entity_id": asked.world.entities["operator"],
    }
    for number, consent in enumerate(Consent, 1):
        await asked.sent(number, f"Connectivity {consent}", consent=consent, **body)
    named, bodied, bare, kept = (await asked.page()).rows
    assert (named.names, named.job_title) == (["Vermilion Person"], "Umber Adviser")
    assert (list(bodied.names), bodied.job_title) == ([], "")
    assert bodied.organization == "An operator"
    assert (bodied.category, bodied.country) == (Category.SECTOR_MEMBER, "KE")
    assert (bare.organization, bare.country, bare.group, bare.category) == ("", "", None, None)
    assert (kept.number, kept.texts, kept.at, kept.language) == (4, {}, None, "")
    assert sorted(await asked.numbers_of(text="connectivity")) == [1, 2, 3]
    assert await asked.numbers_of(text="vermilion") == [1]
    assert sorted(await asked.numbers_of(text="operator")) == [1, 2]
    assert await asked.numbers_of(group=StakeholderGroup.CIVIL_SOCIETY) == [1, 2]
    assert await asked.numbers_of(category=Category.SECTOR_MEMBER) == [1, 2]
    assert await asked.numbers_of(category=Category.STAKEHOLDER) == []
    assert await asked.numbers_of(language="en") == [1, 2, 3]
    assert await asked.numbers_of(question=1) == [1, 2, 3]
    assert await asked.numbers_of(question=2) == []
    async with asked.database.reading() as db:
        counts = await publication.counts(db, asked.consultation, NOW)
        numbers = await campaigns.numbers(db, asked.consultation, NOW)
    assert (counts.published, counts.kept, counts.inputs) == (3, 1, 4)
    assert [each.name for each in numbers.tally.persons] == ["Vermilion Person"]


async def test_what_is_not_published_yet_is_nowhere(database):
    asked = await opened(database, publishing=Publishing.AFTER_CLOSING)
    await asked.sent(1, "Heliotrope heron")
    closes = asked.consultation.closes_at
    for now, there in ((NOW, 0), (closes - timedelta(microseconds=1), 0), (closes, 1)):
        async with database.reading() as db:
            counts = await publication.counts(db, asked.consultation, now)
            rows = await publication.everything(db, asked.consultation, now)
            numbers = await campaigns.numbers(db, asked.consultation, now)
        found = await asked.anywhere("heliotrope", now)
        seen = (counts.inputs, len(rows), numbers.tally.inputs, found.total, len(found.rows))
        assert seen == (there,) * 5
        assert (await asked.page(now, text="heron")).total == there
        assert (await asked.page(now)).total == there
    with pytest.raises(NotFound):
        await asked.one(1)


async def test_a_deadline_that_is_extended_takes_back_what_was_to_be_published(database):
    asked = await opened(database, publishing=Publishing.AFTER_CLOSING)
    await asked.sent(1, "Heliotrope heron")
    now = asked.consultation.closes_at
    assert (await asked.anywhere("heron", now)).total == 1
    async with database.writing() as db:
        row = await db.merge(asked.consultation)
        row.closes_at += timedelta(days=7)
    assert (await asked.anywhere("heron", now)).total == 0


async def test_drafts_withdrawn_ones_and_rounds_in_preparation_are_not_found(asked):
    await asked.sent(1, "Saffron", state=InputState.DRAFT)
    await asked.sent(2, "Saffron", state=InputState.WITHDRAWN)
    assert (await asked.anywhere("saffron")).total == 0
    with pytest.raises(NotFound):
        await asked.one(1)
    gone = await asked.one(2)
    assert (gone.hidden, gone.texts, gone.organization) == ("input-hidden-withdrawn", {}, "")
    async with asked.database.writing() as db:
        row = await db.merge(asked.consultation)
        row.announced_at = None
    async with asked.database.reading() as db:
        with pytest.raises(NotFound):
            await publication.of_slug(db, SLUG)
        assert await anywhere.ground(db, NOW) == ({}, set())


async def test_whoever_disowned_is_not_named_and_who_agreed_is(asked):
    row, _ = await asked.sent(1, "Together", name="First person")
    async with asked.database.writing() as db:
        for key, more in (
            ("kenya", {"agreed_at": NOW}),
            ("brazil", {"agreed_at": None}),
            ("startup", {"agreed_at": NOW, "disowned_at": NOW}),
        ):
            person = asked.world.people[key]
            db.add(InputAuthor(input_id=row.id, person_id=person, asked_at=NOW, **more))
    assert (await asked.one(1)).names == ["First person", asked.people["kenya"].name]
    async with asked.database.writing() as db:
        person = asked.world.people["stakeholder"]
        author = InputAuthor(input_id=row.id, person_id=person, asked_at=NOW, disowned_at=NOW)
        db.add(author)
    seen = await asked.one(1)
    assert (list(seen.names), seen.organization) == ([], "An association")


async def test_a_label_hides_nothing_and_its_end_is_kept(asked):
    await asked.sent(1, "About fishing, and cerulean nets")
    await asked.do(moderation.label, 1, "It speaks of fishing.")
    with pytest.raises(Conflict):
        await asked.do(moderation.label, 1, "Once more.")
    seen = await asked.one(1)
    assert (seen.off_topic, "cerulean" in str(seen.texts)) == ("It speaks of fishing.", True)
    assert await asked.numbers_of(text="fishing") == [1]
    await asked.do(moderation.unlabel, 1, "Nets are networks.")
    assert (await asked.one(1)).off_topic == ""
    with pytest.raises(Conflict):
        await asked.do(moderation.unlabel, 1, "Again.")
    async with asked.database.reading() as db:
        _, kept = await moderation.sealed(db, SLUG, 1, asked.secretariat, NOW)
    assert [each.removed_why for each in kept.labels] == ["Nets are networks."]


async def test_what_is_redacted_is_nowhere_and_the_digest_still_proves_the_original(asked):
    _, version = await asked.sent(1, "Call me at zanzibar 4455, day or night. Thank you.")
    passage = ToRedact("question:1", "zanzibar 4455", Ground.PERSONAL, "A number at home.")
    before = await asked.one(1)
    assert before.content == version.content
    await asked.do(moderation.redact, 1, passage)
    seen = await asked.one(1)
    assert seen.texts["question:1"] == f"Call me at {MARK}, day or night. Thank you."
    assert [(each.part, each.ground, each.why) for each in seen.marks] == [
        ("question:1", "personal", "A number at home.")
    ]
    assert (seen.content, seen.digest) == (None, version.digest)
    assert await asked.numbers_of(text="zanzibar") == []
    assert await asked.numbers_of(text="night") == [1]
    async with asked.database.reading() as db:
        everything = await publication.everything(db, asked.consultation, NOW)
    assert "zanzibar" not in str(everything)
    original = await asked.do(moderation.open_original, 1, "Its author asks.")
    assert "zanzibar 4455" in original["question:1"]
    assert digest(version.content) == seen.digest
    (mark,) = seen.marks
    await asked.do(moderation.lift, 1, mark.id, "It is the office's.")
    assert await asked.numbers_of(text="zanzibar") == [1]


async def test_a_passage_is_marked_in_translations_versions_and_files_too(asked):
    row, version = await asked.sent(1, "Call zanzibar now.", language="en")
    french = Translation("fr", Translated.HUMAN, "A bureau", {"question:1": "Appelez zanzibar."})
    await asked.do(moderation.translate, 1, french)
    async with asked.database.writing() as db:
        study = "The study says zanzibar and periwinkle."
        await add_file(db, row, version, "ab" * 32, NOW, text=study)
        await publication.index(db, row)
    assert await asked.numbers_of(text="periwinkle") == [1]
    assert await asked.numbers_of(text="appeler") == [1]
    said = ToRedact("question:1", "zanzibar", Ground.UNLAWFUL, "An insult.")
    await asked.do(moderation.redact, 1, said, now=LATER)
    seen = await asked.one(1, LATER)
    assert (list(seen.translations), seen.translations_waiting) == ([], ["fr"])
    assert await asked.numbers_of(text="zanzibar") == []
    assert await asked.numbers_of(text="periwinkle") == [1]
    later = LATER + timedelta(minutes=1)
    await asked.do(moderation.translate, 1, french, now=later)
    (shown,) = (await asked.one(1, later)).translations
    assert (shown.texts, shown.translator) == ({"question:1": f"Appelez {MARK}."}, "A bureau")
    assert await asked.numbers_of(text="zanzibar") == []


async def test_a_whole_part_and_a_file_can_be_redacted(asked):
    await asked.sent(1, "All of it")
    whole = ToRedact("summary", "", Ground.UNLAWFUL, "All of it.")
    await asked.do(moderation.redact, 1, whole)
    seen = await asked.one(1)
    assert (seen.texts["summary"], seen.texts["question:1"]) == (MARK, "All of it")
    for wrong, fault in (
        (ToRedact("question:9", "", Ground.PERSONAL, "Why."), "part"),
        (ToRedact("question:1", "not there", Ground.PERSONAL, "Why."), "passage"),
        (ToRedact("question:1", "All", Ground.PERSONAL, " "), "why"),
    ):
        with pytest.raises(Malformed) as refused:
            await asked.do(moderation.redact, 1, wrong)
        assert list(refused.value.faults) == [fault]


async def test_translations_say_who_made_them_and_the_newest_counts(asked):
    await asked.sent(1, "Une réponse", language="fr")
    for who, text in ((Translated.MACHINE, "One anser"), (Translated.HUMAN, "An answer")):
        said = Translation("en", who, "Somebody", {"question:1": text})
        await asked.do(moderation.translate, 1, said)
    (shown,) = (await asked.one(1)).translations
    assert (shown.translated, shown.texts) == (Translated.HUMAN, {"question:1": "An answer"})
    for wrong, faults in (
        (Translation("fr", Translated.HUMAN, "X", {"question:1": "x"}), {"language"}),
        (Translation("de", Translated.HUMAN, "X", {"question:1": "x"}), {"language"}),
        (Translation("en", Translated.HUMAN, "", {}), {"translator", "parts"}),
        (Translation("en", Translated.HUMAN, "X", {"question:7": "x"}), {"parts"}),
        (Translation("en", Translated.HUMAN, "X", {"question:1": "<b>x"}), {"question:1"}),
    ):
        with pytest.raises(Malformed) as refused:
            await asked.do(moderation.translate, 1, wrong)
        assert set(refused.value.faults) == faults
        assert TextFault.MARKUP in refused.value.faults.values() or "question:1" not in faults


async def test_only_the_secretariat_of_the_meeting_adds_anything(asked):
    await asked.sent(1, "A text")
    said = ToRedact("question:1", "text", Ground.PERSONAL, "Why.")
    french = Translation("fr", Translated.HUMAN, "X", {"question:1": "x"})
    for key in ("chair", "stakeholder", "kenya"):
        by = asked.people[key]
        for verb, words in (
            (moderation.label, ["Why."]),
            (moderation.redact, [said]),
            (moderation.translate, [french]),
            (moderation.open_original, ["Why."]),
        ):
            with pytest.raises(NotFound):
                await asked.do(verb, 1, *words, by=by)


async def test_a_campaign_counts_as_n_and_once(asked):
    letter = (
        "We ask the group to keep the Internet open for everyone, and to publish its decisions."
    )
    for number in range(1, 6):
        await asked.sent(number, letter, who="stakeholder" if number < 3 else "kenya")
    await asked.sent(6, "Something else entirely, about prices of connectivity in mountains.")
    async with asked.database.reading() as db:
        found = await campaigns.numbers(db, asked.consultation, NOW)
    (group,) = found.groups or []
    assert [each.number for each in group.members] == [1, 2, 3, 4, 5]
    assert (found.tally.inputs, found.once, found.tally.people) == (6, 2, 2)


async def test_a_list_goes_on_page_by_page(asked):
    for number in range(1, 6):
        await asked.sent(number, "Connectivity")
    for text in ("", "connectivity"):
        seen, after = [], ""
        async with asked.database.reading() as db:
            while True:
                page = await publication.page(
                    db, asked.consultation, Filter(text=text), NOW, after=after, limit=2
                )
                assert page.total == 5
                seen += [each.number for each in page.rows]
                if not page.next:
                    break
                after = page.next
        assert sorted(seen) == [1, 2, 3, 4, 5]


class Asked:
    """The statements that read, in their order, while this is open."""

    def __init__(self, database):
        self.engine = database.engine.sync_engine
        self.statements = []

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self)
        return self.statements

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self)

    def __call__(self, _connection, _cursor, statement, *_):
        if statement.lstrip().startswith(("SELECT", "WITH")):
            self.statements.append(statement)


async def test_a_search_asks_as_often_however_much_it_finds(asked):
    for number in range(1, 9):
        await asked.sent(number, f"Periwinkle answer {number}")
    await asked.anywhere("periwinkle")  # the rule book is read once
    with Asked(asked.database) as one:
        assert (await asked.anywhere("answer 3")).total == 1
    with Asked(asked.database) as eight:
        assert (await asked.anywhere("periwinkle")).total == 8
    # Where to look, what was found with how much there is, and all that is shown of it.
    assert len(one) == len(eight) == 3
    entity = asked.world.entities["operator"]
    for number in (9, 10):
        row, _ = await asked.sent(number, f"Periwinkle answer {number}", entity_id=entity)
        await asked.do(moderation.label, number, "It is of another topic.")
        wanted = ToRedact("question:1", "answer", Ground.PERSONAL, "It names somebody.")
        await asked.do(moderation.redact, number, wanted)
        french = Translation("fr", Translated.HUMAN, "The service", {"question:1": "Pervenche"})
        await asked.do(moderation.translate, number, french, now=LATER)
        async with asked.database.writing() as db:
            other = asked.world.people["kenya"]
            db.add(InputAuthor(input_id=row.id, person_id=other, asked_at=NOW, agreed_at=NOW))
    with Asked(asked.database) as more:
        found = await asked.anywhere("periwinkle", LATER)
    last = next(each.input for each in found.rows if each.input.number == 10)
    assert (last.off_topic, len(last.marks), len(last.translations), len(last.names)) == (
        "It is of another topic.",
        1,
        1,
        2,
    )
    # Labels, redactions, authors, translations and memberships, each once for all of them.
    assert len(more) == 3 + 5


async def test_authors_are_told_what_the_secretariat_did_and_why(asked):
    row, _ = await asked.sent(1, "Call zanzibar now.")
    author, gone = asked.world.people["stakeholder"], asked.world.people["kenya"]
    async with asked.database.writing() as db:
        for person, left in ((author, None), (gone, NOW)):
            writer = InputAuthor(input_id=row.id, person_id=person, asked_at=NOW, agreed_at=NOW)
            writer.disowned_at = left
            db.add(writer)
    await asked.do(moderation.label, 1, "It speaks\nof fishing.")
    said = ToRedact("question:1", "zanzibar", Ground.PERSONAL, "A number.")
    made = await asked.do(moderation.redact, 1, said)
    await asked.do(moderation.lift, 1, made.id, "It is the office's.")
    async with asked.database.reading() as db:
        written = (await db.exec(select(Letter).order_by(col(Letter.written_at)))).all()
    assert {each.person_id for each in written} == {author}
    assert {each.kind: each.facts["reason"] for each in written} == {
        LetterKind.INPUT_LABELLED: "It speaks of fishing.",
        LetterKind.INPUT_REDACTED: "A number.",
        LetterKind.INPUT_SHOWN_AGAIN: "It is the office's.",
    }
    assert "zanzibar" not in str([each.facts for each in written])


async def test_only_what_is_shown_of_files_can_be_had(asked):
    """By its digest, which is no secret: whoever has the file knows it."""
    digests = {name: name * 32 for name in ("aa", "bb", "cc", "dd")}
    row, version = await asked.sent(1, "With files")
    bare, text_only = await asked.sent(2, "The text alone", consent=Consent.TEXT_ONLY)
    async with asked.database.writing() as db:
        for name in ("aa", "bb"):
            await add_file(db, row, version, digests[name], NOW, name=f"{name}.txt")
        await add_file(db, bare, text_only, digests["cc"], NOW)
        taken_off = await add_file(db, row, version, digests["dd"], NOW)
        taken_off.removed_at = NOW  # of what is sent next: the version keeps it
        await db.flush()
        named = version.content
        version.content = named | {"attachments": [*named["attachments"][:2]]}
        version.digest = digest(version.content)
        await db.flush()

    async def had(number, now=NOW):
        found = set[str]()
        for name, sha256 in digests.items():
            async with asked.database.reading() as db:
                try:
                    await publication.file_of(db, asked.consultation, number, sha256, now)
                except NotFound:
                    continue
            found.add(name)
        shown = {each.name for each in (await asked.one(number, now)).files}
        assert shown == {f"{name}.txt" for name in found}
        return found

    assert await had(1) == {"aa", "bb"}  # and not the one that was attached and not sent
    assert await had(2) == set()
    away = ToRedact(f"file:{digests['bb']}", "", Ground.UNLAWFUL, "Not theirs.")
    await asked.do(moderation.redact, 1, away)
    assert await had(1) == {"aa"}
    async with asked.database.writing() as db:
        (await db.get(Input, row.id)).state = InputState.WITHDRAWN
    assert await had(1) == set()
    async with asked.database.writing() as db:
        (await db.get(Input, row.id)).state = InputState.SUBMITTED
    early = await opened_again(asked, Publishing.AFTER_CLOSING)
    async with asked.database.reading() as db:
        with pytest.raises(NotFound):
            await publication.file_of(db, early, 1, digests["aa"], NOW)
        found = await publication.file_of(db, early, 1, digests["aa"], early.closes_at)
        assert found.name == "aa.txt"


async def opened_again(asked, publishing):
    """The same round, which publishes otherwise now."""
    async with asked.database.writing() as db:
        row = await db.get(Consultation, asked.consultation.id)
        row.publishing = publishing
    return row
