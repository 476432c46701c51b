"""Written statements: kept as they came, read by few, withdrawn in time, and put on record."""

from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx2

from tests.live.test_fence import change
from tests.live.test_floor import with_items
from tests.world import Service

TEXT = "  Monsieur le Président,\r\n\r\n<b>Kenya</b> &amp; 中文 🕊\t\n  "


def path(meeting: Service, of: str = "", sitting: str = "first") -> str:
    return f"/api/v1/sittings/{meeting.world.sittings[sitting]}/statements{of}"


async def file(
    meeting: Service, key: str, text: str = TEXT, *, id_: UUID | None = None, **more: Any
) -> httpx2.Response:
    async with meeting.http(key) as http:
        return await http.post(
            path(meeting), json={"id": str(id_ or uuid4()), "text": text, **more}
        )


async def got(meeting: Service, key: str | None, of: str = "", sitting: str = "first") -> Any:
    """What someone reads at a door of the statements, or the status of the refusal."""
    async with meeting.http(key) as http:
        answer = await http.get(path(meeting, of, sitting))
    return answer.json() if answer.status_code == 200 else answer.status_code


async def test_a_statement_is_kept_as_it_came_and_read_by_the_desk_only_until_it_is_on_record(
    meeting: Service,
) -> None:
    async with meeting.attending("chair") as chair, meeting.attending("brazil") as brazil:
        answer = await file(meeting, "kenya")
        receipt = answer.json()
        assert (answer.status_code, receipt["number"], receipt["state"]) == (201, 1, "filed")
        assert receipt["sha256"] == sha256(TEXT.encode()).hexdigest()
        assert (receipt["characters"], receipt["speaker"]["entity"]) == (len(TEXT), "Kenya")
        told = await chair.until("statement-filed")
        assert (told["on"], told["body"]) == ("console", {"number": 1})
        for key in ("chair", "moderator", "secretariat"):
            assert [each["number"] for each in await got(meeting, key, "/filed")] == [1]
        for key in ("chair", "secretariat", "kenya"):
            assert (await got(meeting, key, "/1"))["text"] == TEXT
        for other in ("brazil", "steward", "stakeholder", None):
            assert await got(meeting, other, "/1") == 404
        for key in ("kenya", "steward"):
            assert await got(meeting, key, "/filed") == 403
        assert (await got(meeting, "brazil"), await got(meeting, "brazil", "/mine")) == ([], [])
        assert (await got(meeting, "kenya", "/mine")) == [receipt]
        assert (await brazil.wish("record-statement", number=1))["reason"] == "not-the-chair"
        assert (await chair.wish("record-statement", number=1))["ok"] is True
        on_record = (await brazil.until("statement-recorded"))["body"]
        assert (on_record["number"], on_record["speaker"][1]) == (1, "Kenya")
        assert "text" not in on_record
        assert [each["text"] for each in await got(meeting, None)] == [TEXT]
        assert (await got(meeting, None, "/1"))["receipt"]["state"] == "on_record"
        async with meeting.attending("operator") as late:
            snapshot = late.welcome["channels"]["room"]["snapshot"]
            (kept,) = snapshot["statements"]
            assert (kept["number"], list(kept["speaker"].values())) == (1, on_record["speaker"])
        assert (await chair.wish("undo"))["ok"] is True
        assert (await brazil.until("statement-unrecorded"))["body"] == {"number": 1}
        assert (await got(meeting, None), await got(meeting, "brazil", "/1")) == ([], 404)


async def test_a_statement_handed_in_again_after_a_cut_line_is_kept_once(meeting: Service) -> None:
    key = uuid4()
    first, again = [await file(meeting, "kenya", id_=key) for _ in range(2)]
    other = await file(meeting, "kenya", TEXT + "!", id_=key)
    elsewhere = await file(meeting, "brazil", id_=key)
    assert first.json() == again.json()
    assert other.status_code == 409
    assert elsewhere.json()["number"] == 2
    assert [each["number"] for each in await got(meeting, "chair", "/filed")] == [1, 2]


async def test_a_statement_is_its_authors_until_it_is_read_out(plain: Service) -> None:
    async with plain.attending("moderator") as moderator, plain.attending("kenya") as kenya:
        for _ in range(2):
            await file(plain, "kenya")
        async with plain.attending("brazil") as brazil:
            for kind in ("withdraw-statement", "read-statement"):
                assert (await brazil.wish(kind, number=1))["ok"] is False
        assert (await kenya.wish("withdraw-statement", number=1))["ok"] is True
        told = await moderator.until("statement-moved")
        assert told["body"] == {"number": 1, "state": "withdrawn"}
        assert await got(plain, "moderator", "/1") == 404
        assert (await got(plain, "kenya", "/1"))["text"] == TEXT
        assert (await moderator.wish("read-statement", number=1))["reason"] == "statement-withdrawn"
        assert (await moderator.wish("read-statement", number=2))["ok"] is True
        assert (await kenya.until("note")) == {"kind": "note", "note": "statement", "sentence": ""}
        refused = await kenya.wish("withdraw-statement", number=2)
        assert (refused["ok"], refused["reason"]) == (False, "statement-read-out")
        assert (await moderator.wish("record-statement", number=2))["reason"] == "not-the-chair"
        assert (await moderator.wish("undo"))["ok"] is True
        assert (await kenya.wish("withdraw-statement", number=2))["ok"] is True
        assert (await moderator.wish("read-statement", number=7))["reason"] == "no-such-statement"


async def test_a_statement_belongs_to_the_item_in_hand_or_to_the_one_that_is_named(
    plain: Service,
) -> None:
    await with_items(plain, "Adoption of the agenda", "Contributions")
    async with plain.attending("chair") as chair:
        none = (await file(plain, "kenya")).json()
        await chair.wish("take-item", number=1)
        in_hand, named = [(await file(plain, "kenya", item=n)).json() for n in (None, 2)]
        unknown = await file(plain, "kenya", item=9)
    assert [each["item"] for each in (none, in_hand, named)] == [None, 1, 2]
    assert (unknown.status_code, unknown.json()["decision"]["reason"]) == (403, "no-such-item")


async def test_a_text_that_cannot_be_kept_as_it_is_gets_a_sentence_that_says_what_to_do(
    plain: Service,
) -> None:
    bad = {
        "": "needed",
        " \n\t": "needed",
        "a\u202eb": "direction",
        "a\0b": "cannot be seen",
        "a\u0007b": "cannot be seen",
        "x" * 20_001: "too long",
    }
    for text, sentence in bad.items():
        answer = await file(plain, "kenya", text)
        assert (answer.status_code, list(answer.json()["faults"])) == (422, ["text"])
        assert sentence in answer.json()["faults"]["text"]
    assert (await file(plain, "kenya", "x", file_name="a\u202eb.txt")).status_code == 422
    longest = await file(plain, "kenya", "é🕊" * 10_000, source="uploaded", file_name="doves.txt")
    assert (longest.status_code, longest.json()["source"]) == (201, "uploaded")


async def test_who_may_not_speak_hands_no_statement_in(plain: Service) -> None:
    answer = await file(plain, "moderator")
    assert (answer.status_code, answer.json()["decision"]["allowed"]) == (403, False)
    async with plain.http("stakeholder") as http:
        said = {"id": str(uuid4()), "text": TEXT}
        refused = await http.post(path(plain, sitting="second"), json=said)
    assert (refused.status_code, refused.json()["decision"]["reason"]) == (403, "not-named")
    for of in ("", "/mine", "/1", "/filed"):
        assert await got(plain, "stakeholder", of, "second") == 403


async def test_what_is_on_record_and_what_was_written_to_all_is_left_in_the_records(
    plain: Service,
) -> None:
    async with plain.attending("chair") as chair, plain.attending("kenya") as kenya:
        for text in ("Hello", "Nonsense"):
            await kenya.wish("send-chat", text=text)
        await kenya.wish("tell-moderator", text="A secret")
        await file(plain, "kenya")
        await file(plain, "kenya", "Not on record")
        await chair.wish("retract-chat", number=2)
        await chair.wish("record-statement", number=1)
        assert (await change(plain, "first", "close")).status_code == 200
    async with plain.http() as http:
        got = await http.get(path(plain).replace("/statements", "/records.zip"))
    package = ZipFile(BytesIO(got.content))
    (kept,) = [each for each in package.namelist() if each.endswith("statement-1.txt")]
    assert package.read(kept) == TEXT.encode()
    whole = b"".join(map(package.read, package.namelist()))
    assert b"Hello" in whole
    for absent in (b"Nonsense", b"A secret", b"Not on record"):
        assert absent not in whole
