"""The patients whose records are open to a physician: the list, one at a glance, emergency access."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from api.auth.identity import Scope
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from api.patient_charts import chart
from api.patient_summary import key_results, summary
from api.services import Services
from cds.access import open_patient
from cds.actors import Actor, Role
from cds.clock import today
from cds.emergencies import (
    LONGEST_MINUTES,
    LONGEST_REASON,
    SHORTEST_REASON,
    break_glass,
    emergency_of,
    end_emergency,
)
from knowledge.records.listing import Listed

router = APIRouter()

Physician = Annotated[Actor, allow(Role.PHYSICIAN)]
Reader = Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.PATIENTS)]


class Emergency(BaseModel):
    """Why a record outside the care list is needed now."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)
    minutes: int = Field(default=LONGEST_MINUTES, ge=1, le=LONGEST_MINUTES)


@router.get("/patients", include_in_schema=False)
def patients(request: Request, actor: Physician, services: Parts, tx: ReadTx) -> HTMLResponse:
    """My patients, by name."""
    return page(request, "patients.html", listed=services.records.listed(tx, actor))


@router.post("/patients/emergency", include_in_schema=False)
def emergency(
    request: Request,
    actor: Physician,
    services: Parts,
    tx: WriteTx,
    patient: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
    minutes: Annotated[int, Form()] = LONGEST_MINUTES,
) -> Response:
    """Open one record outside the care list, by its id or its number in the house, for an hour at most."""
    found = services.records.find(tx, patient.strip()) or "absent"
    break_glass(tx, actor, found, reason, minutes=minutes, clock=services.clock, log=services.log)
    return go_to(request, f"/patients/{found}")


@router.post("/patients/{patient_id}/emergency/end", include_in_schema=False)
def end(request: Request, patient_id: str, actor: Physician, services: Parts, tx: WriteTx) -> Response:
    """Give the record back before the time is over."""
    end_emergency(tx, actor, patient_id, clock=services.clock, log=services.log)
    return go_to(request, "/patients")


@router.get("/patients/{patient_id}", include_in_schema=False)
def patient(request: Request, patient_id: str, actor: Physician, services: Parts, tx: WriteTx) -> HTMLResponse:
    """One patient at a glance."""
    # A transaction although it only reads: opening a record is itself recorded.
    scope = open_patient(tx, actor, patient_id, clock=services.clock, log=services.log)
    facts = services.records.facts(tx, scope)
    return page(
        request,
        "patient.html",
        facts=facts,
        age=facts.age(today(services.clock)),
        days_old=(today(services.clock) - facts.extracted.date()).days if facts.extracted else None,
        results=[(result, chart(result)) for result in key_results(facts)],
        notes=services.records.written(tx, scope),
        emergency=emergency_of(tx, actor, patient_id, clock=services.clock),
    )


@router.get("/api/v1/patients", tags=["patients"])
def patients_api(actor: Reader, services: Parts, tx: ReadTx) -> dict[str, list[Listed]]:
    """The patients whose records are open to you."""
    return {"patients": list(services.records.listed(tx, actor))}


@router.get("/api/v1/patients/{patient_id}", tags=["patients"])
def patient_api(patient_id: str, actor: Reader, services: Parts, tx: WriteTx) -> dict[str, Any]:
    """What is known of one patient, as `cds patients show --json` gives it."""
    return _summary(services, tx, actor, patient_id)


@router.post("/api/v1/patients/{patient_id}/emergency", tags=["patients"], status_code=201)
def emergency_api(patient_id: str, body: Emergency, actor: Reader, services: Parts, tx: WriteTx) -> dict[str, str]:
    """Open one record outside the care list for an hour at most; the reason is recorded."""
    number = break_glass(
        tx, actor, patient_id, body.reason, minutes=body.minutes, clock=services.clock, log=services.log
    )
    return {"patient": patient_id, "emergency": number}


@router.post("/api/v1/patients/{patient_id}/emergency/end", tags=["patients"], status_code=201)
def end_api(patient_id: str, actor: Reader, services: Parts, tx: WriteTx) -> dict[str, str]:
    """Give the record back before the time is over."""
    ended = end_emergency(tx, actor, patient_id, clock=services.clock, log=services.log)
    return {"patient": patient_id, "emergency": ended.id}


def _summary(services: Services, tx: WriteTx, actor: Actor, patient_id: str) -> dict[str, Any]:
    scope = open_patient(tx, actor, patient_id, clock=services.clock, log=services.log)
    return summary(services.records.facts(tx, scope), services.records.written(tx, scope), on=today(services.clock))
