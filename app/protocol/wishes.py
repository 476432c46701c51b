"""What a participant may ask for, over the socket or HTTP; each wish has a client-made id."""

from typing import Annotated, Literal, Self, TypeAlias
from unicodedata import category
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    model_validator,
)

from app.policy.captions import LANGUAGES, LONGEST_LINE, CaptionKind, CaptionSource
from app.policy.floor import Per, RequestKind, Stance
from app.policy.hands import FEWEST, MOST, USUAL
from app.policy.text import TextFault, clean, fault

LONGEST_TEXT = 500
LONGEST_TOPIC = 200
LONGEST_NAME = 120
LONGEST_QUESTION = 200
LONGEST_CHOICE = 60


def _readable(text: str) -> str:
    """Refuse signs that nobody sees: they reorder a line, or a database does not keep them."""
    found = fault(text, LONGEST_TEXT, lines=True)
    if found in {TextFault.CONTROL, TextFault.DIRECTION}:
        raise ValueError(found)
    return text


def _line(text: str) -> str:
    """Refuse what is no line, or shows nothing; a sign of music or three dots are something."""
    found = fault(text, LONGEST_LINE)
    if found is not None and found is not TextFault.MARKUP:
        raise ValueError(found)
    if not any(sign.isprintable() and not sign.isspace() for sign in text):
        raise ValueError(TextFault.MISSING)
    return text


def _listed(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError("language")
    return language


def _worded(text: str) -> str:
    """One line that says something, in one spelling."""
    text = clean(text)
    found = fault(text, LONGEST_TEXT, required=True)
    if found in {TextFault.CONTROL, TextFault.DIRECTION, TextFault.MISSING}:
        raise ValueError(found)
    return text


def _different(choices: tuple[str, ...]) -> tuple[str, ...]:
    """Two choices of one name would be counted apart and read as one."""
    if len({each.casefold() for each in choices}) < len(choices):
        raise ValueError("two choices are the same")
    return choices


Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_readable)]
Topic = Annotated[str, Field(max_length=LONGEST_TOPIC), AfterValidator(_readable)]
Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_readable)]
Spelled = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(_readable)]
CaptionText = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(_line)]
LanguageCode = Annotated[str, Field(pattern="^[a-z]{2}$"), AfterValidator(_listed)]


def _visible(text: str) -> str:
    """One spelling, and something to see: a letter, a figure, a sign of any kind."""
    text = clean(text)
    if not any(category(sign)[0] in "LNPS" for sign in text):
        raise ValueError(TextFault.MISSING)
    return text


Line = Annotated[Text, AfterValidator(_visible)]
Number = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]

Question = Annotated[str, Field(max_length=LONGEST_QUESTION), AfterValidator(_worded)]
Choice = Annotated[str, Field(max_length=LONGEST_CHOICE), AfterValidator(_worded)]
Choices = Annotated[
    tuple[Choice, ...], Field(min_length=FEWEST, max_length=MOST), AfterValidator(_different)
]

LONGEST_SPEECH = 3600
Seconds = Annotated[int, Field(strict=True, ge=10, le=36_000)]


class Spoken(BaseModel):
    """Nothing may be said that is not listed here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Wish(Spoken):
    id: UUID


class RequestFloor(Wish):
    kind: Literal["request-floor"]
    request: RequestKind = RequestKind.INTERVENTION
    topic: Topic = ""
    item: Number | None = Field(
        default=None, description="of the agenda; the one in hand where none is named"
    )
    stance: Stance | None = Field(default=None, description="of an intervention only")


class WithdrawRequest(Wish):
    """One's own request of that number, or the oldest."""

    kind: Literal["withdraw-request"]
    number: Number | None = None


class AddSpeaker(Wish):
    """Put someone on the list: by a registration's reference, or by name without an account."""

    kind: Literal["add-speaker"]
    reference: Annotated[str, Field(max_length=20)] = ""
    name: Name = ""
    request: RequestKind = RequestKind.INTERVENTION
    topic: Topic = ""
    item: Number | None = None
    stance: Stance | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.reference) == bool(self.name):
            raise ValueError("name either a reference or a name")
        return self


class MoveRequest(Wish):
    """Put a waiting request before another; without one, at the end."""

    kind: Literal["move-request"]
    number: Number
    before: Number | None = None


class SetStance(Wish):
    """Put right on which side the request of that number is; on none without one."""

    kind: Literal["set-stance"]
    number: Number
    stance: Stance | None = None


class ReturnSpeaker(Wish):
    """Put whoever has the floor, or had it last, back on top of the list."""

    kind: Literal["return-speaker"]


class SetOrder(Wish):
    """Whether the newest or the oldest of a kind goes first; those who wait stay in place."""

    kind: Literal["set-order"]
    request: RequestKind
    newest_first: Annotated[bool, Field(strict=True)]


class OpenList(Wish):
    kind: Literal["open-list"]


class CloseList(Wish):
    kind: Literal["close-list"]


class SetTime(Wish):
    """What a speech, a person or a body may take from now on; none lifts a limit of the latter."""

    kind: Literal["set-time"]
    seconds: Seconds | None
    per: Per = Per.SPEECH

    @model_validator(mode="after")
    def _a_speech_has_a_limit(self) -> Self:
        if self.per is Per.SPEECH and (self.seconds is None or self.seconds > LONGEST_SPEECH):
            raise ValueError("a speech takes 10 to 3600 seconds")
        return self


class TakeItem(Wish):
    """Take up an item of the sitting's agenda; none puts it down."""

    kind: Literal["take-item"]
    number: Number | None = None


class GiveFloor(Wish):
    """Without a number the floor goes to whoever is next."""

    kind: Literal["give-floor"]
    number: Number | None = None


class RemoveRequest(Wish):
    kind: Literal["remove-request"]
    number: Number


class StartSpeech(Wish):
    kind: Literal["start-speech"]


class PauseSpeech(Wish):
    kind: Literal["pause-speech"]


class ResumeSpeech(Wish):
    kind: Literal["resume-speech"]


class EndSpeech(Wish):
    """The speaker may end their own; the chair any."""

    kind: Literal["end-speech"]


class Announce(Wish):
    kind: Literal["announce"]
    text: Text


class Undo(Wish):
    """Takes back the newest console action that still can be."""

    kind: Literal["undo"]


class AskHands(Wish):
    """A show of hands: no vote, and nothing is decided by it (A5)."""

    kind: Literal["ask-hands"]
    question: Question
    options: Choices = USUAL


class CloseHands(Wish):
    """Counts the hands of that question; none is taken after it."""

    kind: Literal["close-hands"]
    number: Number


class RaiseHand(Wish):
    """For the question of that number; another choice replaces the one before."""

    kind: Literal["raise-hand"]
    number: Number
    choice: Annotated[int, Field(strict=True, ge=1, le=MOST)]


class LowerHand(Wish):
    kind: Literal["lower-hand"]
    number: Number


class StartCaptions(Wish):
    """Have captions in this language; one beyond the six is listed by it."""

    kind: Literal["start-captions"]
    language: LanguageCode


class StopCaptions(Wish):
    kind: Literal["stop-captions"]
    language: LanguageCode


class WriteCaption(Wish):
    """A line that is final; a program says that its source is a machine."""

    kind: Literal["write-caption"]
    language: LanguageCode
    text: CaptionText
    source: CaptionSource = CaptionSource.HUMAN
    of: CaptionKind = CaptionKind.CAPTION


class CorrectCaption(Wish):
    kind: Literal["correct-caption"]
    language: LanguageCode
    number: Number
    text: CaptionText


class SpellCaption(Wish):
    """What is being written, or nothing again: passed on and never kept, so it may be lost."""

    kind: Literal["spell-caption"]
    language: LanguageCode
    text: Spelled


class SendChat(Wish):
    """Write to all in the room."""

    kind: Literal["send-chat"]
    text: Line


class TellModerator(Wish):
    """Write to those who steer; nobody else hears it."""

    kind: Literal["tell-moderator"]
    text: Line


class AnswerAside(Wish):
    """Answer whoever told the moderator something; it reaches that person only."""

    kind: Literal["answer-aside"]
    number: Number
    text: Line


class RetractChat(Wish):
    """Remove a message to all; its place stays."""

    kind: Literal["retract-chat"]
    number: Number
    why: Topic = ""


class MuteChat(Wish):
    """Take no more messages to all from whoever wrote the one of this number."""

    kind: Literal["mute-chat"]
    number: Number


class UnmuteChat(Wish):
    """Lift the mute of this number."""

    kind: Literal["unmute-chat"]
    number: Number


class CloseChat(Wish):
    """Pause chat to all."""

    kind: Literal["close-chat"]


class OpenChat(Wish):
    kind: Literal["open-chat"]


class WithdrawStatement(Wish):
    kind: Literal["withdraw-statement"]
    number: Number


class ReadStatement(Wish):
    """Note that a statement was read out."""

    kind: Literal["read-statement"]
    number: Number


class RecordStatement(Wish):
    """Put a statement on record as it was written."""

    kind: Literal["record-statement"]
    number: Number


CHATTY = (SendChat, TellModerator)  # what one person may say only so often

AnyWish: TypeAlias = Annotated[
    RequestFloor
    | WithdrawRequest
    | AddSpeaker
    | MoveRequest
    | SetStance
    | ReturnSpeaker
    | SetOrder
    | OpenList
    | CloseList
    | SetTime
    | TakeItem
    | GiveFloor
    | RemoveRequest
    | StartSpeech
    | PauseSpeech
    | ResumeSpeech
    | EndSpeech
    | Announce
    | Undo
    | AskHands
    | CloseHands
    | RaiseHand
    | LowerHand
    | StartCaptions
    | StopCaptions
    | WriteCaption
    | CorrectCaption
    | SpellCaption
    | SendChat
    | TellModerator
    | AnswerAside
    | RetractChat
    | MuteChat
    | UnmuteChat
    | CloseChat
    | OpenChat
    | WithdrawStatement
    | ReadStatement
    | RecordStatement,
    Field(discriminator="kind"),
]

CAPTIONING = (WriteCaption, CorrectCaption, SpellCaption)

WISHES: TypeAdapter[AnyWish] = TypeAdapter(AnyWish)
