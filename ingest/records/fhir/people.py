"""FHIR's Patient: who it is, and by which numbers others know them."""

from collections.abc import Mapping
from typing import Any, Literal

from cds.patient import Source
from ingest.records.codes import system_name
from ingest.records.dates import precision, read_date
from ingest.records.fhir.values import Resource, each, part, plain, string
from knowledge.records.incoming import Identifier, Person

# Numbers that are mistyped, reused or shared too often to say who somebody is: licences, passports, accounts, …
_WEAK = frozenset({"DL", "PPN", "BC", "AN", "VN", "BCT", "CC", "DDA", "SB", "TAX", "TPR", "VS", "WC", "XX"})
# One number a person by law, yet mistyped and shared: links only where the birth date agrees.
_SHARED = frozenset({"SS", "SSN"})
_SHARED_SYSTEMS = frozenset({"http://hl7.org/fhir/sid/us-ssn", "urn:oid:2.16.840.1.113883.4.1"})
_NOBODY = frozenset({"", "0", "unknown", "none", "n/a", "na", "null", "test", "000000000", "999999999", "000-00-0000"})


def read_person(resource: Resource, *, key: str, record: Identifier, source: Source, rank: str) -> Person:
    """The person of a Patient resource."""
    born = resource.get("birthDate")
    return Person(
        key=key,
        identifiers=tuple(found for one in each(resource.get("identifier")) if (found := _identifier(part(one)))),
        source=source,
        record=record,
        rank=rank,
        name=_name(resource),
        birth_date=read_date(born),
        birth_precision=precision(born),
        sex=_SEXES.get(plain(resource.get("gender")) or "", "unknown"),
        language=_language(resource),
        deceased=_deceased(resource),
    )


_SEXES: dict[str, Literal["female", "male", "other", "unknown"]] = {
    "female": "female",
    "male": "male",
    "other": "other",
    "f": "female",
    "m": "male",
}


# HL7's branch for examples: what copies of examples carry says little of who somebody is.
_EXAMPLES = "urn:oid:2.16.840.1.113883.19"


def strength(system: str, value: str, kinds: frozenset[str]) -> Literal["own", "shared", "weak"]:
    """How far this number says who somebody is."""
    if value.strip().lower() in _NOBODY or kinds & _WEAK:
        return "weak"
    example = system == _EXAMPLES or system.startswith(f"{_EXAMPLES}.")
    return "shared" if example or kinds & _SHARED or system in _SHARED_SYSTEMS else "own"


def _identifier(identifier: Mapping[str, Any]) -> Identifier | None:
    system, value = string(identifier.get("system")), string(identifier.get("value"))
    if not system or not value:
        return None  # a number without its system could be anybody's
    kinds = frozenset(str(part(coding).get("code")) for coding in each(part(identifier.get("type")).get("coding")))
    weak = plain(identifier.get("use")) == "temp"
    system = system_name(system)
    return Identifier(system, value, "weak" if weak else strength(system, value, kinds))


def _name(resource: Resource) -> str | None:
    names = [part(one) for one in each(resource.get("name"))]
    order = {"official": 0, "usual": 1, None: 2}
    for name in sorted(names, key=lambda name: order.get(string(name.get("use")), 3)):
        given = [text for one in each(name.get("given")) if (text := string(one))]
        family = " ".join(text for one in each(name.get("family")) if (text := string(one)))
        said = " ".join([*given, family]).strip() or string(name.get("text"))
        if said:
            return said
    return None


def _language(resource: Resource) -> str | None:
    spoken = [part(one) for one in each(resource.get("communication"))]
    for one in sorted(spoken, key=lambda one: one.get("preferred") is not True):
        language = part(one.get("language"))
        for coding in each(language.get("coding")):
            if code := string(part(coding).get("code")):
                return code
        if text := string(language.get("text")):
            return text
    return None


def _deceased(resource: Resource) -> bool | None:
    if string(resource.get("deceasedDateTime")):
        return True
    said = resource.get("deceasedBoolean")
    return said if isinstance(said, bool) else None
