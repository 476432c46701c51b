"""Passkeys (WebAuthn): adding them to an account, signing in with one, and who must.

A challenge is sealed into the page that asks for the passkey and works once. The passkey must be
discoverable and must verify its user: it is a way in by itself, not a second step.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlmodel import col, delete, select
from sqlmodel.sql.expression import SelectOfScalar
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    bytes_to_base64url,
    generate_challenge,
    parse_authentication_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.database import Reading, Writing, hold
from app.errors import Conflict, Malformed, NotFound, Refused
from app.models import Appointment, Login, Passkey, Person, TicketUsed
from app.policy import text
from app.policy.identity import SignInWay
from app.policy.passkey import BOUND, MOST, NAME, PasskeyReason
from app.policy.refusal import No
from app.services import acts, identity
from app.services.identity import LOGIN_LIFETIME, Made

CHALLENGE_LIFETIME = 1800  # seconds: as long as a page may stand open
SIGNING_IN = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks an authenticator, and the seal with which the answer must come back."""

    options: str  # JSON
    sealed: str


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of an authenticator as the page sends it: JSON, and the seal of the challenge."""

    credential: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """``purpose`` is the login that adds a passkey, or nothing for signing in."""

    challenge: str
    purpose: str


class Registrar:
    """Asks for passkeys in the name of this service, and knows its own challenges again.

    ``address`` is the origin that people use; its host is what passkeys are bound to.
    """

    def __init__(self, secret: bytes, address: str, name: str) -> None:
        self.address = address
        self.host = urlsplit(address).hostname or ""
        self._name = name
        self._seal = URLSafeTimedSerializer(secret, salt="passkey")

    def to_add(self, person: Person, login_id: UUID, there: Sequence[Passkey]) -> Asked:
        """What to ask a browser in which this person is signed in."""
        challenge = generate_challenge()
        options = generate_registration_options(
            rp_id=self.host,
            rp_name=self._name,
            user_id=person.id.bytes,
            user_name=person.email,
            user_display_name=person.name or person.email,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential))
                for each in there
            ],
        )
        return Asked(options_to_json(options), self._sealed(challenge, str(login_id)))

    def to_sign_in(self) -> Asked:
        """What to ask a browser of nobody: whichever passkey it has for this service."""
        challenge = generate_challenge()
        options = generate_authentication_options(
            rp_id=self.host,
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return Asked(options_to_json(options), self._sealed(challenge, SIGNING_IN))

    def _sealed(self, challenge: bytes, purpose: str) -> str:
        made = Challenge(bytes_to_base64url(challenge), purpose)
        return str(self._seal.dumps(asdict(made)))

    def opened(self, sealed: str, purpose: str) -> bytes | None:
        """The challenge behind a seal, if it was made for this and not too long ago."""
        try:
            found = Challenge(**self._seal.loads(sealed, max_age=CHALLENGE_LIFETIME))
        except BadSignature:
            return None
        return base64url_to_bytes(found.challenge) if found.purpose == purpose else None


# One's own.


async def passkeys(db: Reading | Writing, person: Person) -> Sequence[Passkey]:
    """Someone's passkeys, the newest first."""
    query = select(Passkey).where(Passkey.person_id == person.id)
    return (await db.exec(query.order_by(col(Passkey.made_at).desc()))).all()


async def add(
    db: Writing,
    at: Registrar,
    said: Said,
    name: str,
    login: Login,
    by: Person,
    now: datetime,
    *,
    required: bool,
) -> Passkey:
    """Add a passkey to the account of whoever is signed in by this login."""
    called = _named(name)
    await hold(db, Person, by.id)
    there = await passkeys(db, by)
    await _may_change(db, login, by, there, required=required)
    if len(there) >= MOST:
        raise Conflict(PasskeyReason.TOO_MANY)
    challenge = at.opened(said.sealed, str(login.id))
    if challenge is None or not await _burn(db, challenge, now):
        raise Refused(No(PasskeyReason.STALE))
    try:
        proven = verify_registration_response(
            credential=said.credential,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.address,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        raise Refused(No(PasskeyReason.UNPROVEN)) from None
    credential = bytes_to_base64url(proven.credential_id)
    if (await db.exec(_of(credential))).first() is not None:
        raise Conflict(PasskeyReason.ALREADY_THERE)
    made = Passkey(
        person_id=by.id,
        credential=credential,
        public_key=bytes_to_base64url(proven.credential_public_key),
        uses=proven.sign_count,
        name=called,
        made_at=now,
    )
    db.add(made)
    await acts.record(db, "passkey-added", now, person=str(by.id), passkey=str(made.id))
    return made


async def rename(db: Writing, passkey_id: UUID, name: str, by: Person) -> None:
    """Call one's own passkey something else; another's does not exist."""
    called = _named(name)
    found = await _own(db, passkey_id, by)
    found.name = called
    db.add(found)


async def remove(
    db: Writing, passkey_id: UUID, login: Login, by: Person, now: datetime, *, required: bool
) -> None:
    """Remove one's own passkey, and end the logins made by it, but for the one that asks."""
    found = await _own(db, passkey_id, by)
    await _may_change(db, login, by, await passkeys(db, by), required=required)
    await db.delete(found)
    await acts.record(db, "passkey-removed", now, person=str(by.id), passkey=str(passkey_id))
    await identity.revoke_made_by(db, passkey_id, by, now, but=login.id)


async def forget_all(db: Writing, person: Person, now: datetime) -> int:
    """Remove all of somebody's passkeys, for an operator who knows that they are lost; how many."""
    there = await passkeys(db, person)
    for each in there:
        await db.delete(each)
        await identity.revoke_made_by(db, each.id, person, now)
    await acts.record(db, "passkeys-forgotten", now, person=str(person.id), removed=len(there))
    return len(there)


def _named(name: str) -> str:
    called = text.clean(name)
    if fault := text.fault(called, NAME, required=True):
        raise Malformed(passkey=fault)
    return called


async def _own(db: Writing, passkey_id: UUID, by: Person) -> Passkey:
    found = await hold(db, Passkey, passkey_id)
    if found.person_id != by.id:
        raise NotFound
    return found


async def _may_change(
    db: Writing, login: Login, by: Person, there: Collection[Passkey], *, required: bool
) -> None:
    """Whoever must use a passkey and has one changes them with it: a mailbox alone may not."""
    if required and there and login.way != SignInWay.PASSKEY and await bound(db, [by.id]):
        raise Refused(No(PasskeyReason.SIGN_IN_WITH_IT))


# Signing in.


async def sign_in(
    db: Writing,
    at: Registrar,
    said: Said,
    agent: str,
    now: datetime,
    *,
    lifetime: timedelta = LOGIN_LIFETIME,
) -> str | No:
    """The value of a new cookie, or why there is none; a passkey that lies is put on record."""
    challenge = at.opened(said.sealed, SIGNING_IN)
    if challenge is None or not await _burn(db, challenge, now):
        return No(PasskeyReason.STALE)
    found = await _named_by(db, said.credential)
    if found is None:
        return No(PasskeyReason.UNKNOWN)
    try:
        proven = verify_authentication_response(
            credential=said.credential,
            expected_challenge=challenge,
            expected_rp_id=at.host,
            expected_origin=at.address,
            credential_public_key=base64url_to_bytes(found.public_key),
            credential_current_sign_count=found.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as fault:
        await acts.record(
            db,
            "passkey-refused",
            now,
            person=str(found.person_id),
            passkey=str(found.id),
            fault=str(fault)[:200],
        )
        return No(PasskeyReason.UNPROVEN)
    person = await hold(db, Person, found.person_id)
    person.verified_at = person.verified_at or now
    found.uses, found.used_at = proven.new_sign_count, now
    db.add_all((person, found))
    made = Made(SignInWay.PASSKEY, found.id, found.name)
    cookie = await identity.log_in(db, person, agent, now, lifetime=lifetime, made=made)
    await acts.record(db, "signed-in", now, person=str(person.id), passkey=str(found.id))
    return cookie


async def _named_by(db: Writing, credential: str) -> Passkey | None:
    """The passkey that an answer names, held: two answers of it are counted one after the other."""
    try:
        named = parse_authentication_credential_json(credential).id
    except (WebAuthnException, ValueError):
        return None
    held = _of(named).with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await db.exec(held)).first()


def _of(credential: str) -> SelectOfScalar[Passkey]:
    return select(Passkey).where(Passkey.credential == credential)


async def _burn(db: Writing, challenge: bytes, now: datetime) -> bool:
    """Use a challenge up; whether nobody had used it before."""
    key = UUID(bytes=sha256(b"passkey" + challenge).digest()[:16])
    until = now + timedelta(seconds=CHALLENGE_LIFETIME)
    await db.exec(delete(TicketUsed).where(col(TicketUsed.expires_at) < now))
    if await db.get(TicketUsed, key) is not None:
        return False
    db.add(TicketUsed(id=key, expires_at=until))
    await db.flush()
    return True


# Who must.


def bound_people() -> SelectOfScalar[UUID]:
    """Whoever holds a function, in any meeting, that takes a passkey where one is required."""
    return select(Appointment.person_id).where(
        col(Appointment.function).in_(BOUND), col(Appointment.ended_at).is_(None)
    )


async def bound(db: Reading | Writing, people: Collection[UUID]) -> frozenset[UUID]:
    """Who of these are bound to come with a passkey."""
    return frozenset(
        await db.exec(bound_people().where(col(Appointment.person_id).in_(people)).distinct())
    )
