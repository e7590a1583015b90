"""FHIR Bundles in JSON: people first, then what is known of them; large or cut-off files entry by entry."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from ingest.records.dates import read_moment
from ingest.records.fhir.entries import Entry, entries_in, entries_of
from ingest.records.fhir.ndjson import read_ndjson
from ingest.records.fhir.resources import Surroundings, read_resource
from ingest.records.fhir.values import part
from ingest.records.files import read_bytes
from knowledge.records.incoming import Person, Read, Refusal, Unread

# A parsed file takes about eight times its size in memory; beyond this it is parsed one entry at a time.
_WHOLE = 48_000_000


def read_bundle(path: Path, *, file: str, source: str) -> Iterator[Read]:
    """Everything in one JSON file: a Bundle, a single resource, or a list of resources."""
    content = read_bytes(path)
    around = Surroundings(source=source, folder=path.parent)
    if len(content) <= _WHOLE:
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if content[error.pos :].lstrip()[:1] == b"{" and content[: error.pos].rstrip().endswith(b"}"):
                yield from read_ndjson([(path, file)], source=source)  # one resource a line, whatever its name
                return
            yield from _damaged(content, error, around, file=file)
            return
        if _is_manifest(document):
            yield Unread("Bulk Data manifest")
            return
        entries, extracted = list(entries_in(document)), _extracted(document)
        if not entries and not _is_empty_bundle(document):
            yield Refusal("not_fhir", "There is no FHIR resource in this file.", path=file)
            return
        yield from _read(entries, around, file=file, extracted=extracted)
        return
    text = content.decode("utf-8", errors="replace")
    del content
    yield from _read_sliced(text, around, file=file)


def _read(entries: list[Entry], around: Surroundings, *, file: str, extracted: datetime | None) -> Iterator[Read]:
    for address, resource in entries:
        around.remember(resource, address)
    for patients in (True, False):
        for number, (address, resource) in enumerate(entries):
            if (resource.get("resourceType") == "Patient") is patients:
                for read in read_resource(resource, around, file=file, number=_number(address, file, number)):
                    yield _dated(read, extracted)


def _read_sliced(text: str, around: Surroundings, *, file: str) -> Iterator[Read]:
    """Twice through the text, so that only one entry is in memory at a time."""
    stamp = re.search(r'"timestamp"\s*:\s*"([^"]+)"', text[:4096])
    extracted = read_moment(stamp[1]) if stamp else None
    for first in (True, False):
        for number, entry in enumerate(_slices(text)):
            if isinstance(entry, Refusal):
                if not first:
                    yield replace(entry, path=file)
                continue
            address, resource = entry
            if first:
                around.remember(resource, address)
            if (resource.get("resourceType") == "Patient") is first:
                for read in read_resource(resource, around, file=file, number=_number(address, file, number)):
                    yield _dated(read, extracted)


def _damaged(content: bytes, error: orjson.JSONDecodeError, around: Surroundings, *, file: str) -> Iterator[Read]:
    """What can be saved of a file that is no JSON as a whole."""
    text = content.decode("utf-8", errors="replace")
    if not re.search(r'"resourceType"\s*:', text[:100_000]):
        code = "bad_json" if text.lstrip()[:1] in ("{", "[") else "not_fhir"
        yield Refusal(code, f"It is not JSON: {_where(error)}.", path=file, line=error.lineno)
        return
    found = list(_read_sliced(text, around, file=file))
    if any(isinstance(read, Refusal) and read.code in ("truncated", "bad_json") for read in found):
        yield from found
    else:
        yield from found
        yield Refusal("bad_json", f"It is not JSON: {_where(error)}.", path=file, line=error.lineno)


def _slices(text: str) -> Iterator[Entry | Refusal]:
    """The entries of a Bundle one after the other, up to where the text breaks off."""
    start = re.search(r'"entry"\s*:\s*\[', text)
    if start is None:
        return
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    position = start.end()
    while True:
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1
        if position >= len(text):
            yield Refusal("truncated", "The file breaks off; what came before was kept.", line=_line(text, position))
            return
        if text[position] == "]":
            return
        try:
            entry, position = decoder.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            at = error.pos if isinstance(error, json.JSONDecodeError) else position
            # Where a value is cut, only the beginning of it is left.
            cut = "Unterminated" in str(error) or re.fullmatch(r"\s*-?[a-z]{0,4}\s*", text[at:]) is not None
            code = "truncated" if cut else "bad_json"
            reason = "The file breaks off" if cut else "The file is no JSON from here on"
            yield Refusal(code, f"{reason}; what came before was kept.", line=_line(text, at))
            return
        yield from entries_of(entry)


def _is_manifest(document: Any) -> bool:
    """What a Bulk Data server lists its files in; it may lie beside them."""
    return isinstance(document, Mapping) and "transactionTime" in document and "output" in document


def _is_empty_bundle(document: Any) -> bool:
    return isinstance(document, Mapping) and document.get("resourceType") == "Bundle"


def _extracted(document: Any) -> datetime | None:
    """When a Bundle says it was put together."""
    bundle = part(document)
    return read_moment(bundle.get("timestamp")) or read_moment(part(bundle.get("meta")).get("lastUpdated"))


def _dated(read: Read, extracted: datetime | None) -> Read:
    return replace(read, extracted=extracted) if isinstance(read, Person) else read


def _number(address: str | None, file: str, number: int) -> str:
    """What a resource without an id is called: its address, else its place in the file."""
    return address.removeprefix("urn:uuid:") if address else f"{file}#{number}"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _where(error: orjson.JSONDecodeError) -> str:
    return f"line {error.lineno}, column {error.colno}"
