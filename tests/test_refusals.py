"""What is refused at the doors: in which words, with which status, and that nothing was done."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx2 import AsyncClient, Response
from pydantic import ValidationError
from sqlmodel import select
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.database import load
from app.models import HallSignOff, Person
from app.policy.people import Capacity
from app.policy.registration import Claim, Mode
from app.services import claims, decisions
from tests.live.test_fence import close_open_part
from tests.pages.reading import form, reading, said
from tests.world import Service, service, settings

REGISTER = "/meetings/twenty/register"


@pytest.fixture
async def house(tables_url: str, tmp_path: Path) -> AsyncGenerator[Service]:
    async with service(settings(tmp_path, database_url=tables_url)) as running:
        yield running


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncGenerator[Service]:
    """For what no database has a say in: on SQLite only."""
    async with service(settings(tmp_path)) as running:
        yield running


def kind(answer: Response) -> tuple[int, str]:
    """The status and the type of a problem."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"]


# Addresses.


async def test_an_address_with_a_nul_leads_nowhere_through_any_door(house: Service) -> None:
    paths = ("meetings", "registrations", "certificates")
    async with house.http("kenya") as program, reading(house, "kenya") as browser:
        for path in paths:
            answer = await program.get(f"/api/v1/{path}/%00")
            assert kind(answer) == (404, "urn:cwg:not-found"), path
            answer = await browser.get(f"/{path}/a%00b")
            assert (answer.status_code, "There is no such page" in said(answer)) == (404, True)
        answer = await program.post("/api/v1/meetings/%00/registrations", json={})
        assert kind(answer) == (404, "urn:cwg:not-found")
        answer = await program.post("/api/v1/registrations/%00/withdraw", json={"version": 1})
        assert kind(answer) == (404, "urn:cwg:not-found")
        assert (await program.get("/api/v1/meetings/twenty")).status_code == 200


async def test_a_question_with_a_nul_is_not_understood_at_any_door(house: Service) -> None:
    async with house.http("kenya") as program, reading(house, "kenya") as browser:
        for path in ("/api/v1/entities?q=%00", "/api/v1/entities?q=Ken%00ya", "/health/live?%00"):
            assert kind(await program.get(path)) == (400, "urn:cwg:http"), path
        for path in ("/rule?meeting=%00", f"{REGISTER}/entities?q=a%00b", "/?lang=%00"):
            answer = await browser.get(path)
            told = (answer.status_code, "This request cannot be understood." in said(answer))
            assert told == (400, True), path
        found = await program.get("/api/v1/entities?q=Ken%2500ya")
        assert (found.status_code, found.json()) == (200, [])
        found = await program.get("/api/v1/entities?q=Kenya")
        assert [each["name"] for each in found.json()] == ["Kenya"]


async def test_a_socket_with_a_nul_in_its_address_is_not_opened(plain: Service) -> None:
    async with plain.attending("kenya") as kenya:
        address = kenya.socket.request.path if kenya.socket.request else ""
        with pytest.raises(InvalidStatus) as caught:
            async with connect(plain.url.replace("http", "ws", 1) + f"{address}?x=%00"):
                pass
    assert (address, caught.value.response.status_code) == ("/api/v1/live", 400)


async def test_a_number_that_no_list_is_long_enough_for_is_malformed(house: Service) -> None:
    rows = "/api/v1/meetings/twenty/registrations"
    participants = "/api/v1/meetings/twenty/participants"
    async with house.http("kenya") as http:
        for much in ("99999999999999999999", "9223372036854775808", "1000001", "-1"):
            for path, name in ((rows, "limit"), (participants, "offset")):
                answer = await http.get(path, params={name: much})
                assert kind(answer) == (422, "urn:cwg:malformed"), much
                assert list(answer.json()["faults"]) == [f"query.{name}"]
        assert (await http.get(participants, params={"offset": "1000000"})).json() == []
        assert len((await http.get(rows, params={"limit": "1"})).json()) == 1


# Forms.


async def test_a_search_in_the_form_sees_no_nul(house: Service) -> None:
    async with reading(house, "stakeholder") as browser:
        blank = form(await browser.get(REGISTER), REGISTER)
        typed = {"represents": "entity", "step": "find"}
        found = await browser.post(REGISTER, data=blank.filled(q="Bra\0zil", **typed))
        none = await browser.post(REGISTER, data=blank.filled(q="Bra\0sil", **typed))
        alone = await browser.post(REGISTER, data=blank.filled(q="\0", **typed))
        brazil = str(house.world.entities["brazil"])
        assert [each.status_code for each in (found, none, alone)] == [200] * 3
        assert [brazil in each.text for each in (found, none)] == [True, False]
        checked = await browser.post(REGISTER, data=blank.filled(**typed | CHECK))
        assert (checked.status_code, NO_MATCH in said(checked)) == (422, True)


CHECK = {"step": "check", "q": "Nobody\0s"}
NO_MATCH = "No body of this name is in the membership record: check the spelling"


def in_parts(**fields: bytes) -> bytes:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in fields.items()
    ]
    return b"".join([*parts, b"--B--\r\n"])


async def multipart(browser: AsyncClient, path: str, charset: str, **fields: bytes) -> Response:
    return await browser.post(
        path,
        content=in_parts(**fields),
        headers={"Content-Type": f"multipart/form-data; boundary=B; charset={charset}"},
    )


# Half a character, as these encodings write it.
HALVES = {"utf-7": b"+2AA-", "unicode_escape": b"\\ud800", "undefined": b"x"}


@pytest.mark.parametrize(("charset", "half"), HALVES.items(), ids=HALVES)
async def test_half_a_character_in_a_form_is_no_text_and_nothing_is_done(
    plain: Service, charset: str, half: bytes
) -> None:
    """A form may name its own encoding; with some of them, what is read is no text to others."""
    async with reading(plain, "stakeholder") as browser:
        page = await browser.get("/account")
        held = {name: value.encode() for name, value in form(page, "/account").fields}
        for path in ("/account", REGISTER, "/sign-in"):
            answer = await multipart(browser, path, charset, **held | {"name": half, "email": half})
            told = (answer.status_code, "This request cannot be understood." in said(answer))
            assert told == (400, True), path
        assert (await plain.person("stakeholder")).name == "The stakeholder"
        kept = await multipart(browser, "/account", "utf-8", **held | {"name": "Ö".encode()})
        assert kept.headers["location"] == "/account?done=saved"
        assert (await plain.person("stakeholder")).name == "Ö"


# The hall's reason.

HIDDEN = ("\u202edengis", "No\0body", "\x1b[2J")


async def signed(house: Service) -> list[str]:
    async with house.house.database.reading() as db:
        return [each.reason for each in await db.exec(select(HallSignOff))]


async def test_a_reason_with_a_hidden_sign_is_refused_by_the_name_of_its_field(
    house: Service,
) -> None:
    first = house.world.sittings["first"]
    path, door = f"/api/v1/sittings/{first}/fence/hall", f"/desk/hall/{first}"
    await close_open_part(house)
    async with house.http("chair") as program, reading(house, "chair") as browser:
        blank = form(await browser.get(door), f"{door}/without")
        for reason in HIDDEN:
            answer = await program.post(path, json={"reason": reason})
            assert kind(answer) == (422, "urn:cwg:malformed")
            ((field, sentence),) = answer.json()["faults"].items()
            assert field == "reason"
            page = await browser.post(f"{door}/without", data=blank.filled(reason=reason))
            assert (page.status_code, sentence in said(page)) == (422, True)
        assert await signed(house) == []
        done = await browser.post(f"{door}/without", data=blank.filled(reason="No steward came."))
        assert (done.status_code, await signed(house)) == (303, ["No steward came."])


# Far-off years.


FAR_OFF = {
    ("0001-01-01T00:00:00+00:00", "0001-01-01T01:00:00+00:00"): ["ends_at", "starts_at"],
    ("0001-01-01T00:00:00+14:00", "2030-01-01T00:00:00+00:00"): ["starts_at"],
    ("2030-01-01T00:00:00+00:00", "9999-12-31T23:59:59-14:00"): ["ends_at"],
}


async def test_no_sitting_is_held_in_a_far_off_year(house: Service) -> None:
    path = "/api/v1/meetings/twenty"
    async with house.http("secretariat") as http, reading(house, "kenya") as browser:
        for (starts_at, ends_at), fields in FAR_OFF.items():
            sitting = {"part": "consultation", "starts_at": starts_at, "ends_at": ends_at}
            answer = await http.post(f"{path}/sittings", json=sitting)
            assert kind(answer) == (422, "urn:cwg:malformed")
            assert answer.json()["faults"] == dict.fromkeys(fields, FAR_OFF_SENTENCE)
            for page in ("/", "/meetings/twenty"):
                assert (await browser.get(page)).status_code == 200
        assert [each["number"] for each in (await http.get(path)).json()["sittings"]] == [1, 2]


FAR_OFF_SENTENCE = "No meeting is held in that year."


# Numbers that are none.


async def test_what_is_not_a_number_gives_the_floor_to_nobody(plain: Service) -> None:
    path = f"/api/v1/sittings/{plain.world.sittings['first']}/wishes"
    async with (
        plain.attending("chair") as chair,
        plain.attending("kenya") as kenya,
        plain.http("chair") as http,
    ):
        await chair.wish("open-list")
        assert (await kenya.wish("request-floor"))["number"] == 1
        for number in (True, "1", 1.0, [1]):
            wish = {"kind": "give-floor", "id": str(uuid4()), "number": number}
            assert kind(await http.post(path, json=wish)) == (422, "urn:cwg:malformed")
            await chair.socket.send(json.dumps(wish))
            assert (await chair.until("note"))["note"] == "malformed"
        told = (await http.get(path.replace("wishes", "floor"))).json()
        assert ([each["number"] for each in told["waiting"]], told["speaking"]) == ([1], None)
        assert (await chair.wish("give-floor", number=1))["number"] == 1


# Rates, of a day each: the window slides, and no test begins at the end of one.

DAY = 86_400


async def test_the_fourth_ticket_of_three_waits_and_somebody_elses_does_not(
    tmp_path: Path,
) -> None:
    async with service(settings(tmp_path, tickets_per_person="3/day")) as house:
        answers = [await house.ticket("kenya") for _ in range(4)]
        assert [each.status_code for each in answers] == [201, 201, 201, 429]
        assert kind(answers[3]) == (429, "urn:cwg:too-many")
        assert 1 <= int(answers[3].headers["retry-after"]) <= 2 * DAY
        assert (await house.ticket("kenya", "second")).status_code == 429
        assert (await house.ticket("brazil")).status_code == 201


async def test_claims_through_the_page_and_the_api_are_counted_together(tmp_path: Path) -> None:
    async with service(settings(tmp_path, claims_per_person="2/day")) as house:
        async with reading(house, "stakeholder") as browser, house.http("stakeholder") as http:
            for number in (1, 2):
                assert (await sent(browser, house, f"Name {number}")).status_code == 303
            third = await sent(browser, house, "Name 3")
            assert (third.status_code, "That was too often" in said(third)) == (429, True)
            assert 1 <= int(third.headers["retry-after"]) <= 2 * DAY
            (mine,) = (await http.get("/api/v1/registrations")).json()
            assert (mine["name"], mine["version"]) == ("Name 2", 3)
            path = f"/api/v1/registrations/{mine['reference']}"
            claim = {
                "capacity": "individual",
                "group": "civil_society",
                "name": "Name 4",
                "organization": "An association",
                "country": "KE",
                "modes": {str(house.world.sittings["first"]): "remote"},
                "version": 3,
            }
            assert kind(await http.patch(path, json=claim)) == (429, "urn:cwg:too-many")
        async with reading(house, "university") as browser:
            assert (await sent(browser, house, "Somebody else")).status_code == 303


async def sent(browser: AsyncClient, house: Service, name: str) -> Response:
    """One's registration, changed on the page and sent."""
    blank = form(await browser.get(REGISTER), REGISTER)
    typed = {
        "represents": "stakeholder",
        "group": "civil_society",
        "organization": "An association",
        "country": "KE",
        "name": name,
        f"mode-{house.world.sittings['first']}": "remote",
    }
    return await browser.post(REGISTER, data=blank.filled(step="send", **typed))


@pytest.mark.parametrize(
    "name",
    [
        "links_per_address",
        "links_per_person",
        "wishes_per_person",
        "tickets_per_person",
        "claims_per_person",
    ],
)
@pytest.mark.parametrize("rate", ["often", "", "5", "-1/hour"])
def test_a_rate_that_is_none_is_refused_at_start_by_the_name_of_its_setting(
    tmp_path: Path, name: str, rate: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(tmp_path, **{name: rate})
    (fault,) = caught.value.errors()
    assert fault["msg"] == (
        f"Value error, CWG_{name.upper()}: say a number and a time, such as 5/hour."
    )


# Nobody makes themselves anything.


async def test_nobody_makes_themselves_a_focal_point(house: Service) -> None:
    path = f"/api/v1/entities/{house.world.entities['kenya']}/focal-points"
    async with house.http("secretariat") as http:
        for address in ("secretariat@example.org", " Secretariat@EXAMPLE.org "):
            answer = await http.post(path, json={"email": address, "letter": "Note 7"})
            assert kind(answer) == (403, "urn:cwg:yourself")
            assert answer.json()["detail"] == "Nobody makes themselves a focal point."
        assert (await http.get(path)).json() == []
        done = await http.post(path, json={"email": "stakeholder@example.org", "letter": "Note 7"})
        assert (done.status_code, done.json()["name"]) == (201, "The stakeholder")
        assert [each["name"] for each in (await http.get(path)).json()] == ["The stakeholder"]


# Under whose name one speaks.


async def claims_kenya(house: Service) -> UUID:
    """The chair's claim to be Kenya's delegate, which the secretariat will look at."""
    claim = Claim(
        Capacity.DELEGATE,
        house.world.entities["kenya"],
        None,
        "His Excellency",
        "",
        "",
        "Ambassador",
        ((house.world.sittings["first"], Mode.REMOTE),),
    )
    async with house.house.database.writing() as db:
        person = await load(db, Person, house.world.people["chair"])
        at, now = house.world.meeting_id, datetime.now(UTC)
        return (await claims.submit(db, at, claim, by=person, now=now)).id


async def claim_waits(house: Service) -> None:
    await claims_kenya(house)


async def claim_was_rejected(house: Service) -> None:
    key = await claims_kenya(house)
    async with house.house.database.writing() as db:
        by = await load(db, Person, house.world.people["secretariat"])
        await decisions.reject(
            db, key, version=1, reason="Not of Kenya.", by=by, now=datetime.now(UTC)
        )


OF_ONESELF = {
    "name": "The chair",
    "entity": "An association",
    "capacity": "individual",
    "category": "stakeholder",
}


@pytest.mark.parametrize("so_far", [claim_waits, claim_was_rejected])
async def test_whoever_is_not_confirmed_as_of_a_body_speaks_as_themselves(
    plain: Service, so_far: Callable[[Service], Awaitable[None]]
) -> None:
    await so_far(plain)
    async with plain.attending("chair") as chair, plain.attending("kenya") as kenya:
        await chair.wish("open-list")
        assert (await chair.wish("request-floor"))["ok"] is True
        assert (await kenya.wish("request-floor"))["ok"] is True
        asked = [(await chair.until("floor-requested"))["body"] for _ in range(2)]
        you = {name: chair.welcome["you"][name] for name in OF_ONESELF}
    assert you == OF_ONESELF
    assert [each["speaker"][:4] for each in asked] == [
        list(OF_ONESELF.values()),
        ["Delegate of Kenya", "Kenya", "delegate", "member_state"],
    ]


async def test_the_rehearsal_names_people_as_their_registrations_do(house: Service) -> None:
    """What somebody calls themselves since is for their next registration."""
    for key in ("stakeholder", "kenya", "chair"):
        async with house.http(key) as http:
            answer = await http.patch("/api/v1/me", json={"name": "Another name"})
            assert answer.json()["name"] == "Another name"
    async with (
        house.attending("stakeholder"),
        house.attending("kenya"),
        house.attending("chair"),
        house.http("steward") as http,
    ):
        path = f"/api/v1/sittings/{house.world.sittings['first']}/fence"
        told = (await http.get(path)).json()
    assert [(each["name"], each["entity"]) for each in told["leave"]] == [
        ("The stakeholder", "An association")
    ]
    assert sorted((each["name"], each["entity"]) for each in told["stay"]) == [
        ("Another name", "An association"),  # the chair, who serves and has no registration
        ("Delegate of Kenya", "Kenya"),
    ]
