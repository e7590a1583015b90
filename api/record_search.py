"""Searching one patient's record from a door: which passages were read is an entry, written before they are shown."""

from api.services import Services
from cds.actors import Actor
from cds.evidence import Evidence
from cds.patient import PatientScope


def search_record(services: Services, question: str, scope: PatientScope, *, actor: Actor, limit: int) -> Evidence:
    """What was found in this record; the entry names its passages and holds no word of the question."""
    found: Evidence = services.knowledge.search_record(question, scope, limit=limit)
    with services.db.transaction() as tx:
        details = {"passages": [hit.passage.id for hit in found.hits]}
        services.log.append(tx, kind="record.searched", actor=actor, subject=scope.patient, details=details)
    return found
