"""Segments that state one fact each: allergies, diagnoses, procedures, immunisations."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cds.patient import Allergy, Condition, Immunization, Procedure, Source
from ingest.records.codes import none_known
from ingest.records.dates import read_date
from ingest.records.hl7v2.segments import Segment, coded
from knowledge.records.incoming import Identifier, Item, NoneKnown


@dataclass(frozen=True, slots=True)
class Place:
    """The message a segment stands in."""

    subject: Identifier
    file: str
    sent: datetime | None
    rank: str
    number: str  # the message's own

    def source(self, resource: str, *, version: str | None = None) -> Source:
        """Where a fact of this message was read."""
        return Source(f"{self.number}/{resource}", version, self.sent, self.file)

    def item(self, key: str, kind: str, source: Source) -> Item:
        """A resource of this message, still empty."""
        return Item(key=f"HL7 {key}", type=kind, subject=self.subject, source=source, rank=self.rank)


def _allergy(segment: Segment, place: Place) -> Item:
    return _filled_allergy(segment, place, reactions=5, withdrawn=False)


def _adverse(segment: Segment, place: Place) -> Item:
    return _filled_allergy(segment, place, reactions=5, withdrawn=segment.text(6) == "D")


def _filled_allergy(segment: Segment, place: Place, *, reactions: int, withdrawn: bool) -> Item:
    codes, text = coded(segment.one(3))
    source = place.source(f"{segment.name}-{segment.text(1) or 1}")
    item = place.item(f"allergy/{(codes[0].code if codes else text or '').lower()}", "AllergyIntolerance", source)
    if withdrawn:
        return replace(item, not_fact="entered-in-error")
    if text is None:
        return replace(item, not_fact="without-code")
    if none_known({code.code for code in codes}, text) == "allergies":
        return replace(item, facts=(NoneKnown("allergies", text, source),))
    kind = segment.text(2)
    allergy = Allergy(
        id="",
        text=text,
        codes=codes,
        status=_STATUSES.get(segment.text(17), "unknown") if segment.name == "IAM" else "unknown",
        source=source,
        kind="intolerance" if kind in ("DI", "FI", "DINT", "FINT") else "allergy" if kind else "unknown",
        criticality="high" if segment.text(4) == "SV" else "low" if segment.text(4) == "MI" else "unknown",
        reactions=tuple(dict.fromkeys(one for value in segment.all(reactions) if (one := coded(value)[1]))),
    )
    return replace(item, facts=(allergy,))


_STATUSES: dict[str, Literal["active", "inactive", "resolved", "unknown"]] = {"A": "active", "I": "inactive"}


def _diagnosis(segment: Segment, place: Place) -> Item:
    codes, text = coded(segment.one(3))
    text = segment.text(4) or text
    source = place.source(f"DG1-{segment.text(1) or 1}")
    item = place.item(f"diagnosis/{codes[0].code if codes else text or ''}/{segment.text(5)[:8]}", "Condition", source)
    if segment.text(21) == "D":
        return replace(item, not_fact="entered-in-error")
    if not text:
        return replace(item, not_fact="without-code")
    if none_known({code.code for code in codes}, text) == "conditions":
        return replace(item, facts=(NoneKnown("conditions", text, source),))
    certainty = {"F": "confirmed", "A": "provisional", "W": "provisional"}.get(segment.text(6))
    onset = read_date(segment.text(5))
    # A diagnosis of a visit does not say whether it still holds.
    condition = Condition("", text, codes, "unknown", source, onset=onset, verification=certainty)
    return replace(item, facts=(condition,))


def _procedure(segment: Segment, place: Place) -> Item:
    codes, text = coded(segment.one(3))
    text = segment.text(4) or text
    source = place.source(f"PR1-{segment.text(1) or 1}")
    item = place.item(f"procedure/{codes[0].code if codes else text or ''}/{segment.text(5)}", "Procedure", source)
    if segment.text(20) == "D" or not text:
        return replace(item, not_fact="entered-in-error" if text else "without-code")
    done = read_date(segment.text(5))
    return replace(item, facts=(Procedure("", text, codes, "completed", source, performed=done),))


def _administration(segment: Segment, place: Place) -> Item:
    codes, text = coded(segment.one(5))
    given = segment.text(3)
    source = place.source("RXA")
    item = place.item(f"immunization/{codes[0].code if codes else text or ''}/{given}", "Immunization", source)
    if segment.text(21) == "D":
        return replace(item, not_fact="entered-in-error")
    if segment.text(20) in ("RE", "NA"):
        return replace(item, not_fact="not-done")
    if text is None or text == "998":  # CVX 998: no vaccine was given
        return replace(item, not_fact="without-code" if text is None else "not-done")
    fact = Immunization("", text, codes, "completed", source, given=read_date(given))
    return replace(item, facts=(fact,))


# Adding a segment is one function and one line.
READERS: dict[str, Callable[[Segment, Place], Item]] = {
    "AL1": _allergy,
    "IAM": _adverse,
    "DG1": _diagnosis,
    "PR1": _procedure,
    "RXA": _administration,
}
