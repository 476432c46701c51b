"""Accounts at providers: linked once, by a verified address, and by nothing else."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.database import Database, load
from app.errors import NotFound
from app.models import Act, Login, Person, ProviderAccount
from app.policy.identity import SignInWay
from app.policy.provider import Claims, ProviderReason
from app.policy.refusal import No
from app.services import acts, identity, provider

NOW = datetime(2026, 2, 11, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SAID = Claims("ministry", "https://id.kenya.example", "1", " Delegate@KENYA.example", verified=True)


async def came(database: Database, said: Claims | No = SAID, *, now=NOW, domains=()) -> str | No:
    async with database.writing() as db:
        return await provider.sign_in(
            db, said, "ministry", "Ministry of Examples", domains, "Firefox", now
        )


async def signed_in(database: Database, said: Claims = SAID, **more) -> tuple[Login, Person]:
    cookie = await came(database, said, **more)
    assert isinstance(cookie, str), cookie
    async with database.reading() as db:
        found = await identity.by_cookie(db, cookie, more.get("now", NOW))
    assert found
    return found


def account_of(login: Login) -> UUID:
    assert login.way_id
    return login.way_id


async def rows(database: Database, table):
    async with database.reading() as db:
        return (await db.exec(select(table))).all()


async def told(database: Database) -> list[tuple[str, dict]]:
    async with database.reading() as db:
        found = await db.exec(select(Act).order_by(col(Act.number)))
        assert await acts.broken_at(db) is None
        return [(act.kind, act.content or {}) for act in found]


async def test_a_verified_address_links_an_account_once_and_says_how_one_came_in(database):
    login, person = await signed_in(database)
    again, same = await signed_in(database, now=LATER)

    assert (person.email, person.verified_at) == ("delegate@kenya.example", NOW)
    assert (same.id, same.verified_at) == (person.id, NOW)
    (account,) = await rows(database, ProviderAccount)
    assert (account.person_id, account.subject) == (person.id, "1")
    assert (account.linked_at, account.used_at) == (NOW, LATER)
    assert {(each.way, each.way_id, each.way_name) for each in (login, again)} == {
        (SignInWay.PROVIDER, account.id, "Ministry of Examples")
    }
    assert [kind for kind, _ in await told(database)] == [
        "account-linked",
        "signed-in",
        "signed-in",
    ]


async def test_whoever_is_here_by_mail_is_the_same_person(database):
    async with database.writing() as db:
        kenya = await identity.person_for(db, "delegate@kenya.example", NOW)

    _, person = await signed_in(database)

    assert person.id == kenya.id


@pytest.mark.parametrize(
    ("said", "domains", "reason"),
    [
        (replace(SAID, email=""), (), ProviderReason.NO_ADDRESS),
        (replace(SAID, email="nobody"), (), ProviderReason.NO_ADDRESS),
        (replace(SAID, email="a\u202egpj@x.example"), (), ProviderReason.NO_ADDRESS),
        (replace(SAID, verified=False), (), ProviderReason.NOT_VERIFIED),
        (replace(SAID, subject=""), (), ProviderReason.NO_SUBJECT),
        (SAID, ("brazil.example",), ProviderReason.NOT_ITS_DOMAIN),
        (No(ProviderReason.UNPROVEN), (), ProviderReason.UNPROVEN),
    ],
)
async def test_what_is_not_believed_makes_nobody_and_is_on_record(database, said, domains, reason):
    refused = await came(database, said, domains=domains)

    assert refused == No(reason)
    assert [await rows(database, table) for table in (Person, Login, ProviderAccount)] == [[]] * 3
    named = said if isinstance(said, Claims) else Claims("ministry", "", "")
    assert await told(database) == [
        (
            "provider-refused",
            {
                "provider": "ministry",
                "reason": reason.value,
                "subject": named.subject,
                "email": named.email,
            },
        )
    ]


async def test_that_it_does_not_answer_is_on_no_record(database):
    assert await came(database, No(ProviderReason.UNREACHABLE)) == No(ProviderReason.UNREACHABLE)
    assert await told(database) == []


async def test_an_account_that_names_another_address_signs_in_neither_of_the_two(database):
    await signed_in(database)
    async with database.writing() as db:
        await identity.person_for(db, "chair@example.org", NOW)

    refused = await came(database, replace(SAID, email="chair@example.org"))

    assert refused == No(ProviderReason.OTHER_ADDRESS)
    assert len(await rows(database, Login)) == 1
    assert (await told(database))[-1][1]["email"] == "chair@example.org"


async def test_an_address_given_to_somebody_new_there_is_not_theirs_here(database):
    await signed_in(database)

    assert await came(database, replace(SAID, subject="2")) == No(ProviderReason.OTHER_ACCOUNT)
    assert len(await rows(database, Login)) == 1


async def test_the_same_subject_of_another_issuer_is_somebody_else(database):
    _, kenya = await signed_in(database)
    other = replace(SAID, issuer="https://id.brazil.example", email="delegate@brazil.example")

    _, brazil = await signed_in(database, other)

    assert brazil.id != kenya.id


async def test_an_account_that_was_unlinked_opens_nothing_until_it_is_allowed_again(database):
    login, person = await signed_in(database)
    elsewhere, _ = await signed_in(database)
    async with database.writing() as db:
        mailed = await identity.log_in(db, person, "Firefox", NOW)
        await provider.unlink(db, account_of(login), person, NOW, but=login.id)
    async with database.reading() as db:
        left = {each.id for each in await identity.logins(db, person, NOW)}
        by_mail = await identity.by_cookie(db, mailed, NOW)
    assert by_mail
    assert left == {login.id, by_mail[0].id}
    assert elsewhere.id not in left

    assert await came(database) == No(ProviderReason.UNLINKED)
    async with database.writing() as db:
        await provider.allow(db, account_of(login), person, NOW)
    await signed_in(database)


async def test_nobody_unlinks_or_allows_what_is_anothers(database):
    login, _ = await signed_in(database)
    async with database.writing() as db:
        brazil = await identity.person_for(db, "delegate@brazil.example", NOW)
    for verb in (provider.unlink, provider.allow):
        with pytest.raises(NotFound):
            async with database.writing() as db:
                await verb(db, account_of(login), brazil, NOW)
    async with database.reading() as db:
        account = await load(db, ProviderAccount, account_of(login))
    assert account.unlinked_at is None


async def test_two_who_come_at_once_with_one_account_are_one_person(database):
    async with asyncio.timeout(30):
        cookies = await asyncio.gather(*(came(database) for _ in range(6)))

    assert len({cookie for cookie in cookies if isinstance(cookie, str)}) == 6
    assert [len(await rows(database, table)) for table in (Person, ProviderAccount)] == [1, 1]
