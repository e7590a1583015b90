"""FHIR's documents as notes: DocumentReference, DiagnosticReport, Composition."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.records.dates import read_date
from ingest.records.fhir.values import Resource, each, part, plain, string, when, words
from ingest.records.notes import make_note
from ingest.records.texts import Attached, as_text, content_type, from_base64, from_html, trust
from knowledge.records.incoming import NewNote

# The bytes an attachment's address stands for, with their type, where they are at hand.
Fetch = Callable[[str], tuple[bytes, str | None] | None]


def read_note(resource: Resource, *, fetch: Fetch) -> NewNote | None:
    """The note in this resource; None when it holds no text."""
    title = _title(resource)
    parts = [part for part in READERS[str(resource["resourceType"])](resource, fetch) if part.text.strip()]
    if not parts:
        return None
    alone = parts[0].page_starts if len(parts) == 1 else ()
    return make_note(
        "\n\n".join(part.text for part in parts),
        title=title,
        written=read_date(
            when(resource, "date", "effectiveDateTime", "effectivePeriod", "issued", "created", "indexed")
        ),
        author=_author(resource),
        page_starts=alone,
    )


def withdrawn(resource: Resource) -> bool:
    """Whether the document was entered in error."""
    return "entered-in-error" in (plain(resource.get("status")), plain(resource.get("docStatus")))


def _document_reference(resource: Resource, fetch: Fetch) -> Iterator[Attached]:
    yield from _attached([part(part(one).get("attachment")) for one in each(resource.get("content"))], fetch)


def _diagnostic_report(resource: Resource, fetch: Fetch) -> Iterator[Attached]:
    found = False
    if conclusion := string(resource.get("conclusion")):
        found = True
        yield Attached(conclusion)
    for form in _attached([part(one) for one in each(resource.get("presentedForm"))], fetch):
        found = True
        yield form
    narrative = part(resource.get("text"))
    # A generated narrative repeats the structured part; it counts where there is nothing else.
    if (text := string(narrative.get("div"))) and (not found or plain(narrative.get("status")) == "additional"):
        yield Attached(from_html(text))


def _composition(resource: Resource, fetch: Fetch) -> Iterator[Attached]:
    for section in each(resource.get("section")):
        yield from _section(part(section), 0)


def _section(section: Mapping[str, Any], depth: int) -> Iterator[Attached]:
    text = string(part(section.get("text")).get("div"))
    if text and (said := from_html(text)):
        title = string(section.get("title")) or words(section.get("code"))
        yield Attached(f"## {title}\n{said}" if title else said)
    if depth < 8:  # sections nest a few deep; more is a loop or an attack
        for inner in each(section.get("section")):
            yield from _section(part(inner), depth + 1)


def _attached(attachments: list[Mapping[str, Any]], fetch: Fetch) -> Iterator[Attached]:
    """Attachments in the most trusted of the formats given: the others say the same."""
    readable = []
    for attachment in attachments:
        declared = string(attachment.get("contentType"))
        data, address = string(attachment.get("data")), string(attachment.get("url"))
        fetched = fetch(address) if address and not data else None
        if fetched is not None:
            declared = declared or fetched[1]
        rank = trust(declared)
        if rank is None or (data is None and fetched is None):
            continue
        readable.append((rank, declared, data, fetched[0] if fetched else b""))
    best = min((rank for rank, *_ in readable), default=None)
    for rank, declared, data, content in readable:
        if rank == best:
            yield as_text(from_base64(data) if data else content, declared)


def unread_types(resource: Resource) -> str:
    """What kind of content a document without readable text has."""
    inside = [part(one) for one in each(resource.get("content") or resource.get("presentedForm"))]
    kinds = {content_type(string(part(one.get("attachment") or one).get("contentType"))) for one in inside}
    return ", ".join(sorted(kinds)) if inside else "no text"


def _title(resource: Resource) -> str:
    for text in (
        string(resource.get("description")) if resource["resourceType"] == "DocumentReference" else None,
        string(resource.get("title")),
        words(resource.get("type")),
        words(resource.get("code")),
    ):
        if text:
            return text[:200]
    return str(resource["resourceType"])


def _author(resource: Resource) -> str | None:
    for one in [*each(resource.get("author")), *each(resource.get("performer"))]:
        if text := string(part(one).get("display")):
            return text
    return None


READERS: dict[str, Callable[[Resource, Fetch], Iterator[Attached]]] = {
    "DocumentReference": _document_reference,
    "DiagnosticReport": _diagnostic_report,
    "Composition": _composition,
}
