"""Who may see the demo's pages: whoever sits at this machine, and nobody else."""

from fastapi import Request

from app.depends import HouseIn
from app.errors import NotFound
from app.settings import LOOPBACK


async def at_home(request: Request, at: HouseIn) -> None:
    """Nothing is here unless the demo is on and both ends are this machine.

    The name of the host is looked at too: a page elsewhere may have its own name point here.
    """
    client = request.client.host if request.client else ""
    if not (at.settings.demo and client in LOOPBACK and request.url.hostname in LOOPBACK):
        raise NotFound
