"""Signing in with an identity provider: accounts are linked by a verified address, and by it only.

A refusal is a value and no exception, because it is journaled in the transaction that refuses.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select

from app.database import Reading, Writing, hold, load
from app.errors import Malformed, NotFound
from app.mail.address import LONGEST, normalized
from app.models import Person, ProviderAccount
from app.policy.identity import SignInWay
from app.policy.provider import NOBODYS_FAULT, SUBJECT, Claims, ProviderReason, unbelieved
from app.policy.refusal import No
from app.services import acts, identity
from app.services.identity import LOGIN_LIFETIME, Made


async def sign_in(
    db: Writing,
    answer: Claims | No,
    key: str,
    name: str,
    domains: Collection[str],
    agent: str,
    now: datetime,
    *,
    lifetime: timedelta = LOGIN_LIFETIME,
) -> str | No:
    """The value of a new cookie, or why there is none; ``name`` is the provider's, for people.

    The answer may be that there is none to be believed: that too is put on record.
    """
    found = answer if isinstance(answer, No) else await _believed(db, answer, domains, now)
    if isinstance(found, No):
        await _refuse(db, key, answer, found, now)
        return found
    person = await hold(db, Person, found.person_id)
    found = await hold(db, ProviderAccount, found.id)
    if found.unlinked_at is not None:  # while this one waited
        return No(ProviderReason.UNLINKED)
    person.verified_at = person.verified_at or now
    found.used_at = now
    db.add_all((person, found))
    made = Made(SignInWay.PROVIDER, found.id, name)
    cookie = await identity.log_in(db, person, agent, now, lifetime=lifetime, made=made)
    await acts.record(
        db, "signed-in", now, person=str(person.id), provider=key, account=str(found.id)
    )
    return cookie


async def _believed(
    db: Writing, claims: Claims, domains: Collection[str], now: datetime
) -> ProviderAccount | No:
    said = replace(claims, email=_one_spelling(claims.email))
    refused = unbelieved(said, domains)
    return await _account(db, said, now) if refused is None else refused


def _one_spelling(email: str) -> str:
    """The address as it is kept; nothing for what is no address."""
    try:
        return normalized(email)
    except Malformed:
        return ""


async def _account(db: Writing, said: Claims, now: datetime) -> ProviderAccount | No:
    """The account of these claims, linked now where it is new and nothing speaks against it."""
    known = await _known(db, said)
    if known is None:
        return await _link(db, said, now)
    person = await load(db, Person, known.person_id)
    if person.email != said.email:
        return No(ProviderReason.OTHER_ADDRESS)
    if known.unlinked_at is not None:
        return No(ProviderReason.UNLINKED)
    return known


async def _known(db: Writing, said: Claims) -> ProviderAccount | None:
    """Not held: two who come at once hold the person first and the account then, or embrace."""
    query = select(ProviderAccount).where(
        ProviderAccount.issuer == said.issuer, ProviderAccount.subject == said.subject
    )
    return (await db.exec(query.execution_options(populate_existing=True))).first()


async def _link(db: Writing, said: Claims, now: datetime) -> ProviderAccount | No:
    """An address that a provider gives to somebody new is not also theirs who had it before."""
    person = await identity.person_for(db, said.email, now)
    await hold(db, Person, person.id)
    if again := await _known(db, said):  # two at once: the other was faster
        return again
    theirs = select(ProviderAccount.id).where(
        ProviderAccount.person_id == person.id, ProviderAccount.issuer == said.issuer
    )
    if (await db.exec(theirs)).first() is not None:
        return No(ProviderReason.OTHER_ACCOUNT)
    made = ProviderAccount(
        person_id=person.id,
        provider=said.provider,
        issuer=said.issuer,
        subject=said.subject,
        linked_at=now,
        used_at=now,
    )
    db.add(made)
    await db.flush()
    await acts.record(
        db,
        "account-linked",
        now,
        person=str(person.id),
        provider=said.provider,
        account=str(made.id),
    )
    return made


async def _refuse(db: Writing, key: str, answer: Claims | No, why: No, now: datetime) -> None:
    """Put on record that a provider said what is not believed, and which address it named."""
    if why.reason in NOBODYS_FAULT:
        return
    named = answer if isinstance(answer, Claims) else Claims(key, "", "")
    await acts.record(
        db,
        "provider-refused",
        now,
        provider=key,
        reason=why.reason.value,
        subject=named.subject[:SUBJECT],
        email=named.email[:LONGEST],
    )


# What is linked.


async def accounts(db: Reading | Writing, person: Person) -> Sequence[ProviderAccount]:
    """Someone's accounts at providers, those too that were unlinked; the newest first."""
    query = select(ProviderAccount).where(ProviderAccount.person_id == person.id)
    return (await db.exec(query.order_by(col(ProviderAccount.linked_at).desc()))).all()


async def unlink(
    db: Writing, account_id: UUID, by: Person, now: datetime, *, but: UUID | None = None
) -> None:
    """Have an account open nothing any more, and end the logins made by it, except perhaps one.

    Another's account does not exist. Doing it twice changes nothing.
    """
    account = await _own(db, account_id, by)
    if account.unlinked_at is not None:
        return
    account.unlinked_at = now
    db.add(account)
    await acts.record(db, "account-unlinked", now, person=str(by.id), account=str(account_id))
    await identity.revoke_made_by(db, account_id, by, now, but=but)


async def allow(db: Writing, account_id: UUID, by: Person, now: datetime) -> None:
    """Let an account that was unlinked sign its person in again."""
    account = await _own(db, account_id, by)
    if account.unlinked_at is None:
        return
    account.unlinked_at = None
    db.add(account)
    await acts.record(db, "account-linked", now, person=str(by.id), account=str(account_id))


async def _own(db: Writing, account_id: UUID, by: Person) -> ProviderAccount:
    account = await hold(db, ProviderAccount, account_id)
    if account.person_id != by.id:
        raise NotFound
    return account
