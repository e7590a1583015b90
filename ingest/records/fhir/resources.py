"""One FHIR resource at a time, with what is needed around it: whose it is, what it refers to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cds.errors import CdsError
from cds.patient import Source
from ingest.records.dates import read_date, read_moment, version_rank
from ingest.records.fhir import documents, facts, people
from ingest.records.fhir.values import Resource, part, string, when
from ingest.records.texts import from_base64
from knowledge.records.incoming import Deletion, Identifier, Item, Read, Refusal, Unread

# Elements that say when a resource was written, for one without meta.lastUpdated.
_WRITTEN = ("recordedDate", "issued", "recorded", "authoredOn", "dateAsserted", "date", "dateWritten", "assertedDate")


# How the entry of a Bundle that deletes something is told from resources.
DELETED = "(deleted)"


@dataclass(slots=True)
class Surroundings:
    """What the resources of one delivery may refer to."""

    source: str = ""  # tells servers apart that number their resources alike
    folder: Path | None = None  # attachments may lie beside the file, never above it
    patients: dict[str, str] = field(default_factory=dict)  # any address of a Patient → its id
    shared: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # Medication and Binary by any address

    @property
    def system(self) -> str:
        """The system in which a server's Patient ids are numbers."""
        return f"fhir-id:{self.source}"

    def remember(self, resource: Resource, full_url: str | None) -> None:
        """Note a resource that others may refer to."""
        kind, number = str(resource.get("resourceType")), string(resource.get("id"))
        addresses = [full_url] if full_url else []
        if number:
            addresses.append(f"{kind}/{number}")
        if kind == "Patient":
            self.patients.update({address: number or _tail(address) for address in addresses})
        elif kind in ("Medication", "Binary"):
            self.shared.update(dict.fromkeys(addresses, resource))

    def lookup(self, reference: str) -> Mapping[str, Any] | None:
        """The resource this reference names, where it is at hand."""
        return self.shared.get(reference) or self.shared.get("/".join(_bare(reference).split("/")[-2:]))

    def fetch(self, address: str) -> tuple[bytes, str | None] | None:
        """The bytes an attachment's address stands for: a Binary at hand, or a file beside."""
        binary = self.lookup(address)
        if binary is not None:
            data = string(binary.get("data") or binary.get("content"))
            return (from_base64(data), string(binary.get("contentType"))) if data else None
        if self.folder is None or "://" in address:
            return None
        path = (self.folder / address.removeprefix("./")).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            return None
        return path.read_bytes(), None

    def subject(self, resource: Resource) -> Identifier | None:
        """Whose resource this is."""
        named = part(resource.get("subject")) or part(resource.get("patient"))
        reference = string(named.get("reference"))
        if reference is None:
            logical = part(named.get("identifier"))
            system, value = string(logical.get("system")), string(logical.get("value"))
            return Identifier(system, value) if system and value else None
        if (number := self.patients.get(reference)) is not None:
            return Identifier(self.system, number)
        bare = _bare(reference)
        if bare.startswith("urn:uuid:"):
            return Identifier(self.system, bare.removeprefix("urn:uuid:"))
        kind, _, number = "/".join(bare.split("/")[-2:]).partition("/")
        if kind == "Patient" and number:
            return Identifier(self.system, self.patients.get(f"Patient/{number}", number))
        if bare.startswith("Patient?identifier="):
            system, _, value = bare.removeprefix("Patient?identifier=").partition("|")
            return Identifier(system, value) if system and value else None
        return None


def read_resource(resource: Resource, around: Surroundings, *, file: str, number: str) -> Iterator[Read]:
    """What one resource says; `number` names it where it has no id."""
    kind = string(resource.get("resourceType"))
    if kind is None:
        yield Refusal("not_fhir", "It does not say what type of resource it is.", path=file, resource=number)
        return
    own = string(resource.get("id")) or number
    named = f"{kind}/{own}"
    if kind == "Patient":
        record = Identifier(around.system, own)
        source = _source(resource, named, file)
        key = _key(around, named)
        yield people.read_person(resource, key=key, record=record, source=source, rank=_rank(resource))
        return
    if kind == DELETED:
        gone = f"{resource['type']}/{own}"
        yield Deletion(_key(around, gone), Source(gone, file=file))
        return
    if kind not in facts.READERS and kind not in documents.READERS:
        yield Unread(kind)
        return
    subject = around.subject(resource)
    if subject is None:
        yield Refusal("no_patient", "It names no patient.", path=file, resource=named)
        return
    item = Item(
        key=_key(around, named),
        type=kind,
        subject=subject,
        source=_source(resource, named, file),
        rank=_rank(resource),
        dated=read_date(when(resource, "effectiveDateTime", "effectivePeriod", *_WRITTEN)),
    )
    try:
        yield from _filled(item, resource, around)
    except CdsError as error:
        yield Refusal(error.code, error.message, path=file, resource=named)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, RecursionError, OverflowError):
        yield Refusal("bad_resource", "It is not built as its type is.", path=file, resource=named)


def _filled(item: Item, resource: Resource, around: Surroundings) -> Iterator[Read]:
    if item.type in facts.READERS:
        stated = facts.read_facts(resource, source=item.source, lookup=around.lookup)
        yield replace(item, facts=stated.facts, not_fact=stated.not_fact)
    elif documents.withdrawn(resource):
        yield replace(item, not_fact="entered-in-error")
    elif (note := documents.read_note(resource, fetch=around.fetch)) is not None:
        yield replace(item, note=note)
    else:
        yield Unread(f"{item.type} ({documents.unread_types(resource)})")


def _source(resource: Resource, named: str, file: str) -> Source:
    meta = part(resource.get("meta"))
    recorded = read_moment(meta.get("lastUpdated")) or read_moment(when(resource, *_WRITTEN))
    return Source(resource=named, version=string(meta.get("versionId")), recorded=recorded, file=file)


def _rank(resource: Resource) -> str:
    meta = part(resource.get("meta"))
    return version_rank(read_moment(meta.get("lastUpdated")), string(meta.get("versionId")))


def _key(around: Surroundings, named: str) -> str:
    return f"{around.source}:{named}" if around.source else named


def _bare(reference: str) -> str:
    return reference.split("/_history/")[0]


def _tail(address: str) -> str:
    return address.removeprefix("urn:uuid:").rstrip("/").rsplit("/", 1)[-1]
