"""Pictures that people send: opened by a parser, bounded, and made anew from their pixels.

Whatever else a file is, a script or an archive, is not in its pixels; nor is where it was taken.
"""

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import Final, TypeVar

import zxingcpp
from PIL import Image, ImageOps

from app.errors import Malformed
from app.policy.badge import JPEG_PASSES, PHOTO, PHOTO_LEAST, PICTURE_BYTES, PIXELS, PictureFault

Made = TypeVar("Made")
FORMATS: Final = ("JPEG", "PNG")
PASS: Final = b"\xff\xda"  # begins one, and cannot stand within it (ITU-T T.81, B.1.1.5)
QUALITY: Final = 85
READ_AT: Final = (900, 900)  # at least; a JPEG of many pixels is unpacked no larger than needed
CODE_AT: Final = (1600, 1600)
QR: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
LONGEST_CODE: Final = 80  # signs; a badge has 29
# One at a time: an unpacked picture is large, and the threads of all others are not held up.
WORKER: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures")


async def photo(raw: bytes) -> bytes:
    """A photo for a badge as JPEG of ``PHOTO`` pixels; Malformed where it is none."""
    return await _apart(_photo, raw)


async def code(raw: bytes) -> str:
    """What the first QR code in a picture says; Malformed where there is none, or no picture."""
    return await _apart(_code, raw)


async def _apart(make: Callable[[bytes], Made], raw: bytes) -> Made:
    return await asyncio.get_running_loop().run_in_executor(WORKER, make, raw)


def _photo(raw: bytes) -> bytes:
    with _opened(raw) as image:
        if min(image.size) < PHOTO_LEAST:
            raise Malformed(picture=PictureFault.TOO_SMALL)
        image.draft("RGB", READ_AT)
        upright = _on_white(ImageOps.exif_transpose(image))
        fitted = ImageOps.fit(upright, PHOTO, Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    # A new one: comments and profiles go from picture to picture with Pillow.
    bare = Image.frombytes("RGB", PHOTO, fitted.tobytes())
    made = BytesIO()
    bare.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _code(raw: bytes) -> str:
    with _opened(raw) as image:
        image.draft("L", CODE_AT)
        grey = image.convert("L")
        grey.thumbnail(CODE_AT)
    found = [each.text for each in zxingcpp.read_barcodes(grey, formats=QR)]
    said = next((text for text in found if text and len(text) <= LONGEST_CODE), None)
    if said is None:
        raise Malformed(picture=PictureFault.NO_CODE)
    return said


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")


@contextmanager
def _opened(raw: bytes) -> Generator[Image.Image]:
    """The picture, of which the head alone is read yet; Malformed for whatever it stumbles over."""
    if not raw:
        raise Malformed(picture=PictureFault.MISSING)
    if len(raw) > PICTURE_BYTES:
        raise Malformed(picture=PictureFault.TOO_LARGE)
    if raw.count(PASS) > JPEG_PASSES:
        raise Malformed(picture=PictureFault.NOT_READ)
    try:
        with Image.open(BytesIO(raw), formats=FORMATS) as image:
            _or_too_many(image)
            yield image
    except Malformed:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Malformed(picture=PictureFault.TOO_MANY_PIXELS) from None
    except Exception:  # noqa: BLE001 - parsers of pictures raise whatever they like
        raise Malformed(picture=PictureFault.NOT_READ) from None


def _or_too_many(image: Image.Image) -> None:
    """By the head of the file, before anything is unpacked."""
    if image.width * image.height > PIXELS.get(image.format or "", PIXELS["JPEG"]):
        raise Malformed(picture=PictureFault.TOO_MANY_PIXELS)
