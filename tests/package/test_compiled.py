"""A compiled document as DOCX: headings, a field of contents, and paragraphs that run their way."""

from io import BytesIO

import docx
from docx.oxml.ns import qn

from app.package.compiled import docx_of
from app.policy.compiled import Document, Heading, Paragraph, Said, Style, Table, in_print

ARABIC = "نقترح سياسات واضحة."


def test_an_office_program_finds_headings_contents_languages_and_directions():
    hostile = in_print("a\x00\x0b\ufffe]]> <w:p/> &amp; \u202eb" + "x" * 20_000)
    said = Document(
        service=Said("Service"),
        title=in_print("A <title> & more"),
        titles=[Said(ARABIC, "ar")],
        lead=[Said("Lead")],
        contents=Said("Contents"),
        page="Page",
        blocks=[
            Heading(Said("Inputs")),
            Heading(Said("Input 1"), 2),
            Heading(Said("Summary"), 3),
            Paragraph(Said(ARABIC, "ar")),
            Paragraph(Said("保护儿童", "zh")),
            Paragraph(Said("Une réponse.", "fr"), Style.NOTE),
            Paragraph(hostile),
            Table(Said("By region"), [Said("Region"), Said("Inputs")], [[Said("CIS"), Said("3")]]),
        ],
    )

    read = docx.Document(BytesIO(docx_of(said)))

    styled = [(each.style.name, each.text) for each in read.paragraphs if each.style]
    assert [each for each in styled if each[0].startswith("Heading")] == [
        ("Heading 1", "Contents"),
        ("Heading 1", "Inputs"),
        ("Heading 2", "Input 1"),
        ("Heading 3", "Summary"),
    ]
    assert read.core_properties.title == "A <title> & more"
    last = read.paragraphs[-3].text
    assert last == "a]]> <w:p/> &amp; b" + "x" * 20_000
    body = read.element.body
    runs_left = [
        each.text for each in read.paragraphs if each._p.find(f".//{qn('w:bidi')}") is not None
    ]
    assert runs_left == [ARABIC, ARABIC]
    tongues = [dict(each.attrib) for each in body.iter(qn("w:lang"))]
    assert {qn("w:bidi"): "ar-SA"} in tongues
    assert {qn("w:eastAsia"): "zh-CN"} in tongues
    assert {qn("w:val"): "fr-FR"} in tongues
    kinds = [each.get(qn("w:fldCharType")) for each in body.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]
    anchors = [each.get(qn("w:anchor")) for each in body.iter(qn("w:hyperlink"))]
    names = [each.get(qn("w:name")) for each in body.iter(qn("w:bookmarkStart"))]
    assert anchors == names == ["_Toc00000001", "_Toc00000002"]
    assert [[cell.text for cell in row.cells] for row in read.tables[0].rows] == [
        ["Region", "Inputs"],
        ["CIS", "3"],
    ]
