"""Links, logins and tokens: what opens something, once, and until when."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import col, func, select

from app.database import Database, Writing
from app.errors import Conflict, Malformed, NotFound
from app.mail import tokens
from app.models import AccessToken, Act, Letter, Login, Person, SignInLink
from app.policy.identity import Particulars
from app.services import identity
from tests.world import prepare, serving, settings

NOW = datetime(2026, 2, 11, 9, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
LIVE = (col(Login.revoked_at).is_(None),)
LATE = NOW + timedelta(hours=1)


async def mailed(db: Writing, link: SignInLink) -> str:
    """The token as the letter would carry it: the sender makes it, the table gets the digest."""
    token = tokens.new_token()
    link.digest = tokens.digest(token)
    db.add(link)
    await db.flush()
    return token


async def asked(database: Database, email: str = "delegate@kenya.example", at=NOW, onward="/"):
    async with database.writing() as db:
        return await mailed(db, await identity.ask_for_link(db, email, onward, at))


async def used(database: Database, token: str, at=SOON):
    async with database.writing() as db:
        return await identity.sign_in(db, token, "Firefox", at)


async def signed_in(database: Database, email: str = "delegate@kenya.example"):
    cookie, person, _ = await used(database, await asked(database, email))
    async with database.reading() as db:
        login, _ = await holder(db, cookie)
    return cookie, login, person


async def holder(db, cookie, at=SOON) -> tuple[Login, Person]:
    found = await identity.by_cookie(db, cookie, at)
    assert found
    return found


def rung(db: Writing) -> list[str]:
    """The bells of this transaction, whoever carries them when it is committed."""
    return [bell for bell in db.info.get("touched", ()) if bell.startswith("person:")]


async def counted(database: Database, *tables):
    async with database.reading() as db:
        return [(await db.exec(select(func.count()).select_from(table))).one() for table in tables]


# Links.


async def test_a_link_signs_in_and_goes_on_where_the_person_was_going(database):
    token = await asked(database, onward="/room/7?x=1")

    cookie, person, onward = await used(database, token)

    assert (person.email, person.verified_at, onward) == (
        "delegate@kenya.example",
        SOON,
        "/room/7?x=1",
    )
    async with database.reading() as db:
        login, found = await holder(db, cookie)
    assert (found.id, login.agent, login.expires_at) == (
        person.id,
        "Firefox",
        SOON + identity.LOGIN_LIFETIME,
    )


async def test_the_tables_hold_no_word_that_opens_anything(database):
    async with database.writing() as db:
        link = await identity.ask_for_link(db, "delegate@kenya.example", "/", NOW)
    async with database.reading() as db:
        letter = (await db.exec(select(Letter))).one()

    assert letter.facts == {"link_id": str(link.id)}
    assert len(link.digest) == 64


async def test_a_link_works_once(database):
    token = await asked(database)
    await used(database, token)

    with pytest.raises(Conflict, match="link-used"):
        await used(database, token)
    assert await counted(database, Login) == [1]


async def test_of_two_uses_at_once_one_wins(database):
    token = await asked(database)

    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(
            *(used(database, token) for _ in range(8)), return_exceptions=True
        )

    assert sum(not isinstance(one, BaseException) for one in outcomes) == 1
    refused = [str(one) for one in outcomes if isinstance(one, BaseException)]
    assert refused == ["link-used"] * 7
    assert await counted(database, Login) == [1]


async def test_looking_at_a_link_does_not_use_it(database):
    token = await asked(database)
    async with database.reading() as db:
        for _ in range(3):
            _, person = await identity.whose_link(db, token, SOON)
            assert person.email == "delegate@kenya.example"

    await used(database, token)


async def test_an_expired_link_opens_nothing(database):
    token = await asked(database)

    with pytest.raises(Conflict, match="link-expired"):
        await used(database, token, at=LATE)
    assert await counted(database, Login) == [0]


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "é" * 5000, "\ud800", "' OR 1=1 --"])
async def test_an_invented_link_opens_nothing(database, token):
    await asked(database)

    with pytest.raises(NotFound):
        await used(database, token)


async def test_using_a_link_ends_the_older_ones_of_this_person_only(database):
    older = await asked(database, at=NOW)
    newer = await asked(database, at=NOW + timedelta(minutes=2))
    newest = await asked(database, at=NOW + timedelta(minutes=3))
    others = await asked(database, "delegate@chile.example")
    await used(database, newer)

    with pytest.raises(Conflict, match="link-expired"):
        await used(database, older)
    await used(database, newest)
    await used(database, others)


async def test_asking_writes_the_same_rows_for_a_known_and_an_unknown_address(database):
    await signed_in(database, "delegate@kenya.example")
    before = await counted(database, SignInLink, Letter, Login, Act)
    await asked(database, "delegate@kenya.example")
    known = await counted(database, SignInLink, Letter, Login, Act)
    await asked(database, "nobody@unknown.example")
    unknown = await counted(database, SignInLink, Letter, Login, Act)

    assert [b - a for a, b in zip(before, known, strict=True)] == [1, 1, 0, 0]
    assert [b - a for a, b in zip(known, unknown, strict=True)] == [1, 1, 0, 0]


async def test_one_address_is_one_person_in_whatever_spelling_and_however_many_ask(database):
    spellings = [
        "Zoe\u0308@BÜCHER.example",
        " zo\u00eb@xn--bcher-kva.example",
        "ZOË@bücher.example",
    ]
    async with asyncio.timeout(10):
        await asyncio.gather(*(asked(database, spelling) for spelling in spellings))

    async with database.reading() as db:
        people = (await db.exec(select(Person.email, Person.verified_at))).all()
    assert people == [("zo\u00eb@bücher.example", None)]


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "/\u202egpj",
        "account",
        "",
        "/" + "a" * 400,
        "http:/account",
    ],
)
async def test_a_link_leads_to_no_other_site(database, onward):
    with pytest.raises(Malformed) as refusal:
        await asked(database, onward=onward)

    assert refusal.value.faults == {"onward": "no-path-of-ours"}
    assert await counted(database, Person, SignInLink, Letter) == [0, 0, 0]


# Logins.


async def test_a_forged_cookie_is_nobody(database):
    cookie, _, _ = await signed_in(database)
    async with database.reading() as db:
        for forged in ("", cookie[:-1], cookie + "A", tokens.digest(cookie), "é", "\ud800"):
            assert await identity.by_cookie(db, forged, SOON) is None


async def test_a_login_ends_by_itself(database):
    cookie, login, _ = await signed_in(database)
    async with database.reading() as db:
        last = login.expires_at - timedelta(seconds=1)
        assert (await holder(db, cookie, last))[0].id == login.id
        assert await identity.by_cookie(db, cookie, login.expires_at) is None


async def test_a_revoked_login_is_nobody_and_the_person_is_decided_again(database):
    cookie, login, person = await signed_in(database)
    async with database.writing() as db:
        await identity.revoke_login(db, login.id, person, SOON)
        await identity.revoke_login(db, login.id, person, SOON)
        assert rung(db) == [f"person:{person.id}"]

    async with database.reading() as db:
        assert await identity.by_cookie(db, cookie, SOON) is None
        assert await identity.logins(db, person, SOON) == []
        kinds = (await db.exec(select(Act.kind).order_by(col(Act.number)))).all()
    assert kinds == ["signed-in", "login-revoked"]


async def test_nobody_revokes_what_belongs_to_another(database):
    cookie, login, _ = await signed_in(database)
    _, _, stranger = await signed_in(database, "stranger@else.example")

    for missing in (login.id, uuid4()):
        with pytest.raises(NotFound):
            async with database.writing() as db:
                await identity.revoke_login(db, missing, stranger, SOON)
    async with database.reading() as db:
        assert (await holder(db, cookie))[0].id == login.id


async def test_all_other_logins_end_and_this_one_stays(database):
    _, here, person = await signed_in(database)
    await signed_in(database)
    await signed_in(database)
    await signed_in(database, "stranger@else.example")
    async with database.writing() as db:
        assert await identity.revoke_all_logins(db, person, SOON, but=here.id) == 2

    async with database.reading() as db:
        assert [one.id for one in await identity.logins(db, person, SOON)] == [here.id]
        assert len((await db.exec(select(Login).where(*LIVE))).all()) == 2


# Tokens for programs.


async def made(database, person, label="captions", expires_at=None):
    async with database.writing() as db:
        return await identity.new_token(db, person, label, SOON, expires_at)


async def test_a_token_is_given_once_and_its_digest_kept(database):
    _, _, person = await signed_in(database)
    token, word = await made(database, person, " my captions ")

    assert (word[:4], len(word), token.label) == ("cwg_", 47, "my captions")
    async with database.reading() as db:
        holding = await identity.by_token(db, word, SOON)
        kept = (await db.exec(select(AccessToken))).one()
    assert holding
    assert (holding[0].id, holding[1].id) == (token.id, person.id)
    assert kept.digest == tokens.digest(word)


async def test_a_token_ends_when_it_should_and_when_it_is_revoked(database):
    cookie, _, person = await signed_in(database)
    brief, word = await made(database, person, expires_at=LATE)
    lasting, other = await made(database, person)
    async with database.writing() as db:
        await identity.revoke_token(db, lasting.id, person, SOON)
        assert rung(db) == [f"person:{person.id}"]

    async with database.reading() as db:
        working = await identity.by_token(db, word, SOON)
        assert working
        assert working[0].id == brief.id
        assert await identity.by_token(db, word, LATE) is None
        assert await identity.by_token(db, other, SOON) is None
        assert await identity.by_token(db, cookie, SOON) is None
        assert [one.id for one in await identity.access_tokens(db, person, SOON)] == [brief.id]


@pytest.mark.parametrize(
    ("label", "expires_at", "faults"),
    [
        ("", None, {"label": "missing"}),
        (" \u200e ", None, {"label": "missing"}),
        ("a" * 81, None, {"label": "too-long"}),
        ("a\u202eb", None, {"label": "direction-override"}),
        ("a\x00b", None, {"label": "control-character"}),
        ("captions", SOON, {"expires_at": "in-the-past"}),
    ],
)
async def test_a_token_needs_a_fit_label_and_an_end_in_the_future(
    database, label, expires_at, faults
):
    _, _, person = await signed_in(database)
    with pytest.raises(Malformed) as refusal:
        await made(database, person, label, expires_at)

    assert refusal.value.faults == faults


async def test_nobody_holds_tokens_without_number(database):
    _, _, person = await signed_in(database)
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(
            *(made(database, person) for _ in range(identity.MOST_TOKENS + 3)),
            return_exceptions=True,
        )

    refused = [str(one) for one in outcomes if isinstance(one, BaseException)]
    assert refused == ["too-many-tokens"] * 3


# What people say of themselves.


async def test_people_describe_themselves_and_leave_the_rest(database):
    _, _, person = await signed_in(database)
    said = Particulars(name="  Delegate of Ke\u0301nya ", country="KE", language="fr")
    async with database.writing() as db:
        await identity.describe(db, person.id, said)
        found = await identity.describe(db, person.id, Particulars(affiliation="AT&T"))

    assert (found.name, found.affiliation, found.job_title, found.country, found.language) == (
        "Delegate of K\u00e9nya",
        "AT&T",
        "",
        "KE",
        "fr",
    )


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({"name": "a" * 121}, {"name": "too-long"}),
        ({"name": "\u202eevil"}, {"name": "direction-override"}),
        ({"name": "a\nb"}, {"name": "control-character"}),
        (
            {"name": "\x00", "country": "?"},
            {"name": "control-character", "country": "not-on-the-list"},
        ),
        ({"affiliation": "a" * 161}, {"affiliation": "too-long"}),
        ({"job_title": "\x1b[31m"}, {"job_title": "control-character"}),
        ({"affiliation": "<script>x"}, {"affiliation": "markup"}),
        ({"country": "XX"}, {"country": "not-on-the-list"}),
        ({"country": "ke"}, {"country": "not-on-the-list"}),
        ({"language": "tlh"}, {"language": "not-on-the-list"}),
    ],
)
async def test_what_people_say_of_themselves_is_bounded(database, said, faults):
    _, _, person = await signed_in(database)
    with pytest.raises(Malformed) as refusal:
        async with database.writing() as db:
            await identity.describe(db, person.id, Particulars(**said))

    assert refusal.value.faults == faults


# The end of it.


async def test_what_never_came_to_anything_is_forgotten_and_the_rest_is_not(database):
    await signed_in(database, "delegate@kenya.example")
    await asked(database, "never@used.example")
    async with database.writing() as db:
        assert await identity.forget(db, NOW + timedelta(days=1)) == 0
    await asked(database, "just@asked.example", at=NOW + timedelta(days=8))
    async with database.writing() as db:
        await identity.forget(db, NOW + timedelta(days=8))

    async with database.reading() as db:
        people = (await db.exec(select(Person.email).order_by(col(Person.email)))).all()
    assert people == ["delegate@kenya.example", "just@asked.example"]
    assert await counted(database, Login, SignInLink) == [1, 1]
    async with database.writing() as db:
        await identity.forget(db, NOW + timedelta(days=200))
    assert await counted(database, Person, Login, SignInLink, Letter) == [1, 0, 0, 0]


async def test_the_service_forgets_when_it_starts(tmp_path: Path) -> None:
    given = settings(tmp_path)
    world = await prepare(given.database)
    long_ago = datetime.now(UTC) - timedelta(days=200)
    database = Database(given.database)
    await asked(database, "never@used.example", at=long_ago)
    await database.close()

    async with serving(given, world) as running, running.house.database.reading() as db:
        assert await identity.by_email(db, "never@used.example") is None
