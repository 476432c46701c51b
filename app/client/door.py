"""The door over HTTP: a ticket, or why there is none."""

import os
import ssl
from dataclasses import dataclass
from datetime import datetime
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from app.client.address import Address
from app.client.ending import End, Ending
from app.policy.decision import Reason
from app.policy.sitting import SittingState
from app.protocol.messages import Explanation

PATIENCE = 12.0


class Ticket(BaseModel):
    """What opens the live channels once, within a minute."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    ticket: str
    live: str


@dataclass(frozen=True, slots=True)
class NotOpen:
    """Admitted, but not at this moment: one may wait outside."""

    why: Explanation


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer, or none that counts: come back, and not before ``after`` seconds."""

    detail: str
    after: float = 0.0


class Problem(BaseModel):
    """A refusal as the service writes it (RFC 9457)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str = ""
    detail: str = ""
    decision: Explanation | None = None


class Aside(BaseModel):
    """What the guest told the moderator, or was answered: ``answers`` says to which."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    text: str
    at: datetime
    answers: int | None = None


class Asides(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    muted: bool = False
    asides: tuple[Aside, ...] = ()


class Filed(BaseModel):
    """The receipt of a written statement."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    number: int
    sha256: str
    characters: int
    filed_at: datetime
    item: int | None = None


class Unsent(Exception):
    """The service did not take it, or did not answer; the words are the service's own."""


class Door:
    """Asks for tickets with one token; it follows no redirect, so the token goes nowhere else."""

    def __init__(self, address: Address, token: str, language: str, tls: ssl.SSLContext) -> None:
        self.address = address
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        self._http = httpx2.AsyncClient(headers=headers, verify=tls, timeout=PATIENCE)

    async def close(self) -> None:
        await self._http.aclose()

    async def knock(self) -> Ticket | NotOpen | Broken | Ending:
        """Ask for a ticket: each one is a new decision."""
        try:
            answer = await self._http.post(f"{self.address.api}/tickets")
            if _not_open(answer) and await self._is_over():
                return Ending(End.OVER, _problem(answer).decision)
        except httpx2.TransportError as fault:
            return unreached(fault)
        return _heard(answer)

    async def asides(self) -> Asides:
        """Raises ``Unsent`` where they cannot be had now."""
        return Asides.model_validate(await self._ask("GET", "/chat/mine"))

    async def file(self, statement_id: UUID, text: str, item: int | None) -> Filed:
        said = {"id": str(statement_id), "text": text, "item": item}
        return Filed.model_validate(await self._ask("POST", "/statements", said))

    async def _ask(self, method: str, of: str, said: object = None) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, f"{self.address.api}{of}", json=said)
        except httpx2.TransportError as fault:
            raise Unsent(_words(fault)) from None
        if not answer.is_success:
            told = _problem(answer)
            raise Unsent(told.detail or told.title or _told(answer))
        return _json(answer)

    async def _is_over(self) -> bool:
        """A sitting that is over is not waited for."""
        sitting = await self._http.get(self.address.api)
        return sitting.is_success and _json(sitting).get("state") == SittingState.CLOSED


def _heard(answer: httpx2.Response) -> Ticket | NotOpen | Broken | Ending:
    match answer.status_code:
        case 201:
            return _ticket(answer)
        case 401:
            return Ending(End.NOT_SIGNED_IN, code=401)
        case 403:
            return _refused(_problem(answer))
        case 404:
            return Ending(End.NOT_FOUND, code=404)
        case 429 | 500 | 502 | 503 | 504:
            return Broken(_told(answer), _after(answer))
        case _:
            return Ending(End.NOT_THE_SERVICE, detail=_told(answer), code=answer.status_code)


def _ticket(answer: httpx2.Response) -> Ticket | Ending:
    try:
        return Ticket.model_validate_json(answer.content)
    except ValidationError:
        return Ending(End.NOT_THE_SERVICE, detail=_told(answer), code=answer.status_code)


def _not_open(answer: httpx2.Response) -> bool:
    why = _problem(answer).decision
    return answer.status_code == httpx2.codes.FORBIDDEN and _waits(why)


def _waits(why: Explanation | None) -> bool:
    return why is not None and why.reason == Reason.NOT_YET_OPEN


def _refused(problem: Problem) -> NotOpen | Ending:
    why = problem.decision
    if why is not None and _waits(why):
        return NotOpen(why)
    return Ending(End.REFUSED, why, detail=problem.detail or problem.title, code=403)


def _problem(answer: httpx2.Response) -> Problem:
    try:
        return Problem.model_validate(_json(answer))
    except ValidationError:
        return Problem()


def _json(answer: httpx2.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _told(answer: httpx2.Response) -> str:
    """The answer in a few words, with the host that a redirect points to."""
    onward = urlsplit(answer.headers.get("location", "")).netloc
    return f"{answer.status_code} {answer.reason_phrase}" + (f" → {onward}" if onward else "")


def _after(answer: httpx2.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return min(float(said), 600.0) if said.isdecimal() else 0.0


def unreached(fault: BaseException) -> Broken | Ending:
    """A line that could not be made: to be tried again, unless it is not to be trusted."""
    untrusted = next((each for each in _causes(fault) if _mistrusts(each)), None)
    if untrusted is not None:
        return Ending(End.UNTRUSTED, detail=str(getattr(untrusted, "verify_message", "")))
    return Broken(_words(fault))


def _mistrusts(fault: BaseException) -> bool:
    return isinstance(fault, ssl.SSLCertVerificationError)


def _causes(fault: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause: BaseException | None = fault
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _words(fault: BaseException) -> str:
    """What the system said, which is deepest; else what the fault is called."""
    told = [words for each in _causes(fault) if (words := _by_system(each))]
    return told[-1] if told else str(fault) or type(fault).__name__


def _by_system(fault: BaseException) -> str:
    if not isinstance(fault, OSError):
        return ""
    if isinstance(fault, gaierror) or fault.errno is None:
        return fault.strerror or ""
    return os.strerror(fault.errno)
