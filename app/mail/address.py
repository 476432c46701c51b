"""Mail addresses: one spelling for one mailbox, in any script."""

from email_validator import EmailNotValidError, validate_email

from app.errors import Malformed
from app.policy.identity import IdentityFault
from app.policy.text import TextFault

LONGEST = 254


def normalized(text: str) -> str:
    """The one spelling under which an address is kept and compared, or Malformed.

    The domain becomes lower-case Unicode, whether it came as ``xn--`` or not; the local part is
    composed (NFC) and put in lower case. It is *not* casefolded: that would make one of ``ß`` and
    ``ss``, which are two mailboxes, and the letter would go to somebody else.
    """
    if len(text) > LONGEST:
        raise Malformed(email=TextFault.TOO_LONG)
    try:
        found = validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=True, strict=True
        )
    except EmailNotValidError:
        raise Malformed(email=IdentityFault.NO_ADDRESS) from None
    return f"{found.local_part.lower()}@{found.domain.lower()}"


def domain_of(said: str) -> str:
    """A domain as it is kept, from ``example.org``, ``@example.org`` or a whole address."""
    bare = said.strip().rpartition("@")[2].rstrip(".")
    try:
        found = normalized(f"x@{bare}")
    except Malformed:
        raise Malformed(domains=IdentityFault.NO_ADDRESS) from None
    return found.rpartition("@")[2]


def routable(address: str) -> str:
    """The address for an envelope: a domain in ASCII needs no SMTPUTF8 on the way."""
    found = validate_email(address, check_deliverability=False, allow_smtputf8=True, strict=True)
    return f"{found.local_part}@{found.ascii_domain}"
