"""Files as people and others send them, made byte by byte."""

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
ODT = "application/vnd.oasis.opendocument.text"


def packed(entries: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as pack:
        for name, content in entries.items():
            how = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            pack.writestr(ZipInfo(name), content, how)
    return made.getvalue()


def docx(**more: str | bytes) -> bytes:
    """A document with one paragraph; ``more`` are entries by name, ``__`` for a slash."""
    entries: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{CONTENT_TYPES}">'
        f'<Override PartName="/word/document.xml" ContentType="{TYPES}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"/>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body><w:p><w:r>'
        "<w:t>The sixth script.</w:t></w:r></w:p></w:body></w:document>",
    }
    return packed(entries | {name.replace("__", "/"): each for name, each in more.items()})


def relation(kind: str, target: str) -> bytes:
    """A document that points outside."""
    return docx(
        **{
            "word___rels__document.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship '
            f'Id="a" Type="{KINDS}/{kind}" Target="{target}" TargetMode="External"/>'
            "</Relationships>"
        }
    )


def odt(body: str = "<text:p>Универсальное принятие.</text:p>", **more: str) -> bytes:
    names = "office text draw script"
    spaces = " ".join(
        f'xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"' for each in names.split()
    )
    content = (
        f'<office:document-content {spaces} xmlns:xlink="http://www.w3.org/1999/xlink">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    extra = {name.replace("__", "/"): each for name, each in more.items()}
    return packed({"mimetype": ODT, "content.xml": content} | extra)


def pdf(
    text: str = "Hello from a page", *, script: str = "", holds: bool = False, **root: str
) -> bytes:
    """One page; a script in the document, a file in it, or further actions by name."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(stream)
    if script:
        runs = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject(script),
            }
        )
        tree = DictionaryObject(
            {NameObject("/Names"): ArrayObject([TextStringObject("a"), writer._add_object(runs)])}
        )
        writer.root_object[NameObject("/Names")] = DictionaryObject(
            {NameObject("/JavaScript"): tree}
        )
    if holds:
        writer.add_attachment("inner.exe", b"MZ")
    for name, action in root.items():
        writer.root_object[NameObject(f"/{name}")] = DictionaryObject(
            {NameObject("/S"): NameObject(f"/{action}"), NameObject("/F"): TextStringObject("x")}
        )
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def opens_at_a_page() -> bytes:
    """What typesetting programs write: the document opens at a page, and nothing runs."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    reference = page.indirect_reference
    assert reference
    writer.root_object[NameObject("/OpenAction")] = ArrayObject([reference, NameObject("/Fit")])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
