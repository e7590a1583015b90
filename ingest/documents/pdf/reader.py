"""A PDF into blocks: words, columns, tables, paragraphs."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingest.documents.blocks import ReadDocument
from ingest.documents.characters import one_line
from ingest.documents.pdf.aligned_tables import aligned_tables
from ingest.documents.pdf.columns import in_reading_order
from ingest.documents.pdf.composing import Vocabulary
from ingest.documents.pdf.drawn import Drawn, drawn_on, with_bullets
from ingest.documents.pdf.lines import Line, lines_of
from ingest.documents.pdf.margins import without_running
from ingest.documents.pdf.paragraphs import Blocks, Style, rejoined
from ingest.documents.pdf.ruled_tables import ruled_tables
from ingest.documents.pdf.rulings import rulings_of
from ingest.documents.pdf.seeing import Sight, visible
from ingest.documents.pdf.words import Sheet, Word, sheet_of, words_of
from ingest.documents.refusals import Refused
from ingest.documents.report import UNREADABLE_FONTS, dropped_flags, ocr_flags
from knowledge.editions import Box

# A guideline has some hundred pages; a file with more than this would keep the worker for minutes.
_MOST_PAGES = 5_000
# Reads the words off the picture of a page.
Recognise = Callable[[Any, Sheet], list[Word]]
# pdfium's errors of passwords and of protections it does not know.
_LOCKED = (4, 5)


def read_pdf(content: bytes, *, recognise: Recognise | None = None) -> ReadDocument:
    """Blocks of a PDF, each word with its box; `recognise` reads pages that have no usable text of their own."""
    dropped: Counter[str] = Counter()
    with opened(content) as document:
        count = len(document)
        if count > _MOST_PAGES:
            raise Refused("too_large", f"It has {count} pages.")
        seen = _Seen(dropped, recognise)
        pages = [_lines(document, number, seen) for number in range(count)]
        properties = _properties(document)
    kept = without_running(pages, dropped, title=properties.get("title"))
    every = [line for lines in kept for line in lines]
    if not every:
        raise Refused("no_text" if count else "empty", UNREADABLE_FONTS if dropped["garbled"] else "")
    style, vocabulary = Style(every), Vocabulary(every)
    blocks = Blocks(style, vocabulary)
    for lines in kept:
        blocks.add_page(in_reading_order(lines))
    flags = (*dropped_flags(dropped), *ocr_flags(seen.recognised))
    return ReadDocument(tuple(rejoined(blocks.found)), properties=properties, pages=count, flags=flags)


@contextmanager
def opened(content: bytes) -> Iterator[Any]:
    """The file opened by pdfium, its errors as refusals."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        # pdfium names the error of an earlier file where it sets none: the file itself must say that it is locked.
        locked = b"/Encrypt" in content and error.err_code in _LOCKED
        raise Refused("encrypted" if locked else "unreadable") from error
    try:
        yield document
    finally:
        document.close()


class _Seen:
    """What was left out of the pages, and which of them were read by OCR."""

    def __init__(self, dropped: Counter[str], recognise: Recognise | None) -> None:
        self.dropped, self.recognise = dropped, recognise
        self.recognised: list[int] = []


def _lines(document: Any, number: int, seen: _Seen) -> tuple[Sheet, list[Line]]:
    """One page's visible lines; a page that cannot be opened is empty, and said so."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        seen.dropped["broken_page"] += 1
        return Sheet(number + 1, 0, 0, 0, 0, 0), []
    try:
        sheet = sheet_of(page, number + 1)
        drawn = drawn_on(page, sheet)
        words = _words(page, sheet, drawn, seen)
        if not words:
            return sheet, []
        tables, rest = ruled_tables(words, rulings_of(page, sheet))
        aligned, rest = aligned_tables(rest)
        return sheet, [*tables, *aligned, *with_bullets(lines_of(rest), drawn.dots)]
    finally:
        page.close()


def _words(page: Any, sheet: Sheet, drawn: Drawn, seen: _Seen) -> list[Word]:
    """The words of a page that its reader sees: its own, or those OCR finds where it has none of use."""
    sight = Sight(page, sheet)
    left_out: Counter[str] = Counter()
    words = visible(words_of(page, sheet, left_out), left_out, sees=sight.sees, covered=drawn.may_cover)
    if words or not sight.sees(Box(sheet.number, 0, 0, sheet.width, sheet.height)):
        seen.dropped.update(left_out)
        return words
    if seen.recognise is not None and (words := seen.recognise(page, sheet)):
        seen.recognised.append(sheet.number)
        return words
    seen.dropped.update(left_out)
    if not left_out["garbled"]:
        seen.dropped["picture"] += 1
    return []


def _properties(document: Any) -> dict[str, str]:
    named = {"Title": "title", "Author": "author"}
    found = document.get_metadata_dict()
    return {name: one_line(found[key]) for key, name in named.items() if found.get(key, "").strip()}
