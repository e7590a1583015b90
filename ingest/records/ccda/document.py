"""One C-CDA document: whose it is, its entries as facts, its text as a note."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from cds.patient import Source
from ingest.records.ccda.elements import (
    HL7,
    BadXml,
    Element,
    all_of,
    breaks_off,
    name,
    namespace,
    one_of,
    own_ids,
    parse,
    templates,
    value_of,
    words,
)  # fmt: skip
from ingest.records.ccda.facts import KINDS, Entry, Kind
from ingest.records.ccda.narrative import narrative
from ingest.records.codes import system_name
from ingest.records.dates import precision, read_date, read_moment, version_rank
from ingest.records.fhir.people import strength
from ingest.records.files import read_bytes
from ingest.records.notes import make_note
from ingest.records.texts import as_text, from_base64
from knowledge.records.incoming import Identifier, Item, NewNote, Person, Read, Refusal, Unread, alias_of


def read_document(path: Path, *, file: str, source: str) -> Iterator[Read]:
    """Everything in one document."""
    content = read_bytes(path)
    try:
        root = parse(content)
    except BadXml as error:
        cut = breaks_off(error, content)
        reason = "The file breaks off." if cut else "It is not well-formed XML."
        yield Refusal("truncated" if cut else "bad_xml", reason, path=file, line=error.lineno)
        return
    if name(root) != "ClinicalDocument" or namespace(root) != HL7:
        yield _other(root, file)
        return
    roles = all_of(root, "h:recordTarget/h:patientRole")
    if len(roles) != 1:
        code = "many_patients" if roles else "no_patient"
        yield Refusal(code, "A document is of exactly one patient.", path=file)
        return
    written = read_moment(value_of(root, "h:effectiveTime"))
    person = _person(roles[0], document=_document_id(root), file=file, written=written)
    subject = alias_of(file)
    yield replace(person, alias=subject)
    rank = version_rank(written, value_of(root, "h:versionNumber"))
    yield from _facts(root, subject, file=file, written=written, rank=rank)
    note = _note(root, written)
    if note is not None:
        named = _document_id(root)
        yield Item(
            key=f"ClinicalDocument/{named}",
            type="ClinicalDocument",
            subject=subject,
            source=Source(f"ClinicalDocument/{named}", value_of(root, "h:versionNumber"), written, file),
            rank=rank,
            note=note,
        )


def _facts(
    root: Element, subject: Identifier, *, file: str, written: datetime | None, rank: str
) -> Iterator[Item | Unread]:
    seen: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for section, element, kind in _entries(root):
        title = section if section else "section"
        places[title] += 1
        entry = Entry(
            element=element,
            section=section,
            source=Source(f"CCDA {title}/{places[title]}", None, written, file),
            written=written.date() if written else None,
        )
        stated = kind.read(entry)
        key = _key(kind, element)
        seen[key] += 1  # senders give several entries one id
        yield Item(
            key=key if seen[key] == 1 else f"{key}/{seen[key]}",
            type=kind.type,
            subject=subject,
            source=entry.source,
            rank=rank,
            facts=() if isinstance(stated, str) else (stated,),
            not_fact=stated if isinstance(stated, str) else None,
        )


def _entries(root: Element) -> Iterator[tuple[str | None, Element, Kind]]:
    """Every entry of a known kind, once, in the order of the document."""
    tags = {tag for kind in KINDS for tag in kind.tags}
    for section in root.iterfind(f".//{{{HL7}}}section"):
        code = value_of(section, "h:code", "code")
        for entry in all_of(section, "h:entry"):
            for element in entry.iter(*(f"{{{HL7}}}{tag}" for tag in tags)):
                kind = _kind(element, code)
                if kind is not None:
                    yield code, element, kind


def _kind(element: Element, section: str | None) -> Kind | None:
    tag, claimed = name(element), templates(element)
    for kind in KINDS:
        if tag not in kind.tags:
            continue
        if kind.templates and not kind.templates & claimed:
            continue
        if not kind.templates and name(element.getparent()) != "entry":
            continue
        if kind.sections is None or section in kind.sections or _is_under(element, kind.under):
            return kind
    return None


def _is_under(element: Element, template: str | None) -> bool:
    return template is not None and any(
        template in templates(one) for one in element.iterancestors() if name(one) == "act"
    )


def _key(kind: Kind, element: Element) -> str:
    """The same statement of a later document has the same key: its id, and what it is of, and when."""
    coded = one_of(element, "h:value") if kind.type == "Condition" else one_of(element, "h:code")
    product = one_of(element, "h:consumable/h:manufacturedProduct/h:manufacturedMaterial/h:code")
    substance = one_of(element, "h:participant/h:participantRole/h:playingEntity/h:code")
    said = "\0".join(f"{one.get('code')}|{words(one)}" for one in (product, substance, coded) if one is not None)
    when = value_of(element, "h:effectiveTime") or value_of(element, "h:effectiveTime/h:low") or ""
    own = next(own_ids(element), "")
    digest = hashlib.sha256(f"{own}\0{said}\0{when}".encode()).hexdigest()[:24]
    return f"CCDA {kind.type}/{digest}"


def _person(role: Element, *, document: str, file: str, written: datetime | None) -> Person:
    patient = one_of(role, "h:patient")
    born = value_of(patient, "h:birthTime")
    identifiers = tuple(found for one in all_of(role, "h:id") if (found := _identifier(one)) is not None)
    ordered = tuple(sorted(identifiers, key=lambda one: ("own", "shared", "weak").index(one.strength)))
    sex = _SEXES.get(value_of(patient, "h:administrativeGenderCode", "code") or "", "unknown")
    record = None
    if not any(one.strength == "own" for one in ordered):
        # Nothing says who this is beyond this document; sent again, it is the same person's.
        record = Identifier("ccda-document", f"{document}|{born}|{sex}")
    first = f"{ordered[0].system}|{ordered[0].value}" if ordered else document
    return Person(
        key=f"CCDA patient/{first}",
        identifiers=ordered,
        record=record,
        source=Source("CCDA recordTarget", None, written, file),
        rank=version_rank(written, None),
        name=_name(patient),
        birth_date=read_date(born),
        birth_precision=precision(born),
        sex=sex,
        language=value_of(patient, "h:languageCommunication/h:languageCode", "code"),
        deceased=_deceased(patient),
        extracted=written,
    )


_SEXES: dict[str, Literal["female", "male", "other", "unknown"]] = {"F": "female", "M": "male", "UN": "other"}


def _identifier(element: Element) -> Identifier | None:
    root, extension = (element.get("root") or "").strip(), (element.get("extension") or "").strip()
    if element.get("nullFlavor") is not None or not root:
        return None
    if not extension:
        return Identifier("urn:ietf:rfc:3986", root)
    system = system_name(root)
    return Identifier(system, extension, strength(system, extension, frozenset()))


def _name(patient: Element | None) -> str | None:
    for one in [] if patient is None else all_of(patient, "h:name"):
        parts = [*all_of(one, "h:given"), *all_of(one, "h:family")]
        said = " ".join(" ".join("".join(part.itertext()) for part in (parts or [one])).split())
        if said:
            return said
    return None


def _deceased(patient: Element | None) -> bool | None:
    said = value_of(patient, "s:deceasedInd")
    return {"true": True, "false": False}.get(said or "")


def _note(root: Element, written: datetime | None) -> NewNote | None:
    title = " ".join("".join(one.itertext()) for one in all_of(root, "h:title")).strip()
    title = " ".join(title.split()) or words(one_of(root, "h:code")) or "Clinical document"
    text = narrative(root) or _unstructured(root)
    return make_note(text, title=title[:200], written=written.date() if written else None, author=_author(root))


def _unstructured(root: Element) -> str:
    """The text of a document that wraps another format."""
    body = one_of(root, "h:component/h:nonXMLBody/h:text")
    if body is None:
        return ""
    said = "".join(body.itertext())
    declared = body.get("mediaType")
    return as_text(from_base64(said), declared).text if body.get("representation") == "B64" else said


def _author(root: Element) -> str | None:
    organisation = one_of(root, "h:custodian/h:assignedCustodian/h:representedCustodianOrganization/h:name")
    return " ".join("".join(organisation.itertext()).split()) or None if organisation is not None else None


def _document_id(root: Element) -> str:
    """What later versions of a document share: its set, else itself."""
    for path in ("h:setId", "h:id"):
        found = one_of(root, path)
        if found is not None and found.get("root"):
            return f"{found.get('root')}|{found.get('extension') or ''}"
    return "unnamed"


def _other(root: Element, file: str) -> Refusal:
    if namespace(root) == "http://hl7.org/fhir":
        return Refusal("fhir_xml", "FHIR is read as JSON. Export it as JSON.", path=file)
    return Refusal("not_ccda", "It is XML, but no clinical document.", path=file)
