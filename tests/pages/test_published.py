"""Published inputs as people and programs meet them, without script; and the secretariat's desk."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlmodel import select

from app.database import hold
from app.models import Consultation, Input, InputVersion
from app.package.published import ATOM
from app.policy.consultation import Publishing
from app.policy.inputs import Consent, InputState, digest
from app.services import publication
from tests.consulting import add_consultation, add_file, add_input
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

HERE = "/consultations/multilingual/inputs"
API = f"/api/v1{HERE}"
DESK = "/desk/inputs/multilingual"
ARABIC = "نقترح سياسات واضحة لحماية البيانات الشخصية."
CHINESE = "保护儿童上网安全需要学校、家长和平台共同承担责任。"
HOSTILE = "<script>alert(1)</script> \u202edaer siht\u202c & =SUM(A1)"


@dataclass
class Round:
    """The running service with a round, and inputs as they are needed."""

    house: Service
    consultation: Consultation

    async def sent(self, number: int, text: str, **more: Any) -> tuple[Input, InputVersion]:
        now = datetime.now(UTC)
        async with self.house.house.database.writing() as db:
            person = self.house.world.people["stakeholder"]
            made = await add_input(db, self.consultation, person, number, now, {1: text}, **more)
            await publication.index(db, made[0])
        return made


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncGenerator[Round]:
    async with service(settings(tmp_path)) as running:
        async with running.house.database.writing() as db:
            made = await add_consultation(db, running.world, datetime.now(UTC))
        yield Round(running, made)


async def test_a_reader_finds_filters_and_reads_at_a_permanent_address(asked: Round) -> None:
    await asked.sent(1, ARABIC, language="ar", organization="جمعية")
    await asked.sent(2, CHINESE, language="zh", consent=Consent.TEXT_ONLY)
    await asked.sent(3, "Kept back", consent=Consent.NONE)
    async with reading(asked.house) as client:
        page = await client.get(HERE)
        told = said(page)
        assert "3 inputs came. 1 of them is counted and not published" in told
        assert "As its author wished, it is counted" in told
        assert "Kept back" not in page.text
        found = await client.get(HERE, params={"q": "儿童安全", "group": "", "question": ""})
        assert "1 input found" in said(found)
        assert "<mark>儿童</mark>上网<mark>安全</mark>" in found.text
        assert "1 input found" in said(await client.get(HERE, params={"language": "ar"}))
        assert "No published input fits" in said(await client.get(HERE, params={"q": "zebra"}))
        one = await client.get(f"{HERE}/1")
        assert f'lang="ar" dir="auto">{ARABIC}</div>' in one.text
        bare = await client.get(f"{HERE}/2")
        assert "Published without a name" in said(bare)
        assert "A person" not in bare.text
        assert "An association" not in bare.text
        anywhere = await client.get("/search", params={"q": "سياسة"})
        assert "1 result" in said(anywhere)


async def test_what_people_wrote_is_text_in_every_form(asked: Round) -> None:
    _, version = await asked.sent(1, HOSTILE, organization="=cmd()", name="@name")
    async with reading(asked.house) as client:
        for address in (HERE, f"{HERE}?q=siht", f"{HERE}/1", f"{HERE}/numbers", "/search?q=siht"):
            page = await client.get(address)
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "\u202e" not in page.text
        table = (await client.get(f"{HERE}.csv")).content.decode("utf-8-sig")
        assert "'=cmd()" in table
        assert "'@name" in table
        assert "\u202e" not in table
        atom = await client.get(f"{HERE}.atom")
        assert atom.headers["content-type"].startswith("application/atom+xml")
        entry = ET.fromstring(atom.content).find(f"{{{ATOM}}}entry")  # noqa: S314 - it is our own
        assert entry is not None
        content = entry.find(f"{{{ATOM}}}content")
        assert content is not None
        assert (content.attrib["type"], "<script>" in str(content.text)) == ("text", True)
        feed = (await client.get(f"{HERE}.json")).json()
        assert [each["url"] for each in feed["items"]] == [f"{asked.house.url}{HERE}/1"]
        one = (await client.get(f"{API}/1")).json()
        assert digest(one["content"]) == one["digest"] == version.digest


async def test_nothing_unpublished_comes_out_of_any_door(asked: Round) -> None:
    async with asked.house.house.database.writing() as db:
        row = await hold(db, Consultation, asked.consultation.id)
        row.publishing = Publishing.AFTER_CLOSING
    await asked.sent(1, "Heliotrope heron", organization="Indigo League")
    addresses = (
        *(HERE, f"{HERE}?q=heron", f"{HERE}/numbers", f"{HERE}.csv", f"{HERE}.atom"),
        *(f"{HERE}.json", "/search?q=heron", API, f"{API}?q=heron", f"{API}/numbers"),
        *(f"{API}?language=en", "/api/v1/search?q=heron", f"{API}?question=1"),
    )
    async with reading(asked.house, "kenya") as client:
        before = [(await client.get(each)).text for each in addresses]
        for text in before:
            assert "eliotrope" not in text
            assert "Indigo" not in text
        for each in (f"{HERE}/1", f"{API}/1", f"{HERE}/999"):
            assert (await client.get(each)).status_code == 404
        async with asked.house.house.database.writing() as db:
            row = await hold(db, Consultation, asked.consultation.id)
            row.publishing = Publishing.WHILE_OPEN
        after = [(await client.get(each)).text for each in addresses]
        assert sum("eliotrope" in text for text in after) >= 9
        async with asked.house.house.database.writing() as db:
            (await db.exec(select(Input))).one().state = InputState.DRAFT
        for each in (f"{HERE}/1", f"{API}/1"):
            assert (await client.get(each)).status_code == 404
        assert "eliotrope" not in (await client.get(f"{HERE}.csv")).text


async def test_the_secretariat_labels_redacts_and_translates_at_its_desk(asked: Round) -> None:
    await asked.sent(1, "Call zanzibar 4455 at night.")
    where = f"{DESK}/1"
    async with reading(asked.house, "secretariat") as client:
        assert "Input 1" in said(await client.get(DESK))
        page = await client.get(where)
        forms = {"csrf": form(page, where).filled()["csrf"][0]}
        wrong = forms | {"do": "redact", "part": "question:1", "passage": "nowhere", "why": "W."}
        refused = await client.post(where, data=wrong)
        assert (refused.status_code, "no such passage" in said(refused)) == (422, True)
        assert "nowhere" in refused.text
        right = wrong | {"passage": "zanzibar 4455", "ground": "personal", "why": "A number."}
        assert (await client.post(where, data=right)).status_code == 303
        label = forms | {"do": "label", "why": "It speaks of fishing."}
        assert (await client.post(where, data=label)).status_code == 303
        assert (await client.post(where, data=label)).status_code == 409
        french = {"language": "fr", "translated": "machine", "translator": "A tool"}
        more = forms | french | {"do": "translate", "text-question:1": "Appelez la nuit."}
        assert (await client.post(where, data=more)).status_code == 303
        assert "zanzibar" not in (await client.get(where)).text
        opened = await client.post(where, data=forms | {"do": "original", "why": "To check."})
        assert "zanzibar 4455" in opened.text
    async with reading(asked.house) as client:
        page = await client.get(f"{HERE}/1")
        told = said(page)
        assert "zanzibar" not in page.text
        assert "personal data. A number." in told
        assert "Labelled as off the topic It speaks of fishing. A label hides nothing" in told
        assert "Translated by a machine, checked by nobody" in told
        assert "Appelez la nuit." in told
        assert "The secretariat keeps the input sealed" in told
        assert "redacted" in told
    async with reading(asked.house, "chair") as client:
        assert (await client.get(DESK)).status_code == 404
        assert (await client.get(where)).status_code == 404


async def test_a_campaign_is_shown_once_and_as_so_many(asked: Round) -> None:
    letter = "We ask the group to keep the Internet open for all and to publish its decisions."
    for number in range(1, 41):
        await asked.sent(number, f"{letter}{' Thank you.' * (number % 2)}")
    async with reading(asked.house) as client:
        told = said(await client.get(f"{HERE}/numbers"))
        assert "Inputs published 40 Counting similar ones once 1 People who sent them 1" in told
        assert "40 similar inputs" in told
        found = (await client.get(f"{API}/numbers")).json()
    assert (found["inputs"], found["once"], found["people"]) == (40, 1, 1)
    assert len(found["groups"][0]["inputs"]) == 40


async def test_a_file_leaves_by_its_link_to_be_kept_and_not_to_be_shown(asked: Round) -> None:
    now = datetime.now(UTC)
    sent, version = await asked.sent(1, "With a study")
    kept = await asked.house.house.files.store.put(b"A study.")
    async with asked.house.house.database.writing() as db:
        await add_file(db, sent, version, kept, now, size=8, name="étude.txt")
    async with reading(asked.house) as client:
        page = await client.get(f"{HERE}/1")
        assert f'href="{HERE}/1/files/{kept}"' in page.text
        (told,) = (await client.get(f"{API}/1")).json()["files"]
        for where in (f"{HERE}/1/files/{kept}", told["address"]):
            file = await client.get(where)
            assert (file.status_code, file.content) == (200, b"A study.")
            assert file.headers["content-disposition"].startswith("attachment; ")
            assert file.headers["x-content-type-options"] == "nosniff"
            assert file.headers["cache-control"] == "no-store"
            assert "sandbox" in file.headers["content-security-policy"]
        for wrong in ("ab" * 32, kept[:-1], "..%2f..%2fkey"):
            assert (await client.get(f"{HERE}/1/files/{wrong}")).status_code == 404
        async with asked.house.house.database.writing() as db:
            (await db.exec(select(Input))).one().consent = Consent.TEXT_ONLY
        assert (await client.get(told["address"])).status_code == 404
