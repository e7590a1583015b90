"""The data types of CDA, taken out of XML; the only home of lxml."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from lxml import etree

from cds.patient import Code
from ingest.records.codes import distinct, system_name
from ingest.records.dates import read_date, read_moment

HL7 = "urn:hl7-org:v3"
_NS = {"h": HL7, "s": "urn:hl7-org:sdtc"}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# C-CDA's own branch; its templates are written here without it.
_BRANCH = "2.16.840.1.113883.10.20."

Element = Any
BadXml = etree.XMLSyntaxError


def parse(content: bytes) -> Element:
    """The root of a document; entities are not resolved and nothing is fetched."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    return etree.fromstring(content, parser)


def breaks_off(error: etree.XMLSyntaxError, content: bytes) -> bool:
    """Whether the text ends where the parser gave up."""
    lines = content.rstrip().count(b"\n") + 1
    return "Premature end" in str(error) or ((error.lineno or 0) >= lines and not content.rstrip().endswith(b">"))


def name(element: Element) -> str:
    """The tag without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""  # an entity has no name


def namespace(element: Element) -> str | None:
    """The namespace of the tag."""
    return etree.QName(element).namespace


def all_of(element: Element, path: str) -> list[Element]:
    """Every element at this path, `h:` being HL7's namespace."""
    return list(element.findall(path, _NS))


def one_of(element: Element | None, path: str) -> Element | None:
    """The first element at this path."""
    return None if element is None else element.find(path, _NS)


def value_of(element: Element | None, path: str, attribute: str = "value") -> str | None:
    """An attribute of the first element at this path."""
    found = one_of(element, path)
    text = None if found is None else found.get(attribute)
    return text.strip() or None if text else None


def templates(element: Element) -> frozenset[str]:
    """The templates an element claims, C-CDA's without their common root."""
    roots = (one.get("root") or "" for one in all_of(element, "h:templateId"))
    return frozenset(root.strip().removeprefix(_BRANCH) for root in roots)


def type_of(value: Element) -> str:
    """The data type of a value: PQ, CD, ST, …"""
    return (value.get(_TYPE) or "").rsplit(":", 1)[-1]


def codes(element: Element | None) -> tuple[Code, ...]:
    """The code of an element and its translations."""
    if element is None:
        return ()
    found = []
    for one in (element, *all_of(element, "h:translation")):
        if code := (one.get("code") or "").strip():
            found.append(Code(system_name(one.get("codeSystem")), code, (one.get("displayName") or "").strip() or None))
    return distinct(found)


def words(element: Element | None) -> str | None:
    """What a coded element says in words: its display, the text it was coded from, or a translation's display."""
    if element is None:
        return None
    if said := _squeezed(element.get("displayName")):
        return said
    for one in (one_of(element, "h:originalText"), *all_of(element, "h:translation")):
        if one is None:
            continue
        if said := _squeezed(one.get("displayName")) or referenced(one):
            return said
    return None


def referenced(element: Element | None) -> str | None:
    """The text of an element, or what it refers to in the narrative."""
    if element is None:
        return None
    direct = _squeezed("".join(element.itertext()))
    if direct:
        return direct
    target = value_of(element, "h:reference")
    if target and target.startswith("#"):
        for found in element.getroottree().iter():
            if found.get("ID") == target[1:]:
                return _squeezed(" ".join(found.itertext()))
    return None


def moment(element: Element | None) -> datetime | None:
    """The time of an element: the point, else the start, else the end."""
    for path in ("h:effectiveTime", "h:effectiveTime/h:low", "h:effectiveTime/h:center", "h:effectiveTime/h:high"):
        if found := read_moment(value_of(element, path)):
            return found
    return None


def start(element: Element | None) -> date | None:
    """The first day: the start of the span, else the point."""
    return read_date(value_of(element, "h:effectiveTime/h:low")) or read_date(value_of(element, "h:effectiveTime"))


def end(element: Element | None) -> date | None:
    """The last day, where the span names it."""
    return read_date(value_of(element, "h:effectiveTime/h:high"))


def number(text: str | None) -> float | None:
    """A number, None where there is none."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def own_ids(element: Element) -> Iterator[str]:
    """What an entry calls itself."""
    for one in all_of(element, "h:id"):
        if one.get("nullFlavor") is None and one.get("root"):
            yield f"{one.get('root')}|{one.get('extension') or ''}"


def _squeezed(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None
