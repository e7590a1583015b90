"""The only home of the OCR library: a picture of a page in, its words with their boxes out, nothing fetched."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from ingest.documents.refusals import Refused

# The recogniser was trained on letters some 30 to 50 pixels high: 200 dots an inch for print of 10 to 12 points.
DOTS_AN_INCH = 200
# What is read with less confidence than this is a stain as often as a word.
_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Seen:
    """A word as OCR saw it, in pixels from the upper left corner; `line` numbers the lines of the page."""

    text: str
    line: int
    left: float
    top: float
    right: float
    bottom: float


def is_installed() -> bool:
    """Whether the optional extra is there."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def words_in(picture: Any) -> Iterator[Seen]:
    """The words of a picture (height × width × 3), line by line from the top."""
    found = _engine()(picture, return_word_box=True)
    for line, (words, score) in enumerate(zip(found.word_results or (), found.scores or (), strict=True)):
        if score < _SURE:
            continue
        for text, _, corners in words:
            xs, ys = [x for x, _ in corners], [y for _, y in corners]
            if text.strip():
                yield Seen(text.strip(), line, min(xs), min(ys), max(xs), max(ys))


@cache
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise Refused("no_text", "OCR is turned on but not installed.") from None
    return RapidOCR(params={"Global.log_level": "error"})
