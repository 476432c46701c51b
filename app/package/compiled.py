"""A round as DOCX and as JSON, with the same content as its PDF.

``python -m app.package.compiled`` reads a document as JSON and writes the DOCX: it takes a core
for seconds, and is a process of its own as the PDF is.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import docx
import orjson
from docx.document import Document as Docx
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph as DocxParagraph
from docx.text.run import Run

from app.policy.compiled import BREAK, Document, Heading, Paragraph, Said, Style, Table, of_json
from app.policy.words import HAN

if TYPE_CHECKING:  # the process that makes one needs no service
    from app.services.compiled import Became, Brief, Compiled, Entry, Share
    from app.services.publication import Published

# The languages as an office program names them.
TAGS: Final = {
    "ar": "ar-SA",
    "en": "en-GB",
    "es": "es-ES",
    "fr": "fr-FR",
    "ru": "ru-RU",
    "zh": "zh-CN",
}
QUIET: Final = RGBColor(0x50, 0x50, 0x50)
SIZES: Final = {Style.TEXT: None, Style.QUIET: 9.5, Style.EXACT: 8.0, Style.NOTE: 9.5}
LATIN_FONT, ARABIC_FONT, CHINESE_FONT = "Calibri", "Arial", "SimSun"


def docx_of(document: Document) -> bytes:
    """With headings, a field of contents, and each paragraph's own language and direction."""
    made = docx.Document()
    _settle(made, document)
    _title_page(made, document)
    _contents(made, document)
    marks = _names()
    for block in document.blocks:
        match block:
            case Heading():
                _heading(made, block, next(marks) if block.level < 3 else "")  # noqa: PLR2004 - in the contents
            case Paragraph():
                _paragraph(made, block)
            case Table():
                _table(made, block)
    written = BytesIO()
    made.save(written)
    return written.getvalue()


def _names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"_Toc{number:08}"


def _settle(made: Docx, document: Document) -> None:
    """What the file says of itself; the same document is the same bytes but for its time."""
    about = made.core_properties
    about.title = document.title.text
    about.author = document.service.text
    about.comments, about.language = "", TAGS["en"]
    normal = made.styles["Normal"]
    normal.font.size = Pt(10.5)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for name, font in (
        ("w:ascii", LATIN_FONT),
        ("w:hAnsi", LATIN_FONT),
        ("w:cs", ARABIC_FONT),
        ("w:eastAsia", CHINESE_FONT),
    ):
        fonts.set(qn(name), font)


def _title_page(made: Docx, document: Document) -> None:
    _quietly(_of(made, document.service))
    _of(made, document.title, style="Title")
    for each in document.titles:
        _of(made, each)
    for each in document.lead:
        _quietly(_of(made, each))
    _added(made).add_run().add_break(WD_BREAK.PAGE)


def _contents(made: Docx, document: Document) -> None:
    """A field that an office program fills in with pages; until then the headings, as links."""
    _of(made, document.contents, style="Heading1")
    listed = [each for each in document.blocks if isinstance(each, Heading) and each.level < 3]  # noqa: PLR2004 - in the contents
    paragraph = _added(made)
    begin = _field(paragraph, "begin")
    begin.set(qn("w:dirty"), "true")
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = ' TOC \\o "1-2" \\h \\z \\u '
    paragraph.add_run()._r.append(instruction)
    _field(paragraph, "separate")
    marks = _names()
    for each in listed:
        paragraph = _added(made)
        paragraph.paragraph_format.left_indent = Pt(14 * (each.level - 1))
        paragraph.paragraph_format.space_after = Pt(2)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), next(marks))
        run = paragraph.add_run(_shown(each.said))
        _tongue(run, each.said)
        link.append(run._r)
        paragraph._p.append(link)
    _field(_added(made), "end")


def _field(paragraph: DocxParagraph, kind: str) -> Any:  # noqa: ANN401 - an element of lxml
    made = OxmlElement("w:fldChar")
    made.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(made)
    return made


def _heading(made: Docx, block: Heading, mark: str) -> None:
    paragraph = _of(made, block.said, style=f"Heading{block.level}")
    if block.level == 1:
        paragraph.paragraph_format.page_break_before = True
    if not mark:
        return
    number = mark.removeprefix("_Toc").lstrip("0")
    begin, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for each in (begin, end):
        each.set(qn("w:id"), number)
    begin.set(qn("w:name"), mark)
    paragraph._p.insert(1, begin)
    paragraph._p.append(end)


def _paragraph(made: Docx, block: Paragraph) -> None:
    paragraph = _of(made, block.said, size=SIZES[block.style])
    if block.style is not Style.TEXT:
        _quietly(paragraph)
    if block.style is Style.NOTE:
        paragraph.paragraph_format.left_indent = Pt(14)


def _table(made: Docx, block: Table) -> None:
    caption = _of(made, block.caption)
    for run in caption.runs:
        run.bold = True
    caption.paragraph_format.keep_with_next = True
    table = made.add_table(rows=0, cols=len(block.head), style="Table Grid")
    for row in (block.head, *block.rows):
        cells = table.add_row().cells
        for place, each in enumerate(row):
            _write(cells[place].paragraphs[0], each, 9.5)
            if place:
                cells[place].paragraphs[0].alignment = 2
    head = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(head)
    _added(made)


def _of(made: Docx, said: Said, *, style: str = "", size: float | None = None) -> DocxParagraph:
    paragraph = _added(made)
    if style:
        # By its id: the library looks through all styles for a name, which takes milliseconds.
        paragraph._p.get_or_add_pPr().style = style
    _write(paragraph, said, size)
    return paragraph


def _added(made: Docx) -> DocxParagraph:
    """A paragraph at the end: the library would look for the end from the beginning."""
    element = OxmlElement("w:p")
    made.element.body[-1].addprevious(element)  # the last of a body are the properties
    return DocxParagraph(element, made._body)


def _write(paragraph: DocxParagraph, said: Said, size: float | None = None) -> None:
    if said.rtl:
        properties = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(OxmlElement("w:bidi"), *AFTER_BIDI)
    run = paragraph.add_run(_shown(said))
    if size:
        run.font.size = Pt(size)
    _tongue(run, said)


AFTER_BIDI: Final = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing"),
    *("w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment"),
    *("w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr"),
    "w:pPrChange",
)


def _shown(said: Said) -> str:
    """An office program parts a long word by itself."""
    return said.text.replace(BREAK, "")


def _tongue(run: Run, said: Said) -> None:
    """The language in the attribute of its script, and the direction, as the schema orders them."""
    properties = run._r.get_or_add_rPr()
    if said.rtl:
        properties.append(OxmlElement("w:rtl"))
    tag = TAGS.get(said.language, said.language)
    lang = OxmlElement("w:lang")
    if said.rtl:
        lang.set(qn("w:bidi"), tag if said.language == "ar" else TAGS["ar"])
    elif said.language == "zh" or HAN.search(said.text):
        lang.set(qn("w:eastAsia"), TAGS["zh"])
    else:
        lang.set(qn("w:val"), tag)
    properties.append(lang)


def _quietly(paragraph: DocxParagraph) -> None:
    for run in paragraph.runs:
        run.font.color.rgb = QUIET


# For programs.


def as_json(compiled: "Compiled", address: str) -> bytes:
    """The whole with its numbers; ``address`` is the one of the inputs of the round."""
    found, numbers = compiled.of, compiled.numbers
    said = {
        "consultation": found.slug,
        "titles": found.titles,
        "topic": found.topic,
        "meeting": {"slug": found.meeting_slug, "title": found.meeting},
        "opens_at": found.opens_at,
        "closes_at": found.closes_at,
        "time_zone": found.zone,
        "closed": found.closed,
        "as_of": found.at,
        "questions": [{"number": each.number, "texts": each.texts} for each in found.questions],
        "numbers": {
            "published": found.counts.published,
            "kept": found.counts.kept,
            "withdrawn": found.counts.withdrawn,
            "once": numbers.once,
            "people": numbers.tally.people,
            "organizations": numbers.tally.organizations,
            "words": numbers.tally.words,
            "most_by_one": numbers.tally.most_by_one,
            "groups": None
            if numbers.groups is None
            else [
                [{"number": one.number, "measure": one.measure} for one in each.members]
                for each in numbers.groups
            ],
            "regions": _shares(compiled.regions),
            "stakeholder_groups": _shares(compiled.groups),
            "categories": _shares(compiled.categories),
            "languages": _shares(compiled.languages),
        },
        "summary": _brief(found.brief),
        "inputs": [_entry(each, address, compiled) for each in found.entries],
    }
    return orjson.dumps(said, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _shares(shares: "Sequence[Share]") -> list[dict[str, Any]]:
    return [{"key": each.key, "inputs": each.inputs, "words": each.words} for each in shares]


def _brief(brief: "Brief | None") -> dict[str, Any] | None:
    if brief is None:
        return None
    return {
        "state": brief.state,
        "at": brief.at,
        "present": brief.present,
        "paragraphs": [
            {"number": each.number, "text": each.text, "cites": each.cites}
            for each in brief.passages
        ],
    }


def _entry(entry: "Entry", address: str, compiled: "Compiled") -> dict[str, Any]:
    each = entry.input
    return {
        "number": each.number,
        "address": f"{address}/{each.number}",
        "hidden": each.hidden,
        "submitted_at": each.at,
        "language": each.language,
        "texts": each.texts,
        "same_as": compiled.same.get(each.number),
        "names": each.names,
        "job_title": each.job_title,
        "organization": each.organization,
        "country": each.country,
        "region": entry.region,
        "group": each.group,
        "category": each.category,
        "late": each.late,
        "version": each.version,
        "digest": each.digest,
        "content": each.content,
        "off_topic": each.off_topic,
        "redactions": [
            {"part": one.part, "ground": one.ground, "why": one.why, "at": one.at}
            for one in each.marks
        ],
        "translations": _translations(each),
        "files": [
            {"name": one.name, "media_type": one.media_type, "size": one.size, "sha256": one.sha256}
            for one in each.files
        ],
        "files_withheld": each.files_withheld,
        "disposition": _became(entry.became),
    }


def _translations(each: "Published") -> list[dict[str, Any]]:
    return [
        {
            "language": one.language,
            "translated": one.translated,
            "translator": one.translator,
            "at": one.at,
            "texts": one.texts,
        }
        for one in each.translations
    ]


def _became(became: "Became | None") -> dict[str, Any] | None:
    if became is None:
        return None
    return {
        "kind": became.kind,
        "agenda_item": became.item,
        "paragraph": became.paragraph,
        "why": became.why,
        "at": became.at,
    }


def main() -> None:
    os.nice(10)  # a meeting that is going on comes first
    sys.stdout.buffer.write(docx_of(of_json(json.loads(sys.stdin.buffer.read()))))


if __name__ == "__main__":
    main()
