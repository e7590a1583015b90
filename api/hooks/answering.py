"""A hook answered: what to ask of the library, asked and recorded like every consult, told as cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from api.hooks.facts import facts_from, resources_in
from api.hooks.fhir_server import fetch_prefetch
from api.hooks.models import HookRequest, Service
from api.services import Services
from cds.access import open_patient
from cds.actors import Actor
from cds.clock import today
from cds.consult import Question, consult
from cds.errors import CdsError, InvalidInput, NotFound
from cds.patient import PatientFacts, PatientScope
from cds.recommendation import Recommendation
from ingest.records.fhir.facts import drug

# A card is read at a glance: more problems than this are not asked about unless somebody opens the page.
_PROBLEMS = 4
_ORDERS = 3


class PrefetchMissing(CdsError):
    """The hook came without the patient, and nothing may be fetched."""

    code = "prefetch_missing"


@dataclass(frozen=True, slots=True)
class Order:
    """A medicine about to be ordered."""

    reference: str  # MedicationRequest/41
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One recorded recommendation and, where it is about an order, which."""

    recommendation: Recommendation
    order: Order | None = None


def answer_hook(service: Service, request: HookRequest, services: Services, *, actor: Actor) -> list[Answered]:
    """Everything the hook gives occasion to say; an empty list is an answer too."""
    if request.hook != service.hook:
        raise InvalidInput(f"This service answers the hook {service.hook}.", code="wrong_hook")
    patient = request.context.patientId.removeprefix("Patient/")
    scope = _scope(services, actor, patient)
    facts = _facts(service, request, services, patient, scope)
    # Quoted: a hook has a second, a model needs many. The page behind the link can ask it.
    parts = replace(services.consult_parts(), model=None)
    answered = []
    for question, order in _questions(request, facts, services):
        recommendation, _ = consult(Question(question), parts, actor=actor, scope=scope, facts=facts)
        answered.append(Answered(recommendation, order))
    return answered


def orders_in(request: HookRequest) -> list[Order]:
    """The medicines among the draft orders; with order-select, only those just selected."""
    drafts = list(resources_in({"drafts": request.context.draftOrders}))
    selected = {selection.removeprefix("/") for selection in request.context.selections or ()}
    shared = {f"{one.get('resourceType')}/{one.get('id')}": one for one in drafts}
    orders = []
    for resource in drafts:
        reference = f"{resource.get('resourceType')}/{resource.get('id')}"
        if request.hook == "order-select" and reference not in selected:
            continue
        named = _named(resource, shared)
        if named:
            orders.append(Order(reference, named))
    return orders[:_ORDERS]


def _named(resource: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]]) -> str | None:
    if resource.get("resourceType") not in ("MedicationRequest", "MedicationOrder"):
        return None
    return drug(dict(resource), shared.get)[0]


def _questions(request: HookRequest, facts: PatientFacts, services: Services) -> list[tuple[str, Order | None]]:
    problems = [condition.text for condition in facts.conditions if condition.active][:_PROBLEMS]
    if request.hook != "patient-view":
        asked: list[tuple[str, Order | None]] = []
        for order in orders_in(request):
            about = f" with {', '.join(problems)}" if problems else ""
            asked.append((f"Is {order.text} suitable for a patient{about}?"[:2000], order))
        return asked
    taken = [medication.text for medication in facts.medications if medication.active]
    if not problems and not taken:
        return []
    age = facts.age(today(services.clock))
    whom = f"a patient of {age} years" if age is not None else "a patient"
    what = f" with {', '.join(problems)}" if problems else ""
    drugs = f" who takes {', '.join(taken[:_PROBLEMS])}" if taken else ""
    return [(f"What should be reviewed or treated in {whom}{what}{drugs}?"[:2000], None)]


def _scope(services: Services, actor: Actor, patient: str) -> PatientScope | None:
    """The stored record, where this patient has one that the caller may open."""
    with services.db.reading() as tx:
        known = services.records.find(tx, patient)
    if known is None:
        return None
    try:
        with services.db.transaction() as tx:
            return open_patient(tx, actor, known, clock=services.clock, log=services.log)
    except NotFound:
        return None


def _facts(
    service: Service, request: HookRequest, services: Services, patient: str, scope: PatientScope | None
) -> PatientFacts:
    given = dict(request.prefetch or {})
    wanting = {key: query for key, query in service.prefetch.items() if key not in given}  # null is an answer
    if wanting and request.fhirServer and _allowed(services, request.fhirServer):
        token = request.fhirAuthorization.access_token if request.fhirAuthorization else None
        given |= fetch_prefetch(wanting, request.fhirServer, patient=patient, token=token)
    sent = facts_from(given, patient=patient)
    if sent is None and scope is not None:
        with services.db.reading() as tx:
            sent = services.records.facts(tx, scope)
    if sent is None:
        raise PrefetchMissing(
            "The hook needs the prefetch `patient`: this service reads FHIR servers only where an administrator "
            "allowed their host (CDS_FHIR_HOSTS)."
        )
    return replace(sent, patient=scope.patient) if scope is not None else sent


def _allowed(services: Services, server: str) -> bool:
    hosts: Sequence[str] = [host.strip().lower() for host in services.settings.fhir_hosts.split(",") if host.strip()]
    parts = urlsplit(server)
    return parts.scheme in ("https", "http") and parts.netloc.lower() in hosts
