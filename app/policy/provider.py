"""What an identity provider says of somebody, and when it is believed."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.policy.refusal import No

SUBJECT: Final = 255  # OpenID Connect Core 1.0, section 2


class ProviderReason(StrEnum):
    """Why a provider signs nobody in; sentences are in ``app.reasons``."""

    UNREACHABLE = "provider-unreachable"
    DECLINED = "provider-declined"
    STALE = "attempt-stale"
    UNPROVEN = "answer-unproven"
    NO_SUBJECT = "subject-missing"
    NO_ADDRESS = "address-missing"
    NOT_VERIFIED = "address-not-verified"
    NOT_ITS_DOMAIN = "address-of-another-domain"
    OTHER_ADDRESS = "address-is-another"
    OTHER_ACCOUNT = "account-is-another"
    UNLINKED = "account-unlinked"


NOBODYS_FAULT: Final = frozenset(
    {ProviderReason.UNREACHABLE, ProviderReason.DECLINED, ProviderReason.STALE}
)
"""What happens without anybody claiming to be somebody: it is told, and not journaled."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider has signed about somebody; the subject is the one thing that never changes.

    ``verified`` is true only where the provider says ``email_verified: true``, and in no other way.
    """

    provider: str
    issuer: str
    subject: str
    email: str = ""
    verified: bool = False


def unbelieved(claims: Claims, domains: Collection[str]) -> No | None:
    """Why nobody follows from these claims; the address is already in its one spelling.

    ``domains`` are those for which the provider may speak; none means any.
    """
    if not 0 < len(claims.subject) <= SUBJECT:
        return No(ProviderReason.NO_SUBJECT)
    if not claims.email:
        return No(ProviderReason.NO_ADDRESS)
    if not claims.verified:
        return No(ProviderReason.NOT_VERIFIED)
    if domains and claims.email.rpartition("@")[2] not in domains:
        return No(ProviderReason.NOT_ITS_DOMAIN)
    return None
