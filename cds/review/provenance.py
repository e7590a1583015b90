"""A recommendation for other systems: FHIR R4 Provenance with the label for what a program asserted."""

from datetime import UTC
from typing import Any

from cds.audit.fhir import identifier, instant
from cds.recommendation import AuditRef, Recommendation

_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
# "Artificial Intelligence asserted": what HL7's guide on AI transparency asks for wherever a program had a part.
_BY_AI = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "AIAST",
    "display": "Artificial Intelligence asserted",
}


def provenance(recommendation: Recommendation, audit: AuditRef) -> dict[str, Any]:
    """What a recommendation was made from and by which model, labelled as asserted by a program."""
    stamp = recommendation.stamp
    agents = [_agent("enterer", "actor", recommendation.asked_by)]
    maker = stamp.model.digest if stamp.model is not None else f"evidence-cds/{stamp.software}"
    agents.append(_agent("assembler", "model", maker) | _display(stamp.model.name if stamp.model else None))
    return {
        "resourceType": "Provenance",
        "id": recommendation.id,
        "meta": {"security": [_BY_AI]},
        "target": [{"identifier": identifier("recommendation", recommendation.id)}],
        "occurredDateTime": instant(recommendation.asked_at.astimezone(UTC).isoformat()),
        "recorded": instant(recommendation.asked_at.astimezone(UTC).isoformat()),
        "agent": agents,
        "entity": [
            *(
                {"role": "source", "what": {"identifier": identifier("passage", passage), "display": title}}
                for passage, title in _cited(recommendation).items()
            ),
            {"role": "source", "what": {"identifier": identifier("audit-leaf", audit.leaf)}},
        ],
    }


def _agent(role: str, kind: str, name: str) -> dict[str, Any]:
    coding = {"system": _PARTICIPANT, "code": role}
    return {"type": {"coding": [coding]}, "who": {"identifier": identifier(kind, name)}}


def _display(name: str | None) -> dict[str, Any]:
    return {} if name is None else {"role": [{"text": name}]}


def _cited(recommendation: Recommendation) -> dict[str, str]:
    return {
        citation.passage: citation.title + (f", {citation.version}" if citation.version else "")
        for statement in recommendation.statements
        for citation in statement.citations
    }
