"""How a file that somebody sent leaves the house: to be kept, never to be shown by a browser."""

from base64 import b64encode
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

from app.models import StoredFile

INERT: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


def attachment(file: StoredFile, pieces: AsyncGenerator[bytes]) -> StreamingResponse:
    """The bytes with the type that the parser found, as an attachment, with nothing to guess at."""
    plain = "".join(sign if sign.isascii() and sign not in '"\\%' else "_" for sign in file.name)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''"
        f"{quote(file.name, safe='')}",
        "Content-Length": str(file.size),
        "Content-Security-Policy": INERT,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces, headers=headers, media_type=file.media_type)


def handed_out(file: StoredFile, pieces: AsyncGenerator[bytes]) -> StreamingResponse:
    """The same with the digest of the file, for whoever wants to compare (RFC 9530)."""
    answer = attachment(file, pieces)
    digest = b64encode(bytes.fromhex(file.sha256)).decode()
    answer.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return answer
