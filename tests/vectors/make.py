"""Histories of floor and captions, and what Python makes of them: other clients make the same.

``python -m tests.vectors.make 200`` prints that many as JSON, for a client in another language.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.policy import captions, chat, hands, statement
from app.policy import floor as rules
from app.policy.floor import Event, Floor, Request, RequestKind, Speaker, Stance
from app.policy.people import Capacity, Category
from app.protocol import news
from app.protocol.messages import captions_of, snapshot_of

START = datetime(2026, 2, 11, 8, 30, tzinfo=UTC)
WORDS = ("", "Kenya", "Côte d’Ivoire", "中国", "مصر", "<b>&amp;</b>", "\u202eabc", "🕊")

speakers = st.builds(
    Speaker,
    name=st.sampled_from(WORDS),
    entity=st.sampled_from(WORDS),
    capacity=st.sampled_from(Capacity),
    category=st.sampled_from(Category),
    remote=st.booleans(),
)


@dataclass
class Story:
    """A sitting being told: everything in it could have been done by the services."""

    draw: st.DrawFn
    floor: Floor = field(default_factory=Floor)
    events: list[Event] = field(default_factory=list)
    newest: int = 0
    at: datetime = START

    def tell(self, event: Event) -> None:
        self.floor = rules.apply(self.floor, event)
        self.events.append(event)
        if isinstance(event, rules.FloorRequested):
            self.newest = event.number

    @property
    def waiting(self) -> list[int]:
        return [each.number for each in self.floor.waiting]

    @property
    def speaks(self) -> list[int]:
        """The number of the request that has the floor."""
        speech = self.floor.speaking
        return [] if speech is None else [speech.request.number]

    @property
    def off(self) -> list[int]:
        """What an undo could put on the list again."""
        return [*self.speaks, *(each.number for each in self.floor.kept.requests)]

    @property
    def over(self) -> list[int]:
        """What an undo could give the floor again: the speech that runs has its clock set back."""
        if self.speaks:
            return self.speaks
        return [each.request.number for each in self.floor.kept.speeches]


@st.composite
def histories(draw: st.DrawFn, longest: int = 24) -> tuple[Event, ...]:
    """What may be said in one sitting, in an order in which it may be said."""
    story = Story(draw)
    for _ in range(draw(st.integers(0, longest))):
        story.at += timedelta(microseconds=draw(st.integers(1, 400_000_000)))
        story.tell(draw(st.sampled_from(_possible(story)))(story))
    return tuple(story.events)


def _possible(story: Story) -> list[Callable[[Story], Event]]:
    """The kinds that could come now; being asked for twice makes a list of some length."""
    waits = [_withdrawn, _removed, _moved, _given, _given] if story.floor.waiting else []
    returns = [_returned] if story.off else []
    notices = [_retracted] if story.floor.notices else []
    messages = [_removed_message, _put_back] if story.floor.chat.messages else []
    on_record = [_unrecorded] if story.floor.statements else []
    return [
        _asked,
        _asked,
        _asked,
        *waits,
        *returns,
        *([_sided] if story.waiting or story.speaks else []),
        *_SPEECH,
        *_SITTING,
        _announced,
        _timed,
        _hands_asked,
        _hands_closed,
        _hands_restored,
        _taken,
        _ordered,
        _said,
        _said,
        _recorded,
        *_CHAT,
        *messages,
        *on_record,
        *notices,
    ]


def _asked(story: Story) -> Event:
    kind, topic = story.draw(st.sampled_from(RequestKind)), story.draw(st.sampled_from(WORDS))
    item = story.draw(st.none() | st.integers(1, 3))
    takes_side = kind is RequestKind.INTERVENTION
    stance = story.draw(st.none() | st.sampled_from(Stance)) if takes_side else None
    request = Request(story.newest + 1, kind, story.draw(speakers), story.at, topic, item, stance)
    place = rules.place_of(story.floor, request)
    last = place == len(story.floor.waiting)
    return rules.FloorRequested.of(request, None if last else place)


def _withdrawn(story: Story) -> Event:
    return rules.RequestWithdrawn(story.draw(st.sampled_from(story.waiting)))


def _removed(story: Story) -> Event:
    return rules.RequestRemoved(story.draw(st.sampled_from(story.waiting)))


def _given(story: Story) -> Event:
    before = st.floats(0, 3600, allow_nan=False, width=32)
    number = story.draw(st.sampled_from(story.waiting))
    return rules.FloorGiven(number, story.at, story.draw(before), story.draw(before))


def _returned(story: Story) -> Event:
    place = story.draw(st.integers(0, len(story.waiting)))
    return rules.RequestReturned(story.draw(st.sampled_from(story.off)), place)


def _sided(story: Story) -> Event:
    number = story.draw(st.sampled_from([*story.waiting, *story.speaks]))
    return rules.StanceSet(number, story.draw(st.none() | st.sampled_from(Stance)))


def _moved(story: Story) -> Event:
    place = story.draw(st.integers(0, len(story.waiting) - 1))
    return rules.RequestMoved(story.draw(st.sampled_from(story.waiting)), place)


def _ordered(story: Story) -> Event:
    return rules.OrderSet(story.draw(st.sampled_from(RequestKind)), story.draw(st.booleans()))


def _paused(story: Story) -> Event:
    return rules.SpeechPaused(story.draw(st.floats(0, 3600, allow_nan=False, width=32)))


def _restored(story: Story) -> Event:
    """A speech that is over, or the one that runs, with another clock; or nobody speaks."""
    number = story.draw(st.sampled_from([None, *story.over]))
    if number is None:
        return rules.SpeechRestored()
    moments = st.none() | st.just(story.at)
    spoken = story.draw(st.floats(0, 3600, allow_nan=False, width=32))
    return rules.SpeechRestored(number, story.draw(moments), story.draw(moments), spoken)


def _timed(story: Story) -> Event:
    per = story.draw(st.sampled_from(rules.Per))
    seconds = st.integers(10, 3600)
    limit = seconds if per is rules.Per.SPEECH else st.none() | seconds
    return rules.TimeSet(story.draw(limit), per)


def _taken(story: Story) -> Event:
    items = st.builds(rules.Item, st.integers(1, 3), st.sampled_from(WORDS))
    return rules.ItemTaken(story.draw(st.none() | items))


def _said(story: Story) -> Event:
    number = max((each.number for each in story.floor.chat.messages), default=0) + 1
    text = story.draw(st.none() | st.sampled_from(WORDS))
    return chat.ChatSaid.of(chat.Message(number, story.draw(speakers), text, story.at))


def _removed_message(story: Story) -> Event:
    return chat.ChatRetracted(story.draw(st.sampled_from(story.floor.chat.messages)).number)


def _put_back(story: Story) -> Event:
    """Also of a message that the picture does not keep any more."""
    message = story.draw(st.sampled_from(story.floor.chat.messages))
    number = story.draw(st.sampled_from((message.number, 0)))
    return chat.ChatRestored(number, "again")


_CHAT: Final[list[Callable[[Story], Event]]] = [
    lambda _: chat.ChatClosed(),
    lambda _: chat.ChatOpened(),
]


def _recorded(story: Story) -> Event:
    number = max((each.number for each in story.floor.statements), default=0) + 1
    item = story.draw(st.none() | st.integers(1, 99))
    on_record = statement.OnRecord(number, story.draw(speakers), item, 7, story.at)
    return statement.StatementRecorded.of(on_record)


def _unrecorded(story: Story) -> Event:
    number = story.draw(st.sampled_from(story.floor.statements)).number
    return statement.StatementUnrecorded(number)


def _show(story: Story) -> hands.Show:
    texts = story.draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=4))
    last = 0 if story.floor.hands is None else story.floor.hands.number
    return hands.Show(last + 1, story.draw(st.sampled_from(WORDS)), tuple(texts), story.at)


def _hands_asked(story: Story) -> Event:
    return hands.HandsAsked(_show(story))


def _hands_closed(story: Story) -> Event:
    shown = story.floor.hands
    choices = 2 if shown is None else len(shown.choices)
    rows = st.sampled_from([*Category, hands.SERVICE])
    up = st.lists(st.tuples(rows, st.integers(1, choices)), max_size=9)
    return hands.HandsClosed.of(hands.count(choices, story.draw(up)))


def _hands_restored(story: Story) -> Event:
    return hands.HandsRestored(story.draw(st.sampled_from([None, _show(story)])))


def _announced(story: Story) -> Event:
    last = max((notice.number for notice in story.floor.notices), default=0)
    return rules.Announced(rules.Notice(last + 1, story.draw(st.sampled_from(WORDS)), story.at))


def _retracted(story: Story) -> Event:
    numbers = [notice.number for notice in story.floor.notices]
    return rules.AnnouncementRetracted(story.draw(st.sampled_from(numbers)))


_SPEECH: Final[list[Callable[[Story], Event]]] = [
    lambda story: rules.SpeechStarted(story.at),
    _paused,
    lambda story: rules.SpeechResumed(story.at),
    lambda _: rules.SpeechEnded(),
    _restored,
]
_SITTING: Final[list[Callable[[Story], Event]]] = [
    lambda _: rules.SittingOpened(),
    lambda _: rules.SittingClosing(),
    lambda _: rules.SittingClosed(),
    lambda _: rules.ListOpened(),
    lambda _: rules.ListClosed(),
    lambda story: captions.CaptionsStarted(story.draw(st.sampled_from(captions.USUAL))),
    lambda story: captions.CaptionsStopped(story.draw(st.sampled_from(captions.USUAL))),
]


def replay(history: tuple[Event, ...], floor: Floor | None = None) -> Floor:
    """The picture after all of it."""
    floor = floor or Floor()
    for event in history:
        floor = rules.apply(floor, event)
    return floor


def case(history: tuple[Event, ...]) -> dict[str, Any]:
    """A snapshot before, the events as they travel, and the snapshot and times after each."""
    after = [replay(history[:told]) for told in range(len(history) + 1)]
    moments = [START + timedelta(seconds=told * 7.25) for told in range(len(after))]
    return {
        "before": snapshot_of(after[0]),
        "events": [told(event) for event in history],
        "after": [snapshot_of(floor) for floor in after[1:]],
        "spoken": [
            [moment.isoformat(), floor.speaking.spoken(moment) if floor.speaking else None]
            for moment, floor in zip(moments[1:], after[1:], strict=True)
        ],
    }


def told(event: Event) -> dict[str, Any]:
    """An event as it travels; a moment is left out where it was said in that moment."""
    at = said_at(event)
    return {"kind": event.kind, "at": moment(at), "body": news.body(event, at)}


def said_at(event: Event) -> datetime:
    match event:
        case rules.FloorRequested(number=number, asked_at=at) if number % 3:
            return at
        case chat.ChatSaid(number=number, at=at) if number % 3:
            return at
        case rules.SpeechStarted(at) | rules.SpeechResumed(at):
            return at
        case _:
            return START


def cases(number: int) -> list[dict[str, Any]]:
    """So many different cases, the same ones each time."""
    made: list[dict[str, Any]] = []

    @settings(
        max_examples=number, derandomize=True, database=None, deadline=None, phases=[Phase.generate]
    )
    @given(histories())
    def collect(history: tuple[Event, ...]) -> None:
        made.append(case(history))

    collect()
    return made


# Captions.

Said: TypeAlias = tuple[captions.Event, datetime]

voices = st.builds(captions.Voice, title=st.sampled_from(WORDS), capacity=st.sampled_from(Capacity))
headings = st.builds(
    captions.Heading,
    speaker=st.none() | voices,
    item=st.none() | st.integers(1, 40),
    source=st.sampled_from(captions.CaptionSource),
    of=st.sampled_from(captions.CaptionKind),
)


@st.composite
def captioned(draw: st.DrawFn, longest: int = 90) -> tuple[Said, ...]:
    """What may be said on the channel of one language; the picture holds fewer lines."""
    told: list[Said] = []
    number = 0
    for place in range(draw(st.integers(0, longest))):
        text, event = draw(st.sampled_from(WORDS)), draw(st.sampled_from("hlllc"))
        said: captions.Event = captions.CaptionHeading(draw(headings))
        if event == "l" or (event == "c" and number == 0):
            said = captions.Caption(number := number + 1, text)
        elif event == "c":
            said = captions.CaptionCorrected(draw(st.integers(1, number)), text)
        told.append((said, START + timedelta(microseconds=place * 1_234_567)))
    return tuple(told)


def shown(history: tuple[Said, ...], picture: captions.Captions | None = None) -> captions.Captions:
    """The captions after all of it."""
    picture = picture or captions.Captions()
    for event, at in history:
        picture = captions.apply(picture, event, at)
    return picture


def caption_case(history: tuple[Said, ...]) -> dict[str, Any]:
    """The events of a channel as they travel, and the picture after all of them."""
    written = [
        {"kind": event.kind, "at": moment(at), "body": news.body(event, at)}
        for event, at in history
    ]
    half = len(history) // 2
    return {
        "half": captions_of(shown(history[:half])),
        "events": written,
        "told": half,
        "after": captions_of(shown(history)),
    }


def moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def caption_cases(number: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    @settings(
        max_examples=number, derandomize=True, database=None, deadline=None, phases=[Phase.generate]
    )
    @given(captioned())
    def collect(history: tuple[Said, ...]) -> None:
        made.append(caption_case(history))

    collect()
    return made


if __name__ == "__main__":
    print(json.dumps(cases(int(sys.argv[1])), ensure_ascii=False))  # noqa: T201 - its purpose
