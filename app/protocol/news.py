"""The events of every channel, as they are written and read."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field, TypeAdapter

from app.policy import captions, chat, fence, floor, hands, invitation, minutes, statement

ConsoleEvent: TypeAlias = (
    fence.FenceMoved
    | invitation.InvitationMoved
    | chat.AsideEvent
    | statement.DeskEvent
    | minutes.MinutesChanged
)
Event: TypeAlias = floor.Event | ConsoleEvent | captions.Event
AnyEvent: TypeAlias = Annotated[
    floor.Event | ConsoleEvent | captions.Event, Field(discriminator="kind")
]

EVENTS: TypeAdapter[Event] = TypeAdapter(AnyEvent)
FLOOR: TypeAdapter[floor.Floor] = TypeAdapter(floor.Floor)
CAPTIONS: TypeAdapter[captions.Captions] = TypeAdapter(captions.Captions)
SPEAKER: TypeAdapter[floor.Speaker] = TypeAdapter(floor.Speaker)
SPEECH: TypeAdapter[floor.Speech | None] = TypeAdapter(floor.Speech | None)
COUNTS: TypeAdapter[hands.Counts] = TypeAdapter(hands.Counts)
REQUEST: TypeAdapter[floor.Request] = TypeAdapter(floor.Request)

# Fields of events that are left out where they are the moment of the event.
MOMENTS: Final = ("at", "asked_at")


def body(event: Event, at: datetime) -> dict[str, Any]:
    """The body of an event that is said at that moment, as JSON values, without its kind.

    Thousands hear it, so what goes without saying is left out: whatever has its default, and when
    it was, where that is when it was said.
    """
    written: dict[str, Any] = EVENTS.dump_python(event, mode="json", exclude_defaults=True)
    for name in MOMENTS:
        if getattr(event, name, None) == at:
            del written[name]
    return written


def read(kind: str, body: dict[str, Any], at: datetime) -> Event:
    """The event of that kind and body, said then; pydantic's ValidationError where it is none."""
    said = {"kind": kind, **dict.fromkeys(MOMENTS, at), **body}
    return EVENTS.validate_python(said, strict=False)
