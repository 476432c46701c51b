"""Chat: what is written to all, who may write it, and what becomes of the picture.

What a participant and the moderator tell one another is an aside: it is in no picture and no event.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias, assert_never

from app.policy.decision import Decision, Denied
from app.policy.people import Speaker
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
    message: Message
    kind: Literal["chat-said"] = "chat-said"


@dataclass(frozen=True, slots=True)
class ChatRetracted:
    """The moderator removed a message; its place stays."""

    number: int
    kind: Literal["chat-retracted"] = "chat-retracted"


@dataclass(frozen=True, slots=True)
class ChatRestored:
    """The message is back in its place: an undo."""

    message: Message
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
        case ChatSaid(message):
            return replace(chat, messages=(*chat.messages, message)[-MOST:])
        case ChatRetracted(number):
            return replace(chat, messages=tuple(_without_text(m, number) for m in chat.messages))
        case ChatRestored(message):
            put_back = (message if m.number == message.number else m for m in chat.messages)
            return replace(chat, messages=tuple(put_back))
        case ChatClosed():
            return replace(chat, paused=True)
        case ChatOpened():
            return replace(chat, paused=False)
        case _:
            assert_never(event)


def _without_text(message: Message, number: int) -> Message:
    return replace(message, text=None) if message.number == number else message


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
