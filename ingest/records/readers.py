"""The formats records come in: a table of readers, chosen by what a file holds, not by its name alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.records.ccda.document import read_document
from ingest.records.csv_tables.rows import read_tables
from ingest.records.fhir.bundle import read_bundle
from ingest.records.fhir.ndjson import read_ndjson
from ingest.records.files import head
from ingest.records.hl7v2.message import read_messages
from knowledge.records.incoming import Read

Files = Sequence[tuple[Path, str]]  # where a file lies, and what it is called in the report


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who loads records may say about them."""

    source: str = ""  # tells systems apart that number their records alike
    mapping: Path | None = None  # which columns of a CSV file mean what


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: how a file of it is known, and how its files are read."""

    name: str
    knows: Callable[[str, bytes], bool]  # the file's name in lower case without .gz, its first bytes
    read: Callable[[Files, Options], Iterator[Read]]
    streams: bool = False  # its files are one delivery and refer to each other


def _one_by_one(read: Callable[..., Iterator[Read]]) -> Callable[[Files, Options], Iterator[Read]]:
    def all_of_them(files: Files, options: Options) -> Iterator[Read]:
        for path, name in files:
            yield from read(path, file=name, source=options.source)

    return all_of_them


def _is_ndjson(name: str, start: bytes) -> bool:
    if name.endswith((".ndjson", ".jsonl")):
        return True
    first, _, second = start.lstrip().partition(b"\n")
    return first.rstrip().endswith(b"}") and second.lstrip().startswith(b"{")


def _is_json(name: str, start: bytes) -> bool:
    return name.endswith(".json") or start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _is_xml(name: str, start: bytes) -> bool:
    plain = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return name.endswith((".xml", ".ccda", ".ccd", ".cda")) or plain[:1] == b"<"


def _is_hl7(name: str, start: bytes) -> bool:
    plain = start.lstrip(b"\xef\xbb\xbf\x0b \t\r\n")
    return name.endswith((".hl7", ".er7")) or plain[:4] in (b"MSH|", b"FHS|", b"BHS|")


# In the order they are asked; adding a format is one file and one line.
READERS = (
    Reader("FHIR Bulk Data", _is_ndjson, lambda files, options: read_ndjson(files, source=options.source), True),
    Reader("FHIR JSON", _is_json, _one_by_one(read_bundle)),
    Reader("C-CDA", _is_xml, _one_by_one(read_document)),
    Reader("HL7 v2", _is_hl7, _one_by_one(read_messages)),
    Reader(
        "CSV",
        lambda name, start: name.endswith((".csv", ".tsv")),
        lambda files, options: read_tables(files, source=options.source, mapping=options.mapping),
        True,
    ),
)


def reader_of(path: Path) -> Reader | None:
    """The reader that knows this file."""
    start = head(path)
    name = path.name.lower().removesuffix(".gz")
    return next((reader for reader in READERS if reader.knows(name, start)), None)
