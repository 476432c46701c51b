"""The identity providers of this deployment: the way to each, and what it answers.

OpenID Connect, authorization code with PKCE, state and nonce, through Authlib. Nothing here holds a
transaction: a provider is another machine, and may be slow or gone.
"""

import hmac
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from ssl import SSLContext, create_default_context
from typing import Any, Final

import httpx2
import structlog
from authlib.integrations.starlette_client import (  # type: ignore[import-untyped]  # it has no types
    OAuth,
    OAuthError,
    StarletteOAuth2App,
)
from itsdangerous import BadSignature, URLSafeTimedSerializer
from joserfc.errors import JoseError

from app.errors import NotFound
from app.policy.provider import Claims, ProviderReason
from app.policy.refusal import No
from app.settings import Provider

log = structlog.get_logger()

ATTEMPT_LIFETIME: Final = 600  # seconds; somebody looks for a telephone on the way
PATIENCE: Final = 8.0  # seconds for each answer of a provider


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a browser must bring back from a provider, besides what the provider gives it."""

    provider: str
    state: str
    nonce: str
    verifier: str
    onward: str


class Astray(Exception):
    """The provider did not answer, or not as a provider does."""


class Providers:
    """Every provider by its key, in the order of the settings."""

    def __init__(self, configured: Iterable[Provider], secret: bytes) -> None:
        self.all: Mapping[str, Provider] = {each.key: each for each in configured}
        self._seal = URLSafeTimedSerializer(secret, salt="provider")
        clients = OAuth()
        # Made once: reading all authorities' certificates takes longer than asking.
        tls = create_default_context() if self.all else None
        self._clients: Mapping[str, StarletteOAuth2App] = {
            key: clients.register(key, **_registration(each, tls)) for key, each in self.all.items()
        }

    def of(self, key: str) -> Provider:
        """A provider that is set up, or NotFound."""
        if key not in self.all:
            raise NotFound
        return self.all[key]

    async def lead(self, key: str, back: str, onward: str) -> tuple[str, str] | No:
        """The provider's address to go to, and the sealed attempt for the browser to keep."""
        at, client = self.of(key), self._clients[key]
        try:
            async with _asking(key):
                _is(at, await client.load_server_metadata())
                made = await client.create_authorization_url(back)
        except Astray:
            return No(ProviderReason.UNREACHABLE)
        attempt = Attempt(key, made["state"], made["nonce"], made["code_verifier"], onward)
        return made["url"], str(self._seal.dumps(asdict(attempt)))

    def attempt(self, key: str, sealed: str, state: str) -> Attempt | No:
        """What this browser set out with, if it comes back from where it went."""
        try:
            found = Attempt(**self._seal.loads(sealed, max_age=ATTEMPT_LIFETIME))
        except BadSignature:
            return No(ProviderReason.STALE)
        same = hmac.compare_digest(found.state.encode(), state.encode("utf-8", "replace"))
        return found if same and found.provider == key else No(ProviderReason.STALE)

    async def answer(self, attempt: Attempt, back: str, code: str) -> Claims | No:
        """What the provider says of who came back with this code."""
        key = attempt.provider
        at, client = self.of(key), self._clients[key]
        try:
            async with _asking(key):
                token = await client.fetch_access_token(
                    code=code, redirect_uri=back, code_verifier=attempt.verifier
                )
                told = await client.parse_id_token(token, attempt.nonce)
                if told is None:
                    return No(ProviderReason.UNPROVEN)
                more = told if "email" in told else await client.userinfo(token=token)
        except (OAuthError, JoseError) as fault:
            log.warning("provider-unproven", provider=key, fault=repr(fault))
            return No(ProviderReason.UNPROVEN)
        except Astray:
            return No(ProviderReason.UNREACHABLE)
        if more.get("sub") != told["sub"]:  # OpenID Connect Core 1.0, section 5.3.2
            return No(ProviderReason.UNPROVEN)
        return _claims(at, told["sub"], more)


def _is(at: Provider, metadata: Mapping[str, object]) -> None:
    if metadata.get("issuer") != at.issuer:  # OpenID Connect Discovery 1.0, section 4.3
        raise ValueError(metadata.get("issuer"))


def _claims(at: Provider, subject: object, more: Mapping[str, object]) -> Claims:
    """Only text is an address, and only ``true`` is verified: a word such as "true" is neither."""
    email = more.get("email")
    return Claims(
        at.key,
        at.issuer,
        subject if isinstance(subject, str) else "",
        email if isinstance(email, str) else "",
        more.get("email_verified") is True,
    )


def _registration(at: Provider, tls: SSLContext | None) -> dict[str, Any]:
    return {
        "client_id": at.client_id,
        "client_secret": at.client_secret.get_secret_value(),
        "server_metadata_url": at.issuer.rstrip("/") + "/.well-known/openid-configuration",
        "client_kwargs": {
            "scope": at.scope,
            "code_challenge_method": "S256",
            "timeout": PATIENCE,
            "verify": tls,
        },
    }


@asynccontextmanager
async def _asking(key: str) -> AsyncGenerator[None]:
    """Whatever a provider does that no provider should is one thing to us: it is not there."""
    try:
        yield
    except (
        httpx2.HTTPError,
        httpx2.InvalidURL,
        ValueError,
        KeyError,
        TypeError,
        RuntimeError,
    ) as fault:
        log.warning("provider-astray", provider=key, fault=repr(fault))
        raise Astray from fault
