"""A PDF into blocks: words, columns, tables, paragraphs."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.documents.blocks import ReadDocument
from ingest.documents.characters import one_line
from ingest.documents.pdf.aligned_tables import aligned_tables
from ingest.documents.pdf.columns import in_reading_order
from ingest.documents.pdf.composing import Vocabulary
from ingest.documents.pdf.lines import Line, lines_of
from ingest.documents.pdf.margins import without_running
from ingest.documents.pdf.paragraphs import Blocks, Style, rejoined
from ingest.documents.pdf.ruled_tables import ruled_tables
from ingest.documents.pdf.rulings import rulings_of
from ingest.documents.pdf.seeing import Sight
from ingest.documents.pdf.words import Sheet, sheet_of, visible, words_of
from ingest.documents.refusals import Refused
from ingest.documents.report import dropped_flags

# A guideline has some hundred pages; a file with more than this would keep the worker for minutes.
_MOST_PAGES = 5_000
# pdfium's errors of passwords and of protections it does not know.
_LOCKED = (4, 5)


def read_pdf(content: bytes) -> ReadDocument:
    """Blocks of a PDF, each word with its box."""
    dropped: Counter[str] = Counter()
    with opened(content) as document:
        count = len(document)
        if count > _MOST_PAGES:
            raise Refused("too_large", f"It has {count} pages.")
        pages = [_lines(document, number, dropped) for number in range(count)]
        properties = _properties(document)
    kept = without_running(pages, dropped, title=properties.get("title"))
    every = [line for lines in kept for line in lines]
    if not every:
        raise Refused("no_text" if count else "empty")
    style, vocabulary = Style(every), Vocabulary(every)
    blocks = Blocks(style, vocabulary)
    for lines in kept:
        blocks.add_page(in_reading_order(lines))
    return ReadDocument(tuple(rejoined(blocks.found)), properties=properties, pages=count, flags=dropped_flags(dropped))


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


def _lines(document: Any, number: int, dropped: Counter[str]) -> tuple[Sheet, list[Line]]:
    """One page's visible lines; a page that cannot be opened is empty, and said so."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        dropped["broken_page"] += 1
        return Sheet(number + 1, 0, 0, 0, 0, 0), []
    try:
        sheet = sheet_of(page, number + 1)
        words = visible(words_of(page, sheet, dropped), dropped, sees=Sight(page, sheet).sees)
        if not words:
            return sheet, []
        tables, rest = ruled_tables(words, rulings_of(page, sheet))
        aligned, rest = aligned_tables(rest)
        return sheet, [*tables, *aligned, *lines_of(rest)]
    finally:
        page.close()


def _properties(document: Any) -> dict[str, str]:
    named = {"Title": "title", "Author": "author"}
    found = document.get_metadata_dict()
    return {name: one_line(found[key]) for key, name in named.items() if found.get(key, "").strip()}
