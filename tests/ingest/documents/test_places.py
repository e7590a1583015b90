"""The place of every passage, sentence and word, in every format: exact, without exception."""

from collections import Counter
from pathlib import Path

import pypdfium2
import pytest

import ingest.samples
from cds.sentences import split_sentences
from ingest.documents.pictures import PagePictures
from ingest.documents.reading import READERS, format_of, read_edition
from tests.ingest.documents.broken import page_of, shown
from tests.ingest.documents.rendered import MADE, read_back, rendered

LIBRARY = Path(ingest.samples.__file__).parent / "library"


def test_at_least_eight_documents_are_held_to_it_in_every_format() -> None:
    formats = Counter(format_of(f"x.{ending}") for _, ending in MADE)
    assert set(formats) == set(READERS)
    assert min(formats.values()) >= 8


@pytest.mark.parametrize(("stem", "ending"), MADE)
def test_passages_and_sentences_lie_where_they_say(stem: str, ending: str) -> None:
    document = read_back(stem, ending)
    assert document.passages
    position = 0
    for passage in document.passages:
        assert position <= passage.start < passage.end <= len(document.text)
        position = passage.end
        text = document.text[passage.start : passage.end]
        assert text.strip()
        before = 0
        for left, right in passage.sentences:
            assert before <= left < right <= len(text)
            assert text[left:right].strip() == text[left:right]
            before = right


@pytest.mark.parametrize(("stem", "ending"), [one for one in MADE if one[1].endswith("pdf")])
def test_the_words_in_the_boxes_of_a_quote_are_the_words_of_the_quote(stem: str, ending: str) -> None:
    document = read_back(stem, ending)
    pdf = pypdfium2.PdfDocument(rendered(stem, ending))
    pages = {}
    looked = 0
    for passage in document.passages:
        text = document.text[passage.start : passage.end]
        for word in passage.boxes:
            box = word.box
            if box.page not in pages:
                page = pdf[box.page - 1]
                pages[box.page] = (page, page.get_textpage())
            page, printed = pages[box.page]
            width, height = page.get_size()
            assert 0 <= box.left < box.right <= width + 0.01
            assert 0 <= box.bottom < box.top <= height + 0.01
            found = printed.get_text_bounded(box.left - 0.1, box.bottom - 0.1, box.right + 0.1, box.top + 0.1)
            assert text[word.start : word.end].replace("-", "") in "".join(found.split()).replace("-", "")
            looked += 1
    for page, printed in pages.values():
        printed.close()
        page.close()
    pdf.close()
    assert looked > 100


@pytest.mark.parametrize(("stem", "ending"), [one for one in MADE if one[1].endswith("pdf")])
def test_every_word_of_a_pdf_passage_has_its_box(stem: str, ending: str) -> None:
    document = read_back(stem, ending)
    for passage in document.passages:
        text = document.text[passage.start : passage.end]
        covered = [False] * len(text)
        for word in passage.boxes:
            covered[word.start : word.end] = [True] * (word.end - word.start)
        # What the text adds of its own are the signs between cells and the bullets of lists.
        added = {character for character, inside in zip(text, covered, strict=True) if not inside}
        assert added <= set(" \n:;.,–-")


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_of_a_turned_page_lie_where_the_words_are_shown(turn: int) -> None:
    import zlib

    import numpy as np

    content = page_of(shown("Offer"), more=f"/Rotate {turn}")
    document = read_edition(content, file="x/a.pdf")
    (word,) = document.passages[0].boxes
    pictures = PagePictures()
    picture = pictures.draw(content, 1)
    pictures.close()
    assert picture is not None
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    data = b"".join(
        picture[at + 8 : at + 8 + int.from_bytes(picture[at : at + 4], "big")]
        for at in _chunks(picture)
        if picture[at + 4 : at + 8] == b"IDAT"
    )
    pixels = (
        np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)
    )
    scale = height / (842 if turn % 180 == 0 else 595)
    rows, columns = np.nonzero(pixels.min(axis=2) < 128)
    tolerance = 2
    assert abs(columns.min() - word.box.left * scale) <= tolerance
    assert abs(columns.max() - word.box.right * scale) <= tolerance
    assert abs(height - rows.max() - word.box.bottom * scale) <= tolerance
    assert abs(height - rows.min() - word.box.top * scale) <= tolerance


def _chunks(png: bytes) -> list[int]:
    found, at = [], 8
    while at < len(png):
        found.append(at)
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def test_sentences_are_those_every_other_part_cuts() -> None:
    document = read_edition((LIBRARY / "copd.md").read_bytes(), file="x/copd.md")
    prose = [passage for passage in document.passages if "Medicine:" not in document.text[passage.start : passage.end]]
    for passage in prose[:10]:
        text = document.text[passage.start : passage.end]
        cut = [(sentence.start, sentence.end) for sentence in split_sentences(text)]
        assert [text[left:right] for left, right in passage.sentences] == [text[left:right] for left, right in cut]
