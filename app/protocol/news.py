"""The events of every channel, as they are written and read."""

from typing import Annotated, Any, TypeAlias

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


def body(event: Event) -> dict[str, Any]:
    """An event's body as JSON values, without its kind; what is unset is left out."""
    written: dict[str, Any] = EVENTS.dump_python(event, mode="json")
    return {name: value for name, value in written.items() if name != "kind"}


def read(kind: str, body: dict[str, Any]) -> Event:
    """The event of that kind and body; pydantic's ValidationError where it is none."""
    return EVENTS.validate_python({"kind": kind, **body}, strict=False)
