"""Rows of the library's tables as the types the rest of the program reads."""

from collections.abc import Collection, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Row, bindparam, select

from cds.evidence import DocumentRef, Passage, Sentence
from knowledge.editions import Edition, Flag, NewDocument, passage_id
from knowledge.tables_guidelines import editions, passages

# Ids in one `IN (…)`: SQLite takes 32,766 parameters, and plans stay small.
_AT_ONCE = 500

T = TypeVar("T")

EDITION_COLUMNS = [column for column in editions.c if column.key != "text"]
PASSAGE_COLUMNS = [column for column in passages.c if column.key != "boxes"]
# Passages with what they say of their edition, by their ids: made once, since a search waits for it.
HITS = (
    select(
        *PASSAGE_COLUMNS,
        *(
            column.label(f"of_{column.key}")
            for column in (
                editions.c.document,
                editions.c.title,
                editions.c.publisher,
                editions.c.version,
                editions.c.published_on,
                editions.c.review_due,
                editions.c.state,
                editions.c.force_until,
                editions.c.population,
            )
        ),
    )
    .join(editions, editions.c.id == passages.c.edition)
    .where(passages.c.id.in_(bindparam("ids", expanding=True)))
)


def batches(items: Collection[T]) -> Iterator[list[T]]:
    """The items, some at a time."""
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def edition_from(row: Row[Any]) -> Edition:
    """An edition as it is kept."""
    return Edition(
        id=row.id,
        document=row.document,
        state=row.state,
        sound=row.sound,
        title=row.title,
        publisher=row.publisher,
        version=row.version,
        published=row.published_on,
        review_due=row.review_due,
        population=row.population,
        jurisdiction=row.jurisdiction,
        language=row.language,
        licence=row.licence,
        provenance=row.provenance,
        file=row.file,
        format=row.format,
        pages=row.pages,
        passages=row.passages,
        flags=tuple(Flag(*flag) for flag in row.flags),
        content_hash=row.content_hash,
        original_hash=row.original_hash,
        text_hash=row.text_hash,
        added_at=row.added_at,
        added_by=row.added_by,
        published_at=row.published_at,
        published_by=row.published_by,
        force_from=row.force_from,
        force_until=row.force_until,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
        successor=row.successor,
    )


def reference_to(edition: Edition) -> DocumentRef:
    """What a passage says about where it comes from."""
    return DocumentRef(
        id=edition.document,
        edition=edition.id,
        title=edition.title,
        publisher=edition.publisher,
        version=edition.version,
        published=edition.published,
        review_due=edition.review_due,
        state=edition.state,
        superseded_on=edition.force_until if edition.state == "superseded" else None,
        population=edition.population,
    )


def reference_from(row: Row[Any]) -> DocumentRef:
    """The same, of a row of `HITS`."""
    return DocumentRef(
        id=row.of_document,
        edition=row.edition,
        title=row.of_title,
        publisher=row.of_publisher,
        version=row.of_version,
        published=row.of_published_on,
        review_due=row.of_review_due,
        state=row.of_state,
        superseded_on=row.of_force_until if row.of_state == "superseded" else None,
        population=row.of_population,
    )


def passage_from(row: Row[Any], document: DocumentRef) -> Passage:
    """A passage as it is kept, its sentences cut from its text."""
    return Passage(
        id=row.id,
        kind="guideline",
        text=row.text,
        sentences=tuple(
            Sentence(number=number, start=start, end=end, text=row.text[start:end])
            for number, (start, end) in enumerate(row.sentences, start=1)
        ),
        document=document,
        section=tuple(row.section),
        page=row.page,
        start=row.start,
        end=row.end,
        strength=row.strength,
        certainty=row.certainty,
        population=row.population,
    )


def edition_row(document: str, edition: str, new: NewDocument, *, at: datetime, by: str | None) -> dict[str, Any]:
    """What is kept of a new edition, which is a draft."""
    what = new.metadata
    return {
        "id": edition,
        "document": document,
        "content_hash": new.content_hash,
        "original_hash": new.original_hash,
        "file": new.file,
        "format": new.format,
        "state": "draft",
        "title": what.title,
        "publisher": what.publisher,
        "version": what.version,
        "published_on": what.published,
        "review_due": what.review_due,
        "population": what.population,
        "jurisdiction": what.jurisdiction,
        "language": what.language,
        "licence": what.licence,
        "provenance": dict(what.provenance),
        "pages": new.pages,
        "text": new.text,
        "text_hash": sha256(new.text.encode()).hexdigest(),
        "flags": [[flag.kind, flag.text, flag.page, flag.count] for flag in new.flags],
        "passages": len(new.passages),
        "added_at": at,
        "added_by": by,
    }


def passage_rows(document: str, edition: str, new: NewDocument) -> Iterator[dict[str, Any]]:
    """What is kept of each passage of a new edition."""
    for number, passage in enumerate(new.passages, start=1):
        text = new.text[passage.start : passage.end]
        yield {
            "id": passage_id(document, new.content_hash, passage, text),
            "edition": edition,
            "number": number,
            "text": text,
            "start": passage.start,
            "end": passage.end,
            "page": passage.page,
            "section": list(passage.section),
            "sentences": [list(sentence) for sentence in passage.sentences],
            "boxes": [
                [word.start, word.end, word.box.page, word.box.left, word.box.bottom, word.box.right, word.box.top]
                for word in passage.boxes
            ],
            "strength": passage.strength,
            "certainty": passage.certainty,
            "population": passage.population,
        }
