"""What is drawn beside the letters: grounds and pictures that may cover them, and little shapes that are bullets."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.documents.pdf.lines import Line
from ingest.documents.pdf.rulings import PLAIN, Matrix, matrix_of, times
from ingest.documents.pdf.words import Sheet, Word
from knowledge.editions import Box

# What is thinner than this covers no letter.
_THINNEST = 4.0
# Less than this of 255 lets what lies below show through.
_OPAQUE = 200
# A bullet is about as high as a lower-case letter, as wide as high, and stands this near to its line.
_BULLET = (1.5, 7.0)
_NEAREST, _FURTHEST = 1.0, 30.0
# Maps and charts have tens of thousands of shapes, pages of text hundreds.
_MOST_SHAPES = 5_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """The shapes of a page that bear on its text."""

    covers: tuple[Box, ...] = ()  # drawn after text, so that they may hide it
    dots: tuple[Box, ...] = ()

    def may_cover(self, box: Box) -> bool:
        """Whether the middle of a box lies in something drawn after text."""
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        return any(one.left <= x <= one.right and one.bottom <= y <= one.top for one in self.covers)


def drawn_on(page: Any, sheet: Sheet) -> Drawn:
    """The shapes drawn on a page, in the order in which they are drawn."""
    import pypdfium2.raw as pdfium

    covers: list[Box] = []
    dots: list[Box] = []
    after_text = False
    edges = [ctypes.c_float() for _ in range(4)]
    for number, (one, around) in enumerate(_objects(page)):
        if number > _MOST_SHAPES:
            break
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            after_text = True
        elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_PATH):
            if not pdfium.FPDFPageObj_GetBounds(one, *edges):
                continue
            box = _shown([edge.value for edge in edges], around, sheet)
            width, height = box.right - box.left, box.top - box.bottom
            filled = kind == pdfium.FPDF_PAGEOBJ_IMAGE or _filled(one)
            if filled and min(width, height) >= _BULLET[0] and max(width, height) <= _BULLET[1]:
                if max(width, height) <= 1.6 * min(width, height):
                    dots.append(box)
            elif filled and after_text and min(width, height) >= _THINNEST:
                covers.append(box)
    return Drawn(tuple(covers), tuple(dots))


def with_bullets(lines: Sequence[Line], dots: Sequence[Box]) -> list[Line]:
    """The lines, each that stands behind a drawn dot with a bullet in front; fewer than two such are no list."""
    found: list[Line] = []
    count = 0
    for line in lines:
        dot = next((one for one in dots if _stands_before(one, line)), None)
        if dot is None:
            found.append(line)
            continue
        count += 1
        first = line.words[0]
        found.append(Line((Word("•", dot, first.look, -count, low=first.low, high=first.high), *line.words)))
    return found if count > 1 else list(lines)


def _stands_before(dot: Box, line: Line) -> bool:
    middle = (dot.bottom + dot.top) / 2
    return _NEAREST <= line.left - dot.right <= _FURTHEST and line.bottom <= middle <= line.top


def _objects(page: Any) -> Iterator[tuple[Any, Matrix]]:
    import pypdfium2.raw as pdfium

    def within(count: int, get: Any, around: Matrix, depth: int) -> Iterator[tuple[Any, Matrix]]:
        for at in range(max(0, count)):
            one = get(at)
            if pdfium.FPDFPageObj_GetType(one) != pdfium.FPDF_PAGEOBJ_FORM:
                yield one, around
            elif depth < 3:
                inner = times(matrix_of(one), around)
                yield from within(
                    pdfium.FPDFFormObj_CountObjects(one),
                    lambda number, form=one: pdfium.FPDFFormObj_GetObject(form, number),
                    inner,
                    depth + 1,
                )

    yield from within(
        pdfium.FPDFPage_CountObjects(page.raw), lambda number: pdfium.FPDFPage_GetObject(page.raw, number), PLAIN, 0
    )


def _filled(path: Any) -> bool:
    import pypdfium2.raw as pdfium

    mode, stroked = ctypes.c_int(), ctypes.c_int()
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    return bool(
        pdfium.FPDFPath_GetDrawMode(path, mode, stroked)
        and mode.value
        and pdfium.FPDFPageObj_GetFillColor(path, red, green, blue, alpha)
        and alpha.value >= _OPAQUE
    )


def _shown(edges: Sequence[float], around: Matrix, sheet: Sheet) -> Box:
    left, bottom, right, top = edges
    a, b, c, d, e, f = around
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return sheet.shown(min(xs), min(ys), max(xs), max(ys))
