"""The receipt, the page where one is verified, and the log: as pages, as PDF and as JSON."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from app.database import load
from app.keys import verifies
from app.models import InputVersion
from app.paper.receipt import Pair, Sheet, pressed
from app.policy import receipt as rules
from app.services import receipts
from tests.consulting import add_consultation
from tests.pages.reading import form, reading, said
from tests.receiving import keys_of, receive
from tests.world import Service, service, settings

NOW = datetime.now(UTC)


@dataclass
class Desk:
    """A running service that has received three inputs, and the reference of the second."""

    service: Service
    reference: str

    async def file(self, client: AsyncClient, reference: str = "") -> Any:
        got = await client.get(f"/api/v1/receipts/{reference or self.reference}")
        assert got.status_code == 200
        return got.json()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with service(settings(tmp_path)) as running:
        made = []
        async with running.house.database.writing() as db:
            round_ = await add_consultation(db, running.world, NOW)
        for number in range(1, 4):
            async with running.house.database.writing() as db:
                who = running.world.people["stakeholder"]
                key = running.house.keys
                *_, reference = await receive(db, round_, who, number, NOW, key)
                made.append(reference)
        yield Desk(running, made[1])


async def verify(client: AsyncClient, file: Any = None, **typed: str) -> Response:
    """The form as it is sent, with a file or without."""
    sheet = form(await client.get("/verify"), "/verify").filled(**typed)
    sheet.pop("file", None)
    sent = {name: values[0] for name, values in sheet.items()}
    files = {"file": ("receipt.json", file)} if file is not None else {"file": ("", b"")}
    return await client.post("/verify", data=sent, files=files)


async def test_whoever_has_the_reference_reads_the_receipt_and_nobody_else(desk: Desk) -> None:
    async with reading(desk.service) as client:
        page = await client.get(f"/receipts/{desk.reference.lower()}")
        assert page.status_code == 200
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex"
        told = said(page)
        for part in ("number 2, version 1", "entry 2 of the 2 at that moment", "Published"):
            assert part in told
        for private in ("A person", "An association", "Answer 2", "Summary 2", "The stakeholder"):
            assert private not in page.text
        grouped = "-".join(desk.reference[n : n + 4] for n in range(0, 24, 4))
        assert grouped in told
        assert (await client.get(f"/receipts/{grouped}")).status_code == 200
        for path in ("/receipts/{}", "/receipts/{}/receipt.pdf", "/api/v1/receipts/{}"):
            assert (await client.get(path.format("0" * 24))).status_code == 404


async def test_a_receipt_is_verified_by_its_reference_its_file_and_its_text(desk: Desk) -> None:
    async with reading(desk.service) as client:
        file = json.dumps(await desk.file(client))
        by_link = await client.get(f"/verify?receipt={desk.reference}")
        by_file = await verify(client, file.encode())
        by_text = await verify(client, pasted=file)
        by_hand = await verify(client, receipt=desk.reference)
    for page in (by_link, by_file, by_text, by_hand):
        told = said(page)
        assert page.status_code == 200
        assert "Genuine: everything that could be checked holds." in told
        assert "version 1 of input 2 is the one that was received, to the last character" in told
        assert "Differs" not in told


async def test_after_one_byte_was_changed_the_page_says_which_part(desk: Desk) -> None:
    async with desk.service.house.database.writing() as db:
        row = await receipts.by_reference(db, desk.reference)
        assert row.version_id is not None
        version = await load(db, InputVersion, row.version_id)
        version.content = version.content | {"summary": "Summary 3"}
        db.add(version)
    async with reading(desk.service) as client:
        file = await desk.file(client)
        told = said(await verify(client, json.dumps(file).encode()))
    assert "Something does not hold." in told
    assert "version 1 of input 2 is not the one that was received" in told
    assert "The part “summary” was altered: 9 bytes were received, 9 bytes are kept." in told


async def test_a_forged_and_a_foreign_receipt_are_told_and_what_was_typed_is_kept(
    desk: Desk, tmp_path: Path
) -> None:
    async with reading(desk.service) as client:
        told = await desk.file(client)
        other = keys_of(tmp_path / "other")
        head = rules.Head(1, bytes(32), rules.moment(NOW))
        foreign = json.dumps(
            told | {"head": json.loads(rules.sign_head(head, other.sign, other.public))}
        )
        page = await verify(client, pasted=foreign)
        assert "another key" in said(page)
        assert other.fingerprint in page.text
        assert ("pasted", "\n" + foreign) in form(page, "/verify").fields or (
            "pasted",
            foreign,
        ) in form(page, "/verify").fields
        script = told | {"entry": told["entry"] | {"consultation": "<script>alert(1)</script>"}}
        page = await verify(client, json.dumps(script).encode())
        assert "<script>alert" not in page.text
        for junk in (b"no JSON", b"[" * 100_000, b"{}"):
            assert "neither a receipt nor a head" in said(await verify(client, junk))
        assert (await verify(client, b"\xff\xfe")).status_code == 422
        assert (await verify(client)).status_code == 422
        assert (await verify(client, receipt="0" * 24)).status_code == 404


async def test_the_log_is_public_and_its_heads_prove_each_other(desk: Desk) -> None:
    async with reading(desk.service) as client:
        page = await client.get("/log")
        assert [size for size in range(1, 5) if f"/api/v1/log/head?size={size}" in page.text] == [
            1,
            2,
            3,
        ]
        newest = (await client.get("/api/v1/log/head")).json()
        oldest = (await client.get("/api/v1/log/head?size=1")).json()
        heads = (await client.get("/api/v1/log/heads")).json()
        proof = rules.consistency_of(
            (await client.get("/api/v1/log/consistency?first=1&second=3")).json()
        )
        leaves = (await client.get("/api/v1/log/leaves")).json()["leaves"]
        included = (await client.get("/api/v1/log/proof?index=1&size=3")).json()
        for wrong in ("proof?index=3", "consistency?first=4", "head?size=4"):
            assert (await client.get(f"/api/v1/log/{wrong}")).status_code == 404
        for wrong in ("proof?index=-1", "head?size=99999999999", "leaves?start=x"):
            assert (await client.get(f"/api/v1/log/{wrong}")).status_code == 422
        told = said(await verify(client, json.dumps(oldest).encode()))
        file = await desk.file(client)
        later = (await client.get(f"/api/v1/receipts/{desk.reference}?size=3")).json()
    assert "begins with exactly the 1 of that head" in told
    key = desk.service.house.keys.fingerprint
    first, last = (rules.head_of(each, key, verifies) for each in (oldest, newest))
    assert isinstance(first, rules.Head)
    assert isinstance(last, rules.Head)
    assert (len(heads), heads[0]) == (3, newest)
    assert rules.compare(first, last, proof).holds
    assert leaves[1] == file["leaf"] == included["leaf"]
    assert later["proof"] == included["proof"]
    found = rules.receipt_of(later)
    assert found is not None
    assert rules.examine(found, key, verifies).holds


async def test_programs_check_and_follow_with_the_same_answers(desk: Desk) -> None:
    async with desk.service.http() as http:
        file = await desk.file(http)
        good = (await http.post("/api/v1/receipts/check", json=file)).json()
        bad = (await http.post("/api/v1/receipts/check", json=file | {"index": 0})).json()
        steps = (await http.get(f"/api/v1/receipts/{desk.reference}/timeline")).json()
    assert good["holds"]
    assert {each["check"] for each in bad["findings"] if not each["holds"]} == {"place"}
    assert [each["what"] for each in steps] == ["received", "published"]
    assert steps[0]["sentence"] == "Received as input 2"


async def test_what_was_erased_says_so_and_is_still_in_the_log(desk: Desk) -> None:
    async with desk.service.house.database.writing() as db:
        row = await receipts.by_reference(db, desk.reference)
        assert row.version_id is not None
        await receipts.forget(db, row.version_id)
    async with reading(desk.service) as client:
        assert "has been erased" in said(await client.get(f"/receipts/{desk.reference}"))
        assert (await client.get(f"/receipts/{desk.reference}/receipt.pdf")).status_code == 404
        told = said(await client.get(f"/verify?receipt={desk.reference}"))
    assert "Genuine" in told
    assert "The text was erased since" in told


async def test_the_receipt_is_a_pdf(desk: Desk) -> None:
    async with reading(desk.service) as client:
        made = await client.get(f"/receipts/{desk.reference}/receipt.pdf")
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-")


def test_the_sheet_takes_any_script_and_no_markup(tmp_path: Path) -> None:
    address = "https://meetings.example/verify?receipt=" + "7" * 24
    sheet = Sheet(
        service="https://meetings.example",
        title="Receipt",
        lead="#panic() [x] $ \\ 互联网 الإنترنت",
        label="Reference",
        reference="7777-7777",
        address=address,
        alt="QR code",
        scan="Scan to verify",
        pairs=[Pair("Consultation", "سياسة الإنترنت"), Pair("SHA-256", "ab" * 32, exact=True)],
        foot=["Without a network."],
    )
    assert pressed(tmp_path, sheet).startswith(b"%PDF-")
