"""Pages that are pictures: refused by default, read by OCR where it is turned on, and marked as read so."""

from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from PIL.Image import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.documents.pool import Reader, Readers
from ingest.documents.reading import read_edition
from ingest.documents.refusals import Refused
from knowledge.editions import NewDocument
from tests.ingest.documents.broken import handmade
from tests.ingest.documents.making import pdf, write

LINES = ["Offer amoxicillin 500 mg three times a day", "to adults with mild pneumonia for five days."]
SIZE = (320.0, 120.0)
# OCR draws its boxes a little wider or narrower than the letters are.
NEAR = 6.0


def printed(canvas: Any, number: int) -> None:
    write(canvas, 30, 80, LINES, size=12)


def scanned(content: bytes) -> bytes:
    """The pages of a PDF as a scanner leaves them: pictures."""
    source = pypdfium2.PdfDocument(content)
    out = BytesIO()
    canvas = Canvas(out, pagesize=SIZE, invariant=1)
    for page in source:
        picture: Image = page.render(scale=200 / 72).to_pil()
        canvas.drawImage(ImageReader(picture), 0, 0, *SIZE)
        canvas.showPage()
        page.close()
    canvas.save()
    source.close()
    return out.getvalue()


@pytest.fixture(scope="module")
def original() -> bytes:
    return pdf(printed, size=SIZE)


@pytest.fixture(scope="module")
def by_ocr(original: bytes) -> NewDocument:
    """A scan read as the service reads it: in a process that has no network."""
    with Readers(1, ocr=True) as readers:
        ((_, result),) = readers.each(["scan"], lambda name: (scanned(original), "x/scan.pdf", None))
    assert isinstance(result, NewDocument), result
    return result


def test_a_scan_is_refused_with_how_to_turn_on_ocr(original: bytes) -> None:
    reader = Reader()
    with pytest.raises(Refused) as refused:
        reader.read(scanned(original), file="x/scan.pdf")
    reader.close()
    assert refused.value.code == "no_text"
    assert "CDS_OCR=on" in refused.value.message


def test_ocr_reads_a_scan_and_marks_its_page(by_ocr: NewDocument) -> None:
    (passage,) = by_ocr.passages
    assert by_ocr.text[passage.start : passage.end] == " ".join(LINES)
    assert [(flag.kind, flag.page) for flag in by_ocr.flags] == [("ocr", 1)]


def test_the_boxes_of_words_read_by_ocr_lie_on_the_words_that_were_scanned(
    by_ocr: NewDocument, original: bytes
) -> None:
    (there,) = read_edition(original, file="x/original.pdf").passages
    (here,) = by_ocr.passages
    assert [(word.start, word.end) for word in here.boxes] == [(word.start, word.end) for word in there.boxes]
    for read, true in zip(here.boxes, there.boxes, strict=True):
        assert read.box.page == true.box.page == 1
        for side in ("left", "bottom", "right", "top"):
            assert abs(getattr(read.box, side) - getattr(true.box, side)) < NEAR
        assert 0 <= read.box.left < read.box.right <= SIZE[0]
        assert 0 <= read.box.bottom < read.box.top <= SIZE[1]


def test_pages_that_are_pictures_among_pages_of_text_are_said_to_be_left_out() -> None:
    def draw(canvas: Any, number: int) -> None:
        if number == 1:
            printed(canvas, number)
        else:
            canvas.rect(30, 30, 200, 60, fill=1)

    document = read_edition(pdf(draw, pages=3, size=SIZE), file="x/a.pdf")
    assert [(flag.kind, flag.count) for flag in document.flags] == [("picture", 2)]


def test_empty_pages_are_no_pictures() -> None:
    def draw(canvas: Any, number: int) -> None:
        if number == 1:
            printed(canvas, number)

    assert read_edition(pdf(draw, pages=2, size=SIZE), file="x/a.pdf").flags == ()


def test_a_page_whose_fonts_do_not_say_their_letters_is_no_text() -> None:
    # Many word processors number their shapes like this.
    shapes = "".join(f"{ord(letter) - 29:04x}" for letter in "Offer 500 mg, 250 mg, 125 mg.")
    content = f"BT /F 12 Tf 30 80 Td <{shapes}> Tj ET".encode()
    garbled = handmade(
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 120] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /Shapes /Encoding /Identity-H /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Shapes /DW 600 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
    )
    with pytest.raises(Refused) as refused:
        read_edition(garbled, file="x/a.pdf")
    assert refused.value.code == "no_text"
    assert "do not say which letters" in refused.value.message
