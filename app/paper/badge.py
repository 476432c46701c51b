"""Badges as PDF: one A6 page each, with the band of the category and the code for the door."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from unicodedata import bidirectional

import segno
import typst

from app.i18n import words
from app.policy.badge import PHOTO
from app.policy.people import Category, Function
from app.reasons import Translate, said

if TYPE_CHECKING:  # a process that sets one document needs no service
    from app.services.badges import Face

LAYOUT: Final = (Path(__file__).parent / "badge.typ").read_bytes()
QUIET: Final = 4  # modules of white around the code, as its standard asks
# The first that the machine has sets what it can; every other covers what those before lack.
LATIN: Final = ("Noto Sans", "DejaVu Sans")
ARABIC: Final = ("Noto Sans Arabic", "Noto Naskh Arabic", "Noto Kufi Arabic", "DejaVu Sans")
CHINESE: Final = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei")
SCRIPTS: Final[Mapping[str, Sequence[str]]] = {"en": LATIN, "ar": ARABIC, "zh": CHINESE}
UNBROKEN: Final = re.compile(r"\S{16}(?=\S{8})")  # where a word that fills the line may be parted
RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
# Fill and ink of the band; the word stands in it, so the colour alone says nothing.
BANDS: Final[Mapping[Category, tuple[str, str]]] = {
    Category.MEMBER_STATE: ("#12304f", "#ffffff"),
    Category.SECTOR_MEMBER: ("#0b6b4f", "#ffffff"),
    Category.ASSOCIATE: ("#5b3a8c", "#ffffff"),
    Category.ACADEMIA: ("#7a4b00", "#ffffff"),
    Category.RES_99: ("#355e6e", "#ffffff"),
    Category.UN_ORGANIZATION: ("#1f6fb5", "#ffffff"),
    Category.INTERGOVERNMENTAL_ORGANIZATION: ("#2f5d8a", "#ffffff"),
    Category.STAKEHOLDER: ("#f2c14e", "#1a1a1a"),
    Category.PUBLIC: ("#e6e6e6", "#1a1a1a"),
}
SERVICE: Final = ("#1a1a1a", "#ffffff")


@dataclass(frozen=True, slots=True)
class Printed:
    """What stands on one badge, in the words of its reader.

    ``band`` is what the band says, a category or a function; ``code`` what the QR code says.
    """

    meeting: str
    name: str
    entity: str
    title: str
    band: str
    category: Category
    serves: bool
    reference: str
    code: str
    alt: str
    photo: bytes = b""
    photo_alt: str = ""


QR: Final = words("QR code of this badge, for the door")
PHOTO_OF: Final = words("Photo of %(name)s")
# A band has one word: of several functions the one that the meeting knows somebody by.
FIRST: Final = tuple(Function)


def of(face: "Face", say: Translate) -> Printed:
    """A badge in the words of one language; a function is what someone is at this meeting."""
    row = face.held.registration
    function = min(face.functions, key=FIRST.index, default=None)
    return Printed(
        meeting=face.meeting.title,
        name=row.name,
        entity=face.held.body,
        title=row.job_title,
        band=said(function or face.category, say),
        category=face.category,
        serves=function is not None,
        reference=f"{row.reference[:4]}-{row.reference[4:]}",
        code=face.text,
        alt=say(QR),
        photo=face.photo,
        photo_alt=say(PHOTO_OF) % {"name": row.name},
    )


class Press:
    """The fonts of the machine, read once, and one compiler; threads take turns at it.

    ``fonts`` is a folder of more fonts, for a machine on which none can be installed.
    """

    def __init__(self, fonts: Path | None = None) -> None:
        more = [fonts] if fonts is not None and fonts.is_dir() else []
        self._fonts = typst.Fonts(font_paths=more)
        self.families = frozenset(self._fonts.families())
        self._compiler = typst.Compiler(font_paths=self._fonts)
        self._turn = Lock()

    @property
    def known(self) -> list[str]:
        """The families that the machine has, of those that set our scripts, in their order."""
        ours = dict.fromkeys((*LATIN, *ARABIC, *CHINESE))
        return [each for each in ours if each in self.families]

    def lacks(self, texts: Iterable[str]) -> frozenset[str]:
        """The scripts, as language tags, that these texts need and the machine has no font for."""
        needed = {script for text in texts for script in scripts(text)}
        return frozenset(script for script in needed if self.families.isdisjoint(SCRIPTS[script]))

    def press(self, people: Sequence[Printed]) -> bytes:
        """One PDF with a page for each; it keeps its thread busy."""
        given = {
            "people": json.dumps([_data(each) for each in people], ensure_ascii=False),
            "families": json.dumps(self.known),
            "title": people[0].meeting if people else "",
        }
        return self.compiled(LAYOUT, given)

    def compiled(
        self,
        layout: bytes,
        given: Mapping[str, str],
        standards: "Sequence[typst.PDFStandard]" = (),
    ) -> bytes:
        """A PDF by any layout; what it is given is data, and nothing in it is markup."""
        with self._turn:
            made = self._compiler.compile(
                layout, format="pdf", sys_inputs=dict(given), pdf_standards=list(standards)
            )
        if not isinstance(made, bytes):
            raise TypeError(made)
        return made


@cache
def press_of(fonts: Path) -> Press:
    """The press of this process; the first to ask waits for the fonts to be read."""
    return Press(fonts)


async def opened(fonts: Path) -> Press:
    """The press, with its fonts read in a thread where nobody has asked for it yet."""
    return await asyncio.to_thread(press_of, fonts)


async def printed(fonts: Path, people: Sequence[Printed]) -> bytes:
    """The PDF, made in a thread: everyone else is served meanwhile."""
    return await asyncio.to_thread(lambda: press_of(fonts).press(people))


def _data(each: Printed) -> dict[str, Any]:
    fill, ink = SERVICE if each.serves else BANDS[each.category]
    return {
        "meeting": directed(each.meeting),
        "name": directed(each.name),
        "entity": directed(each.entity),
        "title": directed(each.title),
        "category": directed(each.band),
        "reference": each.reference,
        "code": code(each.code),
        "alt": each.alt,
        "photo": _picture(each.photo),
        "photo_alt": each.photo_alt,
        "fill": fill,
        "ink": ink,
    }


def _picture(jpeg: bytes) -> str:
    """A JPEG as SVG, which goes to the compiler as a text; nothing where there is none."""
    if not jpeg:
        return ""
    width, height = PHOTO
    data = b64encode(jpeg).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}"><image width="{width}" height="{height}"'
        f' href="data:image/jpeg;base64,{data}"/></svg>'
    )


def directed(text: str) -> dict[str, Any]:
    """With the language that chooses the glyphs, and the direction of its first strong letter."""
    found = scripts(text)
    lang = "zh" if "zh" in found else "ar" if "ar" in found else "en"
    first = next((way for way in map(bidirectional, text) if way in RIGHT_TO_LEFT | {"L"}), "L")
    if lang == "en":  # letters that join must not be parted
        text = UNBROKEN.sub("\\g<0>\u200b", text)
    return {"text": text, "lang": lang, "rtl": first in RIGHT_TO_LEFT}


def scripts(text: str) -> frozenset[str]:
    """Which of the fonts' scripts a text needs."""
    return frozenset(map(_script, text))


@cache
def _script(letter: str) -> str:
    if bidirectional(letter) == "AL":
        return "ar"
    return "zh" if "\u2e80" <= letter <= "\u9fff" or letter >= "\U00020000" else "en"


def code(text: str) -> str:
    """The QR code as SVG: 25 modules wide, and legible with a quarter of it gone."""
    made = BytesIO()
    drawn = segno.make_qr(text, error="q", boost_error=False)
    drawn.save(made, kind="svg", border=QUIET, xmldecl=False, svgclass=None, lineclass=None)
    return made.getvalue().decode()
