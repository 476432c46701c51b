"""A round from its topic to what became of every input, in browsers and over the API.

Six languages, a file, one input over the API, one too late, a campaign of forty, one redacted. The
receipts hold offline; once a byte of what is stored is changed, the check says so.
"""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.async_api import Page, expect
from pypdf import PdfReader
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select

from app.models import Consultation, Input, InputVersion, Sitting, Topic
from app.policy.parts import Part
from app.policy.sitting import SittingState
from tests.browser.visitors import DESK, PHONE, Meeting, running
from tests.conftest import Visits
from tests.files import docx
from tests.world import add_person

SLUG = "many-languages"
ROUND = f"/consultations/{SLUG}"
CAMPAIGN = 40
QUESTIONS = {
    "en": "How could the Internet speak more languages?",
    "fr": "Comment l'Internet pourrait-il parler davantage de langues ?",
    "es": "¿Cómo podría Internet hablar más idiomas?",
    "ru": "Как сделать так, чтобы Интернет говорил на большем числе языков?",
    "ar": "كيف يمكن أن تتحدث الإنترنت بلغات أكثر؟",
    "zh": "互联网怎样才能使用更多语言？",
}
SAID = {
    "en": "Registries should offer every script at the same price. Call +41 22 555 01 02 for more.",
    "fr": "Les registres devraient proposer chaque écriture au même prix.",
    "es": "Los registros deberían ofrecer cada escritura al mismo precio.",
    "ru": "Регистратуры должны предлагать все письменности по одной цене.",
    "ar": "ينبغي للسجلات أن تتيح كل الكتابات بالسعر نفسه.",
    "zh": "注册管理机构应以相同价格提供每一种文字。",
}
AUTHORS = {
    "en": "kenya",
    "fr": "brazil",
    "es": "operator",
    "ru": "startup",
    "ar": "university",
    "zh": "stakeholder",
}
PRIVATE = "Call +41 22 555 01 02 for more."
CAMPAIGN_TEXT = (
    "We ask that a letter to an address in our own script arrives like any other, in every"
    " office, school and shop, and that whoever sells software says whether it does."
)
Api = dict[str, Any]


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        await _consultation_meeting(started)
        yield started


async def _consultation_meeting(meeting: Meeting) -> None:
    """The hybrid sitting at which inputs are presented, and the forty of a campaign."""
    now, world = datetime.now(UTC), meeting.service.world
    async with meeting.service.house.database.writing() as db:
        sitting = Sitting(
            meeting_id=world.meeting_id,
            number=3,
            part=Part.CONSULTATION,
            title="The consultation face to face",
            starts_at=now + timedelta(days=22),
            ends_at=now + timedelta(days=22, hours=3),
            time_zone="Europe/Zurich",
            state=SittingState.SCHEDULED,
        )
        db.add(sitting)
        await db.flush()
        world.sittings["consultation"] = sitting.id
        for number in range(CAMPAIGN):
            await add_person(db, world, f"member{number}", now)


async def call(meeting: Meeting, key: str, how: str, path: str, said: Any = None) -> Api:
    async with meeting.service.http(key) as http:
        got = await http.request(how, f"/api/v1{path}", json=said)
        assert got.status_code < 300, got.text
        found: Api = got.json() if got.content else {}
        return found


def wall(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


async def agreed_topic(meeting: Meeting) -> None:
    kenya = await meeting.visit("kenya", "/meetings/twenty/topics")
    await kenya.locator("#f-title-en").fill("An Internet of many languages")
    await kenya.get_by_label("Multilingualization").check()
    await kenya.get_by_role("button", name="Propose it").click()
    await expect(kenya.get_by_text("Proposed", exact=True).first).to_be_visible()
    desk = await meeting.visit("secretariat", kenya.url.removeprefix(meeting.service.url))
    await desk.get_by_label("Agreed").check()
    await desk.get_by_role("button", name="Record it").click()
    await expect(desk.locator(".timeline li")).to_have_count(2)


async def announced(meeting: Meeting) -> None:
    now = datetime.now(UTC)
    desk = await meeting.visit(
        "secretariat", "/desk/meetings/twenty/consultations/new", viewport=DESK
    )
    await desk.locator("#f-slug").fill(SLUG)
    await desk.locator("#f-topic").select_option(index=1)
    await desk.locator("#f-time_zone").fill("UTC")
    await desk.locator("#f-opens_at").fill(wall(now - timedelta(minutes=2)))
    await desk.locator("#f-closes_at").fill(wall(now + timedelta(hours=2)))
    await desk.locator("#f-sitting").select_option(index=1)
    await desk.locator("#f-title-en").fill("An Internet of many languages")
    await desk.locator("#f-q1-en").fill(QUESTIONS["en"])
    await desk.get_by_text("In other languages", exact=True).first.click()
    for tag in ("fr", "es", "ru", "ar", "zh"):
        await desk.locator(f"#f-q1-{tag}").fill(QUESTIONS[tag])
    await desk.get_by_role("button", name="Save the draft").click()
    await desk.get_by_role("button", name="Announce it").click()
    await expect(desk.get_by_role("heading", name="An Internet of many languages")).to_be_visible()


async def sent_by_browser(meeting: Meeting, language: str, file: Path | None = None) -> str:
    """An input in a browser, on a phone and without script; the reference of its receipt."""
    who = AUTHORS[language]
    page = await meeting.visit(who, f"{ROUND}/input", viewport=PHONE, java_script_enabled=False)
    await page.get_by_role("button").filter(has_text="Begin").click()
    await _written(page, language)
    if file:
        await page.set_input_files("#f-file", file)
        await page.get_by_role("button", name="Add it").click()
        await expect(page.locator("#files")).to_contain_text(file.name)
    await page.get_by_role("button", name="Check and send").click()
    await page.get_by_role("button", name="Send it").click()
    await expect(page.get_by_role("heading", name="Receipt", level=1)).to_be_visible()
    return page.url.rpartition("/")[2]


async def _written(page: Page, language: str) -> None:
    await page.locator("#f-language").select_option(language)
    await page.locator("#f-summary").fill(SAID[language])
    await page.locator("[id='f-question:1']").fill(SAID[language] * 3)
    if await page.locator("#f-group").count():
        await page.locator("#f-group").select_option(index=1)
    await page.locator("#f-organization").fill("An association")
    await page.locator("#f-presents").check()


async def sent_over_the_api(meeting: Meeting, key: str, text: str, language: str = "en") -> Api:
    fields = {
        "language": language,
        "summary": text[:60],
        "question:1": text,
        "organization": "An association",
        "group": "civil_society",
    }
    begun = await call(meeting, key, "POST", f"{ROUND}/inputs", {"fields": fields})
    seen = {"revision": begun["revision"]}
    return await call(meeting, key, "POST", f"/inputs/{begun['id']}/submit", seen)


async def closed(meeting: Meeting) -> None:
    """The two hours are over."""
    async with meeting.service.house.database.writing() as db:
        row = (await db.exec(select(Consultation).where(Consultation.slug == SLUG))).one()
        row.closes_at = datetime.now(UTC) - timedelta(seconds=1)
        db.add(row)


async def redacted(meeting: Meeting, number: int) -> None:
    desk = await meeting.visit("secretariat", f"/desk/inputs/{SLUG}/{number}")
    await desk.locator("#f-part").select_option("summary")
    await desk.locator("#f-passage").fill(PRIVATE)
    await desk.locator("#f-why-redact").fill("A telephone number.")
    await desk.get_by_role("button", name="Redact", exact=True).click()
    await expect(desk.locator("#redact + .line-of")).to_contain_text("A telephone number.")


async def verify(*arguments: str | Path) -> tuple[int, str]:
    """``cwg verify`` in a process of its own, which knows nothing of the service."""
    program = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("cwg"), "verify", *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await program.communicate()
    return program.returncode or 0, said.decode()


async def changed_by_one_byte(meeting: Meeting) -> None:
    """What the first input says, where it is kept."""
    query = (
        select(InputVersion)
        .join(Input, col(Input.id) == col(InputVersion.input_id))
        .join(Consultation, col(Consultation.id) == col(Input.consultation_id))
        .where(Input.number == 1, Consultation.slug == SLUG)
    )
    async with meeting.service.house.database.writing() as db:
        row = (await db.exec(query)).one()
        row.content["answers"]["1"] = row.content["answers"]["1"].replace("same", "sane", 1)
        flag_modified(row, "content")
        db.add(row)


async def test_a_round_from_its_topic_to_what_became_of_every_input(meeting, tmp_path):
    await agreed_topic(meeting)
    await announced(meeting)

    file = tmp_path / "Annex.docx"
    file.write_bytes(docx())
    receipts = [
        await sent_by_browser(meeting, language, file if language == "en" else None)
        for language in SAID
    ]
    for number in range(CAMPAIGN):
        await sent_over_the_api(meeting, f"member{number}", CAMPAIGN_TEXT)
    await closed(meeting)
    late = await sent_over_the_api(meeting, "moderator", "This came after the close.")
    assert late["late"]

    await redacted(meeting, 1)
    await read_by_everybody(meeting)
    await presented(meeting)
    await summarized(meeting)
    await carried(meeting)
    await answered(meeting)
    await compiled(meeting)
    await told_its_author(meeting, receipts[0])
    await proven(meeting, receipts[0], tmp_path)


async def read_by_everybody(meeting: Meeting) -> None:
    page = await meeting.visit(None, f"{ROUND}/inputs/1")
    await expect(page.locator("main")).to_contain_text("A telephone number.")
    await expect(page.locator("main")).not_to_contain_text("555 01 02")
    arabic = await meeting.visit(None, f"{ROUND}/inputs/5", language="ar-XB", viewport=PHONE)
    await expect(arabic.locator("main")).to_contain_text(SAID["ar"])
    numbers = await meeting.visit(None, f"{ROUND}/inputs/numbers")
    await expect(numbers.locator("main")).to_contain_text("40")


async def presented(meeting: Meeting) -> None:
    """The first author is called to the floor of the consultation meeting, in one press."""
    sitting = meeting.service.world.sittings["consultation"]
    async with meeting.service.house.database.writing() as db:
        row = await db.get(Sitting, sitting)
        assert row is not None
        row.state, row.opened_at = SittingState.OPEN, datetime.now(UTC)
        row.list_opened_at = row.opened_at
    desk = await meeting.visit("moderator", f"/desk/presentations/{sitting}", viewport=DESK)
    first = desk.locator(f"#{SLUG}-1")
    await first.get_by_role("button", name="Put on the list of speakers").click()
    floor = await call(meeting, "chair", "GET", f"/sittings/{sitting}/floor")
    assert [each["speaker"]["name"] for each in floor["waiting"]] == ["Delegate of Kenya"]
    await first.get_by_role("button", name="Presented").click()
    await expect(first.locator(".chip")).to_have_text("Presented")


async def summarized(meeting: Meeting) -> None:
    desk = await meeting.visit("secretariat", f"/desk/summary/{SLUG}", viewport=DESK)
    await desk.locator("#f-text-new").fill("Many ask for one price for every script.")
    await desk.locator("#f-inputs-new").fill("1-6")
    await desk.get_by_role("button", name="Add it").click()
    await desk.get_by_role("button", name="Present it").click()
    await desk.locator("#f-present").fill("37")
    await desk.locator("#f-why-agree").fill("Nobody objected.")
    await desk.get_by_role("button", name="Record the agreement").click()
    await expect(desk.locator("#state .chip")).to_have_text("Agreed")
    everybody = await meeting.visit(None, f"{ROUND}/summary")
    await expect(everybody.locator("main")).to_contain_text("one price for every script")
    await expect(everybody.locator("main")).to_contain_text("37")


async def answered(meeting: Meeting) -> None:
    """The six by themselves, the campaign as one."""
    desk = await meeting.visit("secretariat", f"/desk/outcome/{SLUG}?campaigns=1", viewport=DESK)
    for number in range(1, 7):
        await desk.get_by_label(f"Input {number}", exact=True).check()
    await desk.locator("[name=kind][value=reflected]").check()
    await desk.locator("#f-paragraph").fill("paragraph 12 of the report")
    await desk.get_by_role("button", name="Answer those that are chosen").click()
    await desk.goto(f"{meeting.service.url}/desk/outcome/{SLUG}?campaigns=1")
    await desk.locator("#f-inputs .choice input").first.check()
    await desk.locator("[name=kind][value=noted]").check()
    await desk.get_by_role("button", name="Answer those that are chosen").click()
    everybody = await meeting.visit(None, ROUND)
    await expect(everybody.locator("main")).to_contain_text("46 of 46 inputs have an answer")


async def compiled(meeting: Meeting) -> None:
    async with meeting.service.http() as http:
        pdf = await http.get(f"{ROUND}/compiled.pdf", timeout=120)
        word = await http.get(f"{ROUND}/compiled.docx", timeout=120)
        told = (await http.get(f"{ROUND}/compiled.json", timeout=120)).json()
    assert pdf.content[:5] == b"%PDF-"
    said = "".join(each.extract_text() for each in PdfReader(BytesIO(pdf.content)).pages)
    assert SAID["zh"][:6] in said
    assert "555 01 02" not in said
    with ZipFile(BytesIO(word.content)) as pack:
        body = pack.read("word/document.xml").decode()
    assert SAID["ar"] in body
    assert "555 01 02" not in body
    assert len(told["inputs"]) == len(SAID) + CAMPAIGN


async def told_its_author(meeting: Meeting, reference: str) -> None:
    page = await meeting.visit("kenya", f"/receipts/{reference}")
    steps = page.locator(".timeline-text")
    await expect(steps).to_contain_text(
        ["Received", "Presented face to face", "Cited in paragraph 1", "paragraph 12"]
    )


async def carried(meeting: Meeting) -> None:
    """The one that came too late goes to the round that is announced next, and its author knows."""
    now = datetime.now(UTC)
    async with meeting.service.house.database.writing() as db:
        topic = (await db.exec(select(Topic))).one()
    desk = {
        "slug": "more-languages",
        "topic": topic.number,
        "titles": {"en": "More languages"},
        "opens_at": (now + timedelta(minutes=1)).isoformat(),
        "closes_at": (now + timedelta(days=30)).isoformat(),
        "time_zone": "UTC",
        "questions": [{"texts": {"en": "What else?"}}],
    }
    made = await call(meeting, "secretariat", "POST", "/meetings/twenty/consultations", desk)
    seen = {"revision": made["revision"], "short_why": "The meeting is near."}
    await call(meeting, "secretariat", "POST", "/consultations/more-languages/announce", seen)
    mine: Any = await call(meeting, "moderator", "GET", "/inputs")
    assert [each["consultation"] for each in mine] == ["more-languages"]


async def proven(meeting: Meeting, reference: str, folder: Path) -> None:
    async with meeting.service.http() as http:
        told = (await http.get(f"/api/v1/receipts/{reference}")).json()
    file = folder / "receipt.json"
    file.write_text(json.dumps(told))
    key = meeting.service.house.keys.fingerprint
    code, said = await verify(file, "--key", key)
    assert (code, "Genuine" in said) == (0, True), said

    there = f"/verify?receipt={reference}"
    page = await meeting.visit(None, there)
    await expect(page.locator("main")).to_contain_text("Genuine")
    await changed_by_one_byte(meeting)
    await page.goto(meeting.service.url + there)
    await expect(page.locator("main")).not_to_contain_text("Genuine")
    await expect(page.locator("main")).to_contain_text("was altered since")
