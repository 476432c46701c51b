"""A round as one document: only what everybody may read, made once, and made again when it must."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdf import PdfReader
from sqlmodel import select

from app import compiling
from app.database import hold
from app.models import (
    Citation,
    CompiledDocument,
    Consultation,
    Disposition,
    Input,
    InputVersion,
    OffTopic,
    Redaction,
    Summary,
    SummaryParagraph,
)
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputState
from app.policy.outcome import Agreement, Citing, DispositionKind
from app.policy.publication import MARK, Ground
from app.services import compiled
from tests.consulting import add_consultation, add_input
from tests.pages.reading import reading
from tests.world import Service, service, settings

HERE = "/consultations/multilingual/compiled"
FORMS = ("pdf", "docx", "json")


@dataclass
class Round:
    house: Service
    consultation: Consultation

    async def sent(self, number: int, text: str, **more: Any) -> tuple[Input, InputVersion]:
        async with self.house.house.database.writing() as db:
            person = self.house.world.people[more.pop("by", "stakeholder")]
            now = datetime.now(UTC)
            return await add_input(db, self.consultation, person, number, now, {1: text}, **more)

    async def add(self, *rows: Any) -> None:
        async with self.house.house.database.writing() as db:
            for row in rows:
                db.add(row)
                await db.flush()

    async def get(self, form: str) -> tuple[int, str]:
        """The status, and whatever can be read of the answer."""
        async with reading(self.house) as client:
            got = await client.get(f"{HERE}.{form}")
        if got.status_code != 200:
            return got.status_code, got.text
        if form == "pdf":
            pages = PdfReader(BytesIO(got.content)).pages
            return 200, " ".join("\n".join(each.extract_text() for each in pages).split())
        if form == "docx":
            whole = docx.Document(BytesIO(got.content))
            cells = [c.text for table in whole.tables for row in table.rows for c in row.cells]
            return 200, "\n".join([*(each.text for each in whole.paragraphs), *cells])
        return 200, got.text


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncGenerator[Round]:
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            made = await add_consultation(db, running.world, datetime.now(UTC))
        yield Round(running, made)


async def test_every_form_says_what_everybody_may_read_and_nothing_else(asked: Round) -> None:
    now, me = datetime.now(UTC), asked.house.world.people["secretariat"]
    first, version = await asked.sent(1, "Ask for it in procurement.", name="Amaranth")
    await asked.sent(2, "Call zanzibar at night.", consent=Consent.TEXT_ONLY, name="Bergamot")
    await asked.sent(3, "Quince jelly", consent=Consent.NONE)
    await asked.sent(4, "Damson plum", state=InputState.WITHDRAWN)
    await asked.sent(5, "Elder draft", state=InputState.DRAFT)
    async with asked.house.house.database.reading() as db:
        second = (await db.exec(select(Input).where(Input.number == 2))).one()
    summary = Summary(
        consultation_id=asked.consultation.id,
        state=Agreement.AGREED,
        state_at=now,
        state_by_id=me,
        published_at=now,
    )
    passage = SummaryParagraph(
        summary_id=summary.id, number=1, place=1.0, text="Many ask for it.", by_id=me, at=now
    )
    cited = Citation(
        citing=Citing.SUMMARY, citing_id=passage.id, input_id=first.id, by_id=me, at=now
    )
    kind = DispositionKind.PARTLY
    await asked.add(
        OffTopic(input_id=first.id, why="It speaks of fishing.", by_id=me, at=now),
        Disposition(input_id=first.id, kind=kind, paragraph="14", why="Half.", by_id=me, at=now),
        Redaction(
            input_id=second.id,
            version=1,
            part="question:1",
            starts=5,
            length=8,
            ground=Ground.PERSONAL,
            why="A person.",
            by_id=me,
            at=now,
        ),
        *(summary, passage, cited),
    )
    for form in FORMS:
        status, told = await asked.get(form)
        assert status == 200
        for said in ("Ask for it in procurement.", "Amaranth", version.digest, "fishing"):
            assert said in told, (form, said)
        assert f"Call {MARK} at night." in told
        assert "Many ask for it." in told
        for kept in ("zanzibar", "Bergamot", "Quince", "Damson", "Elder"):
            assert kept not in told, (form, kept)
        if form != "json":
            assert "Partly reflected, paragraph 14 of the report: Half." in told
            assert "As its author wished, it is counted" in told


async def test_nothing_is_compiled_before_the_round_publishes(asked: Round) -> None:
    async with asked.house.house.database.writing() as db:
        row = await hold(db, Consultation, asked.consultation.id)
        row.publishing = Publishing.AFTER_CLOSING
    await asked.sent(1, "Heliotrope heron", organization="Indigo League")
    for form in FORMS:
        status, told = await asked.get(form)
        assert (status, "eliotrope" in told, "Indigo" in told) == (200, False, False)
    async with asked.house.house.database.writing() as db:
        row = await hold(db, Consultation, asked.consultation.id)
        row.closes_at = datetime.now(UTC) - timedelta(minutes=1)
    assert "eliotrope" in (await asked.get("json"))[1]
    async with asked.house.house.database.writing() as db:
        (await hold(db, Consultation, asked.consultation.id)).announced_at = None
    assert [(await asked.get(form))[0] for form in FORMS] == [404, 404, 404]


async def test_a_crowd_is_given_what_was_made_once(
    asked: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    really = compiling.made_by

    async def counted(said: bytes, *module: str) -> bytes:
        made.append(module[0])
        return await really(said, *module)

    monkeypatch.setattr(compiling, "made_by", counted)
    row, _ = await asked.sent(1, "Ask zanzibar.")
    async with reading(asked.house) as client:
        crowd = await asyncio.gather(*(client.get(f"{HERE}.docx") for _ in range(100)))
        assert {each.status_code for each in crowd} == {200}
        assert len({each.content for each in crowd}) == 1
        assert made == ["app.package.compiled"]
        assert (await client.get(f"{HERE}.docx")).content == crowd[0].content
        assert len(made) == 1
        # Lost from the store: made again, and nobody sees a fault.
        async with asked.house.house.database.reading() as db:
            kept = (await db.exec(select(CompiledDocument))).one()
        await asked.house.house.files.store.remove(kept.sha256)
        assert (await client.get(f"{HERE}.docx")).status_code == 200
        assert len(made) == 2
    # A redaction is in force with the next request.
    me = asked.house.world.people["secretariat"]
    await asked.add(
        Redaction(
            input_id=row.id,
            version=1,
            part="question:1",
            starts=4,
            length=8,
            ground=Ground.PERSONAL,
            why="A person.",
            by_id=me,
            at=datetime.now(UTC),
        )
    )
    assert "zanzibar" not in (await asked.get("docx"))[1]
    assert len(made) == 3


async def test_what_changes_while_it_is_made_is_in_it(
    asked: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, _ = await asked.sent(1, "Ask zanzibar.")
    really = compiling.made_by

    async def withdrawn_meanwhile(said: bytes, *module: str) -> bytes:
        async with asked.house.house.database.writing() as db:
            (await hold(db, Input, row.id)).state = InputState.WITHDRAWN
        return await really(said, *module)

    monkeypatch.setattr(compiling, "made_by", withdrawn_meanwhile)
    assert "zanzibar" not in (await asked.get("docx"))[1]


async def test_a_campaign_counts_once_and_as_many_and_is_printed_once(asked: Round) -> None:
    same = "We ask for universal acceptance in every public tender of the region, now."
    for number in range(1, 5):
        _, version = await asked.sent(number, same)
        async with asked.house.house.database.writing() as db:
            kept = await hold(db, InputVersion, version.id)
            kept.content = kept.content | {"summary": "We ask."}
    async with asked.house.house.database.reading() as db:
        found = await compiled.content(db, asked.consultation, datetime.now(UTC))
    assert (found.numbers.tally.inputs, found.numbers.once) == (4, 1)
    assert found.same == {2: 1, 3: 1, 4: 1}
    _, told = await asked.get("docx")
    assert told.count(same) == 1
    assert told.count("It says the same as input 1, word for word.") == 3
    assert told.count("Digest (SHA-256)") == 4


async def test_a_round_that_is_too_large_is_refused_in_words(
    asked: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "MOST_INPUTS", 1)
    await asked.sent(1, "One")
    await asked.sent(2, "Two")
    status, told = await asked.get("pdf")
    assert (status, "more inputs than are compiled" in told) == (409, True)
    async with reading(asked.house) as client:
        assert "compiled.pdf" not in (await client.get("/consultations/multilingual/inputs")).text
