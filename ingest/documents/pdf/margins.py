"""Running headers, footers and page numbers: what comes again at the same place of page after page."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from ingest.documents.pdf.lines import Line
from ingest.documents.pdf.tables import PdfTable
from ingest.documents.pdf.words import Sheet

# Headers and footers stand in this share of the page at its top and bottom.
_ZONE = 0.12
_PAGE_NUMBER = re.compile(
    r"^(?:page|seite|p\.?)?\s*[-–|]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–|]?(?:\s*(?:of|/|von)\s*\d{1,4})?$", re.IGNORECASE
)
# A browser prints the time, the address and the count of pages at the very edge, on a single page too.
_EDGE = 0.05
_PRINTED = re.compile(
    r"^(?:\d{1,2}[/.]\d{1,2}[/.]\d{2,4},? \d{1,2}:\d\d(?: [AP]M)?|(?:https?|file)://\S+|\d{1,4}/\d{1,4})$",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"\d+")


def without_running(
    pages: Sequence[tuple[Sheet, list[Line]]], dropped: Counter[str], *, title: str | None = None
) -> list[list[Line]]:
    """Each page's lines without what runs through the document."""
    seen: defaultdict[str, set[int]] = defaultdict(set)
    for sheet, lines in pages:
        for line in lines:
            if _in_zone(line, sheet):
                seen[_key(line, sheet)].add(sheet.number)
    # On two or three pages twice is already running; on a hundred, three times (odd and even pages differ).
    often = 2 if len(pages) <= 3 else 3
    kept: list[list[Line]] = []
    for sheet, lines in pages:
        stay = []
        for line in lines:
            running = _in_zone(line, sheet) and (
                len(seen[_key(line, sheet)]) >= often
                or (len(pages) > 1 and _PAGE_NUMBER.match(line.text))
                or (_at_edge(line, sheet) and (_PRINTED.match(line.text) or line.text == title))
            )
            if running:
                dropped["running"] += 1
            else:
                stay.append(line)
        kept.append(stay)
    return kept


def _in_zone(line: Line, sheet: Sheet) -> bool:
    if isinstance(line, PdfTable):
        return False
    return line.middle > (1 - _ZONE) * sheet.height or line.middle < _ZONE * sheet.height


def _at_edge(line: Line, sheet: Sheet) -> bool:
    return line.middle > (1 - _EDGE) * sheet.height or line.middle < _EDGE * sheet.height


def _key(line: Line, sheet: Sheet) -> str:
    """What a running line has in common from page to page: its words, its side of the page, figures aside."""
    side = "top" if line.middle > sheet.height / 2 else "bottom"
    return f"{side} {_FIGURES.sub('#', line.text.casefold())}"
