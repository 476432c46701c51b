"""The room in a browser: four answers, one big button, a broken line, the fence, and no script."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from app.pages.vocabulary import CLOSES
from app.protocol.codes import Code, comes_back
from tests.browser.visitors import (
    DESK,
    PHONE,
    TABLET,
    Meeting,
    faults,
    heard,
    listen,
    running,
    says,
)
from tests.conftest import Visits

BUDGET = 60_000


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def test_four_answers_come_before_the_room(meeting):
    page = await meeting.visit("kenya", meeting.room())

    assert await page.locator("main h2:visible").all_inner_texts() == [
        "Which part may I attend, and why?",
        "What is recorded?",
        "Which languages?",
        "Is my microphone fit?",
        "How much can your line carry?",
    ]
    await expect(page.locator(".decision").first).to_contain_text("You may attend")
    await expect(page.get_by_role("button", name="Enter the room")).to_be_visible()


@pytest.mark.parametrize("who", [None, "stakeholder"])
async def test_who_may_not_attend_finds_the_reason_and_no_way_in(meeting, who):
    page = await meeting.visit(who, meeting.room("second"))

    await expect(page.locator(".decision").first).to_contain_text("resolves 6")
    await expect(page.locator("#enter")).to_have_count(0)
    await expect(page.locator(".modes")).to_have_count(0)


async def test_the_big_button_goes_from_asking_to_finishing(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya", viewport=PHONE)
    brazil = await meeting.enter("brazil")
    button = kenya.locator("#state")

    await says(button, "The list is closed", "The chair opens it.")
    await chair.keyboard.press("l")
    await says(button, "Ask for the floor", "Nobody is waiting")
    await brazil.locator("#state").click()
    await says(button, "Ask for the floor", "1 is waiting")
    await kenya.fill("#topic", "Universal acceptance")
    await button.click()
    await says(button, "You are 2nd", "about 3 minutes")
    await expect(brazil.locator("#list")).to_contain_text("Universal acceptance")
    await says(brazil.locator("#state"), "Get ready", "You are next")
    await chair.keyboard.press("n")
    await says(button, "Get ready", "You are next, about 3 minutes")
    await chair.keyboard.press("n")
    await says(button, "You have the floor 3:00", "The clock has not started")
    await expect(kenya).to_have_title(re.compile("^You have the floor – "))
    await chair.keyboard.press(" ")
    await expect(button).to_contain_text("Press to finish")
    await button.click()
    await expect(button.locator(".state-label")).to_have_text("Finish")
    await button.click()
    await says(button, "Ask for the floor", "Nobody is waiting")
    await expect(kenya.locator("#now-who")).to_have_text("Nobody has the floor")


async def test_a_request_is_withdrawn_by_pressing_twice_and_kept_by_pressing_once(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya")
    button = kenya.locator("#state")
    await chair.keyboard.press("l")
    await says(button, "Ask for the floor")
    await kenya.keyboard.press("h")
    await says(button, "Get ready")

    await button.click()
    await says(button, "Withdraw", "You would lose your place.")
    await kenya.get_by_role("button", name="Keep it").click()
    await says(button, "Get ready")
    await button.click()
    await button.click()

    await says(button, "Ask for the floor")
    await expect(chair.locator("#list-empty")).to_be_visible()


async def test_a_point_of_order_is_for_member_states_and_goes_to_the_top(meeting):
    chair = await meeting.preside()
    operator = await meeting.enter("operator")
    kenya = await meeting.enter("kenya")
    await chair.keyboard.press("l")
    await says(operator.locator("#state"), "Ask for the floor")
    await operator.locator("#state").click()
    await says(operator.locator("#state"), "Get ready")

    await expect(operator.locator("#point")).to_be_hidden()
    await kenya.get_by_role("button", name="Point of order").click()

    await says(kenya.locator("#state"), "Get ready")
    await says(operator.locator("#state"), "You are 2nd")
    await expect(kenya.locator("#list > li").first).to_contain_text("Point of order")


async def test_a_refusal_is_told_in_words(meeting):
    kenya = await meeting.enter("kenya")

    await kenya.evaluate("""async () => {
      const at = document.getElementById("point");
      at.hidden = false;
      at.click();
    }""")
    await says(kenya.locator("#state"), "Get ready")
    await kenya.evaluate("document.getElementById('point').click()")

    await expect(kenya.locator("#answer")).to_have_text("You are on the list of speakers already.")


async def test_what_the_chair_does_is_said_once_and_moves_no_focus(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya")
    await chair.keyboard.press("l")
    await says(kenya.locator("#state"), "Ask for the floor")
    await kenya.locator("#state").click()
    await expect(kenya.locator("#news")).to_contain_text("Get ready. You are next")
    await kenya.locator("#help-open").focus()
    await listen(kenya)

    for key, after in (("n", "The clock has not started"), (" ", "Press to finish")):
        await chair.keyboard.press(key)
        await expect(kenya.locator("#state")).to_contain_text(after)
    await chair.keyboard.press("l")
    await expect(kenya.locator("#list-state")).to_have_text("Closed")
    await chair.fill("#announce-text", "Ten minutes' break.")
    await chair.keyboard.press("Enter")
    await expect(kenya.locator("#notices")).to_contain_text("Ten minutes' break.")

    assert await heard(kenya, "break.") == (
        "Kenya (Member State) has the floor. You have the floor 3:00. The clock has not started "
        "Kenya speaks. "
        "The list of speakers is closed. "
        "The chair announces: Ten minutes' break."
    )
    assert await kenya.evaluate("document.activeElement.id") == "help-open"


async def test_a_broken_line_keeps_the_place_and_tells_what_was_missed(meeting):
    chair = await meeting.preside()
    brazil = await meeting.enter("brazil")
    kenya = await meeting.enter("kenya", by_wire=True)
    await chair.keyboard.press("l")
    for page in (brazil, kenya):
        await says(page.locator("#state"), "Ask for the floor")
        await page.locator("#state").click()
        await expect(page.locator("#list [data-own]")).to_be_visible()

    async with meeting.no_network(kenya):
        await expect(kenya.locator("#gone")).to_have_text("Reconnecting; your place (2nd) is kept.")
        await chair.keyboard.press("n")
        await expect(chair.locator("#now-who")).to_contain_text("Brazil")
        await chair.keyboard.press("l")
        await expect(chair.locator("#list-state")).to_have_text("Closed")

    await expect(kenya.locator("#back summary")).to_have_text("Back: 2 changes while away show")
    await kenya.locator("#back summary").click()
    assert await kenya.locator("#back li").all_inner_texts() == [
        "Brazil (Member State) has the floor.",
        "The list of speakers is closed.",
    ]
    await says(kenya.locator("#state"), "Get ready")
    await expect(kenya.locator("#line-text")).to_have_text("Connected")
    await expect(kenya.locator("#gone")).to_be_hidden()


async def test_a_wish_made_while_the_line_is_broken_is_granted_once_afterwards(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya", by_wire=True)
    await chair.keyboard.press("l")
    await says(kenya.locator("#state"), "Ask for the floor")

    async with meeting.no_network(kenya):
        await expect(kenya.locator("#gone")).to_be_visible()
        await kenya.locator("#state").click()
        await says(
            kenya.locator("#state"), "Asking for the floor", "It is sent when the line is back."
        )

    await says(kenya.locator("#state"), "Get ready")
    await expect(chair.locator("#list > li")).to_have_count(1)


@pytest.mark.parametrize(
    ("strange", "cursors"),
    [
        ({"kind": "floor-sold", "position": 1}, {}),
        ({"kind": "floor-given", "position": 1, "body": {"number": 7, "at": "2026-02-11"}}, {}),
        ({"kind": "list-opened", "position": 5}, {"room": {"epoch": 1, "position": 0}}),
    ],
)
async def test_news_that_do_not_fit_are_asked_for_again(meeting, strange, cursors):
    page = await meeting.visit("kenya", meeting.room())
    sockets: list[WebSocketRoute] = []
    hellos: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def stand_between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def up(message):
            hellos.put_nowait(json.loads(message))
            server.send(message)

        socket.on_message(up)
        server.on_message(socket.send)
        sockets.append(socket)

    await page.route_web_socket(re.compile("/api/v1/live$"), stand_between)
    await page.locator("#enter").click()
    await says(page.locator("#state"), "The list is closed")
    sockets[0].send(json.dumps({"on": "room", "at": "2026-02-11T08:30:00Z", "body": {}} | strange))

    async with asyncio.timeout(20):
        second = [await hellos.get() for _ in range(2)][1]
    assert second["cursors"] == cursors
    await expect(page.locator("#line-text")).to_have_text("Connected")
    await says(page.locator("#state"), "The list is closed")


async def test_what_the_service_does_not_understand_is_refused_and_not_repeated(meeting):
    chair = await meeting.preside()
    page = await meeting.visit("kenya", meeting.room())

    def garble(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda said: server.send("{}" if "request-floor" in said else said))
        server.on_message(socket.send)

    await page.route_web_socket(re.compile("/api/v1/live$"), garble)
    await page.locator("#enter").click()
    await chair.keyboard.press("l")
    await says(page.locator("#state"), "Ask for the floor")
    await page.locator("#state").click()

    await expect(page.locator("#answer")).to_contain_text("not of the protocol")
    await says(page.locator("#state"), "Ask for the floor")
    await expect(page.locator("#line-text")).to_have_text("Connected")


async def test_a_second_window_of_the_same_person_takes_the_seat_and_may_give_it_back(meeting):
    here = await meeting.enter("kenya")
    there = await meeting.enter("kenya")

    await expect(here.locator("#farewell-title")).to_have_text(
        "You are in this room somewhere else"
    )
    await here.get_by_role("button", name="Take part here").click()

    await expect(here.locator("#line-text")).to_have_text("Connected")
    await expect(here.locator("#live")).to_be_visible()
    await expect(there.locator("#farewell")).to_be_visible()


async def test_the_fence_shows_out_with_the_clause_and_leads_on_who_may_stay(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya")
    guest = await meeting.enter("stakeholder", viewport=PHONE)

    await chair.get_by_role("button", name="Prepare members' part").click()
    await expect(chair.locator("#leave-title")).to_have_text("1 person leaves")
    await chair.locator("#hold").focus()
    await chair.keyboard.down(" ")
    await expect(chair.locator("#fence")).to_be_visible()
    await chair.keyboard.up(" ")

    await expect(guest.locator("#farewell-title")).to_contain_text("The open part is over")
    await expect(guest.locator("#farewell-clause")).to_contain_text("resolves 6")
    await expect(guest.get_by_role("link", name="Send a written input")).to_be_visible()
    await expect(guest.locator("#live")).to_be_hidden()
    await says(kenya.locator("#state"), "Please wait")
    await expect(kenya.locator("#list")).to_be_hidden()

    steward = await meeting.visit("steward", meeting.hall())
    await steward.get_by_label("How many people are in the hall now?").fill("0")
    await steward.get_by_role("button", name="Sign: only").click()
    await expect(steward.locator("main")).to_contain_text("The hall is signed off.")

    await says(kenya.locator("#state"), "Nobody else can hear or see this")
    await expect(kenya.locator(".band")).to_have_attribute("data-audience", "members")
    await expect(kenya.locator(".live-grid")).to_be_hidden()
    await kenya.locator("#state").click()
    await says(kenya.locator("#state"), "The list is closed")
    await expect(kenya.locator("#sitting")).to_have_text("The second half")
    assert kenya.url.endswith(meeting.room("second"))
    await expect(chair.get_by_role("link", name="See the certificate")).to_be_visible()
    assert await guest.locator("#farewell").is_visible()


async def test_whoever_waits_for_the_members_part_is_let_in_when_it_opens(meeting):
    page = await meeting.visit("kenya", meeting.room("second"))

    await expect(page.locator("#enter-waits")).to_be_visible()
    await expect(page.locator("#line-text")).to_have_text("Waiting for the opening")
    await expect(page.locator("#live")).to_be_hidden()


async def test_without_script_the_room_leads_to_the_text_page(meeting):
    async with meeting.service.attending("chair") as chair:
        await chair.wish("open-list")
    page = await meeting.visit("kenya", meeting.room(), java_script_enabled=False, viewport=PHONE)

    await page.get_by_role("link", name="Text", exact=True).click()
    await page.get_by_role("link", name="every 15 s").click()
    await page.get_by_role("link", name="Ask for the floor").click()
    await page.get_by_role("textbox", name="On what?").fill("Access")
    await page.get_by_role("button", name="Ask for the floor").click()

    await expect(page.get_by_role("status")).to_contain_text("You have asked for the floor.")
    await expect(page.locator("ol li")).to_have_text(
        "Kenya, Delegate of Kenya, delegate, Member State: Access This is you."
    )
    assert page.url.endswith("?refresh=15&said=request-floor")
    assert await overflow(page) == 0


async def test_axe_finds_nothing_wrong_with_the_text_page(meeting):
    async with meeting.service.attending("chair") as chair:
        await chair.wish("open-list")
        await chair.wish("announce", text="Coffee at eleven.")
        for name in ("kenya", "brazil"):
            async with meeting.service.attending(name) as guest:
                await guest.wish("request-floor", topic="Access")
        await chair.wish("give-floor")
        await chair.wish("start-speech")
    pages = [
        await meeting.visit("brazil", meeting.text(), viewport=PHONE, language="ar-XB"),
        await meeting.visit("stakeholder", meeting.text("second"), viewport=DESK),
    ]

    assert [await faults(page) for page in pages] == [[], []]
    assert [await overflow(page) for page in pages] == [0, 0]


async def test_the_room_stays_within_its_budget(meeting):
    page = await meeting.visits()
    weights: list[int] = []

    async def weigh(response):
        if "/static/" in response.url and response.url.endswith((".js", ".css")):
            weights.append((await response.request.sizes())["responseBodySize"])

    page.on("response", weigh)
    login = await meeting.visit("kenya", meeting.room())
    await page.context.add_cookies(await login.context.cookies())
    await page.goto(meeting.service.url + meeting.room(), wait_until="networkidle")

    assert len(weights) > 10
    assert 10_000 < sum(weights) <= BUDGET


async def test_single_keys_can_be_switched_off(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya")
    await chair.keyboard.press("l")
    await says(kenya.locator("#state"), "Ask for the floor")

    await kenya.keyboard.press("?")
    await kenya.get_by_label("Single keys do something").uncheck()
    await kenya.keyboard.press("Escape")
    await kenya.keyboard.press("h")
    await kenya.keyboard.press("?")

    await expect(kenya.locator("#help")).to_be_hidden()
    await says(kenya.locator("#state"), "Ask for the floor")
    await expect(chair.locator("#list > li")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "ar-XB"])
@pytest.mark.parametrize("viewport", [PHONE, TABLET, DESK])
async def test_axe_finds_nothing_wrong_with_the_room(meeting, language, viewport):
    entry = await meeting.visit("kenya", meeting.room(), language=language, viewport=viewport)
    found = await faults(entry)
    await entry.locator("#enter").click()
    await expect(entry.locator("#line")).to_have_attribute("data-state", "connected")

    assert found + await faults(entry) == []
    assert await overflow(entry) == 0


async def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wide


async def test_the_same_closes_mean_come_back_to_scripts_and_to_python(modules):
    asked = [*range(1000, 1016), *range(3990, 5001)]

    told = await modules.evaluate(
        """async (codes) => {
          const { comesBack } = await import("/connection.js");
          return codes.filter(comesBack);
        }""",
        asked,
    )

    assert told == [code for code in asked if comes_back(code)]


def test_every_close_that_stays_away_has_a_sentence():
    assert {code for code in Code if not comes_back(code)} - {Code.TOO_BIG} <= set(CLOSES)


COUNTS_TONES = """
    window.tones = [];
    const made = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () {
      const source = made.call(this);
      const start = source.start.bind(source);
      source.start = (when) => { window.tones.push(source.frequency.value); start(when); };
      return source;
    };
    true;
"""


async def test_a_sound_tells_who_asked_for_it_that_their_turn_has_changed(meeting):
    chair = await meeting.preside()
    await chair.keyboard.press("l")
    kenya = await meeting.visit("kenya", meeting.room())
    await kenya.evaluate(COUNTS_TONES)
    await kenya.get_by_role("button", name="Enter the room").click()
    await says(kenya.locator("#state"), "Ask for the floor")

    await kenya.locator("#state").click()
    await says(kenya.locator("#state"), "Get ready")
    assert await kenya.evaluate("tones") == []

    choice = kenya.get_by_label("A sound when my turn changes")
    await choice.check()
    assert len(await kenya.evaluate("tones")) == 1
    await chair.keyboard.press("n")
    await expect(kenya.locator("#state")).to_contain_text("You have the floor")
    assert len(await kenya.evaluate("tones")) == 4

    await kenya.reload()
    await expect(choice).to_be_checked()
