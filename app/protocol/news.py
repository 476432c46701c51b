"""The events of the channels ``room`` and ``console``, as they are written and read."""

from typing import Annotated, Any, TypeAlias

from pydantic import Field, TypeAdapter

from app.policy import fence, floor, invitation

AnyEvent: TypeAlias = Annotated[
    floor.Event | fence.FenceMoved | invitation.InvitationMoved, Field(discriminator="kind")
]
News: TypeAlias = floor.Event | fence.FenceMoved | invitation.InvitationMoved

EVENTS: TypeAdapter[News] = TypeAdapter(AnyEvent)
FLOOR: TypeAdapter[floor.Floor] = TypeAdapter(floor.Floor)
SPEAKER: TypeAdapter[floor.Speaker] = TypeAdapter(floor.Speaker)
SPEECH: TypeAdapter[floor.Speech | None] = TypeAdapter(floor.Speech | None)
REQUEST: TypeAdapter[floor.Request] = TypeAdapter(floor.Request)


def body(event: News) -> dict[str, Any]:
    """An event's body as JSON values, without its kind; what is unset is left out."""
    written: dict[str, Any] = EVENTS.dump_python(event, mode="json")
    return {name: value for name, value in written.items() if name != "kind"}


def read(kind: str, body: dict[str, Any]) -> News:
    """The event of that kind and body; pydantic's ValidationError where it is none."""
    return EVENTS.validate_python({"kind": kind, **body}, strict=False)
