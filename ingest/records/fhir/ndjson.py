"""FHIR Bulk Data: a folder of NDJSON files, read line by line, people first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from ingest.records.fhir.entries import entries_in
from ingest.records.fhir.resources import Surroundings, read_resource
from ingest.records.files import BadFile, read_lines
from knowledge.records.incoming import Read, Refusal

# Medications and attachments others refer to are kept at hand up to this many bytes of source.
_AT_HAND = 64_000_000


def read_ndjson(files: Sequence[tuple[Path, str]], *, source: str) -> Iterator[Read]:
    """Everything in these files of one delivery, in two passes: who and which drugs, then the rest."""
    around = Surroundings(source=source, folder=files[0][0].parent if files else None)
    at_hand = 0
    for path, name in files:
        for line in _lines(path):
            if isinstance(line, Refusal):
                break  # told of in the second pass
            number, content = line
            if b'"Patient"' in content:
                for address, resource in entries_in(_parsed(content)):
                    if resource.get("resourceType") == "Patient":
                        if address:  # a Bundle's own address of it; the id alone needs no remembering
                            around.remember(resource, address)
                        yield from read_resource(resource, around, file=name, number=f"{name}#{number}")
            elif (b'"Medication"' in content or b'"Binary"' in content) and at_hand < _AT_HAND:
                shared = _parsed(content)
                if shared is not None and shared.get("resourceType") in ("Medication", "Binary"):
                    at_hand += len(content)
                    around.remember(shared, None)
    for path, name in files:
        around.folder = path.parent
        for line in _lines(path):
            if isinstance(line, Refusal):
                yield Refusal(line.code, line.reason, path=name, line=line.line)
                break
            yield from _read_line(*line, around, name)


def _read_line(number: int, content: bytes, around: Surroundings, name: str) -> Iterator[Read]:
    try:
        resource = orjson.loads(content)
    except orjson.JSONDecodeError:
        cut = not content.endswith(b"\n")
        reason = "The file breaks off in this line." if cut else "This line is not JSON; the rest was kept."
        yield Refusal("truncated" if cut else "bad_json", reason, path=name, line=number)
        return
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        yield Refusal("not_fhir", "This line is no FHIR resource; the rest was kept.", path=name, line=number)
        return
    for _, one in entries_in(resource):
        if one.get("resourceType") == "Patient":
            continue  # read in the first pass
        for read in read_resource(one, around, file=name, number=f"{name}#{number}"):
            yield Refusal(read.code, read.reason, name, number, read.resource) if isinstance(read, Refusal) else read


def _lines(path: Path) -> Iterator[tuple[int, bytes] | Refusal]:
    number = 0
    try:
        for number, line in read_lines(path):
            if line.strip():
                yield number, line
    except BadFile as error:
        yield Refusal(error.code, error.message, line=number + 1)


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None  # told of in the second pass
    return found if isinstance(found, dict) else None
