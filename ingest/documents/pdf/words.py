"""The words of a PDF page as its reader sees them: where they stand, how large, how bold, whether visible."""

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from ingest.documents.characters import clean
from ingest.documents.pdf.garbled import is_garbled
from knowledge.editions import Box

# pdfium marks a hyphen at the end of a line by one of these.
HYPHENS = frozenset("\x02\ufffe\u00ad")
# pdfium puts a space where it sees one; letters further apart than this share of their size are apart all the same.
_WORD_GAP = 0.4
# A raised figure stands no further from its word than this share of the larger size.
_GLUED_GAP = 0.22
# Letters hang below their baseline and stand above it by about these shares of their size.
_BELOW, _ABOVE = 0.22, 0.72
# No letter is as low or as narrow as this, in points.
_HAIR = 0.05
_BOLD_NAMES = (b"bold", b"black", b"heavy", b"cmbx", b"-medi", b"demi", b"-bd")
_SAYS_NOTHING = re.compile(rb"^(?:\w+\+)?(?:cidfont\+)?f?\d*$")
# A figure this much smaller than the word it is set against is raised or lowered.
_OTHER_SIZE = 0.12
# More characters than this on a page are not meant for reading.
MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece of text is drawn."""

    size: float
    bold: bool
    white: bool  # drawn so light that on a white page it is not seen
    invisible: bool  # not drawn at all
    angle: int  # of its baseline, in degrees, as the page is shown


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its box and its place in the order in which the file draws it."""

    text: str
    box: Box
    look: Look
    order: int
    hyphen: bool = False  # cut at the end of its line
    glued: bool = False  # no space before it: a raised figure after a word
    low: float = 0.0  # of the line it stands on: a dash and a bracket on one baseline reach equally far
    high: float = 0.0

    @property
    def height(self) -> float:
        return self.box.top - self.box.bottom

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page as it is shown: its size, and how the file's own coordinates lie on it."""

    number: int
    width: float
    height: float
    left: float
    bottom: float
    rotation: int

    def shown(self, left: float, bottom: float, right: float, top: float) -> Box:
        """A rectangle of the file as it lies on the shown page."""
        x0, x1, y0, y1 = left - self.left, right - self.left, bottom - self.bottom, top - self.bottom
        if self.rotation == 90:
            x0, x1, y0, y1 = y0, y1, self.height - x1, self.height - x0
        elif self.rotation == 180:
            x0, x1, y0, y1 = self.width - x1, self.width - x0, self.height - y1, self.height - y0
        elif self.rotation == 270:
            x0, x1, y0, y1 = self.width - y1, self.width - y0, x0, x1
        return Box(self.number, round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))

    def holds(self, box: Box) -> bool:
        """Whether a box lies on the page; a hair's breadth over the edge counts as on it."""
        return box.left >= -1 and box.bottom >= -1 and box.right <= self.width + 1 and box.top <= self.height + 1

    def clipped(self, box: Box) -> Box:
        return Box(
            box.page,
            max(0.0, box.left),
            max(0.0, box.bottom),
            min(round(self.width, 2), box.right),
            min(round(self.height, 2), box.top),
        )


def sheet_of(page: Any, number: int) -> Sheet:
    """The geometry of a page."""
    width, height = page.get_size()
    left, bottom, _, _ = page.get_bbox()
    return Sheet(number, width, height, left, bottom, page.get_rotation() % 360)


def words_of(page: Any, sheet: Sheet, dropped: Counter[str]) -> list[Word]:
    """Every word on the page, in the order the file draws them; those off the page are dropped."""
    text = page.get_textpage()
    try:
        if is_garbled(text.get_text_range()):
            dropped["garbled"] += 1
            return []
        reader = _Reader(text, sheet, dropped)
        return reader.words()
    finally:
        text.close()


class _Reader:
    """One pass over the characters of a page."""

    def __init__(self, text: Any, sheet: Sheet, dropped: Counter[str]) -> None:
        import pypdfium2.raw as pdfium

        self.pdfium = pdfium
        self.text = text
        self.sheet = sheet
        self.dropped = dropped
        self.by_object: dict[int, Look] = {}
        self.last: tuple[tuple[bool, int], float] | None = None
        self.colour = tuple(ctypes.c_uint() for _ in range(4))
        self.matrix = pdfium.FS_MATRIX()
        self.name = ctypes.create_string_buffer(128)
        self.flags = ctypes.c_int()
        self.found: list[Word] = []
        self.letters: list[str] = []
        self.box: list[float] = []
        self.look: Look | None = None
        self.glued = False
        self.supposed = False
        self.base = 0.0
        self.origin = (ctypes.c_double(), ctypes.c_double())

    def words(self) -> list[Word]:
        count = min(self.text.count_chars(), MOST_CHARACTERS)
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        get_unicode, get_box = self.pdfium.FPDFText_GetUnicode, self.pdfium.FPDFText_GetCharBox
        handle = self.text.raw
        places = [ctypes.byref(one) for one in (left, right, bottom, top)]
        for at in range(count):
            code = get_unicode(handle, at)
            character = chr(code) if 0 < code <= 0x10FFFF else "\ufffd"
            if character.isspace() and self.letters and self.pdfium.FPDFText_IsGenerated(handle, at) == 1:
                self.supposed = True  # a space that the file does not have: what follows tells
                continue
            if character in HYPHENS or character.isspace() or code == 0:
                self._finish(hyphen=character in HYPHENS)
                self.glued = False
                continue
            if not get_box(handle, at, *places):
                continue
            edges = (left.value, bottom.value, right.value, top.value)
            look = self._look(at)
            if self.letters and self.look is not None:
                if self._apart(edges, look) or (self.supposed and not self._raised(edges, look)):
                    self._finish()
                elif abs(look.size - self.look.size) > _OTHER_SIZE * max(look.size, self.look.size):
                    self._finish()
                    self.glued = bool(self.found)
            self.supposed = False
            self._add(at, character, edges, look)
        self._finish()
        return self.found

    def _look(self, at: int) -> Look:
        """How a character is drawn; asked of its object once, for some files draw every letter as one."""
        pdfium, handle = self.pdfium, self.text.raw
        drawn = pdfium.FPDFText_GetTextObject(handle, at)
        address = ctypes.cast(drawn, ctypes.c_void_p).value if drawn else None
        if address is not None and address in self.by_object:
            return self.by_object[address]
        seen = (self._ink(at), pdfium.FPDFTextObj_GetTextRenderMode(drawn) if drawn else 0)
        size = pdfium.FPDFText_GetFontSize(handle, at)
        # Inside a word only ink and size are looked at: that is where something can hide.
        same = bool(self.letters) and not self.supposed and self.last == (seen, size)
        look = self.look if same and self.look is not None else self._made_look(at, size, *seen)
        self.last = (seen, size)
        if address is not None:
            self.by_object[address] = look
        return look

    def _ink(self, at: int) -> bool:
        """Whether a character is drawn in next to no colour."""
        red, green, blue, alpha = self.colour
        filled = self.pdfium.FPDFText_GetFillColor(self.text.raw, at, red, green, blue, alpha)
        return bool(filled) and (min(red.value, green.value, blue.value) >= 240 or alpha.value <= 12)

    def _made_look(self, at: int, size: float, light: bool, mode: int) -> Look:
        pdfium, handle = self.pdfium, self.text.raw
        if pdfium.FPDFText_GetMatrix(handle, at, self.matrix):
            scale = math.hypot(self.matrix.c, self.matrix.d)
            size = size * scale if scale else size
        pdfium.FPDFText_GetFontInfo(handle, at, self.name, len(self.name), self.flags)
        label = self.name.value.lower()
        bold = any(weight in label for weight in _BOLD_NAMES)
        if _SAYS_NOTHING.search(label):
            # pdfium guesses the weight from the width of stems, which sturdy text faces have as well.
            bold = pdfium.FPDFText_GetFontWeight(handle, at) >= 700
        turn = pdfium.FPDFText_GetCharAngle(handle, at)
        angle = (round(math.degrees(turn)) - self.sheet.rotation) % 360 if turn >= 0 else 0
        return Look(round(size, 1), bold, light, mode in (3, 7), angle)

    def _apart(self, edges: tuple[float, float, float, float], look: Look) -> bool:
        """Whether this character stands away from the word before it, though no space lies between."""
        assert self.look is not None
        if look.angle != self.look.angle:
            return True
        upright = (look.angle + self.sheet.rotation) % 180 == 0
        size = max(1.0, look.size)
        if not upright:
            return edges[0] > self.box[2] or edges[2] < self.box[0]
        gap = edges[0] - self.box[2]
        return (
            gap > _WORD_GAP * size
            or gap < -2 * size - (self.box[2] - self.box[0])
            # An apostrophe stands above its neighbours and an underscore below, without leaving their line.
            or edges[1] > self.box[3] + 0.5 * size
            or edges[3] < self.box[1] - 0.5 * size
        )

    def _raised(self, edges: tuple[float, float, float, float], look: Look) -> bool:
        """Whether a character of another size follows so closely that it is set against the word."""
        assert self.look is not None
        other = abs(look.size - self.look.size) > _OTHER_SIZE * max(look.size, self.look.size)
        return other and -0.1 * look.size <= edges[0] - self.box[2] <= _GLUED_GAP * max(look.size, self.look.size)

    def _baseline(self, at: int) -> float:
        x, y = self.origin
        if not self.pdfium.FPDFText_GetCharOrigin(self.text.raw, at, x, y):
            return self.sheet.shown(*self.box).bottom
        return self.sheet.shown(x.value, y.value, x.value, y.value).bottom

    def _add(self, at: int, character: str, edges: tuple[float, float, float, float], look: Look) -> None:
        if not self.letters:
            self.box, self.look = list(edges), look
            self.base = self._baseline(at)
        else:
            self.box = [
                min(self.box[0], edges[0]),
                min(self.box[1], edges[1]),
                max(self.box[2], edges[2]),
                max(self.box[3], edges[3]),
            ]
        self.letters.append(character)

    def _reach(self, box: Box, look: Look) -> tuple[float, float]:
        """How far down and up the line of a word reaches, by its baseline; its own box where that says nothing."""
        low, high = self.base - _BELOW * look.size, self.base + _ABOVE * look.size
        fits = box.bottom >= low - look.size and box.top <= high + look.size
        return (low, high) if look.angle == 0 and fits else (box.bottom, box.top)

    def _with_extent(self, box: Box, look: Look) -> Box:
        """The box; where a font says that its letters have no height or no width, as large as letters of its size."""
        flat, thin = box.top - box.bottom < _HAIR, box.right - box.left < _HAIR
        low, high = (
            (box.bottom - _BELOW * look.size, box.bottom + _ABOVE * look.size) if flat else (box.bottom, box.top)
        )
        return Box(box.page, box.left, low, box.left + _ABOVE * look.size if thin else box.right, high)

    def _finish(self, *, hyphen: bool = False) -> None:
        if not self.letters:
            return
        text = clean("".join(self.letters), self.dropped)
        self.letters.clear()
        if not text or self.look is None:
            return
        box = self.sheet.shown(*self.box)
        if not self.sheet.holds(box):
            self.dropped["hidden"] += 1
            return
        low, high = self._reach(box, self.look)
        clipped = self.sheet.clipped(self._with_extent(box, self.look))
        if clipped.right <= clipped.left or clipped.top <= clipped.bottom:
            self.dropped["hidden"] += 1
            return
        self.found.append(Word(text, clipped, self.look, len(self.found), hyphen, self.glued, low, high))
        self.glued = False
