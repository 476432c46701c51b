"""Styles, scripts and pictures, under an address that changes with their content.

``/static/{digest}/room.js``: the digest is of everything together, so that a module may import its
neighbour by a relative path and still be kept by a browser for a year.
"""

import gzip
import mimetypes
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from babel.messages.extract import extract_from_file
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.i18n import Message

FOREVER = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is served and as it travels."""

    content: bytes
    packed: bytes
    kind: str

    @classmethod
    def of(cls, path: Path) -> "Asset":
        content = spare(path.read_bytes(), path.suffix)
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return cls(content, gzip.compress(content, mtime=0), kind or "application/octet-stream")


class Assets:
    """Everything in a folder, read once; in development, read again when it is asked for."""

    def __init__(self, folder: Path, *, development: bool = False) -> None:
        self.folder = folder
        self.development = development
        self._assets = {name: _current(folder / name) for name in _names(folder)}
        self.digest = _digest(self._assets)
        self.route = Route("/static/{digest}/{path:path}", self.serve, include_in_schema=False)

    def url(self, path: str) -> str:
        """Where a file is to be had; a name that does not exist is an error."""
        self._asset(path)
        return f"/static/{self.digest}/{path}"

    async def serve(self, request: Request) -> Response:
        """The file, packed for those who take it; a page of yesterday gets today's for now."""
        try:
            asset = self._asset(request.path_params["path"])
        except KeyError:
            raise HTTPException(404) from None
        lasting = request.path_params["digest"] == self.digest and not self.development
        headers = {
            "Cache-Control": FOREVER if lasting else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(asset.content, headers=headers, media_type=asset.kind)
        packed = headers | {"Content-Encoding": "gzip"}
        return Response(asset.packed, headers=packed, media_type=asset.kind)

    def messages(self) -> tuple[Message, ...]:
        """What scripts say: strings in ``_("…")`` and pairs in ``ngettext("…", "…", n)``."""
        scripts = sorted(name for name in self._assets if name.endswith(".js"))
        paths = [self.folder / name for name in scripts]
        found = {said: None for path in paths for said in _said(path, path.stat().st_mtime_ns)}
        return tuple(found)

    def _asset(self, path: str) -> Asset:
        if self.development and (path in self._assets or path in _names(self.folder)):
            return _current(self.folder / path)
        return self._assets[path]


def spare(content: bytes, suffix: str) -> bytes:
    """A script or a style without its comments, a fifth of what would travel.

    Of a script only those are taken away that begin a line: what is in a line may be in a text.
    """
    match suffix:
        case ".css":
            return re.sub(rb"/\*.*?\*/\n?", b"", content, flags=re.DOTALL)
        case ".js":
            blocks = re.sub(
                rb"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n",
                b"",
                content,
                flags=re.DOTALL | re.MULTILINE,
            )
            return re.sub(rb"^[ \t]*//.*\n", b"", blocks, flags=re.MULTILINE)
        case _:
            return content


def _current(path: Path) -> Asset:
    return _packed(path, path.stat().st_mtime_ns)


@cache
def _packed(path: Path, _changed: int) -> Asset:
    """The file as it was then: packed once, however often it is asked for."""
    return Asset.of(path)


def _names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _digest(assets: dict[str, Asset]) -> str:
    whole = sha256()
    for name, asset in assets.items():
        whole.update(f"{name} {len(asset.content)} ".encode() + asset.content)
    return whole.hexdigest()[:12]


@cache
def _said(script: Path, _changed: int) -> list[Message]:
    """What the script said then: it is read through once, however many services there are."""
    found = extract_from_file("javascript", script)
    return [(text[0], text[1]) if isinstance(text, tuple) else text for _, text, _, _ in found]
