"""The service's own secrets: made at the first start, kept in the data folder, never logged."""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.policy.certificate import fingerprint
from app.settings import Settings


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """Seals what is personal before it goes into a table (AES-256-GCM)."""

    key: bytes

    def seal(self, said: str, about: str) -> str:
        """The text in cipher, bound to what it is about: moved to another row it does not open."""
        nonce = secrets.token_bytes(NONCE)
        return b64encode(
            nonce + AESGCM(self.key).encrypt(nonce, said.encode(), about.encode())
        ).decode()

    def open(self, sealed: str, about: str) -> str | None:
        """The text, or None where it was sealed with another key or about something else."""
        raw = b64decode(sealed)
        try:
            return AESGCM(self.key).decrypt(raw[:NONCE], raw[NONCE:], about.encode()).decode()
        except InvalidTag:
            return None


NONCE = 12


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """``secret`` signs tickets and forms, ``signing`` certificates; ``vault`` seals answers."""

    secret: bytes
    signing: Ed25519PrivateKey
    vault: Vault

    @property
    def public(self) -> bytes:
        return self.signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def fingerprint(self) -> str:
        """Published on the service's pages and in its letters."""
        return fingerprint(self.public)

    def sign(self, message: bytes) -> str:
        """The Ed25519 signature in base64."""
        return b64encode(self.signing.sign(message)).decode()

    def seal(self, subject: str, text: str) -> bytes:
        """What only this service can compute of a text (HMAC-SHA-256); one subject, one use."""
        return hmac.digest(self.secret, f"{subject} {text}".encode(), sha256)


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is the key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def load(settings: Settings) -> Keys:
    """The keys of this deployment, made where there are none yet."""
    folder = settings.data_dir / "keys"
    given = settings.secret.get_secret_value().encode()
    raw = _kept(folder / "certificates.ed25519", _new_signing_key)
    secret = given or _kept(folder / "secret", lambda: secrets.token_bytes(32))
    vault = _kept(folder / "answers.aes", lambda: AESGCM.generate_key(256))
    return Keys(secret, _signing(raw), Vault(vault))


def _signing(raw: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(raw)


def _new_signing_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(make())
        try:
            # Linking refuses to replace: of two processes starting at once, one key wins.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
