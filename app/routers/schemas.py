"""What the schemas of all doors share: nothing unknown is taken, and nothing is guessed."""

from base64 import b64decode
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
)

from app.errors import Malformed
from app.models import Sitting
from app.policy.badge import PictureFault
from app.policy.parts import Part
from app.policy.sitting import SittingState


class In(BaseModel):
    """What a program sends; JSON knows texts where we know ids, moments and words of a list."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Out(BaseModel):
    """What a program gets."""

    model_config = ConfigDict(frozen=True)


class SittingOut(Out):
    """When and where a sitting is; the title of a part that one may not read is empty (A18)."""

    id: UUID
    meeting: UUID
    number: int
    part: Part
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    time_zone: str
    state: SittingState
    opened_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, sitting: Sitting, *, reads: bool = True) -> Self:
        named = {"meeting_id", "title"}
        facts = sitting.model_dump(include=set(cls.model_fields) - named)
        return cls(**facts, meeting=sitting.meeting_id, title=sitting.title if reads else "")


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a date and time in ISO 8601, with its zone")  # noqa: TRY004 - Pydantic's way to say no
    return value


def _day(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a day in ISO 8601")  # noqa: TRY004 - Pydantic's way to say no
    return value


Id = Annotated[UUID, Strict(strict=False)]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), Strict(strict=False)]
Day = Annotated[date, BeforeValidator(_day), Strict(strict=False)]
OneOf = Strict(strict=False)
# Bounds of what is read at all; what is too long for its field is told by name.
Text = Annotated[str, StringConstraints(max_length=2000)]


class PictureIn(In):
    """A JPEG or PNG in base64; a program sends it no larger than it is needed."""

    picture: Annotated[str, StringConstraints(min_length=1, max_length=1_500_000)]

    def value(self) -> bytes:
        """The file; Malformed where it is no base64."""
        try:
            return b64decode(self.picture, validate=True)
        except ValueError:
            raise Malformed(picture=PictureFault.NOT_READ) from None
