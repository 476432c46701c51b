"""From the outbox to a real mail server: once, still true, and never with a word kept behind."""

import asyncio
import re
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from sqlmodel import col, select

from app import keys
from app.database import Database
from app.live import bus
from app.mail import sender, tokens
from app.mail.sender import TO_DECIDERS, Sender
from app.models import Entity, FocalPoint, Letter, Meeting, Person, Registration, SignInLink
from app.policy.letters import LetterKind
from app.policy.people import Capacity
from app.policy.registration import RegistrationState
from app.services import identity, letters
from app.settings import Environment, Settings
from tests.postbox import Postbox

BASE = "https://meetings.example"
BELLS = {"letters", bus.EVERYTHING}
LINK = re.compile(rf"{BASE}/sign-in/(\S+)")


def settings(tmp_path, **more):
    return Settings(
        environment=Environment.DEVELOPMENT,
        data_dir=tmp_path,
        base_url=BASE,
        mail_from="CWG-Internet <meetings@meetings.example>",
        **more,
    )


class Place:
    def __init__(self, settings, database):
        self.settings = settings
        self.database = database
        self.keys = keys.load(settings)


@pytest.fixture
def office(tmp_path, database, smtp):
    return Sender(settings(tmp_path, smtp_url=smtp.url), database, "12ab:34cd")


async def ask(database: Database, email="delegate@kenya.example", at=None):
    async with database.writing() as db:
        return await identity.ask_for_link(db, email, "/", at or datetime.now(UTC))


async def outbox(database: Database) -> list[Letter]:
    async with database.reading() as db:
        return list(await db.exec(select(Letter).order_by(col(Letter.written_at))))


async def everything(database: Database) -> str:
    """All that the tables know of links and letters."""
    async with database.reading() as db:
        rows = [*(await db.exec(select(Letter))), *(await db.exec(select(SignInLink)))]
    return " ".join(str(row.model_dump()) for row in rows)


async def later(database: Database) -> None:
    """As if the time for the next try had come."""
    async with database.writing() as db:
        for letter in await db.exec(select(Letter)):
            letter.due_at = datetime.now(UTC)
            db.add(letter)


async def test_the_link_of_the_letter_signs_in_and_is_kept_nowhere(database, smtp, office):
    await ask(database)

    assert await office.deliver() == 1
    (received,) = await smtp.received()
    (token,) = LINK.findall(received.text)
    assert received.recipients == ["delegate@kenya.example"]
    assert received.sender == "meetings@meetings.example"
    assert received.message["Subject"] == "Your link to sign in"
    assert received.message["From"] == "CWG-Internet <meetings@meetings.example>"
    assert received.message["Auto-Submitted"] == "auto-generated"
    assert received.message.get_content_type() == "multipart/alternative"
    assert "12ab:34cd" in received.text
    assert token not in await everything(database)
    async with database.writing() as db:
        _, person, _ = await identity.sign_in(db, token, "", datetime.now(UTC))
    assert person.email == "delegate@kenya.example"
    assert await office.deliver() == 0


async def test_the_bell_brings_the_letter_at_once(tmp_path, database, tables_url, smtp):
    letters_bell = asyncio.Event()
    place = Place(settings(tmp_path, smtp_url=smtp.url), database)

    def ring(bell: str) -> None:
        if bell in BELLS:
            letters_bell.set()

    async with bus.of(database, tables_url).carry(ring):
        running = asyncio.create_task(sender.run(place, letters_bell))
        await asyncio.sleep(0.2)
        await ask(database)
        try:
            await smtp.received(within=sender.LOOK_AGAIN / 2)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_letters_wait_where_there_is_no_mail_server(tmp_path, database):
    await ask(database)
    place = Place(settings(tmp_path), database)
    async with asyncio.timeout(2):
        await sender.run(place, asyncio.Event())

    (letter,) = await outbox(database)
    assert (letter.tries, letter.sent_at, letter.given_up_at) == (0, None, None)


async def test_the_demo_keeps_the_letter_for_its_outbox(tmp_path, database):
    await ask(database)
    place = Sender(settings(tmp_path, demo=True), database, "12ab:34cd")
    await place.deliver()

    (letter,) = await outbox(database)
    assert letter.facts["kept"]["subject"] == "Your link to sign in"
    (token,) = LINK.findall(letter.facts["kept"]["text"])
    async with database.reading() as db:
        _, person = await identity.whose_link(db, token, datetime.now(UTC))
    assert person.email == "delegate@kenya.example"


async def test_two_senders_send_each_letter_once(tmp_path, database, smtp):
    for number in range(25):
        await ask(database, f"delegate-{number}@kenya.example")
    two = [Sender(settings(tmp_path, smtp_url=smtp.url), database, "") for _ in range(2)]
    async with asyncio.timeout(30):
        for _ in range(4):
            await asyncio.gather(*(one.deliver() for one in two))

    to = sorted(letter.recipients[0] for letter in smtp.letters)
    assert to == sorted(f"delegate-{number}@kenya.example" for number in range(25))


async def test_an_international_address_gets_its_letter(database, smtp, office):
    await ask(database, "δοκιμή@BÜCHER.example")
    await ask(database, "info@bücher.example")
    await office.deliver()

    received = await smtp.received(2)
    to = sorted(letter.recipients[0] for letter in received)
    assert to == ["info@xn--bcher-kva.example", "δοκιμή@xn--bcher-kva.example"]


# What was overtaken.


async def test_a_link_that_has_expired_or_was_used_is_not_sent(database, smtp, office):
    await ask(database, at=datetime.now(UTC) - timedelta(hours=1))
    used = await ask(database, "delegate@chile.example")
    async with database.writing() as db:
        found = await db.get(SignInLink, used.id)
        assert found
        found.digest = tokens.digest("known")
        db.add(found)
    async with database.writing() as db:
        await identity.sign_in(db, "known", "", datetime.now(UTC))
    await office.deliver()

    assert smtp.letters == []
    assert [one.fault for one in await outbox(database)] == ["link-ended", "link-ended"]
    assert [bool(one.given_up_at) for one in await outbox(database)] == [True, True]


async def register(database, state=RegistrationState.SUBMITTED):
    now = datetime.now(UTC)
    async with database.writing() as db:
        person = await identity.person_for(db, "delegate@kenya.example", now)
        focal_point = await identity.person_for(db, "focal-point@kenya.example", now)
        entity = Entity(key="KE", name="Kenya")
        meeting = Meeting(
            slug="m",
            title="Twenty-second meeting",
            time_zone="UTC",
            edition_id="eur-44a4-2022",
            edition_digest="",
            edition_text="",
            created_at=now,
        )
        db.add_all((entity, meeting))
        await db.flush()
        designated = FocalPoint(
            entity_id=entity.id, person_id=focal_point.id, valid_from=now.date()
        )
        row = Registration(
            meeting_id=meeting.id,
            person_id=person.id,
            reference="CWG-7F3K",
            capacity=Capacity.DELEGATE,
            entity_id=entity.id,
            name="Delegate",
            name_folded="delegate",
            state=state,
            submitted_at=now,
        )
        db.add_all((designated, row))
    return row, person, focal_point, designated


async def tell(database, kind, person):
    async with database.writing() as db:
        facts = {"reference": "CWG-7F3K", "meeting": "Twenty-second meeting", "entity": "Kenya"}
        await letters.write(db, kind, person, datetime.now(UTC), **facts)


@pytest.mark.parametrize(
    ("state", "sent"),
    [
        (
            "submitted",
            ["acknowledged", "answered", "asked", "edited", "place", "reopened", "to-decide"],
        ),
        ("approved", ["confirmed", "approved", "edited", "place", "stepped-in"]),
        ("rejected", ["rejected"]),
        ("withdrawn", ["replaced", "withdrawn"]),
        ("nominated", ["nominated"]),
    ],
)
async def test_a_letter_that_is_not_true_any_more_is_not_sent(database, smtp, office, state, sent):
    _, person, focal_point, _ = await register(database, RegistrationState(state))
    for kind in LetterKind:
        if kind is not LetterKind.SIGN_IN:
            to = focal_point if kind in TO_DECIDERS else person
            await tell(database, kind, to)
    while await office.deliver():
        pass

    found = await outbox(database)
    assert sorted(one.kind for one in found if one.sent_at) == sorted(sent)
    assert {one.fault for one in found if not one.sent_at} == {"overtaken"}
    assert len(smtp.letters) == len(sent)


async def test_who_decides_no_more_is_not_asked_to(database, smtp, office):
    _, _, focal_point, designated = await register(database)
    async with database.writing() as db:
        designated.valid_until = datetime.now(UTC).date() - timedelta(days=1)
        db.add(designated)
    await tell(database, LetterKind.TO_DECIDE, focal_point)
    await office.deliver()

    assert [one.fault for one in await outbox(database)] == ["not-theirs-any-more"]
    assert smtp.letters == []


async def test_a_letter_about_nothing_cannot_be_written(database):
    _, person, _, _ = await register(database)
    with pytest.raises(TypeError):
        async with database.writing() as db:
            await letters.write(db, LetterKind.APPROVED, person, datetime.now(UTC))


# What goes wrong on the way.


class Grumpy(Postbox):
    """Answers as it was told to, then as it should."""

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"


@asynccontextmanager
async def served(postbox, **options):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(postbox, hostname="localhost", enable_SMTPUTF8=True, loop=loop, **options),
        host="127.0.0.1",
        port=0,
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_letter_refused_for_now_is_sent_later_with_another_token(tmp_path, database):
    await ask(database)
    postbox = Grumpy("451 4.3.0 Try again later")
    async with served(postbox) as port:
        office = Sender(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}"), database, "")
        await office.deliver()
        (waiting,) = await outbox(database)
        assert (waiting.tries, waiting.sent_at, waiting.given_up_at) == (1, None, None)
        assert waiting.fault.startswith("SMTPRecipientsRefused: ")
        assert waiting.due_at > datetime.now(UTC) + timedelta(seconds=50)
        assert await office.deliver() == 0
        await later(database)
        await office.deliver()
        (sent,) = await outbox(database)

    assert (sent.tries, bool(sent.sent_at), sent.fault) == (2, True, "")
    assert len(postbox.letters) == 1


async def test_a_mailbox_that_does_not_exist_is_given_up_and_the_next_is_not(tmp_path, database):
    await ask(database, "gone@kenya.example")
    await ask(database, "delegate@kenya.example")
    postbox = Grumpy("550 5.1.1 No such user")
    async with served(postbox) as port:
        url = f"smtp://127.0.0.1:{port}"
        await Sender(settings(tmp_path, smtp_url=url), database, "").deliver()

    gone, other = await outbox(database)
    assert (bool(gone.given_up_at), bool(other.sent_at)) == (True, True)


async def test_a_server_that_is_away_costs_nothing_but_time(tmp_path, database, smtp):
    await ask(database)
    async with served(Postbox()) as port:
        pass
    away = Sender(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}"), database, "")
    for tries in range(1, sender.MOST_TRIES):
        await away.deliver()
        (letter,) = await outbox(database)
        assert (letter.tries, letter.given_up_at) == (tries, None)
        await later(database)
    await away.deliver()

    (letter,) = await outbox(database)
    assert (letter.tries, bool(letter.given_up_at)) == (sender.MOST_TRIES, True)
    assert letter.fault.startswith("SMTPConnectError: ")


async def test_a_claim_that_nobody_finished_is_taken_up_again_with_another_token(
    database, smtp, office
):
    await ask(database)
    async with database.writing() as db:
        _, (lost,) = await sender._claim(db, datetime.now(UTC), BASE)

    assert await office.deliver() == 0
    await later(database)
    assert await office.deliver() == 1
    (received,) = await smtp.received()
    assert f"{BASE}{lost.facts['link']}" not in received.text


async def test_one_letter_that_cannot_be_addressed_does_not_hold_up_the_others(
    database, smtp, office
):
    _, person, _, _ = await register(database)
    async with database.writing() as db:
        nowhere = Person(email="nobody@localhost", created_at=datetime.now(UTC))
        db.add(nowhere)
        await db.flush()
        facts = {"reference": "CWG-7F3K"}
        await letters.write(db, LetterKind.ACKNOWLEDGED, nowhere, datetime.now(UTC), **facts)
        await letters.write(db, LetterKind.ACKNOWLEDGED, person, datetime.now(UTC), **facts)
    await office.deliver()

    assert [one.recipients for one in await smtp.received()] == [["delegate@kenya.example"]]
    lost, sent = await outbox(database)
    assert (bool(lost.given_up_at), bool(sent.sent_at)) == (True, True)
    assert lost.fault.startswith("EmailSyntaxError: ")


# The wire.


def certificate(tmp_path):
    """A certificate for localhost that only those trust who are told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "localhost.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


def knows(password):
    def authenticate(_server, _session, _envelope, _mechanism, given):
        right = isinstance(given, LoginPassword) and given.password == password.encode()
        return AuthResult(success=right, handled=right)

    return authenticate


@asynccontextmanager
async def relay(tmp_path, postbox):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": knows("p@ss word"),
    }
    async with served(postbox, **options) as port:
        yield f"localhost:{port}"


async def test_the_relay_is_spoken_to_by_tls_and_with_a_password(tmp_path, database, monkeypatch):
    await ask(database)
    postbox = Postbox()
    async with relay(tmp_path, postbox) as where:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
        url = f"smtp://cwg:p%40ss%20word@{where}"
        await Sender(settings(tmp_path, smtp_url=url), database, "").deliver()

    assert [one.recipients for one in postbox.letters] == [["delegate@kenya.example"]]


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_stranger_in_the_relays_place_gets_no_letter(
    tmp_path, database, monkeypatch, trusted
):
    await ask(database)
    postbox = Postbox()
    async with relay(tmp_path, postbox) as where:
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.pem"))
        url = f"smtp://cwg:{'wrong' if trusted else 'p%40ss%20word'}@{where}"
        await Sender(settings(tmp_path, smtp_url=url), database, "").deliver()

    (letter,) = await outbox(database)
    assert (postbox.letters, letter.tries, letter.sent_at) == ([], 1, None)
    assert "p@ss" not in letter.fault


async def test_links_do_not_go_over_a_bare_wire_unless_it_is_said(
    tmp_path, database, smtp, monkeypatch
):
    monkeypatch.setattr(sender, "LOOPBACK", frozenset())
    await ask(database)
    await Sender(settings(tmp_path, smtp_url=smtp.url), database, "").deliver()
    (letter,) = await outbox(database)
    assert (smtp.letters, letter.fault[:14]) == ([], "SMTPException:")
    await later(database)
    url = f"{smtp.url}/?starttls=optional"
    await Sender(settings(tmp_path, smtp_url=url), database, "").deliver()

    assert len(smtp.letters) == 1
