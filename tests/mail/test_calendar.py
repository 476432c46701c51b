"""The receipt of a registration carries the sittings for a calendar: those that one may attend."""

import pytest
from icalendar import Calendar

from app.i18n import Language, translations
from app.mail.calendar import calendar
from app.mail.sender import Sender
from app.models import Meeting, Sitting
from app.policy.parts import Part
from app.policy.registration import Mode
from app.services import claims, places, registration
from tests.mail.test_sender import settings
from tests.records import KENYA, LATER, NOW, Records, records


@pytest.fixture
async def desk(database) -> Records:
    return await records(database)


async def submitted(desk, entity=None, who="delegate", now=NOW):
    modes = tuple((each, Mode.IN_PERSON) for each in desk.sittings.values())
    async with desk.database.writing() as db:
        claim, by = desk.claim(entity, modes=modes), desk.people[who]
        return await claims.submit(db, desk.meeting.id, claim, by=by, now=now)


async def received(desk, tmp_path, smtp):
    """What the mail server got: subject, and the events of each letter's calendar."""
    await Sender(settings(tmp_path, smtp_url=smtp.url), desk.database, "12ab").deliver()
    return {
        each.message["Subject"]: [
            event
            for part in each.message.iter_attachments()
            for event in Calendar.from_ical(part.get_content()).walk("VEVENT")
        ]
        for each in await smtp.received()
    }


def told(events):
    return [(str(each["SUMMARY"]), str(each["STATUS"])) for each in events]


async def test_a_stakeholder_gets_the_sittings_that_are_open(desk, tmp_path, smtp):
    row = await submitted(desk)
    letters = await received(desk, tmp_path, smtp)
    assert told(letters[f"Confirmed: registration {row.reference}"]) == [
        ("Twentieth meeting: Open consultation", "CONFIRMED"),
        ("Twentieth meeting: Open part", "CONFIRMED"),
    ]


async def test_who_waits_for_approval_gets_them_as_tentative(desk, tmp_path, smtp):
    row = await submitted(desk, KENYA)
    letters = await received(desk, tmp_path, smtp)
    found = letters[f"Received, not yet confirmed: registration {row.reference}"]
    assert told(found) == [
        ("Twentieth meeting: Open consultation", "TENTATIVE"),
        ("Twentieth meeting: Open part", "TENTATIVE"),
        ("Twentieth meeting: Members' part", "TENTATIVE"),
    ]
    assert found[0].start == NOW
    assert str(found[0]["URL"]).endswith(f"/room/{desk.sittings[Part.CONSULTATION]}")


async def test_a_sitting_where_one_only_waits_comes_with_the_letter_that_gives_the_place(
    desk, tmp_path, smtp
):
    async with desk.database.writing() as db:
        by, hall = desk.people["secretariat"], {Mode.IN_PERSON: 1}
        await places.limit(db, desk.first_half, hall, by=by, now=NOW)
    first = await submitted(desk)
    row = await submitted(desk, who="other", now=LATER)
    async with desk.database.writing() as db:
        by = desk.people["delegate"]
        await registration.withdraw(db, first.id, version=1, by=by, now=LATER)
    letters = await received(desk, tmp_path, smtp)
    assert told(letters[f"Confirmed: registration {row.reference}"]) == [
        ("Twentieth meeting: Open consultation", "CONFIRMED")
    ]
    assert told(letters[f"A place has become free: registration {row.reference}"]) == [
        ("Twentieth meeting: Open part", "CONFIRMED")
    ]


def test_lines_are_short_and_no_letter_is_cut_in_two():
    meeting = Meeting(
        slug="x",
        title="多语种互联网" * 12,
        time_zone="Europe/Zurich",
        edition_id="",
        edition_digest="",
        edition_text="",
        created_at=NOW,
    )
    sitting = Sitting(
        meeting_id=meeting.id,
        number=1,
        part=Part.FIRST_HALF,
        starts_at=NOW,
        ends_at=LATER,
        time_zone="Europe/Zurich",
        place="Room A; B, C\nfloor 2",
    )
    say = translations(Language.ENGLISH).gettext
    content = calendar(meeting, [sitting], "https://meetings.example", NOW, say)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["SUMMARY"]) == f"{meeting.title}: Open part"
    assert str(event["LOCATION"]) == sitting.place
