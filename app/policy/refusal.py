"""A subject's own no, as opposed to the edition's: a reason, and nothing else."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class No:
    """False, with the reason; its sentence is in ``app.reasons``."""

    reason: StrEnum

    def __bool__(self) -> Literal[False]:
        return False
