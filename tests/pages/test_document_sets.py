"""Documents of the item in hand, taken together, and to take away: each for its own audience."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from app.database import load
from app.models import AgendaItem, Document, DocumentText, Sitting, StoredFile
from app.policy.documents import DocumentClass, DocumentState, Relation
from app.policy.parts import Part
from app.policy.upload import FileKind
from tests.files import pdf
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

SECRET = "Paper of the Obsidian Finch"
API = "/api/v1/meetings/twenty"
DESK = "/desk/meetings/twenty/document-groups"
LINK = re.compile(r'href="([^"]+)"')


async def filed(running: Service) -> Mapping[str, bytes]:
    """An item in hand, with papers for all and one for members only; the bytes by what they are."""
    now, world, store = datetime.now(UTC), running.world, running.house.files.store
    bytes_of = {"one": pdf("One"), "un": pdf("Un"), "two": b"Two.", "secret": pdf("Secret")}
    kept = {name: await store.put(content) for name, content in bytes_of.items()}
    by = world.people["secretariat"]
    async with running.house.database.writing() as db:
        item = AgendaItem(
            meeting_id=world.meeting_id, sitting_id=world.sittings["first"], number=1, title="Item"
        )
        db.add(item)
        (await load(db, Sitting, item.sitting_id)).item_number = 1

        async def paper(number: int, part: Part, title: str, **more: Any) -> UUID:
            columns: dict[str, Any] = {
                "relation": Relation.ORIGINAL,
                "state": DocumentState.POSTED,
                **more,
            }
            row = Document(
                meeting_id=world.meeting_id,
                number=number,
                document_class=DocumentClass.CONTRIBUTION,
                titles={"en": title},
                source="Kenya",
                person_id=by,
                part=part,
                item_id=item.id,
                filed_at=now,
                posted_at=now,
                **columns,
            )
            db.add(row)
            await db.flush()
            return row.id

        async def text(document: UUID, language: str, what: str, kind: FileKind, name: str) -> None:
            file = StoredFile(
                person_id=by,
                name=name,
                media_type=kind.value,
                size=len(bytes_of[what]),
                sha256=kept[what],
                stored_at=now,
            )
            db.add(file)
            await db.flush()
            db.add(
                DocumentText(
                    document_id=document, language=language, file_id=file.id, by_id=by, at=now
                )
            )

        one = await paper(1, Part.FIRST_HALF, "A paper <b>&")
        await text(one, "en", "one", FileKind.PDF, "CON.pdf")
        await text(one, "fr", "un", FileKind.PDF, "..\\aux?.pdf")
        revised: dict[str, Any] = {"relation": Relation.REVISION, "relation_number": 1}
        two = await paper(1, Part.FIRST_HALF, "A paper, revised", **revised)
        await text(two, "en", "two", FileKind.TXT, "x")
        hidden = await paper(2, Part.SECOND_HALF, SECRET)
        await text(hidden, "en", "secret", FileKind.PDF, "secret.pdf")
        await paper(3, Part.FIRST_HALF, "Taken back", state=DocumentState.WITHDRAWN)
        await paper(4, Part.FIRST_HALF, "Not posted", state=DocumentState.FILED)
    return bytes_of


async def test_the_documents_of_the_item_in_hand_are_those_that_one_may_read(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path)) as running:
        await filed(running)
        sitting = running.world.sittings["first"]
        path = f"/api/v1/sittings/{sitting}/documents"
        seen = {}
        for who in ("kenya", "stakeholder", None):
            async with running.http(who) as http:
                seen[who] = (await http.get(path)).json()
        assert [each["number"] for each in seen["kenya"]["documents"]] == ["1", "1-rev1", "2"]
        for who in ("stakeholder", None):
            assert [each["number"] for each in seen[who]["documents"]] == ["1", "1-rev1"]
            assert SECRET not in str(seen[who])
        async with reading(running, "stakeholder") as client:
            page = await client.get(f"/text/{sitting}")
            assert "TWENTY/1 Rev.1" in said(page)
            assert SECRET not in page.text
            assert "Documents of the item" in (await client.get(f"/room/{sitting}")).text
        async with reading(running, "kenya") as client:
            assert SECRET in (await client.get(f"/text/{sitting}")).text


async def test_a_zip_opens_from_a_folder_and_the_public_one_has_nothing_of_the_members_part(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path)) as running:
        bytes_of = await filed(running)
        async with running.http("secretariat") as http:
            for title, numbers in (("Open ones", ["1", "1-rev1"]), (f"With {SECRET}", ["1", "2"])):
                sent = {"title": title, "documents": numbers}
                assert (await http.post(f"{API}/document-groups", json=sent)).status_code == 201
        async with running.http() as http:
            assert (await http.get(f"{API}/documents.zip?audience=members")).status_code == 403
            public = (await http.get(f"{API}/documents.zip")).content
            groups = await http.get(f"{API}/document-groups")
            assert [each["title"] for each in groups.json()] == ["Open ones"]
        async with running.http("stakeholder") as http:
            no = await http.get(f"{API}/documents.zip?audience=members")
            assert no.status_code == 403
        async with running.http("kenya") as http:
            members = (await http.get(f"{API}/documents.zip?audience=members")).content
        names = opened(public, "documents-twenty-public")
        assert set(names) == {
            "index.html",
            "manifest.json",
            "files/001-en.pdf",
            "files/001-fr.pdf",
            "files/001-rev1-en.txt",
        }
        assert names["files/001-fr.pdf"] == bytes_of["un"]
        assert b"Open ones" in names["index.html"]
        for each in (public, *names.values()):
            assert SECRET.encode() not in each
            assert bytes_of["secret"] not in each
        within = opened(members, "documents-twenty-members")
        assert within["files/002-en.pdf"] == bytes_of["secret"]
        assert SECRET.encode() in within["index.html"]


def opened(content: bytes, folder: str) -> dict[str, bytes]:
    """The files of a zip, after every link, name and digest in it was looked at."""
    with ZipFile(BytesIO(content)) as pack:
        assert pack.testzip() is None
        found = {name: pack.read(name) for name in pack.namelist()}
    for name in found:
        assert re.fullmatch(r"[a-z0-9-]+/(?:[a-z]+/)?[a-z0-9-]+\.[a-z]+", name)
    files = {name.removeprefix(f"{folder}/"): each for name, each in found.items()}
    index = files["index.html"].decode()
    ids = set(re.findall(r'id="([^"]+)"', index))
    for link in LINK.findall(index):
        assert link[1:] in ids if link.startswith("#") else link in files
    assert "<script" not in index
    manifest = json.loads(files["manifest.json"])
    listed = [each for one in manifest["documents"] for each in one["files"]]
    for each in [*listed, manifest["index"]]:
        assert sha256(files[each["path"]]).hexdigest() == each["sha256"]
        assert len(files[each["path"]]) == each["bytes"]
    assert {each["path"] for each in listed} == set(files) - {"index.html", "manifest.json"}
    return files


async def test_the_desk_groups_documents_and_keeps_what_was_typed(tmp_path: Path) -> None:
    async with service(settings(tmp_path)) as running:
        await filed(running)
        async with reading(running, "secretariat") as client:
            page = await client.get(DESK)
            typed = form(page, DESK).filled(title="Together", documents="1, 9", item="1")
            wrong = await client.post(DESK, data=typed)
            assert wrong.status_code == 422
            assert 'value="1, 9"' in wrong.text
            right = typed | {"documents": ["1-rev1 1"]}
            assert (await client.post(DESK, data=right)).status_code == 303
            shown = await client.get("/meetings/twenty/document-groups")
            assert "Together" in said(shown)
            assert said(shown).index("TWENTY/1 Rev.1") < said(shown).index("TWENTY/1 A paper <b>")
            gone = right | {"group": ["1"], "do": ["dissolve"]}
            assert (await client.post(DESK, data=gone)).status_code == 303
            assert "Together" not in said(await client.get("/meetings/twenty/document-groups"))
