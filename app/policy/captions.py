"""Captions: what was written of what was said, who may write it, and how a channel's picture grows.

Each language is a channel of its own. Its lines are news; its heading says what the lines after it
have in common, so that a line costs little more than its text. Captions are never the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from typing import Final, Literal, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from app.policy.people import Capacity, Function
from app.policy.refusal import No

LONGEST_LINE: Final = 500
SHOWN: Final = 50  # lines of a picture; older ones are asked for over the API
MOST_LANGUAGES: Final = 3  # that one participant follows at once
USUAL: Final = ("ar", "en", "es", "fr", "ru", "zh")  # of every sitting, without being listed
ISO_639_1: Final = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co "
    "cr cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he "
    "hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku "
    "kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr "
    "nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr "
    "ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo "
    "za zh zu "
)
LANGUAGES: Final = frozenset(ISO_639_1.split())


class CaptionSource(StrEnum):
    """Who made the words out of the sound; a program says so of itself."""

    HUMAN = "human"
    MACHINE = "machine"


class CaptionKind(StrEnum):
    """In the language that is spoken, or rendered in another one."""

    CAPTION = "caption"
    INTERPRETATION = "interpretation"


class CaptionReason(StrEnum):
    """Why captions say no; sentences are in ``app.reasons``."""

    NOT_A_CAPTIONER = "not-a-captioner"
    OFF = "captions-off"
    NOT_LISTED = "language-not-listed"
    NO_SUCH_LINE = "no-such-line"
    OPEN_ONLY = "captions-open-only"


@dataclass(frozen=True, slots=True)
class Voice:
    """Who had the floor: the name on the list, and the role (SG 6)."""

    title: str
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Heading:
    """What lines have in common: whose words, on which item, written by whom, of what kind."""

    speaker: Voice | None = None
    item: int | None = None
    source: CaptionSource = CaptionSource.HUMAN
    of: CaptionKind = CaptionKind.CAPTION


@dataclass(frozen=True, slots=True)
class WrittenLine:
    number: int
    text: str
    at: datetime
    heading: Heading
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Captions:
    """What a reader of one language sees: the newest lines, oldest first."""

    heading: Heading = Heading()
    lines: tuple[WrittenLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CaptionHeading:
    """The lines that follow have this in common."""

    heading: Heading
    kind: Literal["caption-heading"] = "caption-heading"


@dataclass(frozen=True, slots=True)
class Caption:
    """A line that is final; its moment is that of the event."""

    number: int
    text: str
    kind: Literal["caption"] = "caption"


@dataclass(frozen=True, slots=True)
class CaptionCorrected:
    number: int
    text: str
    kind: Literal["caption-corrected"] = "caption-corrected"


Event: TypeAlias = CaptionHeading | Caption | CaptionCorrected


@dataclass(frozen=True, slots=True)
class CaptionsStarted:
    """Told in the room: from now on there are captions in this language."""

    language: str
    kind: Literal["captions-started"] = "captions-started"


@dataclass(frozen=True, slots=True)
class CaptionsStopped:
    language: str
    kind: Literal["captions-stopped"] = "captions-stopped"


Switched: TypeAlias = CaptionsStarted | CaptionsStopped


def apply(captions: Captions, event: Event, at: datetime) -> Captions:
    """The picture of one language after an event of its channel, said at that moment."""
    match event:
        case CaptionHeading(heading):
            return replace(captions, heading=heading)
        case Caption(number, text):
            line = WrittenLine(number, text, at, captions.heading)
            return replace(captions, lines=(*captions.lines, line)[-SHOWN:])
        case CaptionCorrected(number, text):
            lines = tuple(_corrected(line, number, text) for line in captions.lines)
            return replace(captions, lines=lines)
        case _:
            assert_never(event)


def _corrected(line: WrittenLine, number: int, text: str) -> WrittenLine:
    return replace(line, text=text, corrected=True) if line.number == number else line


def switch(live: tuple[str, ...], event: Switched) -> tuple[str, ...]:
    """The languages in which there are captions, after one was started or stopped."""
    others = tuple(language for language in live if language != event.language)
    match event:
        case CaptionsStarted(language):
            return tuple(sorted((*others, language)))
        case CaptionsStopped():
            return others
        case _:
            assert_never(event)


def may_caption(functions: frozenset[Function]) -> bool:
    """Whether someone may write captions: viewers never do, whatever else they are."""
    return not functions.isdisjoint({Function.CAPTIONER, Function.INTERPRETER})


@dataclass(frozen=True, slots=True)
class Switch:
    """How captions of one language stand in a sitting; ``by_hand`` if the chair stopped them."""

    on: bool
    by_hand: bool = False


def may_begin(language: str, switch: Switch | None, *, open_to_all: bool) -> Literal[True] | No:
    """Whether a line is taken in this language; in an open part the first one starts it.

    What is not open to all begins without captions, and only the chair turns them on.
    """
    if switch is not None and switch.on:
        return True
    if not open_to_all or (switch is not None and switch.by_hand):
        return No(CaptionReason.OFF)
    if switch is None and language not in USUAL:
        return No(CaptionReason.NOT_LISTED)
    return True


# Exports.

LONGEST_CUE: Final = timedelta(seconds=7)
SHORTEST_CUE: Final = timedelta(seconds=1)


def as_text(lines: Iterable[WrittenLine], zone: str, notice: str, corrected: str) -> str:
    """The lines of one language as a text: a time of the place, and the speaker where it changes.

    ``notice`` says that this is not the record; ``corrected`` is the mark of a corrected line.
    """
    told, before = [notice, zone, ""], None
    for line in lines:
        if line.heading.speaker != before:
            before = line.heading.speaker
            told += ["", f"{'–' if before is None else before.title}:"]
        mark = f" [{corrected}]" if line.corrected else ""
        told.append(f"{line.at.astimezone(ZoneInfo(zone)):%H:%M:%S}  {line.text}{mark}")
    return "\n".join(told) + "\n"


def as_vtt(lines: Sequence[WrittenLine], opened_at: datetime, notice: str) -> str:
    """The lines of one language as WebVTT; the clock begins at the opening of the sitting.

    A line is shown until the next one, and for seven seconds at most.
    """
    told = ["WEBVTT", f"NOTE\n{escape(notice, quote=False)}"]
    begin = min([opened_at, *(line.at for line in lines[:1])])
    latest = [line.at + LONGEST_CUE for line in lines]
    ends = [min(end, line.at) for end, line in zip(latest, lines[1:], strict=False)]
    for line, end in zip(lines, [*ends, *latest[-1:]], strict=True):
        told.append(_cue(line, line.at - begin, end - begin))
    return "\n\n".join(told) + "\n"


def _cue(line: WrittenLine, start: timedelta, end: timedelta) -> str:
    end = max(end, start + SHORTEST_CUE)
    text = escape(line.text, quote=False)
    if line.heading.speaker is not None:
        text = f"<v {escape(line.heading.speaker.title, quote=False)}>{text}"
    return f"{line.number}\n{_clock(start)} --> {_clock(end)}\n{text}"


def _clock(since: timedelta) -> str:
    milliseconds = since // timedelta(milliseconds=1)
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}.{rest:03}"
