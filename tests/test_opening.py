"""Files are opened by their parser; what runs, holds, fetches or explodes is refused in words."""

import asyncio
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from app import store
from app.database import Database
from app.errors import Malformed
from app.models import Person, StoredFile
from app.opening import Bad, opened
from app.policy.upload import LARGEST, FileFault, FileKind, named
from app.services.files import Files
from app.store import Missing
from tests.files import docx, odt, opens_at_a_page, packed, pdf, relation
from tests.records import NOW

MACRO = b"\xd0\xcf\x11\xe0 a project"
ENTITY = '<!DOCTYPE a [<!ENTITY b SYSTEM "/etc/passwd">]><a>&b;</a>'
LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("name", "data", "kind", "says"),
    [
        ("a.docx", docx(), FileKind.DOCX, "The sixth script."),
        ("a.DOCX", relation("hyperlink", "https://example.org/"), FileKind.DOCX, "The sixth"),
        ("a.odt", odt(), FileKind.ODT, "Универсальное принятие."),
        (
            "a.odt",
            odt('<text:p><text:a xlink:href="https://example.org">Link</text:a></text:p>'),
            FileKind.ODT,
            "Link",
        ),
        ("a.pdf", pdf(), FileKind.PDF, "Hello from a page"),
        ("a.pdf", opens_at_a_page(), FileKind.PDF, ""),
        ("a.txt", "أهلا <b>".encode(), FileKind.TXT, "أهلا <b>"),
    ],
)
def test_a_sound_file_says_what_it_is_and_what_it_says(name, data, kind, says):
    found = opened(name, data)
    assert (found.kind, says in found.text) == (kind, True)


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("a.docx", docx(word__vbaProject__bin=MACRO), FileFault.MACROS),
        ("a.docx", docx(**{"word__vbaProject.bin": MACRO}), FileFault.MACROS),
        ("a.docx", docx(**{"word__embeddings__o.xlsx": b"PK"}), FileFault.HOLDS_FILES),
        ("a.docx", docx(**{"word__evil.xml": ""}), FileFault.DAMAGED),
        ("a.docx", docx(**{"customXml__item1.xml": ENTITY}), FileFault.ELSEWHERE),
        ("a.docx", docx(**{"customXml__item1.xml": LAUGHS}), FileFault.ELSEWHERE),
        (
            "a.docx",
            relation("attachedTemplate", "https://evil.example/t.dotm"),
            FileFault.ELSEWHERE,
        ),
        ("a.docx", relation("image", "\\\\evil\\share"), FileFault.ELSEWHERE),
        ("a.docx", relation("hyperlink", "javascript:alert(1)"), FileFault.ELSEWHERE),
        ("a.docx", docx(**{"word__media__a.png": bytes(40 * 1024 * 1024)}), FileFault.BOMB),
        ("a.docx", packed({f"{n}.xml": "" for n in range(2001)}), FileFault.BOMB),
        ("a.docx", docx(**{"..__..__etc__passwd": "x"}), FileFault.DAMAGED),
        ("a.docx", packed({"a.txt": "no document"}), FileFault.NOT_ITS_NAME),
        ("a.docx", docx() + b"<script>", FileFault.TWO_KINDS),
        ("a.docx", b"MZ" + docx(), FileFault.OTHER_KIND),
        ("a.docx", pdf(), FileFault.NOT_ITS_NAME),
        ("a.docx", docx()[:-60] + docx()[-30:], FileFault.DAMAGED),
        ("a.odt", docx(), FileFault.NOT_ITS_NAME),
        ("a.odt", odt(Basic__Standard__Module1="Sub"), FileFault.MACROS),
        ("a.odt", odt("<script:event-listener/>"), FileFault.MACROS),
        (
            "a.odt",
            odt('<draw:image xlink:href="http://evil.example/track.png"/>'),
            FileFault.ELSEWHERE,
        ),
        ("a.pdf", pdf(script="app.alert(1)"), FileFault.SCRIPTS),
        ("a.pdf", pdf(OpenAction="Launch"), FileFault.SCRIPTS),
        ("a.pdf", pdf(OpenAction="JavaScript"), FileFault.SCRIPTS),
        ("a.pdf", pdf(holds=True), FileFault.HOLDS_FILES),
        ("a.pdf", pdf() + docx(), FileFault.TWO_KINDS),
        ("a.pdf", pdf() + b"<script>alert(1)</script>", FileFault.TWO_KINDS),
        ("a.pdf", b"%PDF-1.7\nnothing\n%%EOF", FileFault.DAMAGED),
        ("a.pdf", b"%PDF-1.7\nnothing", FileFault.DAMAGED),
        ("a.txt", b"GIF89a=1;alert(1)//", FileFault.OTHER_KIND),
        ("a.gif", b"GIF89a=1;alert(1)//", FileFault.OTHER_KIND),
        ("a.txt", b"<script>alert(1)</script>", FileFault.OTHER_KIND),
        ("a.txt", b"\xff\xfea\0", FileFault.NOT_UTF8),
        ("a.txt", b"a\0b", FileFault.OTHER_KIND),
        ("a.pdf.exe", pdf(), FileFault.OTHER_KIND),
        ("a.txt", b"", FileFault.EMPTY),
        ("a.txt", bytes(LARGEST + 1), FileFault.TOO_LARGE),
    ],
)
def test_what_runs_holds_fetches_explodes_or_pretends_is_refused(name, data, fault):
    with pytest.raises(Bad) as bad:
        opened(name, data)
    assert bad.value.fault is fault


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\Input.docx", "Input.docx"),
        ("fdp\u202etxt.exe", "fdp txt.exe"),
        ("a\0\u200b\r\nb.pdf", "a b.pdf"),
        ('say "hi"; x.pdf', "say _hi__ x.pdf"),
        (300 * "a" + ".pdf", 116 * "a" + ".pdf"),
        ("/", ""),
    ],
)
def test_a_name_keeps_no_path_and_no_trick(raw, name):
    assert named(raw) == name


# Kept, and handed out.


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as the store speaks: put once, look, get."""

    kept: dict[str, bytes] = {}

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        there = self.path in self.kept
        if there and self.headers.get("if-none-match") == "*":
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        self.kept[self.path] = data
        self._answer(200)

    def do_GET(self) -> None:
        if "list-type=2" in self.path:
            self._answer(200, self._listed().encode())
            return
        found = self.kept.get(self.path)
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._answer(200, found)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _listed(self) -> str:
        """All of the bucket, as of today."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        contents = "".join(
            f"<Contents><Key>{path.removeprefix('/files/')}</Key><Size>{len(data)}</Size>"
            f'<LastModified>{now}</LastModified><ETag>"tag"</ETag></Contents>'
            for path, data in self.kept.items()
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"

    def do_POST(self) -> None:
        """Several are removed at once."""
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        keys = [each.partition("</Key>")[0] for each in asked.split("<Key>")[1:]]
        for key in keys:
            self.kept.pop(f"/files/{key}", None)
        gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    def do_DELETE(self) -> None:
        self.kept.pop(self.path, None)
        self._answer(204)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("ETag", '"tag"')
        self.send_header("Last-Modified", "Tue, 24 Nov 2026 09:30:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    Bucket.kept = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["folder", "s3"])
def place(request, tmp_path):
    if request.param == "folder":
        return store.of("", tmp_path)
    endpoint = request.getfixturevalue("bucket")
    return store.of("s3://files/inputs", tmp_path, endpoint)


async def read(place, digest):
    return b"".join([piece async for piece in await place.get(digest)])


async def test_what_is_kept_is_kept_once_by_its_digest_and_never_overwritten(place):
    data = os.urandom(700_000)
    digest = await place.put(data)
    assert digest == sha256(data).hexdigest()
    assert await place.put(data) == digest
    assert await read(place, digest) == data
    with pytest.raises(Missing):
        await place.get(64 * "0")


async def test_one_that_broke_off_is_noticed_and_not_taken_for_whole(bucket, tmp_path):
    place = store.of("s3://files/inputs", tmp_path, bucket)
    digest = await place.put(b"whole")
    (path,) = Bucket.kept
    assert path == f"/files/inputs/{digest[:2]}/{digest}"
    Bucket.kept[path] = b"who"
    with pytest.raises(Missing):
        await place.put(b"whole")


async def test_a_file_is_opened_in_a_process_of_its_own_and_kept_as_it_came(tmp_path):
    files = Files(store.of("", tmp_path))
    by = Person(id=uuid4(), email="a@example.org", created_at=NOW)
    data = docx()
    kept = await files.take("../Input.docx", data, by=by, now=NOW)
    assert (kept.name, kept.media_type, kept.size) == ("Input.docx", FileKind.DOCX, len(data))
    assert kept.sha256 == sha256(data).hexdigest()
    assert "The sixth script." in kept.text
    assert b"".join([piece async for piece in await files.get(kept)]) == data
    with pytest.raises(Malformed) as wrong:
        await files.take("a.docx", docx(**{"word__vbaProject.bin": MACRO}), by=by, now=NOW)
    assert wrong.value.faults == {"file": FileFault.MACROS}


async def test_what_no_row_names_any_more_is_swept_away_after_a_day(place, sqlite_tables_url):
    files, database = Files(place), Database(sqlite_tables_url)
    named_one, nameless = await place.put(b"named"), await place.put(b"nameless")
    async with database.writing() as db:
        by = Person(email="a@example.org", created_at=NOW)
        db.add(by)
        await db.flush()
        db.add(
            StoredFile(
                person_id=by.id,
                name="a.txt",
                media_type=FileKind.TXT,
                size=5,
                sha256=named_one,
                stored_at=NOW,
            )
        )
    now = datetime.now(UTC)
    assert await files.sweep(database, now + timedelta(hours=23)) == 0
    assert await files.sweep(database, now + timedelta(hours=25)) == 1
    await database.close()
    assert await read(place, named_one) == b"named"
    with pytest.raises(Missing):
        await place.get(nameless)


async def test_a_parser_that_does_not_end_is_ended_and_others_go_on(tmp_path, monkeypatch):
    """A page tree that leads to itself for ever, or whatever else: here time is simply up."""
    monkeypatch.setattr("app.services.files.PATIENCE", 0.0)
    files = Files(store.of("", tmp_path))
    by = Person(id=uuid4(), email="a@example.org", created_at=NOW)
    with pytest.raises(Malformed) as wrong:
        await files.take("a.pdf", pdf(), by=by, now=NOW)
    assert wrong.value.faults == {"file": FileFault.TOO_LONG}
    monkeypatch.setattr("app.services.files.PATIENCE", 30.0)
    found = await asyncio.gather(*(files.take("a.txt", b"a", by=by, now=NOW) for _ in range(3)))
    assert [each.size for each in found] == [1, 1, 1]
