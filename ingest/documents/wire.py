"""What passes between the service and its reading process: lengths and JSON, never pickles."""

import struct
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

import orjson

from knowledge.editions import Box, Flag, Metadata, NewDocument, NewPassage, WordBox

_LENGTHS = struct.Struct(">QQq")  # head, content, side-car; −1: no side-car


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read or, with a page, to draw that page of."""

    file: str
    content: bytes
    side_car: bytes | None = None
    page: int | None = None


def send_job(out: BinaryIO, job: Job) -> None:
    """Hand a job to the reading process."""
    head = orjson.dumps({"file": job.file, "page": job.page})
    content, side_car = job.content, job.side_car
    out.write(_LENGTHS.pack(len(head), len(content), -1 if side_car is None else len(side_car)))
    out.write(head)
    out.write(content)
    out.write(side_car or b"")
    out.flush()


def receive_job(source: BinaryIO) -> Job | None:
    """The next job; None when there are no more."""
    lengths = source.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, content, side_car = _LENGTHS.unpack(lengths)
    asked = orjson.loads(source.read(head))
    read = source.read(content)
    return Job(asked["file"], read, None if side_car < 0 else source.read(side_car), asked["page"])


def packed(answer: dict[str, Any]) -> bytes:
    """An answer with its length in front."""
    body = orjson.dumps(answer)
    return struct.pack(">Q", len(body)) + body


def as_json(document: NewDocument) -> dict[str, Any]:
    """An edition as plain values."""
    what = document.metadata
    return {
        "metadata": {name: getattr(what, name) for name in Metadata.__slots__ if name != "provenance"},
        "provenance": dict(what.provenance),
        "content_hash": document.content_hash,
        "original_hash": document.original_hash,
        "file": document.file,
        "format": document.format,
        "text": document.text,
        "pages": document.pages,
        "flags": [[flag.kind, flag.text, flag.page, flag.count] for flag in document.flags],
        "passages": [
            {
                "place": [passage.start, passage.end, passage.page],
                "section": passage.section,
                "sentences": passage.sentences,
                "boxes": [
                    [word.start, word.end, word.box.page, word.box.left, word.box.bottom, word.box.right, word.box.top]
                    for word in passage.boxes
                ],
                "graded": [passage.strength, passage.certainty, passage.population],
            }
            for passage in document.passages
        ],
    }


def from_json(value: dict[str, Any]) -> NewDocument:
    """An edition from plain values, held against itself: its places must lie in its text."""
    text: str = value["text"]
    stated = dict(value["metadata"])
    for name in ("published", "review_due"):
        stated[name] = None if stated[name] is None else date.fromisoformat(stated[name])
    passages = tuple(_passage(one) for one in value["passages"])
    for passage in passages:
        if not 0 <= passage.start < passage.end <= len(text):
            raise ValueError("a passage outside its text")
        if any(not 0 <= left < right <= passage.end - passage.start for left, right in passage.sentences):
            raise ValueError("a sentence outside its passage")
    return NewDocument(
        metadata=Metadata(**stated, provenance=value["provenance"]),
        content_hash=value["content_hash"],
        original_hash=value["original_hash"],
        file=value["file"],
        format=value["format"],
        text=text,
        passages=passages,
        pages=value["pages"],
        flags=tuple(Flag(*flag) for flag in value["flags"]),
    )


def _passage(value: dict[str, Any]) -> NewPassage:
    start, end, page = value["place"]
    strength, certainty, population = value["graded"]
    return NewPassage(
        start=start,
        end=end,
        page=page,
        section=tuple(value["section"]),
        sentences=tuple((left, right) for left, right in value["sentences"]),
        boxes=tuple(WordBox(left, right, Box(*box)) for left, right, *box in value["boxes"]),
        strength=strength,
        certainty=certainty,
        population=population,
    )
