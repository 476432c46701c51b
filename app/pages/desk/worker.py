"""What brings a page that goes on alone back without the network: the door's, and the desk's."""

from pathlib import Path
from typing import Final

from starlette.responses import Response

from app import pages

SCRIPT: Final = (Path(pages.__file__).parent / "static" / "door_worker.js").read_bytes()


def script() -> Response:
    """It works for the addresses beside its own, so each page has it beside itself."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": "default-src 'self'"}
    return Response(SCRIPT, media_type="text/javascript", headers=headers)
