"""The life of a fence: frozen, raised, verified, opened; and what each step waits for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class FenceState(StrEnum):
    RAISED = "raised"  # nobody's wishes are taken, the epoch is new, people are being shown out
    VERIFIED = "verified"  # every process reported the epoch and nobody left; the hall is awaited
    OPENED = "opened"  # certified, and the members' part is open


class FenceReason(StrEnum):
    """Why the fence says no, or waits; sentences are in ``app.reasons``."""

    NOT_THE_CHAIR = "not-the-chair"
    NOT_A_STEWARD = "not-a-steward"
    NO_MEMBERS_PART = "no-members-part"
    OPEN_PART_NOT_OPEN = "open-part-not-open"
    ALREADY_CLOSING = "already-closing"
    MEMBERS_PART_OPEN = "members-part-open"
    PROCESS_SILENT = "process-silent"
    PEOPLE_REMAIN = "people-remain"
    NOT_STOPPED = "not-stopped"
    NO_PROCESS = "no-process"
    HALL_NOT_SIGNED = "hall-not-signed"
    NO_REASON_GIVEN = "no-reason-given"
    NOT_VERIFIED = "not-verified"


@dataclass(frozen=True, slots=True)
class Report:
    """What one live process said of a meeting."""

    process: str
    epoch: int
    remaining: int
    closed: int
    last_close_ms: float


@dataclass(frozen=True, slots=True)
class FenceMoved:
    """News for the console: how far the fence is."""

    state: FenceState
    epoch: int
    stay: int
    leave: int
    closed: int = 0
    remaining: int = 0
    waits_for: FenceReason | None = None
    kind: Literal["fence-moved"] = "fence-moved"


def waits_for(reports: tuple[Report, ...], epoch: int) -> FenceReason | None:
    """What is missing on the network side before the members' part may open; None when nothing is.

    It fails closed: with no live process at all there is nobody who could vouch for emptiness.
    """
    if not reports:
        return FenceReason.NO_PROCESS
    if any(report.epoch < epoch for report in reports):
        return FenceReason.PROCESS_SILENT
    if any(report.remaining for report in reports):
        return FenceReason.PEOPLE_REMAIN
    return None
