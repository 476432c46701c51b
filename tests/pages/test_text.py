"""The text page: everything of the room without script, by plain form, in at most 10 kB."""

import random
import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import AsyncClient, Response
from sqlmodel import select

from app.database import load
from app.models import Announcement, FloorRequest, Intervention, Sitting
from app.policy.access import Part
from app.policy.floor import RequestKind
from app.policy.people import Capacity, Category
from tests.live.test_fence import close_open_part, opened, sign_off
from tests.pages.reading import Form, form, reading, said
from tests.world import Service, service, settings

BUDGET = 10_000


@pytest.fixture
async def house(sqlite_tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, database_url=sqlite_tables_url)) as running:
        yield running


@pytest.fixture
async def meeting(tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    """On each kind of database."""
    async with service(settings(tmp_path, database_url=tables_url)) as running:
        yield running


def address(at: Service, sitting: str = "first", query: str = "") -> str:
    return f"/text/{at.world.sittings[sitting]}{query}"


async def look(
    at: Service, client: AsyncClient, query: str = "", sitting: str = "first"
) -> Response:
    page = await client.get(address(at, sitting, query))
    assert page.status_code == 200
    return page


def wish_form(page: Response, wish: str) -> Form:
    """The form of the page that makes this wish."""
    text = page.text
    while "<form" in text:
        found = form(Response(200, text=text))
        if ("wish", wish) in found.fields:
            return found
        text = text[text.index("</form>") + 7 :]
    raise LookupError(wish)


async def send(client: AsyncClient, page: Response, wish: str, **typed: str) -> Response:
    found = wish_form(page, wish)
    return await client.post(found.action, data=found.filled(**typed), follow_redirects=True)


def refresh(page: Response) -> str | None:
    """How the page asks to be read again, if it does."""
    found = re.search(r'<meta http-equiv="refresh" content="([^"]*)"', page.text)
    return found[1] if found else None


async def test_a_sitting_is_followed_and_taken_part_in_by_forms_alone(meeting: Service) -> None:
    async with (
        meeting.attending("chair") as chair,
        reading(meeting, "kenya") as kenya,
        reading(meeting, "brazil") as brazil,
    ):
        page = await look(meeting, kenya)
        assert "Who can hear: Open to all" in said(page)
        assert "Nobody has the floor. " in said(page)
        assert "List of speakers: closed Nobody is on the list." in said(page)
        assert re.search(r"As of \d\d:\d\d:\d\d \(Zurich time, UTC\+[12] \)", said(page))
        await chair.wish("open-list")
        page = await send(
            kenya, await look(meeting, kenya), "request-floor", topic="Access <b>", stance="for"
        )
        assert "You have asked for the floor. " in said(page)
        assert "You are number 1 of 1 on the list." in said(page)
        page = await send(brazil, await look(meeting, brazil), "request-floor")
        assert "You are number 2 of 2 on the list." in said(page)
        page = await send(brazil, page, "point-of-order")
        assert "You have raised a point of order. " in said(page)
        assert "You are number 1 of 3 on the list." in said(page)
        assert "Point of order Brazil , Delegate of Brazil , delegate, Member State" in said(page)
        assert "Kenya , Delegate of Kenya , delegate, Member State, For : Access <b>" in said(page)
        assert "Withdraw my older request" in said(page)
        page = await send(brazil, page, "withdraw-request")
        assert "You are number 1 of 2 on the list. Withdraw my request" in said(page)
        await chair.wish("give-floor", number=1)
        assert "The clock has not started: 3:00 each." in said(await look(meeting, brazil))
        await chair.wish("start-speech")
        await chair.wish("announce", text="Coffee at eleven.")
        page = await look(meeting, kenya)
        assert re.search(r"Access <b> This is you\. 0:0\d of 3:00 ", said(page))
        assert re.search(r"Announcements of the chair \d\d:\d\d Coffee at eleven\.", said(page))
        page = await send(kenya, page, "end-speech")
        assert "You have finished. " in said(page)
        assert "Nobody has the floor." in said(page)
        assert "List of speakers (1): open Point of order Brazil" in said(page)


async def test_a_hand_is_raised_changed_and_lowered_by_forms_alone(house: Service) -> None:
    async with house.attending("chair") as chair, reading(house, "kenya") as kenya:
        asked = await chair.wish("ask-hands", question="Shall we <b>break</b>?")
        page = await look(house, kenya)
        assert "Shall we <b>break</b>? This is no vote and decides nothing." in said(page)
        page = await send(kenya, page, "raise-hand", choice="2")
        assert "Your hand is raised." in said(page)
        assert "Your hand: Disagree." in said(page)
        late = await send(kenya, await look(house, kenya), "raise-hand", number="9", choice="1")
        assert (late.status_code, "No show of hands is asked for" in said(late)) == (403, True)
        page = await send(kenya, await look(house, kenya), "lower-hand")
        assert "Your hand is down." in said(page)
        await send(kenya, page, "raise-hand", choice="1")
        await chair.wish("close-hands", number=asked["number"])
        page = await look(house, kenya)
        assert "Counted and closed. Agree 1, Disagree 0, Abstain 0" in said(page)
        assert "raise-hand" not in page.text


async def test_a_speech_is_told_with_the_time_spoken_as_of_now(house: Service) -> None:
    async with house.attending("chair") as chair, reading(house, "brazil") as brazil:
        await chair.wish("open-list")
        async with house.attending("kenya") as kenya:
            await kenya.wish("request-floor")
        await chair.wish("give-floor")
        await chair.wish("start-speech")
        async with house.house.database.writing() as db:
            speech = (await db.exec(select(Intervention))).one()
            speech.running_since = datetime.now(UTC) - timedelta(minutes=4, seconds=2)
        page = said(await look(house, brazil))
        assert re.search(r"4:0[2-9] of 3:00 over by 1:0[2-9]", page)
        await chair.wish("pause-speech")
        assert "The clock is stopped" in said(await look(house, brazil))


async def test_what_was_typed_is_kept_when_it_is_refused(house: Service) -> None:
    async with house.attending("chair") as chair, reading(house, "kenya") as kenya:
        await chair.wish("open-list")
        page = await look(house, kenya)
        turned = await send(kenya, page, "request-floor", topic="Access \u202etxt")
        assert turned.status_code == 422
        assert "turn the direction of writing" in said(turned)
        assert ("topic", "Access \u202etxt") in wish_form(turned, "request-floor").fields
        late = await look(house, kenya)
        await chair.wish("close-list")
        refused = await send(kenya, late, "request-floor", topic='"Access" & more')
        assert refused.status_code == 403
        assert "The list of speakers is closed." in said(refused)
        await chair.wish("open-list")
        again = await send(kenya, turned, "request-floor", topic="Access")
        assert "You have asked for the floor." in said(again)


async def test_a_form_of_a_list_that_closed_meanwhile_still_shows_what_was_typed(
    house: Service,
) -> None:
    async with house.attending("chair") as chair, reading(house, "kenya") as kenya:
        await chair.wish("open-list")
        page = await look(house, kenya)
        await chair.wish("close-list")
        refused = await send(kenya, page, "request-floor", topic="A topic of some thought")
        assert "A topic of some thought" in said(refused)


async def test_a_form_that_is_sent_twice_asks_once(house: Service) -> None:
    async with house.attending("chair") as chair, reading(house, "kenya") as kenya:
        await chair.wish("open-list")
        page = await look(house, kenya)
        for _ in range(2):
            page_after = await send(kenya, page, "request-floor", topic="Access")
            assert "You are number 1 of 1 on the list." in said(page_after)


async def test_too_many_forms_are_answered_with_what_was_typed(
    sqlite_tables_url: str, tmp_path: Path
) -> None:
    given = settings(tmp_path, database_url=sqlite_tables_url, wishes_per_person="1/hour")
    async with service(given) as house, reading(house, "kenya") as kenya:
        async with house.attending("chair") as chair:
            await chair.wish("open-list")
        page = await look(house, kenya)
        await send(kenya, page, "request-floor", topic="\u202e")  # looked at before it counts
        await send(kenya, page, "request-floor", topic="One")
        refused = await send(kenya, page, "request-floor", topic="Two")
        assert (refused.status_code, "Too many wishes" in said(refused)) == (429, True)
        assert "Two" in refused.text


# Reading again.


async def test_a_page_refreshes_as_its_reader_chose_and_never_under_their_hands(
    house: Service,
) -> None:
    async with house.attending("chair") as chair, reading(house, "kenya") as kenya:
        await chair.wish("open-list")
        assert refresh(await look(house, kenya)) is None
        for nonsense in (
            "?refresh=1",
            "?refresh=-30",
            "?refresh=thirty",
            "?write=everything&said=x",
        ):
            assert refresh(await look(house, kenya, nonsense)) is None
        page = await look(house, kenya, "?refresh=30")
        assert refresh(page) == "30"
        assert 'name="topic"' not in page.text
        assert address(house, query="?refresh=30&amp;write=request-floor") in page.text
        page = await look(house, kenya, "?refresh=30&write=request-floor")
        assert refresh(page) is None
        assert "This page stands still while you write." in said(page)
        refused = await send(kenya, page, "request-floor", topic="\u202e")
        assert refresh(refused) is None
        assert "This page stands still while you write." in said(refused)
        page = await send(kenya, refused, "request-floor", topic="Access")
        assert str(page.url).endswith("?refresh=30&said=request-floor")
        assert refresh(page) == f"30; url={address(house, query='?refresh=30')}"
        page = await send(kenya, page, "withdraw-request")
        assert refresh(page) == f"30; url={address(house, query='?refresh=30')}"


# The fence.


async def test_at_the_fence_everyone_is_told_what_the_rule_says_to_them(meeting: Service) -> None:
    """Decided anew at each reading: no page is told by anybody that the part has changed."""
    await schedule(meeting, "The next consultation")
    async with (
        reading(meeting, "kenya") as kenya,
        reading(meeting, "stakeholder") as guest,
        meeting.attending("chair") as chair,
    ):
        await chair.wish("open-list")
        writing = "?refresh=15&write=request-floor"
        before = await look(meeting, guest, writing)
        late = await look(meeting, kenya, writing)
        assert (await close_open_part(meeting)).status_code == 200

        page = await look(meeting, guest, "?refresh=15")
        assert "The open part is over. Thank you for taking part." in said(page)
        assert "Clause resolves 6" in said(page)
        assert "The next consultation" in said(page)
        assert "/meetings/twenty#inputs" in page.text
        assert (refresh(page), "<form" in page.text) == (None, False)
        refused = await send(guest, before, "request-floor", topic="Too late for this")
        assert refused.status_code == 403
        assert "Clause resolves 6" in said(refused)
        assert "Too late for this" in said(refused)

        page = await look(meeting, kenya, "?refresh=15")
        assert "It opens when everybody has left who may not stay." in said(page)
        assert refresh(page) == "15"
        assert "The sitting is not open" in said(await send(kenya, late, "request-floor"))
        assert (await sign_off(meeting, head_count=3)).status_code == 200
        await opened(meeting)

        page = await look(meeting, kenya, "?refresh=15")
        there = address(meeting, "second", "?refresh=15")
        assert f'href="{there}"' in page.text
        assert "Make sure that nobody else can hear or see it where you are." in said(page)
        members = "Members only : Member States, Sector Members, Associates and Resolution 99"
        assert f"Who can hear: {members} (as observer)" in said(await kenya.get(there))
        assert "Now speaking" in said(await kenya.get(there))
        outside = await guest.get(there)
        assert "You cannot enter this part. " in said(outside)
        assert ("Clause resolves 6" in said(outside), "Now speaking" in said(outside)) == (
            True,
            False,
        )
        assert "The second half" not in outside.text


async def schedule(at: Service, title: str) -> None:
    """A sitting of tomorrow that is open to everyone."""
    start = datetime.now(UTC) + timedelta(days=1)
    async with at.house.database.writing() as db:
        db.add(
            Sitting(
                meeting_id=at.world.meeting_id,
                number=9,
                part=Part.CONSULTATION,
                title=title,
                starts_at=start,
                ends_at=start + timedelta(hours=2),
                time_zone="Europe/Zurich",
            )
        )


async def test_who_has_not_signed_in_is_told_the_clause_and_sees_no_floor(house: Service) -> None:
    async with reading(house) as nobody:
        page = await look(house, nobody)
        assert "You cannot enter this part." in said(page)
        assert "Now speaking" not in said(page)
        sent = await nobody.post(address(house) + "/wish", data={"wish": "withdraw-request"})
        assert sent.status_code == 403


async def test_a_sitting_that_was_closed_is_over_for_everyone(house: Service) -> None:
    async with house.http("chair") as http:
        path = f"/api/v1/sittings/{house.world.sittings['first']}/close"
        assert (await http.post(path)).status_code == 200
    async with reading(house, "kenya") as kenya:
        page = await look(house, kenya, "?refresh=15")
        assert "This part is over." in said(page)
        assert "Nobody is on the list." not in said(page)


# The weight.


async def weight(at: Service, client: AsyncClient, query: str = "") -> int:
    """Bytes of a refresh, the headers of both directions left out of the body's own."""
    page = await client.get(address(at, query=query), headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    return page.num_bytes_downloaded + sum(len(b": ".join(pair)) + 2 for pair in page.headers.raw)


def gibberish(at_random: random.Random, length: int) -> str:
    """Signs of three bytes that no compression makes shorter."""
    return "".join(chr(at_random.randrange(0x4E00, 0x9FFF)) for _ in range(length))


async def test_a_refresh_stays_under_10_kb_however_much_is_said(house: Service) -> None:
    await fill(house, requests=120, notices=30)
    async with house.attending("chair") as chair:
        await chair.wish("give-floor")
    async with reading(house, "kenya") as kenya:
        page = await look(house, kenya, "?refresh=15")
        assert re.search(r"and 1\d\d more", said(page))
        assert await weight(house, kenya, "?refresh=15") <= BUDGET
        assert (
            address(house, query="?whole=1") in page.text
        )  # which is read once, when it is wanted
        whole = await look(house, kenya, "?whole=1")
        assert len(re.findall("<li[ >]", whole.text)) == 119 + 30


async def test_an_ordinary_refresh_weighs_less_than_half_of_that(house: Service) -> None:
    async with house.attending("chair") as chair:
        await chair.wish("open-list")
        await chair.wish("announce", text="The sitting resumes at 11:15 in this hall.")
    for key in ("kenya", "brazil", "operator", "startup"):
        async with house.attending(key) as guest:
            await guest.wish("request-floor", topic="Universal acceptance")
    async with reading(house, "kenya") as kenya:
        assert await weight(house, kenya) < BUDGET / 2


async def test_the_first_load_with_its_styles_stays_under_10_kb(house: Service) -> None:
    async with reading(house, "kenya") as kenya:
        page = await look(house, kenya)
        found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        got = [await kenya.get(path, headers={"Accept-Encoding": "gzip"}) for path in found]
        assert [each.status_code for each in got] == [200] * 3
        assert "<script" not in page.text
        styles = sum(each.num_bytes_downloaded for each in got)
        assert styles + await weight(house, kenya) <= BUDGET


async def fill(at: Service, *, requests: int, notices: int) -> None:
    """A list and announcements of hostile length, written by the tables themselves."""
    at_random, now = random.Random(7), datetime.now(UTC)  # noqa: S311 - not secret
    first, kenya = at.world.sittings["first"], at.world.people["kenya"]
    async with at.house.database.writing() as db:
        (await load(db, Sitting, first)).list_opened_at = now
        for number in range(1, requests + 1):
            speaker = {
                "name": gibberish(at_random, 40),
                "entity": gibberish(at_random, 40),
                "capacity": Capacity.DELEGATE,
                "category": Category.MEMBER_STATE,
                "remote": True,
            }
            db.add(
                FloorRequest(
                    sitting_id=first,
                    number=number,
                    person_id=kenya,
                    kind=RequestKind.INTERVENTION,
                    topic=gibberish(at_random, 200),
                    speaker=speaker,
                    asked_at=now,
                )
            )
        for number in range(1, notices + 1):
            text = gibberish(at_random, 500)
            db.add(Announcement(sitting_id=first, number=number, text=text, at=now, by_id=kenya))
