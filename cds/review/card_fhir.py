"""The governance card for other systems: a FHIR R4 Library that holds the card and says each attribute by itself."""

import base64
from typing import Any

import orjson

from cds.audit.fhir import identifier, instant
from cds.review.card import Card, Line

_LIBRARY_TYPE = "http://terminology.hl7.org/CodeSystem/library-type"
# FHIR has no element for the rule's attributes: each is an extension under an address of ours, which leads nowhere.
_ATTRIBUTE = "urn:evidence-cds:source-attribute"


def card_to_fhir(card: Card, *, software: str) -> dict[str, Any]:
    """The card as of when it was made: whole as an attachment, and line by line for who reads no attachment."""
    made_at = instant(card.made_at.isoformat())
    written = orjson.dumps(card.to_json())
    return {
        "resourceType": "Library",
        "id": "governance-card",
        "identifier": [identifier("governance-card", made_at)],
        "version": software,
        "name": "GovernanceCard",
        "title": "Source attributes of evidence-based and predictive decision support",
        "status": "active",
        "experimental": False,
        "type": {"coding": [{"system": _LIBRARY_TYPE, "code": "asset-collection"}]},
        "date": made_at,
        "purpose": "The source attributes that 45 CFR 170.315(b)(11)(iv) asks of decision support interventions.",
        "extension": [_attribute(line) for line in card.lines],
        "content": [
            {
                "contentType": "application/json",
                "title": "The card as JSON",
                "data": base64.b64encode(written).decode(),
                "creation": made_at,
            }
        ],
    }


def _attribute(line: Line) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "id", "valueCode": line.attribute.id},
        {"url": "attribute", "valueString": line.attribute.text},
        {"url": "state", "valueCode": line.state},
    ]
    if line.text is not None:
        parts.append({"url": "text", "valueMarkdown": line.text})
    if line.by is not None:
        parts.append({"url": "by", "valueString": line.by})
    if line.at is not None:
        parts.append({"url": "at", "valueInstant": instant(line.at.isoformat())})
    if line.seq is not None:
        parts.append({"url": "entry", "valueInteger": line.seq})
    return {"url": _ATTRIBUTE, "extension": parts}
