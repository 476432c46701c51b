"""Words that only their holder knows: the tables keep digests of them and nothing else."""

import secrets
from hashlib import sha256


def new_token() -> str:
    """256 random bits, in characters that a URL, a cookie and a header take as they are."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept; a random word needs no salt and no slow hash."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()
