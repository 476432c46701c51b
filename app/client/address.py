"""Where a sitting is: the address that a person pastes, taken apart, and refused when unsafe."""

from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from itertools import pairwise
from typing import Final, Self
from urllib.parse import SplitResult, parse_qsl, urlsplit
from uuid import UUID

FACES: Final = frozenset({"room", "text", "console", "sittings"})
SECRETS: Final = frozenset({"token", "ticket", "access_token", "key", "password", "secret"})
TOKEN_BEGINS: Final = "cwg_"  # noqa: S105 - what is looked for, so that it is refused
WITHOUT_PORT: Final = {"http": 80, "https": 443}


class AddressFault(StrEnum):
    """Why an address is not used; sentences are in ``wording``."""

    NOT_AN_ADDRESS = "not-an-address"
    NO_SITTING = "no-sitting"
    HOLDS_A_SECRET = "holds-a-secret"  # noqa: S105 - the name of a fault
    NOT_ENCRYPTED = "not-encrypted"


class Unusable(ValueError):
    """An address that is no sitting's, or that would give a secret away."""

    def __init__(self, fault: AddressFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Address:
    """A sitting of a service: its origin, and the sitting's id."""

    origin: str
    sitting: UUID

    @classmethod
    def read(cls, text: str, sitting: UUID | None = None) -> Self:
        """The address of a sitting's page, or of the service with the sitting's id beside it.

        Raises ``Unusable`` also where a token stands in the address, because addresses are kept in
        histories and logs, and where a token would travel unencrypted to another machine.
        """
        parts = _split(text)
        if parts.username is not None or parts.password is not None or _tells(parts):
            raise Unusable(AddressFault.HOLDS_A_SECRET)
        if parts.scheme == "http" and not _on_loopback(parts.hostname or ""):
            raise Unusable(AddressFault.NOT_ENCRYPTED)
        return cls(_origin(parts), sitting or _sitting(parts.path))

    @property
    def api(self) -> str:
        """The sitting in the service's API."""
        return f"{self.origin}/api/v1/sittings/{self.sitting}"

    @property
    def host(self) -> str:
        """The machine, and the port where it is not the usual one."""
        return urlsplit(self.origin).netloc

    def live(self, path: str) -> str:
        """The socket at a path of this origin, and of no other."""
        if not path.startswith("/") or path.startswith(("//", "/\\")):
            raise ValueError(path)
        return f"ws{self.origin.removeprefix('http')}{path}"

    def of(self, sitting: UUID) -> Self:
        """Another sitting of the same service."""
        return replace(self, sitting=sitting)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise Unusable(AddressFault.NOT_AN_ADDRESS) from None
    if parts.scheme not in WITHOUT_PORT or not parts.hostname or port == 0:
        raise Unusable(AddressFault.NOT_AN_ADDRESS)
    return parts


def _tells(parts: SplitResult) -> bool:
    """Whether a secret stands where everyone may read it."""
    named = parse_qsl(parts.query, keep_blank_values=True)
    if any(name.lower() in SECRETS for name, _ in named):
        return True
    return TOKEN_BEGINS in parts.query or TOKEN_BEGINS in parts.fragment


def _on_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    usual = parts.port in {None, WITHOUT_PORT[parts.scheme]}
    return f"{parts.scheme}://{name}" + ("" if usual else f":{parts.port}")


def _sitting(path: str) -> UUID:
    """The id that follows the name of a face: ``/room/…``, ``/sittings/…/why``."""
    steps = path.split("/")
    for face, after in pairwise(steps):
        if face in FACES:
            try:
                return UUID(after)
            except ValueError:
                break
    raise Unusable(AddressFault.NO_SITTING)
