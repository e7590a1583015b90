"""Pages that are pictures, read by OCR into the same words as any page."""

from statistics import median
from typing import Any

from ingest.documents.blocks import ReadDocument
from ingest.documents.characters import clean
from ingest.documents.ocr import DOTS_AN_INCH, words_in
from ingest.documents.pdf.reader import read_pdf
from ingest.documents.pdf.seeing import scale_for
from ingest.documents.pdf.words import Look, Sheet, Word
from knowledge.editions import Box

# The box of a line reaches above its capitals and below its tails.
_LETTERS_IN_LINE = 0.78
# Lines with and without tails differ by this much though they are set in one size.
_SAME_SIZE = 1.3


def read_scanned_pdf(content: bytes) -> ReadDocument:
    """Blocks of a PDF whose pages without usable text are read by OCR."""
    return read_pdf(content, recognise=recognised)


def recognised(page: Any, sheet: Sheet) -> list[Word]:
    """The words that OCR sees on a page, at their places on the shown page."""
    scale = scale_for(sheet.width, sheet.height, DOTS_AN_INCH / 72)
    picture = page.render(scale=scale, rev_byteorder=True).to_numpy()[:, :, :3]
    seen = list(words_in(picture))
    reach: dict[int, tuple[float, float]] = {}
    for word in seen:
        top, bottom = reach.get(word.line, (word.top, word.bottom))
        reach[word.line] = (min(top, word.top), max(bottom, word.bottom))
    usual = median(bottom - top for top, bottom in reach.values()) if reach else 0.0
    found: list[Word] = []
    for word in seen:
        top, bottom = reach[word.line]
        height = bottom - top
        if usual / _SAME_SIZE <= height <= usual * _SAME_SIZE:
            height = usual
        look = Look(round(_LETTERS_IN_LINE * height / scale, 1), False, False, False, 0)
        box = sheet.clipped(_box(sheet, scale, word.left, word.top, word.right, word.bottom))
        text = clean(word.text)
        if text and box.right > box.left and box.top > box.bottom:
            low, high = sheet.height - bottom / scale, sheet.height - top / scale
            found.append(Word(text, box, look, len(found), low=low, high=high))
    return found


def _box(sheet: Sheet, scale: float, left: float, top: float, right: float, bottom: float) -> Box:
    return Box(
        sheet.number,
        round(left / scale, 2),
        round(sheet.height - bottom / scale, 2),
        round(right / scale, 2),
        round(sheet.height - top / scale, 2),
    )
