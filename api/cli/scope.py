"""A patient as named at the command line: by our id, or by an identifier of the record such as the record number."""

from api.services import Services, operator
from cds.access import open_patient
from cds.errors import NotFound
from cds.patient import PatientScope


def open_named(services: Services, patient: str) -> PatientScope:
    """The right to read this patient's record; that it was opened is recorded."""
    with services.db.transaction() as tx:
        found = services.records.find(tx, patient)
        if found is None:
            raise NotFound("There is no such patient. `cds patients list` names them all.", code="no_patient")
        return open_patient(tx, operator(), found, clock=services.clock, log=services.log)
