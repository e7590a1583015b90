"""A passage on its page: the page drawn as it was printed, and where the quoted sentences stand on it."""

import struct
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from api.services import Services
from cds.errors import NotFound
from cds.evidence import Passage
from ingest.documents.pictures import DOTS_A_POINT, page_image
from knowledge.editions import WordBox
from knowledge.originals import Originals


@dataclass(frozen=True, slots=True)
class Lit:
    """A rectangle to mark, in points from the upper left corner of the page."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    edition: str
    number: int
    width: float
    height: float
    lit: tuple[Lit, ...]
    title: str


def view_of_page(tx: Connection, services: Services, passage_id: str, sentences: Collection[int]) -> PageView:
    """The page on which these sentences of a passage stand; the whole passage where none is named."""
    passage = services.library.passages(tx, [passage_id]).get(passage_id)
    if passage is None or passage.page is None:
        raise NotFound("There is no page to show for this passage.")
    wanted = [box for box in services.library.places(tx, passage_id) if _within(passage, box, sentences)]
    number = wanted[0].box.page if wanted else passage.page
    width, height = size_in_points(picture_of(tx, services, passage.document.edition, number))
    lit = tuple(
        Lit(box.box.left, height - box.box.top, box.box.right - box.box.left, box.box.top - box.box.bottom)
        for box in wanted
        if box.box.page == number
    )
    return PageView(passage.document.edition, number, width, height, lit, passage.document.title)


def picture_of(tx: Connection, services: Services, edition: str, number: int) -> bytes:
    """One page of an edition as PNG."""
    found = services.library.edition(tx, edition)
    if found.format != "pdf":
        raise NotFound("This edition came in a format without pages.")
    drawn = page_image(Originals(services.settings.data / "originals").read(found.original_hash), number)
    if drawn is None:
        raise NotFound("There is no such page.")
    return drawn


def size_in_points(png: bytes) -> tuple[float, float]:
    """The page's size, from the picture's own header."""
    width, height = struct.unpack(">II", png[16:24])
    return width / DOTS_A_POINT, height / DOTS_A_POINT


def _within(passage: Passage, box: WordBox, sentences: Collection[int]) -> bool:
    return not sentences or any(
        sentence.number in sentences and box.start < sentence.end and sentence.start < box.end
        for sentence in passage.sentences
    )
