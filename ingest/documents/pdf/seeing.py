"""What of a page can be seen: looked up on the drawn page, and the page as a picture."""

import struct
import zlib
from functools import cached_property
from typing import Any

from ingest.documents.pdf.words import Sheet
from knowledge.editions import Box

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
        bitmap = self.page.render(scale=scale, grayscale=True)
        picture = bitmap.to_numpy()
        return (picture[:, :, 0] if picture.ndim == 3 else picture).copy(), scale


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
