"""A file's bytes into an edition: reader, structure, metadata, passages, flags. A pure function, run by the worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from pathlib import PurePosixPath

from ingest.documents.assembly import assemble
from ingest.documents.blocks import ReadDocument
from ingest.documents.checks import instruction_flags
from ingest.documents.front_matter import read_side_car
from ingest.documents.metadata import metadata_of
from ingest.documents.refusals import Refused
from ingest.documents.selection import evidence_blocks
from knowledge.editions import NewDocument


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: what its names end in, and who reads it."""

    suffixes: tuple[str, ...]
    reader: str  # module:function, imported by the worker only
    by_ocr: str = ""  # the same for files whose pages are pictures


# Adding a format is one file and one line.
READERS: Mapping[str, Format] = {
    "pdf": Format((".pdf",), "ingest.documents.pdf.reader:read_pdf", "ingest.documents.pdf.scanned:read_scanned_pdf"),
    "docx": Format((".docx", ".docm"), "ingest.documents.docx:read_docx"),
    "html": Format((".html", ".htm", ".xhtml"), "ingest.documents.html:read_html"),
    "markdown": Format((".md", ".markdown"), "ingest.documents.markdown:read_markdown"),
    "text": Format((".txt", ".text"), "ingest.documents.text:read_text"),
}
# A guideline of a thousand pages has some 20 MB; this leaves room for pictures and keeps the worker in its limits.
LARGEST_FILE = 100 * 1024 * 1024


def format_of(name: str) -> str | None:
    """The format a file's name says it has."""
    suffix = PurePosixPath(name).suffix.lower()
    return next((kind for kind, known in READERS.items() if suffix in known.suffixes), None)


def content_hash(content: bytes, side_car: bytes | None) -> str:
    """What makes a file the same file: its bytes and what is said of it beside it."""
    digest = sha256(content)
    if side_car is not None:
        digest.update(b"\x00side-car\x00" + side_car)
    return digest.hexdigest()


def read_edition(content: bytes, *, file: str, side_car: bytes | None = None, ocr: bool = False) -> NewDocument:
    """The edition in this file, or the reason why it cannot be taken in."""
    kind = format_of(file)
    if kind is None:
        raise Refused("unsupported")
    if len(content) > LARGEST_FILE:
        raise Refused("too_large")
    if not content.strip(b"\x00\r\n\t "):
        raise Refused("empty")
    document = _reader(READERS[kind].by_ocr if ocr and READERS[kind].by_ocr else READERS[kind].reader)(content)
    stated = metadata_of(document, side_car=read_side_car(side_car) if side_car else {}, file=file)
    blocks, left_out = evidence_blocks(document.blocks)
    text, passages = assemble(blocks, title=stated.title, population=stated.population)
    if not passages:
        raise Refused("no_text" if document.pages else "empty")
    flags = instruction_flags((text[passage.start : passage.end], passage.page) for passage in passages)
    return NewDocument(
        metadata=stated,
        content_hash=content_hash(content, side_car),
        original_hash=sha256(content).hexdigest(),
        file=file,
        format=kind,
        text=text,
        passages=passages,
        pages=document.pages,
        flags=(*document.flags, *left_out, *flags),
    )


def _reader(where: str) -> Callable[[bytes], ReadDocument]:
    module, _, name = where.partition(":")
    found: Callable[[bytes], ReadDocument] = getattr(import_module(module), name)
    return found
