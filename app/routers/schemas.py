"""What the schemas of all doors share: nothing unknown is taken, and nothing is guessed."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
)


class In(BaseModel):
    """What a program sends; JSON knows texts where we know ids, moments and words of a list."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Out(BaseModel):
    """What a program gets."""

    model_config = ConfigDict(frozen=True)


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a date and time in ISO 8601, with its zone")  # noqa: TRY004 - Pydantic's way to say no
    return value


Id = Annotated[UUID, Strict(strict=False)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), Strict(strict=False)]
OneOf = Strict(strict=False)
# Bounds of what is read at all; what is too long for its field is told by name.
Text = Annotated[str, StringConstraints(max_length=2000)]


def private(response: Response) -> None:
    """What is for one person is kept by nobody on the way."""
    response.headers["Cache-Control"] = "no-store"
