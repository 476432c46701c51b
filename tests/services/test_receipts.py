"""Receipts: one log whoever comes at the same time, and every forgery told for what it is."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import event
from sqlmodel import col, delete, select

from app import findings, ledger
from app.database import Database, at_last, load
from app.errors import NotFound
from app.i18n import Language
from app.keys import Keys, verifies
from app.mail.render import Rendered
from app.mail.sender import Job, Sender, compose
from app.models import (
    Consultation,
    Input,
    InputVersion,
    Letter,
    LogHead,
    LogNode,
    Receipt,
    Sitting,
)
from app.package.bind import bind
from app.policy import merkle
from app.policy import receipt as rules
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, Content, InputState, digest
from app.policy.letters import LetterKind
from app.policy.receipt import Check, Examined, Happened
from app.policy.records import Audience
from app.policy.sitting import SittingState
from app.services import receipts, records
from tests.consulting import add_input
from tests.receiving import keys_of, receive, round_of
from tests.world import World, settings

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MANY = 12
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """A round, whose inputs are received one after the other or all at once."""

    database: Database
    keys: Keys
    world: World
    consultation: Consultation
    folder: Path
    receipts: list[Receipt] = field(default_factory=list)

    async def receive(self, number: int, **more: Any) -> Receipt:
        async with self.database.writing() as db:
            who = self.world.people["stakeholder"]
            *_, said = await receive(db, self.consultation, who, number, NOW, self.keys, **more)
        async with self.database.reading() as db:
            made = await receipts.by_reference(db, said)
        self.receipts.append(made)
        return made

    async def document(self, of: Receipt, size: int | None = None) -> rules.Receipt:
        async with self.database.reading() as db:
            made = await ledger.document(db, of, size)
        assert made is not None
        return made

    async def check(self, told: rules.Receipt) -> Examined:
        async with self.database.reading() as db:
            return await receipts.check(db, told, self.keys)

    async def faults(self, told: rules.Receipt) -> dict[Check, Mapping[str, str | int]]:
        return {
            each.check: each.facts for each in (await self.check(told)).findings if not each.holds
        }


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> Desk:
    world, consultation = await round_of(database, NOW)
    return Desk(database, keys_of(tmp_path), world, consultation, tmp_path)


@pytest.fixture
async def plain(sqlite_tables_url: str, tmp_path: Path) -> AsyncGenerator[Desk]:
    """The same on SQLite only: what the engine has no say in."""
    database = Database(sqlite_tables_url)
    world, consultation = await round_of(database, NOW)
    yield Desk(database, keys_of(tmp_path), world, consultation, tmp_path)
    await database.close()


def read_back(told: rules.Receipt) -> rules.Receipt:
    """A receipt as somebody has it: written to a file and read again."""
    found = rules.receipt_of(rules.parsed(json.dumps(told.as_json())))
    assert found is not None
    return found


# Issued.


async def test_those_who_send_at_the_same_moment_get_one_log_without_a_gap(desk):
    await asyncio.gather(*(desk.receive(number) for number in range(1, MANY + 1)))

    assert sorted(each.position for each in desk.receipts) == list(range(MANY))
    leaves = [each.leaf for each in sorted(desk.receipts, key=lambda each: each.position)]
    async with desk.database.reading() as db:
        heads = {head.size: json.loads(head.text)["statement"] for head in await ledger.heads(db)}
        assert await ledger.leaves(db, 0) == [bytes.fromhex(each) for each in leaves]
    assert list(heads) == list(range(MANY, 0, -1))
    for size in range(1, MANY + 1):
        kept: dict[merkle.Place, bytes] = {}
        for place in range(size):
            kept |= merkle.grown(place, bytes.fromhex(leaves[place]), kept)
        assert heads[size]["root"] == merkle.head((0, size), kept).hex()
    for each in desk.receipts:
        told = read_back(await desk.document(each))
        assert (await desk.check(told)).holds
        async with desk.database.reading() as db:
            grown = read_back(await desk.document(each, MANY))
        assert rules.examine(grown, desk.keys.fingerprint, verifies).holds


async def test_those_who_are_received_together_have_one_head_over_all_of_them(desk):
    await desk.receive(1)
    async with desk.database.writing() as db:
        who = desk.world.people["stakeholder"]
        said = [
            (await receive(db, desk.consultation, who, number, at, desk.keys))[-1]
            for number, at in zip(range(2, 6), (NOW, NOW, NOW + HOUR, NOW), strict=True)
        ]
    await desk.receive(6)

    async with desk.database.reading() as db:
        heads = await ledger.heads(db)
        assert [(each.size, each.at) for each in heads] == [(6, NOW), (5, NOW + HOUR), (1, NOW)]
        made = [await receipts.by_reference(db, said[-1]), *desk.receipts]
    for each, size in zip(made, (5, 1, 6), strict=True):
        told = read_back(await desk.document(each))
        assert told.head["statement"]["size"] == size
        assert (await desk.check(told)).holds
    with pytest.raises(NotFound):
        await desk.document(made[0], 4)


async def test_what_is_not_kept_has_no_receipt_and_leaves_no_gap(desk):
    await desk.receive(1)
    with suppress(ZeroDivisionError):
        async with desk.database.writing() as db:
            who = desk.world.people["stakeholder"]
            await receive(db, desk.consultation, who, 2, NOW, desk.keys)
            at_last(db, fails)
    assert (await desk.receive(3)).position == 1
    async with desk.database.reading() as db:
        assert await ledger.size_of(db) == 2


async def fails():
    """What goes wrong at the very end, after the log was appended to."""
    raise ZeroDivisionError


async def test_a_receipt_says_what_was_received_and_names_nobody(plain):
    made = await plain.receive(7)
    told = (await plain.document(made)).as_json()

    entry = told["entry"]
    assert {name: entry[name] for name in ("consultation", "number", "version", "revision")} == {
        "consultation": "multilingual",
        "number": 7,
        "version": 1,
        "revision": 1,
    }
    assert entry["received_at"] == "2026-11-24T09:30:00.000000Z"
    assert (entry["edition"], len(entry["edition_digest"])) == ("eur-44a4-2022", 64)
    assert set(entry["parts"]) == {
        "consultation",
        "language",
        "summary",
        "free",
        "answers/1",
        "answers/2",
    }
    whole = json.dumps(told)
    for private in ("A person", "An association", "stakeholder", "Answer 7", "Summary 7"):
        assert private not in whole


async def test_the_same_text_from_two_has_leaves_that_nobody_can_compare(plain):
    one, two = [await plain.receive(number, answers={1: "Yes."}) for number in (1, 2)]
    parts = [(await plain.document(each)).entry["parts"]["answers/1"] for each in (one, two)]
    assert parts[0]["sha256"] != parts[1]["sha256"]


async def test_the_author_gets_a_letter_with_it_and_another_transaction_none(plain):
    made = await plain.receive(1)
    async with plain.database.reading() as db:
        (letter,) = await db.exec(select(Letter))
    assert (letter.kind, letter.person_id) == (
        LetterKind.RECEIVED,
        plain.world.people["stakeholder"],
    )
    assert letter.facts == {"receipt": made.reference, "link": f"/receipts/{made.reference}"}


async def test_a_draft_has_no_receipt(plain):
    async with plain.database.writing() as db:
        who = plain.world.people["stakeholder"]
        found, version = await add_input(db, plain.consultation, who, 1, NOW)
        found.number = None
        with pytest.raises(ValueError, match="number"):
            await receipts.issue(db, [version], plain.keys, NOW)


# Forged and tampered with.


async def test_a_forged_receipt_is_told_by_what_was_forged(plain):
    *_, made = [await plain.receive(number) for number in range(1, 6)]
    told = (await plain.document(made)).as_json()

    def forged(**changes: Any) -> rules.Receipt:
        return read_back(rules.receipt_of(told | changes) or pytest.fail("is no receipt"))

    earlier = told["entry"] | {"received_at": "2026-11-01T00:00:00.000000Z"}
    other = json.loads(json.dumps(told["head"]))
    other["statement"]["size"] = 6
    mine = rules.leaf(earlier).hex()
    assert set(await plain.faults(forged(entry=earlier))) == {Check.ENTRY}
    assert set(await plain.faults(forged(entry=earlier, leaf=mine))) == {Check.PLACE}
    assert set(await plain.faults(forged(index=3))) == {Check.PLACE}
    assert set(await plain.faults(forged(proof=told["proof"][:-1]))) == {Check.PLACE}
    assert set(await plain.faults(forged(head=other))) == {Check.SIGNATURE}
    assert set(await plain.faults(forged(reference="0" * 24))) == {Check.ROW}
    assert await plain.faults(forged()) == {}


async def test_a_whole_log_of_ones_own_is_signed_with_another_key(plain, tmp_path):
    """A receipt of another service, replayed here; and one that a forger makes from nothing."""
    other = keys_of(tmp_path / "other")
    entry = (await plain.document(await plain.receive(1))).entry
    leaf = rules.leaf(entry)
    head = rules.Head(1, leaf, rules.moment(NOW))
    signed = json.loads(rules.sign_head(head, other.sign, other.public))
    forged = rules.Receipt("0" * 24, entry, 0, leaf, (), signed)

    faults = await plain.faults(forged)
    assert set(faults) == {Check.KEY}
    assert faults[Check.KEY]["key"] == other.fingerprint
    assert rules.examine(forged, other.fingerprint, verifies).holds
    signed["signature"]["public_key"] = json.loads(
        rules.sign_head(head, plain.keys.sign, plain.keys.public)
    )["signature"]["public_key"]
    assert set(await plain.faults(forged)) == {Check.SIGNATURE}


async def change(desk, table, **columns):
    """Somebody with access to the database changes a row behind the service's back."""
    async with desk.database.writing() as db:
        row = (await db.exec(select(table))).first()
        for name, value in columns.items():
            setattr(row, name, value)
        db.add(row)


async def test_one_byte_of_a_stored_version_is_told_with_its_part(desk):
    told = read_back(await desk.document(await desk.receive(1)))
    async with desk.database.writing() as db:
        version = (await db.exec(select(InputVersion))).one()
        answers = version.content["answers"] | {"2": "Universal acceptance!"}
        version.content = version.content | {"answers": answers}
        version.digest = digest(version.content)  # whoever tampers is thorough
        db.add(version)

    faults = await desk.faults(told)
    assert set(faults) == {Check.ROW, Check.STORED, Check.STORED_PART}
    assert faults[Check.STORED_PART] == {"part": "answers/2", "was": 21, "now": 21}
    assert faults[Check.ROW] == {"fields": "digest"}
    assert (faults[Check.STORED]["number"], faults[Check.STORED]["version"]) == (1, 1)


async def test_a_log_row_that_was_changed_is_told_with_its_field(plain):
    told = read_back(await plain.document(await plain.receive(1)))
    earlier = {**told.entry, "received_at": "2026-11-01T00:00:00.000000Z"}
    await change(plain, Receipt, entry=earlier)
    assert await plain.faults(told) == {Check.ROW: {"fields": "received_at"}}
    async with plain.database.reading() as db:
        by_reference = await receipts.by_reference(db, told.reference)
        own = await receipts.check_own(db, by_reference, plain.keys)
    assert [each.check for each in own.findings if not each.holds] == [Check.ENTRY]

    thorough = rules.leaf(earlier)
    await change(plain, Receipt, leaf=thorough.hex())
    await change(plain, LogNode, digest=thorough)
    assert set(await plain.faults(told)) == {Check.LOG, Check.KNOWN, Check.NEWEST, Check.ROW}


async def test_a_moment_or_a_number_that_was_changed_is_told(plain):
    told = read_back(await plain.document(await plain.receive(1)))
    await change(plain, InputVersion, at=NOW - timedelta(days=1))
    await change(plain, Input, number=2)
    assert await plain.faults(told) == {Check.ROW: {"fields": "number, received_at"}}


async def test_a_node_that_was_changed_breaks_the_log_for_all_who_are_below_it(plain):
    told = [read_back(await plain.document(await plain.receive(n))) for n in range(1, 6)]
    async with plain.database.writing() as db:
        node = await db.get(LogNode, (1, 0))
        assert node is not None
        node.digest = bytes(32)
        db.add(node)
    # The head over the second entry is this node, and the proof of the third goes through it.
    found = [set(await plain.faults(each)) for each in told]
    assert found == [set(), {Check.LOG}, {Check.LOG, Check.KNOWN}, {Check.KNOWN}, set()]


async def test_a_log_that_was_cut_is_shorter_than_a_head_that_somebody_holds(desk):
    told = [read_back(await desk.document(await desk.receive(n))) for n in range(1, 6)]
    async with desk.database.reading() as db:
        held = rules.parsed((await ledger.head_at(db, 5)).text)
    async with desk.database.writing() as db:
        await db.exec(delete(Receipt).where(col(Receipt.position) >= 3))
        await db.exec(delete(LogHead).where(col(LogHead.size) > 3))
        await db.exec(delete(LogNode).where(col(LogNode.level) == 2))
        await db.exec(delete(LogNode).where(col(LogNode.level) == 1, col(LogNode.position) == 1))
        await db.exec(delete(LogNode).where(col(LogNode.level) == 0, col(LogNode.position) >= 3))

    async with desk.database.reading() as db:
        checked = await receipts.check_head(db, held, desk.keys)
    short = {each.check: each.facts for each in checked.findings if not each.holds}
    assert short == {Check.LENGTH: {"has": 3, "size": 5}}
    assert await desk.faults(told[2]) == {}
    assert set(await desk.faults(told[4])) == {Check.LENGTH, Check.KNOWN, Check.ROW}

    # Filled up again with others: as long as before, and not the same.
    again = await desk.receive(6)
    await desk.receive(7)
    assert again.position == 3
    async with desk.database.reading() as db:
        checked = await receipts.check_head(db, held, desk.keys)
        newer = rules.parsed((await ledger.head_at(db, 5)).text)
    assert [each.check for each in checked.findings if not each.holds] == [Check.LOG]
    one, two = (rules.head_of(each, desk.keys.fingerprint, verifies) for each in (held, newer))
    assert isinstance(one, rules.Head)
    assert isinstance(two, rules.Head)
    assert not rules.compare(one, two, None).holds


async def test_a_head_of_another_key_and_one_that_was_altered_are_no_heads(plain, tmp_path):
    await plain.receive(1)
    async with plain.database.reading() as db:
        told = rules.parsed((await ledger.head_at(db, 1)).text)
        other = keys_of(tmp_path / "other")
        foreign = json.loads(
            rules.sign_head(rules.Head(1, bytes(32), "now"), other.sign, other.public)
        )
        altered = {**told, "statement": {**told["statement"], "root": "0" * 64}}
        assert (await receipts.check_head(db, told, plain.keys)).holds
        for forged, check in ((foreign, Check.KEY), (altered, Check.SIGNATURE)):
            found = await receipts.check_head(db, forged, plain.keys)
            assert [each.check for each in found.findings if not each.holds] == [check]


async def test_a_head_that_was_exchanged_in_the_tables_is_told(plain):
    told = read_back(await plain.document(await plain.receive(1)))
    forged = rules.Head(1, bytes(32), rules.moment(NOW))
    await change(plain, LogHead, text=rules.sign_head(forged, plain.keys.sign, plain.keys.public))
    assert set(await plain.faults(told)) == {Check.NEWEST}


# Where heads go.


async def test_a_package_of_records_carries_the_head_of_its_close_and_never_another(plain):
    for number in range(1, 4):
        await plain.receive(number)
    async with plain.database.writing() as db:
        sitting = await load(db, Sitting, plain.world.sittings["first"])
        sitting.state, sitting.closed_at = SittingState.CLOSED, NOW
    packages = [await package_of(plain)]
    async with plain.database.writing() as db:
        who = plain.world.people["stakeholder"]
        later = NOW + timedelta(hours=1)
        await receive(db, plain.consultation, who, 4, later, plain.keys)
    packages.append(await package_of(plain))

    assert packages[0].content == packages[1].content
    with ZipFile(BytesIO(packages[0].content)) as archive:
        (name,) = [each for each in archive.namelist() if "/log/" in each]
        head = rules.head_of(
            rules.parsed(archive.read(name).decode()), plain.keys.fingerprint, verifies
        )
    assert isinstance(head, rules.Head)
    async with plain.database.reading() as db:
        assert (head.size, head.root) == (3, await ledger.root(db, 3))


async def package_of(desk):
    async with desk.database.reading() as db:
        sitting = await load(db, Sitting, desk.world.sittings["first"])
        return bind(await records.collect(db, sitting, Audience.PUBLIC))


async def test_the_letter_carries_the_head_and_the_receipt_as_a_file(plain):
    made = await plain.receive(3)
    # As the one that has no mail server does it: kept for the outbox page.
    sender = Sender(settings(plain.folder, demo=True), plain.database, plain.keys.fingerprint)
    assert await sender.deliver() == 1
    async with plain.database.reading() as db:
        (letter,) = await db.exec(select(Letter))
        head = rules.parsed((await ledger.head_at(db, 1)).text)
    document = await plain.document(made)
    told = letter.facts["kept"]
    for form in ("text", "html"):
        for part in (
            head["statement"]["root"],
            head["signature"]["value"],
            document.entry["digest"],
            f"/receipts/{made.reference}",
            "input number 3, version 1",
        ):
            assert part in unescape(told[form])
    job = Job(letter.id, letter.kind, 1, "a@example.org", "", Language.ENGLISH, {}, receipt=b"{}")
    (attached,) = compose(job, Rendered("s", "t", "h"), "b@example.org").iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (
        "receipt.json",
        "application/json",
    )


# Erased.


async def test_what_is_erased_stays_in_the_log_as_a_hash_and_breaks_nothing(desk):
    erased, *others = [await desk.receive(number) for number in range(1, 5)]
    held = read_back(await desk.document(erased))
    async with desk.database.writing() as db:
        assert erased.version_id is not None
        await receipts.forget(db, erased.version_id)
        version = await db.get(InputVersion, erased.version_id)
        await db.delete(await db.get(Input, version.input_id))
        await db.flush()

    for each in others:
        assert (await desk.check(read_back(await desk.document(each)))).holds
    examined = await desk.check(held)
    assert examined.holds
    assert examined.findings[-1].check is Check.ERASED
    async with desk.database.reading() as db:
        row = await receipts.by_reference(db, erased.reference)
        assert (row.entry, row.version_id) == (None, None)
        own = await receipts.check_own(db, row, desk.keys)
        assert [each.check for each in own.findings] == [Check.KNOWN, Check.NEWEST, Check.ERASED]
        assert own.holds


# Texts as published.


def text_of(number: int, **more: Any) -> dict[str, Any]:
    said = {1: f"Answer {number} to the first question.", 2: "Universal acceptance."}
    content = Content("multilingual", "en", f"Summary {number}", said).as_json()
    return {"number": number, "content": content | more}


async def compared(desk, told, now=NOW):
    async with desk.database.reading() as db:
        return (await receipts.check_text(db, told, now)).findings


async def test_a_text_is_compared_with_what_is_published_part_by_part(plain):
    await plain.receive(1)
    (same,) = await compared(plain, text_of(1))
    assert (same.check, same.holds) == (Check.PUBLISHED, True)
    assert same.facts == {"consultation": "multilingual", "number": 1, "version": 1}
    differs, part = await compared(plain, text_of(1, summary="Summary one"))
    assert not differs.holds
    assert (part.check, dict(part.facts)) == (
        Check.PUBLISHED_PART,
        {"part": "summary", "was": 9, "now": 11, "number": 1},
    )


@pytest.mark.parametrize(
    "hidden",
    [
        {"state": InputState.WITHDRAWN},
        {"consent": Consent.NONE},
    ],
)
async def test_nobody_learns_by_guessing_that_an_unpublished_text_is_there(plain, hidden):
    await plain.receive(1)
    await change(plain, Input, **hidden)
    unknown = await compared(plain, text_of(99))
    for told in (text_of(1), text_of(1, summary="x")):
        assert await compared(plain, told) == unknown


async def test_before_the_close_of_a_round_that_publishes_then_nobody_learns_either(plain):
    plain.consultation.publishing = Publishing.AFTER_CLOSING
    async with plain.database.writing() as db:
        db.add(plain.consultation)
        await db.flush()
    await plain.receive(1)
    assert await compared(plain, text_of(1)) == await compared(plain, text_of(99))
    (then,) = await compared(plain, text_of(1), plain.consultation.closes_at)
    assert then.holds


@pytest.mark.parametrize(
    "hostile",
    [
        '"summary": "\\ud800"',
        '"consultation": "\\u0000"',
        '"consultation": {"a": []}',
        '"answers": [[[]]]',
        '"attachments": {"\\u0000": 1e999}',
    ],
)
async def test_a_hostile_text_is_no_text_of_ours_on_either_engine(desk, hostile):
    said = '{"number": 1, "consultation": "multilingual", "language": "en", "summary": "", '
    told = rules.parsed(f'{said}"answers": {{}}, "free": "", {hostile}}}')
    async with desk.database.reading() as db:
        assert not (await receipts.examine(db, told, desk.keys, NOW)).holds
        for reference in ("\0" * 24, "é" * 24, "7" * 23, ""):
            with pytest.raises(NotFound):
                await receipts.by_reference(db, reference)


async def test_what_a_hostile_receipt_says_can_still_be_shown(plain):
    told = (await plain.document(await plain.receive(1))).as_json()
    entry = {**told["entry"], "consultation": "\ud800", "number": 10**400}
    found = rules.receipt_of({**told, "entry": entry})
    assert found is not None
    assert set(await plain.faults(found)) == {Check.ENTRY}
    for each in (await plain.check(found)).findings:
        assert findings.sentence(each, str).encode()


# The timeline.


async def test_the_timeline_tells_what_happened_and_what_is_planned(plain):
    hour = timedelta(hours=1)
    async with plain.database.writing() as db:
        plain.consultation.publishing = Publishing.AFTER_CLOSING
        db.add(plain.consultation)
        before = await add_before(db, plain)
        who = plain.world.people["stakeholder"]
        found, version = await add_input(
            db, plain.consultation, who, 4, NOW, carried_from_id=before.id, late=True
        )
        content = version.content | {"free": "More."}
        db.add(
            InputVersion(
                input_id=found.id,
                number=2,
                person_id=who,
                at=NOW + hour,
                content=content,
                digest=digest(content),
            )
        )
        await db.flush()
        closes = plain.consultation.closes_at
        steps = await receipts.timeline(db, found)
        assert [(each.at, each.what) for each in steps] == [
            (NOW, Happened.RECEIVED),
            (NOW, Happened.CARRIED),
            (NOW + hour, Happened.REVISED),
            (closes, Happened.PUBLISHED),
        ]
        found.withdrawn_at = NOW + 2 * hour
        told = [each.what for each in await receipts.timeline(db, found)]
        assert told[-2:] == [Happened.REVISED, Happened.WITHDRAWN]
        found.withdrawn_at, found.consent = None, Consent.NONE
        assert (await receipts.timeline(db, found))[-1].what is Happened.NOT_PUBLISHED


async def add_before(db, desk):
    """The round before, on the same topic, which had closed."""
    row = Consultation(
        slug="before",
        topic_id=desk.consultation.topic_id,
        meeting_id=desk.world.meeting_id,
        titles={"en": "The round before"},
        opens_at=NOW - timedelta(days=30),
        closes_at=NOW - timedelta(days=10),
        time_zone="Europe/Zurich",
        created_at=NOW,
    )
    db.add(row)
    await db.flush()
    return row


# What it costs.


@pytest.mark.parametrize("size", [1_000])
async def test_appending_and_proving_read_a_node_or_two_a_level(desk, size):
    leaves = [merkle.leaf(str(n).encode()) for n in range(size)]
    await filled(desk.database, desk.keys, leaves)
    reads: list[str] = []

    def noted(_connection, _cursor, statement, *_more):
        if statement.startswith("SELECT"):
            reads.append(statement)

    engine = desk.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", noted)
    async with desk.database.reading() as db:
        for index in (0, 500, size - 1):
            path = await ledger.proof(db, index, size)
            (head,) = await ledger.hashes(db, [(0, size)])
            assert merkle.includes(head, size, index, leaves[index], path)
        told = await ledger.consistency(db, 700, size)
    event.remove(engine, "before_cursor_execute", noted)
    nodes = [each.count("level = ") for each in reads if "log_nodes" in each]
    assert len(nodes) == 7
    assert max(nodes) <= 2 * size.bit_length()
    assert len(told.proof) <= size.bit_length()


async def filled(database: Database, keys: Keys, leaves: list[bytes]) -> None:
    """A log of so many entries, written at once."""
    kept: dict[merkle.Place, bytes] = {}
    for size, leaf in enumerate(leaves):
        kept |= merkle.grown(size, leaf, kept)
    head = rules.Head(len(leaves), merkle.head((0, len(leaves)), kept), rules.moment(NOW))
    async with database.writing() as db:
        db.add_all(
            LogNode(level=at.level, position=at.index, digest=each) for at, each in kept.items()
        )
        db.add(LogHead(size=head.size, at=NOW, text=rules.sign_head(head, keys.sign, keys.public)))
