"""The events of the channels ``room`` and ``console``, as they are written and read."""

from typing import Annotated, Any, TypeAlias

from pydantic import Field, TypeAdapter

from app.policy import fence, floor, hands, minutes

AtTheConsole: TypeAlias = fence.FenceMoved | minutes.MinutesChanged
Spoken: TypeAlias = floor.Event | AtTheConsole
AnyEvent: TypeAlias = Annotated[Spoken, Field(discriminator="kind")]

EVENTS: TypeAdapter[Spoken] = TypeAdapter(AnyEvent)
FLOOR: TypeAdapter[floor.Floor] = TypeAdapter(floor.Floor)
SPEAKER: TypeAdapter[floor.Speaker] = TypeAdapter(floor.Speaker)
SPEECH: TypeAdapter[floor.Speech | None] = TypeAdapter(floor.Speech | None)
COUNTS: TypeAdapter[hands.Counts] = TypeAdapter(hands.Counts)
REQUEST: TypeAdapter[floor.Request] = TypeAdapter(floor.Request)


def body(event: Spoken) -> dict[str, Any]:
    """An event's body as JSON values, without its kind; what is unset is left out."""
    written: dict[str, Any] = EVENTS.dump_python(event, mode="json")
    return {name: value for name, value in written.items() if name != "kind"}


def read(kind: str, body: dict[str, Any]) -> Spoken:
    """The event of that kind and body; pydantic's ValidationError where it is none."""
    return EVENTS.validate_python({"kind": kind, **body}, strict=False)
