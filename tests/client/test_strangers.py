"""Servers that are not the service: nothing is told to them, and the guest says so."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.client import Address, End, Ending, Guest
from tests.client.company import QUICK, ending

TICKET = b'{"ticket": "t", "live": "%s", "expires_in": 60}'


@asynccontextmanager
async def stranger(
    answer: bytes, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """A server that gives one answer to everything: its origin, and what it was told."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}", heard


def answer(status: str, body: bytes = b"", **headers: str) -> bytes:
    told = {"content-length": str(len(body)), "connection": "close", **headers}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def end_at(origin: str) -> Ending:
    """How it ends for a guest of that origin."""
    async with Guest(Address(origin, uuid4()), "cwg_kenya", patience=QUICK) as guest:
        return await ending(guest)


@pytest.mark.parametrize(
    "said",
    [
        answer("200 OK", b"<h1>Welcome</h1>"),
        answer("201 Created", b"<h1>Welcome</h1>"),
        answer("201 Created", TICKET % b"//evil.example/live"),
        answer("201 Created", TICKET % b"wss://evil.example/live"),
        answer("405 Method Not Allowed"),
    ],
)
async def test_who_answers_otherwise_is_not_the_service(said: bytes) -> None:
    async with stranger(said) as (origin, _):
        assert (await end_at(origin)).end is End.NOT_THE_SERVICE


async def test_a_token_is_never_carried_on_by_a_redirect() -> None:
    async with stranger(answer("200 OK")) as (elsewhere, heard):
        redirect = answer("307 Temporary Redirect", location=f"{elsewhere}/x")
        async with stranger(redirect) as (origin, _):
            end = await end_at(origin)
    assert (end.end, heard) == (End.NOT_THE_SERVICE, [])
    assert end.detail == f"307 Temporary Redirect → {elsewhere.removeprefix('http://')}"


async def test_a_service_out_of_breath_is_asked_again_and_then_given_up() -> None:
    async with stranger(answer("503 Service Unavailable")) as (origin, heard):
        end = await end_at(origin)
    assert (end.end, end.detail) == (End.UNREACHABLE, "503 Service Unavailable")
    assert len(heard) == QUICK.at_start


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


async def test_nothing_is_told_to_whoever_cannot_prove_who_they_are(tmp_path: Path) -> None:
    async with stranger(answer("200 OK"), self_signed(tmp_path)) as (origin, heard):
        end = await end_at(origin)
    assert (end.end, heard) == (End.UNTRUSTED, [])
    assert "self-signed" in end.detail
