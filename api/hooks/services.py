"""The services offered to the medical record, one line a hook."""

from api.hooks.models import Service

_PATIENT = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}&clinical-status=active",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
    "results": "Observation?patient={{context.patientId}}&category=laboratory&_sort=-date&_count=100",
    "vitals": "Observation?patient={{context.patientId}}&category=vital-signs&_sort=-date&_count=50",
}
_TERMS = "Demonstration of what the local guidelines say. The clinician decides."

OFFERED: dict[str, Service] = {
    service.id: service
    for service in (
        Service(
            hook="patient-view",
            title="What the guidelines say for this patient",
            description="Warnings about what is taken, and what the local guidelines say on the problems.",
            id="evidence-patient-view",
            prefetch=_PATIENT,
            usageRequirements=_TERMS,
        ),
        Service(
            hook="order-select",
            title="The evidence on what is being ordered",
            description="Warnings about the selected medicine, and what the local guidelines say of it.",
            id="evidence-order-select",
            prefetch=_PATIENT,
            usageRequirements=_TERMS,
        ),
        Service(
            hook="order-sign",
            title="A last look before signing",
            description="Warnings about every medicine about to be signed for this patient.",
            id="evidence-order-sign",
            prefetch=_PATIENT,
            usageRequirements=_TERMS,
        ),
    )
}
