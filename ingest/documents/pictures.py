"""Pictures of pages, drawn by the reading process: a file that crashes the drawing crashes nothing else."""

import atexit
from threading import Lock

from ingest.documents.pool import Reader

DOTS_A_POINT = 110 / 72
"""110 dots an inch: small print is read, and a page is some 200 KB. A very large page is drawn smaller."""


class PagePictures:
    """Draws one page at a time; starts its process when the first is asked for."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._lock = Lock()
        self._started = False

    def draw(self, original: bytes, page: int) -> bytes | None:
        """Page `page` (from 1) of a PDF as PNG; None: it has no such page."""
        with self._lock:
            if not self._started:
                self._started = True
                atexit.register(self.close)  # the reading process would outlive a service that forgets it
            return self._reader.picture(original, page)

    def close(self) -> None:
        with self._lock:
            self._reader.close()


_SHARED = PagePictures()


def page_image(original: bytes, page: int) -> bytes | None:
    """Page `page` (from 1) of a PDF as PNG; None: it has no such page."""
    return _SHARED.draw(original, page)
