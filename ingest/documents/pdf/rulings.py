"""The ruled lines of a page: what tables are drawn with."""

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.documents.pdf.words import Sheet
from knowledge.editions import Box

# A rule is straight within this many points, and at least this long.
_STRAIGHT = 1.5
_SHORTEST = 8.0
# Two rules nearer than this are the edges of one.
_SAME = 2.5
# A row of a table is no higher than this; what is, is the ground of a page or a panel.
_HIGHEST_GROUND = 120.0
# Drawings have thousands of strokes, tables hundreds.
_MOST_STROKES = 6_000


Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: at `at`, from `start` to `end` along the other axis."""

    at: float
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Rulings:
    """A page's horizontal and vertical rules, from the top and from the left."""

    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()


def rulings_of(page: Any, sheet: Sheet) -> Rulings:
    """The rules drawn on a page; none where it is a drawing rather than a page."""
    strokes: list[Box] = []
    for drawn, matrix in _paths(page):
        strokes.extend(_strokes(drawn, matrix, sheet))
        if len(strokes) > _MOST_STROKES:
            return Rulings()
    across = [Rule(_middle(box.bottom, box.top), box.left, box.right) for box in strokes if _lies(box)]
    down = [Rule(_middle(box.left, box.right), box.bottom, box.top) for box in strokes if _stands(box)]
    framed = [rule for rule in across if rule.length < 0.98 * sheet.width]  # not the edge of the page's own ground
    upright = [rule for rule in down if rule.length < 0.98 * sheet.height]
    return Rulings(tuple(sorted(_merged(framed), key=lambda rule: -rule.at)), tuple(_merged(upright)))


def _lies(box: Box) -> bool:
    return box.top - box.bottom <= _STRAIGHT and box.right - box.left >= _SHORTEST


def _stands(box: Box) -> bool:
    return box.right - box.left <= _STRAIGHT and box.top - box.bottom >= _SHORTEST


def _middle(one: float, other: float) -> float:
    return (one + other) / 2


def _paths(page: Any) -> Iterable[tuple[Any, Matrix]]:
    import pypdfium2.raw as pdfium

    stack = [
        (pdfium.FPDFPage_GetObject(page.raw, at), PLAIN, 0) for at in range(pdfium.FPDFPage_CountObjects(page.raw))
    ]
    seen = 0
    while stack and seen < 4 * _MOST_STROKES:
        drawn, around, depth = stack.pop()
        seen += 1
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            yield drawn, times(matrix_of(drawn), around)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 3:
            inner = times(matrix_of(drawn), around)
            for at in range(max(0, pdfium.FPDFFormObj_CountObjects(drawn))):
                stack.append((pdfium.FPDFFormObj_GetObject(drawn, at), inner, depth + 1))


PLAIN: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def matrix_of(drawn: Any) -> Matrix:
    """How an object's own coordinates lie in what holds it."""
    import pypdfium2.raw as pdfium

    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, found):
        return PLAIN
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def times(one: Matrix, other: Matrix) -> Matrix:
    """One after the other."""
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _strokes(drawn: Any, matrix: Matrix, sheet: Sheet) -> Iterable[Box]:
    """The straight strokes of a path, as thin boxes on the shown page."""
    import pypdfium2.raw as pdfium

    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(drawn, fill, stroke) or not (fill.value or stroke.value):
        return
    count = pdfium.FPDFPath_CountSegments(drawn)
    if count > 200:  # a drawing, not a frame
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    a, b, c, d, e, f = matrix
    first = last = None
    corners: list[tuple[float, float]] = []
    for at in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(drawn, at)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        point = (a * x.value + c * y.value + e, b * x.value + d * y.value + f)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = last = point
            corners = [point]
            continue
        if kind == pdfium.FPDF_SEGMENT_LINETO and last is not None:
            if stroke.value:
                yield _between(last, point, sheet)
            corners.append(point)
        if pdfium.FPDFPathSegment_GetClose(segment) and first is not None:
            if stroke.value:
                yield _between(point, first, sheet)
            if fill.value and len(corners) >= 4:
                yield from _filled(corners, sheet)
                corners = []
        last = point
    if fill.value and len(corners) >= 4:
        yield from _filled(corners, sheet)  # a filled path is closed without saying so


def _between(one: tuple[float, float], other: tuple[float, float], sheet: Sheet) -> Box:
    return sheet.shown(min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))


def _filled(corners: Sequence[tuple[float, float]], sheet: Sheet) -> Iterable[Box]:
    """A filled rectangle: a rule when it is thin, else the ground of a row, which ends above and below."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    box = sheet.shown(min(xs), min(ys), max(xs), max(ys))
    width, height = box.right - box.left, box.top - box.bottom
    if height <= _SAME and width >= _SHORTEST:
        middle = _middle(box.bottom, box.top)
        yield Box(box.page, box.left, middle, box.right, middle)
    elif width <= _SAME and height >= _SHORTEST:
        middle = _middle(box.left, box.right)
        yield Box(box.page, middle, box.bottom, middle, box.top)
    elif height <= _HIGHEST_GROUND:
        yield Box(box.page, box.left, box.top, box.right, box.top)
        yield Box(box.page, box.left, box.bottom, box.right, box.bottom)


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Rules that lie on each other or continue each other as one."""
    merged: list[Rule] = []
    for rule in sorted(rules, key=lambda one: (one.at, one.start)):
        for at in range(len(merged) - 1, max(-1, len(merged) - 40), -1):
            other = merged[at]
            if rule.at - other.at > _SAME:
                continue
            if rule.start <= other.end + 2 * _SAME and other.start <= rule.end + 2 * _SAME:
                merged[at] = Rule(other.at, min(other.start, rule.start), max(other.end, rule.end))
                break
        else:
            merged.append(rule)
    return merged
