"""The entries of FHIR Bundles: an address, and a resource or what was deleted."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.records.fhir.resources import DELETED
from ingest.records.fhir.values import each, part, string

Entry = tuple[str | None, Mapping[str, Any]]


def entries_in(document: Any) -> Iterator[Entry]:
    """The resources of a Bundle, of a list, or the one that stands alone."""
    if isinstance(document, list):
        for one in document:
            yield from entries_in(one)
    elif isinstance(document, Mapping):
        if document.get("resourceType") == "Bundle":
            for entry in each(document.get("entry")):
                yield from entries_of(entry)
        elif string(document.get("resourceType")):
            yield None, document


def entries_of(entry: Any) -> Iterator[Entry]:
    """What one entry of a Bundle holds."""
    resource = part(part(entry).get("resource"))
    if resource.get("resourceType") == "Bundle":
        yield from entries_in(resource)
    elif resource:
        yield string(part(entry).get("fullUrl")), resource
    elif (deleted := _deleted(part(part(entry).get("request")))) is not None:
        yield None, deleted


def _deleted(request: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a history or a list of deletions says is gone."""
    address = string(request.get("url")) or ""
    named = address.split("?")[0].split("/_history/")[0].strip("/").split("/")[-2:]
    if request.get("method") != "DELETE" or len(named) != 2:
        return None
    return {"resourceType": DELETED, "type": named[0], "id": named[1]}
