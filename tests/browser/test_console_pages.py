"""The console in a browser: by keys alone, by taps, by words; and who may do what with it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from app.models import AgendaItem
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

NAMES = ("kenya", "brazil", "operator", "startup")
MEANING = """
async (lines) => {
  const { meaning } = await import("/commands.js");
  const standing = { capacity: "delegate", category: "member_state" };
  const waiting = ["Chile", "China", "Kenya"].map((entity, place) => (
    { number: 11 + place, request: "intervention", item: null,
      speaker: { entity, name: `Delegate of ${entity}`, ...standing } }
  ));
  return lines.map((line) => meaning(line, { waiting, item: null }));
}
"""

MOVED = {"number": 13, "before": 12}


def adding(
    whom: str,
    request: str = "intervention",
    *,
    topic: str = "",
    item: int | None = None,
    guest: bool = False,
    stance: str | None = None,
) -> dict[str, object]:
    """What the page makes of a line that puts somebody on the list."""
    about = {"topic": topic, "item": item, "stance": stance}
    return {"whom": whom, "guest": guest, "request": request, **about}


def siding(number: int, stance: str | None) -> dict[str, object]:
    return {"kind": "set-stance", "fields": {"number": number, "stance": stance}}


TOO_SMALL = """
() => [...document.querySelectorAll("button, a[href], input")]
  .filter((each) => each.offsetParent && !each.closest(".unseen, .skip, p .when, .room-meeting"))
  .map((each) => [each.id || each.textContent, Math.round(each.getBoundingClientRect().height)])
  .filter(([, height]) => height < 44)
"""


@pytest.fixture
async def meeting(tmp_path: Path, new_page: Visits) -> AsyncGenerator[Meeting]:
    async with running(tmp_path, new_page) as started:
        yield started


async def asked(meeting: Meeting, chair: Page, *names: str) -> None:
    """Some people on the list, in this order, who have gone home since."""
    await chair.keyboard.press("l")
    await expect(chair.locator("#list-state")).to_have_text("Open")
    for name in names:
        async with meeting.service.attending(name) as guest:
            await guest.wish("request-floor")
    await expect(chair.locator("#list > li")).to_have_count(len(names))


def row(chair: Page, name: str) -> Locator:
    return chair.locator("#list > li").filter(has_text=name)


async def test_the_console_is_run_by_keys_alone(meeting):
    chair = await meeting.preside()
    await asked(meeting, chair, *NAMES)
    who, last = chair.locator("#now-who"), chair.locator("#last")

    await chair.keyboard.press("n")
    await expect(who).to_contain_text("Kenya")
    await chair.keyboard.press(" ")
    await expect(last).to_contain_text("Kenya speaks.")
    await chair.keyboard.press(" ")
    await expect(last).to_contain_text("Kenya: the clock is stopped.")
    await chair.keyboard.press(" ")
    await expect(last).to_contain_text("Kenya: the clock runs again.")
    await chair.keyboard.press("2")
    await expect(row(chair, "An operator")).to_have_attribute("data-selected", "")
    await chair.keyboard.press("x")
    await expect(last).to_contain_text("The chair has taken An operator off the list.")
    await chair.keyboard.press("u")
    await expect(last).to_contain_text("An operator is back on the list.")
    await chair.keyboard.press("3")
    await chair.keyboard.press("g")
    await expect(who).to_contain_text("A start-up")
    await chair.keyboard.press("e")
    await expect(who).to_contain_text("Nobody has the floor")
    await chair.keyboard.press("l")
    await expect(chair.locator("#list-state")).to_have_text("Closed")
    await chair.keyboard.press("/")
    await chair.keyboard.type("give braz")
    await chair.keyboard.press("Enter")
    await expect(who).to_contain_text("Brazil")
    await chair.keyboard.press("/")
    await chair.keyboard.type("announce Five minutes' break.")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#notices")).to_contain_text("Five minutes' break.")
    await chair.keyboard.press("?")
    await expect(chair.locator("#help")).to_be_visible()
    await chair.keyboard.press("Escape")
    await expect(chair.locator("#help")).to_be_hidden()


async def test_everything_is_one_tap_on_a_tablet(meeting):
    chair = await meeting.preside(viewport=TABLET, has_touch=True)
    await chair.get_by_role("button", name="Open the list").tap()
    await expect(chair.locator("#list-state")).to_have_text("Open")
    for name in NAMES[:2]:
        async with meeting.service.attending(name) as guest:
            await guest.wish("request-floor")

    await row(chair, "Brazil").get_by_role("button", name="Give").tap()
    await expect(chair.locator("#now-who")).to_contain_text("Brazil")
    await chair.get_by_role("button", name="Start").tap()
    await expect(chair.locator("#last")).to_contain_text("Brazil speaks.")
    await row(chair, "Kenya").get_by_role("button", name="Remove").tap()
    await expect(chair.locator("#list-empty")).to_be_visible()
    await chair.get_by_role("button", name="Undo").tap()
    await expect(row(chair, "Kenya")).to_be_visible()

    small = await chair.evaluate(TOO_SMALL)
    assert small == []


async def test_the_console_fits_a_screen_of_1366_by_768(meeting):
    chair = await meeting.preside(viewport=DESK)
    await asked(meeting, chair, *NAMES)

    tall, wide = await chair.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )

    assert (tall, wide) == (768, 1366)
    for zone in ("#now-title", "#list-title", "#sitting", "#command-text", "#undo"):
        await expect(chair.locator(zone)).to_be_in_viewport()


async def test_every_action_is_said_once(meeting):
    chair = await meeting.preside()
    await listen(chair)

    await asked(meeting, chair, "kenya")
    await chair.keyboard.press("1")
    await chair.keyboard.press("g")
    await expect(chair.locator("#now-who")).to_contain_text("Kenya")
    await chair.keyboard.press("x")
    await expect(chair.locator("#answer")).to_have_text("Select a row first: 1 to 9.")

    assert await heard(chair, "1 to 9.") == (
        "The list of speakers is open. "
        "Kenya asks for the floor. "
        "Selected: Kenya "
        "Kenya (Member State) has the floor. "
        "Select a row first: 1 to 9."
    )


async def test_the_time_of_a_speech_is_set_by_keys_alone(meeting):
    chair = await meeting.preside()
    await expect(chair.locator("#time")).to_contain_text("3:00 each")

    await chair.keyboard.press("t")
    await expect(chair.get_by_role("button", name="3 minutes")).to_be_focused()
    await chair.keyboard.press("Shift+Tab")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#last")).to_contain_text("Each speech may take 2:00.")
    await expect(chair.locator("#time")).to_contain_text("2:00 each")
    await chair.keyboard.press("/")
    await chair.keyboard.type("time 90s")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#time")).to_contain_text("1:30 each")
    await chair.keyboard.press("u")
    await expect(chair.locator("#time")).to_contain_text("2:00 each")


async def test_a_click_leaves_space_to_the_clock(meeting):
    chair = await meeting.preside()
    await asked(meeting, chair, "kenya", "brazil")

    await row(chair, "Kenya").get_by_role("button", name="Give").click()
    await expect(chair.locator("#now-who")).to_contain_text("Kenya")
    await chair.keyboard.press(" ")

    await expect(chair.locator("#last")).to_contain_text("Kenya speaks.")


async def test_nothing_is_kept_for_later_while_the_console_is_not_connected(meeting):
    chair = await meeting.preside(by_wire=True)
    await asked(meeting, chair, "kenya", "brazil")

    async with meeting.no_network(chair):
        await expect(chair.locator("#gone")).to_be_visible()
        await chair.keyboard.press("n")
        await expect(chair.locator("#answer")).to_have_text("Not connected: nothing was done.")

    await expect(chair.locator("#line-text")).to_have_text("Connected")
    await expect(chair.locator("#list > li")).to_have_count(2)
    await expect(chair.locator("#now-who")).to_have_text("Nobody has the floor")


@pytest.mark.parametrize(
    ("who", "steers", "presides"),
    [("chair", True, True), ("moderator", True, False), ("secretariat", False, False)],
)
async def test_each_function_has_its_own_buttons(meeting, who, steers, presides):
    page = await meeting.preside(who)

    assert await page.locator("#next").is_visible() == steers
    assert await page.locator("#undo").is_visible() == steers
    assert await page.locator("#announce").is_visible() == presides
    assert await page.locator("#prepare").is_visible() == presides
    await page.keyboard.press("l")
    expected = "Open" if steers else "Closed"
    await expect(page.locator("#list-state")).to_have_text(expected)


@pytest.mark.parametrize("who", ["kenya", "steward"])
async def test_the_console_is_for_those_who_preside(meeting, who):
    page = await meeting.visit(who, meeting.console())

    await expect(page.locator("main")).to_contain_text("Only those who preside may do this.")
    await expect(page.locator("#console")).to_have_count(0)


async def test_the_agenda_of_the_sitting_stands_beside_the_list(meeting):
    world = meeting.service.world
    async with meeting.service.house.database.writing() as db:
        for number, (sitting, title) in enumerate(
            [("first", "Adoption of the agenda"), ("second", "Contributions")], 1
        ):
            item = AgendaItem(
                meeting_id=world.meeting_id,
                sitting_id=world.sittings[sitting],
                number=number,
                title=title,
            )
            db.add(item)

    chair = await meeting.preside()

    item = chair.locator("#agenda li")
    assert await item.locator("span").first.inner_text() == "Adoption of the agenda"
    await chair.keyboard.press("/")
    await chair.keyboard.type("item 1")
    await chair.keyboard.press("Enter")
    await expect(item.locator(".item-now")).to_be_visible()
    await expect(chair.locator("#item")).to_have_text("Item 1: Adoption of the agenda")
    await chair.locator("#item-none").click()
    await expect(chair.locator("#item")).to_be_hidden()
    await item.locator("button").click()
    await expect(chair.locator("#item")).to_be_visible()


async def test_the_fence_is_typed_reasoned_and_followed_to_its_end(meeting):
    chair = await meeting.preside()
    kenya = await meeting.enter("kenya")
    await meeting.enter("university")

    await chair.locator("#prepare").click()
    await expect(chair.locator("#leave-title")).to_have_text("1 person leaves")
    await expect(chair.locator("#leave")).to_contain_text("Academia 1 by resolves 6")
    await expect(chair.locator("#stay-title")).to_have_text("1 person stays")
    await expect(chair.locator("#serve-title")).to_have_text("1 stays in service of the meeting")
    await chair.locator("#typed-text").fill("close")
    await chair.keyboard.press("Enter")
    await expect(chair.locator("#rehearsal")).to_be_visible()
    await chair.locator("#typed-text").fill("")
    await chair.locator("#rehearsal-leave").focus()
    await chair.keyboard.type("CLOSE")  # wherever the focus is, without looking for the field
    await expect(chair.locator("#typed-text")).to_have_value("CLOSE")
    await chair.keyboard.press("Enter")

    await expect(chair.locator("#fence-steps > li").nth(2)).to_have_text("1 of 1 has left")
    await expect(chair.locator("#fence-steps > li").nth(4)).to_have_attribute("data-state", "now")
    await expect(chair.locator(".band")).to_have_attribute("data-audience", "members")
    await chair.locator("#fence-reason").fill("There is nobody in the hall.")
    await chair.get_by_role("button", name="Go on without").click()

    await expect(chair.locator("#fence-steps > li").nth(5)).to_have_text(
        "The members' part is open, and certified."
    )
    await expect(chair.locator("#sitting")).to_have_text("The second half")
    assert chair.url.endswith(meeting.console("second"))
    await says(kenya.locator("#state"), "Nobody else can hear or see this")
    await chair.get_by_role("button", name="Put this away").click()
    await expect(chair.locator("#fence")).to_be_hidden()
    await chair.keyboard.press("l")
    await expect(chair.locator("#list-state")).to_have_text("Open")


async def test_letting_go_of_the_button_early_does_nothing(meeting):
    chair = await meeting.preside()

    await chair.locator("#prepare").click()
    await expect(chair.locator("#hold")).to_be_visible()
    await chair.locator("#hold").click(delay=600)
    await chair.get_by_role("button", name="Not yet").click()

    await expect(chair.locator("#rehearsal")).to_be_hidden()
    await expect(chair.locator("#sitting-state")).to_have_text("Open")


async def test_the_hall_is_counted_by_a_steward_and_nobody_else(meeting):
    before = await meeting.visit("steward", meeting.hall())
    await expect(before.locator("main")).to_contain_text("There is nothing to sign off yet.")
    async with meeting.service.attending("chair") as _chair, meeting.service.http("chair") as http:
        first = meeting.service.world.sittings["first"]
        closed = await http.post(f"/api/v1/sittings/{first}/fence", json={"confirm": "CLOSE"})
        assert closed.status_code == 200

    secretariat = await meeting.visit("secretariat", meeting.hall())
    await expect(secretariat.locator("main form")).to_have_count(0)
    stranger = await meeting.visit("kenya", meeting.hall())
    await expect(stranger.locator("main")).to_contain_text("Only a steward of this meeting")
    await before.reload()
    await before.locator("#f-heads").fill("forty")
    await before.get_by_role("button", name="Sign: only").click()
    await expect(before.locator(".errors")).to_contain_text("as a number")
    assert await faults(before) == []
    await before.locator("#f-heads").fill("41")
    await before.get_by_role("button", name="Sign: only").click()

    await expect(before.locator("main")).to_contain_text("41 people in the hall")


async def test_markup_in_an_announcement_is_text(meeting):
    chair = await meeting.preside()

    await chair.fill("#announce-text", "<img src=x onerror=alert(1)>")
    await chair.keyboard.press("Enter")

    await expect(chair.locator("#notices li")).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(chair.locator("#notices img")).to_have_count(0)


async def test_what_turns_a_text_round_does_not_come_along(meeting):
    chair = await meeting.preside()

    await chair.fill("#announce-text", "evil \u202etxt, \u0645\u200c\u0635")
    await chair.keyboard.press("Enter")

    await expect(chair.locator("#notices bdi")).to_have_text("evil txt, \u0645\u200c\u0635")


MEANT = {
    "next": {"kind": "give-floor"},
    "ack next": {"kind": "give-floor"},
    "give 2": {"kind": "give-floor", "fields": {"number": 12}},
    "give to  KENYA": {"kind": "give-floor", "fields": {"number": 13}},
    "remove chile": {"kind": "remove-request", "fields": {"number": 11}},
    "q- delegate of chi": {"unknown": "delegate of chi"},
    "give 4": {"unknown": "4"},
    "give atlantis": {"unknown": "atlantis"},
    "close queue": {"kind": "close-list"},
    "open list": {"kind": "open-list"},
    "time 2m": {"kind": "set-time", "fields": {"seconds": 120}},
    "time 3": {"kind": "set-time", "fields": {"seconds": 180}},
    "Time 2:30": {"kind": "set-time", "fields": {"seconds": 150}},
    "time 90s": {"kind": "set-time", "fields": {"seconds": 90}},
    "time 5s": {"unknown": "time 5s"},
    "time 61m": {"unknown": "time 61m"},
    "q+ Kenya on item 4": adding("Kenya", item=4),
    "q+ kenya on item 4: access": adding("kenya", item=4, topic="access"),
    "qq+ kenya": adding("kenya", "point_of_order"),
    "q+ côte d’ivoire on funding": adding("côte d’ivoire", topic="funding"),
    'q+ "Guest of the host"': adding("Guest of the host", guest=True),
    "mic 14": adding("Room microphone 14", guest=True),
    "mic 14 against": adding("Room microphone 14", guest=True, stance="against"),
    "q+ for kenya": adding("kenya", stance="for"),
    "q+ Against kenya on item 4": adding("kenya", item=4, stance="against"),
    "q+ forum": adding("forum"),
    "against 3": siding(13, "against"),
    "for kenya": siding(13, "for"),
    "no side for chile": siding(11, None),
    "for peru": {"unknown": "peru"},
    "reply chile": adding("chile", "right_of_reply"),
    "move 3 top": {"kind": "move-request", "fields": {"number": 13, "before": 11}},
    "move 1 down": {"kind": "move-request", "fields": {"number": 11, "before": 13}},
    "move kenya before china": {"kind": "move-request", "fields": MOVED},
    "move kenya before atlantis": {"unknown": "atlantis"},
    "last word chile": {"kind": "move-request", "fields": {"number": 11, "before": None}},
    "back": {"kind": "return-speaker"},
    "item 4": {"kind": "take-item", "fields": {"number": 4}},
    "no item": {"kind": "take-item", "fields": {"number": None}},
    "pause": {"page": "run"},
    "end": {"kind": "end-speech"},
    "undo": {"kind": "undo"},
    "Announce  Back at 11:00.": {"kind": "announce", "fields": {"text": "Back at 11:00."}},
    "?": {"page": "help"},
    "sing": {"unknown": "sing"},
}


async def test_what_a_command_means(modules):
    found = await modules.evaluate(MEANING, list(MEANT))
    assert dict(zip(MEANT, found, strict=True)) == MEANT


MOVED_TO = """
async (body) => {
  const { sentence } = await import("/news.js");
  const { apply } = await import("/floor.js");
  const speaker = (name) => ({ name, entity: "", capacity: "individual", category: "public" });
  const waiting = [[1, 4], [2, 5], [3, 4], [4, 5]].map(([number, item]) => (
    { number, item, request: "intervention", speaker: speaker(`Microphone ${number}`) }
  ));
  const before = { waiting, item: { number: 5, title: "Access" } };
  const event = { kind: "request-moved", body };
  return sentence(event, before, apply(before, event));
}
"""


@pytest.mark.parametrize(
    ("number", "place", "said"),
    [
        (4, 1, "The chair has moved Microphone 4: place 1."),
        (2, 3, "The chair has moved Microphone 2: place 2."),
        (3, 0, "The chair has moved Microphone 3 in the list of another item."),
    ],
)
async def test_a_move_is_told_by_the_place_in_the_list_that_is_shown(modules, number, place, said):
    assert await modules.evaluate(MOVED_TO, {"number": number, "place": place}) == said


@pytest.mark.parametrize("language", ["en", "ar-XB"])
@pytest.mark.parametrize("viewport", [PHONE, TABLET, DESK])
async def test_axe_finds_nothing_wrong_with_the_console(meeting, language, viewport):
    chair = await meeting.visit("chair", meeting.console(), language=language, viewport=viewport)
    await expect(chair.locator("#line")).to_have_attribute("data-state", "connected")
    await asked_quietly(meeting)
    await expect(chair.locator("#list > li")).to_have_count(2)

    found = await faults(chair)
    await chair.locator("#prepare").click()
    await expect(chair.locator("#hold")).to_be_visible()

    assert found + await faults(chair) == []
    wider = await chair.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider == 0


async def asked_quietly(meeting: Meeting) -> None:
    async with meeting.service.attending("moderator") as moderator:
        await moderator.wish("open-list")
    for name in ("kenya", "operator"):
        async with meeting.service.attending(name) as guest:
            await guest.wish("request-floor", topic="Universal acceptance of domain names")
