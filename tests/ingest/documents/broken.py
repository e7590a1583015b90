"""Broken, hostile and odd files, each named by its defect, and what must become of it.

`None`: it is read. A code: it is refused with that code. Several codes: any of them, for what a damaged file still
gives depends on the library that reads it."""

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from tests.ingest.documents.making import docx, pdf, write

Expected = str | None | tuple[str | None, ...]

TEXT = "Offer amoxicillin 500 mg to adults with pneumonia for five days."
DAMAGED = (None, "unreadable", "no_text", "empty", "too_large", "timeout")


def small_pdf(**options: object) -> bytes:
    return pdf(lambda canvas, number: write(canvas, 60, 700, [TEXT]), **options)  # type: ignore[arg-type]


def small_docx() -> bytes:
    return docx(lambda document: document.add_paragraph(TEXT))


def handmade(*objects: str | bytes, trailer: str = "", header: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF of these objects, numbered from 1, with a right cross-reference table."""
    out = bytearray(header)
    places = []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        body = one.encode("latin-1") if isinstance(one, str) else one
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    for place in places:
        out += f"{place:010d} 00000 n \n".encode()
    out += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def page_of(content: bytes, *, box: str = "[0 0 595 842]", font: str = "/Helvetica", more: str = "") -> bytes:
    """A PDF of one page with this content stream."""
    return handmade(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents 4 0 R {more} /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        f"<< /Type /Font /Subtype /Type1 /BaseFont {font} >>",
    )


def shown(text: str, *, size: float = 10) -> bytes:
    return f"BT /F {size} Tf 60 700 Td ({text}) Tj ET".encode("latin-1")


def rezipped(content: bytes, change: object) -> bytes:
    """A Word file with `change(name, body)` applied to its parts; None drops one."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = change(name, old.read(name))  # type: ignore[operator]
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


def pdfs() -> Iterator[tuple[str, bytes, Expected]]:
    whole = small_pdf()
    yield "whole", whole, None
    yield "of no bytes", b"", "empty"
    yield "of white space", b" \n\t\r\n", "empty"
    yield "of zeros", b"\x00" * 5000, "empty"
    yield "of noise", bytes((i * 7919 + i // 3) % 256 for i in range(20_000)), "unreadable"
    yield "that is an HTML page", b"<html><body><p>Not found</p></body></html>", "unreadable"
    yield "that is a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 200, "unreadable"
    yield "that is only its header", b"%PDF-1.7\n", "unreadable"
    yield "that is only its trailer", whole[whole.rindex(b"trailer") :], DAMAGED
    yield "with junk before its header", b"\r\nHTTP/1.1 200 OK\r\n\r\n" + whole, None
    yield "with junk after its end", whole + b"\x00" * 3000, None
    yield "with junk in its middle", whole[:300] + b"\xff" * 400 + whole[300:], DAMAGED
    for share in (0.1, 0.25, 0.5, 0.75, 0.9, 0.99):
        yield f"cut off at {share:.0%}", whole[: int(len(whole) * share)], DAMAGED
    yield "without a cross-reference table", whole[: whole.rindex(b"xref\n0")] + b"%%EOF", DAMAGED
    yield "whose cross-reference points nowhere", whole.replace(b"startxref\n", b"startxref\n9"), DAMAGED
    yield "whose objects have no end", whole.replace(b"endobj", b""), DAMAGED
    yield "whose streams have no end", whole.replace(b"endstream", b""), DAMAGED
    yield "whose lengths lie", whole.replace(b"/Length ", b"/Length 9"), DAMAGED
    yield "whose streams are not what their filter says", whole.replace(b"/FlateDecode", b"/DCTDecode"), DAMAGED
    yield "with a password", _encrypted(), "encrypted"
    yield "of blank pages", pdf(lambda canvas, number: None, pages=3), "no_text"
    yield "of a scan", _scan(), "no_text"
    yield (
        "without pages",
        handmade("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"),
        (
            "empty",
            "unreadable",
        ),
    )
    yield (
        "that counts more pages than it has",
        handmade("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 4000 >>"),
        ("no_text", "unreadable", "empty"),
    )
    yield (
        "that counts a billion pages",
        handmade("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 1000000000 >>"),
        ("too_large", "unreadable", "no_text", "empty"),
    )
    yield (
        "whose pages are their own parent",
        handmade("<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"),
        DAMAGED,
    )
    yield "whose catalogue is missing", handmade("<< /Type /Pages /Kids [] /Count 0 >>"), DAMAGED
    yield "whose page has no box", page_of(shown(TEXT), box="[]"), DAMAGED
    yield "whose page has no height", page_of(shown(TEXT), box="[0 0 595 0]"), DAMAGED
    yield "one of whose pages has no height", _with_a_flat_page(), None
    yield "whose page is a mile wide", page_of(shown(TEXT), box="[0 0 4560000 4560000]"), DAMAGED
    yield "whose page starts below zero", page_of(shown(TEXT), box="[-100 -100 495 742]"), None
    yield "whose page lies on its side", page_of(shown(TEXT), more="/Rotate 90"), None
    yield "whose page stands on its head", page_of(shown(TEXT), more="/Rotate 180"), None
    yield "whose page is turned by a third", page_of(shown(TEXT), more="/Rotate 30"), DAMAGED
    yield "whose text is off its page", page_of(b"BT /F 10 Tf 60 -700 Td (%s) Tj ET" % TEXT.encode()), "no_text"
    yield "whose text has no size", page_of(shown(TEXT, size=0)), DAMAGED
    yield "whose text is a mile high", page_of(shown(TEXT, size=90000)), DAMAGED
    yield (
        "whose text is drawn unseen beside what is seen",
        page_of(shown(TEXT) + b" BT 3 Tr /F 10 Tf 60 500 Td (Ignore it) Tj ET"),
        None,
    )
    yield "that nests its drawing states", page_of(b"q " * 50_000 + shown(TEXT)), DAMAGED
    yield "that nests its arrays", handmade("<< /Type /Catalog /Pages 2 0 R /X " + "[" * 30_000 + " >>"), DAMAGED
    yield "that draws a million lines", page_of(shown(TEXT) + b" 0 0 m 9 9 l S" * 60_000), DAMAGED
    yield "that is a bomb", _bomb(), DAMAGED
    yield "whose text is one letter a million times", page_of(shown("a" * 300_000)), DAMAGED
    yield "whose font is not there", page_of(shown(TEXT), font="/NoSuchFontAnywhere"), DAMAGED
    yield "whose operators are unknown", page_of(b"xyzzy plugh " + shown(TEXT)), DAMAGED
    yield (
        "whose contents are its own catalogue",
        handmade(
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 1 0 R >>",
        ),
        DAMAGED,
    )
    yield (
        "that runs a script",
        handmade(
            "<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
            "<< /Type /Pages /Kids [] /Count 0 >>",
        ),
        DAMAGED,
    )


def others() -> Iterator[tuple[str, bytes, Expected]]:
    whole = small_docx()
    yield "whole.docx", whole, None
    yield "that is an old Word file.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 3000, "unsupported"
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\x00" * 3000
    yield "with a password.docx", locked, "encrypted"
    yield "that is plain text.docx", TEXT.encode(), "unreadable"
    yield "cut off.docx", whole[: len(whole) // 2], "unreadable"
    yield "that is an empty archive.docx", _zip({}), "unreadable"
    yield "that is another archive.docx", _zip({"a.txt": b"a"}), "unreadable"
    yield (
        "that is a spreadsheet.docx",
        _zip({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a/>"}),
        "unsupported",
    )
    yield "without its body.docx", rezipped(whole, lambda n, b: None if n == "word/document.xml" else b), "unreadable"
    yield (
        "whose body is no XML.docx",
        rezipped(whole, lambda n, b: b"<<<" if n == "word/document.xml" else b),
        "unreadable",
    )
    laughs = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">' + b"".join(
        b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (120 if n == 0 else 96 + n) * 10) for n in range(10)
    )
    bomb = (
        laughs
        + b"]><w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>&j;</w:document>"
    )
    yield (
        "whose entities explode.docx",
        rezipped(whole, lambda n, b: bomb if n == "word/document.xml" else b),
        (
            "unreadable",
            "empty",
            "too_large",
        ),
    )
    yield (
        "that is a bomb.docx",
        rezipped(whole, lambda n, b: b"\x00" * (300 << 20) if n == "word/document.xml" else b),
        ("too_large"),
    )
    yield "with nothing in it.docx", docx(lambda document: None), "empty"
    yield "whole.html", f"<h1>A cough</h1><p>{TEXT}</p>".encode(), None
    yield "nested ten thousand deep.html", b"<div>" * 10_000 + TEXT.encode(), None
    yield "whose tags never end.html", b"<p><b><i><table><tr><td>" + TEXT.encode(), None
    yield "that is only a script.html", b"<script>document.write('x')</script>", "empty"
    yield "that says another charset.html", b'<meta charset="koi8-r"><p>' + "Боль в горле".encode("koi8-r"), None
    yield "that says a charset nobody has.html", b'<meta charset="nope"><p>' + TEXT.encode(), None
    yield "with zeros in it.html", b"<p>" + b"\x00" * 10 + TEXT.encode(), (None, "unreadable")
    yield "in sixteen bits.txt", TEXT.encode("utf-16"), None
    yield "in sixteen bits cut in the middle.txt", TEXT.encode("utf-16")[:-1], "unreadable"
    yield "in western letters.txt", "Überdosis: 4 µg".encode("cp1252"), None
    yield "of binary data.txt", bytes(range(256)) * 10, "unreadable"
    yield "of one endless line.txt", b"word " * 200_000, None
    yield "of one endless word.txt", b"a" * 500_000, None
    yield "with front matter that never ends.md", b"---\ntitle: x\n" + TEXT.encode(), None
    yield (
        "with front matter that explodes.md",
        b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n" + TEXT.encode(),
        None,
    )
    yield "with ten thousand brackets.md", b"[" * 10_000 + TEXT.encode(), None
    yield "with ten thousand quotes.md", b">" * 10_000 + TEXT.encode(), (None, "unreadable", "empty")
    yield "of a kind nobody reads.xlsx", b"PK\x03\x04", "unsupported"
    yield "without a suffix", TEXT.encode(), "unsupported"


def _with_a_flat_page() -> bytes:
    text = shown(TEXT)
    page = "<< /Type /Page /Parent 2 0 R /MediaBox {} /Contents 5 0 R /Resources << /Font << /F 6 0 R >> >> >>"
    return handmade(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
        page.format("[0 0 0.01 0.01]"),
        page.format("[0 0 595 842]"),
        b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def _encrypted() -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption

    return small_pdf(encrypt=StandardEncryption("secret", strength=128))


def _scan() -> bytes:
    def draw(canvas: object, number: int) -> None:
        canvas.setFillGray(0.5)  # type: ignore[attr-defined]
        canvas.rect(60, 60, 400, 600, fill=1)  # type: ignore[attr-defined]

    return pdf(draw)


def _bomb() -> bytes:
    packed = zlib.compress(b" " * (400 << 20), 9)
    return handmade(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(packed) + packed + b"\nendstream",
    )


def _zip(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def every_broken_file() -> list[tuple[str, bytes, Expected]]:
    """All of them, named as files."""
    return [(f"{name}.pdf", content, expected) for name, content, expected in pdfs()] + list(others())
