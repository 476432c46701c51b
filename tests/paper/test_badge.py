"""Badges on paper: names of three scripts are set, and a machine reads the code."""

import json
import struct
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from app.bench import badges as bench
from app.paper.badge import BANDS, LAYOUT, Press, Printed, _data, directed, scripts
from app.policy.people import Category
from tests.conftest import do_without
from tests.machine import draws_arabic, draws_chinese

TEXT = "CWG0123456789ABCDEFGHJKMNPQRS"
KENYA = Printed(
    meeting="Twentieth meeting",
    name="Delegate of Kenya",
    entity="Kenya",
    title="Director",
    band="Member State",
    category=Category.MEMBER_STATE,
    serves=False,
    reference="K7M2-Q9XA",
    code=TEXT,
    alt="QR code",
)
PPI = 72


@pytest.fixture(scope="module")
def press() -> Press:
    return Press()


def drawn(press: Press, badge: Printed) -> bytes:
    """The badge as a picture (PNG), by the same compiler, fonts and layout."""
    given = {
        "people": json.dumps([_data(badge)]),
        "families": json.dumps(["DejaVu Sans"] if "DejaVu Sans" in press.families else []),
        "title": badge.meeting,
    }
    made = press._compiler.compile(LAYOUT, format="png", ppi=PPI, sys_inputs=given)
    assert isinstance(made, bytes)
    return made


def grey(png: bytes) -> memoryview:
    """The red of each pixel of an RGBA picture, line by line: enough for black on white."""
    width, height = struct.unpack(">II", png[16:24])
    packed, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    raw, row = zlib.decompress(packed), bytearray(width * 4)
    pixels = bytearray()
    for line in range(height):
        start = line * (width * 4 + 1)
        row = unfiltered(raw[start], raw[start + 1 : start + 1 + width * 4], row)
        pixels += row[::4]
    return memoryview(bytes(pixels)).cast("B", (height, width))


def unfiltered(kind: int, line: bytes, above: bytearray) -> bytearray:
    """One line of a PNG, from the one above (RFC 2083, 6)."""
    made = bytearray(line)
    for place in range(len(made)):
        left = made[place - 4] if place >= 4 else 0
        up, corner = above[place], above[place - 4] if place >= 4 else 0
        near = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
        guess = (0, left, up, (left + up) // 2, near)[kind]
        made[place] = (made[place] + guess) & 255
    return made


def test_a_photo_stands_beside_the_code_which_is_still_read(press):
    picture = BytesIO()
    Image.new("RGB", (350, 450), "#ff0000").save(picture, "JPEG")
    badge = replace(KENYA, photo=picture.getvalue(), photo_alt="Photo")
    with_it = drawn(press, badge)
    (found,) = zxingcpp.read_barcodes(grey(with_it))
    assert found.text == TEXT
    with Image.open(BytesIO(with_it)) as page:
        at = (round(30 / 25.4 * PPI), round(104 / 25.4 * PPI))
        assert page.convert("RGB").getpixel(at) == pytest.approx((255, 0, 0), abs=4)
    made = press.press([badge])
    assert b"/DCTDecode" in made


def test_a_machine_reads_the_code_on_the_finished_badge(press):
    (found,) = zxingcpp.read_barcodes(grey(drawn(press, KENYA)))
    assert (found.text, str(found.format)) == (TEXT, "QR Code")


@pytest.mark.parametrize(
    ("draws", "one", "another"),
    [
        (draws_arabic, "أحمد بن محمد", "سعيد بن خالد"),
        (draws_chinese, "王小明", "李大华"),
    ],
)
def test_names_of_other_scripts_are_set_with_letters_and_not_with_boxes(press, draws, one, another):
    if not draws():
        do_without("there is no font for it")
    boxes = [drawn(press, replace(KENYA, name=name)) for name in (one, another)]
    assert boxes[0] != boxes[1]
    assert press.lacks([one, another]) == frozenset()


def test_which_script_and_direction_a_name_has():
    assert scripts("Kenya, a State") == {"en"}
    assert scripts("王小明 (Wang)") == {"zh", "en"}
    assert [directed(name)["lang"] for name in ("Ana", "أحمد", "王")] == ["en", "ar", "zh"]
    assert [directed(name)["rtl"] for name in ("(Ana)", "1. أحمد", "王", "1")] == [
        False,
        True,
        False,
        False,
    ]


def test_a_machine_without_a_font_says_so(press):
    bare = Press()
    bare.families = frozenset({"Libertinus Serif"})
    assert bare.lacks(["Ana", "أحمد", "王"]) == {"en", "ar", "zh"}


@pytest.mark.parametrize(
    "name",
    [
        '#panic() $x$ *y* `z` <b> \\ " [',
        "A" * 120,
        "Several given names and a family name " * 3,
        "a",
        "\u202a",
    ],
)
def test_whatever_a_name_holds_is_text_and_nothing_else(press, name):
    made = press.press([replace(KENYA, name=name, entity=name, title=name, meeting=name)])
    assert made.startswith(b"%PDF-")
    assert b"/Count 1" in made


@pytest.mark.parametrize("name", ["A" * 119, "Several given names and a family name " * 3])
def test_the_end_of_a_long_name_is_on_the_badge(press, name):
    # Digits are equally wide: a name that is cut off looks the same whichever is last.
    ends = [drawn(press, replace(KENYA, name=name + last)) for last in "121"]
    assert ends[0] == ends[2] != ends[1]


def test_every_category_has_a_band_that_can_be_read():
    assert set(BANDS) == set(Category)
    for fill, ink in BANDS.values():
        assert contrast(fill, ink) >= 4.5


def contrast(one: str, other: str) -> float:
    """As WCAG 2 computes it."""
    lights = sorted(map(luminance, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_bench_prints_as_many_as_it_says():
    told = bench.run(many=12, rounds=6)
    assert (told["badges_in_one_pdf"], told["warm_limit_ms"], told["limit_seconds"]) == (12, 50, 30)
    assert 0 < told["warm_p50_ms"] <= told["warm_worst_ms"]
    assert told["bytes"] > 12 * 1000
