"""What somebody who comes into a sitting is given: their pass, and the picture to begin with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app import journal
from app.database import Reading, Writing, load
from app.explain import explain
from app.i18n import Language, translations
from app.journal import Channel
from app.live.entry import Admitted, Pass
from app.live.wire import encode
from app.models import FloorRequest, Meeting, Person, Sitting
from app.policy.access import Edition, Part, Right
from app.policy.access import decide as rule
from app.policy.attendance import Attendee
from app.policy.captions import may_caption
from app.policy.decision import Decision
from app.policy.floor import Floor, RequestState, may_preside, may_steer, may_watch
from app.policy.invitation import by_invitation, capacity_in, since
from app.policy.people import Category, Standing
from app.protocol.messages import (
    Audience,
    ChannelState,
    Cursor,
    Resync,
    Welcome,
    You,
    captions_of,
    snapshot_of,
)
from app.services import access, captions, fence, floor, hands, invitation

MOST_MISSED = 400  # events; someone further behind gets a snapshot instead


@dataclass(frozen=True, slots=True)
class Place:
    """A sitting as everyone who comes in finds it: read once, however many come."""

    meeting: Meeting
    sitting: Sitting
    edition: Edition
    positions: Mapping[str, int]
    floor: Floor
    snapshots: Mapping[str, Mapping[str, object]]
    audience: Audience
    missed: dict[tuple[Channel, int], tuple[bytes, ...]] = field(default_factory=dict)

    async def since(
        self, db: Reading | Writing, channel: Channel, position: int
    ) -> Sequence[bytes]:
        """What came after that position, encoded: a public that comes back has missed the same.

        What came after the place was read is told by the room.
        """
        key = (channel, position)
        if key not in self.missed:
            newest = self.positions[channel.subject]
            news = await journal.since(db, channel, position, MOST_MISSED)
            said = (journal.said(channel, each) for each in news if each.position <= newest)
            self.missed[key] = tuple(map(encode, said))
        return self.missed[key]


@dataclass(frozen=True, slots=True)
class Own:
    """What people have of their own in a sitting: their requests, and which hands are up."""

    requests: Mapping[UUID, FloorRequest]
    hands: Mapping[UUID, int]

    @classmethod
    async def of(cls, db: Reading | Writing, place: Place, people: Collection[UUID]) -> "Own":
        asked = _asked(place.snapshots["room"])
        return cls(
            await floor.owned(db, place.sitting, people),
            await hands.owned(db, place.sitting, people, asked),
        )


async def place_of(db: Reading | Writing, sitting_id: UUID, languages: Collection[str]) -> Place:
    """The sitting as it is now, with the captions in those of these languages that it lists."""
    sitting = await load(db, Sitting, sitting_id)
    meeting = await load(db, Meeting, sitting.meeting_id)
    spoken = languages and await captions.listed(db, sitting) & frozenset(languages)
    pictures = await captions.pictures(db, sitting, spoken) if spoken else {}
    seen = await floor.picture(db, sitting)
    snapshots = {
        "room": snapshot_of(seen),
        "console": {},
        **{_captions(language): captions_of(each) for language, each in pictures.items()},
    }
    told = {
        subject: await journal.position(db, Channel(sitting.id, subject, meeting.epoch))
        for subject in snapshots
    }
    edition = access.edition(meeting)
    heard_by = audience(edition, sitting.part)
    return Place(meeting, sitting, edition, told, seen, snapshots, heard_by)


async def next_place(
    db: Reading, sitting_id: UUID, epoch: int, languages: Collection[str]
) -> Place:
    """Where the people of a sitting belong now: after a fence, in the part that it opens."""
    place = await place_of(db, sitting_id, languages)
    raised = await fence.current(db, place.meeting.id)
    if raised is None or raised.from_sitting_id != sitting_id or raised.epoch <= epoch:
        return place
    return await place_of(db, raised.to_sitting_id, languages)


def _captions(language: str) -> str:
    return f"captions:{language}"


def serves(standing: Standing) -> bool:
    """Who hears the console's news: those who steer, the secretariat and the stewards."""
    return may_watch(standing.functions)


def pass_of(
    place: Place,
    person: Person,
    standing: Standing,
    language: str,
    generation: int,
    *,
    login_id: UUID | None,
    token_id: UUID | None,
    ends_at: datetime | None,
    captions: Sequence[str],
    until: datetime | None = None,
    screen: bool = False,
) -> Pass:
    """What the hall knows of somebody who comes in, with the channels that they hear."""
    subjects = ["room", *(["console"] if serves(standing) and not screen else [])]
    chosen = () if screen else tuple(dict.fromkeys(captions))
    subjects += [each for each in map(_captions, chosen) if each in place.snapshots]
    epoch = place.meeting.epoch
    return Pass(
        person_id=person.id,
        meeting_id=place.meeting.id,
        sitting_id=place.sitting.id,
        epoch=epoch,
        login_id=login_id,
        token_id=token_id,
        language=language,
        category=standing.category_left,
        remote=standing.remote,
        restricted=not place.audience.everyone,
        channels=tuple(Channel(place.sitting.id, subject, epoch) for subject in subjects),
        generation=generation,
        ends_at=ends_at,
        screen=screen,
        captions=chosen,
        may_caption=may_caption(standing.functions) and not screen,
        invited_until=until,
    )


def audience(edition: Edition, part: Part) -> Audience:
    """Who can hear in this part, by the rule: the band on top of every room."""
    may = [each for each in Category if rule(edition, Standing.of(each), part, Right.ATTEND)]
    known = {each for each in Category if each is not Category.PUBLIC}
    return Audience(part=part, everyone=known <= set(may), categories=tuple(may))


async def welcomed(
    db: Reading | Writing,
    place: Place,
    who: Attendee,
    own: Own,
    standing: Standing,
    entry: Decision,
    made: Pass,
    cursors: Mapping[str, Cursor],
    now: datetime,
    *,
    moved: bool = False,
) -> Admitted:
    """The welcome: each channel from where it was left, or whole; ``moved`` by a fence."""
    oldest, snapshots = await _told_to(db, place, entry)
    channels: dict[str, ChannelState] = {}
    gap: list[bytes] = []
    before: list[bytes] = []
    for channel in made.channels:
        at = place.positions[channel.subject]
        cursor = cursors.get(channel.subject)
        if (
            cursor
            and cursor.position >= oldest.get(channel.subject, 0)
            and _resumable(cursor, channel, at)
        ):
            channels[channel.subject] = ChannelState(position=cursor.position)
            gap += await place.since(db, channel, cursor.position)
        else:
            if cursor:
                before.append(encode(Resync(on=channel.subject).model_dump()))
            snapshot = dict(snapshots[channel.subject])
            channels[channel.subject] = ChannelState(position=at, snapshot=snapshot)
    welcome = Welcome(
        kind="moved" if moved else "welcome",
        sitting=place.sitting.id,
        meeting=place.meeting.id,
        title=place.sitting.title or place.meeting.title,
        epoch=place.meeting.epoch,
        now=now,
        audience=place.audience,
        entry=explain(entry, translations(Language(made.language)).gettext),
        you=_you(place, who, own, made, standing, entry),
        channels=channels,
    )
    return Admitted(
        made,
        welcome.model_dump_json(exclude_none=True).encode(),
        {channel: place.positions[channel.subject] for channel in made.channels},
        tuple(gap),
        tuple(before),
    )


async def _told_to(
    db: Reading | Writing, place: Place, entry: Decision
) -> tuple[Mapping[str, int], Mapping[str, Mapping[str, object]]]:
    """From which position of a channel on someone is told its news, and the pictures to begin with.

    An expert is there for the item in hand: of what was before it they are told nothing. Captions
    are not for them: a correction may be of a line that was written before.
    """
    if not by_invitation(entry):
        return {}, place.snapshots
    epoch, newest = place.meeting.epoch, place.positions["room"]
    oldest, at = await invitation.taken(db, place.sitting, epoch, newest)
    room = snapshot_of(since(place.floor, at))
    return {"room": oldest}, {**place.snapshots, "room": room}


def _resumable(cursor: Cursor, channel: Channel, newest: int) -> bool:
    """A cursor of another epoch, from the future or from long ago gets a snapshot, never a part."""
    return (
        cursor.epoch == channel.epoch
        and cursor.position <= newest
        and newest - cursor.position <= MOST_MISSED
    )


def _you(
    place: Place, shown: Attendee, own: Own, made: Pass, standing: Standing, entry: Decision
) -> You:
    if made.screen:
        return _of_screen(shown)
    mine = own.requests.get(made.person_id)
    part = place.sitting.part
    inside = access.once_open(standing)
    return You(
        name=shown.name,
        entity=shown.entity,
        capacity=capacity_in(entry, shown.capacity),
        category=shown.category,
        functions=tuple(sorted(standing.functions)),
        may_speak=bool(rule(place.edition, inside, part, Right.SPEAK)),
        may_raise_point_of_order=bool(
            rule(place.edition, inside, part, Right.RAISE_POINT_OF_ORDER)
        ),
        may_steer=may_steer(standing.functions),
        may_preside=may_preside(standing.functions),
        may_caption=may_caption(standing.functions),
        request=mine.number if mine else None,
        speaking=mine is not None and mine.state is RequestState.SPEAKING,
        hand=own.hands.get(made.person_id),
    )


def _asked(snapshot: Mapping[str, object]) -> int | None:
    """The number of the show of hands that runs, if any."""
    match snapshot.get("hands"):
        case {"number": int(number), "counts": None}:
            return number
        case _:
            return None


def _of_screen(shown: Attendee) -> You:
    """Whose function a screen stands on; whatever they may do, they do not do it there."""
    return You(
        name=shown.name,
        entity=shown.entity,
        capacity=shown.capacity,
        category=shown.category,
        may_speak=False,
        may_raise_point_of_order=False,
        may_steer=False,
        may_preside=False,
    )
