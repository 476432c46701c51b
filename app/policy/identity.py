"""What people say of themselves, and why a link, a login or a token opens nothing."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from app.policy import text

LABEL: Final = 80
PATH: Final = 400
LINES: Final = {"name": 120, "affiliation": 160, "job_title": 160}


class SignInWay(StrEnum):
    """How a login was made."""

    LINK = "link"
    PROVIDER = "provider"
    PASSKEY = "passkey"
    ROLE = "role"


class IdentityReason(StrEnum):
    """Why identity says no; sentences are in ``app.reasons``."""

    LINK_USED = "link-used"
    LINK_EXPIRED = "link-expired"
    TOO_MANY_TOKENS = "too-many-tokens"
    BY_LOGIN_ONLY = "by-login-only"


class IdentityFault(StrEnum):
    """What is wrong with an answer; sentences are in ``app.reasons``."""

    NO_ADDRESS = "no-mail-address"
    NO_PATH = "no-path-of-ours"
    NOT_ON_THE_LIST = "not-on-the-list"
    PAST = "in-the-past"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What people say of themselves; None leaves as it is."""

    name: str | None = None
    affiliation: str | None = None
    job_title: str | None = None
    country: str | None = None
    language: str | None = None


def cleaned(said: Particulars) -> Particulars:
    """The same in one spelling: composed and trimmed."""
    given = {field: value for field, value in asdict(said).items() if value is not None}
    return Particulars(**{field: text.clean(value) for field, value in given.items()})


def faults(
    said: Particulars, countries: Collection[str], languages: Collection[str]
) -> dict[str, str]:
    """What is wrong with cleaned particulars, by field."""
    found: dict[str, str | None] = {
        field: text.fault(getattr(said, field) or "", most) for field, most in LINES.items()
    }
    if said.country not in {None, "", *countries}:
        found["country"] = IdentityFault.NOT_ON_THE_LIST
    if said.language not in {None, *languages}:
        found["language"] = IdentityFault.NOT_ON_THE_LIST
    return {field: fault for field, fault in found.items() if fault}


def leads_home(path: str) -> bool:
    """Whether a path stays with us: no other host, no scheme, nothing that a browser rewrites."""
    fits = path.isprintable() and "\\" not in path and len(path) <= PATH
    return fits and path.startswith("/") and not path.startswith("//")
