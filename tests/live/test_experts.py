"""Experts (A10): named by the chair, confirmed by a second person, there for one item."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlmodel import col, select

from app.database import load
from app.live.rooms import Room
from app.models import (
    Act,
    AgendaItem,
    Appointment,
    Invitation,
    Letter,
    News,
    Person,
    Registration,
    Sitting,
)
from app.policy.people import Function
from app.policy.sitting import SittingState
from app.protocol.codes import Code
from app.services import access, acts, fence, meetings
from tests.live.test_hostile import last_words
from tests.live.test_revocation import WITHIN, gone
from tests.world import SOON, Guest, Service, World, add_person, hello, service, settings

EXPIRY = 2.5  # seconds after its end in which an expert is out: the hall looks once a second
SECRET = "Item of the Cobalt Crane"  # the one that is not the expert's
REASON = "To explain the measurements."


async def furnish(running: Service) -> None:
    """A members' part that is open, with two items, a vice-chair and someone in two hats."""
    now, world = datetime.now(UTC), running.world
    async with running.house.database.writing() as db:
        for name in ("first", "second"):
            sitting = await load(db, Sitting, world.sittings[name])
            opens = name == "second"
            sitting.state = SittingState.OPEN if opens else SittingState.CLOSED
            sitting.opened_at, sitting.closed_at = now, None if opens else now
        for number, title in ((1, SECRET), (2, "Measurements")):
            db.add(
                AgendaItem(
                    meeting_id=world.meeting_id,
                    sitting_id=world.sittings["second"],
                    number=number,
                    title=title,
                )
            )
        for key, functions in HATS.items():
            await add_person(db, world, key, now, registered=False)
            for function in functions:
                db.add(
                    Appointment(
                        meeting_id=world.meeting_id,
                        person_id=world.people[key],
                        function=function,
                        given_at=now,
                    )
                )


HATS: dict[str, tuple[Function, ...]] = {
    "vice": (Function.VICE_CHAIR,),
    "two-hats": (Function.VICE_CHAIR, Function.SECRETARIAT),
    "captioner": (Function.CAPTIONER,),
    "interpreter": (Function.INTERPRETER,),
    "somebody": (),
}


@pytest.fixture
async def meeting(tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, database_url=tables_url)) as running:
        await furnish(running)
        yield running


@pytest.fixture
async def plain(sqlite_tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, database_url=sqlite_tables_url)) as running:
        await furnish(running)
        yield running


# What people do.


async def ask(meeting: Service, key: str | None, path: str, **said: Any) -> httpx2.Response:
    async with meeting.http(key) as http:
        return await http.post(f"/api/v1{path}", json=said)


async def look(meeting: Service, key: str | None, path: str) -> Any:
    async with meeting.http(key) as http:
        return (await http.get(f"/api/v1{path}")).json()


async def invite(meeting: Service, by: str | None = "chair", **more: Any) -> httpx2.Response:
    said = {"whom": "stakeholder@example.org", "item": 2, "reason": REASON, **more}
    sitting = said.pop("sitting", "second")
    return await ask(
        meeting, by, f"/sittings/{meeting.world.sittings[sitting]}/invitations", **said
    )


async def confirm(meeting: Service, key: str, by: str | None = "secretariat") -> httpx2.Response:
    return await ask(meeting, by, f"/invitations/{key}/confirm")


async def end(
    meeting: Service, key: str, by: str | None = "chair", why: str = ""
) -> httpx2.Response:
    return await ask(meeting, by, f"/invitations/{key}/end", why=why)


async def invited(meeting: Service, **more: Any) -> str:
    """An invitation of the stakeholder that counts; its id."""
    key = str((await invite(meeting, **more)).json()["id"])
    assert (await confirm(meeting, key)).status_code == 200
    return key


async def take(meeting: Service, number: int | None) -> None:
    sitting = meeting.world.sittings["second"]
    said = {"kind": "take-item", "id": str(uuid4()), "number": number}
    assert (await ask(meeting, "moderator", f"/sittings/{sitting}/wishes", **said)).json()["ok"]


def reason(answer: httpx2.Response) -> tuple[int, str]:
    said = answer.json()
    why = said.get("decision", {}).get("reason") or said["type"].removeprefix("urn:cwg:")
    return answer.status_code, why


async def row(meeting: Service, key: str) -> Invitation:
    async with meeting.house.database.reading() as db:
        return await load(db, Invitation, UUID(key))


# Who may do what.

ALL = ("chair", "vice", "two-hats", "secretariat", "moderator", "steward", "captioner",
       "interpreter", "kenya", "stakeholder", "somebody", None)  # fmt: skip
INVITERS, SECONDS = {"chair", "vice", "two-hats"}, {"vice", "two-hats", "secretariat"}


async def test_who_presides_invites_and_a_second_person_confirms(plain: Service) -> None:
    """The whole table: nobody admits by administering, and nobody alone."""
    for by in ALL:
        answer = await invite(plain, by, item=1)
        expected = 201 if by in INVITERS else 401 if by is None else 403
        assert (by, answer.status_code) == (by, expected)
        if expected == 201:
            assert (await end(plain, answer.json()["id"], by)).status_code == 200
    for by in ALL:
        key = (await invite(plain)).json()["id"]
        answer = await confirm(plain, key, by)
        expected = 200 if by in SECONDS else 401 if by is None else 403
        assert (by, answer.status_code) == (by, expected)
        assert (await row(plain, key)).confirmed_by == (
            plain.world.people[by] if by in SECONDS and by else None
        )
        may_end = by in SECONDS | {"chair"}
        ended = await end(plain, key, by)
        assert (by, ended.status_code) == (by, 200 if may_end else 401 if by is None else 403)
        assert (await end(plain, key)).status_code == 200
    for by in ALL:
        path = f"/api/v1/sittings/{plain.world.sittings['second']}/invitations"
        async with plain.http(by) as http:
            assert ((await http.get(path)).status_code == 200) is (by in SECONDS | {"chair"})


async def test_nobody_confirms_alone_by_whatever_hat_or_browser(plain: Service) -> None:
    own = (await invite(plain, "two-hats")).json()["id"]
    assert reason(await confirm(plain, own, "two-hats")) == (403, "own-invitation")
    async with plain.house.database.writing() as db:  # the expert becomes one of the secretariat
        db.add(
            Appointment(
                meeting_id=plain.world.meeting_id,
                person_id=plain.world.people["stakeholder"],
                function=Function.SECRETARIAT,
                given_at=datetime.now(UTC),
            )
        )
    assert reason(await confirm(plain, own, "stakeholder")) == (403, "the-expert")
    assert (await row(plain, own)).confirmed_at is None
    yourself = await invite(plain, whom="chair@example.org")
    assert "whom" in yourself.json()["faults"]
    assert (await confirm(plain, str(uuid4()))).status_code == 404


async def test_of_two_confirmations_at_once_one_counts_and_the_other_is_told(
    meeting: Service,
) -> None:
    key = (await invite(meeting)).json()["id"]
    got = await asyncio.gather(*(confirm(meeting, key, by) for by in ("vice", "secretariat")))
    assert sorted(each.status_code for each in got) == [200, 409]
    first = ("vice", "secretariat")[[each.status_code for each in got].index(200)]
    assert (await row(meeting, key)).confirmed_by == meeting.world.people[first]
    assert (await confirm(meeting, key, first)).status_code == 200  # their own word again
    async with meeting.house.database.reading() as db:
        kept = (await db.exec(select(Act).where(Act.kind == "expert-confirmed"))).all()
        letters = (await db.exec(select(Letter).where(Letter.kind == "invited"))).all()
        assert (len(kept), len(letters), await acts.broken_at(db)) == (1, 1, None)


async def test_an_invitation_made_twice_is_one_and_another_needs_the_first_ended(
    meeting: Service,
) -> None:
    twice = await asyncio.gather(invite(meeting), invite(meeting))
    assert len({each.json()["id"] for each in twice}) == 1
    assert reason(await invite(meeting, "vice")) == (409, "already-invited")
    key = twice[0].json()["id"]
    for _ in range(2):
        assert (await end(meeting, key, "vice", "Not needed.")).status_code == 200
    assert reason(await confirm(meeting, key)) == (409, "invitation-gone")
    assert (await invite(meeting, "vice")).status_code == 201


async def test_what_makes_no_sense_is_told_by_field_and_nothing_is_kept(plain: Service) -> None:
    now = datetime.now(UTC)
    faults: dict[str, tuple[dict[str, Any], ...]] = {
        "whom": ({"whom": "nobody@example.org"}, {"whom": "ZZZZZZZZ"}, {"whom": "a@b@c"}),
        "item": ({"item": 3},),
        "reason": ({"reason": " "}, {"reason": "a\u202eb"}, {"reason": "<b>"}),
        "expires_at": (
            {"expires_at": (now - timedelta(minutes=1)).isoformat()},
            {"expires_at": (now + timedelta(days=2)).isoformat()},
        ),
    }
    for field, wrong in faults.items():
        for said in wrong:
            answer = await invite(plain, **said)
            assert (answer.status_code, list(answer.json()["faults"])) == (422, [field])
            assert answer.json()["faults"][field] != ""
    assert (await invite(plain, item=0)).status_code == 422
    assert (await invite(plain, confirmed_by="chair")).status_code == 422
    assert reason(await invite(plain, sitting="first")) == (403, "invites-nobody-here")
    async with plain.house.database.reading() as db:
        assert (await db.exec(select(Invitation))).all() == []


async def test_an_edition_without_invitations_has_none_and_ends_what_was(plain: Service) -> None:
    await take(plain, 2)
    await invited(plain)
    async with plain.attending("stakeholder", "second") as expert:
        async with plain.house.database.writing() as db:
            held = await meetings.by_slug(db, "twenty")
            assert 'A10 = "one-item"' in held.edition_text
            held.edition_text = held.edition_text.replace('A10 = "one-item"', 'A10 = "none"')
        assert reason(await invite(plain, item=1)) == (403, "invites-nobody-here")
        await take(plain, 1)
        await take(plain, 2)
        assert (await last_words(expert.socket))[1] == Code.REVOKED
    assert (await plain.ticket("stakeholder", "second")).status_code == 403


# In and out with the item.


async def test_an_expert_is_in_while_the_item_is_in_hand_and_out_with_the_next(
    meeting: Service,
) -> None:
    key = (await invite(meeting)).json()["id"]
    await take(meeting, 2)
    assert reason(await meeting.ticket("stakeholder", "second")) == (403, "not-named")
    assert (await confirm(meeting, key)).status_code == 200
    await take(meeting, None)
    assert reason(await meeting.ticket("stakeholder", "second")) == (403, "not-named")
    await take(meeting, 2)
    async with (
        meeting.attending("stakeholder", "second") as expert,
        meeting.attending("kenya", "second") as kenya,
    ):
        entry, you = expert.welcome["entry"], expert.welcome["you"]
        assert (entry["reason"], entry["clause"], you["capacity"]) == (
            "invitation",
            "A10",
            "expert",
        )
        assert (you["may_speak"], you["may_raise_point_of_order"]) == (True, False)
        assert (await expert.wish("request-floor", item=1))["reason"] == "no-such-item"
        await kenya.wish("request-floor")
        async with meeting.attending("chair", "second") as chair:
            await chair.wish("open-list")
            assert (await expert.wish("request-floor"))["ok"] is True
        asked = await kenya.until("floor-requested")
        assert asked["body"]["speaker"][2] == "expert"
        await take(meeting, 1)
        began = time.monotonic()
        said, heard = await to_the_end(expert)
        assert time.monotonic() - began < WITHIN
        assert (said["code"], said["why"]["reason"]) == (Code.REVOKED, "invitation-ended")
        assert (said["why"]["clause"], SECRET in heard) == ("A10", False)
        assert (await kenya.until("item-taken"))["body"]["item"]["title"] == SECRET
        await gone(meeting, "stakeholder", "second")
    assert (await meeting.ticket("stakeholder", "second")).status_code == 403
    await take(meeting, 2)
    async with meeting.attending("stakeholder", "second") as again:
        assert again.welcome["entry"]["reason"] == "invitation"


async def to_the_end(guest: Guest) -> tuple[dict[str, Any], str]:
    """The farewell, and all that was heard before it."""
    heard = ""
    while (said := await guest.next())["kind"] != "farewell":
        heard += str(said)
    await guest.ended()
    return said, heard


async def test_a_ticket_of_before_the_item_changed_opens_nothing(meeting: Service) -> None:
    await take(meeting, 2)
    await invited(meeting)
    ticket = (await meeting.ticket("stakeholder", "second")).json()["ticket"]
    await take(meeting, 1)
    async with meeting.line() as line:
        await line.send(hello(ticket))
        assert await last_words(line) == ("not-named", Code.REFUSED)


async def test_an_undo_that_brings_the_item_back_lets_the_expert_come_back(
    meeting: Service,
) -> None:
    await take(meeting, 2)
    await invited(meeting)
    sitting = meeting.world.sittings["second"]
    async with meeting.attending("stakeholder", "second") as expert:
        await take(meeting, None)
        assert (await expert.until("farewell"))["why"]["reason"] == "invitation-ended"
    undo = {"kind": "undo", "id": str(uuid4())}
    assert (await ask(meeting, "moderator", f"/sittings/{sitting}/wishes", **undo)).json()["ok"]
    async with meeting.attending("stakeholder", "second") as expert:
        assert expert.welcome["entry"]["reason"] == "invitation"


async def test_whoever_is_there_in_another_right_stays_whatever_the_item(meeting: Service) -> None:
    """A delegate and a function who are invited as well lose nothing with the item."""
    await take(meeting, 2)
    for key in ("kenya", "captioner"):
        await invited(meeting, whom=f"{key}@example.org")
    async with (
        meeting.attending("kenya", "second") as kenya,
        meeting.attending("captioner", "second") as captioner,
    ):
        await take(meeting, 1)
        for guest in (kenya, captioner):
            assert (await guest.until("item-taken"))["body"]["item"]["number"] == 1
        assert (await kenya.wish("request-floor"))["reason"] == "list-closed"


# Every way in which it ends.


async def test_an_invitation_that_is_confirmed_late_lets_in_and_one_that_is_ended_shows_out(
    meeting: Service,
) -> None:
    await take(meeting, 2)
    key = await invited(meeting)
    async with meeting.attending("stakeholder", "second") as expert:
        assert (await end(meeting, key, "secretariat", "The point is settled.")).status_code == 200
        assert await last_words(expert.socket) == ("invitation-ended", Code.REVOKED)
    assert (await meeting.ticket("stakeholder", "second")).status_code == 403
    kept = await row(meeting, key)
    assert (kept.ended_by, kept.why) == (
        meeting.world.people["secretariat"],
        "The point is settled.",
    )


async def test_an_expert_is_out_when_the_time_is_over(meeting: Service) -> None:
    await take(meeting, 2)
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    await invited(meeting, expires_at=ends.isoformat())
    async with meeting.attending("stakeholder", "second") as expert:
        assert (await expert.wish("request-floor"))["reason"] == "list-closed"
        assert await last_words(expert.socket) == ("invitation-ended", Code.REVOKED)
        late = (datetime.now(UTC) - ends).total_seconds()
        assert 0 <= late < EXPIRY
    assert (await meeting.ticket("stakeholder", "second")).status_code == 403
    told = await look(meeting, "chair", f"/sittings/{meeting.world.sittings['second']}/invitations")
    assert [each["state"] for each in told] == ["expired"]


@pytest.mark.parametrize(
    ("key", "function", "ends"),
    [
        ("chair", Function.CHAIR, True),
        ("two-hats", Function.SECRETARIAT, False),
        ("secretariat", Function.SECRETARIAT, True),
        ("moderator", Function.MODERATOR, False),
    ],
)
async def test_an_invitation_ends_with_the_function_on_which_it_stands(
    plain: Service, key: str, function: Function, ends: bool
) -> None:
    await take(plain, 2)
    by = "two-hats" if key == "two-hats" else "chair"
    made = (await invite(plain, by)).json()["id"]
    assert (await confirm(plain, made, "secretariat")).status_code == 200
    person, clerk = await plain.person(key), await plain.person("two-hats")
    at, now = plain.world.meeting_id, datetime.now(UTC)
    async with plain.attending("stakeholder", "second") as expert:
        async with plain.house.database.writing() as db:
            await meetings.dismiss(db, at, person, function, clerk, now)
        if ends:
            assert await last_words(expert.socket) == ("invitation-ended", Code.REVOKED)
            assert (await row(plain, made)).why == "function-ended"
        else:
            assert (await expert.wish("request-floor"))["reason"] == "list-closed"
            assert (await row(plain, made)).ended_at is None


async def test_a_pending_invitation_of_someone_dismissed_cannot_be_confirmed(
    plain: Service,
) -> None:
    key = (await invite(plain, "vice")).json()["id"]
    vice, clerk = await plain.person("vice"), await plain.person("secretariat")
    async with plain.house.database.writing() as db:
        await meetings.dismiss(
            db, plain.world.meeting_id, vice, Function.VICE_CHAIR, clerk, datetime.now(UTC)
        )
    assert reason(await confirm(plain, key)) == (409, "invitation-gone")


async def test_a_closed_sitting_shows_out_the_expert_too(plain: Service) -> None:
    await take(plain, 2)
    await invited(plain)
    sitting = plain.world.sittings["second"]
    async with plain.attending("stakeholder", "second") as expert:
        assert (await ask(plain, "chair", f"/sittings/{sitting}/close")).status_code == 200
        assert await expert.ended() == Code.OVER
    assert (await plain.ticket("stakeholder", "second")).status_code == 403
    assert reason(await invite(plain, item=1)) == (403, "sitting-over-for-experts")


# One item only.


async def test_of_the_rest_of_the_sitting_an_expert_is_told_nothing(meeting: Service) -> None:
    """Not by cursor, picture, log or agenda: what was before the item stays the members' own."""
    sitting = meeting.world.sittings["second"]
    await take(meeting, 1)
    async with meeting.attending("chair", "second") as chair:
        await chair.wish("open-list")
        await chair.wish("request-floor", topic=SECRET)
        await chair.wish("give-floor")
        await chair.wish("end-speech")
        await chair.wish("announce", text=SECRET)
        await chair.wish("take-item", number=2)
        await chair.wish("announce", text="For the expert too")
    await invited(meeting)
    cursors = {"room": {"epoch": 1, "position": 0}}
    async with meeting.attending("stakeholder", "second", cursors=cursors) as expert:
        snapshot = expert.welcome["channels"]["room"]["snapshot"]
        assert [each["text"] for each in snapshot["notices"]] == ["For the expert too"]
        position = expert.welcome["channels"]["room"]["position"]
    resumed = {"room": {"epoch": 1, "position": position}}
    async with meeting.attending("stakeholder", "second", cursors=resumed) as expert:
        assert expert.welcome["channels"]["room"].get("snapshot") is None
    for path in ("", "/floor", "/speeches", "/access"):
        assert SECRET not in str(await look(meeting, "stakeholder", f"/sittings/{sitting}{path}"))
    async with meeting.http("stakeholder") as http:
        for page in ("/meetings/twenty", f"/text/{sitting}", f"/sittings/{sitting}/speeches"):
            told = await http.get(page)
            assert told.status_code == 200
            assert SECRET not in told.text
        for path in ("records.zip", "captions", "captions/en"):
            assert (await http.get(f"/api/v1/sittings/{sitting}/{path}")).status_code >= 400
    whole = await look(meeting, "stakeholder", "/meetings/twenty")
    assert [each["number"] for each in whole["agenda"]] == [2]
    async with meeting.http("kenya") as http:
        assert SECRET in (await http.get(f"/api/v1/sittings/{sitting}/speeches")).text
    await take(meeting, 1)
    assert (await look(meeting, "stakeholder", "/meetings/twenty"))["agenda"] == []
    async with meeting.http("stakeholder") as http:
        for path in ("floor", "speeches"):
            assert (await http.get(f"/api/v1/sittings/{sitting}/{path}")).status_code == 403


async def test_news_that_come_with_the_next_item_are_not_told_even_once(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room reads the news before a bell is heard: who is bound to the item goes first."""
    await take(plain, 2)
    await invited(plain)
    hall = plain.house.hall
    async with (
        plain.attending("stakeholder", "second") as expert,
        plain.attending("kenya", "second") as kenya,
    ):
        monkeypatch.setattr(hall, "_turn", lambda _: None)
        async with plain.attending("chair", "second") as chair:
            await chair.wish("announce", text="Still for all")
            await chair.wish("take-item", number=1)
            await chair.wish("announce", text=SECRET)
        _, heard = await to_the_end(expert)
        assert ("Still for all" in heard, SECRET in heard) == (True, False)
        assert (await kenya.until("item-taken"))["body"]["item"]["title"] == SECRET


async def test_whoever_joins_while_the_item_changes_hears_nothing_of_the_next(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(plain, 2)
    await invited(plain)
    see, told = plain.house.hall._see, Room.tell

    async def late(meeting_id: UUID, epoch: int) -> None:
        """Decided for item 2; the next is taken, and told, before the seat."""
        monkeypatch.setattr(plain.house.hall, "_see", see)
        await see(meeting_id, epoch)
        await take(plain, 1)
        for room in plain.house.hall._rooms.values():
            await told(room)

    async with plain.attending("kenya", "second") as kenya:
        ticket = (await plain.ticket("stakeholder", "second")).json()["ticket"]
        monkeypatch.setattr(plain.house.hall, "_see", late)
        async with plain.line() as line:
            await line.send(hello(ticket))
            assert await Guest(line).ended() == Code.MOVED
        assert (await kenya.until("item-taken"))["body"]["item"]["title"] == SECRET


async def test_an_expert_whose_item_is_back_before_anyone_looked_comes_back(
    plain: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take(plain, 2)
    await invited(plain)
    hall = plain.house.hall
    look_again, looking = hall._look_again, asyncio.Event()

    async def slow(rung: Any) -> None:
        await looking.wait()
        await look_again(rung)

    async with plain.attending("stakeholder", "second") as expert:
        monkeypatch.setattr(hall, "_look_again", slow)
        await take(plain, 1)
        await take(plain, 2)
        looking.set()
        assert await expert.ended() == Code.MOVED


async def test_an_invitation_that_lasts_longer_is_taken_up_without_loss(plain: Service) -> None:
    """A second invitation for the same item: the place is asked again, and goes on."""
    await take(plain, 2)
    soon = datetime.now(UTC) + timedelta(minutes=5)
    key = await invited(plain, expires_at=soon.isoformat())
    async with plain.attending("stakeholder", "second") as expert:
        async with plain.house.database.writing() as db:
            kept = await load(db, Invitation, UUID(key))
            db.add(
                Invitation(
                    **kept.model_dump(exclude={"id", "expires_at"}),
                    expires_at=soon + timedelta(minutes=5),
                )
            )
        await confirm(plain, key)  # nothing new; the bell of the next line asks again
        plain.house.hall.ring(f"person:{plain.world.people['stakeholder']}")
        assert await expert.ended() == Code.MOVED
    async with plain.attending("stakeholder", "second") as expert:
        assert expert.welcome["entry"]["reason"] == "invitation"


# Outsiders, the expert's own knowledge, the console, the record, the fence.


async def test_what_the_expert_is_told_and_nobody_else(plain: Service) -> None:
    sitting = plain.world.sittings["second"]
    path = f"/sittings/{sitting}/access"
    key = (await invite(plain)).json()["id"]
    assert (await look(plain, "stakeholder", path))["invitation"] is None
    await confirm(plain, key)
    told = (await look(plain, "stakeholder", path))["invitation"]
    assert (told["item"], told["in_hand"]) == (2, False)
    await take(plain, 2)
    told = await look(plain, "stakeholder", path)
    assert (told["invitation"]["in_hand"], told["attend"]["clause"]) == (True, "A10")
    for key_of in ("university", "somebody", None):
        assert (await look(plain, key_of, path))["invitation"] is None
        assert (await plain.ticket(key_of, "second") if key_of else None) is None or (
            await plain.ticket(str(key_of), "second")
        ).status_code == 403
    async with plain.house.database.reading() as db:
        (letter,) = (await db.exec(select(Letter).where(Letter.kind == "invited"))).all()
        person = await load(db, Person, letter.person_id)
    assert person.email == "stakeholder@example.org"
    assert letter.facts["item"] == "2"
    assert not any(word in str(letter.facts) for word in (SECRET, "Measurements", REASON))


async def test_those_at_the_console_hear_that_it_moved_and_are_told_no_name(plain: Service) -> None:
    async with (
        plain.attending("secretariat", "second") as clerk,
        plain.attending("kenya", "second") as kenya,
    ):
        key = (await invite(plain)).json()["id"]
        moved = await clerk.until("invitation-moved")
        assert (moved["on"], moved["body"]) == (
            "console",
            {"id": key, "item": 2, "state": "pending"},
        )
        await confirm(plain, key)
        assert (await clerk.until("invitation-moved"))["body"]["state"] == "confirmed"
        await end(plain, key)
        assert (await clerk.until("invitation-moved"))["body"]["state"] == "ended"
        await take(plain, 2)
        assert (await kenya.next())["kind"] == "item-taken"
    async with plain.house.database.reading() as db:
        query = select(News).where(News.kind == "invitation-moved")
        assert {each.channel.split("/")[1] for each in await db.exec(query)} == {"console"}


async def test_everything_is_an_act_with_its_clause_and_reason(plain: Service) -> None:
    key = await invited(plain)
    await end(plain, key, "vice", "Settled.")
    async with plain.house.database.reading() as db:
        query = select(Act).where(col(Act.kind).in_(ACTS)).order_by(col(Act.number))
        kept = (await db.exec(query)).all()
        assert await acts.broken_at(db) is None
    people = plain.world.people
    assert [(each.kind, (each.content or {})["by"]) for each in kept] == [
        (kind, str(people[by])) for kind, by in ACTS.items()
    ]
    assert {(each.content or {})["clause"] for each in kept} == {"A10"}
    assert {(each.content or {})["invitation"] for each in kept} == {key}
    assert [(each.content or {})["reason"] for each in kept] == [REASON, REASON, "Settled."]


ACTS = {
    "expert-invited": "chair",
    "expert-confirmed": "secretariat",
    "invitation-ended": "vice",
}


async def test_an_expert_is_found_by_name_and_named_by_the_reference(
    plain: Service,
) -> None:
    async with plain.house.database.reading() as db:
        query = select(Registration).where(
            Registration.person_id == plain.world.people["stakeholder"]
        )
        reference = (await db.exec(query)).one().reference
    sitting = plain.world.sittings["second"]
    found = await look(plain, "chair", f"/sittings/{sitting}/speakers?like=stakeh")
    assert [each["reference"] for each in found] == [reference]
    assert (await invite(plain, whom=reference.lower())).status_code == 201


async def test_at_the_fence_an_expert_stays_by_the_invitation_if_the_item_is_in_hand(
    tables_url: str, tmp_path: Path
) -> None:
    """Back from a break in the open: the members' part has its item still."""
    async with service(settings(tmp_path, database_url=tables_url)) as running:
        world, now = running.world, datetime.now(UTC)
        async with running.house.database.writing() as db:
            add_item(db, world)
            (await load(db, Sitting, world.sittings["second"])).item_number = 2
            made = Invitation(
                meeting_id=world.meeting_id,
                sitting_id=world.sittings["second"],
                person_id=world.people["stakeholder"],
                item_number=2,
                reason=REASON,
                invited_by=world.people["chair"],
                invited_at=now,
                expires_at=now + timedelta(hours=1),
                confirmed_by=world.people["secretariat"],
                confirmed_at=now,
            )
            db.add(made)
        async with (
            running.attending("stakeholder"),
            running.attending("university"),
            running.house.database.reading() as db,
        ):
            told = await fence.rehearse(db, world.meeting_id, now)
        stays = [(each.decision.reason, each.name) for each in told.stay]
        assert stays == [("invitation", "The stakeholder")]
        assert [each.decision.reason for each in told.leave] == ["not-named"]


def add_item(db: Any, world: World) -> None:
    db.add(
        AgendaItem(
            meeting_id=world.meeting_id,
            sitting_id=world.sittings["second"],
            number=2,
            title="Measurements",
        )
    )


async def test_an_invitation_for_the_item_of_one_sitting_opens_no_other(plain: Service) -> None:
    await take(plain, 2)
    await invited(plain)
    assert (await plain.ticket("stakeholder", "second")).status_code == 201
    assert (await plain.ticket("stakeholder", "first")).status_code == 403  # it is closed
    sitting = plain.world.sittings["first"]
    assert (await look(plain, "stakeholder", f"/sittings/{sitting}/access"))["invitation"] is None


async def test_the_rule_is_asked_about_many_in_one_query_more(plain: Service) -> None:
    await take(plain, 2)
    await invited(plain)
    async with plain.house.database.reading() as db:
        sitting = await load(db, Sitting, plain.world.sittings["second"])
        everyone = set(plain.world.people.values())
        asked = datetime.now(UTC)
        assert set(await access.invited_until(db, sitting, everyone, asked)) == {
            plain.world.people["stakeholder"]
        }


assert SOON > EXPIRY
