"""Names of code systems, however a format writes them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from cds.patient import Code

Of = Literal["allergies", "conditions", "medications"]

# As addresses (FHIR), as OIDs (C-CDA) and as the table HL70396 has them (HL7 v2). What is not here keeps its address.
_SYSTEMS: dict[str, tuple[str, ...]] = {
    "snomed": ("http://snomed.info/sct", "2.16.840.1.113883.6.96", "SCT", "SNM", "SNOMED", "SNOMED-CT", "SNOMEDCT"),
    "icd10": (
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://hl7.org/fhir/sid/icd-10-nl",
        "2.16.840.1.113883.6.3",
        "2.16.840.1.113883.6.90",
        "1.2.276.0.76.5.409",
        "I10",
        "I10C",
        "ICD10",
        "ICD-10",
        "ICD10CM",
        "ICD-10-CM",
        "I10G",
    ),
    "loinc": ("http://loinc.org", "2.16.840.1.113883.6.1", "LN", "LOINC"),
    "rxnorm": ("http://www.nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88", "RXNORM", "RXN"),
    "atc": ("http://www.whocc.no/atc", "2.16.840.1.113883.6.73", "WC", "ATC"),
    "ucum": ("http://unitsofmeasure.org", "2.16.840.1.113883.6.8", "UCUM"),
    # Kept by their FHIR address, so that the same code from two formats is the same code.
    "http://hl7.org/fhir/sid/us-ssn": ("2.16.840.1.113883.4.1",),
    "http://hl7.org/fhir/sid/icd-9-cm": ("2.16.840.1.113883.6.103", "2.16.840.1.113883.6.104", "I9", "I9C", "ICD9"),
    "http://hl7.org/fhir/sid/cvx": ("2.16.840.1.113883.12.292", "2.16.840.1.113883.6.59", "CVX"),
    "http://hl7.org/fhir/sid/ndc": ("2.16.840.1.113883.6.69", "NDC"),
    "http://fdasis.nlm.nih.gov": ("2.16.840.1.113883.4.9", "UNII"),
    "http://www.ama-assn.org/go/cpt": ("2.16.840.1.113883.6.12", "C4", "CPT", "CPT4"),
    "http://hl7.org/fhir/ndfrt": ("2.16.840.1.113883.3.26.1.5", "NDFRT"),
    "http://ncimeta.nci.nih.gov": ("2.16.840.1.113883.3.26.1.1", "NCI"),
}
_SHORT = {address.lower(): name for name, addresses in _SYSTEMS.items() for address in addresses}


@lru_cache(maxsize=4096)
def system_name(system: str | None) -> str:
    """The short name of a code system, or its own address where it has none."""
    if not system:
        return ""
    plain = system.strip().rstrip("/")
    key = plain.lower().removeprefix("urn:oid:").replace("https://", "http://", 1)
    short = _SHORT.get(key)
    if short is not None:
        return short
    if key.startswith("http://snomed.info/sct/"):  # an edition of it
        return "snomed"
    plain = plain.removeprefix("urn:oid:")
    return f"urn:oid:{plain}" if _is_oid(plain) else plain


def distinct(codes: Iterable[Code]) -> tuple[Code, ...]:
    """Each code once, in the order given."""
    first: dict[tuple[str, str], Code] = {}
    for code in codes:
        first.setdefault((code.system, code.code), code)
    return tuple(first.values())


def _is_oid(text: str) -> bool:
    return "." in text and text.replace(".", "").isdigit()


# The chart says that there are none. IPS and SNOMED CT are what hospitals use for it.
NONE_KNOWN: dict[str, Of] = {
    "716186003": "allergies",
    "160244002": "allergies",
    "409137002": "allergies",  # drug allergies: those are what a prescription is checked against
    "no-known-allergies": "allergies",
    "no-known-medication-allergies": "allergies",
    "160245001": "conditions",
    "no-known-problems": "conditions",
    "no-known-medications": "medications",
    "787481004": "medications",
    "1234391000": "medications",
}
_NONE_IN_WORDS: tuple[tuple[Of, re.Pattern[str]], ...] = (
    ("allergies", re.compile(r"(nka|nkda|nkma|no known (drug |medication |medicine )?(allergy|allergies).*)\W*$")),
    ("conditions", re.compile(r"no (known|current|active) (problems|conditions|diagnoses).*$")),
    ("medications", re.compile(r"no (known|current|active) (medications?|medicines?).*$")),
)


def none_known(found: Iterable[str], text: str | None) -> Of | None:
    """What there is none of, where these codes or these words say so."""
    for code in found:
        if code in NONE_KNOWN:
            return NONE_KNOWN[code]
    plain = " ".join((text or "").lower().split())
    return next((of for of, pattern in _NONE_IN_WORDS if pattern.match(plain)), None)


# Says nothing about the patient's drugs at all, or that nobody asked.
SAYS_NOTHING = frozenset(
    {
        "no-allergy-info", "no-medication-info", "no-problem-info", "no-procedure-info", "no-immunization-info",
        "no-known-food-allergies", "no-known-environmental-allergies", "no-known-procedures", "no-known-immunizations",
        "no-known-devices", "no-device-info", "428607008", "429625007",
    }
)  # fmt: skip
