"""What reading left out or noticed, as flags for the librarian."""

from collections import Counter
from collections.abc import Sequence

from knowledge.editions import OCR, Flag

UNREADABLE_FONTS = "Its fonts do not say which letters they draw."

_DROPPED = {
    "zero_width": "Zero-width characters were dropped.",
    "bidirectional": "Characters that change the direction of writing were dropped.",
    "tag": "Tag characters, which hide text inside text, were dropped.",
    "unmapped": "Signs that only this file's own font knows were dropped.",
    "hidden": "Text that a reader of the page cannot see was dropped.",
    "running": "Running headers, footers and page numbers were left out.",
    "references": "The list of references was left out.",
    "contents": "The table of contents was left out.",
    "pointer": "Lines that only say where in another document something stands were left out.",
    "broken_page": "Pages that are damaged were left out.",
    "garbled": "Pages whose fonts do not say which letters they draw were left out; OCR can read them (`--ocr`).",
    "picture": "Pages that are pictures without text were left out; OCR can read them (`--ocr`).",
    "ocr_layer": "The text was read off page images by another program: check the figures.",
}


def dropped_flags(dropped: Counter[str]) -> tuple[Flag, ...]:
    """One flag for each kind of thing that was left out."""
    return tuple(Flag(kind, _DROPPED[kind], None, count) for kind, count in sorted(dropped.items()) if count)


def ocr_flags(pages: Sequence[int]) -> tuple[Flag, ...]:
    """One flag for each page that was read off its picture, so that its passages can be marked."""
    return tuple(Flag(OCR, "This page was read off its picture by OCR: check the figures.", page) for page in pages)
