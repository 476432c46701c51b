"""Of a picture that is sent its pixels stay, and nothing else that the file was."""

import struct
import zipfile
import zlib
from functools import cache
from io import BytesIO

import pytest
import segno
from PIL import Image, PngImagePlugin

from app.errors import Malformed
from app.paper import pictures
from app.policy.badge import JPEG_PASSES, PHOTO, PICTURE_BYTES, PictureFault

SCRIPT = b"<script>alert(1)</script>"


def drawn(size=(700, 900), form="JPEG", colour="#204060", mode="RGB", **more):
    made = BytesIO()
    Image.new(mode, size, colour).save(made, form, **more)
    return made.getvalue()


def archive():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("run.js", SCRIPT)
    return made.getvalue()


@cache
def bomb(width, height):
    """A PNG of one bit a pixel: some kilobytes that unpack to width by height."""

    def chunk(kind, content):
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    line = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


async def fault(raw):
    with pytest.raises(Malformed) as refused:
        await pictures.photo(raw)
    return refused.value.faults["picture"]


async def test_a_file_that_is_also_a_script_and_an_archive_is_a_picture_afterwards():
    exif = Image.Exif()
    exif[0x010E] = SCRIPT.decode()  # its description
    exif.get_ifd(0x8825).update({1: "N", 2: (46.0, 13.0, 0.0)})  # where it was taken
    sent = drawn(comment=SCRIPT, exif=exif, icc_profile=SCRIPT * 9) + archive()
    assert zipfile.is_zipfile(BytesIO(sent))
    assert sent.count(SCRIPT) >= 3

    made = await pictures.photo(sent)

    assert not zipfile.is_zipfile(BytesIO(made))
    assert SCRIPT not in made
    assert (made[:3], made[-2:]) == (b"\xff\xd8\xff", b"\xff\xd9")
    with Image.open(BytesIO(made)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", PHOTO, {})
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert image.getpixel((175, 225)) == pytest.approx((0x20, 0x40, 0x60), abs=3)


async def test_what_a_png_carries_beside_its_pixels_is_gone():
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", SCRIPT.decode())
    made = await pictures.photo(drawn(form="PNG", pnginfo=said) + SCRIPT + archive())
    assert (SCRIPT in made, zipfile.is_zipfile(BytesIO(made))) == (False, False)


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"", PictureFault.MISSING),
        (b"GIF89a/*" + drawn()[8:] + b"*/=alert(1)", PictureFault.NOT_READ),
        (drawn(form="GIF", mode="L", colour=0), PictureFault.NOT_READ),
        (drawn(form="BMP"), PictureFault.NOT_READ),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", PictureFault.NOT_READ),
        (archive(), PictureFault.NOT_READ),
        (drawn()[: len(drawn()) // 2], PictureFault.NOT_READ),
        (drawn(form="PNG")[:400], PictureFault.NOT_READ),
        (drawn() + pictures.PASS * (JPEG_PASSES + 1), PictureFault.NOT_READ),
        (drawn() + bytes(PICTURE_BYTES), PictureFault.TOO_LARGE),
        (drawn((119, 900)), PictureFault.TOO_SMALL),
        (bomb(4001, 3001), PictureFault.TOO_MANY_PIXELS),
        (bomb(60_000, 40_000), PictureFault.TOO_MANY_PIXELS),
    ],
    ids=[
        *("nothing", "a GIF that is a script", "a GIF", "a BMP", "an SVG", "an archive"),
        *("half a JPEG", "half a PNG", "too many passes", "too large", "too small"),
        *("a small bomb", "a large bomb"),
    ],
)
async def test_what_is_no_whole_small_picture_is_refused_in_words(raw, wrong):
    assert await fault(raw) == wrong


async def test_a_jpeg_of_a_few_bytes_that_claims_many_pixels_is_not_unpacked():
    raw = bytearray(drawn())
    at = raw.index(b"\xff\xc0") + 5  # height and width in the frame's head
    raw[at : at + 4] = struct.pack(">HH", 8000, 8000)
    assert await fault(bytes(raw)) == PictureFault.TOO_MANY_PIXELS


async def test_a_photo_stands_upright_and_is_cut_not_squeezed():
    sideways = Image.new("RGB", (900, 600), "white")
    sideways.paste("#000000", (0, 0, 450, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    raw = BytesIO()
    sideways.save(raw, "JPEG", exif=exif)
    with Image.open(BytesIO(await pictures.photo(raw.getvalue()))) as image:
        bright = image.convert("L").tobytes()
    assert [bright[20 * 350 + at] < 60 for at in (20, 330)] == [True, True]
    assert [bright[430 * 350 + at] > 200 for at in (20, 330)] == [True, True]


async def test_what_can_be_seen_through_is_white():
    made = await pictures.photo(drawn(form="PNG", mode="RGBA", colour=(0, 0, 0, 0)))
    with Image.open(BytesIO(made)) as image:
        assert image.getpixel((10, 10)) == (255, 255, 255)


def coded(text, **more):
    made = BytesIO()
    segno.make_qr(text).save(made, kind="png", scale=6)
    with Image.open(made) as code:
        scene = Image.new("RGB", (3000, 2000), "#a08060")
        scene.paste(code.convert("RGB").resize((700, 700)), (1200, 800))
    shot = BytesIO()
    scene.rotate(11, fillcolor="#a08060").save(shot, "JPEG", quality=60, **more)
    return shot.getvalue()


async def test_a_code_in_a_large_picture_is_read_and_what_is_none_is_told():
    assert await pictures.code(coded("CWG0123456789ABCDEFGHJKMNPQRS")) == (
        "CWG0123456789ABCDEFGHJKMNPQRS"
    )
    for raw, wrong in (
        (drawn(), PictureFault.NO_CODE),
        (coded("X" * 81), PictureFault.NO_CODE),
        (bomb(60_000, 40_000), PictureFault.TOO_MANY_PIXELS),
        (b"%PDF-1.7", PictureFault.NOT_READ),
    ):
        with pytest.raises(Malformed) as refused:
            await pictures.code(raw)
        assert refused.value.faults["picture"] == wrong
