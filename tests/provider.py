"""A real identity provider in a process of its own, and people who have accounts there."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from httpx2 import AsyncClient, ConnectError

from app.settings import Provider
from tests.world import NO_TLS, free_port

PATIENCE = 600  # tries of a twentieth of a second
KEY = "ministry"


@dataclass
class Elsewhere:
    """The provider, which can be asked to say anything of anybody."""

    url: str
    process: subprocess.Popen[bytes]

    def settings(self, key: str = KEY, **more: Any) -> Provider:
        given = {
            "key": key,
            "name": "Ministry of Examples",
            "issuer": self.url,
            "client_id": "meetings",
            "client_secret": "of-the-tests",
        }
        return Provider.model_validate(given | more)

    async def knows(self, subject: str, **claims: Any) -> None:
        """Have the provider say this of an account of its."""
        async with AsyncClient(base_url=self.url, timeout=30, verify=NO_TLS) as client:
            said = await client.put(f"/users/{subject}", json=claims)
            assert said.status_code == 204, said.text

    async def consents(self, address: str, subject: str, **more: str) -> str:
        """Somebody signs in there and agrees; the address that their browser is sent back to."""
        async with AsyncClient(timeout=30, verify=NO_TLS) as client:
            assert (await client.get(address)).status_code == 200
            done = await client.post(address, data={"sub": subject, **more})
        assert done.status_code in {302, 303}, done.text
        back: str = done.headers["location"]
        return back

    def gone(self) -> None:
        """Pull the plug."""
        self.process.kill()
        self.process.wait(30)


@asynccontextmanager
async def elsewhere() -> AsyncGenerator[Elsewhere]:
    """A provider on a free port; it is gone when the block is left."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        made = Elsewhere(f"http://127.0.0.1:{port}", process)
        try:
            await _answers(made)
            yield made
        finally:
            made.gone()


async def _answers(made: Elsewhere) -> None:
    async with AsyncClient(base_url=made.url, timeout=30, verify=NO_TLS) as client:
        for _ in range(PATIENCE):
            try:
                await client.get("/.well-known/openid-configuration")
            except ConnectError:
                await asyncio.sleep(0.05)
            else:
                return
    raise TimeoutError(made.url)


def query_of(address: str) -> dict[str, str]:
    """What an address carries behind the question mark."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
