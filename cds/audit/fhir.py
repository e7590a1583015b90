"""The log for other systems: each entry as a FHIR R4 AuditEvent."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cds.audit.listing import Entry

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
# Names of ours are addresses under this one; they name and lead nowhere.
_OURS = "urn:evidence-cds"

# The first word of a kind → DICOM's event type and FHIR's action; the rest is application activity.
_TYPES: dict[str, tuple[str, str, str]] = {
    "sign_in": ("110114", "User Authentication", "E"),
    "account": ("110113", "Security Alert", "U"),
    "api_token": ("110113", "Security Alert", "C"),
    "record": ("110110", "Patient Record", "R"),
    "records": ("110107", "Import", "C"),
    "guideline": ("110107", "Import", "U"),
    "audit": ("110106", "Export", "R"),
    "review": ("110110", "Patient Record", "R"),
    "recommendation": ("110100", "Application Activity", "C"),
    "decision": ("110100", "Application Activity", "C"),
}
_ACTIVITY = ("110100", "Application Activity", "E")


def audit_event(entry: Entry, *, site: str) -> dict[str, Any]:
    """One entry; what it says beyond FHIR's own words stands in the entity's details."""
    code, display, action = _TYPES.get(entry.kind.split(".")[0], _ACTIVITY)
    if entry.kind.endswith((".erased", ".removed", ".ended", ".discarded")):
        action = "D" if entry.kind.endswith((".erased", ".discarded")) else action
    return {
        "resourceType": "AuditEvent",
        "id": f"entry-{entry.seq}",
        "type": {"system": _DICOM, "code": code, "display": display},
        "subtype": [{"system": f"{_OURS}:audit-kind", "code": entry.kind}],
        "action": action,
        "recorded": instant(entry.at),
        "outcome": "4" if entry.kind.endswith(".refused") else "0",
        "agent": [
            {
                "who": {"identifier": identifier("actor", entry.actor or "service")},
                "requestor": entry.actor is not None,
            }
        ],
        "source": {"observer": {"identifier": identifier("site", site)}},
        "entity": [
            {
                "what": {"identifier": identifier("subject", entry.subject)},
                "detail": [
                    {"type": "leaf", "valueString": entry.leaf},
                    *(
                        {"type": name, "valueString": _text(value)}
                        for name, value in entry.details.items()
                        if _text(value)
                    ),
                ],
            }
        ],
    }


def bundle(resources: Sequence[dict[str, Any]], *, at: datetime) -> dict[str, Any]:
    """Resources as one collection."""
    entries = [{"fullUrl": f"{_OURS}:{r['resourceType'].lower()}:{r['id']}", "resource": r} for r in resources]
    made: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "timestamp": instant(at.isoformat())}
    return made | ({"entry": entries} if entries else {})


def identifier(kind: str, value: str) -> dict[str, str]:
    """A name of ours, as FHIR writes names."""
    return {"system": f"{_OURS}:{kind}", "value": value}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    return "" if value is None else str(value)


def instant(written: str) -> str:
    """A moment as FHIR's instant: milliseconds and a zone."""
    at = datetime.fromisoformat(written.replace("Z", "+00:00")).astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
