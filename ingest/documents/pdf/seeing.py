"""What of a page can be seen: looked up on the drawn page, and the page as a picture."""

import struct
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from ingest.documents.pdf.words import Sheet, Word
from knowledge.editions import Box

# Letters below two points are not for reading: footnotes are set in six.
_SMALLEST = 2.0
# Less difference of grey than this inside a word's box, of 255, and a reader sees nothing there.
_CONTRAST = 24
# Drawn no larger than this many pixels, whatever size the file says its page has.
_MOST_PIXELS = 8_000_000


class Sight:
    """Looks at one page as it is drawn, once it is asked to."""

    def __init__(self, page: Any, sheet: Sheet) -> None:
        self.page = page
        self.sheet = sheet

    def sees(self, box: Box) -> bool:
        """Whether anything stands out inside this box."""
        picture, scale = self._picture
        height, width = picture.shape
        top, bottom = int((self.sheet.height - box.top) * scale), int((self.sheet.height - box.bottom) * scale) + 1
        left, right = int(box.left * scale), int(box.right * scale) + 1
        part = picture[max(0, top) : min(height, bottom), max(0, left) : min(width, right)]
        return bool(part.size) and int(part.max()) - int(part.min()) >= _CONTRAST

    @cached_property
    def _picture(self) -> tuple[Any, float]:
        scale = scale_for(self.sheet.width, self.sheet.height, 1.5)
        try:
            picture = self.page.render(scale=scale, grayscale=True).to_numpy()
        except (ValueError, RuntimeError):
            return np.zeros((0, 0), np.uint8), scale  # a page without extent: nothing on it is seen
        return (picture[:, :, 0] if picture.ndim == 3 else picture).copy(), scale


def _too_small(word: Word) -> bool:
    return word.look.size < _SMALLEST and word.height < _SMALLEST


def visible(
    words: list[Word], dropped: Counter[str], *, sees: Callable[[Box], bool], covered: Callable[[Box], bool]
) -> list[Word]:
    """The words a reader of the page can see; `sees` looks at the drawn page where a word's look leaves doubt."""
    hides = {word.order for word in words if covered(word.box)}
    doubtful = [
        word for word in words if word.look.white or word.look.invisible or _too_small(word) or word.order in hides
    ]
    if not doubtful:
        return words
    hidden_by_mode = sum(1 for word in words if word.look.invisible)
    if hidden_by_mode > 0.8 * len(words):
        # Nearly all text is drawn unseen: letters laid under a scanned page by OCR.
        dropped["ocr_layer"] += 1
        return [replace(word, look=replace(word.look, invisible=False)) for word in words]
    # Where most of a page is small, its measure is another one.
    measured = sum(1 for word in words if _too_small(word)) < 0.5 * len(words)
    small = {word.order for word in doubtful if measured and _too_small(word)}
    looked_at = {word.order for word in doubtful if word.look.white} | hides
    unseen = {
        word.order
        for word in doubtful
        if word.look.invisible or word.order in small or (word.order in looked_at and not sees(word.box))
    }
    dropped["hidden"] += len(unseen)
    return [word for word in words if word.order not in unseen]


def scale_for(width: float, height: float, wanted: float) -> float:
    """Pixels a point: as wanted, unless the page would become too large a picture."""
    area = max(1.0, width * height)
    return float(min(wanted, (_MOST_PIXELS / area) ** 0.5))


def png(picture: Any) -> bytes:
    """An RGB picture as PNG."""
    height, width, _ = picture.shape
    rows = b"".join(b"\x00" + picture[row].tobytes() for row in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
