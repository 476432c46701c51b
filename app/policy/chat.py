"""Chat: what is written to all, who may write it, and what becomes of the picture.

What a participant and the moderator tell one another is an aside: it is in no picture and no event.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Self, TypeAlias, assert_never

from app.policy.decision import Decision, Denied
from app.policy.people import Speaker, SpeakerRow
from app.policy.refusal import No

MOST: Final = 50  # messages that a picture keeps; older ones are asked for


class ChatReason(StrEnum):
    """Why chat says no; sentences are in ``app.reasons``."""

    PAUSED = "chat-paused"
    MUTED = "chat-muted"
    NO_SUCH_MESSAGE = "no-such-message"
    NOT_MUTED = "not-muted"


@dataclass(frozen=True, slots=True)
class Message:
    """Something written to all; without its text it was removed by the moderator."""

    number: int
    speaker: Speaker
    text: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Chat:
    """The newest messages to all, the oldest first, and whether more are taken."""

    paused: bool = False
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatSaid:
    """Something written to all; its text is null where it was removed since."""

    number: int
    speaker: SpeakerRow
    text: str | None
    at: datetime
    kind: Literal["chat-said"] = "chat-said"

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(message.number, message.speaker.row, message.text, message.at)

    @property
    def message(self) -> Message:
        return Message(self.number, Speaker(*self.speaker), self.text, self.at)


@dataclass(frozen=True, slots=True)
class ChatRetracted:
    """The moderator removed a message; its place stays."""

    number: int
    kind: Literal["chat-retracted"] = "chat-retracted"


@dataclass(frozen=True, slots=True)
class ChatRestored:
    """The words of a message are back in its place: an undo. Null where they were removed again.

    Who wrote it, and when, stands in its place; the words do not stay where they were removed.
    """

    number: int
    text: str | None
    kind: Literal["chat-restored"] = "chat-restored"


@dataclass(frozen=True, slots=True)
class ChatClosed:
    kind: Literal["chat-closed"] = "chat-closed"


@dataclass(frozen=True, slots=True)
class ChatOpened:
    kind: Literal["chat-opened"] = "chat-opened"


@dataclass(frozen=True, slots=True)
class AsideTold:
    """Somebody wrote to the moderator, or was answered; what was written is asked for."""

    number: int
    kind: Literal["aside-told"] = "aside-told"


@dataclass(frozen=True, slots=True)
class ChatMuted:
    """Somebody's chat is muted for this sitting; whose, those who follow the console may ask."""

    number: int
    kind: Literal["chat-muted"] = "chat-muted"


@dataclass(frozen=True, slots=True)
class ChatUnmuted:
    number: int
    kind: Literal["chat-unmuted"] = "chat-unmuted"


ChatEvent: TypeAlias = ChatSaid | ChatRetracted | ChatRestored | ChatClosed | ChatOpened
AsideEvent: TypeAlias = AsideTold | ChatMuted | ChatUnmuted


def apply(chat: Chat, event: ChatEvent) -> Chat:
    """The picture after the event; a message that it does not keep any more changes nothing."""
    match event:
        case ChatSaid():
            return replace(chat, messages=(*chat.messages, event.message)[-MOST:])
        case ChatRetracted(number):
            return _worded(chat, number, None)
        case ChatRestored(number, text):
            return _worded(chat, number, text)
        case ChatClosed():
            return replace(chat, paused=True)
        case ChatOpened():
            return replace(chat, paused=False)
        case _:
            assert_never(event)


def _worded(chat: Chat, number: int, text: str | None) -> Chat:
    """The same with other words in one message, or none."""
    messages = (replace(m, text=text) if m.number == number else m for m in chat.messages)
    return replace(chat, messages=tuple(messages))


def may_chat(speaks: Decision, *, paused: bool, muted: bool) -> Literal[True] | Denied | No:
    """Whoever may speak in this part may write to all, unless chat is paused or theirs muted.

    A line of chat is an intervention in small: it takes the same right and shows the same role.
    """
    if not speaks:
        return speaks
    if muted:
        return No(ChatReason.MUTED)
    return No(ChatReason.PAUSED) if paused else True


def may_tell_moderator(attends: Decision) -> Literal[True] | Denied:
    """Whoever is let in may say that they cannot hear, those too who may not speak.

    Pausing chat and muting somebody leave this way open: the remedy is to ask.
    """
    return True if attends else attends
